package core

import "time"

// Bucket is one throttle counter: an account (or a keyed hash of an unknown
// name) with a network, or with a known browser; or an address alone.
type Bucket struct {
	Key  string
	Rule BucketRule
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
