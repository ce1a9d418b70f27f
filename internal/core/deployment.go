package core

import "time"

// Deployment is what is known of the whole. Epoch rises with every backup that
// is restored: nothing that was open before is open after it (BK2).
type Deployment struct {
	Epoch      int64
	RestoredAt time.Time // zero: never
	BackedUpAt time.Time // of the newest backup that was written to its end; zero: none
}

// Restoration finishes the restore of a backup (BK2).
type Restoration struct {
	TakenAt time.Time // when the backup was made
	At      time.Time
	// Step is the present time step of authenticator apps: no code up to it is
	// taken, so one that was used after the backup cannot be used again.
	Step   int64
	Record Record
}

// CodeRelease lets a person's held recovery codes count again.
type CodeRelease struct {
	OrganizationID ID
	UserID         ID
	Record         Record
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
	SubjectID ID        // empty: whoever they are about
	Kinds     []string  // empty: every kind
	From      time.Time // zero: from the first one on
	Until     time.Time // before this moment; zero: up to now
	After     EventMark // older than this one; zero: from the newest on
	Limit     int       // 0: 100
}

// EventMark is the place of an event in the order of a list.
type EventMark struct {
	At time.Time
	ID ID
}

// NewUser is one person of a bulk insertion (demo and benchmarks).
type NewUser struct {
	User        User
	Keys        LoginKeys
	Groups      []string
	Credentials []Credential
	Exemptions  []Exemption // that of the person, where User.ExemptUntil is set
}
