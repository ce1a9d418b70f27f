package sqlstore_test

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// TestSearchTimes prints how long searches take among 100,000 people, beside a
// read of as many rows by their keys. It runs only where asked for.
func TestSearchTimes(t *testing.T) {
	if os.Getenv("SALLYPORT_SEARCH_TIMES") == "" {
		t.Skip("not run: set SALLYPORT_SEARCH_TIMES")
	}
	each(t, func(t *testing.T, db storetest.Database) {
		now := time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)
		s := db.Open(t, time.Now, seeded())
		kept := sqlstore.Config{Path: os.Getenv("SALLYPORT_SEARCH_DB")}
		if s.Kind() != "sqlite" {
			kept = sqlstore.Config{DSN: os.Getenv("SALLYPORT_SEARCH_DSN")}
		}
		if kept.Path+kept.DSN != "" {
			s = opener(kept)(t, time.Now, seeded())
			all, err := s.Users(t.Context(), core.UserFilter{OrganizationID: "org", Limit: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			var people []core.NewUser
			for _, a := range all {
				people = append(people, core.NewUser{User: a.User})
			}
			if len(people) > 0 {
				searchTimes(t, s, people, now)
				return
			}
		}
		o := core.Organization{ID: "org", Name: "One", Policy: core.DefaultPolicy()}
		if err := s.CreateOrganization(t.Context(), o, core.Record{}); err != nil {
			t.Fatal(err)
		}
		people := storetest.Staff("org", 100_000, now)
		begun := time.Now()
		for part := range slices.Chunk(people, 5000) {
			if err := s.BulkUsers(t.Context(), part); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Println("stored in", time.Since(begun))
		if s.Kind() != "sqlite" {
			if _, err := db.Raw.Exec("ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		searchTimes(t, s, people, now)
	})
}

func searchTimes(t *testing.T, s *sqlstore.Store, people []core.NewUser, now time.Time) {
	median := func(name string, do func(i int) string) {
		var all []time.Duration
		said := ""
		for i := range 21 {
			if begun, busy := time.Now(), cpu(); s.Kind() == "sqlite" {
				said = do(i)
				all = append(all, cpu()-busy) // whatever else the machine does
			} else {
				said = do(i)
				all = append(all, time.Since(begun))
			}
		}
		slices.Sort(all)
		fmt.Printf("%-9s %-34s median %9s  worst %9s  %s\n", s.Kind(), name, all[10].Round(time.Microsecond), all[20].Round(time.Microsecond), said)
	}
	median("50 by key", func(i int) string {
		var ids []core.ID
		for j := range 50 {
			ids = append(ids, people[(i*7919+j*1999)%len(people)].User.ID)
		}
		all, err := s.AccountsByID(t.Context(), "org", ids)
		if err != nil || len(all) != 50 {
			t.Fatal(err, len(all))
		}
		return ""
	})
	ordinary, helpers := core.Ordinary, core.HelpDesk
	for _, c := range []struct {
		name string
		f    core.PersonFilter
	}{
		{"everybody", core.PersonFilter{}},
		{"everybody by last sign-in, down", core.PersonFilter{Sort: core.SortSeen, Descending: true}},
		{"everybody by type", core.PersonFilter{Sort: core.SortType}},
		{"a full address", core.PersonFilter{Text: people[4711].User.Email}},
		{"a rare last name", core.PersonFilter{Text: people[777].User.LastName}},
		{"a common first name", core.PersonFilter{Text: people[1].User.FirstName}},
		{"the commonest first name", core.PersonFilter{Text: commonest(people)}},
		{"first and last", core.PersonFilter{Text: people[99].User.Name()}},
		{"one letter", core.PersonFilter{Text: "s"}},
		{"one letter, late", core.PersonFilter{Text: "z"}},
		{"two letters", core.PersonFilter{Text: "wa"}},
		{"two letters, late", core.PersonFilter{Text: "zu"}},
		{"three letters", core.PersonFilter{Text: "sch"}},
		{"three letters, by last sign-in", core.PersonFilter{Text: "sch", Sort: core.SortSeen}},
		{"the domain of a tenth", core.PersonFilter{Text: "example.org"}},
		{"inside of words", core.PersonFilter{Text: people[777].User.LastName[2:]}},
		{"nothing", core.PersonFilter{Text: "qqqq"}},
		{"inactive", core.PersonFilter{Status: core.Inactive}},
		{"invited", core.PersonFilter{Status: core.Invited}},
		{"invited by last sign-in", core.PersonFilter{Status: core.Invited, Sort: core.SortSeen}},
		{"active", core.PersonFilter{Status: core.Active}},
		{"help desk", core.PersonFilter{Type: &helpers}},
		{"ordinary", core.PersonFilter{Type: &ordinary}},
		{"app", core.PersonFilter{SecondStep: core.SecondStepApp}},
		{"email only", core.PersonFilter{SecondStep: core.SecondStepEmail}},
		{"off", core.PersonFilter{SecondStep: core.SecondStepOff}},
		{"pending", core.PersonFilter{SecondStep: core.SecondStepPending}},
		{"exempt", core.PersonFilter{SecondStep: core.SecondStepExempt}},
		{"exempt, required", core.PersonFilter{SecondStep: core.SecondStepExempt, Required: true}},
		{"never signed in", core.PersonFilter{Seen: core.SeenNever}},
		{"in 7 days", core.PersonFilter{Seen: core.SeenIn7Days}},
		{"over 90 days", core.PersonFilter{Seen: core.SeenLongAgo}},
		{"common name, inactive", core.PersonFilter{Text: people[1].User.FirstName, Status: core.Inactive}},
		{"invited with app", core.PersonFilter{SecondStep: core.SecondStepApp, Status: core.Invited}},
		{"active, off, over 90 days", core.PersonFilter{SecondStep: core.SecondStepOff, Status: core.Active, Seen: core.SeenLongAgo}},
		{"page in the middle", core.PersonFilter{After: people[50_000].User.ID}},
		{"page in the middle by type", core.PersonFilter{After: people[50_000].User.ID, Sort: core.SortType}},
		{"page in the middle, backwards", core.PersonFilter{Before: people[50_000].User.ID, Sort: core.SortEmail}},
	} {
		c.f.OrganizationID, c.f.Limit, c.f.Now = "org", 50, now
		median(c.name, func(int) string {
			page, err := s.SearchPeople(t.Context(), c.f)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%d shown of %d %v", len(page.People), page.Matches, page.Uncounted)
		})
	}
	median("count of all", func(int) string {
		n, err := s.CountPeople(t.Context(), "org", 1<<30)
		return fmt.Sprint(n, err)
	})
}

// cpu is the time this process has been at work.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// commonest is the first name that most have.
func commonest(people []core.NewUser) string {
	n, most := map[string]int{}, ""
	for _, p := range people {
		if n[p.User.FirstName]++; n[p.User.FirstName] > n[most] {
			most = p.User.FirstName
		}
	}
	return most
}
