package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore/migrations"
)

// Config says which database, and lends time and randomness.
type Config struct {
	// DSN is a postgres:// address; Path is the file of an embedded database.
	// Exactly one is set. A DSN without a scheme counts as a Path.
	DSN, Path string
	Clock     core.Clock
	Random    core.Random // mints the ids of rows that no service names
	Logger    *slog.Logger
	Replica   string // names this process in the audit log (AU2)
	// Heard, where set, is told after each commit of the cache changes it wrote and
	// of whether it queued mail. The change table and the queue hold the truth: this
	// only spares the replica that wrote it a second.
	Heard func(changes []core.Change, mail bool)
}

// Store keeps everything in one database. It satisfies the Store contracts of
// every service and is safe for concurrent use, also by several processes.
type Store struct {
	dialect    dialect
	migrations fs.FS
	write      *pool
	read       *pool
	clock      core.Clock
	random     core.Random
	log        *slog.Logger
	heard      func(changes []core.Change, mail bool)
	replica    string
}

// Open connects to the database and checks that it answers. It creates a
// missing file, but no tables: see [Store.Migrate].
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Clock == nil || c.Random == nil || c.Logger == nil {
		return nil, errors.New("sqlstore: Clock, Random and Logger must be set")
	}
	if c.Path == "" && !isServer(c.DSN) {
		c.Path, c.DSN = c.DSN, ""
	}
	if c.Path == "" && c.DSN == "" || c.Path != "" && c.DSN != "" {
		return nil, errors.New("sqlstore: exactly one of Path and DSN must be set")
	}
	s := &Store{migrations: migrations.Files, clock: c.Clock, random: c.Random, log: c.Logger, heard: c.Heard, replica: c.Replica}
	if c.DSN != "" {
		db, err := openServer(c.DSN)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: open: %w", err)
		}
		s.dialect = server()
		s.write = newPool(db, s.dialect)
		s.read = s.write
	} else {
		write, read, err := openEmbedded(c.Path)
		if err != nil {
			return nil, fmt.Errorf("sqlstore: open: %w", err)
		}
		s.dialect = embedded(c.Path)
		s.write, s.read = newPool(write, s.dialect), newPool(read, s.dialect)
	}
	// The writer first: it turns a new file into one that readers may share.
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends all connections. Nothing is lost by leaving it out.
func (s *Store) Close() error {
	err := s.read.close()
	if s.write != s.read {
		err = errors.Join(err, s.write.close())
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, p := range []*pool{s.write, s.read} {
		if err := p.db.PingContext(ctx); err != nil {
			return fmt.Errorf("sqlstore: ping: %w", err)
		}
	}
	return nil
}

// Kind names the database for logs and metrics: "sqlite" or "postgres".
func (s *Store) Kind() string { return s.dialect.name }

// DatabaseTime reads the database's clock, for the offset that corrects ours
// (law 7). It is the only place that asks for it.
func (s *Store) DatabaseTime(ctx context.Context) (time.Time, error) {
	var t time.Time
	if err := s.reading(ctx).queryRow(s.dialect.clock).Scan(at(&t)); err != nil {
		return t, failed("database time", err)
	}
	return t, nil
}

// newID mints the id of a row that no service names.
func (s *Store) newID() core.ID { return core.NewID(s.clock(), s.random) }

// isUnique reports whether a unique index or primary key refused the row.
func (d dialect) isUnique(err error) bool { return slices.Contains(d.unique, code(err)) }

// mayRetry reports whether the transaction failed only because of others that
// ran at the same time.
func (d dialect) mayRetry(err error) bool {
	return err != nil && slices.Contains(d.retryable, code(err))
}

// noRows makes the driver's "no rows" the store's own error.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return core.ErrNotFound
	}
	return err
}

// ownFile makes sure that a file exists which only its owner reads, in a folder
// that, if it is new, only its owner enters (KY4).
func ownFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}
