package organization_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// people stores n people of an organization who sign in with a mailbox that has
// proved itself, each changed.
func (d *desk) people(o core.Organization, n int, changes ...func(u *core.NewUser)) []core.User {
	d.t.Helper()
	var all []core.NewUser
	var users []core.User
	for range n {
		d.serial++
		id := core.ID(fmt.Sprintf("%s-%04d", o.Name, d.serial))
		p := core.NewUser{User: core.User{
			ID: id, OrganizationID: o.ID, FirstName: "P", LastName: string(id), Type: core.Ordinary, Status: core.Active,
			Email: string(id) + "@example.com", PasswordSealed: "sealed", TwoFactor: core.TwoFactorOff, EmailProvedAt: d.now, CreatedAt: d.now,
		}}
		p.Keys = core.LoginKeys{Username: string(id)}
		for _, change := range changes {
			change(&p)
		}
		p.Keys.Email = p.User.Email
		all, users = append(all, p), append(users, p.User)
	}
	d.must(d.store.BulkUsers(d.t.Context(), all))
	return users
}

func noAddress(p *core.NewUser) { p.User.Email, p.User.EmailProvedAt = "", time.Time{} }

func withApp(p *core.NewUser) {
	p.User.TwoFactor = core.TwoFactorOn
	p.Credentials = append(p.Credentials, core.Credential{
		ID: "app-" + p.User.ID, OrganizationID: p.User.OrganizationID, UserID: p.User.ID, Kind: core.KindApp, State: core.CredentialActive,
	})
}

// required is o as it would be with two-factor required.
func required(o core.Organization, now time.Time) core.Organization {
	o.Policy.RequireTwoFactor, o.Policy.RequireFrom = true, now
	return o
}

