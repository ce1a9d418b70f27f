package core

import "time"

// AddressKind says what an address is for.
type AddressKind string

// The kinds.
const (
	// AddressSignIn is what a person signs in with and where codes go.
	AddressSignIn AddressKind = "signin"
	// AddressNotification also hears of security notices, never of codes.
	AddressNotification AddressKind = "notification"
)

// The times of a change.
const (
	// AddressChangeLife is how long one may stay half done.
	AddressChangeLife = 30 * time.Minute
	// AddressUndoLife is how long the address before can take it back (SU4).
	AddressUndoLife = 72 * time.Hour
)

// AddressChange is a change of one of a person's addresses: asked for, then
// proved by a code to the new one, then for a while open to be taken back.
type AddressChange struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Kind           AddressKind
	OldAddress     string
	OldKey         string // as sign-in compares it
	OldProvedAt    time.Time
	NewAddress     string
	NewKey         string
	SessionID      ID     // where it was asked for, and only there goes on
	KeyID          string // the ring key of its codes
	StartedAt      time.Time
	ExpiresAt      time.Time
	DoneAt         time.Time // zero: not proved
	UndoUntil      time.Time // of a sign-in address that was changed
	EndedAt        time.Time // given up, replaced or taken back
}

// Open reports whether the change may go on in a session at now.
func (c AddressChange) Open(session ID, now time.Time) bool {
	return c.ID != "" && c.DoneAt.IsZero() && c.EndedAt.IsZero() && c.SessionID == session && now.Before(c.ExpiresAt)
}

// Undoable reports whether the address before can still take it back at now.
func (c AddressChange) Undoable(now time.Time) bool {
	return c.Kind == AddressSignIn && !c.DoneAt.IsZero() && c.EndedAt.IsZero() && now.Before(c.UndoUntil)
}

// AddressView is a change with its emailed code.
type AddressView struct {
	Change    AddressChange
	Challenge Challenge
}

// AddressSend begins a change, or mails its code again. Where the address is
// somebody else's, or kept for its owner before, everything is stored alike but
// no mail goes out: nobody learns whose addresses there are (EN1).
type AddressSend struct {
	Change AddressChange
	Begin  bool
	Code   CodeSend
}

// AddressProof is the right code: the new address takes the place of the old
// one, all in one transaction.
type AddressProof struct {
	Change AddressChange // with DoneAt and UndoUntil
	Use    FactorUse
	// PreviousEmail is where codes go until PreviousEmailUntil (SU5); empty where
	// the old address was never proved.
	PreviousEmail      string
	PreviousEmailUntil time.Time
	KeepSession        ID // for AddressSignIn: goes on as Session, all others end
	Session            Session
	Record             Record
}

// AddressUndo takes a change of the sign-in address back, and all after it.
type AddressUndo struct {
	Change      AddressChange
	KeepBrowser string // digest; this browser stays known
	At          time.Time
	Record      Record
}

// AddressRemoval removes the notification address.
type AddressRemoval struct {
	OrganizationID ID
	UserID         ID
	Address        string // must still be the person's
	At             time.Time
	Record         Record
}

// HeldEmail returns the address that codes shall go to after a change at now,
// and until when: the proved one before it (SU5). While one is held already it
// stays, with its time renewed: two changes in a row do not move codes away from
// the address that was proved first.
func (u User) HeldEmail(now time.Time) (string, time.Time) {
	until := now.Add(PreviousEmailLife)
	switch {
	case u.CodeAddress(now) != u.Email:
		return u.PreviousEmail, until
	case u.EmailProvedAt.IsZero():
		return "", time.Time{}
	}
	return u.Email, until
}
