package core

import "time"

// Link is a one-time link; opening it uses nothing up, only its POST does.
type Link struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Kind           LinkKind
	TokenHash      string // digest of 256 random bits
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
)

// Life returns how long a link of this kind works.
func (k LinkKind) Life() time.Duration {
	if k == LinkInvitation {
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}
