package passwordclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

// fails stands before the store and cannot write, as often as it says.
type fails struct {
	passwordclient.People
	passwordclient.Logins
	times int
}

func (f *fails) turn() error {
	if f.times--; f.times >= 0 {
		return core.NewError(core.Unavailable, "busy")
	}
	return nil
}

func (f *fails) Note(ctx context.Context, r core.Record) error {
	if err := f.turn(); err != nil {
		return err
	}
	return f.People.Note(ctx, r)
}

func (f *fails) UsePause(ctx context.Context, p core.Pause, now time.Time, r core.Record) error {
	if err := f.turn(); err != nil {
		return err
	}
	return f.Logins.UsePause(ctx, p, now, r)
}

// TestNothingPassesUnwritten: a request whose passing cannot be written down is
// refused, and the one after it is not taken for written down.
func TestNothingPassesUnwritten(t *testing.T) {
	for name, prepare := range map[string]func(d *desk, u core.User) string{
		"a password": func(*desk, core.User) string { return password },
		"in a pause": func(d *desk, u core.User) string {
			d.must(d.StartPause(d.t.Context(), d.view(u), 15*time.Minute, "", office))
			return password
		},
		"an app password": func(d *desk, u core.User) string { return d.makes(u).Text },
	} {
		d, _ := withApplications(t)
		u := d.person("ana")
		if name == "a password" {
			u = d.person("ben", off)
		}
		shown := prepare(d, u)
		f := &fails{d.Service.People, d.Service.Logins, 2}
		d.Service.People, d.Service.Logins = f, f
		for range f.times {
			if got := d.shows(u.Email, shown, office); got != "busy" {
				t.Errorf("%s, unwritten: %q", name, got)
			}
		}
		for range 2 {
			if got := d.shows(u.Email, shown, office); got != "" {
				t.Errorf("%s: %q", name, got)
			}
		}
		if n := len(d.events(core.EventClientSignedIn)); n != 1 {
			t.Errorf("%s: %d events, want 1", name, n)
		}
	}
}
