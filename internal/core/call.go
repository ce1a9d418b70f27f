package core

import "time"

// The numbers of calls that a program may repeat.
const (
	// CallLife is how long the answer to a call is kept.
	CallLife = 24 * time.Hour
	// CallLease is how long a call counts as under way: longer than a request may
	// take. After it the call may be made again.
	CallLease = 60 * time.Second
)

// CallState is how far a call is.
type CallState string

// The states.
const (
	CallOpen     CallState = "open"     // nothing was done yet
	CallDone     CallState = "done"     // what it asks for is done, its answer is not kept yet
	CallAnswered CallState = "answered" // its answer is kept
)

// Call is a request of a program that it may send again when it does not know
// what became of it (Idempotency-Key). It is done once: what it does marks it as
// done in the same transaction ([Origin].Call), so that neither two at once nor a
// crash in between do it twice.
type Call struct {
	ID             ID // digest of the API key and the name that the program gave it
	OrganizationID ID
	Fingerprint    string // of the request
	State          CallState
	Attempt        ID // whose turn it is
	LeaseUntil     time.Time
	Status         int // of the answer, with its headers and body
	Headers        map[string]string
	Body           string
	CreatedAt      time.Time
}

// ErrCallTaken: the call is another attempt's by now; nothing is done.
var ErrCallTaken = NewError(Conflict, "api.call_taken")
