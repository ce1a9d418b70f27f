package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func codeTests() map[string]test {
	return map[string]test{
		"sends stand thirty seconds apart":       sendGap,
		"three sends of an attempt":              sendsOfAttempt,
		"five sends an hour, twenty known":       sendsOfHour,
		"forty sends a day":                      sendsOfDay,
		"a refused send changes nothing":         refusedSend,
		"sending never refills the tries":        neverRefilled,
		"the last wrong code ends the attempt":   lastWrong,
		"a freed try is as if never taken":       freedTry,
		"ten wrong pause, thirty block":          pauseAndBlock,
		"recovery codes have their own counter":  ownCounters,
		"a freed try takes its pause back":       freedPause,
		"a right code lifts its own kind's lock": liftsOwnBlock,
		"a panel counts its own tries":           panelTries,
		"a code of another attempt is not taken": foreignCode,
	}
}

// limited fails the test unless err refuses for the allowance, with a wait
// where waiting helps.
func (w *world) limited(err error, allowance string, wait time.Duration) {
	w.t.Helper()
	w.refused(allowance, err, core.ErrLimit)
	var e *core.Error
	if !asError(err, &e) || e.Params["allowance"] != allowance || core.WaitOf(err) != wait {
		w.t.Errorf("got %v with wait %v, want the allowance %q with wait %v", err, core.WaitOf(err), allowance, wait)
	}
}

func sendGap(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, c))
	w.pass(20 * time.Second)
	w.limited(w.store.SendCode(w.ctx, w.again(u, c)), "gap", 10*time.Second)
	w.pass(10 * time.Second)
	w.must(w.store.SendCode(w.ctx, w.again(u, c)))
}

func sendsOfAttempt(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, c))
	for range core.SendsPerAttempt - 1 {
		w.pass(time.Minute)
		c = w.again(u, c)
		w.must(w.store.SendCode(w.ctx, c))
	}
	w.pass(time.Minute)
	w.limited(w.store.SendCode(w.ctx, w.again(u, c)), "attempt", 0)
}

func sendsOfHour(w *world) {
	u := w.person(w.organization("One"), "ada")
	for range core.SendsPerHour {
		w.must(w.store.SendCode(w.ctx, w.codeSend(u, w.id("owner"))))
		w.pass(time.Minute)
	}
	w.limited(w.store.SendCode(w.ctx, w.codeSend(u, w.id("owner"))), "hour", 55*time.Minute)
	known := w.codeSend(u, w.id("owner"))
	known.PerHour = core.SendsPerHourSeen
	w.must(w.store.SendCode(w.ctx, known))
	w.pass(55 * time.Minute)
	// The oldest has left the hour, the one from the known browser is in it.
	w.limited(w.store.SendCode(w.ctx, w.codeSend(u, w.id("owner"))), "hour", time.Minute)
	w.pass(time.Minute)
	w.must(w.store.SendCode(w.ctx, w.codeSend(u, w.id("owner"))))
}

func sendsOfDay(w *world) {
	u := w.person(w.organization("One"), "ada")
	send := func() error {
		s := w.codeSend(u, w.id("owner"))
		s.PerHour = core.SendsPerHourSeen
		return w.store.SendCode(w.ctx, s)
	}
	for range core.SendsPerDay {
		w.must(send())
		w.pass(4 * time.Minute)
	}
	w.limited(send(), "day", 24*time.Hour-core.SendsPerDay*4*time.Minute)
	w.pass(24*time.Hour - core.SendsPerDay*4*time.Minute)
	w.must(send())
}

func refusedSend(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	before := w.dump()
	again := w.again(u, c)
	again.Attempt = &a
	again.Record = core.Record{Events: []core.Event{w.event(u, core.EventCodeSent)}}
	w.refused("a send within the gap", w.store.SendCode(w.ctx, again), core.ErrLimit)
	same(w, w.dump(), before)
	w.pass(time.Minute)
	again = w.again(u, c)
	again.Challenge.Sends = 4
	w.refused("a send that skips one", w.store.SendCode(w.ctx, again), core.ErrLimit)
	again.Challenge.Sends = 3
	w.refused("a send that skips one", w.store.SendCode(w.ctx, again), core.ErrStale)
	same(w, w.dump(), before)
}

func neverRefilled(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	for range 3 {
		_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindEmail, a.ID, c.Challenge.ID))
		w.must(err)
	}
	w.pass(time.Minute)
	w.must(w.store.SendCode(w.ctx, w.again(u, c)))
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	w.count("tries of the code", v.Challenge.Tries, 3)
	w.count("tries of the attempt", v.Attempt.Tries, 3)
}

func lastWrong(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	try := w.try(u, core.KindEmail, a.ID, c.Challenge.ID)
	for left := core.AttemptTries - 1; left >= 0; left-- {
		taken, err := w.store.TakeTry(w.ctx, try)
		w.must(err)
		w.count("left", taken.Left, left)
		w.must(w.store.SettleTry(w.ctx, try, core.OutcomeWrong, core.Record{Events: []core.Event{w.event(u, core.EventCodeWrong)}}))
	}
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Attempt.EndReason, "tries")
	same(w, v.Challenge.Live(w.clock()), false)
	w.count("events", w.rows("event"), core.AttemptTries)
	_, err = w.store.TakeTry(w.ctx, try)
	w.refused("one more", err, core.ErrLimit)
}

