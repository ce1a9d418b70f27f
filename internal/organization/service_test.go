package organization_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// desk is the service over a real store, with a clock that stands still.
type desk struct {
	*organization.Service
	t      *testing.T
	now    time.Time
	store  *sqlstore.Store
	ahead  *organization.Rehearser
	down   bool // no email can be sent
	serial int
	making sync.Mutex // administrators
}

// Circumstances implements organization.Surroundings.
func (d *desk) Circumstances(context.Context, time.Time) (core.Circumstances, error) {
	return core.Circumstances{MailWorks: !d.down}, nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return d.now }
	random := func(b []byte) { _, _ = rand.Read(b) }
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "db"), Clock: clock, Random: random, Logger: slog.New(slog.DiscardHandler)})
	d.must(err)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.must(store.Migrate(t.Context()))
	d.store, d.ahead = store, organization.NewRehearser(store, d, clock)
	d.Service = organization.New(organization.Deps{
		Store: store, Doors: store, Journal: store, Ahead: d.ahead, Clock: clock, Random: random, Language: func(tag string) bool { return tag == "es" },
	})
	return d
}

// must fails the test where something did not work that is not under test.
func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func operator() core.Actor { return core.Actor{Kind: "operator", Name: "root"} }

// made is an organization that is there.
func (d *desk) made(name string) core.Organization {
	d.t.Helper()
	o, err := d.Create(d.t.Context(), name, operator())
	d.must(err)
	return o
}

// stored is an organization as the store has it.
func (d *desk) stored(name string) core.Organization {
	d.t.Helper()
	o, err := d.Find(d.t.Context(), name)
	d.must(err)
	return o
}

func (d *desk) events(o core.Organization, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), o.ID, core.EventFilter{Kinds: []string{kind}})
	d.must(err)
	return all
}

// changes counts what the other replicas are told of an organization.
func (d *desk) changes(o core.Organization, kind core.ChangeKind) (n int) {
	d.t.Helper()
	all, err := d.store.ChangesSince(d.t.Context(), d.now.Add(-time.Hour))
	d.must(err)
	for _, c := range all {
		if c.Kind == kind && c.SubjectID == o.ID {
			n++
		}
	}
	return n
}

// fields returns the code of each field that is wrong.
func fields(err error) map[string]string {
	out := map[string]string{}
	var e *core.Error
	if errors.As(err, &e) {
		for name, f := range e.Fields {
			out[name] = f.Code
		}
	}
	return out
}

func TestCreate(t *testing.T) {
	d := newDesk(t)
	o := d.made("  Acme & Söhne ")
	want := core.Organization{ID: o.ID, Name: "Acme & Söhne", Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	if diff := cmp.Diff(want, d.stored("")); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if e := d.events(o, core.EventOrganizationAdded); len(e) != 1 || e[0].Actor != operator() || e[0].Target != "Acme & Söhne" {
		t.Errorf("recorded %+v", e)
	}
	for name, code := range map[string]string{
		"": "form.invalid", "   ": "form.invalid", strings.Repeat("x", 81): "form.invalid", "a\r\nb": "form.invalid",
		"ACME & SÖHNE": "organization.taken", "acme  &  söhne": "organization.taken",
	} {
		if _, err := d.Create(t.Context(), name, operator()); core.CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", name, err, code)
		}
	}
	all, err := d.List(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("%d organizations, %v, want 1", len(all), err)
	}
}

func TestFind(t *testing.T) {
	d := newDesk(t)
	find := func(name, want, code string) {
		t.Helper()
		o, err := d.Find(t.Context(), name)
		if o.Name != want || code == "" && err != nil || code != "" && core.CodeOf(err) != code {
			t.Errorf("%q found %q, %v, want %q %s", name, o.Name, err, want, code)
		}
	}
	find("", "", "organization.none")
	find("Acme", "", "organization.unknown")
	d.made("Acme")
	find("", "Acme", "")
	find("aCME", "Acme", "")
	find("Other", "", "organization.unknown")
	d.made("Beta")
	find("", "", "organization.which")
	find("beta", "Beta", "")
}

