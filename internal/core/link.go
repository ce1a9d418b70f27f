package core

import "time"

// Link is a one-time link; opening it uses nothing up, only its POST does.
type Link struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Kind           LinkKind
	TokenHash      string // digest of 256 bits
	KeyID          string // the ring key its token is derived with; empty: the token was random and shown once
	Address        string // where its mail goes; empty: it is not mailed
	CreatedAt      time.Time
	ExpiresAt      time.Time
	UsedAt         time.Time
}

// LinkKind says what a link does.
type LinkKind string

// The kinds. The link of the first administrator is printed by the operator's
// command line and counts as the mailbox proof of that account.
const (
	LinkFirstAdministrator LinkKind = "first_administrator" // 24 h
	LinkInvitation         LinkKind = "invitation"          // 7 days
	LinkReset              LinkKind = "reset"               // 30 min: choose a new password
)

// Life returns how long a link of this kind works.
func (k LinkKind) Life() time.Duration {
	switch k {
	case LinkInvitation:
		return 7 * 24 * time.Hour
	case LinkReset:
		return 30 * time.Minute
	}
	return 24 * time.Hour
}
