package core

import "time"

// Bucket is one throttle counter: a keyed hash of a typed name with a network,
// or an account with a known browser; or an address alone.
type Bucket struct {
	Key  string
	Rule BucketRule
	// UserID is the person whom a wait of it holds up; empty: nobody who is known.
	UserID ID
}

// BucketRule says how many failures a bucket takes and what waits follow.
type BucketRule struct {
	Limit     int           // failures in Window before a wait begins
	Window    time.Duration // counted from the first failure
	FirstWait time.Duration // the first wait; each further failure doubles it
	MaxWait   time.Duration
	Lease     time.Duration // how long a taken slot is held if nobody settles it
}

// Outcome settles a taken slot. Only a wrong answer makes it a failure (law 5).
type Outcome int

// The outcomes.
const (
	OutcomeFreed Outcome = iota // error, busy, or cancelled: as if never taken
	OutcomeRight                // right answer: the bucket is cleared
	OutcomeWrong
)

// Knocker is who tries a password: an account or an unknown name, from
// somewhere.
type Knocker struct {
	UserID  ID     // empty for an unknown name
	Login   string // what was typed, canonical where it can be; also for known accounts
	Address string // of the client
	Network string // its /24 or /64
	// BrowserHash is set where this browser completed a sign-in of this person
	// before: it has a bucket of its own, which strangers cannot fill (RL4).
	BrowserHash string
}

// PasswordWait is a wait after wrong passwords.
type PasswordWait struct {
	Until time.Time
	// Network is the /24 or /64 that it is for; empty: a browser that the person
	// has used before.
	Network string
}

// Ticket is the permission to check one password. It must be settled.
type Ticket struct {
	Leased  []Bucket
	Counted []Bucket
	// Clears are the buckets that a right password empties.
	Clears []Bucket
	// Attacked: if this password is wrong, so many in a row were that strangers
	// are sent to the reset link (RL5).
	Attacked bool
}
