package account_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// owner makes a person whose password is the first one.
func (d *desk) owner() core.User {
	d.t.Helper()
	u, _, err := d.create(d.newcomer(func(n *account.NewUser) { n.Password = nth(1) }), "")
	d.must(err)
	return u
}

// confirmed signs in as [desk.signIn] does and confirms a minute later.
func (d *desk) confirmed(u core.User, level core.Level) *tab {
	d.t.Helper()
	b := d.signIn(u, level)
	d.pass(time.Minute)
	d.rows(`UPDATE session SET proved_at = $1 WHERE id = $2`, d.now.UnixMicro(), string(b.view().Session.ID))
	return b
}

// TestPasswordAsk: what a change asks for depends on how fresh the proof is, and
// at the wall on how the person came in.
func TestPasswordAsk(t *testing.T) {
	wall := func(p *core.Policy) { p.PasswordDays = 30 }
	for _, tt := range []struct {
		name   string
		policy func(*core.Policy)
		open   func(d *desk, u core.User) *tab
		later  time.Duration
		want   account.PasswordAsk
	}{
		{"just signed in", nil, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelPassword) }, 0, account.PasswordAsk{Current: true}},
		{"signed in long ago", nil, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelPassword) }, stale, account.PasswordAsk{Current: true}},
		{"just confirmed", nil, func(d *desk, u core.User) *tab { return d.confirmed(u, core.LevelPassword) }, 0, account.PasswordAsk{}},
		{"confirmed long ago", nil, func(d *desk, u core.User) *tab { return d.confirmed(u, core.LevelPassword) }, stale, account.PasswordAsk{Current: true}},
		{"with a factor, just signed in", nil, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelEmail) }, 0, account.PasswordAsk{Current: true}},
		{"with a factor, long ago", nil, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelEmail) }, stale, account.PasswordAsk{Confirm: true, Current: true}},
		{"with a factor, just confirmed", nil, func(d *desk, u core.User) *tab { return d.confirmed(u, core.LevelEmail) }, 0, account.PasswordAsk{}},
		{"at the wall", wall, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelEmail) }, 0, account.PasswordAsk{}},
		{"at the wall for long", wall, func(d *desk, u core.User) *tab { return d.signIn(u, core.LevelEmail) }, stale, account.PasswordAsk{Current: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.owner()
			if tt.policy != nil {
				d.set(tt.policy)
				d.pass(31 * 24 * time.Hour)
			}
			b := tt.open(d, u)
			d.pass(tt.later)
			if got := d.PasswordAsk(b.view()); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.want.Confirm {
				wants(t, b.password(nth(1), nth(2)), "", "confirm.needed")
			}
		})
	}
}

// TestChangePassword: the session goes on under a new id at its level, all
// others and every device end, the person is told, and the old password is
// worth nothing.
func TestChangePassword(t *testing.T) {
	d := newDesk(t)
	u := d.owner()
	other, b := d.signIn(u, core.LevelPassword), d.signIn(u, core.LevelEmail)
	before, oldToken := b.view(), b.token
	d.pass(time.Minute)
	d.must(b.password(nth(1), nth(2)))
	now := b.view()
	if now.Session.ID == before.Session.ID || now.Session.Level != before.Session.Level || !now.Session.ProvedAt.Equal(before.Session.ProvedAt) ||
		now.Verdict(d.now) != core.VerdictOpen {
		t.Errorf("session %+v after %+v", now.Session, before.Session)
	}
	if got := other.view().Verdict(d.now); got != core.VerdictEnded {
		t.Errorf("the other session is %s", got)
	}
	acc := d.account(u).User
	if right, _, err := d.hasher.Verify(t.Context(), u.ID, acc.PasswordSealed, nth(2)); !right || err != nil || !acc.PasswordSetAt.Equal(d.now) {
		t.Errorf("the new password is right: %v, %v; set at %v", right, err, acc.PasswordSetAt)
	}
	if e := d.events(u, core.EventPasswordChanged); len(e) != 1 || e[0].Actor.ID != u.ID || count(d.notices(u), core.MailPassword) != 1 {
		t.Errorf("recorded %+v", e)
	}
	wants(t, b.password(nth(1), nth(3)), "current", "password.current_wrong")
	b.token = oldToken
	wants(t, b.password(nth(2), nth(3)), "", "stale")
}

