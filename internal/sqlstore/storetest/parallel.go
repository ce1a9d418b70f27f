package storetest

import (
	"fmt"
	"maps"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func parallelTests() map[string]test {
	all := map[string]test{
		"one completion of an attempt":      oneCompletion,
		"one use of a time step":            oneTimeStep,
		"one use of a recovery code":        oneRecoveryCode,
		"one use of an emailed code":        oneEmailedCode,
		"five tries of an attempt":          fiveTries,
		"ten wrong codes, then a pause":     tenThenPause,
		"twenty sessions":                   twentySessions,
		"ten devices":                       tenDevices,
		"three attempts":                    threeAttempts,
		"one step of a device's value":      oneRotation,
		"one replacement of a session":      oneReplacement,
		"one send at a time":                oneSend,
		"one first send of an attempt":      oneFirstSend,
		"five sends an hour":                fiveSends,
		"two hundred takes, five slots":     fiveSlots,
		"past the limit one check a time":   oneSlotPastLimit,
		"every failure counts":              everyFailure,
		"each message leased once":          leasedOnce,
		"one completion of a panel":         onePanel,
		"at most three apps":                threeApps,
		"retries lose nothing":              nothingLost,
		"one warning of unfinished sign-in": oneWarning,
	}
	maps.Copy(all, swapTests())
	return all
}

func oneCompletion(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, &a, nil)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) }, core.ErrStale, core.ErrUsed)
	w.count("completions", won, 1)
	w.count("sessions", w.rows("session"), 1)
	w.count("events", w.rows("event"), 1)
}

// usesAtOnce completes many sign-ins with the same use.
func usesAtOnce(w *world, u core.User, use core.FactorUse) {
	w.t.Helper()
	before := w.rows("session")
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, nil, &use)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) }, core.ErrUsed)
	w.count("uses", won, 1)
	w.count("sessions", w.rows("session")-before, 1)
	w.refused("a later use", w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &use)), core.ErrUsed)
}

func oneTimeStep(w *world) {
	u, credentials, _ := w.enrol(w.person(w.organization("One"), "ada"), 0)
	use := core.FactorUse{Kind: core.KindApp, CredentialID: credentials[0].ID, Mark: 1000}
	usesAtOnce(w, u, use)
	use.Mark = 999
	w.refused("an earlier step", w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &use)), core.ErrUsed)
	use.Mark = 1001
	w.must(w.store.CompleteSignIn(w.ctx, w.completion(u, nil, &use)))
}

func oneRecoveryCode(w *world) {
	u, credentials, _ := w.enrol(w.person(w.organization("One"), "ada"), 2)
	usesAtOnce(w, u, core.FactorUse{Kind: core.KindRecovery, CredentialID: credentials[1].ID})
	w.count("codes left", w.account(u).RecoveryCodes, 1)
}

func oneEmailedCode(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, c))
	usesAtOnce(w, u, core.FactorUse{Kind: core.KindEmail, ChallengeID: c.Challenge.ID})
}

func fiveTries(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	try := w.try(u, core.KindEmail, a.ID, c.Challenge.ID)
	won := w.together(callers, func(s *sqlstore.Store, _ int) error {
		_, err := s.TakeTry(w.ctx, try)
		return err
	}, core.ErrLimit)
	w.count("tries", won, core.AttemptTries)
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	w.count("tries of the attempt", v.Attempt.Tries, core.AttemptTries)
	w.count("tries of the code", v.Challenge.Tries, core.CodeTries)
	w.count("failures of the account", v.Account.Guards[core.KindEmail].Failures, core.AttemptTries)
}

// try is one use of a code of kind on an attempt.
func (w *world) try(u core.User, kind core.FactorKind, attempt, challenge core.ID) core.Try {
	return core.Try{
		OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, AttemptID: attempt, ChallengeID: challenge, PauseHolds: true,
		Rule: core.GuardRuleOf(kind), At: w.clock(),
	}
}

func tenThenPause(w *world) {
	u := w.person(w.organization("One"), "ada")
	try := w.try(u, core.KindApp, "", "")
	won := w.together(callers, func(s *sqlstore.Store, _ int) error {
		_, err := s.TakeTry(w.ctx, try)
		return err
	}, core.ErrLimit)
	w.count("tries", won, 10)
	_, err := w.store.TakeTry(w.ctx, try)
	if core.WaitOf(err) != 15*time.Minute {
		w.t.Errorf("wait after ten: got %v of %v, want 15m", core.WaitOf(err), err)
	}
}

func twentySessions(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, nil, nil)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) })
	w.count("sign-ins", won, callers)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), core.SessionsPerUser)
	w.count("changes", w.rows("cache_change WHERE kind = 'session'"), callers-core.SessionsPerUser)
}

