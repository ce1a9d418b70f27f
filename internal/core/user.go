package core

import (
	"strings"
	"time"
	"unicode/utf8"
)

// UserType orders what a person may do.
type UserType int

// The types, each including the rights of the ones before it.
const (
	NoAccess UserType = iota // kept as a name on things; cannot sign in
	Ordinary                 // "User"
	HelpDesk                 // may send links and reset two-factor of Users
	Administrator
)

// Name is a user type in the audit log, in forms and in the API.
func (t UserType) Name() string {
	switch t {
	case Ordinary:
		return "user"
	case HelpDesk:
		return "help-desk"
	case Administrator:
		return "administrator"
	}
	return "no-access"
}

// UserTypeNamed is the inverse of [UserType.Name].
func UserTypeNamed(name string) (UserType, bool) {
	for t := NoAccess; t <= Administrator; t++ {
		if t.Name() == name {
			return t, true
		}
	}
	return 0, false
}

// Status is where an account is in its life.
type Status string

// The statuses. "Waiting after wrong passwords" is not one of them: a throttle
// belongs to an account and a network, never to the account alone.
const (
	Active   Status = "active"
	Invited  Status = "invited"  // no password yet; a link is on its way
	Inactive Status = "inactive" // deactivated
)

// TwoFactor is the person's own box, "Enable Two-Factor Authentication".
type TwoFactor string

// The states of the box.
const (
	TwoFactorOff       TwoFactor = "off"
	TwoFactorOn        TwoFactor = "on"
	TwoFactorSuspended TwoFactor = "suspended" // "off for now": the app is kept
)

// PasswordDue says why a person must choose a new password, whatever its age.
type PasswordDue string

// The reasons.
const (
	PasswordNotDue    PasswordDue = ""
	PasswordTemporary PasswordDue = "temporary" // an administrator asked for it
	// PasswordDistrusted: somebody else may know it. Until it is replaced it is
	// never enough by itself: a code comes after it.
	PasswordDistrusted PasswordDue = "distrusted"
)

// PreviousEmailLife is how long after a change codes and links go to the
// address before it (SU5).
const PreviousEmailLife = 24 * time.Hour

// User is a person's account.
type User struct {
	ID             ID
	OrganizationID ID
	Username       string // empty means the email address
	Email          string // as stored; mail goes here and nowhere typed
	// NotificationEmail also receives security notices once proved; codes and
	// links never go there.
	NotificationEmail    string
	NotificationProvedAt time.Time // when that address proved itself; zero: never
	// PreviousEmail is the proved address before a change by the person; codes
	// and links go there until PreviousEmailUntil (SU5).
	PreviousEmail      string
	PreviousEmailUntil time.Time
	FirstName          string
	LastName           string
	Title              string
	Phone              string
	Department         string
	Manager            string // a text; see [Profile]
	Photo              string // names the picture's content; empty: none
	Type               UserType
	Status             Status
	TwoFactor          TwoFactor
	EmailProvedAt      time.Time // when this address last proved itself by a code or link; zero: never
	ExemptUntil        time.Time // an administrator's exemption; zero: none
	PasswordSealed     string    // sealed PHC string; empty: no password
	PasswordVersion    int64     // raised by every change of password
	PasswordSetAt      time.Time // zero: before that was noted
	PasswordDue        PasswordDue
	PasswordDueAt      time.Time // sessions that began later must choose a new one
	// ResetAt is when a password was chosen by a mailed link that no app or
	// recovery code has followed yet; zero: none (D2).
	ResetAt          time.Time
	AlarmedAt        time.Time // the last press of "Wasn't you?"; zero: never
	FactorSetVersion int64     // raised by every factor confirmed or removed
	Language         string    // BCP 47; empty means the organization's
	TimeZone         string    // IANA; empty means the organization's
	Offer            Offer     // the "Add an authenticator app?" offer
	Origin           string    // "" or "demo"
	CreatedAt        time.Time
	LastSignInAt     time.Time
}

// Offer remembers how often the app was offered after a required sign-in: not
// again for 7 days after "Not now", at most 3 times, never after "Don't ask
// again" (ux 2.8).
type Offer struct {
	Times int
	Next  time.Time
	Never bool
}

// Due reports whether the offer may be shown at now.
func (o Offer) Due(now time.Time) bool {
	return !o.Never && o.Times < 3 && !now.Before(o.Next)
}

// Name returns what people see: first and last name, or the email address.
func (u User) Name() string {
	if n := strings.TrimSpace(u.FirstName + " " + u.LastName); n != "" {
		return n
	}
	return u.Email
}

// CodeAddress returns where codes and links go at now: the login address, or
// for a while after the person changed it the one before, which was proved.
func (u User) CodeAddress(now time.Time) string {
	if u.PreviousEmail != "" && now.Before(u.PreviousEmailUntil) {
		return u.PreviousEmail
	}
	return u.Email
}

// Login returns what the person types to sign in.
func (u User) Login() string {
	if u.Username != "" {
		return u.Username
	}
	return u.Email
}

// MaySignIn reports whether the account may sign in at all. Screens never tell
// this from a wrong password (EN1).
func (u User) MaySignIn() bool {
	return u.Status == Active && u.Type > NoAccess && u.PasswordSealed != ""
}

// ResetLink returns which link the person may have mailed who cannot sign in by
// password; empty: none. It goes to the stored address whether or not that has
// proved itself, as sign-in codes do (No dead ends).
func (u User) ResetLink() LinkKind {
	switch {
	case u.Email == "" || u.Type <= NoAccess:
		return ""
	case u.Status == Active:
		return LinkReset
	case u.Status == Invited:
		return LinkInvitation // the first password is still to be chosen
	}
	return ""
}

// Validate checks a person's fields as typed. Email and Username must already
// be in the form that package identifier returns.
func (u User) Validate() error {
	fields := u.Profile().problems()
	if u.Email == "" {
		fields["email"] = NewError(Invalid, "user.email")
	}
	if u.Type < NoAccess || u.Type > Administrator {
		fields["type"] = NewError(Invalid, "user.type")
	}
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// MaskedEmail returns a form that its owner recognises and a stranger cannot
// use: a•••@example.com. It is shown only after a right password (EN3).
func MaskedEmail(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 1 {
		return "•••"
	}
	_, n := utf8.DecodeRuneInString(email)
	return email[:n] + "•••" + email[at:]
}

// LoginKeys are the canonical forms that sign-in compares: computed in Go,
// stored beside the typed form, unique over the whole deployment.
type LoginKeys struct {
	Email    string
	Username string // empty where the username is the email address
}

// UserFilter selects people of one organization, a page at a time.
type UserFilter struct {
	OrganizationID ID
	Administrators bool   // only administrators
	After          string // email key of the last row of the page before
	Limit          int
}
