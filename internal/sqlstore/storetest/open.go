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
// the same tests on the server of SALLYPORT_TEST_POSTGRES.
func Open(t testing.TB, clock core.Clock, random core.Random) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	c := sqlstore.Config{Clock: clock, Random: random, Logger: slog.New(slog.DiscardHandler)}
	driver, address := "sqlite", ""
	if os.Getenv("SALLYPORT_TEST_ON") == "postgres" {
		driver, address = "pgx", schema(t)
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
	return s, look(t, driver, address)
}

func look(t testing.TB, driver, address string) *sql.DB {
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

// schema makes a schema of the test's own and returns its address.
func schema(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SALLYPORT_TEST_POSTGRES")
	if server == "" {
		t.Fatal("SALLYPORT_TEST_ON=postgres needs SALLYPORT_TEST_POSTGRES")
	}
	admin := look(t, "pgx", server)
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	name := "sallyport_desk_" + hex.EncodeToString(b)
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
