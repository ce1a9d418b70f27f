package core

import (
	"slices"
	"strings"
	"time"
)

// Template names an email. The queue holds the name and ids, never a text, a
// code or a token (law 6): the worker fills it when it sends.
type Template string

// The emails these flows send; the numbers are those of ux §9.
const (
	MailCode         Template = "E1"  // sign-in code; SubjectID is a Challenge
	MailNewBrowser   Template = "E2"  // new sign-in; SubjectID is an Event
	MailReset        Template = "E3"  // a link to choose a new password; SubjectID is a Link
	MailPassword     Template = "E4"  // password changed
	MailEmailChanged Template = "E6"  // the sign-in address changed; to the one before with a way back
	MailTwoFactorOn  Template = "E7"  // turned on, or an app added
	MailTwoFactorOff Template = "E8"  // turned off, or an app removed
	MailRecoveryUsed Template = "E9"  // recovery code used
	MailPauseStarted Template = "E10" // a pause for password clients started
	MailPauseEnded   Template = "E11" // and ended, with what signed in
	MailCodeWrong    Template = "E12" // password right, code wrong
	MailRequired     Template = "E13" // two-factor is required now, or from a date; SubjectID is an Event
	MailFactorReset  Template = "E14" // reset by an administrator or operator
	MailKeyMade      Template = "E15" // an API key was created
	MailKeyExpiring  Template = "E16" // one ends in 30, 7 or 1 days
	MailKeyDeleted   Template = "E17" // one was deleted
	MailLoadFailed   Template = "E18" // a load ended before its end; SubjectID is an Event
	MailWelcome      Template = "E19" // invitation; SubjectID is a Link
	MailDeviceEnded  Template = "E21" // an old device value came back
	MailFactorPaused Template = "E22" // too many wrong codes in a row
	MailAlarmRaised  Template = "E23" // "Wasn't you?" was pressed: what ended, and the way in
	MailEmailBack    Template = "E24" // the change was taken back
	MailNotification Template = "E25" // the notification address changed or was removed
	// MailRecoveryRenewed: there are new recovery codes, and the old ones are void.
	MailRecoveryRenewed Template = "E26"
	MailResetWaits      Template = "E27" // a reset was asked for and waits: the link to cancel it; SubjectID is the Event, whose id is the reset's
	MailResetStopped    Template = "E28" // it was cancelled
	MailDeactivated     Template = "E20" // an administrator deactivated the account
	MailAdministered    Template = "E29" // an administrator changed how its owner gets in, or what they may do
	MailRemind          Template = "E30" // set up an authenticator app; SubjectID is an Event
	MailBulkReset       Template = "E31" // two-factor is reset for many people; to the other administrators
	MailAppPasswordMade Template = "E32" // an app password was made
	MailAppPasswordGone Template = "E33" // one was deleted
	MailLoadDone        Template = "E34" // a load that ran for long is done; SubjectID is an Event
	MailAppPasswordEnds Template = "E35" // one ends in 30, 7 or 1 days
	MailTest            Template = "test"
)

// Recipient says which of a person's addresses a mail goes to; the address is
// looked up when it is sent. A notice for several is a message for each, so that
// an address that fails never repeats the mail to another.
type Recipient string

// The recipients.
const (
	ToLogin        Recipient = "" // the login address; a code: the address it was made for
	ToNotification Recipient = "notification"
	// ToPrevious is each login address before a change, lately: the store makes a
	// message for each of it, see [ToBefore].
	ToPrevious Recipient = "previous"
	// ToReplaced is the address that the event of a notice replaced.
	ToReplaced Recipient = "replaced"
	// ToAdministrators is every other administrator of the organization: the store
	// makes a message for each of them. Who it is about and who did it are left out.
	ToAdministrators Recipient = "administrators"
)

