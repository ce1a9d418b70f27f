package signin

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
)

func factorInput(st State, typed string, credentials []core.Credential, now time.Time) factor.Verification {
	return factor.Verification{Typed: typed, Now: now, UserID: st.Account.User.ID, Challenge: st.Challenge, Credentials: credentials}
}

// guessed are the refusals that used up a try; any other was no guess.
func guessed(code string) bool { return code == "code.wrong" || code == "code.used" }

// tryRefused explains why no try could be taken: the attempt, the code or the
// account's counter of this kind is spent.
func (s *Service) tryRefused(ctx context.Context, v Visitor, st State, err error) (Result, error) {
	if core.CodeOf(err) == core.ErrStale.Code {
		return Result{State: st}, errStartOver
	}
	if core.CodeOf(err) != core.ErrLimit.Code {
		return Result{State: st}, err
	}
	if wait := core.WaitOf(err); wait > 0 {
		return Result{State: st}, core.InField("code", core.NewError(core.Invalid, "method.paused").With("wait", wait))
	}
	now, loadErr := s.load(ctx, v)
	if loadErr != nil {
		return Result{State: st}, loadErr
	}
	if now.Step.StepKind == core.StepPassword {
		return Result{State: now}, errEnded
	}
	return Result{State: now}, core.InField("code", core.NewError(core.Invalid, "method.blocked"))
}

// codeWrong settles a try that was not right and says what to do next.
func (s *Service) codeWrong(ctx context.Context, v Visitor, st State, try core.Try, taken core.TryTaken, checked error) (Result, error) {
	ctx = context.WithoutCancel(ctx)
	var refusal *core.Error
	if !errors.As(checked, &refusal) || !guessed(refusal.Code) {
		if err := s.Tries.SettleTry(ctx, try, core.OutcomeFreed, core.Record{}); err != nil {
			return Result{State: st}, err
		}
		if refusal == nil {
			return Result{State: st}, checked
		}
		if refusal.Code == "code.expired" && try.Kind == core.KindEmail {
			return s.expired(ctx, v, st)
		}
		return Result{State: st}, core.InField("code", refusal)
	}
	user, now := st.Account.User, s.Clock()
	e := s.event(core.EventCodeWrong, "refused", user, v.Origin, now)
	e.Detail = map[string]string{"method": string(try.Kind)}
	r := s.record(e, user)
	if taken.Guard.Blocked || now.Before(taken.Guard.PausedUntil) {
		paused := s.event(core.EventFactorPaused, "ok", user, v.Origin, now)
		paused.Detail = map[string]string{"method": string(try.Kind)}
		if taken.Guard.Blocked {
			paused.Detail["blocked"] = "yes"
		}
		r.Join(s.record(paused, user))
	}
	if err := s.Tries.SettleTry(ctx, try, core.OutcomeWrong, r); err != nil {
		return Result{State: st}, err
	}
	if taken.Left <= 0 {
		return Result{State: st}, errEnded
	}
	refusal = refusal.With("left", taken.Left).With("reference", st.Challenge.Reference).
		With("misses", core.AttemptTries-taken.Left).With("now", now)
	return Result{State: st}, core.InField("code", refusal)
}

// expired sends a new code by itself when the typed one had expired, and says
// so; where no more may be sent it says that instead.
func (s *Service) expired(ctx context.Context, v Visitor, st State) (Result, error) {
	a := st.Attempt
	a.Kind, a.ActiveAt = core.KindEmail, s.Clock()
	sent, err := s.send(ctx, v, st, a)
	if err != nil {
		var limited *core.Error
		if errors.As(err, &limited) && limited.Kind == core.RateLimited {
			return Result{State: st}, core.InField("code", core.NewError(core.Invalid, "code.expired_unsent"))
		}
		return Result{State: st}, err
	}
	return Result{State: sent}, core.InField("code", core.NewError(core.Invalid, "code.expired_resent"))
}
