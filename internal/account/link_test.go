package account_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// invite makes an invited person and the link.
func (d *desk) invite() (core.User, string) {
	d.t.Helper()
	u, token, err := d.create(d.newcomer(func(n *account.NewUser) { n.Password = "" }), core.LinkInvitation)
	d.must(err)
	return u, token
}

// TestLinkOver: used, expired, voided, made up, or of somebody deactivated: one
// answer, and no password is stored (PR1).
func TestLinkOver(t *testing.T) {
	for name, end := range map[string]func(*desk, core.User, string) string{
		"of another kind": func(d *desk, u core.User, _ string) string {
			token, err := d.Relink(d.t.Context(), d.account(u), operator(), core.LinkFirstAdministrator, false)
			d.must(err)
			return token
		},
		"used": func(d *desk, _ core.User, token string) string {
			d.must(d.UseLink(d.t.Context(), token, good, here(), core.LinkInvitation))
			return token
		},
		"expired for an account that is in use": func(d *desk, u core.User, token string) string {
			d.pass(7 * 24 * time.Hour)
			d.rows(`UPDATE person SET status = 'active' WHERE id = $1`, string(u.ID))
			return token
		},
		"voided by a newer one": func(d *desk, u core.User, token string) string {
			_, err := d.Relink(d.t.Context(), d.account(u), operator(), core.LinkInvitation, false)
			d.must(err)
			return token
		},
		"deactivated": func(d *desk, u core.User, token string) string {
			d.rows(`UPDATE person SET status = 'inactive' WHERE id = $1`, string(u.ID))
			return token
		},
		"made up": func(*desk, core.User, string) string { return core.NewToken(random) },
		"empty":   func(*desk, core.User, string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			u, token := d.invite()
			token = end(d, u, token)
			before := d.account(u).User
			if _, _, _, err := d.Link(t.Context(), token, core.LinkInvitation); core.CodeOf(err) != "link.over" {
				t.Errorf("looking: %v, want link.over", err)
			}
			if err := d.UseLink(t.Context(), token, "another battery horse", here(), core.LinkInvitation); core.CodeOf(err) != "link.over" {
				t.Errorf("using: %v, want link.over", err)
			}
			if diff := cmp.Diff(before, d.account(u).User); diff != "" {
				t.Errorf("the account changed (-was +is):\n%s", diff)
			}
		})
	}
}

// TestUseLink: looking uses nothing up; a password that is refused neither; the
// one that is taken opens the account, once (PR4).
func TestUseLink(t *testing.T) {
	d := newDesk(t)
	u, token := d.invite()
	d.pass(7*24*time.Hour - time.Second)
	for range 3 {
		l, acc, org, err := d.Link(t.Context(), token, core.LinkInvitation)
		if err != nil || acc.User.ID != u.ID || org.ID != d.org.ID || !l.UsedAt.IsZero() {
			t.Fatalf("looking: %s of %s, used %v, %v", acc.User.ID, org.ID, l.UsedAt, err)
		}
	}
	for typed, code := range map[string]string{"short": "password.short", "acme battery horse": "password.context", "qwertyqwerty": "password.common"} {
		wants(t, d.UseLink(t.Context(), token, typed, here(), core.LinkInvitation), "password", code)
	}
	var used atomic.Int64
	var g sync.WaitGroup
	for range 20 {
		g.Go(func() {
			switch err := d.UseLink(t.Context(), token, good, here(), core.LinkInvitation); {
			case err == nil:
				used.Add(1)
			case core.CodeOf(err) != "link.over" && core.CodeOf(err) != "busy":
				t.Errorf("UseLink: %v", err)
			}
		})
	}
	g.Wait()
	acc := d.account(u).User
	if used.Load() != 1 || !acc.MaySignIn() || !acc.EmailProvedAt.IsZero() || acc.PasswordVersion != 2 {
		t.Errorf("used %d times: %+v", used.Load(), acc)
	}
	if n := len(d.events(u, core.EventPasswordSet)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// TestInvitationExpired says whom to ask for a new one.
func TestInvitationExpired(t *testing.T) {
	d := newDesk(t)
	for name, by := range map[string]core.Actor{"": operator(), "Ben Okafor": {Kind: "person", ID: "ben", Name: "Ben Okafor"}} {
		n := d.newcomer(func(n *account.NewUser) { n.Password, n.Email = "", "x"+by.Kind+"@example.com" })
		_, token, err := d.Create(t.Context(), n, d.org, by, core.LinkInvitation)
		d.must(err)
		d.pass(core.LinkInvitation.Life())
		_, _, _, err = d.Link(t.Context(), token, core.LinkInvitation)
		var e *core.Error
		if !errors.As(err, &e) || e.Code != "link.invitation_expired" || e.Kind != core.Gone || e.Params["inviter"] != name {
			t.Errorf("by %q: %v", name, err)
		}
		if err := d.UseLink(t.Context(), token, good, here(), core.LinkInvitation); core.CodeOf(err) != "link.invitation_expired" {
			t.Errorf("using it: %v", err)
		}
	}
}

// TestWhatLinksProve: a mailed link proves the address it went to, the first
// administrator's its own, a printed invitation nothing (README, Decisions); and
// nothing proves an address that is not the person's any more.
func TestWhatLinksProve(t *testing.T) {
	tests := []struct {
		name   string
		kind   core.LinkKind
		mail   bool
		moved  bool // the address was changed meanwhile
		proves bool
	}{
		{"printed", core.LinkInvitation, false, false, false},
		{"mailed", core.LinkInvitation, true, false, true},
		{"mailed to an address before", core.LinkInvitation, true, true, false},
		{"the first administrator's", core.LinkFirstAdministrator, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			n := d.newcomer(func(n *account.NewUser) { n.Password, n.Mail = "", tt.mail })
			u, token, err := d.create(n, tt.kind)
			d.must(err)
			if tt.mail {
				if token != "" {
					t.Errorf("a mailed link was told: %s", token)
				}
				token = d.MailedLink(u)
			}
			if tt.moved {
				d.rows(`UPDATE person SET email = 'new@example.com' WHERE id = $1`, string(u.ID))
			}
			d.must(d.UseLink(t.Context(), token, good, here(), tt.kind))
			if proved := !d.account(u).User.EmailProvedAt.IsZero(); proved != tt.proves {
				t.Errorf("proved: %v, want %v", proved, tt.proves)
			}
		})
	}
}

// TestRelink: only somebody who is still invited gets a new invitation.
func TestRelink(t *testing.T) {
	d := newDesk(t)
	u := d.person("bo")
	for _, mail := range []bool{true, false} {
		if _, err := d.Relink(t.Context(), d.account(u), operator(), core.LinkInvitation, mail); core.CodeOf(err) != "user.not_invited" {
			t.Errorf("mailed %v: %v", mail, err)
		}
	}
}