func TestRehearsalCounts(t *testing.T) {
	d := newDesk(t)
	o, other := d.made("One"), d.made("Two")
	d.people(other, 5, noAddress)
	until := d.now.AddDate(0, 0, 10)
	d.people(o, 3)
	withApps := d.people(o, 2, withApp)
	d.people(o, 4, func(p *core.NewUser) { p.User.EmailProvedAt = time.Time{} })
	exempted := d.people(o, 2, func(p *core.NewUser) { p.User.ExemptUntil = until })
	later := d.people(o, 1, noAddress, func(p *core.NewUser) { p.User.ExemptUntil = until.Add(-time.Hour) })
	stuck := d.people(o, 3, noAddress)
	before := d.people(o, 1, noAddress, func(p *core.NewUser) { p.User.TwoFactor = core.TwoFactorOn })
	d.people(o, 2, func(p *core.NewUser) { p.User.Status, p.User.PasswordSealed = core.Invited, "" })
	d.people(o, 2, noAddress, func(p *core.NewUser) { p.User.Status = core.Inactive })

	got, err := d.ahead.Rehearse(t.Context(), organization.Asking{Is: o, Proposed: required(o, d.now), You: withApps[1].ID, Skip: 1, Limit: 3})
	d.must(err)
	want := organization.Rehearsal{
		At: d.now, Start: d.now, People: 16, SetUp: 3, Unproved: 4, Asked: 13, Newly: 10, Invited: 2, Stuck: 4, Already: 1, Later: 1,
		Reasons: []organization.Reason{{Hindrance: core.HindranceNoAddress, People: 5}}, Exempt: 3, MailWorks: true,
		Exempted: []organization.Exempt{
			{ID: later[0].ID, Name: "P " + string(later[0].ID), Until: until.Add(-time.Hour)},
			{ID: exempted[0].ID, Name: "P " + string(exempted[0].ID), Until: until},
			{ID: exempted[1].ID, Name: "P " + string(exempted[1].ID), Until: until},
		},
		You: organization.Yourself{Outlook: core.Outlook{Prospect: core.ProspectAsked}, HasApp: true, Proved: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(organization.Rehearsal{}, "List")); diff != "" {
		t.Errorf("rehearsal (-want +got):\n%s", diff)
	}
	var ids, all []core.ID
	for _, s := range got.List {
		ids = append(ids, s.User.ID)
	}
	if diff := cmp.Diff([]core.ID{stuck[0].ID, stuck[1].ID, stuck[2].ID}, ids); diff != "" {
		t.Errorf("window (-want +got):\n%s", diff)
	}
	d.must(d.ahead.EachStuck(t.Context(), organization.Asking{Is: o, Proposed: required(o, d.now)}, func(s organization.Stuck) error {
		all = append(all, s.User.ID)
		return nil
	}))
	if diff := cmp.Diff([]core.ID{later[0].ID, stuck[0].ID, stuck[1].ID, stuck[2].ID, before[0].ID}, all); diff != "" {
		t.Errorf("whole list (-want +got):\n%s", diff)
	}
}

// TestExemptionsShownAreBounded: the ones that end first are named, whoever was
// added first.
func TestExemptionsShownAreBounded(t *testing.T) {
	d := newDesk(t)
	o := d.made("One")
	n := 3 * organization.ExemptShown
	d.people(o, n, func(p *core.NewUser) { p.User.ExemptUntil = d.now.AddDate(0, 0, 1+n-d.serial) })
	got, err := d.ahead.Rehearse(t.Context(), organization.Asking{Is: o, Proposed: required(o, d.now)})
	d.must(err)
	if got.Exempt != n || len(got.Exempted) != organization.ExemptShown {
		t.Fatalf("%d exempt, %d named", got.Exempt, len(got.Exempted))
	}
	for i, e := range got.Exempted {
		if want := d.now.AddDate(0, 0, 1+i); !e.Until.Equal(want) {
			t.Errorf("place %d: until %v, want %v", i, e.Until, want)
		}
	}
}

// TestRequiringWithoutMail: the requirement is refused only where no email can be
// sent and somebody would need it who could sign in before.
func TestRequiringWithoutMail(t *testing.T) {
	for _, tt := range []struct {
		name   string
		down   bool
		people func(d *desk, o core.Organization)
		typed  []string
		code   string
	}{
		{"mail works", false, func(d *desk, o core.Organization) { d.people(o, 2) }, []string{"require_two_factor", "on"}, ""},
		{"somebody needs it", true, func(d *desk, o core.Organization) { d.people(o, 2); d.people(o, 1, withApp) }, []string{"require_two_factor", "on"}, "policy.mail_first"},
		{"everybody has an app", true, func(d *desk, o core.Organization) { d.people(o, 2, withApp) }, []string{"require_two_factor", "on"}, ""},
		{"nobody would get it anyway", true, func(d *desk, o core.Organization) { d.people(o, 2, noAddress) }, []string{"require_two_factor", "on"}, ""},
		{"who needs it could not sign in before", true, func(d *desk, o core.Organization) {
			d.people(o, 2, func(p *core.NewUser) { p.User.TwoFactor = core.TwoFactorOn })
		}, []string{"require_two_factor", "on"}, ""},
		{"another setting", true, func(d *desk, o core.Organization) { d.people(o, 2) }, []string{"remember_days", "7"}, ""},
		{"people of another organization need it", true, func(d *desk, _ core.Organization) { d.people(d.made("Two"), 2) }, []string{"require_two_factor", "on"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			o := d.made("One")
			d.down = tt.down
			tt.people(d, o)
			_, err := d.change("Ana", o, tt.typed...)
			var e *core.Error
			if errors.As(err, &e); tt.code == "" && err != nil || tt.code != "" && (e == nil || e.Fields["require_two_factor"] == nil || e.Fields["require_two_factor"].Code != tt.code) {
				t.Errorf("got %v, want %q", err, tt.code)
			}
			if saved := d.is(o).Version > o.Version; saved != (tt.code == "") {
				t.Errorf("saved: %v", saved)
			}
		})
	}
}

// TestTellingEverybody: only the save that begins the requirement announces it.
func TestTellingEverybody(t *testing.T) {
	d := newDesk(t)
	o := d.made("One")
	d.people(o, 3)
	d.people(d.made("Two"), 3)
	queued := func() int {
		n, err := d.store.Announce(t.Context(), d.now)
		d.must(err)
		d.now = d.now.Add(core.AnnounceEvery)
		return n
	}
	save := func(tell bool, pairs ...string) {
		t.Helper()
		typed := asShown(d.is(o))
		typed.Tell = tell
		for i := 0; i < len(pairs); i += 2 {
			typed.Now[pairs[i]] = pairs[i+1]
		}
		_, err := d.Change(t.Context(), d.administrator(d.is(o), "Ana"), core.Origin{}, typed)
		d.must(err)
	}
	for _, tt := range []struct {
		name  string
		tell  bool
		typed []string
		want  int
	}{
		{"the box alone", true, []string{"remember_days", "7"}, 0},
		{"without the box", false, []string{"require_two_factor", "on"}, 0},
		{"required already", true, []string{"remember_days", "8"}, 0},
		{"switched off", true, []string{"require_two_factor", ""}, 0},
		{"switched on", true, []string{"require_two_factor", "on"}, 3},
	} {
		save(tt.tell, tt.typed...)
		if n := queued(); n != tt.want {
			t.Errorf("%s: %d mails, want %d", tt.name, n, tt.want)
		}
	}
}
