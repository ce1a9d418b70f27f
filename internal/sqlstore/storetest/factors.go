package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func factorTests() map[string]test {
	return map[string]test{
		"a panel's Save stores all and ends the rest": panelSave,
		"a panel of old factors is stale":             panelStale,
		"a session's older panels end":                olderPanels,
		"a proved mailbox uses the panel's code":      panelCode,
		"a wrong panel session saves nothing":         panelSession,
		"new codes replace the old":                   newCodes,
		"changes end sessions and devices":            changesEnd,
		"a rename ends nothing":                       renameEnds,
		"a code allows a change once":                 changeUse,
		"a reset leaves the password":                 resetTwoFactor,
		"spent and waiting ones are left out":         leftOut,
	}
}

func panelSave(w *world) {
	u := w.person(w.organization("One"), "ada")
	other, d := w.session(u), w.remembered(u)
	s := w.session(u)
	e := w.panel(u, s.ID)
	next := w.newSession(u)
	w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{
		Enrolment: e, TurnOn: true, ProvesEmail: true, Session: next,
		Credentials: []core.Credential{w.credential(u, core.KindApp, 1), w.credential(u, core.KindRecovery, 1), w.credential(u, core.KindRecovery, 2)},
		At:          w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventTwoFactorOn)}},
	}))
	acc := w.account(u)
	same(w, []any{acc.User.TwoFactor, acc.User.FactorSetVersion, acc.User.EmailProvedAt, acc.Apps, acc.RecoveryCodes},
		[]any{core.TwoFactorOn, u.FactorSetVersion + 1, w.clock(), 1, 2})
	for token, reason := range map[string]core.EndReason{other.TokenHash: core.EndFactorsChanged, s.TokenHash: core.EndReplaced, next.TokenHash: ""} {
		v, err := w.store.SessionByToken(w.ctx, token)
		w.must(err)
		same(w, v.Session.EndReason, reason)
	}
	v, err := w.store.FindLogin(w.ctx, u.Email, "", d.ID)
	w.must(err)
	same(w, v.Device.EndedAt, w.clock())
	if w.rows("cache_change WHERE kind = 'user' AND subject_id = '"+string(u.ID)+"'") == 0 {
		w.t.Error("no replica hears of it")
	}
	w.count("sealed secrets left", w.rows("enrolment WHERE secret_sealed <> '' OR codes_sealed <> ''"), 0)
	w.count("events", w.rows("event WHERE kind = 'twofactor.on'"), 1)
}

func panelStale(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	e := w.panel(u, s.ID)
	done := core.EnrolmentCompletion{Enrolment: e, At: w.clock()}
	done.Enrolment.FactorSetVersion++
	w.refused("factors", w.store.CompleteEnrolment(w.ctx, done), core.ErrStale)
	done.Enrolment.FactorSetVersion--
	done.Enrolment.Version++
	w.refused("panel", w.store.CompleteEnrolment(w.ctx, done), core.ErrStale)
	same(w, w.account(u).User.FactorSetVersion, u.FactorSetVersion)
	e.EndedAt = w.clock()
	w.must(w.store.SaveEnrolment(w.ctx, e, core.Record{}))
	done.Enrolment.Version = 2
	w.refused("ended", w.store.CompleteEnrolment(w.ctx, done), core.ErrStale)
	w.refused("ended", w.store.SaveEnrolment(w.ctx, done.Enrolment, core.Record{}), core.ErrStale)
}

func olderPanels(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	first := w.panel(u, s.ID)
	second := w.panel(u, s.ID)
	v, err := w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, s.ID)
	w.must(err)
	same(w, v.Enrolment.ID, second.ID)
	w.refused("the first", w.store.SaveEnrolment(w.ctx, first, core.Record{}), core.ErrStale)
	w.count("open panels", w.rows("enrolment WHERE ended_at = 0"), 1)
}

func panelCode(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	e := w.panel(u, s.ID)
	c := w.codeSend(u, e.ID)
	w.must(w.store.SendCode(w.ctx, c))
	e.EmailProvedAt = w.clock()
	w.must(w.store.SaveEnrolment(w.ctx, e, core.Record{}))
	v, err := w.store.EnrolmentOf(w.ctx, u.OrganizationID, u.ID, s.ID)
	w.must(err)
	same(w, v.Challenge.UsedAt, w.clock())
	w.refused("the panel's code at a sign-in", w.store.CompleteSignIn(w.ctx,
		w.completion(u, nil, &core.FactorUse{Kind: core.KindEmail, ChallengeID: c.Challenge.ID})), core.ErrUsed)
}

func panelSession(w *world) {
	u := w.person(w.organization("One"), "ada")
	s := w.session(u)
	e := w.panel(u, s.ID)
	w.must(w.store.EndSession(w.ctx, core.SessionEnd{OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: s.ID, At: w.clock()}))
	err := w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{Enrolment: e, TurnOn: true, Session: w.newSession(u), At: w.clock()})
	w.refused("an ended session", err, core.ErrStale)
	same(w, w.account(u).User.TwoFactor, core.TwoFactorOff)
}

