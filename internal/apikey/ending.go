package apikey

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const (
	warnEvery = 10 * time.Minute
	warnSome  = 50 // keys a look
)

// Warn tells people of keys whose end is near: 30, 7 and 1 days before, each once.
// Each is a transaction of its own that claims it first, so of several processes
// exactly one does.
func (s *Service) Warn(ctx context.Context) error {
	var all error
	for _, days := range core.KeyWarnings() { // the nearest first, so that nobody is told of two at once
		due, err := s.Endings.ExpiringAPIKeys(ctx, days, s.Clock(), warnSome)
		all = errors.Join(all, err)
		for _, v := range due {
			if err := s.warn(ctx, v, days); !errors.Is(err, core.ErrStale) {
				all = errors.Join(all, err) // one that fails holds up no other
			}
		}
	}
	return all
}

func (s *Service) warn(ctx context.Context, v core.KeyView, days int) error {
	k, now := v.Key, s.Clock()
	e := core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: k.OrganizationID, At: now, Kind: core.EventAPIKeyExpiring, Result: "ok",
		Actor: core.Actor{Kind: "system"}, SubjectID: k.UserID, Target: k.Name, Detail: map[string]string{
			core.DetailAccess: k.Access, core.DetailUntil: k.ExpiresAt.UTC().Format(time.RFC3339), core.DetailDays: strconv.Itoa(days),
		},
	}
	return s.Endings.WarnOfAPIKey(ctx, core.APIKeyWarning{
		Key: k, Days: days, Record: core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, v.Account.User)},
	})
}
