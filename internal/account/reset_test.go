package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// MailedLink returns the token in the newest mail with a link to a person; empty
// where there is none.
func (d *desk) MailedLink(u core.User) (token string) {
	d.t.Helper()
	var newest core.Link
	jobs, err := d.store.LeaseMail(d.t.Context(), "test", d.now, d.now, 1000)
	d.must(err)
	for _, j := range jobs {
		if j.User.ID == u.ID && j.Message.Template.CarriesLink() && j.Link.ID > newest.ID {
			newest = j.Link
		}
	}
	if newest.ID == "" {
		return ""
	}
	token, err = d.LinkToken(newest)
	d.must(err)
	return token
}

// ask asks for a link as somebody who is signed out.
func (d *desk) ask(login string) {
	d.t.Helper()
	d.must(d.AskReset(d.t.Context(), login, here()))
}

// resetLink is the token of a reset link that the person asked for.
func (d *desk) resetLink(u core.User) string {
	d.t.Helper()
	d.ask(u.Email)
	return d.MailedLink(u)
}

// TestAskReset: who gets which link, under which names; whoever asks, the wait
// makes the answer take the same time, and the account stays as it was (PR2,
// PR8, PR9).
func TestAskReset(t *testing.T) {
	ago := start.Add(-time.Hour)
	change := func(f func(*core.User)) func(*core.User) { return f }
	tests := []struct {
		name   string
		login  string // empty: ana@example.com
		change func(*core.User)
		want   core.Template
	}{
		{"the address", "", nil, core.MailReset},
		{"the address, as somebody shouts it", "ANA@EXAMPLE.COM", nil, core.MailReset},
		{"the username", "ana", change(func(u *core.User) { u.Username = "ana" }), core.MailReset},
		{"an address that never proved itself", "", change(func(u *core.User) { u.EmailProvedAt = time.Time{} }), core.MailReset},
		{"a password that is distrusted", "", change(func(u *core.User) { u.PasswordDue, u.PasswordDueAt = core.PasswordDistrusted, ago }), core.MailReset},
		{"no password yet", "", change(func(u *core.User) { u.PasswordSealed = "" }), core.MailReset},
		{"still invited", "", change(func(u *core.User) { u.Status, u.PasswordSealed = core.Invited, "" }), core.MailWelcome},
		{"deactivated", "", change(func(u *core.User) { u.Status = core.Inactive }), ""},
		{"no access", "", change(func(u *core.User) { u.Type = core.NoAccess }), ""},
		{"invited without access", "", change(func(u *core.User) { u.Type, u.Status = core.NoAccess, core.Invited }), ""},
		{"without an address", "ana", change(func(u *core.User) { u.Username, u.Email, u.NotificationEmail = "ana", "", "x@example.com" }), ""},
		{"an unknown name", "bo@example.com", nil, ""},
		{"no name at all", strings.Repeat("\u202e", 9), nil, ""},
		{"the notification address", "note@example.com", change(func(u *core.User) { u.NotificationEmail = "note@example.com" }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana", func(u *core.User) {
				u.EmailProvedAt = ago
				if tt.change != nil {
					tt.change(u)
				}
			})
			before := d.account(u)
			login := tt.login
			if login == "" {
				login = u.Email
			}
			d.ask(login)
			if d.waited <= 0 {
				t.Error("the answer came at once")
			}
			if diff := cmp.Diff(before, d.account(u)); diff != "" {
				t.Errorf("the account changed (-was +is):\n%s", diff)
			}
			got := append(d.notices(u), "")[0]
			if got != tt.want {
				t.Errorf("mailed %q, want %q", got, tt.want)
			}
		})
	}
}

// TestResetAddress: for a day after the person changed the address, links go to
// the one before (SU5), and using one proves nothing of the new.
func TestResetAddress(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) {
		u.PasswordSealed, u.PreviousEmail, u.PreviousEmailUntil = "", "old@example.com", start.Add(time.Hour)
	})
	d.ask(u.Email)
	jobs, err := d.store.LeaseMail(t.Context(), "test", d.now, d.now, 9)
	d.must(err)
	if len(jobs) != 1 || jobs[0].Link.Address != "old@example.com" {
		t.Fatalf("jobs %+v", jobs)
	}
	d.must(d.UseLink(t.Context(), d.MailedLink(u), good, here(), core.LinkReset))
	if at := d.account(u).User.EmailProvedAt; !at.IsZero() {
		t.Errorf("the new address is proved at %v", at)
	}
	d.pass(time.Hour)
	d.ask(u.Email)
	jobs, err = d.store.LeaseMail(t.Context(), "test", d.now, d.now, 9)
	d.must(err)
	if last := jobs[len(jobs)-1].Link; last.Address != u.Email {
		t.Errorf("a day later it went to %s", last.Address)
	}
}

