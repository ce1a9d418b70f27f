package app_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // makes and drops the databases of tests

	"github.com/sallyport/sallyport/internal/core"
)

// ownDatabase makes a database of its own on the server of dsn and drops it
// after the test.
func ownDatabase(t testing.TB, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "app_" + string(core.NewID(time.Now(), random))
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// onBoth runs a test on SQLite, and on PostgreSQL where one is at hand, at the
// same time. The caller does nothing after it.
func onBoth(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	inTurn(t, func(t *testing.T) {
		t.Parallel()
		test(t)
	})
}

// inTurn is onBoth for tests that compare times: one database after the other.
func inTurn(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run("sqlite", test)
	t.Run("postgres", func(t *testing.T) {
		needServer(t)
		test(t)
	})
}

// needServer returns the address of a PostgreSQL, and leaves a test out where none
// is at hand, as in make quick: make test brings one, and with CI=true what was
// left out is a failure.
func needServer(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("SALLYPORT_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("not run: needs SALLYPORT_TEST_POSTGRES")
	}
	return dsn
}

// onPostgres reports whether a test, or one inside of it, is onBoth's second.
func onPostgres(t testing.TB) bool { return strings.Contains(t.Name()+"/", "/postgres/") }
