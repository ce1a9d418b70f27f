package gate_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// shelf is a store of applications.
type shelf struct {
	apps  []core.Application
	err   error
	reads atomic.Int64
}

// Applications implements gate.Store.
func (s *shelf) Applications(context.Context, core.ID) ([]core.Application, error) {
	s.reads.Add(1)
	return s.apps, s.err
}

func app(url string, organization core.ID, level core.Level, groups ...string) core.Application {
	return core.Application{
		ID: core.ID(url), OrganizationID: organization, URL: url, Level: level, Groups: groups,
		CreatedAt: noon,
	}
}

func person(level core.Level, groups ...string) *core.SessionView {
	return &core.SessionView{
		Session: core.Session{OrganizationID: "o1", Level: level},
		Account: core.Account{Groups: groups, User: core.User{
			Username: "ada", Email: "ada@example.com",
			FirstName: "Ada", LastName: "Löwe",
		}},
	}
}

func target(t *testing.T, url string) gate.Target {
	t.Helper()
	got, err := gate.ParseURL("GET", url)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return got
}

func service(store gate.Store, loopback bool) *gate.Service {
	s := gate.New(store, func() time.Time { return noon }, nil, loopback)
	s.Polled(noon, nil)
	return s
}

func TestDecide(t *testing.T) {
	store := &shelf{apps: []core.Application{
		app("https://score.example.com", "o1", 1),
		app("https://score.example.com/admin", "o1", 3, "admins"),
		app("https://mail.example.com:8443/box", "o1", 2),
		app("https://other.example.com", "o2", 1),
		app("https://score.example.com/%C3%84rzte", "o1", 1),
		app("https://lone.example.com/wiki", "o1", 1),
		app("https://twin.example.com/Wiki", "o1", 1),
		app("https://twin.example.com/wiki", "o1", 1),
		// Another organization reaches for a host that has an owner.
		app("https://score.example.com/open", "o2", 1),
	}}
	store.apps[8].CreatedAt = noon.Add(time.Hour)
	remembered := person(1)
	remembered.Session.DeviceID, remembered.DeviceLive = "d1", true
	dead := person(1)
	dead.Session.DeviceID = "d1"
	cases := []struct {
		name, url string
		view      *core.SessionView
		verdict   core.Verdict
		want      gate.Outcome
		level     core.Level
	}{
		{"signed in", "https://score.example.com/x", person(1), core.VerdictOpen, gate.Allow, 0},
		{"nobody", "https://score.example.com/x", nil, core.VerdictEnded, gate.SignIn, 0},
		{"ended", "https://score.example.com/x", person(3), core.VerdictEnded, gate.SignIn, 0},
		{"second step due", "https://score.example.com/x", person(1), core.VerdictStepUp, gate.StepUp, 2},
		{"app due", "https://score.example.com/x", person(2), core.VerdictAppDue, gate.StepUp, 2},
		{"unknown application", "https://evil.example/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"unknown application, nobody", "https://evil.example/", nil, core.VerdictEnded, gate.Deny, 0},
		{"other scheme", "http://score.example.com/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"other port", "https://score.example.com:444/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"sub-domain", "https://a.score.example.com/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"not in the group", "https://score.example.com/admin/x", person(3), core.VerdictOpen, gate.Deny, 0},
		{"in the group, level too low", "https://score.example.com/admin", person(2, "admins"), core.VerdictOpen, gate.StepUp, 3},
		{"in the group, level right", "https://score.example.com/admin", person(3, "admins"), core.VerdictOpen, gate.Allow, 0},
		{"segment boundary", "https://score.example.com/administrator", person(1), core.VerdictOpen, gate.Allow, 0},
		{"slashes in a row", "https://score.example.com/x//admin", person(1), core.VerdictOpen, gate.Allow, 0},
		{"inner double slash", "https://score.example.com/admin//x", person(1), core.VerdictOpen, gate.Deny, 0},
		{"segment parameter", "https://score.example.com/admin;a=b/x", person(1), core.VerdictOpen, gate.Deny, 0},
		{"parameters alone", "https://score.example.com/;/admin", person(3), core.VerdictOpen, gate.Deny, 0},
		{"a parameter before it", "https://score.example.com/;a=b/admin/x", person(3, "admins"), core.VerdictOpen, gate.Deny, 0},
		{"escaped semicolon", "https://score.example.com/%3b/admin", person(3, "admins"), core.VerdictOpen, gate.Deny, 0},
		{"parameter elsewhere", "https://score.example.com/x;a=b/admin", person(1), core.VerdictOpen, gate.Allow, 0},
		{"parameter below", "https://score.example.com/admin/x;a=b", person(3, "admins"), core.VerdictOpen, gate.Allow, 0},
		{"other letter case", "https://score.example.com/ADMIN/x", person(3, "admins"), core.VerdictOpen, gate.Deny, 0},
		{"other letter case and a parameter", "https://score.example.com/;/Admin", person(3, "admins"), core.VerdictOpen, gate.Deny, 0},
		{"other letter case, not ASCII", "https://score.example.com/%C3%A4RZTE", person(1), core.VerdictOpen, gate.Deny, 0},
		{"letter case as registered", "https://score.example.com/%C3%84rzte/x", person(1), core.VerdictOpen, gate.Allow, 0},
		{"letter case of what lies below", "https://lone.example.com/wiki/Page", person(1), core.VerdictOpen, gate.Allow, 0},
		{"parameter at the path itself", "https://lone.example.com/wiki;a=b", person(1), core.VerdictOpen, gate.Deny, 0},
		{"two that differ in letter case", "https://twin.example.com/wiki", person(1), core.VerdictOpen, gate.Deny, 0},
		{"other organization", "https://other.example.com/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"host of another organization", "https://score.example.com/open", person(1), core.VerdictOpen, gate.Allow, 0},
		{"outside of the path", "https://mail.example.com:8443/", person(3), core.VerdictOpen, gate.Deny, 0},
		{"remembered device", "https://mail.example.com:8443/box", remembered, core.VerdictOpen, gate.Allow, 0},
		{"remembered device, level 3", "https://score.example.com/admin", withGroups(remembered, "admins"), core.VerdictOpen, gate.StepUp, 3},
		{"device forgotten", "https://mail.example.com:8443/box", dead, core.VerdictOpen, gate.StepUp, 2},
	}
	s := service(store, false)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.Decide(t.Context(), c.view, c.verdict, target(t, c.url))
			if err != nil || got.Outcome != c.want || got.Level != c.level {
				t.Errorf("got %+v (%v), want outcome %d level %d", got, err, c.want, c.level)
			}
			if (got.Identity != gate.Identity{}) != (c.want == gate.Allow) {
				t.Errorf("identity %+v with outcome %d", got.Identity, got.Outcome)
			}
		})
	}
	if got := store.reads.Load(); got != 1 {
		t.Errorf("read the applications %d times, want once", got)
	}
}

