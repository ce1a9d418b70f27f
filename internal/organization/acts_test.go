package organization_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestOwnNetworkStays: nobody saves a list that shuts themselves out; the
// operator's command line can always set and clear one.
func TestOwnNetworkStays(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	_, err := d.change("Ana", o, "allowed_networks", "198.51.100.0/24")
	var e *core.Error
	if !errors.As(err, &e) || e.Fields["allowed_networks"] == nil || e.Fields["allowed_networks"].Code != "policy.networks_self" ||
		e.Fields["allowed_networks"].Params["ip"] != "203.0.113.9" {
		t.Fatalf("a list without one's own address: %v", err)
	}
	if d.is(o).Policy.AllowedNetworks != "" {
		t.Fatal("stored all the same")
	}
	typed := asShown(o)
	typed.Now["allowed_networks"] = "0.0.0.0/0"
	if _, err := d.Change(t.Context(), d.administrator(o, "Ana"), core.Origin{}, typed); core.KindOf(err) != core.Invalid {
		t.Errorf("an address that is not known: %v", err)
	}
	o, err = d.change("Ana", o, "allowed_networks", "198.51.100.0/24\n203.0.113.9/24")
	d.must(err)
	if got := d.is(o).Policy.AllowedNetworks; got != "198.51.100.0/24\n203.0.113.0/24" {
		t.Errorf("stored %q", got)
	}
	for _, list := range []string{"192.0.2.0/24", ""} {
		detail, err := d.Set(t.Context(), d.is(o), operator(), map[string]string{"allowed_networks": list})
		d.must(err)
		if d.is(o).Policy.AllowedNetworks != list || detail["allowed_networks_after"] != list {
			t.Errorf("the operator's %q: %v", list, detail)
		}
	}
}

// TestMethods: one way to verify oneself stays, and nobody is asked for what
// nobody may set up.
func TestMethods(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	for name, tt := range map[string]struct {
		typed []string
		code  string
	}{
		"neither":                 {[]string{"method_app", "", "method_email", ""}, "policy.methods"},
		"apps of administrators":  {[]string{"method_app", "", "administrators_app_from", "2026-12-07"}, "policy.method_app"},
		"email alone":             {[]string{"method_app", ""}, ""},
		"apps alone":              {[]string{"method_email", ""}, ""},
		"both, and for the staff": {[]string{"administrators_app_from", "2026-12-07"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := d.change("Ana", d.is(o), tt.typed...)
			if got := fields(err)["method_app"]; got != tt.code {
				t.Errorf("got %v, want %q", err, tt.code)
			}
			d.must(d.Save(t.Context(), func() core.Organization { n := d.is(o); n.Policy = core.DefaultPolicy(); return n }(), operator(), nil))
		})
	}
}

// TestActs: "Ask again now" and "Reset All Passwords" are stored, told to every
// replica and to the audit log, and are the administrators' of this organization.
func TestActs(t *testing.T) {
	d := newDesk(t)
	o, other := d.made("Northwind"), d.made("Elsewhere")
	ana, from := d.administrator(o, "Ana"), core.Origin{Address: "203.0.113.9"}
	d.must(d.AskAgain(t.Context(), ana, from))
	d.must(d.ResetPasswords(t.Context(), ana, from, false))
	p := d.is(o).Policy
	if !p.DevicesFrom.Equal(d.now) || !p.PasswordsFrom.Equal(d.now) || p.PasswordsNow || p.PasswordsExcept != "Ana" {
		t.Errorf("stored %+v", p)
	}
	if n := d.changes(o, core.ChangeOrganization); n < 2 {
		t.Errorf("the other replicas were told %d times", n)
	}
	told := map[string]string{}
	for _, e := range d.events(o, core.EventPolicyChanged) {
		for k, v := range e.Detail {
			told[k] = v
		}
		if e.Actor.Name != "Ana" || e.Origin.Address != "203.0.113.9" {
			t.Errorf("event of %+v", e)
		}
	}
	if told["ask_again_after"] != "2026-11-23T09:00:00Z" || told["reset_passwords_after"] != "2026-11-23T09:00:00Z" {
		t.Errorf("told %v", told)
	}
	if d.is(other).Version != other.Version {
		t.Error("another organization changed")
	}
	hal := ana
	hal.Account.User.Type = core.HelpDesk
	if err := d.AskAgain(t.Context(), hal, from); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the help desk asks again: %v", err)
	}
	if err := d.ResetPasswords(t.Context(), hal, from, true); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the help desk resets: %v", err)
	}
	detail, err := d.ResetPasswordsFor(t.Context(), d.is(o), operator(), true)
	d.must(err)
	if p := d.is(o).Policy; p.PasswordsExcept != "" || !p.PasswordsNow || detail["reset_passwords_after"] != "2026-11-23T09:00:00Z at once" {
		t.Errorf("the operator's: %+v, %v", p, detail)
	}
}

// TestResetLeavesOut: whoever presses it is left out, once; a second press does
// not free somebody for whom the first still waits.
func TestResetLeavesOut(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	ana, abe := d.administrator(o, "Ana"), d.administrator(o, "Abe")
	ana.Account.User.PasswordSetAt, abe.Account.User.PasswordSetAt = d.now.Add(-time.Hour), d.now.Add(-time.Hour)
	press := func(v core.SessionView) core.Policy {
		v.Organization = d.is(o)
		d.must(d.ResetPasswords(t.Context(), v, core.Origin{}, false))
		d.now = d.now.Add(time.Minute)
		return d.is(o).Policy
	}
	due := func(p core.Policy, v core.SessionView) bool { return !core.PasswordDueFrom(v.Account, p).IsZero() }
	if p := press(ana); due(p, ana) || !due(p, abe) {
		t.Errorf("Ana pressed: %+v", p)
	}
	if p := press(abe); !due(p, ana) || !due(p, abe) {
		t.Errorf("then Abe, who owed one: %+v", p)
	}
	abe.Account.User.PasswordSetAt = d.now
	d.now = d.now.Add(time.Minute)
	if p := press(abe); !due(p, ana) || due(p, abe) {
		t.Errorf("and Abe once more, with a new one: %+v", p)
	}
}

// TestFiftyActs at once, beside fifty saves: each one that says so is stored.
func TestFiftyActs(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	var wait sync.WaitGroup
	results := make([]error, 50)
	for i := range results {
		wait.Go(func() {
			if i%2 == 0 {
				results[i] = d.AskAgain(t.Context(), d.administrator(o, "Ana"), core.Origin{})
				return
			}
			results[i] = d.ResetPasswords(t.Context(), d.administrator(o, "Abe"), core.Origin{}, true)
		})
	}
	wait.Wait()
	stored := int64(0)
	for _, err := range results {
		switch {
		case err == nil:
			stored++
		case !errors.Is(err, core.ErrStale):
			t.Errorf("got %v", err)
		}
	}
	if is := d.is(o); stored == 0 || is.Version != o.Version+stored {
		t.Errorf("%d were stored, the version moved by %d", stored, is.Version-o.Version)
	}
}

// TestPreview shows what would be, and stores nothing.
func TestPreview(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	would, err := d.Preview(o, map[string]string{"password_minimum": "20", "block_leaked": ""})
	if err != nil || would.Policy.PasswordMinimum != 20 || would.Policy.BlockLeaked || d.is(o).Version != o.Version {
		t.Errorf("%+v, %v", would.Policy, err)
	}
	if _, err := d.Preview(o, map[string]string{"password_pattern": "("}); fields(err)["password_pattern"] != "policy.pattern" {
		t.Errorf("got %v", err)
	}
}