func newCodes(w *world) {
	u, _, s := w.enrol(w.person(w.organization("One"), "ada"), 3)
	e := w.panel(u, s.ID)
	fresh := w.credential(u, core.KindRecovery, 9)
	w.must(w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{
		Enrolment: e, Credentials: []core.Credential{fresh}, ReplaceCodes: true,
		Session: w.newSession(u), At: w.clock(),
	}))
	all, err := w.store.Credentials(w.ctx, u.OrganizationID, u.ID, core.KindRecovery)
	w.must(err)
	same(w, all, []core.Credential{fresh})
	w.count("apps", w.account(u).Apps, 1)
}

func changesEnd(w *world) {
	u, credentials, s := w.enrol(w.person(w.organization("One"), "ada"), 1)
	other, d := w.session(u), w.remembered(u)
	next := w.newSession(u)
	c := core.FactorChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, FactorSetVersion: u.FactorSetVersion, RemoveID: credentials[0].ID,
		Moves: true, KeepSession: s.ID, Session: &next, At: w.clock(),
	}
	w.must(w.store.ChangeFactors(w.ctx, c))
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
	w.count("apps", w.account(u).Apps, 0)
	same(w, w.account(u).User.FactorSetVersion, u.FactorSetVersion+1)
	v, err := w.store.SessionByToken(w.ctx, other.TokenHash)
	w.must(err)
	same(w, v.Session.EndReason, core.EndFactorsChanged)
	w.refused("device", w.useDevice(w.account(u).User, d.ID, 1, 2), core.ErrStale)
	w.refused("again", w.store.ChangeFactors(w.ctx, c), core.ErrStale)
	c.FactorSetVersion++
	w.refused("gone", w.store.ChangeFactors(w.ctx, c), core.ErrNotFound)
	same(w, w.account(u).User.FactorSetVersion, u.FactorSetVersion+1)
}

func renameEnds(w *world) {
	u, credentials, s := w.enrol(w.person(w.organization("One"), "ada"), 0)
	before := w.rows("cache_change")
	w.must(w.store.ChangeFactors(w.ctx, core.FactorChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, FactorSetVersion: u.FactorSetVersion,
		RenameID: credentials[0].ID, Label: "My phone", At: w.clock(),
	}))
	all, err := w.store.Credentials(w.ctx, u.OrganizationID, u.ID, core.KindApp)
	w.must(err)
	same(w, all[0].Label, "My phone")
	v, err := w.store.SessionByToken(w.ctx, s.TokenHash)
	w.must(err)
	same(w, v.Session.EndedAt.IsZero(), true)
	same(w, v.Account.User.FactorSetVersion, u.FactorSetVersion)
	w.count("changes", w.rows("cache_change")-before, 1)
}

func changeUse(w *world) {
	u, credentials, s := w.enrol(w.person(w.organization("One"), "ada"), 0)
	_, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", ""))
	w.must(err)
	c := core.FactorChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, FactorSetVersion: u.FactorSetVersion, TwoFactor: core.TwoFactorSuspended,
		Use: &core.FactorUse{Kind: core.KindApp, CredentialID: credentials[0].ID, Mark: 77}, ResetGuards: true, KeepSession: s.ID, Moves: true, At: w.clock(),
	}
	w.must(w.store.ChangeFactors(w.ctx, c))
	same(w, w.account(u).User.TwoFactor, core.TwoFactorSuspended)
	w.count("counter", w.account(u).Guards[core.KindApp].Failures, 0)
	v, err := w.store.SessionByToken(w.ctx, s.TokenHash)
	w.must(err)
	same(w, v.Session.EndedAt.IsZero(), true)
	c.FactorSetVersion++
	w.refused("the same code", w.store.ChangeFactors(w.ctx, c), core.ErrUsed)
}

func resetTwoFactor(w *world) {
	u, _, s := w.enrol(w.person(w.organization("One"), "ada"), 2)
	a := w.attempt(u)
	w.panel(u, s.ID)
	d := w.remembered(u)
	w.must(w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: u.OrganizationID, UserID: u.ID, At: w.clock()}))
	acc := w.account(u)
	same(w, []any{acc.User.TwoFactor, acc.User.FactorSetVersion, acc.User.PasswordSealed, acc.Apps, acc.RecoveryCodes},
		[]any{core.TwoFactorOn, u.FactorSetVersion + 1, u.PasswordSealed, 0, 0})
	for _, table := range []string{"session", "remembered_device", "enrolment", "attempt"} {
		w.count("open rows in "+table, w.rows(table+" WHERE ended_at = 0"), 0)
	}
	w.refused("attempt", w.store.CompleteSignIn(w.ctx, w.completion(u, &a, nil)), core.ErrStale)
	w.refused("device", w.useDevice(acc.User, d.ID, 1, 2), core.ErrStale)
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(acc.User, nil, nil)))
}

func leftOut(w *world) {
	u, credentials, _ := w.enrol(w.waiting(w.person(w.organization("One"), "ada")), 2)
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindRecovery, CredentialID: credentials[1].ID})))
	for kind, want := range map[core.FactorKind][2]int{core.KindApp: {2, 1}, core.KindRecovery: {2, 1}} {
		all, err := w.store.Credentials(w.ctx, u.OrganizationID, u.ID, kind)
		w.must(err)
		usable, err := w.store.FactorCredentials(w.ctx, u.OrganizationID, u.ID, kind)
		w.must(err)
		same(w, [2]int{len(all), len(usable)}, want)
	}
	w.pass(time.Second)
	w.refused("a spent code", w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &core.FactorUse{Kind: core.KindRecovery, CredentialID: credentials[1].ID})), core.ErrUsed)
}
