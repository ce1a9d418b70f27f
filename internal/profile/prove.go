package profile

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Prove checks the code that went to the new address and puts it in the place
// of the old one. Changing the sign-in address ends every other session and all
// remembered devices (RD6); the returned value replaces this session's cookie.
func (s *Service) Prove(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind, typed string) (sessionToken string, err error) {
	a, err := s.open(ctx, v, kind)
	if err != nil {
		return "", err
	}
	now := s.Clock()
	if !v.Session.Confirmed(now.Add(-core.AddressChangeLife)) {
		return "", ErrConfirm // it was begun confirmed; it may last its own thirty minutes longer
	}
	use, err := s.check(ctx, v, o, a, typed)
	if err != nil {
		if core.CodeOf(err) == "code.expired" {
			return "", s.expired(ctx, v, o, a)
		}
		return "", fieldError("code", err)
	}
	p := core.AddressProof{Change: a.Change, Use: use}
	p.Change.DoneAt = now
	if kind == core.AddressNotification {
		p.Record = s.notified(v, o, a.Change)
	} else {
		sessionToken = s.moved(v, o, &p)
	}
	switch err := s.Addresses.ProveAddress(ctx, p); core.CodeOf(err) {
	case core.ErrUsed.Code, core.ErrStale.Code:
		return "", errOver
	case core.ErrTaken.Code:
		// Whoever types the code has the mailbox, and may know.
		return "", core.InField("code", core.NewError(core.Invalid, "address.taken"))
	default:
		return sessionToken, err
	}
}

// moved completes the proof of a new sign-in address: how long codes still go to
// the one before, the way back, the session, and who hears of it.
func (s *Service) moved(v core.SessionView, o core.Origin, p *core.AddressProof) (sessionToken string) {
	u, now := v.Account.User, p.Change.DoneAt
	p.PreviousEmail, p.PreviousEmailUntil = u.HeldEmail(now)
	e := s.event(core.EventEmailChanged, u, o, now)
	e.ID, e.Target = p.Change.ID, p.Change.NewAddress // the link of its mail leads from the event to the change
	e.Detail = map[string]string{core.DetailReplaced: p.Change.OldAddress}
	p.Change.UndoUntil = now.Add(core.AddressUndoLife)
	after := u
	after.Email, after.EmailProvedAt, after.PreviousEmail, after.PreviousEmailUntil = p.Change.NewAddress, now, p.PreviousEmail, p.PreviousEmailUntil
	p.Record = s.record(e, after)
	token := core.NewToken(s.Random)
	p.KeepSession, p.Session = v.Session.ID, v.Session
	p.Session.ID, p.Session.TokenHash, p.Session.DeviceID = s.newID(), secret.Digest(token), ""
	p.Session.CreatedAt, p.Session.LastSeenAt = now, now
	return token
}

// notified is who hears of another notification address: it, the sign-in
// address, and the one before where it was proved.
func (s *Service) notified(v core.SessionView, o core.Origin, c core.AddressChange) core.Record {
	u, now := v.Account.User, s.Clock()
	e := s.event(core.EventNotifyChanged, u, o, now)
	e.Target = c.NewAddress
	if c.OldAddress != "" && c.OldAddress != c.NewAddress && !u.NotificationProvedAt.IsZero() {
		e.Detail = map[string]string{core.DetailReplaced: c.OldAddress}
	}
	after := u
	after.NotificationEmail, after.NotificationProvedAt = c.NewAddress, now
	return s.record(e, after)
}

// expired mails a new code in the place of one that was typed too late.
func (s *Service) expired(ctx context.Context, v core.SessionView, o core.Origin, a core.AddressView) error {
	err := s.send(ctx, v, o, a)
	switch {
	case err == nil:
		return core.InField("code", core.NewError(core.Invalid, "code.expired_resent"))
	case core.KindOf(err) == core.RateLimited:
		return core.InField("code", core.NewError(core.Invalid, "address.expired"))
	}
	return err
}

// check counts a try and checks the code. It is counted on the account too, like
// every emailed code (RL8).
func (s *Service) check(ctx context.Context, v core.SessionView, o core.Origin, a core.AddressView, typed string) (core.FactorUse, error) {
	u, now := v.Account.User, s.Clock()
	try := core.Try{
		OrganizationID: u.OrganizationID, UserID: u.ID, Kind: core.KindEmail, EnrolmentID: a.Change.ID, ChallengeID: a.Challenge.ID,
		Rule: core.GuardRuleOf(core.KindEmail), PauseHolds: true, At: now,
	}
	taken, err := s.Tries.TakeTry(ctx, try)
	if core.CodeOf(err) == core.ErrLimit.Code {
		if wait := core.WaitOf(err); wait > 0 {
			return core.FactorUse{}, core.NewError(core.Invalid, "address.paused").With("wait", wait)
		}
		return core.FactorUse{}, core.NewError(core.Invalid, "address.tries")
	}
	if err != nil {
		return core.FactorUse{}, err
	}
	use, err := s.Codes.Check(factor.Verification{Typed: typed, Now: now, UserID: u.ID, Challenge: a.Challenge})
	if err == nil {
		return use, s.Tries.SettleTry(ctx, try, core.OutcomeRight, core.Record{})
	}
	return core.FactorUse{}, s.wrong(ctx, u, o, try, taken, a.Challenge.Reference, err)
}

// wrong settles a try that was not right: what was no guess gives it back.
func (s *Service) wrong(ctx context.Context, u core.User, o core.Origin, try core.Try, taken core.TryTaken, reference string, checked error) error {
	ctx = context.WithoutCancel(ctx)
	var refusal *core.Error
	if !errors.As(checked, &refusal) || refusal.Code != "code.wrong" && refusal.Code != "code.used" {
		if err := s.Tries.SettleTry(ctx, try, core.OutcomeFreed, core.Record{}); err != nil {
			return err
		}
		return checked
	}
	e := s.event(core.EventCodeWrong, u, o, try.At)
	e.Result, e.Detail = "refused", map[string]string{core.DetailMethod: string(try.Kind)}
	r := core.Record{Events: []core.Event{e}}
	if try.At.Before(taken.Guard.PausedUntil) {
		p := s.event(core.EventFactorPaused, u, o, try.At)
		p.Detail = map[string]string{core.DetailMethod: string(try.Kind)}
		r.Join(s.record(p, u))
	}
	if err := s.Tries.SettleTry(ctx, try, core.OutcomeWrong, r); err != nil {
		return err
	}
	if taken.Left <= 0 {
		return core.NewError(core.Invalid, "address.tries")
	}
	return refusal.With("left", taken.Left).With("reference", reference)
}
