package apikey

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Get returns a key that somebody may change: their own, or as an administrator
// any of the organization. ErrNotFound for every other.
func (s *Service) Get(ctx context.Context, v core.SessionView, id core.ID) (core.KeyView, error) {
	k, err := s.Store.APIKeyByID(ctx, v.Account.User.OrganizationID, id)
	if err != nil {
		return k, err
	}
	if k.Key.UserID != v.Account.User.ID && !administers(v) {
		return core.KeyView{}, core.ErrNotFound
	}
	s.uses.onto(&k.Key)
	return k, nil
}

// Own returns the keys that act as whoever asks, by name.
func (s *Service) Own(ctx context.Context, v core.SessionView) ([]core.KeyView, error) {
	u := v.Account.User
	return s.list(ctx, core.APIKeyFilter{OrganizationID: u.OrganizationID, UserID: u.ID})
}

// PageSize is how many keys a page of the organization's shows.
const PageSize = 50

// All returns a page of the organization's keys by name, those after one of them,
// for administrators; and whether there are more.
func (s *Service) All(ctx context.Context, v core.SessionView, after core.ID) ([]core.KeyView, bool, error) {
	if !administers(v) {
		return nil, false, core.ErrNotFound
	}
	f := core.APIKeyFilter{OrganizationID: v.Account.User.OrganizationID, Limit: PageSize + 1}
	if after != "" {
		last, err := s.Store.APIKeyByID(ctx, f.OrganizationID, after)
		if err != nil {
			return nil, false, err
		}
		f.AfterID, f.AfterName = last.Key.ID, last.Key.Name
	}
	all, err := s.list(ctx, f)
	more := len(all) > PageSize
	return all[:min(len(all), PageSize)], more, err
}

func (s *Service) list(ctx context.Context, f core.APIKeyFilter) ([]core.KeyView, error) {
	all, err := s.Store.APIKeys(ctx, f)
	for i := range all {
		s.uses.onto(&all[i].Key)
	}
	return all, err
}

// Edited is what may be changed of a key.
type Edited struct {
	Name      string
	Networks  string
	ExpiresAt time.Time // within [core.KeyLife] from now
}

// Edit stores another name, other networks or another end.
func (s *Service) Edit(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, e Edited) error {
	networks, bad := core.ParseNetworks(e.Networks)
	if bad != nil {
		return core.InField("networks", bad)
	}
	return s.change(ctx, v, o, id, core.EventAPIKeyChanged, func(k *core.APIKey, now time.Time) (map[string]string, error) {
		was := *k
		k.Name, k.Networks, k.ExpiresAt = identifier.Line(e.Name), networks, e.ExpiresAt
		return differences(was, *k), k.Validate(now)
	})
}

// differences are the lines of a change; none where nothing changed.
func differences(was, is core.APIKey) map[string]string {
	d := map[string]string{}
	line := func(name, was, is string) {
		if was != is {
			d[name+"_before"], d[name+"_after"] = was, is
		}
	}
	line("name", was.Name, is.Name)
	line("networks", was.Networks.String(), is.Networks.String())
	line("expires", was.ExpiresAt.UTC().Format(time.RFC3339), is.ExpiresAt.UTC().Format(time.RFC3339))
	return d
}

// Roll gives a key another secret. The one before goes on for overlap, at most
// [core.KeyOverlap], so that programs can be changed without a gap; of an earlier
// roll nothing is left.
func (s *Service) Roll(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, overlap time.Duration) (Made, error) {
	if overlap < 0 || overlap > core.KeyOverlap {
		return Made{}, core.InField("overlap", core.NewError(core.Invalid, "key.overlap"))
	}
	made := Made{Secret: newSecret(s.Random)}
	err := s.change(ctx, v, o, id, core.EventAPIKeyRolled, func(k *core.APIKey, now time.Time) (map[string]string, error) {
		if k.Expired(now) {
			return nil, core.NewError(core.Conflict, "key.over")
		}
		detail := map[string]string{"overlap": overlap.String()}
		k.OldSecretHash, k.OldKeyID, k.OldUntil = k.SecretHash, k.KeyID, now.Add(overlap)
		if overlap == 0 {
			k.OldSecretHash, k.OldKeyID, k.OldUntil = "", "", time.Time{}
		}
		var err error
		k.KeyID = s.Ring.ActiveKey()
		k.SecretHash, err = s.hash(k.KeyID, k.Access, made.Secret)
		made.Key = *k
		return detail, err
	})
	if err != nil {
		return Made{}, err
	}
	return made, nil
}

// Release lets a key work again that a restored backup brought back: it may have
// been deleted since, so an administrator says so of each (BK2).
func (s *Service) Release(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	if !administers(v) {
		return core.ErrNotFound
	}
	return s.change(ctx, v, o, id, core.EventAPIKeyReleased, func(k *core.APIKey, _ time.Time) (map[string]string, error) {
		if !k.Held {
			return nil, core.ErrNotFound
		}
		k.Held = false
		return map[string]string{}, nil
	})
}

// change stores what edit makes of a key and writes it down; nothing where edit
// returns no details and no error.
func (s *Service) change(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, kind string, edit func(*core.APIKey, time.Time) (map[string]string, error)) error {
	if err := s.risky(v); err != nil {
		return err
	}
	found, err := s.Get(ctx, v, id)
	if err != nil {
		return err
	}
	k, now := found.Key, s.Clock()
	detail, err := edit(&k, now)
	if err != nil || kind == core.EventAPIKeyChanged && len(detail) == 0 {
		return err
	}
	err = s.Store.SaveAPIKey(ctx, core.APIKeyChange{Is: k, Record: s.record(v, o, kind, k, now, detail)})
	s.Forget(core.ChangeAPIKey, id)
	return told(err)
}

// Delete ends a key at once.
func (s *Service) Delete(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	if !v.Session.Confirmed(s.Clock()) { // no level is asked for: it only takes away
		return ErrConfirm
	}
	found, err := s.Get(ctx, v, id)
	if err != nil {
		return err
	}
	k, now := found.Key, s.Clock()
	r := s.record(v, o, core.EventAPIKeyDeleted, k, now, nil)
	r.Messages = s.Post.Notices(r.Events[0], found.Account.User)
	err = s.Store.RemoveAPIKey(ctx, core.APIKeyRemoval{OrganizationID: k.OrganizationID, KeyID: k.ID, Record: r})
	s.Forget(core.ChangeAPIKey, id)
	if errors.Is(err, core.ErrNotFound) {
		return nil // somebody was faster: it is over, as was asked for
	}
	return err
}
