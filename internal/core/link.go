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
	Inviter        string // who invited, for people to read; empty: the operator, or nobody
	CreatedAt      time.Time
	ExpiresAt      time.Time
	UsedAt         time.Time
}

// Over reports whether the link works no more at now.
func (l Link) Over(now time.Time) bool { return !l.UsedAt.IsZero() || !now.Before(l.ExpiresAt) }

// Proves returns the address whose mailbox the use of the link proves to be the
// person's: where it was mailed to, or that of the first administrator, for whom
// there may be no mail yet (README, Decisions). Empty: none. A link that the
// operator printed for somebody else proves nothing: it may have been handed on
// in any way.
func (l Link) Proves(u User) string {
	if l.Kind == LinkFirstAdministrator {
		return u.Email
	}
	return l.Address
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