func withGroups(v *core.SessionView, groups ...string) *core.SessionView {
	c := *v
	c.Account.Groups = groups
	return &c
}

func TestIdentity(t *testing.T) {
	s := service(&shelf{apps: []core.Application{app("https://score.example.com", "o1", 1)}}, false)
	view := person(1, "makers", "a,admins", "readers")
	view.Account.User.LastName = "Lö\r\nwe"
	got, err := s.Decide(t.Context(), view, core.VerdictOpen, target(t, "https://score.example.com/"))
	want := gate.Identity{User: "ada", Groups: "makers,readers", Name: "Ada Löwe", Email: "ada@example.com"}
	if err != nil || got.Identity != want {
		t.Errorf("got %+v (%v), want %+v", got.Identity, err, want)
	}
}

func TestForwardedPorts(t *testing.T) {
	one := &shelf{apps: []core.Application{app("http://localhost:8081", "o1", 1)}}
	two := &shelf{apps: append(one.apps, app("http://localhost:8082", "o1", 1))}
	cases := []struct {
		name     string
		store    *shelf
		loopback bool
		url      string
		want     gate.Outcome
	}{
		{"registered port", one, true, "http://localhost:8081/", gate.Allow},
		{"forwarded port", one, true, "http://localhost:9999/", gate.Allow},
		{"other name of this machine", one, true, "http://127.0.0.1:8081/", gate.Deny},
		{"two to choose from", two, true, "http://localhost:9999/", gate.Deny},
		{"two, registered port", two, true, "http://localhost:8082/", gate.Allow},
		{"not on loopback", one, false, "http://localhost:9999/", gate.Deny},
		{"other scheme", one, true, "https://localhost:9999/", gate.Deny},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := service(c.store, c.loopback).Decide(t.Context(), person(1), core.VerdictOpen, target(t, c.url))
			if err != nil || got.Outcome != c.want {
				t.Errorf("got %+v (%v), want %d", got, err, c.want)
			}
		})
	}
}

