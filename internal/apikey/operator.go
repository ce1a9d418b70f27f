package apikey

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// CreateFor makes a key for a person at the operator's command line.
func (s *Service) CreateFor(ctx context.Context, owner core.User, by core.Actor, w Wanted) (Made, error) {
	made, err := s.build(owner, "", w)
	if err != nil {
		return Made{}, err
	}
	r := s.operated(made.Key, owner, by, core.EventAPIKeyMade, made.Key.CreatedAt, described(made.Key))
	return made, told(s.Store.CreateAPIKey(ctx, core.APIKeyMaking{Key: made.Key, Record: r}))
}

// AllOf returns all keys of an organization by name.
func (s *Service) AllOf(ctx context.Context, organizationID core.ID) ([]core.KeyView, error) {
	return s.Store.APIKeys(ctx, core.APIKeyFilter{OrganizationID: organizationID})
}

// Revoke ends the key of an access key at the operator's command line.
func (s *Service) Revoke(ctx context.Context, access string, by core.Actor) (core.KeyView, error) {
	v, err := s.named(ctx, access)
	if err != nil {
		return v, err
	}
	k := v.Key
	return v, s.Store.RemoveAPIKey(ctx, core.APIKeyRemoval{
		OrganizationID: k.OrganizationID, KeyID: k.ID, Record: s.operated(k, v.Account.User, by, core.EventAPIKeyDeleted, s.Clock(), map[string]string{}),
	})
}

// ReleaseFor lets a key work again that a restored backup brought back.
func (s *Service) ReleaseFor(ctx context.Context, access string, by core.Actor) (core.KeyView, error) {
	v, err := s.named(ctx, access)
	if err != nil {
		return v, err
	}
	if !v.Key.Held {
		return v, core.NewError(core.Conflict, "key.not_held")
	}
	v.Key.Held = false
	r := s.operated(v.Key, v.Account.User, by, core.EventAPIKeyReleased, s.Clock(), map[string]string{})
	return v, told(s.Store.SaveAPIKey(ctx, core.APIKeyChange{Is: v.Key, Record: r}))
}

// named returns the key of an access key, in any organization.
func (s *Service) named(ctx context.Context, access string) (core.KeyView, error) {
	v, err := s.Store.APIKeyByAccess(ctx, access)
	if errors.Is(err, core.ErrNotFound) {
		err = core.NewError(core.NotFound, "key.unknown").With("access", access)
	}
	return v, err
}

// operated is the record of a deed at the command line, with the mails it calls for.
func (s *Service) operated(k core.APIKey, owner core.User, by core.Actor, kind string, now time.Time, detail map[string]string) core.Record {
	detail[core.DetailAccess] = k.Access
	e := core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: k.OrganizationID, At: now, Kind: kind, Result: "ok", Actor: by,
		SubjectID: k.UserID, Target: k.Name, Detail: detail,
	}
	return core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, owner)}
}
