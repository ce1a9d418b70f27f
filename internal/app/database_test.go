package app_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

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
		storetest.NeedServer(t)
		test(t)
	})
}

// onPostgres reports whether a test, or one inside of it, is onBoth's second.
func onPostgres(t testing.TB) bool { return strings.Contains(t.Name()+"/", "/postgres/") }

// onEmpty gives a server that is not there yet a database without any table.
func onEmpty(t testing.TB, c *config.Config) {
	t.Helper()
	if c.Database != "" {
		c.Database = storetest.EmptyDatabase(t)
	}
}
