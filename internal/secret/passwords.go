package secret

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret/foreign"
)

// Passwords hashes, verifies and screens passwords. Hashes are Argon2id PHC
// strings, sealed under the ring and bound to their person (PW7, PW8).
type Passwords struct {
	ring   *Ring
	params Params
	random core.Random
	gate   *gate
	// brought is the gate before that one for hashes of other systems, of which one
	// may cost as much as a hundred of ours: they never take every core.
	brought  *gate
	patterns patterns
}

// NewPasswords returns the passwords of a deployment. The zero Params mean
// DefaultParams; start-up refuses others that [Params.Validate] does not like,
// tests may pass them. cores is how many hashes run at once.
func NewPasswords(r *Ring, p Params, cores int, random core.Random) *Passwords {
	if p == (Params{}) {
		p = DefaultParams()
	}
	return &Passwords{ring: r, params: p, random: random, gate: newGate(cores), brought: newGate(cores / 2)}
}

// Hash returns the sealed hash of a new password. It waits at the gate; its
// errors are "busy" (Unavailable, Params["wait"]), the context's, and
// password.long or password.control for what Screen refuses in any password.
func (p *Passwords) Hash(ctx context.Context, userID core.ID, password string) (sealed string, err error) {
	normal, err := normalise(password)
	if err != nil {
		return "", err
	}
	h := hashed{params: p.params, salt: make([]byte, saltBytes)}
	p.random(h.salt)
	leave, err := p.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	h.tag = h.params.tagFor(normal, h.salt, tagBytes)
	sealed, _ = p.ring.Seal(PasswordOf(userID), []byte(h.String()))
	return sealed, nil
}

// Verify reports whether password is the one behind sealed, and whether its
// parameters or key are outdated so that the caller stores a new Hash (PW9).
// An empty sealed text (no such account, or no password yet) costs the same
// and is never right (EN1). Errors are as for Hash: password.long and
// password.control depend on the typed text alone, so they tell nothing about
// the account, and no guess was made (PW2).
//
// A hash that was made at less than the present cost costs the present one on
// top, right or wrong: the answer about an account from before a change comes
// later than about an unknown name, by the old cost, and never sooner. That
// ends for each person with the next sign-in. So it is for a hash that another
// system made (UP4), whatever it costs.
func (p *Passwords) Verify(ctx context.Context, userID core.ID, sealed, password string) (right, outdated bool, err error) {
	normal, err := normalise(password)
	if err != nil {
		return false, false, err
	}
	stored, err := p.open(userID, sealed)
	if err != nil {
		return false, false, err
	}
	if stored.brought != nil {
		leave, err := p.brought.enter(ctx)
		if err != nil {
			return false, false, err
		}
		defer leave()
	}
	leave, err := p.gate.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if stored.brought != nil {
		right, outdated = p.verifyForeign(*stored.brought, password, normal)
		return right, outdated, nil
	}
	tag := stored.params.tagFor(normal, stored.salt, len(stored.tag))
	if stored.params.cheaper(p.params) {
		p.params.tagFor(normal, stored.salt, tagBytes)
	}
	right = subtle.ConstantTimeCompare(tag, stored.tag) == 1 && sealed != ""
	outdated = right && (stored.params != p.params || len(stored.tag) != tagBytes || KeyID(sealed) != p.ring.ActiveKey())
	return right, outdated, nil
}

// opened is a stored hash: our own, or one that another system made.
type opened struct {
	hashed
	brought *foreign.Hash
}

// open reads a sealed hash; for an empty text it returns one that costs as much
// as the others.
func (p *Passwords) open(userID core.ID, sealed string) (opened, error) {
	if sealed == "" {
		return opened{hashed: hashed{params: p.params, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}}, nil
	}
	plain, err := p.ring.Open(PasswordOf(userID), sealed)
	if err != nil {
		return opened{}, err
	}
	if text, ok := strings.CutPrefix(string(plain), broughtMark); ok {
		h, err := foreign.Parse(text)
		if err != nil {
			return opened{}, fmt.Errorf("password of %s: %w", userID, errBrought)
		}
		return opened{brought: &h}, nil
	}
	own, err := parsePHC(string(plain))
	if err != nil {
		return opened{}, fmt.Errorf("password of %s: %w", userID, err)
	}
	return opened{hashed: own}, nil
}
