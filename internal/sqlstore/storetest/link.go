package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func linkTests() map[string]test {
	return map[string]test{
		"a reset ends everything but factors":       resetEnds,
		"a reset is for those who may sign in":      resetRefused,
		"a reset is noted until an app is shown":    resetNoted,
		"an invitation is for everybody not shut":   invitationTaken,
		"only the address of now is proved":         linkProves,
		"asking voids what was mailed, not printed": askingVoids,
		"a mail has its link":                       linkMail,
		"an allowance is spent and comes back":      allowance,
		"an allowance spent by many at once":        allowanceTogether,
		"one of several allowances spends none":     allowanceAll,
		"what happened is noted":                    noted,
	}
}

// resetLink is a mailed link to choose a new password.
func (w *world) resetLink(u core.User) core.Link {
	l := w.link(u)
	l.Kind, l.KeyID, l.Address = core.LinkReset, "k1", u.Email
	l.ExpiresAt = l.CreatedAt.Add(l.Kind.Life())
	return l
}

func resetEnds(w *world) {
	u, _, _ := w.enrol(w.person(w.organization("One"), "ada"), 2)
	w.attempt(u)
	for range 30 {
		_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
		w.must(err)
		w.pass(time.Hour)
	}
	for range 7 {
		_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindRecovery, "", ""))
		w.must(err)
	}
	before := w.account(u)
	if !before.Guards[core.KindApp].Blocked {
		w.t.Fatalf("30 wrong codes block nothing: %+v", before.Guards)
	}
	l := w.resetLink(u)
	w.must(w.store.AskLink(w.ctx, l, core.Record{}))
	invitation := w.link(u)
	w.must(w.store.CreateLink(w.ctx, invitation, core.Record{}))
	same(w, w.account(u), before) // asking changes nothing (PR8)
	w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "next", Proves: l.Address, At: w.clock()}))
	want := before
	want.User.PasswordSealed, want.User.PasswordVersion, want.User.PasswordSetAt = "next", before.User.PasswordVersion+1, w.clock()
	want.User.EmailProvedAt, want.User.ResetAt = w.clock(), w.clock()
	app := before.Guards[core.KindApp]
	app.Failures, app.Blocked = 0, false
	want.Guards = map[core.FactorKind]core.Guard{core.KindApp: app, core.KindRecovery: before.Guards[core.KindRecovery]}
	same(w, w.account(u), want)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 0)
	w.count("open attempts", w.rows("attempt WHERE ended_at = 0"), 0)
	if w.rows("cache_change WHERE kind = 'user' AND subject_id = $1", string(u.ID)) == 0 {
		w.t.Error("replicas are not told")
	}
	w.refused("another link", w.store.UseLink(w.ctx, core.LinkUse{Link: invitation, PasswordSealed: "x", At: w.clock()}), core.ErrUsed)
}

func resetRefused(w *world) {
	for _, set := range []string{"status = 'inactive'", "status = 'invited'"} {
		u := w.person(w.organization(set), fmt.Sprintf("p%d", len(set)))
		l := w.resetLink(u)
		w.must(w.store.AskLink(w.ctx, l, core.Record{}))
		if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET "+set); err != nil {
			w.t.Fatal(err)
		}
		before := w.account(u)
		w.refused(set, w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "x", Proves: u.Email, At: w.clock()}), core.ErrStale)
		same(w, w.account(u), before)
	}
}

func invitationTaken(w *world) {
	for status, want := range map[core.Status]*core.Error{core.Invited: nil, core.Active: nil, core.Inactive: core.ErrStale} {
		u := w.person(w.organization(string(status)), string(status))
		l := w.link(u)
		w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
		if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = $1", string(status)); err != nil {
			w.t.Fatal(err)
		}
		err := w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "x", At: w.clock()})
		if want != nil {
			w.refused(string(status), err, want)
			continue
		}
		w.must(err)
		same(w, w.account(u).User.Status, core.Active)
	}
}

func linkProves(w *world) {
	o := w.organization("One")
	for name, c := range map[string]struct {
		proves string
		want   bool
	}{
		"own": {"own@example.com", true}, "old": {"before@example.com", false}, "none": {"", false},
	} {
		u := w.person(o, name)
		l := w.resetLink(u)
		w.must(w.store.AskLink(w.ctx, l, core.Record{}))
		w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "x", Proves: c.proves, At: w.clock()}))
		same(w, !w.account(u).User.EmailProvedAt.IsZero(), c.want)
	}
}

func askingVoids(w *world) {
	u := w.person(w.organization("One"), "ada")
	printed, mailed, other := w.link(u), w.link(u), w.resetLink(u)
	mailed.Address = u.Email
	w.must(w.store.CreateLink(w.ctx, printed, core.Record{}))
	w.must(w.store.AskLink(w.ctx, other, core.Record{}))
	w.must(w.store.AskLink(w.ctx, mailed, core.Record{}))
	w.pass(time.Minute)
	next := w.link(u)
	next.Address = u.Email
	w.must(w.store.AskLink(w.ctx, next, core.Record{}))
	ends := func(l core.Link) time.Time {
		got, _, _, err := w.store.LinkByToken(w.ctx, l.TokenHash)
		w.must(err)
		return got.ExpiresAt
	}
	same(w, []time.Time{ends(printed), ends(mailed), ends(other), ends(next)}, []time.Time{printed.ExpiresAt, w.clock(), other.ExpiresAt, next.ExpiresAt})
	w.must(w.store.CreateLink(w.ctx, w.link(u), core.Record{}))
	same(w, []time.Time{ends(printed), ends(next), ends(other)}, []time.Time{w.clock(), w.clock(), other.ExpiresAt})
}

