package sqlstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// TestListsReadByIndex: whatever is asked, people are found in an index: in the
// order of the list, or by what they were found by. The embedded database chooses
// alike for few people and many, as it keeps no statistics.
func TestListsReadByIndex(t *testing.T) {
	if core.MatchesListed != 300 {
		t.Error("person_search.go has another bound in its texts")
	}
	db := files(t)
	s := db.Open(t, time.Now, seeded())
	o := core.Organization{ID: "org", Name: "One", Policy: core.DefaultPolicy()}
	if err := s.CreateOrganization(t.Context(), o, core.Record{}); err != nil {
		t.Fatal(err)
	}
	many := make([]core.NewUser, 700) // enough that a word of everybody's is no rare one
	for i := range many {
		u := core.User{
			ID: core.NewID(time.Now(), seeded()) + core.ID(rune('a'+i%26)) + core.ID(strings.Repeat("x", i/26)), OrganizationID: "org", FirstName: "Ana", LastName: "Diaz",
			Status: core.Invited, Type: core.HelpDesk, Email: strings.Repeat("a", i%26+1) + strings.Repeat("b", i/26+1) + "@example.com",
		}
		many[i] = core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}}
	}
	if err := s.BulkUsers(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	helper := core.HelpDesk
	tests := []struct {
		name   string
		filter core.PersonFilter
		wants  []string // in the plan
		not    string
	}{
		{"everybody", core.PersonFilter{}, []string{"INDEX person_name "}, "FOR ORDER BY"},
		{"by address", core.PersonFilter{Sort: core.SortEmail}, []string{"INDEX person_page "}, ""},
		{"by type", core.PersonFilter{Sort: core.SortType}, []string{"INDEX person_type "}, "FOR ORDER BY"},
		{"by last sign-in, down", core.PersonFilter{Sort: core.SortSeen, Descending: true}, []string{"INDEX person_seen "}, "FOR ORDER BY"},
		{"many of a status", core.PersonFilter{Status: core.Invited}, []string{"INDEX person_status "}, "FOR ORDER BY"},
		{"many of a status, by last sign-in", core.PersonFilter{Status: core.Invited, Sort: core.SortSeen}, []string{"person_"}, "SCAN u"},
		{"many of a type", core.PersonFilter{Type: &helper}, []string{"INDEX person_type "}, "FOR ORDER BY"},
		{"in a week, the newest first", core.PersonFilter{Seen: core.SeenIn7Days, Sort: core.SortSeen, Descending: true, Now: time.Now()}, []string{"INDEX person_seen "}, "FOR ORDER BY"},
		{"a rare word", core.PersonFilter{Text: "aaabbbb"}, []string{"sqlite_autoindex_person_word_1 (organization_id=? AND word>? AND word<?)", "u USING INDEX person_roll (organization_id=? AND id=?)"}, "SCAN u"},
		{"a common word", core.PersonFilter{Text: "ana"}, []string{"sqlite_autoindex_person_word_1 (organization_id=? AND word>? AND word<?)", "u USING INDEX person_roll (organization_id=? AND id=?)"}, "SCAN person"},
		{"inside of words", core.PersonFilter{Text: "iaz"}, []string{"COVERING INDEX person_inside"}, "SCAN person"},
		{"few without a proved address", core.PersonFilter{SecondStep: core.SecondStepExempt}, []string{"person_exempt"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.filter.OrganizationID, tt.filter.Limit = "org", 50
			query, args, err := sqlstore.PeopleQuery(t.Context(), s, tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			got := plan(t, db, query, args)
			for _, want := range tt.wants {
				if !strings.Contains(got, want) {
					t.Errorf("the plan is\n%swant it by %s\n%s", got, want, query)
				}
			}
			if tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("the plan is\n%swant no %q", got, tt.not)
			}
		})
	}
}

// TestAdministratorsAreFoundByTheirType: what is done to one person does not look
// through everybody to find who administers.
func TestAdministratorsAreFoundByTheirType(t *testing.T) {
	db := files(t)
	db.Open(t, time.Now, seeded())
	for _, query := range sqlstore.AdministratorsQueries() {
		got := plan(t, db, query, []any{"org", "one", "another"}[:strings.Count(query, "$")])
		if !strings.Contains(got, "INDEX person_type (organization_id=? AND user_type=?)") {
			t.Errorf("the plan is\n%sof %s", got, query)
		}
	}
}

// plan is how the embedded database goes about a query.
func plan(t *testing.T, db storetest.Database, query string, args []any) string {
	t.Helper()
	rows, err := db.Raw.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+strings.ReplaceAll(query, "$", "?"), args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := ""
	for rows.Next() {
		var id, parent, unused int
		var text string
		if err := rows.Scan(&id, &parent, &unused, &text); err != nil {
			t.Fatal(err)
		}
		out += text + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKnownAreFoundByTheirNames: a batch of a load does not look through everybody of
// its organization.
func TestKnownAreFoundByTheirNames(t *testing.T) {
	db := files(t)
	db.Open(t, time.Now, seeded())
	got := plan(t, db, sqlstore.KnownQuery(3), []any{"org", "a", "b", "c"})
	for _, want := range []string{"SEARCH k USING INDEX sqlite_autoindex_login_key_1 (login=?)", "SEARCH u USING INDEX person_roll (organization_id=? AND id=?)"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan is\n%swant %s", got, want)
		}
	}
}
