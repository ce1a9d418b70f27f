package core

import "time"

// Purpose says what a code, attempt or link is good for; one issued for a
// purpose never serves another (EM4).
type Purpose string

// The purposes.
const (
	PurposeSignIn  Purpose = "signin"
	PurposeConfirm Purpose = "confirm" // "Confirm it's you" before a risky change
	PurposeEnrol   Purpose = "enrol"   // the first step of turning two-factor on
	PurposeResume  Purpose = "resume"  // turning it on again after "off for now"
	PurposeAddress Purpose = "address" // proving a new address to sign in with
	PurposeNotify  Purpose = "notify"  // proving a new address for notices
)

// The numbers of emailed codes (README table, EM1 to EM6).
const (
	CodeLife         = 10 * time.Minute
	CodeTries        = 5 // per challenge, never refilled by sending again
	CodeRepeatMargin = 2 * time.Minute
	SendGap          = 30 * time.Second
	SendsPerAttempt  = 3
	SendsPerHour     = 5
	SendsPerHourSeen = 20 // from a known browser
	SendsPerDay      = 40
	// SendsPerDayStrange leaves a part of the day's mails to the browsers that
	// the person used before, whatever strangers with the password ask for.
	SendsPerDayStrange = 30
)

// Challenge is one emailed code in the making. No code is stored: it is the
// HOTP value (RFC 4226) of a secret derived from the key ring and ID, with
// Issue as counter, computed anew to send and to check it (EM3).
type Challenge struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	OwnerID        ID // the attempt or enrolment it belongs to
	Purpose        Purpose
	Address        string // where it goes: the address stored when it was made
	KeyID          string
	Issue          int64  // 1 for the first code; a new code raises it
	Reference      string // four letters on screen and in the mail
	IssuedAt       time.Time
	Sends          int
	LastSentAt     time.Time
	Tries          int
	UsedAt         time.Time
	// MessageID is the newest outbox row; Delivery is its state, joined when
	// read and never written here.
	MessageID ID
	Delivery  Delivery
}

// Live reports whether the code may still be typed at now.
func (c Challenge) Live(now time.Time) bool {
	return c.UsedAt.IsZero() && c.Tries < CodeTries && now.Before(c.IssuedAt.Add(CodeLife))
}

// Repeats reports whether sending again repeats the same code: at least two
// minutes of its life remain, so slow mail never makes the code in hand wrong.
func (c Challenge) Repeats(now time.Time) bool {
	return c.Issue > 0 && c.UsedAt.IsZero() && !c.IssuedAt.Add(CodeLife-CodeRepeatMargin).Before(now)
}

// SendWait returns how long until another mail may be asked for (30 s apart).
func (c Challenge) SendWait(now time.Time) time.Duration {
	if c.Sends == 0 {
		return 0
	}
	return max(0, c.LastSentAt.Add(SendGap).Sub(now))
}

// referenceLetters leaves out vowels (no words) and letters that look alike.
const referenceLetters = "BCDFGHKMNPQRTWXZ"

// NewReference returns four letters that mark the newest message.
func NewReference(random Random) string {
	var b [4]byte
	random(b[:])
	for i := range b {
		b[i] = referenceLetters[int(b[i])%len(referenceLetters)]
	}
	return string(b[:])
}
