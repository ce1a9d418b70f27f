package core

import "time"

// Record is what every write carries besides its own rows: the audit events,
// the emails to queue and the cache changes, committed with it or not at all.
type Record struct {
	// Warrant is the right in which it is done, where it is somebody else's right.
	// Where it does not hold any more nothing is done, and the first event is kept
	// as refused.
	Warrant       Warrant
	Events        []Event
	Messages      []Message
	Changes       []Change
	Announcements []Announcement
}

// Join appends the parts of more to r.
func (r *Record) Join(more Record) {
	r.Events = append(r.Events, more.Events...)
	r.Messages = append(r.Messages, more.Messages...)
	r.Changes = append(r.Changes, more.Changes...)
	r.Announcements = append(r.Announcements, more.Announcements...)
}

// LoginView is what a sign-in needs to know of the account that was typed.
type LoginView struct {
	Account      Account
	Organization Organization
	Browser      Browser // zero where this browser never completed a sign-in of this person
	Device       Device  // zero where none came along or it is another person's
	DeviceFound  bool    // a row of that id exists, whoever's it is
}

// AttemptView is an attempt with what its next step needs, read together.
type AttemptView struct {
	Attempt      Attempt
	Account      Account
	Organization Organization
	Challenge    Challenge // zero before the first send; Delivery is joined
}

// EnrolmentView is a set-up panel with its emailed code.
type EnrolmentView struct {
	Enrolment Enrolment
	Challenge Challenge
}

// AttemptOpening stores an attempt after a right password. The person's oldest
// open attempts beyond AttemptsPerUser end in the same transaction.
type AttemptOpening struct {
	Attempt Attempt
	// Rehash replaces the sealed password when its parameters or key are
	// outdated (PW9); empty leaves it. No version changes.
	Rehash string
	// Slots are the throttle slots to settle as right.
	Slots []Bucket
	// Warnings, where there are any, are queued if at least WarnAfter earlier attempts of
	// the last hour stayed unfinished and no such warning went out in that
	// hour: somebody has the password but not the code (E12).
	Warnings     []Message
	WarningEvent *Event // stored with it
	// EndDevice ends a remembered device whose old value came back; DeviceEnded
	// is stored by the one call that ended it, however many saw the old value.
	EndDevice   ID
	DeviceEnded Record
	Record      Record
}

// WarnAfter is how many unfinished second steps in an hour warn the person.
const WarnAfter = 3

// CodeSend creates or renews an emailed code and queues its mail, if the
// allowances of README's table permit it; otherwise ErrLimit with
// Params["wait"], and nothing changes. The conditions are checked by the
// updates themselves: sends and tries of the row as it is then.
type CodeSend struct {
	Challenge Challenge // as it shall be: Sends raised, Issue and Reference final
	Fresh     bool      // insert; otherwise update where Sends is one less than here
	Message   Message
	PerHour   int // SendsPerHour, or SendsPerHourSeen from a known browser
	PerDay    int // SendsPerDay, or less from a strange browser
	At        time.Time
	// Attempt, where set, has its ActiveAt moved on and its Kind chosen by
	// compare-and-swap in the same transaction.
	Attempt *Attempt
	Record  Record
}

// Try is one use of the allowance of wrong codes, taken before the code is
// checked so that parallel guesses cannot outrun the counter.
type Try struct {
	OrganizationID ID
	UserID         ID
	Kind           FactorKind
	AttemptID      ID // of a sign-in; or
	EnrolmentID    ID // of a set-up panel
	ChallengeID    ID // for KindEmail: its own five tries are counted too
	Rule           GuardRule
	// PauseHolds is false where a pause of the kind is not for this try: an
	// emailed code typed in a known browser. It is counted all the same.
	PauseHolds bool
	At         time.Time
}

// TryTaken is what a taken try says.
type TryTaken struct {
	Left  int   // tries left in the attempt, this one gone
	Guard Guard // the account's counter of this kind, this try counted
}

// FactorUse is what a right code must record; each is a conditional update and
// only one of two parallel uses succeeds (ErrUsed for the other).
type FactorUse struct {
	Kind         FactorKind
	CredentialID ID    // app: Advance to Mark; recovery: Consume
	Mark         int64 // app: the accepted time step, greater than the stored one
	ChallengeID  ID    // email: mark used
}

// Completion finishes a sign-in or a confirmation in one transaction.
type Completion struct {
	// Attempt is ended by it; nil for a sign-in that needed no second step.
	Attempt *Attempt
	Use     *FactorUse // nil likewise
	UserID  ID
	// OrganizationID scopes all rows.
	OrganizationID ID
	// PasswordVersion and FactorSetVersion must still be the account's
	// (ErrStale otherwise).
	PasswordVersion  int64
	FactorSetVersion int64
	Session          Session
	ReplacesSession  ID // a confirmation or raised level: that session ends
	// EndsOthers, where set, ends the person's other sessions ("Prevent multiple
	// logins"); the event is stored where there were any.
	EndsOthers *Event
	// ProvesEmail: an emailed code was right: the address of the challenge is
	// proved now, and apps that waited for it become active.
	ProvesEmail bool
	// NewDevice is remembered; the oldest beyond DevicesPerUser end.
	NewDevice *Device
	// DeviceUse moves a device on from N-1 to N, or only marks use where N
	// was handed out already.
	DeviceUse *DeviceUse
	// EndDevices ends all remembered devices (a recovery code was used, RC5).
	EndDevices bool
	Browser    Browser
	Rehash     string
	Slots      []Bucket
	// ResetGuards sets the person's wrong-code counters to zero (TO5).
	ResetGuards bool
	At          time.Time
	Record      Record
}

