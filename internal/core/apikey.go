package core

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// KeyScope is what an API key is for. What it may do at one moment is its scopes
// and what its person may do then (AK3).
type KeyScope string

// The scopes.
const (
	// ScopeLoader loads people, groups and memberships, and whatever an application
	// that allows machines takes.
	ScopeLoader KeyScope = "loader"
	// ScopeLoaderIdentity, beside ScopeLoader, also lets a load change the address,
	// password, type or state of people who exist (AK4).
	ScopeLoaderIdentity KeyScope = "loader-identity"
	// ScopeRead reads what its person can read.
	ScopeRead KeyScope = "read"
	// ScopeFull does what its person can do on pages, less what asks to confirm
	// that it's you.
	ScopeFull KeyScope = "full"
)

// KeyScopes returns all of them, in the order in which they are offered.
func KeyScopes() []KeyScope {
	return []KeyScope{ScopeLoader, ScopeLoaderIdentity, ScopeRead, ScopeFull}
}

// The numbers of API keys (README of the design).
const (
	// KeysPerUser is how many live keys a person may have (AK5).
	KeysPerUser = 10
	// KeyLife is how long a key lives, by default and at most (AK2).
	KeyLife = 365 * 24 * time.Hour
	// KeyOverlap is how long an old secret may go on after a roll, at most (AK8).
	KeyOverlap = 24 * time.Hour
)

// APIKey is what a program shows in place of a person: a public access key and a
// secret of which only keyed hashes are stored. It opens no session.
type APIKey struct {
	ID             ID
	OrganizationID ID
	UserID         ID // who it acts as: the mapped user account
	CreatedBy      ID
	Name           string // of the application that uses it
	Access         string // spk_ and 16 letters and digits; not a secret
	SecretHash     string // keyed
	KeyID          string // the ring key behind SecretHash
	OldSecretHash  string // the secret before the last roll; empty: none
	OldKeyID       string
	OldUntil       time.Time // when that one stops working
	Scopes         []KeyScope
	Networks       AllowedNetworks // none: any that the organization allows
	CreatedAt      time.Time
	ExpiresAt      time.Time
	LastUsedAt     time.Time
	LastUsedFrom   string // address
	Held           bool   // came back with a restored backup and waits for an administrator (BK2)
	Version        int64
}

// Validate checks a key as it is made or changed at now.
func (k APIKey) Validate(now time.Time) error {
	fields := map[string]*Error{}
	if strings.TrimSpace(k.Name) == "" || utf8.RuneCountInString(k.Name) > 80 || !cleanLine(k.Name) {
		fields["name"] = NewError(Invalid, "key.name")
	}
	if !validScopes(k.Scopes) {
		fields["scope"] = NewError(Invalid, "key.scopes")
	}
	if !k.ExpiresAt.After(now) || k.ExpiresAt.After(now.Add(KeyLife)) {
		fields["expires"] = NewError(Invalid, "key.expires")
	}
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// validScopes reports whether scopes are some of those there are, each once, and
// none that widens one which is missing.
func validScopes(scopes []KeyScope) bool {
	for i, s := range scopes {
		if !slices.Contains(KeyScopes(), s) || slices.Contains(scopes[:i], s) {
			return false
		}
	}
	return len(scopes) > 0 && (!slices.Contains(scopes, ScopeLoaderIdentity) || slices.Contains(scopes, ScopeLoader))
}

// Expired reports whether the key's time is over.
func (k APIKey) Expired(now time.Time) bool { return !now.Before(k.ExpiresAt) }

// Has reports whether the key has a scope.
func (k APIKey) Has(s KeyScope) bool { return slices.Contains(k.Scopes, s) }

// MayRead reports whether the key may read what its person can.
func (k APIKey) MayRead() bool { return k.Has(ScopeRead) || k.Has(ScopeFull) }

// MayAsk reports whether the key may send a request of this method to an
// application that allows machines: one that only reads sends nothing that
// changes anything.
func (k APIKey) MayAsk(method string) bool {
	if k.Has(ScopeLoader) || k.Has(ScopeFull) {
		return true
	}
	return k.Has(ScopeRead) && (method == "GET" || method == "HEAD" || method == "OPTIONS")
}

// KeyView is a key with what its verdict needs, read together.
type KeyView struct {
	Key          APIKey
	Account      Account
	Organization Organization
}

// ErrKeyLong is a key that is refused unread: longer than any (AK6).
var ErrKeyLong = NewError(Invalid, "key.long")

// The reasons why a key that exists, shown with the right secret, is refused.
// Whoever shows it has it, so telling them gives nothing away.
var (
	ErrKeyExpired   = NewError(Unauthenticated, "key.expired")
	ErrKeyHeld      = NewError(Forbidden, "key.held")
	ErrKeyUser      = NewError(Forbidden, "key.user")      // its person may not sign in now
	ErrKeyElsewhere = NewError(Forbidden, "key.elsewhere") // not from this network
	ErrKeyScope     = NewError(Forbidden, "key.scope")     // not what it is for
	// ErrKeyMachines: the application lets no programs in.
	ErrKeyMachines = NewError(Forbidden, "key.machines")
)

// Refusal returns why the key opens nothing at now to a request from an address,
// where people of the organization may use the allowed networks; nil where it
// does. Two-factor is not asked for: a key is made by somebody who
// has shown it, and works whatever is required since and whether or not the
// mailbox was ever proved.
func (v KeyView) Refusal(allowed AllowedNetworks, from netip.Addr, now time.Time) error {
	switch {
	case v.Key.Expired(now):
		return ErrKeyExpired
	case v.Key.Held:
		return ErrKeyHeld
	case !v.Account.User.MaySignIn(), v.Organization.Locked && v.Account.User.Type != Administrator:
		return ErrKeyUser
	case !allowed.Allow(from), !v.Key.Networks.Allow(from):
		return ErrKeyElsewhere
	}
	return nil
}

// Acting returns the key's person as services ask for who acts: with no session
// and no level, so nothing that asks to confirm that it's you is open to it.
func (v KeyView) Acting() SessionView {
	return SessionView{Account: v.Account, Organization: v.Organization, Key: v.Key.Access}
}
