package core

import "time"

// MaxResetWait is the longest time that an organization may let a reset of
// two-factor authentication wait.
const MaxResetWait = 72 * time.Hour

// IdentityCheck is how somebody who helps made sure who it is they help.
type IdentityCheck string

// The ways. "Other" says more in the note.
const (
	CheckedByPhone  IdentityCheck = "phone"
	CheckedInPerson IdentityCheck = "person"
	CheckedByVideo  IdentityCheck = "video"
	CheckedOther    IdentityCheck = "other"
)

// IdentityChecks are all ways, in the order in which they are offered.
func IdentityChecks() []IdentityCheck {
	return []IdentityCheck{CheckedByPhone, CheckedInPerson, CheckedByVideo, CheckedOther}
}

// ResetOutcome is what became of a reset that was to wait.
type ResetOutcome string

// The outcomes.
const (
	ResetWaiting   ResetOutcome = ""
	ResetDone      ResetOutcome = "done"
	ResetCancelled ResetOutcome = "cancelled" // by the person, or by somebody who helps
	ResetRefused   ResetOutcome = "refused"   // who asked may no longer help the person
	ResetOvertaken ResetOutcome = "overtaken" // another reset was carried out at once
	ResetRestored  ResetOutcome = "restored"  // it waited in a backup that was restored
)

// FactorReset is a reset of somebody's two-factor authentication that waits until
// DueAt, so that the person can cancel what somebody else talked a helper into.
type FactorReset struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	By             Actor // who asked
	How            IdentityCheck
	Note           string
	AskedAt        time.Time
	DueAt          time.Time
	SettledAt      time.Time // zero: it waits
	Outcome        ResetOutcome
}

// Waits reports whether the reset can still be cancelled: until it is carried
// out, also where that is late.
func (r FactorReset) Waits() bool { return r.ID != "" && r.Outcome == ResetWaiting }

// FactorResetView is a reset with its person.
type FactorResetView struct {
	Reset        FactorReset
	Account      Account
	Organization Organization
}

// FactorResetAsk stores a reset that waits. ErrTaken where one waits already.
type FactorResetAsk struct {
	Reset  FactorReset
	Record Record
}

// FactorResetEnd ends a reset that waits without carrying it out. Of parallel
// calls, and of this and the carrying out, exactly one wins (ErrUsed).
type FactorResetEnd struct {
	OrganizationID ID
	UserID         ID
	ResetID        ID
	HelperID       ID // who helps and cancels; empty: the person, or the system
	Outcome        ResetOutcome
	At             time.Time
	Record         Record
}
