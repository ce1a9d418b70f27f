package app

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/doctor"
	"github.com/sallyport/sallyport/internal/mailroom"
)

// health is what administrators see of the deployment.
type health struct {
	*Base
	room *mailroom.Service
}

// Health implements web.Health.
func (h health) Health(ctx context.Context) (core.Health, bool, error) {
	organizations, err := h.Organizations.List(ctx)
	if err != nil || len(organizations) != 1 {
		return core.Health{}, false, err
	}
	d, err := h.Store.Deployment(ctx)
	if err != nil {
		return core.Health{}, false, err
	}
	trials, err := h.Store.MailTrials(ctx)
	if err != nil {
		return core.Health{}, false, err
	}
	seen := core.Health{Mail: h.room.State(), BackedUpAt: d.BackedUpAt, Apart: time.Duration(h.clock.offset.Load())}
	for _, t := range trials {
		if t.At.After(seen.MailTestedAt) {
			seen.MailTestedAt = t.At
		}
	}
	if h.Config.Database == "" {
		seen.DiskFree, seen.DiskKnown = doctor.FreeDisk(h.Config.Data)
	}
	return seen, true, nil
}
