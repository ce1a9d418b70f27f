package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func passwordTests() map[string]test {
	return map[string]test{
		"a change ends what the old one opened": changeEnds,
		"so many passwords are remembered":      passwordsRemembered,
		"a link remembers the one before":       linkRemembers,
		"a demand lasts until it is met":        demandLasts,
		"one change of a password":              onePasswordChange,
		"a new hash of the same password":       passwordRenewed,
	}
}

// change is a new password in a session of the person as stored now.
func (w *world) change(u core.User, keep core.Session, sealed string) core.PasswordChange {
	w.t.Helper()
	return core.PasswordChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, PasswordVersion: w.account(u).User.PasswordVersion, PasswordSealed: sealed,
		KeepSession: keep.ID, Session: w.newSession(u), At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventPasswordChanged)}},
	}
}

// past are the replaced passwords, newest first.
func (w *world) past(u core.User) []string {
	w.t.Helper()
	all, err := w.store.PastPasswords(w.ctx, u.OrganizationID, u.ID, core.MaxPasswordHistory)
	w.must(err)
	return all
}

func changeEnds(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	c := w.completion(u, nil, nil)
	c.NewDevice = w.device(u)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	mine, theirs := w.session(u), w.session(other)
	half := w.attempt(u)
	l := w.link(u)
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	w.must(w.store.RequirePassword(w.ctx, core.PasswordDemand{OrganizationID: o.ID, UserID: u.ID, Due: core.PasswordTemporary, At: w.clock()}))
	w.pass(time.Minute)
	change := w.change(u, mine, "next")
	w.must(w.store.ChangePassword(w.ctx, change))
	got := w.account(u).User
	same(w, []any{got.PasswordSealed, got.PasswordVersion, got.PasswordSetAt, got.PasswordDue, got.PasswordDueAt},
		[]any{"next", int64(2), w.clock(), core.PasswordNotDue, time.Time{}})
	w.count("open sessions", w.rows("session WHERE ended_at = 0 AND user_id = $1", string(u.ID)), 1)
	next, err := w.store.SessionByToken(w.ctx, change.Session.TokenHash)
	w.must(err)
	same(w, next.Session.EndedAt, time.Time{})
	first, err := w.store.SessionByToken(w.ctx, c.Session.TokenHash)
	w.must(err)
	same(w, first.Session.EndReason, core.EndPasswordChanged)
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 0)
	v, err := w.store.AttemptByToken(w.ctx, half.TokenHash)
	w.must(err)
	same(w, []any{v.Attempt.EndedAt, v.Attempt.EndReason}, []any{w.clock(), "password_changed"})
	w.refused("the link", w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "x", At: w.clock()}), core.ErrUsed)
	another, err := w.store.SessionByToken(w.ctx, theirs.TokenHash)
	w.must(err)
	same(w, another.Session.EndedAt, time.Time{})
	w.refused("from the session before", w.store.ChangePassword(w.ctx, w.change(u, mine, "later")), core.ErrStale)
	w.must(w.store.RequirePassword(w.ctx, core.PasswordDemand{OrganizationID: o.ID, UserID: other.ID, Due: core.PasswordTemporary, At: w.clock()}))
}

func passwordsRemembered(w *world) {
	o := w.organization("One")
	for _, tt := range []struct {
		history int
		want    []string
	}{
		{0, nil}, {1, nil}, {2, []string{"p5"}}, {4, []string{"p5", "p4", "p3"}}, {24, []string{"p5", "p4", "p3", "p2", "p1", "sealed-h24"}},
	} {
		o.Policy.PasswordHistory = tt.history
		w.must(w.store.SaveOrganization(w.ctx, o, core.Record{}))
		o.Version++
		u := w.person(o, fmt.Sprintf("h%d", tt.history))
		s := w.session(u)
		for i := range 6 {
			w.pass(time.Second)
			c := w.change(u, s, fmt.Sprintf("p%d", i+1))
			w.must(w.store.ChangePassword(w.ctx, c))
			s = c.Session
		}
		same(w, w.past(u), tt.want)
	}
	w.count("rows of all", w.rows("past_password"), 1+3+6)
}

func linkRemembers(w *world) {
	u := w.person(w.organization("One"), "ada")
	l := w.link(u)
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "next", At: w.clock()}))
	same(w, w.past(u), []string{"sealed-ada"})
	same(w, w.account(u).User.PasswordSetAt, w.clock())
	w.refused("again", w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "third", At: w.clock()}), core.ErrUsed)
	same(w, w.past(u), []string{"sealed-ada"})
}

func demandLasts(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	demand := func(due core.PasswordDue) core.PasswordDemand {
		return core.PasswordDemand{OrganizationID: o.ID, UserID: u.ID, Due: due, At: w.clock()}
	}
	began := w.clock()
	w.must(w.store.RequirePassword(w.ctx, demand(core.PasswordTemporary)))
	w.pass(time.Hour)
	w.must(w.store.RequirePassword(w.ctx, demand(core.PasswordDistrusted)))
	w.must(w.store.RequirePassword(w.ctx, demand(core.PasswordTemporary)))
	got := w.account(u).User
	same(w, []any{got.PasswordDue, got.PasswordDueAt}, []any{core.PasswordDistrusted, began})
	w.count("changes", w.rows("cache_change WHERE kind = 'user'"), 3)
}

// onePasswordChange: fifty tabs change the same password; one does.
func onePasswordChange(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	made := make([]core.PasswordChange, callers)
	for i := range made {
		made[i] = w.change(u, s, fmt.Sprintf("next %d", i))
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.ChangePassword(w.ctx, made[i]) }, core.ErrStale)
	w.count("changes", won, 1)
	w.count("version", int(w.account(u).User.PasswordVersion), 2)
	w.count("passwords replaced", w.rows("past_password"), 1)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
	w.count("events", w.rows("event WHERE kind = 'password.changed'"), 1)
}

// passwordRenewed: a new hash ends nothing, and never takes the place of a
// password that was changed or taken away meanwhile.
func passwordRenewed(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	w.session(u)
	before := w.account(u).User
	w.must(w.store.RenewPassword(w.ctx, o.ID, u.ID, before.PasswordVersion, "renewed"))
	after := before
	after.PasswordSealed = "renewed"
	same(w, w.account(u).User, after)
	w.count("passwords replaced", w.rows("past_password"), 0)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
	w.must(w.store.ChangePassword(w.ctx, w.change(u, w.session(u), "changed")))
	w.refused("after a change", w.store.RenewPassword(w.ctx, o.ID, u.ID, before.PasswordVersion, "late"), core.ErrStale)
	same(w, w.account(u).User.PasswordSealed, "changed")
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET password_sealed = '' WHERE id = $1", string(u.ID))
	w.must(err)
	w.refused("of none", w.store.RenewPassword(w.ctx, o.ID, u.ID, before.PasswordVersion+1, "late"), core.ErrStale)
}
