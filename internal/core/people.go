package core

import "time"

// SecondStep says in a word how somebody's two-factor authentication stands, for
// lists of people.
type SecondStep string

// The states; everybody is in exactly one.
const (
	// SecondStepExempt: an administrator's exemption is alive, and the person's
	// own box is not ticked.
	SecondStepExempt SecondStep = "exempt"
	// SecondStepOff: nothing asks for it. Suspended ("off for now") is off.
	SecondStepOff SecondStep = "off"
	// SecondStepApp: it is in force, and there is an authenticator app.
	SecondStepApp SecondStep = "app"
	// SecondStepPending: it is in force, and nothing has proved itself yet: an app
	// waits for the first emailed code, or there is an address and no more.
	SecondStepPending SecondStep = "pending"
	// SecondStepEmail: it is in force, with codes by email alone.
	SecondStepEmail SecondStep = "email"
)

// SecondSteps are all states, in the order of a filter.
func SecondSteps() []SecondStep {
	return []SecondStep{SecondStepOff, SecondStepEmail, SecondStepApp, SecondStepPending, SecondStepExempt}
}

// SecondStep returns how the account's two-factor authentication stands at now.
// The store filters by the same rule (a test compares the two).
func (a Account) SecondStep(p Policy, now time.Time) SecondStep {
	own := a.User.TwoFactor == TwoFactorOn
	switch {
	case !own && a.Exempt(now):
		return SecondStepExempt
	case !own && !p.Requires(now):
		return SecondStepOff
	case a.Apps > 0:
		return SecondStepApp
	case a.WaitingApps > 0 || a.User.EmailProvedAt.IsZero():
		return SecondStepPending
	}
	return SecondStepEmail
}

// LastSeen selects people by their last sign-in.
type LastSeen string

// The selections.
const (
	SeenNever    LastSeen = "never"
	SeenLongAgo  LastSeen = "over-90-days" // they did once
	SeenIn7Days  LastSeen = "7-days"
	SeenIn30Days LastSeen = "30-days"
)

// LastSeens are all selections, in the order of a filter.
func LastSeens() []LastSeen { return []LastSeen{SeenIn7Days, SeenIn30Days, SeenLongAgo, SeenNever} }

// Between returns the bounds of the last sign-in at now: at or after from, where
// that is set, and before until, where that is.
func (l LastSeen) Between(now time.Time) (from, until time.Time) {
	const day = 24 * time.Hour
	switch l {
	case SeenIn7Days:
		return now.Add(-7 * day), time.Time{}
	case SeenIn30Days:
		return now.Add(-30 * day), time.Time{}
	case SeenLongAgo:
		return time.UnixMicro(1), now.Add(-90 * day)
	}
	return time.Time{}, time.UnixMicro(1)
}

// PersonSort is what a list of people is sorted by.
type PersonSort string

// The sorts.
const (
	SortName  PersonSort = "name"
	SortEmail PersonSort = "email"
	SortType  PersonSort = "type"
	SortSeen  PersonSort = "last-sign-in"
)

// PersonSorts are all sorts.
func PersonSorts() []PersonSort { return []PersonSort{SortName, SortEmail, SortType, SortSeen} }

// PersonFilter selects people of one organization, a page at a time. The zero
// value of a condition leaves it out.
type PersonFilter struct {
	OrganizationID ID
	// Text holds beginnings of words of a name, address or username, in any
	// order. Where no word begins so, they may also stand inside of words.
	Text       string
	SecondStep SecondStep
	// Required: the organization asks everybody at Now; SecondStep needs it.
	Required bool
	Type     *UserType
	Status   Status
	// Waiting: from somewhere no password may be tried for a while at Now.
	Waiting bool
	// Paused: a pause for password clients holds at Now.
	Paused  bool
	Seen    LastSeen
	GroupID ID

	Sort       PersonSort
	Descending bool
	// After and Before are people of the list: the page follows the one, or comes
	// right before the other. They need not match the filter any more.
	After, Before ID
	Limit         int
	Now           time.Time
}

// The bounds of a search.
const (
	// MatchesCounted is up to how many matches are counted in any list; beyond it
	// one may say "more than".
	MatchesCounted = 100
	// MatchesListed is how many people a text lists at most: where it finds more,
	// those whose words are closest to it.
	MatchesListed = 300
)

// People is a page of a list.
type People struct {
	People    []Account
	Earlier   bool // there are some before the first
	Later     bool // there are some after the last
	Matches   int  // how many match in all, as far as they were counted
	Uncounted bool // and more than that
	// Closest: the text finds more people than are listed, which are the Matches
	// whose words are closest to it.
	Closest bool
}

// PersonFields are what an administrator may write of somebody (AD8): all of it,
// and nothing else.
type PersonFields struct {
	Profile  Profile
	Email    string
	Username string // empty: the email address
	Type     UserType
}

// Fields returns the person's.
func (u User) Fields() PersonFields {
	return PersonFields{Profile: u.Profile(), Email: u.Email, Username: u.Username, Type: u.Type}
}

// PersonChange stores what an administrator wrote, where it still is as it was
// read. A new address is not proved, and what went to the old one ends at once:
// codes, links, sessions, devices, and the ways back of earlier changes. No
// access ends everything; other rights end remembered devices (RD6).
type PersonChange struct {
	OrganizationID ID
	UserID         ID
	Was, Is        PersonFields
	WasKeys        LoginKeys // of Was
	Keys           LoginKeys // of Is
	Link           *Link     // for somebody invited who has another address, or access now: the invitation
	At             time.Time
	Record         Record
}

// StatusChange deactivates somebody, which ends everything they have open
// (SE6), or lets them in again: as active where they have a password, else as
// invited, by a new link.
type StatusChange struct {
	OrganizationID ID
	UserID         ID
	From           Status // must still be the person's
	To             Status
	// Print is what [LoadPrint] must still say of the person; empty: whatever it says.
	Print  string
	Link   *Link
	At     time.Time
	Record Record
}

// SecondStepDemand ticks "Enable Two-Factor Authentication" for somebody. With
// no factor yet, the next step is an emailed code.
type SecondStepDemand struct {
	OrganizationID ID
	UserID         ID
	Record         Record
}

// EverywhereSignOut ends all that a person has open in browsers.
type EverywhereSignOut struct {
	OrganizationID ID
	UserID         ID
	ForgetDevices  bool
	At             time.Time
	Record         Record
}

// The errors of stores about who may sign in.
var (
	// ErrLastAdministrator: nobody would be left who can sign in and administer.
	ErrLastAdministrator = NewError(Conflict, "user.last_administrator")
	// ErrNotAdministrator: who asked has lost the right to.
	ErrNotAdministrator = NewError(Forbidden, "user.not_administrator")
	// ErrAbove: who asked may not do it to this person.
	ErrAbove = NewError(Forbidden, "user.above")
)

// CanAdminister reports whether the person is an administrator who can sign in:
// an invited one is none yet.
func (u User) CanAdminister() bool { return u.Type == Administrator && u.MaySignIn() }

// PersonActivity counts what somebody did in a stretch of time.
type PersonActivity struct{ SignIns, WrongPasswords, WrongCodes int }
