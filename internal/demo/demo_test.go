package demo_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/demo"
	"github.com/sallyport/sallyport/internal/identifier"
)

// running is a demo that a test started.
type running struct {
	demo.Running
	out  bytes.Buffer // read after stop only
	log  bytes.Buffer
	stop func()
}

func start(t *testing.T, dir string, fresh bool) *running {
	t.Helper()
	r := &running{}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan demo.Running, 1), make(chan error, 1)
	go func() {
		done <- demo.Run(ctx, demo.Options{
			Dir: dir, Port: 18080, Fresh: fresh, Out: &r.out, Log: &r.log, Ready: func(now demo.Running) { ready <- now },
		})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
		if r.log.Len() > 0 {
			t.Errorf("the demo logged:\n%s", r.log.String())
		}
	})
	select {
	case r.Running = <-ready:
	case err := <-done:
		cancel()
		t.Fatalf("the demo did not start: %v", err)
	}
	t.Cleanup(r.stop)
	return r
}

func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	r := start(t, dir, false)
	t.Run("with an app", func(t *testing.T) {
		b := newBrowser(t)
		b.open(r.Scorecard + "/?measure=Orders")
		b.shows("Sign in")
		b.submit("login", "ben", "password", password(t, dir, "ben"))
		b.submit("method", "app")
		b.submit("code", shown(t, r, "ben"))
		b.shows("Signed in as <strong>Ben Okafor</strong> (ben)")
		b.shows("Groups: Finance")
		b.shows(`<h2 id="chosen">Orders</h2>`)
	})
	t.Run("with an emailed code", func(t *testing.T) {
		b := newBrowser(t)
		b.open(r.Scorecard + "/")
		b.submit("login", "carla@northwind.example", "password", password(t, dir, "carla"))
		b.submit("method", "email")
		b.submit("code", emailed(t, r, "carla@northwind.example"))
		b.shows("Signed in as <strong>Carla Rossi</strong> (carla)")
		b.open(r.Sallyport + "/home")
		b.shows(r.Scorecard)
	})
	t.Run("with the box off", func(t *testing.T) {
		b := newBrowser(t)
		b.open(r.Sallyport + "/signin")
		b.submit("login", "finn", "password", password(t, dir, "finn"))
		b.shows(r.Scorecard)
		b.shows("You will be asked to verify it&#39;s you before it opens.")
		b = newBrowser(t)
		b.open(r.Scorecard + "/")
		b.submit("login", "finn", "password", password(t, dir, "finn"))
		b.submit("method", "email")
		b.submit("code", emailed(t, r, "finn@northwind.example"))
		b.shows("Signed in as <strong>Finn Murphy</strong> (finn)")
	})
	t.Run("of another group", func(t *testing.T) {
		b := newBrowser(t)
		b.open(r.Sallyport + "/signin")
		b.submit("login", "eva", "password", password(t, dir, "eva"))
		b.submit("method", "app")
		b.submit("code", shown(t, r, "eva"))
		b.open(r.Scorecard + "/")
		if b.status != http.StatusForbidden {
			t.Errorf("got %d, want 403:\n%s", b.status, b.page)
		}
	})
	t.Run("invited", func(t *testing.T) {
		list, err := os.ReadFile(filepath.Join(dir, "people.txt"))
		if err != nil {
			t.Fatal(err)
		}
		_, link, _ := strings.Cut(string(list), "/invite/")
		b := newBrowser(t)
		b.open(r.Sallyport + "/invite/" + strings.TrimSpace(link))
		b.shows("Northwind")
		if b.status != http.StatusOK {
			t.Errorf("got %d for the invitation", b.status)
		}
	})
	t.Run("claiming to be somebody", func(t *testing.T) {
		request, err := http.NewRequest(http.MethodGet, r.Scorecard+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Remote-User"] = []string{"ana"}
		request.Header["Remote_User"] = []string{"ana"}
		b := newBrowser(t)
		b.do(request)
		b.shows("Sign in")
	})
	r.stop()
	if out := r.out.String(); !strings.Contains(out, r.Scorecard) || !strings.Contains(out, filepath.Join(dir, "people.txt")) || !strings.Contains(out, "60 people in all") {
		t.Errorf("the demo said:\n%s", out)
	}
	database(t, dir)
	restart(t, dir)
}

// restart starts the demo of a folder once more: everything is still there;
// and a fresh one: nothing is.
func restart(t *testing.T, dir string) {
	before := password(t, dir, "ana")
	r := start(t, dir, false)
	b := newBrowser(t)
	b.open(r.Scorecard + "/")
	b.submit("login", "ana", "password", before)
	b.submit("method", "email")
	b.submit("code", emailed(t, r, "ana@northwind.example"))
	b.shows("Signed in as <strong>Ana Diaz</strong> (ana)")
	shown(t, r, "ben")
	r.stop()
	start(t, dir, true).stop()
	if password(t, dir, "ana") == before {
		t.Error("a fresh demo has the old password")
	}
}

