package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
)

// dialect is everything in which the two databases differ.
type dialect struct {
	name      string
	goose     goose.Dialect
	path      string // of the file; empty where there is none
	numbered  bool   // placeholders are `?n`
	clock     string // SQL that reads the database's clock in microseconds
	columns   string // SQL that reads names and types of a table's columns
	retryable []string
	unique    []string
}

// The codes are extended result codes of SQLite and SQLSTATEs of PostgreSQL.
func embedded(path string) dialect {
	return dialect{
		name: "sqlite", goose: goose.DialectSQLite3, path: path, numbered: true,
		clock:     "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
		columns:   "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
		retryable: []string{"5", "6", "261", "517", "773"}, // BUSY, LOCKED and their extended forms
		unique:    []string{"1555", "2067"},
	}
}

func server() dialect {
	return dialect{
		name: "postgres", goose: goose.DialectPostgres,
		clock:     "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
		columns:   "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
		retryable: []string{"40001", "40P01", "55P03"},
		unique:    []string{"23505"},
	}
}

// isServer reports whether dsn names a database server.
func isServer(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// openEmbedded opens one writer connection, whose transactions begin as
// writers, and a pool of readers. The file is 0600; a new folder 0700 (KY4).
func openEmbedded(path string) (write, read *sql.DB, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	if err := ownFile(path); err != nil {
		return nil, nil, err
	}
	dsn := func(more ...string) string {
		pragmas := append([]string{"_busy_timeout=5000", "_foreign_keys=1", "_synchronous=FULL", "_dqs=0", "_defensive=1"}, more...)
		return (&url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(pragmas, "&")}).String()
	}
	if write, err = sql.Open("sqlite", dsn("_journal_mode=WAL", "_txlock=immediate")); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	if read, err = sql.Open("sqlite", dsn("_query_only=1")); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

// openServer opens a modest pool: the gate of password hashing bounds how many
// requests want a connection at once.
func openServer(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	// Every statement looks rows up by an index whatever its parameters, so one plan
	// serves all, and rows by their keys cost no more than others. Where a server knows no such settings, it plans each time.
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1"); code(err) == "" {
			return err
		}
		return nil
	}))
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(10)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(30 * time.Minute)
	return db, nil
}

// code returns the database's own code of an error.
func code(err error) string {
	var file *sqlite.Error
	if errors.As(err, &file) {
		return fmt.Sprint(file.Code())
	}
	var remote *pgconn.PgError
	if errors.As(err, &remote) {
		return remote.Code
	}
	return ""
}

// migrationOptions make replicas that start together take turns.
func (d dialect) migrationOptions() ([]goose.ProviderOption, error) {
	if d.path != "" {
		return nil, nil
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}

// backup copies the file, whole and consistent, before a migration changes it.
// A server's database is copied by its operator.
func (d dialect) backup(ctx context.Context, db *sql.DB, version int64) (string, error) {
	if d.path == "" {
		return "", nil
	}
	to := fmt.Sprintf("%s.version-%d", d.path, version)
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?1", to); err != nil {
		return "", err
	}
	return to, os.Chmod(to, 0o600)
}
