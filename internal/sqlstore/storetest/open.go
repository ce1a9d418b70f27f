package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"log/slog"
	"net/url"
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
		driver, address = "pgx", Schema(t)
		c.DSN = address
	} else {
		c.Path = filepath.Join(t.TempDir(), "db")
		address = "file:" + c.Path
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
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
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

// Server names the variable with the address of a PostgreSQL server that tests
// may make schemas on.
const Server = "SALLYPORT_TEST_POSTGRES"

// Schema makes an empty schema of the test's own on [Server] and returns its
// address.
func Schema(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		t.Fatal("a test on PostgreSQL needs " + Server)
	}
	admin := Look(t, "pgx", server)
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	name := "sallyport_test_" + hex.EncodeToString(b)
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context is over by now.
		if _, err := admin.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	parameters := address.Query()
	parameters.Set("search_path", name)
	parameters.Set("synchronous_commit", "off") // what is under test does not hang on the disk's pace
	address.RawQuery = parameters.Encode()
	return address.String()
}
