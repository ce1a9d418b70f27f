package passwordclient

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// AppPasswordEndings finds app passwords whose end is near.
type AppPasswordEndings interface {
	// ExpiringAppPasswords returns those that end within so many days, whose person was
	// not told so yet.
	ExpiringAppPasswords(ctx context.Context, days int, now time.Time, limit int) (core.AppPasswords, error)
	// WarnOfAppPassword notes that a person is told; ErrStale where another process was
	// quicker, or it is gone.
	WarnOfAppPassword(ctx context.Context, w core.AppPasswordWarning) error
}

// warnEvery is how often [Service.Run] looks for them.
const warnEvery = 10 * time.Minute

// Warn tells people of app passwords whose end is near: 30, 7 and 1 days before, each
// once. Each is a transaction of its own that claims it first, so of several processes
// exactly one does.
func (s *Service) Warn(ctx context.Context) error {
	var all error
	for _, days := range core.AppPasswordWarnings() { // the nearest first, so that nobody is told of two at once
		due, err := s.Endings.ExpiringAppPasswords(ctx, days, s.Clock(), batch)
		all = errors.Join(all, err)
		for _, p := range due {
			if err := s.warn(ctx, p, days); !errors.Is(err, core.ErrStale) {
				all = errors.Join(all, err) // one that fails holds up no other
			}
		}
	}
	return all
}

func (s *Service) warn(ctx context.Context, p core.AppPassword, days int) error {
	acc, _, err := s.People.AccountByID(ctx, p.OrganizationID, p.UserID)
	if err != nil {
		return err
	}
	programs, err := s.Applications.Applications(ctx, p.OrganizationID)
	if err != nil {
		return err
	}
	e := core.Event{
		ID: s.newID(), OrganizationID: p.OrganizationID, At: s.Clock(), Kind: core.EventAppPasswordEnds, Result: "ok",
		Actor: core.Actor{Kind: "system"}, SubjectID: p.UserID, Target: p.Name,
	}
	e.Detail = whatFor(p, applicationOf(programs, p))
	e.Detail[core.DetailDays] = strconv.Itoa(days)
	return s.Endings.WarnOfAppPassword(ctx, core.AppPasswordWarning{AppPassword: p, Days: days, Record: s.record(e, acc.User)})
}

// applicationOf is what an app password is for; the zero one where that is our own
// loader, or gone.
func applicationOf(all []core.Application, p core.AppPassword) core.Application {
	for _, a := range all {
		if a.ID == p.ApplicationID {
			return a
		}
	}
	return core.Application{}
}

// whatFor says in an event what an app password is for, from where and until when.
func whatFor(p core.AppPassword, a core.Application) map[string]string {
	detail := map[string]string{core.DetailUntil: p.ExpiresAt.UTC().Format(time.RFC3339)}
	if a.ID != "" {
		detail[core.DetailFor] = a.Name
	}
	if p.Network != "" {
		detail[core.DetailNetwork] = p.Network
	}
	return detail
}
