package core

import "time"

// APIKeyMaking stores a new key. ErrStale where its person may not sign in, ErrLimit
// where they have as many live keys as they may (AK5).
type APIKeyMaking struct {
	Key    APIKey
	Record Record
}

// APIKeyChange stores what became of a key: its name, end, networks, secrets, and
// whether it is held. ErrStale where it is not as it was read, or gone; ErrLimit
// where it was over and its person has as many live ones as may be.
type APIKeyChange struct {
	Is     APIKey // with the Version that was read
	Record Record
}

// APIKeyRemoval ends a key at once; ErrNotFound where it is gone.
type APIKeyRemoval struct {
	OrganizationID ID
	KeyID          ID
	Record         Record
}

// APIKeyUse is the last use of a key, written down later.
type APIKeyUse struct {
	KeyID ID
	At    time.Time
	From  string // address
}

// APIKeyFilter chooses keys of an organization, by name: one person's, or a page
// of all.
type APIKeyFilter struct {
	OrganizationID ID
	UserID         ID     // empty: everybody's
	AfterName      string // of the last key of the page before, with its id
	AfterID        ID
	Limit          int // 0: all
}

// KeyWarnings are how many days before a key's end its person is told, the nearest
// first (AK2).
func KeyWarnings() []int { return []int{1, 7, 30} }

// APIKeyWarning notes that a key's person is told of its end, once for each of
// [KeyWarnings]. ErrStale where that was done, or the key has another end by now.
type APIKeyWarning struct {
	Key    APIKey // as it was read
	Days   int
	Record Record
}
