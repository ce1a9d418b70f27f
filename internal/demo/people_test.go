package demo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/demo"
	"github.com/sallyport/sallyport/internal/identifier"
)

func TestPeopleAreInEveryState(t *testing.T) {
	all := demo.People(7)
	if len(all) != 60 {
		t.Errorf("got %d people, want 60", len(all))
	}
	states, emails := map[string]int{}, map[string]bool{}
	for i, p := range all {
		states[p.State()]++
		if emails[p.Email] {
			t.Errorf("%s is there twice", p.Email)
		}
		emails[p.Email] = true
		if (p.Try != "") != (i < 7) {
			t.Errorf("%s: the handful comes first, and only it has passwords", p.Email)
		}
		u := core.User{Email: p.Email, FirstName: p.First, LastName: p.Last, Type: p.Type}
		if err := u.Validate(); err != nil {
			t.Errorf("%s: %v", p.Email, err)
		}
		if stored, _, err := identifier.Email(p.Email); err != nil || stored != p.Email {
			t.Errorf("%s is stored as %q, %v", p.Email, stored, err)
		}
		if p.Since >= p.Joined || p.Suspended > 0 && p.Suspended >= p.Since || p.Since > 90 {
			t.Errorf("%s: joined %d, on %d, suspended %d days ago", p.Email, p.Joined, p.Since, p.Suspended)
		}
		if (p.Method == core.KindApp) != (len(p.Apps) > 0) || len(p.Apps) > core.MaxApps || (p.Since > 0) != (p.TwoFactor != core.TwoFactorOff) {
			t.Errorf("%s: %s, method %q, apps %v, on since %d", p.Email, p.TwoFactor, p.Method, p.Apps, p.Since)
		}
	}
	for _, state := range []string{"off", "email", "app", "app waiting", "suspended", "invited", "inactive", "exempt", "no access", "throttled"} {
		if states[state] < 2 {
			t.Errorf("%d people are %q, want 2 at least", states[state], state)
		}
	}
	if diff := cmp.Diff(all, demo.People(7)); diff != "" {
		t.Errorf("the same seed gives other people:\n%s", diff)
	}
}

var today = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

func residents(seed uint64) []demo.Resident {
	var all []demo.Resident
	for i, p := range demo.People(seed) {
		id := core.NewID(today, func(b []byte) { b[len(b)-1] = byte(i) })
		all = append(all, demo.Resident{Person: p, User: core.User{ID: id, FirstName: p.First, LastName: p.Last, Email: p.Email}})
	}
	return all
}

func TestHistoryIsPlausible(t *testing.T) {
	all := residents(7)
	events := demo.History(7, "northwind", all, today)
	if diff := cmp.Diff(events, demo.History(7, "northwind", all, today)); diff != "" {
		t.Errorf("the same seed gives another history")
	}
	kinds, days, ids := map[string]int{}, map[string]bool{}, map[core.ID]bool{}
	methods := map[string]int{}
	on := map[core.ID]time.Time{}
	before := time.Time{}
	for _, e := range events {
		kinds[e.Kind]++
		days[e.At.Format(time.DateOnly)] = true
		if !e.DemoData || e.OrganizationID != "northwind" || ids[e.ID] || e.At.Before(before) || !e.At.Before(today) || e.At.Before(today.AddDate(0, 0, -91)) {
			t.Fatalf("event out of order, unmarked or repeated: %+v", e)
		}
		ids[e.ID], before = true, e.At
		switch e.Kind {
		case core.EventSignInCompleted:
			methods[e.Detail["method"]]++
			if _, ok := on[e.SubjectID]; !ok && e.Detail["method"] != "password" {
				t.Errorf("%s signs in with %s before turning two-factor on", e.Actor.Name, e.Detail["method"])
			}
		case core.EventTwoFactorOn:
			on[e.SubjectID] = e.At
		}
	}
	if n := len(events); n < 3000 || n > 12000 || len(days) < 85 {
		t.Errorf("got %d events on %d days", n, len(days))
	}
	want := 0
	for _, p := range all {
		if p.Since > 0 {
			want++
			if at := on[p.User.ID]; at.Format(time.DateOnly) != today.AddDate(0, 0, -p.Since).Format(time.DateOnly) {
				t.Errorf("%s turned it on at %v, want %d days ago", p.Email, at, p.Since)
			}
		}
		last := demo.LastSignIn(events, p.User.ID)
		if never := p.Status == core.Invited || p.Type == core.NoAccess; never != last.IsZero() {
			t.Errorf("%s (%s) came last at %v", p.Email, p.State(), last)
		}
	}
	if len(on) != want || kinds[core.EventTwoFactorOn] != want {
		t.Errorf("got %d of %d turned on", len(on), want)
	}
	for _, kind := range []string{
		core.EventPasswordWrong, core.EventPasswordRight, core.EventCodeSent, core.EventCodeWrong, core.EventSignInThrottled, core.EventTwoFactorOffNow,
		core.EventSignInAbandoned, core.EventDeviceRemembered, core.EventRecoveryUsed, core.EventUserCreated, core.EventSignedOut, core.EventAppAdded,
	} {
		if kinds[kind] == 0 {
			t.Errorf("no event of kind %s", kind)
		}
	}
	for _, method := range []string{"password", "email", "app"} {
		if methods[method] < 200 {
			t.Errorf("%d sign-ins by %s, want some hundred", methods[method], method)
		}
	}
	t.Log(len(events), "events", kinds, methods)
}

// Everything a chart of adoption needs must be there: the number of people who
// have it on never jumps by more than a few in a day.
func TestAdoptionGrowsDayByDay(t *testing.T) {
	perDay := map[string]int{}
	for _, e := range demo.History(7, "northwind", residents(7), today) {
		if e.Kind == core.EventTwoFactorOn {
			perDay[e.At.Format(time.DateOnly)]++
		}
	}
	if len(perDay) < 15 {
		t.Errorf("turned on at %d days only: %v", len(perDay), perDay)
	}
	for day, n := range perDay {
		if n > 6 {
			t.Errorf("%d people turned it on at %s", n, day)
		}
	}
}
