package account

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// The sizes of "My activity" (ux 3.12).
const (
	ActivityPage   = 50
	ActivityExport = 10_000 // rows of one file
)

// Activity returns what happened around the person's own account, newest first,
// and whether older events follow. Whoever the filter names, it is the person
// who asks. Where somebody else acted, it does not say from where: that is of
// the person who acted.
func (s *Service) Activity(ctx context.Context, v core.SessionView, f core.EventFilter) (events []core.Event, more bool, err error) {
	u := v.Account.User
	f.SubjectID = u.ID
	if f.Limit <= 0 {
		f.Limit = ActivityPage
	}
	limit := f.Limit
	f.Limit++
	if events, err = s.Journal.Events(ctx, u.OrganizationID, f); err != nil {
		return nil, false, err
	}
	if more = len(events) > limit; more {
		events = events[:limit]
	}
	for i := range events {
		e := &events[i]
		mine := e.Actor.Kind == "nobody" || e.Actor.Kind == "person" && e.Actor.ID == u.ID
		o := core.Origin{}
		if mine {
			o.Network, o.Device = e.Origin.Network, e.Origin.Device
		}
		e.Origin = o
	}
	return events, more, nil
}