// The bounds of previous addresses.
const (
	// PreviousEmailTold is how long after a change of the login address the one
	// before still hears of changes to the account (PR7).
	PreviousEmailTold = 30 * 24 * time.Hour
	// PreviousEmailsTold is how many of them do.
	PreviousEmailsTold = 5
)

const before = string(ToPrevious) + ":"

// ToBefore is the login address before one change: a queued mail names ids, no
// addresses (law 6).
func ToBefore(change ID) Recipient { return Recipient(before + string(change)) }

// Change returns the change whose address of before is the recipient.
func (r Recipient) Change() (id ID, ok bool) {
	if s, ok := strings.CutPrefix(string(r), before); ok && s != "" {
		return ID(s), true
	}
	return "", false
}

// NoticeAddress returns where a notice to a recipient goes; empty where the
// person has no such address, or it is another recipient's already.
func (u User) NoticeAddress(to Recipient) string {
	switch to {
	case ToLogin:
		return u.Email
	case ToNotification:
		if !u.NotificationProvedAt.IsZero() && !strings.EqualFold(u.NotificationEmail, u.Email) {
			return u.NotificationEmail
		}
	}
	return ""
}

// PreviousAddresses returns of the changes of a person's login address, the
// first one first, those whose address of before hears of an event at now: done
// in the last 30 days and not taken back, each address once, none that hears of
// it already. The first ones count, as in every chain of changes: whoever goes on
// changing the address pushes nobody out (PR7).
func (u User) PreviousAddresses(changes []AddressChange, e Event, now time.Time) []AddressChange {
	var told []AddressChange
	heard := []string{u.Email, u.NoticeAddress(ToNotification), e.Detail[DetailReplaced]}
	for _, c := range changes {
		lately := c.Kind == AddressSignIn && c.DoneAt.After(now.Add(-PreviousEmailTold)) && c.EndedAt.IsZero()
		again := slices.ContainsFunc(heard, func(s string) bool { return strings.EqualFold(s, c.OldAddress) })
		if lately && !again && len(told) < PreviousEmailsTold {
			told, heard = append(told, c), append(heard, c.OldAddress)
		}
	}
	return told
}

// Delivery is how far a message got.
type Delivery string

// The states.
const (
	DeliveryQueued  Delivery = "queued"
	DeliverySent    Delivery = "sent"    // a mail server took it
	DeliveryRefused Delivery = "refused" // a mail server said no for good
	DeliveryExpired Delivery = "expired" // it was too late to be of use
)

// CarriesLink reports whether the mail is there for the link in it.
func (t Template) CarriesLink() bool { return t == MailReset || t == MailWelcome }

// Message is one queued email.
type Message struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Template       Template
	SubjectID      ID    // the Challenge, Link or Event it speaks of
	Issue          int64 // for MailCode: which code; an outdated one is not sent
	Recipient      Recipient
	Patient        bool      // it waits for all others, beside what its template says
	NotBefore      time.Time // retries move it
	ExpiresAt      time.Time // never sent after (a code that has expired)
	Attempts       int
	Delivery       Delivery
	LastError      string // a stable code with the server's status, never an address or text
	CreatedAt      time.Time
	SentAt         time.Time
	// To is the address of the try that a worker settles. It is not kept with the
	// message; the store notes by it which addresses are refused.
	To string
}

// AddressRefused reports whether a mail server said no to the address for good,
// not to us.
func (m Message) AddressRefused() bool {
	code, _, _ := strings.Cut(m.LastError, " ") // the server's status follows
	return m.Delivery == DeliveryRefused && (code == "mail.refused" || code == "mail.address")
}

// MailJob is a leased message with the facts to fill it.
type MailJob struct {
	Message      Message
	User         User
	Organization Organization
	Challenge    Challenge // for MailCode
	Link         Link      // for MailReset and MailWelcome
	Event        Event     // for notices; that of a link has the link's id
	RecoveryLeft int       // for MailRecoveryUsed
	Before       string    // the address of [ToBefore]
	ExemptUntil  time.Time // [Account.ExemptUntil]
}