// TestPolicyRanges: each setting is refused one step outside its range and
// taken at its ends; nothing is stored of a refused one (README, the numbers).
func TestPolicyRanges(t *testing.T) {
	d := newDesk(t)
	d.made("Acme")
	tests := []struct {
		name  string
		set   func(*core.Organization)
		field string
	}{
		{"30 days", func(o *core.Organization) { o.Policy.RememberDays = 30 }, ""},
		{"31 days", func(o *core.Organization) { o.Policy.RememberDays = 31 }, "remember_days"},
		{"0 days", func(o *core.Organization) { o.Policy.RememberDays = 0 }, ""},
		{"-1 days", func(o *core.Organization) { o.Policy.RememberDays = -1 }, "remember_days"},
		{"idle 5 min", func(o *core.Organization) { o.Policy.Idle = 5 * time.Minute }, ""},
		{"idle under 5 min", func(o *core.Organization) { o.Policy.Idle = 5*time.Minute - 1 }, "idle"},
		{"idle 8 h", func(o *core.Organization) { o.Policy.Idle = 8 * time.Hour }, ""},
		{"idle over 8 h", func(o *core.Organization) { o.Policy.Idle = 8*time.Hour + 1 }, "idle"},
		{"absolute 1 h", func(o *core.Organization) { o.Policy.Absolute = time.Hour }, ""},
		{"absolute under 1 h", func(o *core.Organization) { o.Policy.Absolute = time.Hour - 1 }, "absolute"},
		{"absolute 168 h", func(o *core.Organization) { o.Policy.Absolute = 168 * time.Hour }, ""},
		{"absolute over 168 h", func(o *core.Organization) { o.Policy.Absolute = 168*time.Hour + 1 }, "absolute"},
		{"8 letters", func(o *core.Organization) { o.Policy.PasswordMinimum = 8 }, ""},
		{"7 letters", func(o *core.Organization) { o.Policy.PasswordMinimum = 7 }, "password_minimum"},
		{"64 letters", func(o *core.Organization) { o.Policy.PasswordMinimum = 64 }, ""},
		{"65 letters", func(o *core.Organization) { o.Policy.PasswordMinimum = 65 }, "password_minimum"},
		{"required from no date", func(o *core.Organization) { o.Policy.RequireTwoFactor = true }, "require_from"},
		{"a name for apps with a colon", func(o *core.Organization) { o.AppName = "a:b" }, "app_name"},
		{"no name", func(o *core.Organization) { o.Name = " " }, "name"},
		{"a language there is", func(o *core.Organization) { o.Language = "es" }, ""},
		{"no language any more", func(o *core.Organization) { o.Language = "" }, ""},
		{"a language there is not", func(o *core.Organization) { o.Language = "tlh" }, "language"},
		{"a time zone there is not", func(o *core.Organization) { o.TimeZone = "Mars/Base" }, "time_zone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := d.stored("Acme")
			o := before
			tt.set(&o)
			want := map[string]string{}
			if tt.field != "" {
				want[tt.field] = "policy." + tt.field
				if o.Policy == before.Policy {
					want[tt.field] = "organization." + tt.field
				}
			}
			err := d.Save(t.Context(), o, operator(), nil)
			if diff := cmp.Diff(want, fields(err)); diff != "" {
				t.Errorf("%v: fields (-want +got):\n%s", err, diff)
			}
			if tt.field == "" {
				o.Version++
			} else {
				o = before
			}
			if diff := cmp.Diff(o, d.stored("Acme")); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSave: who saves second learns it; what changed is recorded and told to
// every replica (law 9).
func TestSave(t *testing.T) {
	d := newDesk(t)
	o := d.made("Acme")
	d.made("Beta")
	one, two := o, o
	one.Help, two.Help = "Ask Kim", "Ask Lou"
	d.must(d.Save(t.Context(), one, operator(), map[string]string{"help": "Ask Kim"}))
	if err := d.Save(t.Context(), two, operator(), nil); core.CodeOf(err) != core.ErrStale.Code {
		t.Errorf("the second: %v, want stale", err)
	}
	now := d.stored("Acme")
	if now.Help != "Ask Kim" || now.Version != 2 {
		t.Errorf("stored %q at version %d", now.Help, now.Version)
	}
	now.Name = "BETA"
	if err := d.Save(t.Context(), now, operator(), nil); !strings.Contains(fmt.Sprint(err), "name=organization.taken") {
		t.Errorf("another's name: %v, want taken", err)
	}
	if e := d.events(o, core.EventPolicyChanged); len(e) != 1 || e[0].Detail["help"] != "Ask Kim" || e[0].Actor != operator() {
		t.Errorf("recorded %+v", e)
	}
	if n := d.changes(o, core.ChangeOrganization); n == 0 {
		t.Error("the other replicas were not told")
	}
}

// TestRequire: on from now or from a date, asking people who are signed in or
// not; off forgets the dates. What comes back is what is stored.
func TestRequire(t *testing.T) {
	now := newDesk(t).now
	ahead := now.AddDate(0, 0, 7)
	for _, tt := range []struct {
		name   string
		on     bool
		from   time.Time
		askNow bool
		want   core.Policy
		detail map[string]string
	}{
		{
			"on", true,
			time.Time{},
			false,
			core.Policy{RequireTwoFactor: true, RequireFrom: now},
			map[string]string{"require_two_factor": "on", "from": "2026-11-23T09:00:00Z"},
		},
		{
			"on, asking now", true,
			time.Time{},
			true,
			core.Policy{RequireTwoFactor: true, RequireFrom: now, EnforceExistingFrom: now},
			map[string]string{"require_two_factor": "on", "from": "2026-11-23T09:00:00Z"},
		},
		{
			"on from a date", true, ahead, true,
			core.Policy{RequireTwoFactor: true, RequireFrom: ahead, EnforceExistingFrom: ahead},
			map[string]string{"require_two_factor": "on", "from": "2026-11-30T09:00:00Z"},
		},
		{"off", false, ahead, true, core.Policy{}, map[string]string{"require_two_factor": "off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			o := d.made("Acme")
			if !tt.on { // there is something to forget
				var err error
				o, err = d.Require(t.Context(), o, true, ahead, true, operator())
				d.must(err)
				d.now = d.now.Add(time.Second)
			}
			got, err := d.Require(t.Context(), o, tt.on, tt.from, tt.askNow, operator())
			d.must(err)
			want := core.DefaultPolicy()
			want.RequireTwoFactor, want.RequireFrom, want.EnforceExistingFrom = tt.want.RequireTwoFactor, tt.want.RequireFrom, tt.want.EnforceExistingFrom
			if diff := cmp.Diff(want, got.Policy); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(d.stored("Acme"), got); diff != "" {
				t.Errorf("what came back is not what is stored (-stored +got):\n%s", diff)
			}
			if e := d.events(o, core.EventPolicyChanged); cmp.Diff(tt.detail, e[0].Detail) != "" {
				t.Errorf("recorded %v, want %v", e[0].Detail, tt.detail)
			}
		})
	}
}
