package adoption_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// desk is the service over a real store, with a clock that the test moves.
type desk struct {
	*adoption.Service
	t     *testing.T
	now   time.Time
	store *sqlstore.Store
	made  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return d.now }
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{
		Path: filepath.Join(t.TempDir(), "db"), Clock: clock, Random: func(b []byte) { _, _ = rand.Read(b) }, Logger: slog.New(slog.DiscardHandler),
	})
	d.must(err)
	t.Cleanup(func() { d.must(store.Close()) })
	d.must(store.Migrate(t.Context()))
	d.store, d.Service = store, adoption.New(store, clock)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name, zone string) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.ID(name), Name: name, TimeZone: zone, Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

// signIn is a completed sign-in with an app at a moment.
func (d *desk) signIn(o core.Organization, at time.Time) {
	d.t.Helper()
	d.made++
	d.must(d.store.Note(d.t.Context(), core.Record{Events: []core.Event{{
		ID: core.ID(fmt.Sprintf("event-%d", d.made)), OrganizationID: o.ID, At: at, Kind: core.EventSignInCompleted, Result: "ok", Detail: map[string]string{"method": "app"},
	}}}))
}

func (d *desk) person(o core.Organization) {
	d.t.Helper()
	d.made++
	email := fmt.Sprintf("p%d@example.com", d.made)
	u := core.User{ID: core.ID(email), OrganizationID: o.ID, Email: email, FirstName: "P", LastName: "Q", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, CreatedAt: d.now}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: email}, nil, nil, core.Record{}))
}

// last returns the newest values of a figure, so many of them.
func (d *desk) last(o core.Organization, name core.FigureName, n int) []int {
	d.t.Helper()
	p, err := d.Picture(d.t.Context(), core.SessionView{Organization: o})
	d.must(err)
	values := p.Of[name]
	if len(values) == 0 {
		return nil
	}
	return values[len(values)-n:]
}

// TestTally counts hour by hour and day by day: once an hour, over days without
// a server, and in the calendar of each organization.
func TestTally(t *testing.T) {
	d := newDesk(t)
	utc, tokyo := d.organization("utc", ""), d.organization("tokyo", "Asia/Tokyo")
	off := core.PeopleFigure(core.SecondStepOff)
	d.person(utc)
	for _, at := range []time.Duration{0, -30 * time.Hour, -91 * 24 * time.Hour} {
		d.signIn(utc, d.now.Add(at))
	}
	// 23 November, 00:30 in Tokyo; 22 November in UTC.
	d.signIn(tokyo, time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC))
	if got := d.last(utc, core.FigureSignInApp, 3); got != nil {
		t.Errorf("before anything was counted: %v", got)
	}
	d.must(d.Tally(t.Context()))
	check := func(what string, got, want []int) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (want -, got +):\n%s", what, diff)
		}
	}
	check("sign-ins", d.last(utc, core.FigureSignInApp, 3), []int{0, 1, 1})
	check("in Tokyo it is the day after", d.last(tokyo, core.FigureSignInApp, 3), []int{0, 0, 1})
	check("people", d.last(utc, off, 2), []int{0, 1})

	d.signIn(utc, d.now)
	d.now = d.now.Add(30 * time.Minute)
	d.must(d.Tally(t.Context()))
	check("within the hour nothing is counted", d.last(utc, core.FigureSignInApp, 1), []int{1})
	d.now = d.now.Add(time.Hour)
	d.must(d.Tally(t.Context()))
	check("after it", d.last(utc, core.FigureSignInApp, 1), []int{2})

	// No server for three days, in which one of two servers that share the
	// database still completed a sign-in.
	d.signIn(utc, d.now.Add(25*time.Hour))
	d.now = d.now.Add(3 * 24 * time.Hour)
	d.person(utc)
	d.must(d.Tally(t.Context()))
	check("days without a count", d.last(utc, core.FigureSignInApp, 4), []int{2, 1, 0, 0})
	check("people are as they were before", d.last(utc, off, 4), []int{1, 1, 1, 2})
	check("another organization has its own", d.last(tokyo, off, 1), []int{0})
}

// TestClocksThatChange: a day has 23 or 25 hours where clocks are changed, and
// what happens in it counts once.
func TestClocksThatChange(t *testing.T) {
	d := newDesk(t)
	d.now = time.Date(2026, 10, 26, 12, 0, 0, 0, time.UTC) // the day after clocks went back in Berlin
	o := d.organization("berlin", "Europe/Berlin")
	begin := time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC) // 00:00 on 25 October, UTC+2
	for hour := range 25 {
		d.signIn(o, begin.Add(time.Duration(hour)*time.Hour))
	}
	d.must(d.Tally(t.Context()))
	if diff := cmp.Diff([]int{0, 25, 0}, d.last(o, core.FigureSignInApp, 3)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
