package core

import "time"

// AlarmLife is how long the "Wasn't you?" link of a notice works (ux 3.7).
const AlarmLife = 7 * 24 * time.Hour

// Alarm is the press of "Wasn't you?": everything that leans on the password so
// far ends, and the password alone opens nothing until it is replaced.
type Alarm struct {
	OrganizationID ID
	UserID         ID
	// Since is when what the person did not do happened. An alarm raised since
	// then has ended it already, so another one does nothing (ErrUsed).
	Since time.Time
	// SessionID, where set, is the proof in the place of a mailed link: the
	// session must still be open (ErrUsed), and Since does not count.
	SessionID ID
	// KeepBrowser is the digest of the browser that stays known: whoever has the
	// password could otherwise use up the allowances that strangers share, and
	// keep the owner out while the owner gets back in (RL4).
	KeepBrowser string
	At          time.Time
	Record      Record
}

// AlarmSettled returns when an alarm ended what happened at a moment; the zero
// time where none has.
func (u User) AlarmSettled(at time.Time) time.Time {
	if u.AlarmedAt.Before(at) {
		return time.Time{}
	}
	return u.AlarmedAt
}
