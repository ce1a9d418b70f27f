package account

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps a person's factors and the set-up panel.
type Store interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// Credentials returns the person's credentials of a kind, spent and waiting
	// ones included, oldest first.
	Credentials(ctx context.Context, organizationID, userID core.ID, kind core.FactorKind) ([]core.Credential, error)
	// EnrolmentOf returns the newest panel of a session that was not ended;
	// ErrNotFound where there is none.
	EnrolmentOf(ctx context.Context, organizationID, userID, sessionID core.ID) (core.EnrolmentView, error)
	// SaveEnrolment inserts (Version 0, ending the session's older panels) or
	// updates by compare-and-swap.
	SaveEnrolment(ctx context.Context, e core.Enrolment, r core.Record) error
	// SendCode creates or renews the emailed code and queues its mail.
	SendCode(ctx context.Context, s core.CodeSend) error
	// CompleteEnrolment is the panel's Save.
	CompleteEnrolment(ctx context.Context, c core.EnrolmentCompletion) error
	// ChangeFactors renames, removes, suspends, resumes or turns off.
	ChangeFactors(ctx context.Context, c core.FactorChange) error
	// AnswerOffer stores the answer to "Add an authenticator app?".
	AnswerOffer(ctx context.Context, organizationID, userID core.ID, o core.Offer, r core.Record) error
}

// Tries counts wrong codes before they are checked; see package signin.
type Tries interface {
	TakeTry(ctx context.Context, t core.Try) (core.TryTaken, error)
	SettleTry(ctx context.Context, t core.Try, o core.Outcome, r core.Record) error
}

// People is what creating and mending accounts needs.
type People interface {
	// CreateUser stores a person with canonical keys and groups (made where
	// missing); ErrTaken with Params["field"] where the email or username
	// belongs to somebody (in any organization: sign-in searches them all).
	CreateUser(ctx context.Context, u core.User, keys Keys, groups []string, l *core.Link, r core.Record) error
	// UserByEmailKey finds a person in any organization (operator commands).
	UserByEmailKey(ctx context.Context, key string) (core.Account, core.Organization, error)
	// Users lists a page of people by email key after the cursor.
	Users(ctx context.Context, f UserFilter) ([]core.Account, error)
	// LinkByToken returns a link with its person; used and expired ones too.
	LinkByToken(ctx context.Context, tokenHash string) (core.Link, core.Account, core.Organization, error)
	// CreateLink stores a link and voids older unused ones of that kind.
	CreateLink(ctx context.Context, l core.Link, r core.Record) error
	// UseLink spends the link; of two parallel calls exactly one succeeds (ErrUsed).
	UseLink(ctx context.Context, u core.LinkUse) error
}

// Requests is what asking for a link without signing in needs.
type Requests interface {
	// FindLogin returns the account that signs in with loginKey, in whichever
	// organization it is.
	FindLogin(ctx context.Context, loginKey, browserHash string, deviceID core.ID) (core.LoginView, error)
	// AskLink stores a link and voids older unused ones of that kind that went
	// out by mail.
	AskLink(ctx context.Context, l core.Link, r core.Record) error
	// Note stores what happened where nothing changed by it.
	Note(ctx context.Context, r core.Record) error
}

// Limits bound how often links are mailed (package throttle).
type Limits interface {
	// Ask counts a request; false where an allowance is spent (PR3).
	Ask(ctx context.Context, k core.Knocker) (bool, error)
	// AskAttacked is the same for what is mailed by itself (RL5).
	AskAttacked(ctx context.Context, k core.Knocker) (bool, error)
	// TryLink counts a try with a link.
	TryLink(ctx context.Context, linkID core.ID) (bool, error)
}

// PasswordStore keeps passwords and those they replaced.
type PasswordStore interface {
	// PastPasswords returns the sealed texts of replaced passwords, newest first.
	PastPasswords(ctx context.Context, organizationID, userID core.ID, limit int) ([]string, error)
	// ChangePassword stores the password a signed-in person chose; of parallel
	// calls with one current password exactly one succeeds (ErrStale).
	ChangePassword(ctx context.Context, c core.PasswordChange) error
	// RequirePassword makes a person choose a new one at the next sign-in.
	RequirePassword(ctx context.Context, c core.PasswordDemand) error
}

// Alarms is what "Wasn't you?" needs.
type Alarms interface {
	// NoticedEvent returns the event that a mail told of, with its person, in
	// any organization: the mail's token is the proof.
	NoticedEvent(ctx context.Context, id core.ID) (core.Event, core.Account, core.Organization, error)
	// RaiseAlarm ends everything that leans on the person's password; of
	// parallel calls exactly one succeeds (ErrUsed).
	RaiseAlarm(ctx context.Context, a core.Alarm) error
}

// Journal is the audit log as its people may read it.
type Journal interface {
	// Events returns an organization's events, newest first.
	Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error)
}

// Keys are the canonical forms that sign-in compares (EN4, EN5).
type Keys = core.LoginKeys

// UserFilter selects people.
type UserFilter = core.UserFilter
