package core

import "time"

// StoredKey is a data key as stored: wrapped under the master key, which is
// not in the database.
type StoredKey struct {
	ID        string
	Wrapped   string
	Active    bool // the one that seals; at most one is
	CreatedAt time.Time
}

// Stats are counts for the operator's metrics.
type Stats struct {
	Organizations int
	People        int
	Sessions      int // not ended
	QueuedMail    int
}

// EventFilter selects events of one organization, newest first.
type EventFilter struct {
	SubjectID ID       // empty: whoever they are about
	Kinds     []string // empty: every kind
	Limit     int      // 0: 100
}

// NewUser is one person of a bulk insertion (demo and benchmarks).
type NewUser struct {
	User        User
	Keys        LoginKeys
	Groups      []string
	Credentials []Credential
}
