package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func signInTests() map[string]test {
	return map[string]test{
		"an account that changed is stale":        staleAccounts,
		"an attempt that ended stays ended":       endedAttempts,
		"a session that ended is not replaced":    endedSessions,
		"the oldest attempts end":                 oldestAttempts,
		"a rehash is stored, versions stay":       rehash,
		"an emailed code proves the mailbox":      provesMailbox,
		"another address proves nothing":          provesNothing,
		"a completed step resets the counters":    resetsCounters,
		"a device's value moves on":               deviceMovesOn,
		"a device that ended is stale":            deviceEnded,
		"a recovery code ends the devices":        recoveryEndsDevices,
		"another person's device is not shown":    foreignDevice,
		"unstorable words are nobody's name":      unstorable,
		"ending a session ends it once":           endsOnce,
		"touching moves only forward":             touches,
		"a warning after three unfinished":        warning,
		"a confirmation is no sign-in":            confirmation,
		"an old value of a device ends it at all": replayEndsDevice,
	}
}

func staleAccounts(w *world) {
	u := w.person(w.organization("One"), "ada")
	for name, change := range map[string]func(*core.Completion){
		"password": func(c *core.Completion) { c.PasswordVersion++ },
		"factors":  func(c *core.Completion) { c.FactorSetVersion++ },
	} {
		c := w.completion(u, nil, nil)
		change(&c)
		w.refused(name, w.store.CompleteSignIn(w.ctx, c), core.ErrStale)
	}
	a := w.newAttempt(u)
	a.PasswordVersion++
	w.refused("attempt", w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: a}), core.ErrStale)
	if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive'"); err != nil {
		w.t.Fatal(err)
	}
	w.refused("deactivated", w.store.CompleteSignIn(w.ctx, w.completion(u, nil, nil)), core.ErrStale)
	w.count("sessions", w.rows("session"), 0)
	w.count("events", w.rows("event"), 0)
}

func endedAttempts(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	end := a
	end.EndedAt, end.EndReason = w.clock(), "cancelled"
	w.must(w.store.SaveAttempt(w.ctx, end, core.Record{}))
	w.refused("completion", w.store.CompleteSignIn(w.ctx, w.completion(u, &a, nil)), core.ErrStale)
	a.Version++
	w.refused("save", w.store.SaveAttempt(w.ctx, a, core.Record{}), core.ErrStale)
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, a.ID, ""))
	w.refused("try", err, core.ErrStale)
}

func endedSessions(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	w.must(w.store.EndSession(w.ctx, core.SessionEnd{OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: s.ID, Reason: "signed_out", At: w.clock()}))
	c := w.completion(u, nil, nil)
	c.ReplacesSession = s.ID
	w.refused("replacement", w.store.CompleteSignIn(w.ctx, c), core.ErrStale)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 0)
}

func oldestAttempts(w *world) {
	u := w.person(w.organization("One"), "ada")
	var all []core.Attempt
	for range core.AttemptsPerUser + 1 {
		all = append(all, w.attempt(u))
		w.pass(time.Second)
	}
	for i, a := range all {
		v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
		w.must(err)
		same(w, v.Attempt.EndedAt.IsZero(), i > 0)
	}
}

func rehash(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.must(w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: w.newAttempt(u), Rehash: "sealed-anew"}))
	got := w.account(u).User
	same(w, got.PasswordSealed, "sealed-anew")
	same(w, got.PasswordVersion, u.PasswordVersion)
	c := w.completion(u, nil, nil)
	c.Rehash = "sealed-again"
	w.must(w.store.CompleteSignIn(w.ctx, c))
	got = w.account(u).User
	same(w, got.PasswordSealed, "sealed-again")
	same(w, got.LastSignInAt, w.clock())
}

// waiting gives a person an app that waits for the mailbox.
func (w *world) waiting(u core.User) core.User {
	app := w.credential(u, core.KindApp, 1)
	app.State = core.CredentialWaiting
	e := w.panel(u, w.session(u).ID)
	w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{Enrolment: e, TurnOn: true, Credentials: []core.Credential{app}, At: w.clock()}))
	return w.account(u).User
}

func provesMailbox(w *world) {
	u := w.waiting(w.person(w.organization("One"), "ada"))
	w.count("waiting", w.account(u).WaitingApps, 1)
	a := w.attempt(u)
	s := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, s))
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, &a, &core.FactorUse{Kind: core.KindEmail, ChallengeID: s.Challenge.ID})))
	acc := w.account(u)
	same(w, acc.User.EmailProvedAt, w.clock())
	same(w, acc.User.FactorSetVersion, u.FactorSetVersion)
	w.count("waiting", acc.WaitingApps, 0)
	w.count("active", acc.Apps, 1)
}

func provesNothing(w *world) {
	u := w.waiting(w.person(w.organization("One"), "ada"))
	s := w.codeSend(u, w.id("owner"))
	s.Challenge.Address = "old@example.com"
	w.must(w.store.SendCode(w.ctx, s))
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindEmail, ChallengeID: s.Challenge.ID})))
	acc := w.account(u)
	same(w, acc.User.EmailProvedAt.IsZero(), true)
	w.count("waiting", acc.WaitingApps, 1)
}

func resetsCounters(w *world) {
	u := w.person(w.organization("One"), "ada")
	for _, kind := range []core.FactorKind{core.KindApp, core.KindEmail} {
		_, err := w.store.TakeTry(w.ctx, w.try(u, kind, "", ""))
		w.must(err)
	}
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, nil)))
	w.count("a right password resets nothing", w.account(u).Guards[core.KindApp].Failures, 1)
	s := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, s))
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindEmail, ChallengeID: s.Challenge.ID})))
	for _, kind := range []core.FactorKind{core.KindApp, core.KindEmail} {
		w.count("after a second step", w.account(u).Guards[kind].Failures, 0)
	}
}

