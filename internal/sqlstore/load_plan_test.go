package sqlstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/sqlstore"
)

// TestLoadsReadByIndex: what is asked each second, and the lists, do not go through
// all the loads of 400 days.
func TestLoadsReadByIndex(t *testing.T) {
	db := files(t)
	db.Open(t, time.Now, seeded())
	for name, read := range sqlstore.LoadQueries() {
		got := plan(t, db, read.Query, read.Args)
		if !strings.Contains(got, "INDEX "+read.Index) {
			t.Errorf("%s: the plan is\n%swant it by %s", name, got, read.Index)
		}
		if strings.HasPrefix(name, "history") && strings.Contains(got, "FOR ORDER BY") {
			t.Errorf("%s: the plan is\n%swant the rows in their order", name, got)
		}
		if name != "a load that is due" && strings.Contains(got, "SCAN ") { // that one goes through those that are under way
			t.Errorf("%s: the plan is\n%swant nothing read through", name, got)
		}
	}
}