// TestChangePasswordRefused: everything that is wrong stands at its field, and
// only a wrong current password counts as a try.
func TestChangePasswordRefused(t *testing.T) {
	d := newDesk(t)
	u := d.owner()
	b := d.signIn(u, core.LevelPassword)
	for _, tt := range []struct{ name, current, next, field, want string }{
		{"no current one", "", nth(2), "current", "password.current_empty"},
		{"no new one", nth(1), "", "password", "password.empty"},
		{"a short one", nth(1), "short horse", "password", "password.short"},
		{"a listed one", nth(1), "passwordpassword", "password", "password.common"},
		{"the same", nth(1), nth(1), "password", "password.used_recently"},
		{"a control in the current one", "right\x00battery", nth(2), "current", "password.control"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 6 {
				wants(t, b.password(tt.current, tt.next), tt.field, tt.want)
			}
		})
	}
	if n := len(d.events(u, core.EventPasswordWrong)); n != 0 {
		t.Fatalf("%d counted as wrong passwords", n)
	}
	for range 5 {
		wants(t, b.password("wrong battery horse", nth(2)), "current", "password.current_wrong")
	}
	wants(t, b.password(nth(1), nth(2)), "", "signin.limited")
	if n := len(d.events(u, core.EventPasswordWrong)); n != 5 {
		t.Errorf("%d wrong passwords recorded, want 5", n)
	}
	d.pass(time.Minute)
	d.must(b.password(nth(1), nth(2)))
}

// TestOldPasswordsAreNoOracle: where the current password is not typed, guessing
// it as a new one is counted like a wrong password.
func TestOldPasswordsAreNoOracle(t *testing.T) {
	d := newDesk(t)
	b := d.confirmed(d.owner(), core.LevelPassword)
	for range 5 {
		wants(t, b.password("", nth(1)), "password", "password.used_recently")
	}
	wants(t, b.password("", nth(2)), "", "signin.limited")
}

// TestChangeAtTheWall: what is due is paid by choosing; the reason is noted and
// the way is open.
func TestChangeAtTheWall(t *testing.T) {
	d := newDesk(t)
	u := d.owner()
	b := d.signIn(u, core.LevelPassword)
	d.pass(time.Minute)
	d.must(d.RequirePassword(t.Context(), d.account(u), operator()))
	if got := b.view().Verdict(d.now); got != core.VerdictOpen {
		t.Errorf("a session from before is %s", got)
	}
	next := d.signIn(u, core.LevelPassword)
	if got, why := next.view().Verdict(d.now), next.view().PasswordReason(d.now); got != core.VerdictPasswordDue || why != core.ReasonTemporary {
		t.Errorf("the next is %s because of %q", got, why)
	}
	d.must(next.password("", nth(2)))
	if got := next.view().Verdict(d.now); got != core.VerdictOpen {
		t.Errorf("after choosing it is %s", got)
	}
	if e := d.events(u, core.EventPasswordChanged); len(e) != 1 || e[0].Detail["reason"] != "temporary" {
		t.Errorf("recorded %+v", e)
	}
	if e := d.events(u, core.EventPasswordRequired); len(e) != 1 || e[0].Actor != operator() {
		t.Errorf("recorded %+v", e)
	}
}

// TestChangeAtOnce: fifty tabs with the one current password; one password is
// stored and one session is left.
func TestChangeAtOnce(t *testing.T) {
	d := newDesk(t)
	u := d.owner()
	b := d.confirmed(u, core.LevelPassword)
	view := b.view()
	var changed atomic.Int64
	var g sync.WaitGroup
	for i := range 50 {
		g.Go(func() {
			switch token, err := d.ChangePassword(t.Context(), view, here(), "", nth(i+10)); {
			case err == nil && token != "":
				changed.Add(1)
			case core.KindOf(err) == core.Internal:
				t.Errorf("ChangePassword: %v", err)
			}
		})
	}
	g.Wait()
	if acc := d.account(u).User; changed.Load() != 1 || acc.PasswordVersion != 2 {
		t.Errorf("%d changed, version %d, want 1 and 2", changed.Load(), acc.PasswordVersion)
	}
	if got := b.view().Verdict(d.now); got != core.VerdictEnded {
		t.Errorf("the session they came from is %s", got)
	}
}