func freedTry(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	try := w.try(u, core.KindEmail, a.ID, c.Challenge.ID)
	for range 2 * core.AttemptTries {
		_, err := w.store.TakeTry(w.ctx, try)
		w.must(err)
		w.must(w.store.SettleTry(w.ctx, try, core.OutcomeFreed, core.Record{}))
	}
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	w.count("attempt", v.Attempt.Tries, 0)
	w.count("code", v.Challenge.Tries, 0)
	w.count("account", v.Account.Guards[core.KindEmail].Failures, 0)
}

func pauseAndBlock(w *world) {
	u := w.person(w.organization("One"), "ada")
	want := core.Guard{}
	for n := 1; n <= 30; n++ {
		try := w.try(u, core.KindApp, "", "")
		taken, err := w.store.TakeTry(w.ctx, try)
		w.must(err)
		want = want.After(try.Rule, w.clock())
		same(w, taken.Guard, want)
		if n%10 == 0 && n < 30 {
			w.pass(14 * time.Minute)
			_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
			same(w, core.WaitOf(err), time.Minute)
			w.pass(time.Minute)
		}
	}
	w.pass(1000 * time.Hour)
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
	w.refused("after thirty", err, core.ErrLimit)
	same(w, core.WaitOf(err), time.Duration(0))
	same(w, w.account(u).Guards[core.KindApp].Blocked, true)
	// Another way in does not lift it, help does.
	s := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, s))
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindEmail, ChallengeID: s.Challenge.ID})))
	same(w, w.account(u).Guards[core.KindApp], core.Guard{Blocked: true})
	w.must(w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: u.OrganizationID, UserID: u.ID, At: w.clock()}))
	w.count("counters", len(w.account(u).Guards), 0)
}

func ownCounters(w *world) {
	u := w.person(w.organization("One"), "ada")
	for range 10 {
		_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
		w.must(err)
	}
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
	w.refused("the eleventh app code", err, core.ErrLimit)
	_, err = w.store.TakeTry(w.ctx, w.try(u, core.KindRecovery, "", ""))
	w.must(err)
}

func freedPause(w *world) {
	u := w.person(w.organization("One"), "ada")
	try := w.try(u, core.KindApp, "", "")
	for range 10 {
		_, err := w.store.TakeTry(w.ctx, try)
		w.must(err)
	}
	w.must(w.store.SettleTry(w.ctx, try, core.OutcomeFreed, core.Record{}))
	same(w, w.account(u).Guards[core.KindApp], core.Guard{Failures: 9})
	w.must(w.store.SettleTry(w.ctx, try, core.OutcomeRight, core.Record{}))
	same(w, w.account(u).Guards[core.KindApp], core.Guard{Failures: 8})
}

func liftsOwnBlock(w *world) {
	u, credentials, _ := w.enrol(w.person(w.organization("One"), "ada"), 0)
	for range 30 {
		_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
		w.must(err)
		w.pass(15 * time.Minute)
	}
	// The thirtieth was right.
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindApp, CredentialID: credentials[0].ID, Mark: 9})))
	same(w, w.account(u).Guards[core.KindApp], core.Guard{})
}

func panelTries(w *world) {
	u := w.person(w.organization("One"), "ada")
	e := w.panel(u, w.session(u).ID)
	c := w.codeSend(u, e.ID)
	w.must(w.store.SendCode(w.ctx, c))
	email := w.try(u, core.KindEmail, "", c.Challenge.ID)
	email.EnrolmentID = e.ID
	taken, err := w.store.TakeTry(w.ctx, email)
	w.must(err)
	w.count("left of the emailed code", taken.Left, core.CodeTries-1)
	app := w.try(u, core.KindApp, "", "")
	app.EnrolmentID = e.ID
	for left := core.AttemptTries - 1; left >= 0; left-- {
		taken, err := w.store.TakeTry(w.ctx, app)
		w.must(err)
		w.count("left of the panel", taken.Left, left)
	}
	_, err = w.store.TakeTry(w.ctx, app)
	w.refused("a sixth", err, core.ErrLimit)
	w.must(w.store.SettleTry(w.ctx, email, core.OutcomeWrong, core.Record{}))
	_, err = w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, e.SessionID)
	w.must(err)
	w.must(w.store.SettleTry(w.ctx, app, core.OutcomeWrong, core.Record{}))
	_, err = w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, e.SessionID)
	w.refused("the panel after its fifth", err, core.ErrNotFound)
	w.count("sealed secrets left", w.rows("enrolment WHERE secret_sealed <> '' OR codes_sealed <> ''"), 0)
}

func foreignCode(w *world) {
	u := w.person(w.organization("One"), "ada")
	a, b := w.attempt(u), w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindEmail, b.ID, c.Challenge.ID))
	w.refused("try", err, core.ErrLimit)
	err = w.store.CompleteSignIn(w.ctx, w.completion(u, &b, &core.FactorUse{Kind: core.KindEmail, ChallengeID: c.Challenge.ID}))
	w.refused("completion", err, core.ErrUsed)
	v, err := w.store.AttemptByToken(w.ctx, b.TokenHash)
	w.must(err)
	same(w, v.Attempt.EndedAt.IsZero(), true)
	w.count("tries of the other attempt", v.Attempt.Tries, 0)
}
