package account

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
)

// SendAgain mails the panel's code (step 1), with the allowances of a sign-in.
func (s *Service) SendAgain(ctx context.Context, v core.SessionView, o core.Origin) error {
	e, err := s.at(ctx, v, core.EnrolEmail)
	if err != nil {
		return err
	}
	return s.send(ctx, v, o, e, core.PurposeEnrol)
}

func (s *Service) send(ctx context.Context, v core.SessionView, o core.Origin, e core.EnrolmentView, purpose core.Purpose) error {
	now, u := s.Clock(), v.Account.User
	if u.Email == "" {
		return core.NewError(core.Invalid, "method.no_address")
	}
	ch, fresh := e.Challenge, e.Challenge.ID == ""
	if fresh {
		ch = core.Challenge{
			ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, OwnerID: e.Enrolment.ID, Purpose: purpose,
			Address: u.CodeAddress(now), KeyID: s.Ring.ActiveKey(), Issue: 1, Reference: core.NewReference(s.Random), IssuedAt: now,
		}
	} else if wait := ch.SendWait(now); wait > 0 {
		return core.NewError(core.RateLimited, "code.send_wait").With("wait", wait)
	} else if ch.Sends >= core.SendsPerAttempt {
		return core.NewError(core.RateLimited, "code.sends_attempt")
	} else if !ch.Repeats(now) {
		ch.Issue, ch.Reference, ch.IssuedAt = ch.Issue+1, core.NewReference(s.Random), now
	}
	ch.Sends, ch.LastSentAt = ch.Sends+1, now
	message := s.Post.Code(ch, u, now)
	ch.MessageID = message.ID
	event := s.event(core.EventCodeSent, u, o, now)
	event.Detail = map[string]string{"reference": ch.Reference, "purpose": string(ch.Purpose)}
	err := s.Store.SendCode(ctx, core.CodeSend{
		Challenge: ch, Fresh: fresh, Message: message, PerHour: core.SendsPerHourSeen, PerDay: core.SendsPerDay, At: now,
		Record: core.Record{Events: []core.Event{event}},
	})
	if core.CodeOf(err) == core.ErrLimit.Code {
		return core.NewError(core.RateLimited, "code.sends").With("wait", core.WaitOf(err))
	}
	return err
}

// ProveEmail checks the emailed code of step 1 and goes on to the app.
func (s *Service) ProveEmail(ctx context.Context, v core.SessionView, o core.Origin, typed string) error {
	e, err := s.at(ctx, v, core.EnrolEmail)
	if err != nil {
		return err
	}
	if e.Challenge.ID == "" {
		return core.InField("code", core.NewError(core.Invalid, "code.expired_unsent"))
	}
	if _, err := s.check(ctx, v, o, e, core.KindEmail, typed); err != nil {
		if code := core.CodeOf(err); code == "code.expired" {
			return s.expired(ctx, v, o, e)
		}
		return fieldError("code", err)
	}
	// The try may have raised the row's version; the step goes on from what is
	// stored now.
	if e, err = s.at(ctx, v, core.EnrolEmail); err != nil {
		return err
	}
	e.Enrolment.EmailProvedAt, e.Enrolment.EmailDeferred = s.Clock(), false
	return s.afterEmail(ctx, v, e.Enrolment)
}

func (s *Service) expired(ctx context.Context, v core.SessionView, o core.Origin, e core.EnrolmentView) error {
	err := s.send(ctx, v, o, e, e.Challenge.Purpose)
	switch {
	case err == nil:
		return core.InField("code", core.NewError(core.Invalid, "code.expired_resent"))
	case core.KindOf(err) == core.RateLimited:
		return core.InField("code", core.NewError(core.Invalid, "code.expired_unsent"))
	}
	return err
}

// ProveApp checks a code of the app being set up. With the goal of adding an
// app the app is stored at once and the raised session's cookie value comes
// back; otherwise the panel goes on to the recovery codes.
func (s *Service) ProveApp(ctx context.Context, v core.SessionView, o core.Origin, typed, label string) (sessionToken string, err error) {
	e, err := s.at(ctx, v, core.EnrolApp)
	if err != nil {
		return "", err
	}
	f, err := s.factor(core.KindApp)
	if err != nil {
		return "", err
	}
	if err := validLabel(label); err != nil {
		return "", err
	}
	now := s.Clock()
	made, err := f.FinishEnrol(v.Account.User.ID, material(e.Enrolment.SecretSealed),
		factor.Proof{Typed: typed, Now: now})
	if err != nil {
		return "", fieldError("code", err)
	}
	e.Enrolment.AppProved, e.Enrolment.AppMark = true, made[0].Mark
	if e.Enrolment.Goal == core.GoalTurnOn {
		e.Enrolment.Label = label
		return "", s.toCodes(ctx, e.Enrolment)
	}
	return s.finishAddApp(ctx, v, o, e.Enrolment, made[0], label)
}