// TestReset: a new password, over a link that works once and for 30 minutes;
// everything that leans on the old one ends, no factor goes or comes, of the
// counters only the block of authenticator codes is lifted, the person is told,
// and nobody is signed in (PR1, PR6, PR7, TO4).
func TestReset(t *testing.T) {
	d := newDesk(t)
	u, _, err := d.create(d.newcomer(nil), "")
	d.must(err)
	tab := d.signIn(d.account(u).User, core.LevelPassword)
	tab.turnOn()
	d.rows(`INSERT INTO guard (user_id, kind, organization_id, failures, paused_until, blocked) VALUES ($1, 'app', $2, 30, 0, TRUE), ($1, 'recovery', $2, 7, 0, FALSE)`,
		string(u.ID), string(u.OrganizationID))
	first := d.resetLink(u)
	d.pass(time.Minute)
	token := d.resetLink(u)
	before := d.account(u)
	if err := d.UseLink(t.Context(), first, "another battery horse", here(), core.LinkReset); core.CodeOf(err) != "link.over" {
		t.Errorf("the older link: %v", err)
	}
	if err := d.UseLink(t.Context(), token, "another battery horse", here(), core.LinkInvitation); core.CodeOf(err) != "link.over" {
		t.Errorf("as an invitation: %v", err)
	}
	for range 5 {
		if _, acc, _, err := d.Link(t.Context(), token, core.LinkReset); err != nil || acc.User.ID != u.ID {
			t.Fatalf("looking: %v", err)
		}
	}
	wants(t, d.UseLink(t.Context(), token, good, here(), core.LinkReset), "password", "password.used_recently")
	var used atomic.Int64
	var g sync.WaitGroup
	for range 50 {
		g.Go(func() {
			switch err := d.UseLink(t.Context(), token, "another battery horse", here(), core.LinkReset); {
			case err == nil:
				used.Add(1)
			case core.CodeOf(err) != "link.over" && core.CodeOf(err) != "busy":
				t.Errorf("UseLink: %v", err)
			}
		})
	}
	g.Wait()
	acc := d.account(u)
	if used.Load() != 1 || acc.User.PasswordVersion != before.User.PasswordVersion+1 {
		t.Errorf("used %d times: version %d after %d", used.Load(), acc.User.PasswordVersion, before.User.PasswordVersion)
	}
	if acc.Apps != before.Apps || acc.RecoveryCodes != before.RecoveryCodes || acc.User.FactorSetVersion != before.User.FactorSetVersion || acc.User.TwoFactor != before.User.TwoFactor {
		t.Errorf("factors moved: %+v", acc)
	}
	if acc.Guards[core.KindApp].Blocked || acc.Guards[core.KindRecovery].Failures != 7 {
		t.Errorf("counters %+v", acc.Guards)
	}
	if got := tab.view().Verdict(d.now); got != core.VerdictEnded {
		t.Errorf("the session is %s", got)
	}
	if n := count(d.notices(u), core.MailPassword); n != 1 || len(d.events(u, core.EventPasswordReset)) != 1 {
		t.Errorf("%d mails, %d events, want one of each", n, len(d.events(u, core.EventPasswordReset)))
	}
	late := d.resetLink(u)
	d.pass(core.LinkReset.Life())
	if err := d.UseLink(t.Context(), late, "yet another horse", here(), core.LinkReset); core.CodeOf(err) != "link.over" {
		t.Errorf("after 30 minutes: %v", err)
	}
}

// TestResetOver: a link dies with the account's right to sign in.
func TestResetOver(t *testing.T) {
	for name, end := range map[string]string{
		"deactivated": `UPDATE person SET status = 'inactive' WHERE id = $1`,
		"no access":   `UPDATE person SET user_type = 0 WHERE id = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana")
			token := d.resetLink(u)
			d.rows(end, string(u.ID))
			if err := d.UseLink(t.Context(), token, good, here(), core.LinkReset); core.CodeOf(err) != "link.over" {
				t.Errorf("%v, want link.over", err)
			}
		})
	}
}

// TestAskTyped: what cannot be a name is said to be so, whoever exists.
func TestAskTyped(t *testing.T) {
	d := newDesk(t)
	wants(t, d.AskReset(t.Context(), "", here()), "login", "signin.login.empty")
	wants(t, d.AskReset(t.Context(), strings.Repeat("x", 321), here()), "login", "signin.login.long")
	d.ask("a\x00b")
	d.ask("\xff\xfe")
}

// TestResetAttacked: a person under attack is mailed a link, whose event says
// that nobody asked; somebody who may not sign in is not.
func TestResetAttacked(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.must(d.ResetAttacked(t.Context(), u, core.Knocker{UserID: u.ID}, here()))
	e := d.events(u, core.EventResetAsked)
	if len(e) != 1 || e[0].Detail[core.DetailBySelf] == "" || d.MailedLink(u) == "" {
		t.Errorf("recorded %+v", e)
	}
	gone := d.person("bo", func(u *core.User) { u.Status = core.Inactive })
	d.must(d.ResetAttacked(t.Context(), gone, core.Knocker{UserID: gone.ID}, here()))
	d.must(d.ResetAttacked(t.Context(), core.User{}, core.Knocker{Login: "nobody"}, here()))
	if d.MailedLink(gone) != "" {
		t.Error("somebody deactivated was mailed a link")
	}
}
