package passwordclient

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often Run looks, and at how many. Nobody waits for the end of a pause to be
// written down: what decides is the clock.
const (
	lookEvery = time.Second
	batch     = 50
)

// Run works until ctx ends: it writes down which pauses are over, also where that was
// while no server ran, and tells of it; writes down when app passwords were used last;
// and tells of those that end soon. It runs in every process: what another one was
// quicker with is left to it.
func (s *Service) Run(ctx context.Context) error {
	flush := func(ctx context.Context) {
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("uses of app passwords were not written down", "error", err)
		}
	}
	var warned time.Time
	err := rounds.Every(ctx, lookEvery, func(ctx context.Context) {
		if err := s.ClosePauses(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("ends of pauses were not written down", "error", err)
		}
		flush(ctx)
		if now := s.Clock(); now.Sub(warned) >= warnEvery {
			warned = now
			if err := s.Warn(ctx); err != nil && ctx.Err() == nil {
				s.Logger.Warn("people were not told of app passwords that end", "error", err)
			}
		}
	})
	s.uses.due()
	flush(context.WithoutCancel(ctx))
	return err
}

// ClosePauses is one look of [Service.Run]. One pause that fails holds up no other.
func (s *Service) ClosePauses(ctx context.Context) error {
	over, err := s.Pauses.OverPauses(ctx, s.Clock(), batch)
	if err != nil {
		return err
	}
	for _, p := range over {
		if closed := s.close(ctx, p); !errors.Is(closed, core.ErrUsed) {
			err = errors.Join(err, closed)
		}
	}
	return err
}

func (s *Service) close(ctx context.Context, p core.Pause) error {
	acc, _, err := s.People.AccountByID(ctx, p.OrganizationID, p.UserID)
	if err != nil {
		return err
	}
	if p.EndedAt.IsZero() {
		return s.finish(ctx, p, acc.User, core.PauseOver, p.Until, core.Actor{Kind: "system"}, core.Origin{})
	}
	told := p.EndEvent(p.EndedAt, core.Actor{Kind: "system"}, core.Origin{})
	return s.Pauses.TellPause(ctx, core.PauseTold{Pause: p, At: s.Clock(), Record: core.Record{Messages: s.Post.Notices(told, acc.User)}})
}
