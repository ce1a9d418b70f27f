package help

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often Run looks. Nobody waits for the end of an exemption to be written
// down: what decides is the clock.
const (
	lookEvery  = time.Second
	closeEvery = time.Minute
	batch      = 50 // rows a look
)

// Run carries out the resets whose time has come, and writes down which
// exemptions are over, until ctx ends. It runs in every process: what another one
// was quicker with is left to it.
func (s *Service) Run(ctx context.Context) error {
	var closed time.Time
	return rounds.Every(ctx, lookEvery, func(ctx context.Context) {
		now := s.Clock()
		if err := s.CarryOut(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("resets that wait were not carried out", "error", err)
		}
		if now.Sub(closed) < closeEvery {
			return
		}
		closed = now
		if err := s.CloseExemptions(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("ends of exemptions were not written down", "error", err)
		}
	})
}

// CarryOut carries out what has waited long enough. Each is a transaction of its
// own, which claims it first: of several processes, and of this and a cancelling,
// exactly one wins.
func (s *Service) CarryOut(ctx context.Context) error {
	due, err := s.Resets.DueResets(ctx, s.Clock(), batch)
	if err != nil {
		return err
	}
	for _, r := range due {
		err = errors.Join(err, s.carryOut(ctx, r)) // one that fails holds up no other
	}
	return err
}

func (s *Service) carryOut(ctx context.Context, r core.FactorReset) error {
	acc, _, err := s.Store.AccountByID(ctx, r.OrganizationID, r.UserID)
	if err != nil {
		return err
	}
	e := s.event(core.EventTwoFactorReset, acc.User, r.By, core.Origin{})
	e.Detail = Check{r.How, r.Note}.detail()
	e.Detail["asked"] = stamp(r.AskedAt)
	err = s.Resets.ResetTwoFactor(ctx, core.TwoFactorReset{
		OrganizationID: r.OrganizationID, UserID: r.UserID, HelperID: r.By.ID, ResetID: r.ID, At: e.At, Record: s.record(e, acc.User),
	})
	switch {
	case errors.Is(err, core.ErrUsed): // cancelled, or carried out by another process
		return nil
	case errors.Is(err, core.ErrNotFound):
		return s.refuse(ctx, r, acc.User)
	}
	return err
}

// refuse ends a reset that was asked for by somebody who may no longer help the
// person: whoever was put out of office leaves nothing behind that still happens.
func (s *Service) refuse(ctx context.Context, r core.FactorReset, u core.User) error {
	e := s.event(core.EventResetStopped, u, core.Actor{Kind: "system"}, core.Origin{})
	e.Detail = map[string]string{core.DetailReason: errAbove.Code}
	err := s.Resets.EndReset(ctx, core.FactorResetEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, ResetID: r.ID, Outcome: core.ResetRefused, At: e.At, Record: s.record(e, u),
	})
	if errors.Is(err, core.ErrUsed) {
		return nil
	}
	return err
}
