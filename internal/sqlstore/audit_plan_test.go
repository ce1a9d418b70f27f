package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// auditPlans says by which index each filter of the audit log is served.
func auditPlans() map[string]struct {
	filter core.AuditFilter
	index  string
} {
	return map[string]struct {
		filter core.AuditFilter
		index  string
	}{
		"none":             {core.AuditFilter{}, "event_time"},
		"a result":         {core.AuditFilter{Result: "failed"}, "event_result"},
		"a kind":           {core.AuditFilter{Kinds: []string{"signin.completed"}}, "event_kind"},
		"kinds":            {core.AuditFilter{Kinds: core.GroupTwoFactor.Kinds()}, "event_kind"},
		"kinds and result": {core.AuditFilter{Kinds: core.GroupTwoFactor.Kinds(), Result: "failed"}, "event_result"},
		"a person":         {core.AuditFilter{PersonID: "ada"}, "event_actor"},
		"an address":       {core.AuditFilter{Text: "192.0.2.1"}, "event_address"},
		"a request":        {core.AuditFilter{Text: "0123456789abc"}, "event_request"},
		"a word":           {core.AuditFilter{Text: "ada"}, "event_time"},
	}
}

// TestAuditReadsByIndex: whatever is filtered, in whatever days, on whatever
// page, the rows come from an index in their order.
func TestAuditReadsByIndex(t *testing.T) {
	db := files(t)
	at := time.UnixMicro(1_764_000_000_000_000)
	for name, tt := range auditPlans() {
		for variant, change := range map[string]func(*core.AuditFilter){
			"first page": func(*core.AuditFilter) {},
			"later page": func(f *core.AuditFilter) { f.After = core.EventMark{At: at, ID: "event"} },
			"some days":  func(f *core.AuditFilter) { f.From, f.Until = at.Add(-time.Hour), at },
		} {
			t.Run(name+", "+variant, func(t *testing.T) {
				f := tt.filter
				change(&f)
				query, args, arms := sqlstore.AuditQuery("org", f, 51)
				plan := planOf(t, db.Raw, "EXPLAIN QUERY PLAN "+strings.ReplaceAll(query, "$", "?"), 4, 3, args)
				if !strings.Contains(plan, "INDEX "+tt.index+" ") || arms == 1 && strings.Contains(plan, "FOR ORDER BY") || strings.Contains(plan, "SCAN event") {
					t.Errorf("the plan is\n%swant it in the order of %s", plan, tt.index)
				}
			})
		}
	}
	query, args := sqlstore.EventsByID("org", make([]core.ID, 500))
	if plan := planOf(t, db.Raw, "EXPLAIN QUERY PLAN "+strings.ReplaceAll(query, "$", "?"), 4, 3, args); !strings.Contains(plan, "sqlite_autoindex_event_1 (id=?)") {
		t.Errorf("rows by their ids: %s", plan)
	}
}

// TestAuditReadsByIndexOnServer is the same on PostgreSQL, whose plans depend on
// what is in the table.
func TestAuditReadsByIndexOnServer(t *testing.T) {
	storetest.NeedServer(t)
	address := storetest.OwnDatabase(t)
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: address, Clock: time.Now, Random: seeded(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.UnixMicro(1_764_000_000_000_000)
	kinds, results := core.EventKinds(), []string{"ok", "ok", "ok", "refused", "failed"}
	var batch []core.Event
	for i := range 30_000 {
		batch = append(batch, core.Event{
			ID: core.ID(fmt.Sprintf("e-%06d", i)), OrganizationID: core.ID([]string{"org", "other"}[i%2]), At: at.Add(-time.Duration(i) * time.Second),
			Kind: kinds[i%len(kinds)], Result: results[i%5], Actor: core.Actor{ID: core.ID(fmt.Sprintf("p-%d", i%700))}, SubjectID: core.ID(fmt.Sprintf("p-%d", i%900)),
			Origin: core.Origin{Address: fmt.Sprintf("192.0.2.%d", i%250), RequestID: fmt.Sprintf("r-%d", i)},
		})
	}
	if err := s.ImportHistory(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	raw := storetest.Look(t, "pgx", address)
	if _, err := raw.ExecContext(t.Context(), "ANALYZE event"); err != nil {
		t.Fatal(err)
	}
	for name, tt := range auditPlans() {
		t.Run(name, func(t *testing.T) {
			f := tt.filter
			f.After = core.EventMark{At: at.Add(-time.Hour), ID: "event"}
			query, args, _ := sqlstore.AuditQuery("org", f, 51)
			plan := planOf(t, raw, "EXPLAIN "+query, 1, 0, args)
			if !strings.Contains(plan, tt.index) || strings.Contains(plan, "Seq Scan") {
				t.Errorf("the plan is\n%swant %s", plan, tt.index)
			}
		})
	}
}

// planOf reads the words of a plan: the given one of so many columns.
func planOf(t *testing.T, db *sql.DB, query string, columns, column int, args []any) string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	plan := ""
	for rows.Next() {
		values := make([]any, columns)
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		plan += fmt.Sprint(*values[column].(*any)) + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