// remembered signs a person in and remembers the device.
func (w *world) remembered(u core.User) *core.Device {
	c := w.completion(u, nil, nil)
	c.NewDevice = w.device(u)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	return c.NewDevice
}

func (w *world) useDevice(u core.User, id core.ID, n, next int64) error {
	c := w.completion(u, nil, nil)
	c.DeviceUse = &core.DeviceUse{DeviceID: id, N: n, Next: next}
	return w.store.CompleteSignIn(w.ctx, c)
}

func deviceMovesOn(w *world) {
	u := w.person(w.organization("One"), "ada")
	d := w.remembered(u)
	w.must(w.useDevice(u, d.ID, 1, 2))
	w.must(w.useDevice(u, d.ID, 1, 2)) // the answer was lost: the older value is still good
	w.count("value", w.device1(u, d.ID), 2)
	w.must(w.useDevice(u, d.ID, 2, 3)) // the newest came back
	w.count("value", w.device1(u, d.ID), 3)
	w.refused("a value before the last two", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
	w.count("value", w.device1(u, d.ID), 3)
}

func deviceEnded(w *world) {
	u := w.person(w.organization("One"), "ada")
	d := w.remembered(u)
	s := w.session(u)
	w.must(w.store.EndSession(w.ctx, core.SessionEnd{OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: s.ID, ForgetDevice: d.ID, At: w.clock()}))
	w.refused("ended", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
	w.count("changes", w.rows("cache_change WHERE kind = 'user'"), 1)
	d = w.remembered(u)
	w.pass(30 * 24 * time.Hour)
	w.refused("expired", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
}

func recoveryEndsDevices(w *world) {
	u, credentials, _ := w.enrol(w.person(w.organization("One"), "ada"), 1)
	d := w.remembered(u)
	c := w.completion(u, nil, &core.FactorUse{Kind: core.KindRecovery, CredentialID: credentials[1].ID})
	c.EndDevices = true
	w.must(w.store.CompleteSignIn(w.ctx, c))
	w.refused("device", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
}

func foreignDevice(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	d := w.remembered(u)
	v, err := w.store.FindLogin(w.ctx, other.Email, "browser", d.ID)
	w.must(err)
	same(w, v.Device, core.Device{})
	same(w, v.DeviceFound, true)
	same(w, v.Browser, core.Browser{})
}

func unstorable(w *world) {
	for _, login := range []string{"", "ada\x00@example.com", "ada\xff@example.com", "nobody@example.com"} {
		_, err := w.store.FindLogin(w.ctx, login, "", "")
		w.refused(login, err, core.ErrNotFound)
		_, _, err = w.store.UserByEmailKey(w.ctx, login)
		w.refused(login, err, core.ErrNotFound)
	}
	u := w.person(w.organization("One"), "ada")
	_, err := w.store.FindLogin(w.ctx, u.Email, "", "x\x00")
	w.refused("device", err, core.ErrNotFound)
	c := w.completion(u, nil, nil)
	c.Session.Device, c.Record.Events[0].Origin.UserAgent = "a\x00b\xff", "\x00\xc3"
	w.must(w.store.CompleteSignIn(w.ctx, c))
}

func endsOnce(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	for range 2 {
		w.must(w.store.EndSession(w.ctx, core.SessionEnd{
			OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: s.ID, Reason: "signed_out",
			At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventSignedOut)}},
		}))
		w.pass(time.Second)
	}
	v, err := w.store.SessionByToken(w.ctx, s.TokenHash)
	w.must(err)
	same(w, v.Session.EndedAt, Begin)
	same(w, v.Session.EndReason, core.EndSignedOut)
	w.count("events", w.rows("event WHERE kind = 'session.signed_out'"), 1)
	w.count("changes", w.rows("cache_change"), 1)
}

func touches(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	for _, at := range []time.Time{Begin.Add(time.Minute), Begin, {}} {
		w.must(w.store.TouchSessions(w.ctx, []core.SessionTouch{{SessionID: s.ID, SeenAt: at}}))
	}
	w.must(w.store.TouchSessions(w.ctx, nil))
	v, err := w.store.SessionByToken(w.ctx, s.TokenHash)
	w.must(err)
	same(w, v.Session.LastSeenAt, Begin.Add(time.Minute))
}

func warning(w *world) {
	u := w.person(w.organization("One"), "ada")
	open := func() {
		m, e := w.message(u, core.MailCodeWrong, ""), w.event(u, core.EventSecondStepsFailed)
		w.must(w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: w.newAttempt(u), Warnings: []core.Message{m}, WarningEvent: &e}))
		w.pass(time.Minute)
	}
	for range core.WarnAfter {
		open()
	}
	w.count("before", w.rows("outbox"), 0)
	open()
	open()
	w.count("in the hour", w.rows("outbox"), 1)
	w.pass(time.Hour)
	open()
	w.count("an hour later", w.rows("outbox"), 1)
}

func confirmation(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	w.pass(time.Hour)
	c := w.completion(u, nil, nil)
	c.ReplacesSession = s.ID
	w.must(w.store.CompleteSignIn(w.ctx, c))
	same(w, w.account(u).User.LastSignInAt, Begin)
}

func replayEndsDevice(w *world) {
	u := w.person(w.organization("One"), "ada")
	d := w.remembered(u)
	w.must(w.store.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: w.newAttempt(u), EndDevice: d.ID}))
	w.refused("device", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
}
