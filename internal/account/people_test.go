package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

const good = "right battery horse"

func operator() core.Actor { return core.Actor{Kind: "operator", Name: "root"} }

func (d *desk) newcomer(change func(*account.NewUser)) account.NewUser {
	n := account.NewUser{OrganizationID: d.org.ID, Email: "Ana@Example.com", FirstName: " Ana ", LastName: "Kovač", Type: core.Ordinary, Password: good}
	if change != nil {
		change(&n)
	}
	return n
}

func (d *desk) create(n account.NewUser, kind core.LinkKind) (core.User, string, error) {
	return d.Create(d.t.Context(), n, d.org, operator(), kind)
}

// TestCreateRefused: every bad field is named, all at once, and nobody is made.
func TestCreateRefused(t *testing.T) {
	d := newDesk(t)
	tests := []struct {
		name   string
		change func(*account.NewUser)
		want   map[string]string
	}{
		{
			"nothing filled in", func(n *account.NewUser) { *n = account.NewUser{Type: core.Ordinary} },
			map[string]string{"email": "user.email", "first_name": "user.first_name", "last_name": "user.last_name"},
		},
		{"no address", func(n *account.NewUser) { n.Email = "ana.example.com" }, map[string]string{"email": "user.email"}},
		{"two addresses", func(n *account.NewUser) { n.Email = "a@b.com,c@d.com" }, map[string]string{"email": "user.email"}},
		{"a line break in the address", func(n *account.NewUser) { n.Email = "a\r\nBcc: x@d.com" }, map[string]string{"email": "user.email"}},
		{"a username with @", func(n *account.NewUser) { n.Username = "ana@home" }, map[string]string{"username": "user.username"}},
		{"a username of two scripts", func(n *account.NewUser) { n.Username = "аna" }, map[string]string{"username": "user.username"}},
		{"a username of 65 letters", func(n *account.NewUser) { n.Username = strings.Repeat("a", 65) }, map[string]string{"username": "user.username"}},
		{"a first name of spaces", func(n *account.NewUser) { n.FirstName = "  " }, map[string]string{"first_name": "user.first_name"}},
		{"a last name of 81 letters", func(n *account.NewUser) { n.LastName = strings.Repeat("x", 81) }, map[string]string{"last_name": "user.last_name"}},
		{"a control in a name", func(n *account.NewUser) { n.LastName = "a\x00b" }, map[string]string{"last_name": "user.last_name"}},
		{"no such type", func(n *account.NewUser) { n.Type = 9 }, map[string]string{"type": "user.type"}},
		{"a short password", func(n *account.NewUser) { n.Password = "short horse" }, map[string]string{"password": "password.short"}},
		{"a common password", func(n *account.NewUser) { n.Password = "passwordpassword" }, map[string]string{"password": "password.common"}},
		{"the address in the password", func(n *account.NewUser) { n.Email, n.Password = "kovac.ana@example.com", "my kovac.ana horse" }, map[string]string{"password": "password.context"}},
		{"the username in the password", func(n *account.NewUser) { n.Username, n.Password = "anakovac", "AnaKovac battery" }, map[string]string{"password": "password.context"}},
		{"the organization in the password", func(n *account.NewUser) { n.Password = "acme battery horse" }, map[string]string{"password": "password.context"}},
		{"the product in the password", func(n *account.NewUser) { n.Password = "sallyport battery" }, map[string]string{"password": "password.context"}},
		{"a control in the password", func(n *account.NewUser) { n.Password = "right\tbattery horse" }, map[string]string{"password": "password.control"}},
		{"a password of 129 letters", func(n *account.NewUser) { n.Password = strings.Repeat("xy z", 33) }, map[string]string{"password": "password.long"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := d.create(d.newcomer(tt.change), "")
			got := map[string]string{}
			var e *core.Error
			if errors.As(err, &e) {
				for name, f := range e.Fields {
					got[name] = f.Code
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v: fields (-want +got):\n%s", err, diff)
			}
		})
	}
	if n, err := d.store.CountUsers(t.Context()); n != 0 || err != nil {
		t.Errorf("%d people made, %v", n, err)
	}
}

// TestPasswordMinimum: the organization's minimum holds, in code points.
func TestPasswordMinimum(t *testing.T) {
	d := newDesk(t, func(p *core.Policy) { p.PasswordMinimum = 20 })
	_, _, err := d.create(d.newcomer(func(n *account.NewUser) { n.Password = "äöü battery horse ß" }), "")
	wants(t, err, "password", "password.short")
	var e *core.Error
	if errors.As(err, &e); e.Fields["password"].Params["minimum"] != 20 {
		t.Errorf("the sentence says %v", e.Fields["password"].Params)
	}
	_, _, err = d.create(d.newcomer(func(n *account.NewUser) { n.Password = "äöü battery horse ßß" }), "")
	d.must(err)
}

// TestCreate: a person with a password may sign in, one with a link is invited;
// names and addresses are stored in their one form.
func TestCreate(t *testing.T) {
	d := newDesk(t)
	u, token, err := d.create(d.newcomer(func(n *account.NewUser) { n.Username, n.Groups = " AnaK ", []string{"Finance", " finance ", ""} }), "")
	d.must(err)
	acc := d.account(u)
	if token != "" || !acc.User.MaySignIn() || acc.User.Email != "Ana@example.com" || acc.User.Username != "AnaK" || acc.User.FirstName != "Ana" {
		t.Errorf("made %+v with link %q", acc.User, token)
	}
	if diff := cmp.Diff([]string{"Finance"}, acc.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	right, _, err := d.hasher.Verify(t.Context(), u.ID, acc.User.PasswordSealed, good)
	if !right || err != nil {
		t.Errorf("the password is right: %v, %v", right, err)
	}
	if e := d.events(u, core.EventUserCreated); len(e) != 1 || e[0].Actor != operator() || e[0].Target != "Ana@example.com" {
		t.Errorf("recorded %+v", e)
	}
	invited, token, err := d.create(d.newcomer(func(n *account.NewUser) { n.Email, n.Password = "bo@example.com", "" }), core.LinkInvitation)
	d.must(err)
	if acc := d.account(invited); acc.User.Status != core.Invited || acc.User.MaySignIn() || len(token) != 52 {
		t.Errorf("invited %s with a link of %d", acc.User.Status, len(token))
	}
}

// TestTaken: addresses and usernames share one space over all organizations,
// case aside, and the refusal names what is taken (EN4, EN5).
func TestTaken(t *testing.T) {
	d := newDesk(t)
	_, _, err := d.create(d.newcomer(func(n *account.NewUser) { n.Username = "ana" }), "")
	d.must(err)
	other := d.organization("Other")
	tests := []struct {
		name   string
		change func(*account.NewUser)
		what   string
	}{
		{"the address", func(n *account.NewUser) { n.Username = "somebody" }, "Ana@example.com"},
		{"the address in capitals", func(n *account.NewUser) { n.Email = "ANA@EXAMPLE.COM" }, "ANA@example.com"},
		{"the address, elsewhere", func(n *account.NewUser) { n.OrganizationID = other.ID }, "Ana@example.com"},
		{"the username", func(n *account.NewUser) { n.Email, n.Username = "bo@example.com", "ANA" }, "ANA"},
		{"the username, elsewhere", func(n *account.NewUser) {
			n.Email, n.Username, n.OrganizationID = "bo@example.com", "ana", other.ID
		}, "ana"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, token, err := d.create(d.newcomer(tt.change), core.LinkInvitation)
			var e *core.Error
			if core.CodeOf(err) != "user.taken" || token != "" || !errors.As(err, &e) || e.Params["email"] != tt.what {
				t.Errorf("%v naming %v with link %q, want user.taken naming %s", err, e.Params, token, tt.what)
			}
		})
	}
	if n, err := d.store.CountUsers(t.Context()); n != 1 || err != nil {
		t.Errorf("%d people, %v, want 1", n, err)
	}
}

// TestFind: the operator finds by any way to write the address, in any
// organization.
func TestFind(t *testing.T) {
	d := newDesk(t)
	u, _ := d.invite()
	for typed, code := range map[string]string{"ana@example.com": "", " ANA@EXAMPLE.COM ": "", "bo@example.com": "user.unknown", "ana": "user.email", "": "user.email"} {
		acc, org, err := d.Find(t.Context(), typed)
		wants(t, err, "email", code)
		if code == "" && (acc.User.ID != u.ID || org.ID != d.org.ID) {
			t.Errorf("%q found %s of %s", typed, acc.User.ID, org.ID)
		}
	}
}

// TestSecurity: what the tab says, by account and policy.
func TestSecurity(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.ExemptUntil = start.AddDate(0, 0, 1) })
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	made := d.now.Add(-30 * time.Second)
	see := func() account.Security {
		s, err := d.Security(t.Context(), b.view())
		d.must(err)
		return s
	}
	if s := see(); len(s.Apps) != 1 || s.RecoveryLeft != 10 || !s.RecoveryMadeAt.Equal(made) || s.RequiredByOrganization || s.Requirement.Level != core.LevelEmail {
		t.Errorf("on: %+v", s)
	}
	d.set(required)
	if s := see(); s.RequiredByOrganization || !s.ExemptUntil.Equal(start.AddDate(0, 0, 1)) {
		t.Errorf("exempt: %+v", s)
	}
	d.pass(24 * time.Hour)
	if s := see(); !s.RequiredByOrganization || !s.ExemptUntil.IsZero() {
		t.Errorf("no longer exempt: %+v", s)
	}
	ahead := d.now.AddDate(0, 0, 3)
	d.set(func(p *core.Policy) { p.RequireFrom = ahead })
	if s := see(); s.RequiredByOrganization || !s.RequiredFrom.Equal(ahead) {
		t.Errorf("from a date ahead: %+v", s)
	}
}
