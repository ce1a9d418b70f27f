package profile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func (d *desk) takeBack(token string) error {
	return d.TakeBack(d.t.Context(), token, "browser", here())
}

// TestTakeBack: the address before is back, everything that leans on the password
// has ended, and pressing twice is pressing once.
func TestTakeBack(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u)
	link := b.moves("eve@evil.example")
	later := d.signIn(u)
	undo, err := d.Undo(t.Context(), link)
	d.must(err)
	if undo.Done || undo.Change.OldAddress != "ana@example.com" || undo.Change.NewAddress != "eve@evil.example" || d.user(u).Email != "eve@evil.example" {
		t.Errorf("looking: %+v", undo)
	}
	d.must(d.takeBack(link))
	got := d.user(u)
	if got.Email != "ana@example.com" || got.CodeAddress(d.now) != "ana@example.com" || got.PasswordDue != core.PasswordDistrusted ||
		!got.EmailProvedAt.Equal(d.now) || b.seen().Verdict(d.now) != core.VerdictEnded || later.seen().Verdict(d.now) != core.VerdictEnded {
		t.Errorf("after it: %+v", got)
	}
	if core.Require(d.view(u).Account, core.DefaultPolicy(), d.now).Level < core.LevelEmail {
		t.Error("the password alone still opens it")
	}
	d.must(d.takeBack(link))
	if undo, err = d.Undo(t.Context(), link); err != nil || !undo.Done {
		t.Errorf("looking again: %+v, %v", undo, err)
	}
	e := d.events(u, core.EventEmailRestored)
	if len(e) != 1 || e[0].Actor.Kind != "nobody" || e[0].Target != "ana@example.com" || e[0].Detail[core.DetailReplaced] != "eve@evil.example" {
		t.Errorf("told %+v", e)
	}
}

// TestUndoLinks: what is not a link of ours, or too late, leads nowhere.
func TestUndoLinks(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	link := d.signIn(u).moves("b@new.example")
	other := d.signIn(d.person("bo")).moves("bo@new.example")
	parts, theirs := strings.Split(link, "."), strings.Split(other, ".")
	for name, token := range map[string]string{
		"nothing": "", "cut": link[:len(link)-1], "longer": link + "x", "another's change": theirs[0] + "." + parts[1] + "." + parts[2],
		"another's sum": parts[0] + "." + parts[1] + "." + theirs[2], "no such key": parts[0] + ".k2." + parts[2], "no key": parts[0] + ".." + parts[2],
		"two dots more": link + "..", "a megabyte": strings.Repeat("x", 1<<20), "NUL": parts[0] + "\x00." + parts[1] + "." + parts[2],
	} {
		if _, err := d.Undo(t.Context(), token); core.KindOf(err) != core.Gone {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.takeBack(token); core.KindOf(err) != core.Gone {
			t.Errorf("pressed, %s: %v", name, err)
		}
	}
	d.pass(core.AddressUndoLife)
	if err := d.takeBack(link); core.KindOf(err) != core.Gone || d.user(u).Email != "b@new.example" {
		t.Errorf("after 72 hours: %v", err)
	}
}

// TestUndoChains: A to B to C, taken back from here and there.
func TestUndoChains(t *testing.T) {
	const a, b, c = "ana@example.com", "b@new.example", "c@new.example"
	for _, tt := range []struct {
		name string
		walk func(d *desk, u core.User)
		want string
	}{
		{"the first after the second change", func(d *desk, u core.User) {
			s := d.signIn(u)
			first := s.moves(b)
			s.moves(c)
			d.must(d.takeBack(first))
		}, a},
		{"the second alone", func(d *desk, u core.User) {
			s := d.signIn(u)
			s.moves(b)
			d.must(d.takeBack(s.moves(c)))
		}, b},
		{"the second, then the first", func(d *desk, u core.User) {
			s := d.signIn(u)
			first := s.moves(b)
			d.must(d.takeBack(s.moves(c)))
			d.must(d.takeBack(first))
		}, a},
		{"the first, then the second", func(d *desk, u core.User) {
			s := d.signIn(u)
			first := s.moves(b)
			second := s.moves(c)
			d.must(d.takeBack(first))
			d.must(d.takeBack(second)) // it was ended by the first: nothing happens
		}, a},
		{"a late second keeps the first open", func(d *desk, u core.User) {
			first := d.signIn(u).moves(b)
			d.pass(71 * time.Hour)
			second := d.signIn(u).moves(c)
			d.pass(71 * time.Hour)
			d.must(d.takeBack(second))
			d.must(d.takeBack(first))
		}, a},
		{"the owner went back, and the other takes that back", func(d *desk, u core.User) {
			s := d.signIn(u)
			first := s.moves(b)
			d.must(d.takeBack(s.moves(a)))
			d.must(d.takeBack(first))
		}, a},
		{"only spelled otherwise", func(d *desk, u core.User) { d.must(d.takeBack(d.signIn(u).moves("Ana@example.com"))) }, a},
		{"while another change waits for its code", func(d *desk, u core.User) {
			s := d.signIn(u)
			first := s.moves(b)
			d.pass(time.Minute)
			d.must(s.change(core.AddressSignIn, c))
			d.must(d.takeBack(first))
		}, a},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana")
			tt.walk(d, u)
			if got := d.user(u); got.Email != tt.want {
				t.Errorf("the address is %s, want %s", got.Email, tt.want)
			}
			if v, err := d.store.FindLogin(t.Context(), tt.want, "", ""); err != nil || v.Account.User.ID != u.ID {
				t.Errorf("nobody signs in with %s: %v", tt.want, err)
			}
		})
	}
}

