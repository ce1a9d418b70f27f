package organization_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// administrator is somebody who may change o, made where there is none of the name.
func (d *desk) administrator(o core.Organization, name string) core.SessionView {
	d.t.Helper()
	d.making.Lock()
	defer d.making.Unlock()
	u := core.User{
		ID: core.ID(name), OrganizationID: o.ID, FirstName: name, Email: strings.ToLower(name) + "@example.com", Type: core.Administrator, Status: core.Active,
		TwoFactor: core.TwoFactorOff, CreatedAt: d.now,
	}
	_, _, err := d.store.AccountByID(d.t.Context(), o.ID, u.ID)
	if errors.Is(err, core.ErrNotFound) {
		err = d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email}}})
	}
	d.must(err)
	return core.SessionView{Organization: o, Account: core.Account{User: u}}
}

// asShown is a form that shows o and in which nothing was typed yet.
func asShown(o core.Organization) organization.Typed {
	typed := organization.Typed{Was: map[string]string{}}
	for _, s := range organization.Settings() {
		typed.Was[s.Name] = s.Text(o)
	}
	typed.Now = maps.Clone(typed.Was)
	return typed
}

// change types into the form that shows o, as name, and presses Save.
func (d *desk) change(name string, o core.Organization, pairs ...string) (core.Organization, error) {
	d.t.Helper()
	typed := asShown(o)
	for i := 0; i < len(pairs); i += 2 {
		typed.Now[pairs[i]] = pairs[i+1]
	}
	return d.Change(d.t.Context(), d.administrator(o, name), core.Origin{Address: "203.0.113.9"}, typed)
}

// is returns an organization by its id: its name may have changed.
func (d *desk) is(o core.Organization) core.Organization {
	d.t.Helper()
	o, err := d.store.Organization(d.t.Context(), o.ID)
	d.must(err)
	return o
}

// TestEverySettingIsStored types another value into each setting and finds it in
// the store, in the audit log before and after, and nowhere else.
func TestEverySettingIsStored(t *testing.T) {
	values := map[string]string{
		"name": "Southwind", "app_name": "South Wind", "help": "Ask Hal.\nExtension 4411", "time_zone": "Europe/London", "language": "es", "locked": "on", "lock_note": "Moving",
		"require_two_factor": "on", "method_email": "", "apps_only_from": "2026-12-24", "administrators_app_from": "2026-12-07",
		"remember_days": "14", "password_minimum": "15", "password_history": "7", "password_days": "90", "single_session": "on",
		"idle": "30", "absolute": "12", "code_in_subject": "on", "reset_wait": "24", "audit_days": "90", "contacts": "Kim Lee <kim@example.com>\ndesk@helpers.example",
		"logout_url": "https://www.example.com/bye", "method_app": "", "password_pattern": "[A-Z]\n[0-9]", "password_message": "Use a capital and a digit.",
		"block_leaked": "", "strict_reset": "on", "allowed_networks": "203.0.113.0/24\n2001:db8::/32", "password_clients": "", "pause_cap": "240",
	}
	with := map[string][]string{"require_from": {"require_two_factor", "on"}, "ask_now": {"require_two_factor", "on"}}
	values["require_from"], values["ask_now"] = "2026-12-01", "on"
	for _, setting := range organization.Settings() {
		t.Run(setting.Name, func(t *testing.T) {
			value, known := values[setting.Name]
			if !known {
				t.Fatal("give it a value in this test")
			}
			d := newDesk(t)
			o, other := d.made("Northwind"), d.made("Elsewhere")
			before := setting.Text(o)
			_, err := d.change("Ana", o, append([]string{setting.Name, value}, with[setting.Name]...)...)
			d.must(err)
			if got := setting.Text(d.is(o)); got != value {
				t.Errorf("stored %q, want %q", got, value)
			}
			if diff := cmp.Diff(other, d.stored(other.Name)); diff != "" {
				t.Errorf("another organization changed:\n%s", diff)
			}
			events, err := d.store.Events(t.Context(), o.ID, core.EventFilter{SubjectID: o.ID, Kinds: []string{core.EventPolicyChanged}})
			d.must(err)
			if len(events) != 1 || events[0].Detail[setting.Name+"_before"] != before || events[0].Detail[setting.Name+"_after"] != value ||
				events[0].Actor.Name != "Ana" || events[0].Origin.Address != "203.0.113.9" {
				t.Errorf("events: %+v", events)
			}
		})
	}
}