func linkMail(w *world) {
	u := w.person(w.organization("One"), "ada")
	l := w.resetLink(u)
	e := w.event(u, core.EventResetAsked)
	e.ID = l.ID
	m := w.message(u, core.MailReset, l.ID)
	w.must(w.store.AskLink(w.ctx, l, core.Record{Events: []core.Event{e}, Messages: []core.Message{m}}))
	gone := w.message(u, core.MailReset, "no such link")
	w.queue(u, gone)
	jobs := w.lease("one")
	w.count("mails", len(jobs), 2)
	for _, j := range jobs {
		if j.Message.ID == m.ID {
			same(w, []any{j.Link, j.Event}, []any{l, e})
		} else {
			same(w, []any{j.Link, j.Event}, []any{core.Link{}, core.Event{}})
		}
	}
}

// anHour allows so many an hour.
func anHour(key string, limit int) core.Bucket {
	return core.Bucket{Key: key, Rule: core.BucketRule{Limit: limit, Window: time.Hour}}
}

func (w *world) spend(buckets ...core.Bucket) bool {
	w.t.Helper()
	ok, err := w.store.Spend(w.ctx, buckets, w.clock())
	w.must(err)
	return ok
}

func allowance(w *world) {
	b := anHour("user|ask", 3)
	for range 2 {
		for range 3 {
			same(w, w.spend(b), true)
			w.pass(time.Minute)
		}
		same(w, w.spend(b), false)
		w.pass(57*time.Minute - time.Second)
		same(w, w.spend(b), false)
		w.pass(time.Second)
	}
	w.must(w.store.ClearPrefixes(w.ctx, []string{"user|"}, core.Record{}))
	same(w, w.spend(b), true)
	w.pass(2 * time.Hour)
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("rows", w.rows("throttle"), 0)
}

func allowanceTogether(w *world) {
	buckets := []core.Bucket{anHour("z|ask", 3), anHour("ask|address", 10)}
	won := w.together(callers, func(s *sqlstore.Store, _ int) error {
		ok, err := s.Spend(w.ctx, buckets, w.clock())
		if err == nil && !ok {
			return core.ErrLimit
		}
		return err
	}, core.ErrLimit)
	w.count("spent", won, 3)
	w.count("counted", w.rows("throttle WHERE failures = 3"), 2)
}

func allowanceAll(w *world) {
	full, free := anHour("a", 1), anHour("b", 1)
	same(w, w.spend(full), true)
	same(w, w.spend(free, full), false)
	same(w, w.spend(free), true)
}

func noted(w *world) {
	e := core.Event{ID: w.id("event"), At: w.clock(), Kind: core.EventResetAsked, Result: "refused", Actor: core.Actor{Kind: "nobody"}}
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{e}}))
	all, err := w.store.Events(w.ctx, "", core.EventFilter{})
	w.must(err)
	w.count("events", len(all), 1)
}

// resetNoted: a reset by a mailed link is noted on the account (D2). An emailed
// code or a sign-in by password alone leaves it, an app, a recovery code and the
// help of an administrator take it away; an invitation is none.
func resetNoted(w *world) {
	o := w.organization("One")
	other := w.person(o, "bob")
	u, credentials, _ := w.enrol(w.person(o, "ada"), 1)
	reset := func() {
		w.t.Helper()
		l := w.resetLink(w.account(u).User)
		w.must(w.store.AskLink(w.ctx, l, core.Record{}))
		w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "next", At: w.clock()}))
		u = w.account(u).User
		same(w, u.ResetAt, w.clock())
	}
	noted := func(what string, want bool) {
		w.t.Helper()
		if got := !w.account(u).User.ResetAt.IsZero(); got != want {
			w.t.Errorf("%s: noted %v, want %v", what, got, want)
		}
	}
	reset()
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, nil)))
	noted("password alone", true)
	w.pass(time.Minute)
	a := w.attempt(u)
	send := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, send))
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, &a, &core.FactorUse{Kind: core.KindEmail, ChallengeID: send.Challenge.ID})))
	noted("an emailed code", true)
	for kind, use := range map[string]core.FactorUse{
		"an app":          {Kind: core.KindApp, CredentialID: first(credentials, core.KindApp), Mark: 1 << 40},
		"a recovery code": {Kind: core.KindRecovery, CredentialID: first(credentials, core.KindRecovery)},
	} {
		w.pass(time.Minute)
		reset()
		a := w.attempt(u)
		w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, &a, &use)))
		noted(kind, false)
	}
	w.pass(time.Minute)
	reset()
	w.must(w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: o.ID, UserID: u.ID, At: w.clock()}))
	noted("an administrator's help", false)
	same(w, w.account(other).User.ResetAt, time.Time{})
}

// first is the id of the first credential of a kind.
func first(all []core.Credential, k core.FactorKind) core.ID {
	for _, c := range all {
		if c.Kind == k {
			return c.ID
		}
	}
	return ""
}
