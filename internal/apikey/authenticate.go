package apikey

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// MaxValue bounds a header's value that carries a key or a part of one (AK6).
const MaxValue = 256

// The errors of a key that is shown; beside them those of [core.KeyView.Refusal].
var (
	// ErrWrong: no such key, or not its secret.
	ErrWrong = core.NewError(core.Unauthenticated, "key.wrong")
	// ErrLimited: too many wrong keys (AK7); Params["wait"].
	ErrLimited = core.NewError(core.RateLimited, "key.limited").With("wait", time.Minute)
	// ErrUnavailable: the store cannot be asked, and nothing confirmed within the
	// last 5 s is known (law 9).
	ErrUnavailable = core.NewError(core.Unavailable, "key.unavailable")
)

// Authenticate returns the key whose two parts are shown in a request from an
// address, with its person and organization as they are now, and notes the use. A
// key that opens nothing now gives the reason ([core.KeyView.Refusal]). What it is
// for is not asked here: [core.KeyView.Has], [core.KeyView.MayAsk].
func (s *Service) Authenticate(ctx context.Context, access, secret string, from netip.Addr) (core.KeyView, error) {
	v, err := s.AuthenticateShared(ctx, access, secret, from)
	if err != nil {
		return core.KeyView{}, err
	}
	return *v, nil
}

// AuthenticateShared is [Service.Authenticate] without a copy: nobody may change
// what it returns.
func (s *Service) AuthenticateShared(ctx context.Context, access, secret string, from netip.Addr) (*core.KeyView, error) {
	if len(access) > MaxValue || len(secret) > MaxValue {
		return nil, core.ErrKeyLong
	}
	if !wellFormed(access, secret) {
		return nil, s.missed(ctx, access, from)
	}
	e, err := s.find(ctx, access, secret)
	switch {
	case errors.Is(err, ErrWrong):
		return nil, s.missed(ctx, access, from)
	case err != nil:
		return nil, err
	}
	now := s.Clock()
	if err := e.view.Refusal(e.allowed, from, now); err != nil {
		return nil, err
	}
	s.uses.mark(e, now, from)
	return &e.view, nil
}

// Bearer takes the value of an Authorization header apart that carries a whole key:
// "Bearer access.secret". Found is false for every other scheme.
func Bearer(value string) (access, secret string, found bool) {
	scheme, rest, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", "", false
	}
	access, secret, _ = strings.Cut(strings.TrimSpace(rest), ".")
	return access, secret, true
}

// missed counts a wrong key.
func (s *Service) missed(ctx context.Context, access string, from netip.Addr) error {
	more, err := s.Limits.MissKey(ctx, access, from)
	switch {
	case err != nil:
		return ErrUnavailable.Because(err)
	case !more:
		return ErrLimited
	}
	return ErrWrong
}

// find returns the entry of a key, from memory where that is good.
func (s *Service) find(ctx context.Context, access, text string) (*entry, error) {
	key := digestOf(access, text)
	if e := s.cache.get(key); e != nil && e.good(s.Clock()) && s.cache.fresh(s.Clock()) {
		return e, nil
	}
	generation := s.cache.generation.Load()
	v, err := s.Store.APIKeyByAccess(ctx, access)
	none := errors.Is(err, core.ErrNotFound)
	if err != nil && !none {
		return nil, ErrUnavailable.Because(err)
	}
	until, err := s.matches(v.Key, access, text)
	if err != nil {
		return nil, err
	}
	allowed, bad := core.ParseNetworks(v.Organization.Policy.AllowedNetworks)
	if bad != nil {
		return nil, ErrUnavailable.Because(bad)
	}
	e := &entry{key: key, view: v, allowed: allowed, until: until}
	s.cache.put(e, generation)
	return e, nil
}

// matches compares a secret with both hashes of a key, in constant time, and
// returns when the match ends by itself; zero where it is the secret of now. For
// the zero key, which nobody has, it does the same work (EN2).
func (s *Service) matches(k core.APIKey, access, text string) (until time.Time, err error) {
	is, err := s.same(k.KeyID, k.SecretHash, access, text)
	if err != nil {
		return until, err
	}
	was, err := s.same(k.OldKeyID, k.OldSecretHash, access, text)
	switch {
	case err != nil:
		return until, err
	case is:
		return until, nil
	case was && s.Clock().Before(k.OldUntil):
		return k.OldUntil, nil
	}
	return until, ErrWrong
}

func (s *Service) same(keyID, stored, access, text string) (bool, error) {
	if keyID == "" {
		keyID = s.Ring.ActiveKey()
	}
	sum, err := s.Ring.MAC(keyID, macPurpose, access, text)
	if errors.Is(err, secret.ErrKeyID) {
		return false, nil // the data key was removed: nothing that still works hung on it
	}
	want, bad := base64.RawURLEncoding.DecodeString(stored)
	return err == nil && bad == nil && hmac.Equal(sum, want), err
}

// digestOf names a key in memory, where neither part stands in clear.
func digestOf(access, text string) digest {
	var b [accessLength + secretLength]byte
	copy(b[copy(b[:], access):], text)
	return sha256.Sum256(b[:])
}
