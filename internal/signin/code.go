package signin

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Choose picks a method. Email sends its code now, unless one that can still be
// typed is on its way already (going back and forth mails nothing new).
func (s *Service) Choose(ctx context.Context, v Visitor, kind core.FactorKind, remember bool) (State, error) {
	st, err := s.open(ctx, v)
	if err != nil {
		return st, err
	}
	if _, known := s.Factors.Get(kind); !known {
		return st, core.InField("method", core.NewError(core.Invalid, "method.unknown"))
	}
	if m := st.Step.Method(kind); !m.Ready() {
		return st, core.InField("method", methodError(m, s.Clock()))
	}
	a := st.Attempt
	a.Kind, a.Remember, a.ActiveAt = kind, remember, s.Clock()
	if f, _ := s.Factors.Get(kind); f.Prompt().Mails && !st.Challenge.Live(s.Clock()) {
		return s.send(ctx, v, st, a)
	}
	if err := s.Store.SaveAttempt(ctx, a, core.Record{}); err != nil {
		return st, err
	}
	st.Attempt = a
	st.Attempt.Version++ // as it was stored
	return s.standing(ctx, v, st.AttemptView)
}

// methodError says why a method cannot be used.
func methodError(m core.Method, now time.Time) *core.Error {
	e := core.NewError(core.Invalid, "method."+string(m.State))
	if m.State == core.MethodPaused {
		return e.With("wait", m.Until.Sub(now))
	}
	return e
}

// SendAgain mails the code once more: the same one while at least two minutes
// of its life remain, otherwise a new one with a new reference.
func (s *Service) SendAgain(ctx context.Context, v Visitor) (State, error) {
	st, err := s.open(ctx, v)
	if err != nil {
		return st, err
	}
	if m := st.Step.Method(core.KindEmail); !m.Ready() {
		return st, methodError(m, s.Clock())
	}
	a := st.Attempt
	a.Kind, a.ActiveAt = core.KindEmail, s.Clock()
	return s.send(ctx, v, st, a)
}

// open loads the attempt and insists that a second step is open.
func (s *Service) open(ctx context.Context, v Visitor) (State, error) {
	st, err := s.load(ctx, v)
	if err != nil {
		return st, err
	}
	if st.Step.StepKind != core.StepChoose && st.Step.StepKind != core.StepVerify {
		return st, errStartOver
	}
	return st, nil
}

// send queues the emailed code together with the attempt's new state.
func (s *Service) send(ctx context.Context, v Visitor, st State, a core.Attempt) (State, error) {
	now, user := s.Clock(), st.Account.User
	ch, fresh, err := s.nextIssue(st, a, now)
	if err != nil {
		return st, err
	}
	perHour, perDay := core.SendsPerHour, core.SendsPerDayStrange
	if a.BrowserKnown {
		perHour, perDay = core.SendsPerHourSeen, core.SendsPerDay
	}
	message := s.Post.Code(ch, user, now)
	ch.MessageID = message.ID
	e := s.event(core.EventCodeSent, "ok", user, v.Origin, now)
	e.Detail = map[string]string{"reference": ch.Reference, "purpose": string(ch.Purpose)}
	err = s.Store.SendCode(ctx, core.CodeSend{
		Challenge: ch, Fresh: fresh, Message: message, PerHour: perHour, PerDay: perDay, At: now,
		Attempt: &a, Record: core.Record{Events: []core.Event{e}},
	})
	if core.CodeOf(err) == core.ErrLimit.Code {
		return st, core.NewError(core.RateLimited, "code.sends").With("wait", core.WaitOf(err))
	}
	if err != nil {
		return st, err
	}
	return s.load(ctx, v)
}

// nextIssue returns the challenge as it shall be after one more send.
func (s *Service) nextIssue(st State, a core.Attempt, now time.Time) (ch core.Challenge, fresh bool, err error) {
	ch = st.Challenge
	if ch.ID == "" {
		user := st.Account.User
		return core.Challenge{
			ID: s.newID(), OrganizationID: user.OrganizationID, UserID: user.ID, OwnerID: a.ID, Purpose: a.Purpose,
			Address: user.CodeAddress(now), KeyID: s.Ring.ActiveKey(), Issue: 1, Reference: core.NewReference(s.Random),
			IssuedAt: now, Sends: 1, LastSentAt: now,
		}, true, nil
	}
	if wait := ch.SendWait(now); wait > 0 {
		return ch, false, core.NewError(core.RateLimited, "code.send_wait").With("wait", wait)
	}
	if ch.Sends >= core.SendsPerAttempt {
		return ch, false, core.NewError(core.RateLimited, "code.sends_attempt")
	}
	if !ch.Repeats(now) {
		ch.Issue, ch.Reference, ch.IssuedAt = ch.Issue+1, core.NewReference(s.Random), now
	}
	ch.Sends, ch.LastSentAt = ch.Sends+1, now
	return ch, false, nil
}

// SubmitCode checks a code. A try is counted before the check, so that parallel
// guesses cannot outrun the counter; what was no guess (empty, too short) gives
// it back.
func (s *Service) SubmitCode(ctx context.Context, v Visitor, kind core.FactorKind, typed string, remember bool) (Result, error) {
	st, err := s.open(ctx, v)
	if err != nil {
		return Result{State: st}, err
	}
	f, known := s.Factors.Get(kind)
	if !known {
		return Result{State: st}, core.ErrNotFound
	}
	m := st.Step.Method(kind)
	if !m.Ready() && !(m.State == core.MethodMailDown && st.Challenge.ID != "") {
		return Result{State: st}, core.InField("code", methodError(m, s.Clock()))
	}
	st.Attempt.Remember = remember && st.Organization.Policy.RememberDays > 0
	if kind == core.KindEmail && st.Challenge.ID == "" {
		return Result{State: st}, core.InField("code", core.NewError(core.Invalid, "code.expired_unsent"))
	}
	user := st.Account.User
	credentials, err := s.Store.FactorCredentials(ctx, user.OrganizationID, user.ID, kind)
	if err != nil {
		return Result{State: st}, err
	}
	try := core.Try{
		OrganizationID: user.OrganizationID, UserID: user.ID, Kind: kind, AttemptID: st.Attempt.ID,
		Rule: core.GuardRuleOf(kind), PauseHolds: kind != core.KindEmail || !st.Attempt.BrowserKnown, At: s.Clock(),
	}
	if kind == core.KindEmail {
		try.ChallengeID = st.Challenge.ID
	}
	taken, err := s.Tries.TakeTry(ctx, try)
	if err != nil {
		return s.tryRefused(ctx, v, st, err)
	}
	use, err := f.Check(factorInput(st, typed, credentials, s.Clock()))
	if err != nil {
		return s.codeWrong(ctx, v, st, try, taken, err)
	}
	res, err := s.complete(ctx, finish{
		visitor: v, account: st.Account, organization: st.Organization, attempt: &st.Attempt,
		use: &use, step: st.Step, returnTo: st.Attempt.ReturnTo,
	})
	if core.CodeOf(err) == core.ErrUsed.Code {
		return Result{State: st}, core.InField("code", core.NewError(core.Invalid, "code.used"))
	}
	if err != nil { // the code was right, so it is no failure of the person's (law 5)
		settled := s.Tries.SettleTry(context.WithoutCancel(ctx), try, core.OutcomeFreed, core.Record{})
		return res, errors.Join(err, settled)
	}
	return res, nil
}