// DeviceUse is the use of one value of a remembered device.
type DeviceUse struct {
	DeviceID ID
	N        int64 // the value that came
	Next     int64 // the value handed out now: N+1, also when N was the older of two good ones
}

// EnrolmentCompletion is the set-up panel's Save: all of it or nothing.
type EnrolmentCompletion struct {
	Enrolment   Enrolment // ended by it, compare-and-swap on Version
	TurnOn      bool      // the person's box
	ProvesEmail bool
	Credentials []Credential // the new app, the new recovery codes
	// ReplaceCodes removes the recovery codes the person had.
	ReplaceCodes bool
	// Session replaces Enrolment.SessionID with a raised level; every other
	// session and every remembered device of the person ends.
	Session Session
	At      time.Time
	Record  Record
}

// FactorChange is any other change of a person's factors in one transaction.
type FactorChange struct {
	OrganizationID   ID
	UserID           ID
	FactorSetVersion int64     // must still be the account's (ErrStale otherwise)
	TwoFactor        TwoFactor // new state of the box; empty leaves it
	RenameID         ID        // credential to rename to Label
	Label            string
	RemoveID         ID   // credential to remove
	RemoveAll        bool // all apps and recovery codes
	// Use, where set, is the code that allowed it (turning on again).
	Use *FactorUse
	// Moves raises FactorSetVersion, ends every remembered device and every
	// session but KeepSession, whose row is replaced by Session where set.
	Moves       bool
	KeepSession ID
	Session     *Session
	ResetGuards bool
	At          time.Time
	Record      Record
}

// SessionTouch moves a session's LastSeenAt forward, never back.
type SessionTouch struct {
	SessionID ID
	SeenAt    time.Time
}

// SessionEnd ends one session, and its remembered device where asked.
type SessionEnd struct {
	OrganizationID ID
	UserID         ID
	SessionID      ID
	ForgetDevice   ID // empty keeps the device (signing out does)
	Reason         EndReason
	At             time.Time
	Record         Record
}

// OtherSessionsEnd ends every session of a person but the one that asks, which
// must be open itself.
type OtherSessionsEnd struct {
	OrganizationID ID
	UserID         ID
	KeepSession    ID
	Reason         EndReason
	At             time.Time
	Record         Record // stored where any ended
}

// DeviceRename gives a remembered device another name.
type DeviceRename struct {
	OrganizationID ID
	UserID         ID
	DeviceID       ID
	Label          string
	Record         Record
}

// DeviceForget ends one remembered device of a person, or all.
type DeviceForget struct {
	OrganizationID ID
	UserID         ID
	DeviceID       ID // empty: all of them
	At             time.Time
	Record         Record // stored where any ended
}

// TwoFactorReset removes everything but the password: apps, recovery codes,
// guards, devices and sessions. A box that was on, or suspended, is on, so the
// next sign-in asks for an emailed code (RC6).
type TwoFactorReset struct {
	OrganizationID ID
	UserID         ID
	// PasswordAlone lets the next sign-in pass without an emailed code, for
	// somebody whose mail does not work and whom the organization does not ask.
	// A distrusted password then opens nothing but the choice of a new one: who
	// resets has made sure whose account it is.
	PasswordAlone bool
	// HelperID is who helps: they must still be allowed to when it is carried out
	// (ErrNotFound otherwise). Empty: the operator.
	HelperID ID
	// ResetID is the reset that has waited; of it and its cancelling exactly one
	// wins (ErrUsed). Empty: it is carried out at once, and overtakes one that waits.
	ResetID ID
	At      time.Time
	Record  Record
}

// LinkUse is the POST behind a one-time link: the password is stored and, after
// an invitation, the account becomes active.
type LinkUse struct {
	Link           Link
	PasswordSealed string
	Proves         string // the address that is proved by it, if it is still the person's
	At             time.Time
	Record         Record
}

// PasswordChange stores the password that a signed-in person chose, and ends
// what the old one opened: half-done sign-ins, every other session, all
// remembered devices and unused links.
type PasswordChange struct {
	OrganizationID  ID
	UserID          ID
	PasswordVersion int64 // must still be the account's (ErrStale otherwise)
	PasswordSealed  string
	KeepSession     ID // goes on as Session, under a new id (SE3)
	Session         Session
	Slots           []Bucket // of the current password, settled as right
	At              time.Time
	Record          Record
}

// PasswordDemand makes a person choose a new password at the next sign-in.
type PasswordDemand struct {
	OrganizationID ID
	UserID         ID
	Due            PasswordDue
	At             time.Time // sessions that begin later are asked
	Record         Record
}

// Taken is the answer to taking throttle slots.
type Taken struct {
	Wait     time.Duration  // more than zero: refused, try again after it
	Failures map[string]int // of the count-only buckets, by key
}