func tenDevices(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, nil, nil)
		made[i].NewDevice = w.device(u)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) })
	w.count("sign-ins", won, callers)
	w.count("live devices", w.rows("remembered_device WHERE ended_at = 0"), core.DevicesPerUser)
}

// device is a browser to remember.
func (w *world) device(u core.User) *core.Device {
	return &core.Device{
		ID: w.id("device"), OrganizationID: u.OrganizationID, UserID: u.ID, SeedSealed: "sealed-seed", N: 1,
		PasswordVersion: u.PasswordVersion, FactorSetVersion: u.FactorSetVersion, Label: "Firefox on Linux", CreatedAt: w.clock(),
		LastUsedAt: w.clock(), ExpiresAt: w.clock().AddDate(0, 0, 30),
	}
}

func threeAttempts(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.Attempt, callers)
	for i := range made {
		made[i] = w.newAttempt(u)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		return s.OpenAttempt(w.ctx, core.AttemptOpening{Attempt: made[i]})
	})
	w.count("openings", won, callers)
	w.count("open attempts", w.rows("attempt WHERE ended_at = 0"), core.AttemptsPerUser)
}

func oneRotation(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.completion(u, nil, nil)
	c.NewDevice = w.device(u)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, nil, nil)
		made[i].DeviceUse = &core.DeviceUse{DeviceID: c.NewDevice.ID, N: 1, Next: 2}
	}
	// Two tabs with the same value are both answered, with the same new one.
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) })
	w.count("uses", won, callers)
	w.count("value", w.device1(u, c.NewDevice.ID), 2)
}

// device1 is the number of a device's newest value.
func (w *world) device1(u core.User, id core.ID) int {
	w.t.Helper()
	v, err := w.store.FindLogin(w.ctx, u.Email, "", id)
	w.must(err)
	return int(v.Device.N)
}

func oneReplacement(w *world) {
	u := w.person(w.organization("One"), "ada")
	old := w.session(u)
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.completion(u, nil, nil)
		made[i].ReplacesSession = old.ID
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) }, core.ErrStale)
	w.count("replacements", won, 1)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
}

func oneSend(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, c))
	w.pass(core.SendGap)
	made := make([]core.CodeSend, callers)
	for i := range made {
		made[i] = w.again(u, c)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SendCode(w.ctx, made[i]) }, core.ErrLimit, core.ErrStale)
	w.count("sends", won, 1)
	w.count("messages", w.rows("outbox"), 2)
}

func oneFirstSend(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	made := make([]core.CodeSend, callers)
	for i := range made {
		made[i] = w.codeSend(u, a.ID)
		chosen := a
		chosen.Kind = core.KindEmail
		made[i].Attempt = &chosen
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SendCode(w.ctx, made[i]) }, core.ErrLimit, core.ErrStale)
	w.count("sends", won, 1)
	w.count("messages", w.rows("outbox"), 1)
	w.count("challenges", w.rows("challenge"), 1)
}

func fiveSends(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.CodeSend, callers)
	for i := range made {
		made[i] = w.codeSend(u, w.id("owner"))
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SendCode(w.ctx, made[i]) }, core.ErrLimit)
	w.count("sends", won, core.SendsPerHour)
	w.count("messages", w.rows("outbox"), core.SendsPerHour)
}

func fiveSlots(w *world) {
	b := []core.Bucket{pair("user|n:192.0.2.0/24"), pair("user|second")}
	refused := core.NewError(core.RateLimited, "refused")
	won := w.together(4*callers, func(s *sqlstore.Store, i int) error {
		taken, err := s.Take(w.ctx, b, nil, w.clock())
		if err == nil && taken.Wait > 0 {
			return refused
		}
		return err
	}, refused)
	w.count("slots", won, b[0].Rule.Limit)
	w.count("leases", w.rows("throttle WHERE leased = 5"), 2)
}

func oneSlotPastLimit(w *world) {
	b := []core.Bucket{pair("user|n:192.0.2.0/24")}
	for range b[0].Rule.Limit {
		w.must(w.store.Settle(w.ctx, b, nil, core.OutcomeWrong, w.clock(), core.Record{}))
	}
	w.pass(b[0].Rule.FirstWait)
	refused := core.NewError(core.RateLimited, "refused")
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		taken, err := s.Take(w.ctx, b, nil, w.clock())
		if err == nil && taken.Wait > 0 {
			return refused
		}
		return err
	}, refused)
	w.count("slots", won, 1)
}

func everyFailure(w *world) {
	b, counted := []core.Bucket{pair("user|n:192.0.2.0/24")}, []core.Bucket{{Key: "address|192.0.2.7", Rule: core.BucketRule{Window: time.Hour}}}
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		return s.Settle(w.ctx, b, counted, core.OutcomeWrong, w.clock(), core.Record{})
	})
	w.count("settled", won, callers)
	w.count("buckets with every failure", w.rows(fmt.Sprintf("throttle WHERE failures = %d", callers)), 2)
}