// check takes a try of the panel's emailed code and checks it.
func (s *Service) check(ctx context.Context, v core.SessionView, o core.Origin, e core.EnrolmentView, kind core.FactorKind, typed string) (core.FactorUse, error) {
	f, err := s.factor(kind)
	if err != nil {
		return core.FactorUse{}, err
	}
	u, now := v.Account.User, s.Clock()
	var credentials []core.Credential
	if kind == core.KindApp {
		if credentials, err = s.Store.Credentials(ctx, u.OrganizationID, u.ID, kind); err != nil {
			return core.FactorUse{}, err
		}
	}
	try := core.Try{OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, EnrolmentID: e.Enrolment.ID, Rule: core.GuardRuleOf(kind), PauseHolds: true, At: now}
	if kind == core.KindEmail {
		try.ChallengeID = e.Challenge.ID
	}
	taken, err := s.Tries.TakeTry(ctx, try)
	if core.CodeOf(err) == core.ErrLimit.Code {
		if wait := core.WaitOf(err); wait > 0 {
			return core.FactorUse{}, core.NewError(core.Invalid, "method.paused").With("wait", wait)
		}
		return core.FactorUse{}, core.NewError(core.Invalid, "panel.tries")
	}
	if err != nil {
		return core.FactorUse{}, err
	}
	use, err := f.Check(factor.Verification{Typed: typed, Now: now, UserID: u.ID, Challenge: e.Challenge, Credentials: active(credentials)})
	if err == nil {
		// The panel may be left before anything is completed, so a right code is
		// taken off the account's count here.
		return use, s.Tries.SettleTry(ctx, try, core.OutcomeRight, core.Record{})
	}
	return core.FactorUse{}, s.settleWrong(ctx, u, o, try, taken, e.Challenge.Reference, now, err)
}

func (s *Service) settleWrong(ctx context.Context, u core.User, o core.Origin, try core.Try, taken core.TryTaken, reference string, now time.Time, checked error) error {
	ctx = context.WithoutCancel(ctx)
	var refusal *core.Error
	if !errors.As(checked, &refusal) || refusal.Code != "code.wrong" && refusal.Code != "code.used" {
		if err := s.Tries.SettleTry(ctx, try, core.OutcomeFreed, core.Record{}); err != nil {
			return err
		}
		return checked
	}
	e := s.event(core.EventCodeWrong, u, o, now)
	e.Result, e.Detail = "refused", map[string]string{"method": string(try.Kind)}
	r := core.Record{Events: []core.Event{e}}
	if taken.Guard.Blocked || now.Before(taken.Guard.PausedUntil) {
		r.Join(s.paused(u, o, try.Kind, taken.Guard, now))
	}
	if err := s.Tries.SettleTry(ctx, try, core.OutcomeWrong, r); err != nil {
		return err
	}
	if taken.Left <= 0 {
		return core.NewError(core.Invalid, "panel.tries")
	}
	return refusal.With("left", taken.Left).With("reference", reference).With("now", now).With("misses", core.AttemptTries-taken.Left)
}

// paused tells that a kind takes no codes for a while, or until somebody helps.
func (s *Service) paused(u core.User, o core.Origin, kind core.FactorKind, g core.Guard, now time.Time) core.Record {
	e := s.event(core.EventFactorPaused, u, o, now)
	e.Detail = map[string]string{core.DetailMethod: string(kind)}
	if g.Blocked {
		e.Detail[core.DetailBlocked] = "yes"
	}
	return s.record(e, u)
}

func active(all []core.Credential) []core.Credential {
	var out []core.Credential
	for _, c := range all {
		if c.State == core.CredentialActive && c.UsedAt.IsZero() {
			out = append(out, c)
		}
	}
	return out
}

// fieldError puts a refusal of what was typed beside its field; anything else
// passes through.
func fieldError(field string, err error) error {
	var e *core.Error
	if errors.As(err, &e) && e.Kind == core.Invalid && e.Fields == nil {
		return core.InField(field, e)
	}
	return err
}
