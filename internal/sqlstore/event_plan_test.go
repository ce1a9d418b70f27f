package sqlstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// TestActivityReadsByIndex: whatever is filtered, one person's events are found
// in an index that has them in order already. Without that, one page of an
// account with a million events would read them all.
func TestActivityReadsByIndex(t *testing.T) {
	db := files(t)
	at := time.UnixMicro(1_764_000_000_000_000)
	mark := core.EventMark{At: at, ID: "event"}
	kind := []string{core.EventSignedOut}
	tests := []struct {
		name, index string
		filter      core.EventFilter
	}{
		{"all", "event_subject ", core.EventFilter{}},
		{"all, a later page", "event_subject ", core.EventFilter{After: mark}},
		{"all, some days", "event_subject ", core.EventFilter{From: at, Until: at.Add(time.Hour)}},
		{"one kind", "event_subject_kind ", core.EventFilter{Kinds: kind}},
		{"one kind, a later page", "event_subject_kind ", core.EventFilter{Kinds: kind, After: mark}},
		{"one kind, some days, a later page", "event_subject_kind ", core.EventFilter{Kinds: kind, From: at, Until: at.Add(time.Hour), After: mark}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.filter.SubjectID, tt.filter.Limit = "user", 50
			query, args := sqlstore.EventQuery("org", tt.filter)
			rows, err := db.Raw.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+strings.ReplaceAll(query, "$", "?"), args...)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			plan := ""
			for rows.Next() {
				var id, parent, unused int
				var text string
				if err := rows.Scan(&id, &parent, &unused, &text); err != nil {
					t.Fatal(err)
				}
				plan += text + "\n"
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan, "INDEX "+tt.index) || strings.Contains(plan, "FOR ORDER BY") {
				t.Errorf("the plan is\n%swant it in the order of %s", plan, tt.index)
			}
		})
	}
}
