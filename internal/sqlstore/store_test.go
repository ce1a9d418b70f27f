package sqlstore_test

import (
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database { return files(t) })
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.NeedServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Database { return databases(t, storetest.OwnDatabase(t)) })
}

// each runs a test, which may change tables, on every kind of database there is.
func each(t *testing.T, test func(t *testing.T, db storetest.Database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, files(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		storetest.NeedServer(t)
		test(t, databases(t, storetest.EmptyDatabase(t)))
	})
}

// files gives each test a database file of its own.
func files(t testing.TB) storetest.Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", "sallyport.db")
	storetest.File(t, path)
	db := storetest.Database{Open: opener(sqlstore.Config{Path: path})}
	db.Raw = storetest.Look(t, "sqlite", "file:"+path+"?_busy_timeout=5000")
	return db
}

// databases opens a test's own database on the server.
func databases(t testing.TB, address string) storetest.Database {
	t.Helper()
	db := storetest.Database{Open: opener(sqlstore.Config{DSN: address})}
	db.Raw = storetest.Look(t, "pgx", address)
	return db
}

// opener opens and migrates; for a second handle that changes nothing.
func opener(c sqlstore.Config) func(testing.TB, core.Clock, core.Random) *sqlstore.Store {
	return func(t testing.TB, clock core.Clock, random core.Random) *sqlstore.Store {
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

// seeded counts up instead of drawing lots: ids only need to differ.
func seeded() core.Random {
	var n atomic.Uint64
	return func(b []byte) {
		for i, v := len(b)-1, n.Add(1); i >= 0; i, v = i-1, v>>8 {
			b[i] = byte(v)
		}
	}
}