// TestRequirementBegins goes through when a requirement begins, and whom it asks.
func TestRequirementBegins(t *testing.T) {
	d := newDesk(t)
	at := d.now
	day := func(n int) string { return at.AddDate(0, 0, n).Format(time.DateOnly) }
	midnight := func(n int) time.Time { return at.Truncate(24*time.Hour).AddDate(0, 0, n) }
	begun := core.Policy{RequireTwoFactor: true, RequireFrom: at.AddDate(0, 0, -3)}
	ahead := core.Policy{RequireTwoFactor: true, RequireFrom: midnight(5)}
	tests := []struct {
		name  string
		was   core.Policy
		typed []string
		from  time.Time // zero: not required
		asks  time.Time
		wrong bool
	}{
		{name: "at the next sign-in", typed: []string{"require_two_factor", "on"}, from: at},
		{name: "and whoever is signed in", typed: []string{"require_two_factor", "on", "ask_now", "on"}, from: at, asks: at},
		{name: "today", typed: []string{"require_two_factor", "on", "require_from", day(0)}, from: at},
		{name: "from a date", typed: []string{"require_two_factor", "on", "require_from", day(7), "ask_now", "on"}, from: midnight(7), asks: midnight(7)},
		{name: "yesterday", typed: []string{"require_two_factor", "on", "require_from", day(-1)}, wrong: true},
		{name: "in 31 days", typed: []string{"require_two_factor", "on", "require_from", day(31)}, wrong: true},
		{name: "no date at all", typed: []string{"require_two_factor", "on", "require_from", "soon"}, wrong: true},
		{name: "a date alone", typed: []string{"require_from", day(7), "ask_now", "on"}},
		{name: "off", was: begun, typed: []string{"require_two_factor", ""}},
		{name: "its beginning cannot be moved", was: begun, typed: []string{"require_from", day(3)}, from: begun.RequireFrom},
		{name: "nor taken away", was: begun, typed: []string{"require_from", ""}, from: begun.RequireFrom},
		{name: "people who are signed in later", was: begun, typed: []string{"ask_now", "on"}, from: begun.RequireFrom, asks: at},
		{name: "a date ahead can be moved", was: ahead, typed: []string{"require_from", day(9)}, from: midnight(9)},
		{name: "or dropped", was: ahead, typed: []string{"require_from", ""}, from: at},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			o := d.made("Northwind")
			o.Policy.RequireTwoFactor, o.Policy.RequireFrom = tt.was.RequireTwoFactor, tt.was.RequireFrom
			d.must(d.Save(t.Context(), o, operator(), nil))
			o = d.stored(o.Name)
			_, err := d.change("Ana", o, tt.typed...)
			if wrong := core.KindOf(err) == core.Invalid && err != nil; wrong != tt.wrong {
				t.Fatalf("got %v", err)
			}
			is := d.stored(o.Name).Policy
			if !is.RequireFrom.Equal(tt.from) || !is.EnforceExistingFrom.Equal(tt.asks) || is.RequireTwoFactor == tt.from.IsZero() {
				t.Errorf("from %s, asks %s", is.RequireFrom, is.EnforceExistingFrom)
			}
		})
	}
}

// TestTwoAdministrators save forms that were shown the same: the second is told
// what the first changed, and by whom; having seen it, it may.
func TestTwoAdministrators(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	_, err := d.change("Abe", o, "remember_days", "7", "idle", "30")
	d.must(err)
	now, err := d.change("Ana", o, "remember_days", "14")
	var e *core.Error
	if !errors.As(err, &e) || e.Kind != core.Conflict {
		t.Fatalf("the second save: %v", err)
	}
	if e.Params["by"] != "Abe" || !d.now.Equal(e.Params["at"].(time.Time)) {
		t.Errorf("by whom and when: %v", e.Params)
	}
	if diff := cmp.Diff([]string{"idle", "remember_days"}, slices.Sorted(maps.Keys(e.Fields))); diff != "" {
		t.Errorf("fields:\n%s", diff)
	}
	if d.stored(o.Name).Policy.RememberDays != 7 {
		t.Error("it was stored all the same")
	}
	_, err = d.change("Ana", now, "remember_days", "14")
	d.must(err)
	if is := d.stored(o.Name).Policy; is.RememberDays != 14 || is.Idle != 30*time.Minute {
		t.Errorf("got %+v", is)
	}
	if _, err = d.change("Ana", o, "remember_days", "14", "idle", "30"); err != nil {
		t.Errorf("whoever typed what is stored changes nothing: %v", err)
	}
}

// TestFiftyAdministrators press Save at once, each with another number: one is
// stored, all others are told.
func TestFiftyAdministrators(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	var wait sync.WaitGroup
	results := make([]error, 50)
	for i := range results {
		wait.Go(func() {
			typed := asShown(o)
			typed.Now["password_minimum"] = []string{"13", "14", "15", "16", "17"}[i%5]
			typed.Now["lock_note"] = time.Duration(i).String()
			_, results[i] = d.Change(t.Context(), d.administrator(o, "Ana"), core.Origin{}, typed)
		})
	}
	wait.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case core.KindOf(err) != core.Conflict:
			t.Errorf("got %v", err)
		}
	}
	if v := d.stored(o.Name).Version; won != 1 || v != o.Version+1 {
		t.Errorf("%d were stored, the version is %d", won, v)
	}
}

// TestBadSettings are told by field, all together, and nothing is stored.
func TestBadSettings(t *testing.T) {
	d := newDesk(t)
	o := d.made("Northwind")
	d.made("Elsewhere")
	bad := map[string]string{
		"name": "", "app_name": "a:b", "time_zone": "Mars/Base", "remember_days": "31", "password_minimum": "7", "password_history": "x",
		"password_days": "3", "contacts": "Kim", "logout_url": "http://a.example", "password_pattern": "(", "allowed_networks": "office", "reset_wait": "73", "audit_days": "89", "idle": "4", "absolute": "169", "apps_only_from": "2026-02-30", "require_from": "9999-01-01",
	}
	pairs := []string{"require_two_factor", "on", "single_session", "on"}
	for name, value := range bad {
		pairs = append(pairs, name, value)
	}
	_, err := d.change("Ana", o, pairs...)
	var e *core.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(bad)), slices.Sorted(maps.Keys(e.Fields))); diff != "" {
		t.Errorf("fields (want -, got +):\n%s", diff)
	}
	if diff := cmp.Diff(o, d.stored(o.Name)); diff != "" {
		t.Errorf("stored all the same:\n%s", diff)
	}
	if _, err := d.change("Ana", o, "name", "elsewhere"); core.KindOf(err) != core.Invalid && core.KindOf(err) != core.Conflict {
		t.Errorf("a name that is taken: %v", err)
	}
	v := d.administrator(o, "Hal")
	v.Account.User.Type = core.HelpDesk
	if _, err := d.Change(t.Context(), v, core.Origin{}, asShown(o)); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the help desk: %v", err)
	}
}