func TestApplicationsFollowChanges(t *testing.T) {
	now := noon
	store := &shelf{}
	s := gate.New(store, func() time.Time { return now }, nil, false)
	decide := func() gate.Outcome {
		t.Helper()
		d, err := s.Decide(t.Context(), person(1), core.VerdictOpen, target(t, "https://score.example.com/"))
		if err != nil {
			t.Fatal(err)
		}
		return d.Outcome
	}
	s.Polled(now, nil)
	if got := decide(); got != gate.Deny {
		t.Fatalf("got %d", got)
	}
	store.apps = []core.Application{app("https://score.example.com", "o1", 1)}
	if got := decide(); got != gate.Deny {
		t.Errorf("got %d before the poll", got)
	}
	s.Polled(now, []core.Change{{Kind: core.ChangeApplications, SubjectID: "o1"}})
	if got := decide(); got != gate.Allow {
		t.Errorf("got %d after the poll", got)
	}
	store.apps = nil
	now = now.Add(core.CacheGood) // polls fail: the store is asked
	if got := decide(); got != gate.Deny {
		t.Errorf("got %d from an outdated cache", got)
	}
	store.err = errors.New("down")
	if _, err := s.Decide(t.Context(), nil, core.VerdictEnded, target(t, "https://score.example.com/")); core.KindOf(err) != core.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestApplicationAt(t *testing.T) {
	apps := &shelf{apps: []core.Application{app("https://score.example.com", "o1", 1), app("http://localhost:8081", "o1", 1)}}
	cases := []struct {
		name, raw string
		loopback  bool
		want      string
	}{
		{"registered", "https://Score.example.com:443/a?b=c", false, "https://score.example.com"},
		{"no path", "https://score.example.com", false, "https://score.example.com"},
		{"unregistered", "https://evil.example/", false, ""},
		{"user name", "https://score.example.com@evil.example/", false, ""},
		{"backslash", `https://evil.example\@score.example.com/`, false, ""},
		{"web socket", "wss://score.example.com/", false, ""},
		{"script", "javascript:alert(1)", false, ""},
		{"in clear", "http://localhost:8081/", false, ""},
		{"in clear, on loopback", "http://localhost:8081/", true, "http://localhost:8081"},
		{"local path", "/profile", false, ""},
		{"empty", "", false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := service(apps, c.loopback).ApplicationAt(t.Context(), c.raw)
			if got.URL != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, core.ErrNotFound) {
				t.Errorf("got %q (%v), want %q", got.URL, err, c.want)
			}
		})
	}
}

// TestDecideKey: a program gets where its person may go, if programs are let in
// there and its key is for such a request; levels are not asked of it.
func TestDecideKey(t *testing.T) {
	store := &shelf{apps: []core.Application{
		app("https://score.example.com", "o1", 3),
		app("https://score.example.com/board", "o1", 1, "board"),
		app("https://pages.example.com", "o1", 1),
		app("https://other.example.com", "o2", 1),
	}}
	for _, i := range []int{0, 1, 3} {
		store.apps[i].Machines = true
	}
	s := service(store, false)
	key := func(scope core.KeyScope, groups ...string) *core.KeyView {
		return &core.KeyView{
			Key: core.APIKey{OrganizationID: "o1", Scopes: []core.KeyScope{scope}}, Account: person(1, groups...).Account,
		}
	}
	for _, c := range []struct {
		name, method, url string
		key               *core.KeyView
		want              gate.Outcome
	}{
		{"a loader", "POST", "https://score.example.com/upload", key(core.ScopeLoader), gate.Allow},
		{"with everything", "DELETE", "https://score.example.com/x", key(core.ScopeFull), gate.Allow},
		{"a reader reads", "GET", "https://score.example.com/x", key(core.ScopeRead), gate.Allow},
		{"a reader writes", "POST", "https://score.example.com/x", key(core.ScopeRead), gate.OutOfScope},
		{"not in the group", "GET", "https://score.example.com/board/x", key(core.ScopeFull), gate.Deny},
		{"in the group", "GET", "https://score.example.com/board/x", key(core.ScopeFull, "board"), gate.Allow},
		{"no programs", "GET", "https://pages.example.com/", key(core.ScopeFull), gate.NoMachines},
		{"another organization's", "GET", "https://other.example.com/", key(core.ScopeFull), gate.Deny},
		{"not registered", "GET", "https://evil.example/", key(core.ScopeFull), gate.Deny},
	} {
		to, err := gate.ParseURL(c.method, c.url)
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.DecideKey(t.Context(), c.key, to)
		if err != nil || d.Outcome != c.want {
			t.Errorf("%s: got %v, %v; want %v", c.name, d.Outcome, err, c.want)
		}
		if (d.Outcome == gate.Allow) != (d.Identity.User == "ada") {
			t.Errorf("%s: told as %q", c.name, d.Identity.User)
		}
	}
}
