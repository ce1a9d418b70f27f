package sqlstore_test

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

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// server names the variable with the address of a PostgreSQL server that the
// tests may make databases on.
const server = "SALLYPORT_TEST_POSTGRES"

func TestSQLite(t *testing.T) { storetest.Run(t, files) }

func TestPostgreSQL(t *testing.T) {
	if os.Getenv(server) == "" {
		t.Skip("not run: PostgreSQL (set " + server + ")")
	}
	storetest.Run(t, databases)
}

// files gives each test a database file of its own.
func files(t *testing.T) storetest.Opener {
	return opener(sqlstore.Config{Path: filepath.Join(t.TempDir(), "data", "sallyport.db")})
}

// databases gives each test a database of its own on the server.
func databases(t *testing.T) storetest.Opener {
	t.Helper()
	db, err := sql.Open("pgx", os.Getenv(server))
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 8)
	rand.Read(random)
	name := "sallyport_test_" + hex.EncodeToString(random)
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context is over by now.
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(os.Getenv(server))
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return opener(sqlstore.Config{DSN: address.String()})
}

// opener opens and migrates; for a second handle that changes nothing.
func opener(c sqlstore.Config) storetest.Opener {
	return func(t *testing.T, clock core.Clock, random core.Random) *sqlstore.Store {
		t.Helper()
		c.Clock, c.Random, c.Logger = clock, random, slog.New(slog.DiscardHandler)
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
		return s
	}
}
