package storetest

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// Open returns an empty, migrated store for one test of a service, and a look at
// its rows from outside. It is SQLite; a run with SALLYPORT_TEST_ON=postgres has
// the same tests on [Server].
func Open(t testing.TB, clock core.Clock, random core.Random) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	c := sqlstore.Config{Clock: clock, Random: random, Logger: slog.New(slog.DiscardHandler)}
	driver, address := "sqlite", ""
	if os.Getenv("SALLYPORT_TEST_ON") == "postgres" {
		driver, address = "pgx", OwnDatabase(t)
		c.DSN = address
	} else {
		c.Path = filepath.Join(t.TempDir(), "db")
		File(t, c.Path)
		address = "file:" + c.Path + "?_busy_timeout=5000"
	}
	s, err := sqlstore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, Look(t, driver, address)
}

// Look opens a database from outside; driver is "sqlite" or "pgx".
func Look(t testing.TB, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