// database looks at what is stored, and leaves the organization under another name.
func database(t *testing.T, dir string) {
	t.Helper()
	c, err := config.Load(config.Sources{Flags: map[string]string{"data": filepath.Join(dir, "sallyport"), "dev": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	random := func(b []byte) { rand.Read(b) }
	b, err := app.OpenBase(t.Context(), c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	org, err := b.Organizations.Find(t.Context(), "Northwind")
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.Store.Users(t.Context(), core.UserFilter{OrganizationID: org.ID, Limit: 500})
	if err != nil || len(all) != 60 {
		t.Fatalf("got %d people and %v, want 60", len(all), err)
	}
	apps, on, throttled := map[string]int{}, 0, 0
	for _, acc := range all {
		u := acc.User
		apps[u.Username] += acc.Apps
		if u.Origin != "demo" {
			t.Errorf("%s is not marked as demo data", u.Email)
		}
		if u.TwoFactor != core.TwoFactorOff {
			on++
		}
		login, _ := identifier.LoginKey(u.Login())
		_, err := b.Throttle.Begin(t.Context(), core.Knocker{UserID: u.ID, Login: login, Address: "192.0.2.66", Network: "192.0.2.0/24"})
		if core.KindOf(err) == core.RateLimited {
			throttled++
		}
		if u.PasswordSealed == "" || u.Username != "" {
			continue
		}
		if right, _, err := b.Passwords.Verify(t.Context(), u.ID, u.PasswordSealed, "wrong password here"); right || err != nil {
			t.Errorf("%s: got %v, %v for a wrong password", u.Email, right, err)
		}
	}
	want := map[string]int{"ana": 0, "finn": 0, "ben": 1, "carla": 0, "dana": 1, "eva": 2, "gus": 0, "": apps[""]}
	if diff := cmp.Diff(want, apps); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
	figures(t, b, org)
	events, err := b.Store.Events(t.Context(), org.ID, core.EventFilter{Kinds: []string{core.EventTwoFactorOn}, Limit: 1000})
	if err != nil || len(events) != on || throttled != 2 {
		t.Errorf("got %d people who turned it on, %d throttled and %v; want %d and 2", len(events), throttled, err, on)
	}
	org.Name = "Renamed by its administrator"
	if err := b.Organizations.Save(t.Context(), org, core.Actor{Kind: "operator"}, nil); err != nil {
		t.Fatal(err)
	}
}

// figures: the picture of the last 90 days is whole, and its model of the people
// is what the service counts today.
func figures(t *testing.T, b *app.Base, org core.Organization) {
	t.Helper()
	counted, err := b.Store.PeopleFigures(t.Context(), org, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	steps := demo.StepsOn(demo.People(demo.PeopleSeed), 0)
	for _, step := range core.SecondSteps() {
		if got, want := counted[core.PeopleFigure(step)], steps[step]; got != want {
			t.Errorf("%d people with %q today, want %d", got, step, want)
		}
	}
	p, err := b.Adoption.Picture(t.Context(), core.SessionView{Organization: org})
	if err != nil {
		t.Fatal(err)
	}
	apps := p.Of[core.PeopleFigure(core.SecondStepApp)]
	if len(apps) != adoption.Days || apps[0] >= apps[40] || apps[40] >= apps[88] || apps[88] == 0 {
		t.Errorf("people with an app, day by day: %v", apps)
	}
	signIns, mails := 0, 0
	for day := range adoption.Days - 1 {
		signIns += p.Of[core.FigureSignInEmail][day]
		mails += p.Of[core.FigureMailSent][day]
	}
	if signIns < 100 || mails < signIns {
		t.Errorf("%d sign-ins by email and %d mails before today", signIns, mails)
	}
}

func TestRunRefuses(t *testing.T) {
	other := t.TempDir()
	if err := os.Mkdir(filepath.Join(other, "sallyport"), 0o700); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(other, "sallyport", "sallyport.db")
	if err := os.WriteFile(kept, []byte("of somebody else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]demo.Options{
		"a folder that is no demo":         {Dir: other, Port: 18080},
		"a folder that is no demo, fresh":  {Dir: other, Port: 18080, Fresh: true},
		"a folder that cannot be":          {Dir: filepath.Join(kept, "demo"), Port: 18080},
		"no port":                          {Dir: t.TempDir()},
		"a port above all ports":           {Dir: t.TempDir(), Port: 65536},
		"the last port, none is behind it": {Dir: t.TempDir(), Port: 65535},
	} {
		t.Run(name, func(t *testing.T) {
			o.Out, o.Log = &bytes.Buffer{}, &bytes.Buffer{}
			if err := demo.Run(t.Context(), o); err == nil {
				t.Error("it ran")
			}
		})
	}
	if got, err := os.ReadFile(kept); string(got) != "of somebody else" {
		t.Errorf("the other's file is %q, %v", got, err)
	}
}