// TestUnprovedTakesBackToo: an address that never proved itself is the one on
// record all the same; reset links went there as well. Pressing proves it.
func TestUnprovedTakesBackToo(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.EmailProvedAt = time.Time{} })
	d.must(d.takeBack(d.signIn(u).moves("b@new.example")))
	if got := d.user(u); got.Email != u.Email || !got.EmailProvedAt.Equal(d.now) {
		t.Errorf("stored %+v", got)
	}
}

// TestAnAppStays: law 3: no change of address touches an app, and none that waits
// for the mailbox begins to count by it (TO7). Taking a change back distrusts the
// password, and with it what the password alone had left waiting.
func TestAnAppStays(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.TwoFactor = core.TwoFactorOn })
	d.must(d.store.BulkUsers(t.Context(), []core.NewUser{{
		User: core.User{
			ID: "user-bo", OrganizationID: d.org.ID, Email: "bo@example.com", FirstName: "Bo", LastName: "T", Type: core.Ordinary, Status: core.Active,
			PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, EmailProvedAt: start, CreatedAt: start,
		},
		Keys: core.LoginKeys{Email: "bo@example.com"},
		Credentials: []core.Credential{
			{ID: "app", OrganizationID: d.org.ID, UserID: "user-bo", Kind: core.KindApp, State: core.CredentialActive, Sealed: "s", CreatedAt: start},
			{ID: "waits", OrganizationID: d.org.ID, UserID: "user-bo", Kind: core.KindApp, State: core.CredentialWaiting, Sealed: "s", CreatedAt: start},
		},
	}}))
	u = core.User{ID: "user-bo", OrganizationID: u.OrganizationID}
	link := d.signIn(u).moves("bo@new.example")
	check := func(when string, waiting int) {
		if acc := d.view(u).Account; acc.Apps != 1 || acc.WaitingApps != waiting || acc.User.FactorSetVersion != 1 {
			t.Errorf("%s: %d apps, %d waiting, version %d", when, acc.Apps, acc.WaitingApps, acc.User.FactorSetVersion)
		}
	}
	check("changed", 1)
	d.must(d.takeBack(link))
	check("taken back", 0)
}

// TestNotification: an address for notices is proved, replaced and removed; no
// session ends, and nobody signs in with it.
func TestNotification(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b, other := d.signIn(u), d.signIn(u)
	d.must(b.change(core.AddressNotification, "n@home.example"))
	wants(t, b.prove(core.AddressSignIn, b.code(core.AddressNotification)), "", "address.over")
	d.must(b.prove(core.AddressNotification, b.code(core.AddressNotification)))
	got := d.user(u)
	if got.NotificationEmail != "n@home.example" || !got.NotificationProvedAt.Equal(d.now) || got.CodeAddress(d.now) != u.Email || other.seen().Verdict(d.now) != core.VerdictOpen {
		t.Errorf("stored %+v", got)
	}
	if _, err := d.store.FindLogin(t.Context(), "n@home.example", "", ""); core.KindOf(err) != core.NotFound {
		t.Errorf("somebody signs in with it: %v", err)
	}
	d.pass(time.Minute)
	d.must(b.change(core.AddressNotification, "m@home.example"))
	d.must(b.prove(core.AddressNotification, b.code(core.AddressNotification)))
	d.must(d.RemoveNotification(t.Context(), b.seen(), here()))
	d.must(d.RemoveNotification(t.Context(), b.seen(), here()))
	changed, removed := d.events(u, core.EventNotifyChanged), d.events(u, core.EventNotifyRemoved)
	if len(changed) != 2 || len(removed) != 1 || removed[0].Detail[core.DetailReplaced] != "m@home.example" || d.user(u).NotificationEmail != "" {
		t.Errorf("told %+v and %+v", changed, removed)
	}
	replaced := []string{changed[0].Detail[core.DetailReplaced], changed[1].Detail[core.DetailReplaced]}
	if strings.Join(replaced, "") != "n@home.example" {
		t.Errorf("replaced %q", replaced)
	}
}
