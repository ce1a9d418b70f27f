package core

import "time"

// FactorKind names a way to verify it's you. It is also the last path segment
// of its page: /signin/verify/{kind}.
type FactorKind string

// The kinds whose rules stand in this package: the two that are always named
// (ux 2.2), and recovery codes. Any further kind is a [KindSpec].
const (
	KindEmail    FactorKind = "email"
	KindApp      FactorKind = "app"
	KindRecovery FactorKind = "recovery"
)

// Level is an assurance level (D4).
type Level int

// The levels. A remembered device raises none: it only meets the demand for
// level 2 (law 2).
const (
	LevelNone     Level = 0
	LevelPassword Level = 1 // password, or password and remembered device
	LevelEmail    Level = 2 // password and emailed code
	LevelStrong   Level = 3 // password and authenticator or recovery code
)

// KindSpec is what decisions need to know of a further kind: it is offered to
// whoever has a credential of it, between the app and email, and counted apart
// like any other.
type KindSpec struct {
	Kind  FactorKind
	Level Level // what password and this factor together show
}

// CredentialState says whether a credential counts.
type CredentialState string

// The states. There is no state before these: an app that was not proved yet
// lives in its Enrolment and is no credential.
const (
	// CredentialWaiting: proved by a code, but the mailbox was not; it becomes
	// active at the next sign-in's emailed code (TO7).
	CredentialWaiting CredentialState = "waiting"
	CredentialActive  CredentialState = "active"
	// CredentialHeld: a recovery code that came back with a restored backup. It
	// may have been used since, so it counts for nothing until an administrator
	// releases it or the person makes new ones (BK2).
	CredentialHeld CredentialState = "held"
)

// Credential is one authenticator of a person: an app, or one recovery code.
// Sealed is opaque to everyone but the factor of that kind.
type Credential struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Kind           FactorKind
	State          CredentialState
	Label          string // the person's name for it
	LookupKey      string // recovery code: its keyed hash; (user, kind, lookup) is unique
	Sealed         string // app: the sealed shared secret
	KeyID          string // the ring key behind LookupKey or Sealed
	Mark           int64  // app: last accepted time step (RFC 6238 §5.2); only ever rises
	CreatedAt      time.Time
	LastUsedAt     time.Time
	UsedAt         time.Time // recovery code: when it was spent; zero: still good
}

// MaxApps is how many authenticator apps a person may have.
const MaxApps = 3

// Guard counts wrong codes of one kind in a row, on the account, across
// attempts (TO4, RC4). It falls to zero only after a completed second step.
type Guard struct {
	Failures    int
	PausedUntil time.Time
	Blocked     bool // until a password reset or an administrator's help
}

// Open reports whether codes of this kind are taken at now.
func (g Guard) Open(now time.Time) bool { return !g.Blocked && !now.Before(g.PausedUntil) }

// GuardRule limits a kind: after each PauseEvery wrong codes in a row the kind
// pauses; after BlockAt it is blocked. Emailed codes are never blocked: their
// sends are bounded, and blocking them could strand a person who has nothing
// else (No dead ends).
type GuardRule struct {
	PauseEvery int
	Pause      time.Duration
	BlockAt    int // 0: never
}

// GuardRuleOf returns the rule for a kind; the numbers are those of the design.
func GuardRuleOf(k FactorKind) GuardRule {
	switch k {
	case KindRecovery:
		return GuardRule{PauseEvery: 10, Pause: time.Hour}
	case KindEmail:
		return GuardRule{PauseEvery: 10, Pause: 15 * time.Minute}
	}
	return GuardRule{PauseEvery: 10, Pause: 15 * time.Minute, BlockAt: 30}
}

// After returns the guard after one more wrong code at now.
func (g Guard) After(r GuardRule, now time.Time) Guard {
	g.Failures++
	if r.PauseEvery > 0 && g.Failures%r.PauseEvery == 0 {
		g.PausedUntil = now.Add(r.Pause)
	}
	if r.BlockAt > 0 && g.Failures >= r.BlockAt {
		g.Blocked = true
	}
	return g
}

// Account is a person with the facts that decisions need.
type Account struct {
	User          User
	Apps          int                // active authenticator apps
	WaitingApps   int                // apps that wait for the mailbox proof
	RecoveryCodes int                // unspent
	Others        map[FactorKind]int // active credentials of further kinds
	HeldCodes     int                // recovery codes that wait since a backup was restored
	Guards        map[FactorKind]Guard
	Groups        []string // names, sorted
	// GroupExemptUntil is the latest end of the exemptions of the person's groups;
	// zero: none.
	GroupExemptUntil time.Time
	// Pause is the person's of which no end is written down; its time may be over.
	Pause    Pause
	ResetDue time.Time // when a reset of two-factor that waits will be carried out; zero: none waits
}

// ExemptUntil returns when an administrator's exemption ends, the later of the
// person's own and those of the groups; it may have passed. The zero time: none.
// A group's does not cover administrators: they choose who is in a group, and
// nobody exempts themselves (AD2).
func (a Account) ExemptUntil() time.Time {
	if a.User.Type < Administrator && a.GroupExemptUntil.After(a.User.ExemptUntil) {
		return a.GroupExemptUntil
	}
	return a.User.ExemptUntil
}

// Exempt reports whether an administrator's exemption is alive at now.
func (a Account) Exempt(now time.Time) bool { return now.Before(a.ExemptUntil()) }

// Holds adds so many unspent credentials of a kind and state to what the account
// has.
func (a *Account) Holds(k FactorKind, s CredentialState, n int) {
	switch {
	case k == KindApp && s == CredentialActive:
		a.Apps += n
	case k == KindApp && s == CredentialWaiting:
		a.WaitingApps += n
	case k == KindRecovery && s == CredentialActive:
		a.RecoveryCodes += n
	case k == KindRecovery && s == CredentialHeld:
		a.HeldCodes += n
	case k != KindApp && k != KindRecovery && s == CredentialActive:
		if a.Others == nil {
			a.Others = map[FactorKind]int{}
		}
		a.Others[k] += n
	}
}
