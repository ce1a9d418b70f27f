package apikey

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/secret"
)

// The errors of making and changing keys.
var (
	// ErrConfirm: the proof of who is asking is too old. The page asks to confirm
	// and tries again (SU2).
	ErrConfirm = core.NewError(core.Unauthenticated, "confirm.needed")
	// ErrLevel: no second step was shown in this session (AK5).
	ErrLevel = core.NewError(core.Forbidden, "key.level")
)

// Deps are what a service needs.
type Deps struct {
	Store   Store
	Endings Endings
	People  People
	Limits  Limits
	Post    Post
	Ring    *secret.Ring
	Clock   core.Clock
	Random  core.Random
	Logger  *slog.Logger // nil: none
}

// Service looks after API keys. It is safe for concurrent use.
type Service struct {
	Deps
	cache cache
	uses  uses
}

// New returns a Service. Until the first [Service.Polled] every key is read from
// the store.
func New(d Deps) *Service {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{Deps: d}
	s.cache.entries = map[digest]*entry{}
	s.uses.pending = map[core.ID]core.APIKeyUse{}
	return s
}

// Wanted is a key as it is asked for.
type Wanted struct {
	Name      string
	UserID    core.ID // whom it acts as; empty: whoever asks
	Scopes    []core.KeyScope
	Networks  string    // as [core.ParseNetworks] reads them; empty: any
	ExpiresAt time.Time // zero: [core.KeyLife] from now
}

// Made is a key with its secret, which exists nowhere else and is shown once.
type Made struct {
	Key    core.APIKey
	Secret string
}

// String keeps the secret out of logs.
func (m Made) String() string { return m.Key.Access }

// GoString does the same for %#v.
func (m Made) GoString() string { return m.Key.Access }

// risky refuses whoever has not just shown, beside the password, that it's them.
func (s *Service) risky(v core.SessionView) error {
	switch {
	case !v.Session.Confirmed(s.Clock()):
		return ErrConfirm
	case v.Session.Level < core.LevelEmail:
		return ErrLevel
	}
	return nil
}

// Create makes a key for whoever asks, or, where an administrator does, for
// another person of the organization.
func (s *Service) Create(ctx context.Context, v core.SessionView, o core.Origin, w Wanted) (Made, error) {
	if err := s.risky(v); err != nil {
		return Made{}, err
	}
	me := v.Account.User
	owner := me
	if w.UserID != "" && w.UserID != me.ID {
		if !administers(v) {
			return Made{}, core.ErrNotFound
		}
		acc, _, err := s.People.AccountByID(ctx, me.OrganizationID, w.UserID)
		if err != nil {
			return Made{}, err
		}
		owner = acc.User
	}
	made, err := s.build(owner, me.ID, w)
	if err != nil {
		return Made{}, err
	}
	r := s.record(v, o, core.EventAPIKeyMade, made.Key, made.Key.CreatedAt, described(made.Key))
	r.Messages = s.Post.Notices(r.Events[0], owner)
	err = s.Store.CreateAPIKey(ctx, core.APIKeyMaking{Key: made.Key, Record: r})
	return made, told(err)
}

// build makes a key of a person that nobody has stored yet.
func (s *Service) build(owner core.User, by core.ID, w Wanted) (Made, error) {
	now := s.Clock()
	networks, bad := core.ParseNetworks(w.Networks)
	if bad != nil {
		return Made{}, core.InField("networks", bad)
	}
	if w.ExpiresAt.IsZero() {
		w.ExpiresAt = now.Add(core.KeyLife)
	}
	k := core.APIKey{
		ID: core.NewID(now, s.Random), OrganizationID: owner.OrganizationID, UserID: owner.ID, CreatedBy: by, Name: identifier.Line(w.Name),
		Access: newAccess(s.Random), Scopes: w.Scopes, Networks: networks, CreatedAt: now, ExpiresAt: w.ExpiresAt, Version: 1,
	}
	if err := k.Validate(now); err != nil {
		return Made{}, err
	}
	text := newSecret(s.Random)
	k.KeyID = s.Ring.ActiveKey()
	var err error
	k.SecretHash, err = s.hash(k.KeyID, k.Access, text)
	return Made{k, text}, err
}

// macPurpose keeps the hashes of keys apart from every other MAC of the ring.
const macPurpose = "api-key"

// hash returns what is stored of a secret.
func (s *Service) hash(keyID, access, text string) (string, error) {
	sum, err := s.Ring.MAC(keyID, macPurpose, access, text)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// described are the details of a key that was made.
func described(k core.APIKey) map[string]string {
	d := map[string]string{core.DetailUntil: k.ExpiresAt.UTC().Format(time.RFC3339)}
	for _, scope := range k.Scopes {
		d["scope_"+string(scope)] = "yes"
	}
	if len(k.Networks) > 0 {
		d["networks"] = k.Networks.String()
	}
	return d
}

func administers(v core.SessionView) bool {
	u := v.Account.User
	return u.Status == core.Active && u.Type == core.Administrator
}

// record is the event of a deed about a key. What is done about a key of somebody
// else is done in an administrator's right.
func (s *Service) record(v core.SessionView, o core.Origin, kind string, k core.APIKey, now time.Time, detail map[string]string) core.Record {
	by := v.Account.User
	o.Session = v.Session.ID
	if detail == nil {
		detail = map[string]string{}
	}
	detail[core.DetailAccess] = k.Access
	r := core.Record{Events: []core.Event{{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, SubjectID: k.UserID, Target: k.Name, Detail: detail, Origin: o,
	}}}
	if k.UserID != by.ID {
		r.Warrant = v.Warrant(core.Administrator, k.UserID)
	}
	return r
}

// told puts the store's refusals into words of keys.
func told(err error) error {
	switch {
	case errors.Is(err, core.ErrLimit):
		return core.NewError(core.Conflict, "key.limit").With("count", core.KeysPerUser).Because(err)
	case errors.Is(err, core.ErrStale):
		return core.NewError(core.Conflict, "key.stale").Because(err)
	}
	return err
}
