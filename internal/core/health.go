package core

import "time"

// Health is how the deployment does, as administrators of its only organization
// see it; where there are several, only the operator does.
type Health struct {
	Mail         MailState
	MailTestedAt time.Time     // when somebody last sent a test; zero: never
	BackedUpAt   time.Time     // the newest whole backup; zero: none
	Apart        time.Duration // how far the host's clock is from the database's
	DiskFree     uint64        // bytes left for the embedded database
	DiskKnown    bool          // false on PostgreSQL and where the system does not say
}

// From when on something needs fixing.
const (
	BackupOld = 7 * 24 * time.Hour
	ClockFar  = time.Second
	DiskLow   = 1 << 30 // bytes
)
