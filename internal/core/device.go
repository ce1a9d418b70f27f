package core

import "time"

// DevicesPerUser is how many remembered devices a person may have (RD7).
const DevicesPerUser = 10

// Device is a remembered browser: for its life a right password is enough. Its
// cookie value is derived from Seed and N; each use moves N on by one, and the
// value of N-1 stays good until the value of N was seen (RD4).
type Device struct {
	ID               ID
	OrganizationID   ID
	UserID           ID
	SeedSealed       string // 32 random bytes, sealed
	N                int64  // the newest value handed out
	Level            Level  // what the sign-in showed in which it was remembered; it stands in for no more
	PasswordVersion  int64  // both as of when it was remembered; moved on means dead
	FactorSetVersion int64
	Label            string // "Firefox on Windows"
	CreatedAt        time.Time
	ExpiresAt        time.Time // fixed: no sliding
	LastUsedAt       time.Time
	EndedAt          time.Time
}

// Live reports whether the device still meets the demand for level 2.
func (d Device) Live(u User, p Policy, now time.Time) bool {
	return d.EndedAt.IsZero() && now.Before(d.ExpiresAt) && !d.CreatedAt.Before(p.DevicesFrom) && d.UserID == u.ID &&
		d.PasswordVersion == u.PasswordVersion && d.FactorSetVersion == u.FactorSetVersion
}

// Browser is a known browser of one person: it completed a sign-in before. It
// raises no level; it carries the method used last, spares a "new browser"
// mail, and gives the owner a throttle bucket strangers cannot fill.
type Browser struct {
	Hash           string // digest of sp_browser
	OrganizationID ID
	UserID         ID
	LastMethod     FactorKind
	FirstSeenAt    time.Time
	LastSeenAt     time.Time
	Networks       Networks  // where it signed in from lately
	NetworkTold    time.Time // when its person was last told of a new one
}
