package web

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// TwoFactor shows and changes how a person verifies it is them (package
// account). A method that gives back a token has renewed the session: the
// token replaces its cookie.
type TwoFactor interface {
	Security(ctx context.Context, v core.SessionView) (account.Security, error)
	App(ctx context.Context, v core.SessionView, id core.ID) (core.Credential, error)
	RenameApp(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, label string) error
	RemoveApp(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) (sessionToken string, err error)
	TurnOff(ctx context.Context, v core.SessionView, o core.Origin, forNow bool) (sessionToken string, err error)
	SendResumeCode(ctx context.Context, v core.SessionView, o core.Origin) error
	Resume(ctx context.Context, v core.SessionView, o core.Origin, kind core.FactorKind, typed string) (sessionToken string, err error)
}

// SetUp is the set-up panel of a session, step by step (package account).
type SetUp interface {
	// Panel returns the open panel; core.ErrNotFound where there is none.
	Panel(ctx context.Context, v core.SessionView) (account.Panel, error)
	Begin(ctx context.Context, v core.SessionView, o core.Origin, goal core.EnrolmentGoal) error
	SendAgain(ctx context.Context, v core.SessionView, o core.Origin) error
	ProveEmail(ctx context.Context, v core.SessionView, o core.Origin, typed string) error
	DeferEmail(ctx context.Context, v core.SessionView, o core.Origin) error
	ChooseEmailOnly(ctx context.Context, v core.SessionView, o core.Origin) error
	ShowAs(ctx context.Context, v core.SessionView, o core.Origin, name string) error
	// ProveApp gives back a token where that finished the panel.
	ProveApp(ctx context.Context, v core.SessionView, o core.Origin, typed, label string) (sessionToken string, err error)
}

// SetUpEnd leaves a step of the panel, or the panel (package account).
type SetUpEnd interface {
	Back(ctx context.Context, v core.SessionView, o core.Origin) error
	Cancel(ctx context.Context, v core.SessionView, o core.Origin) error
	Save(ctx context.Context, v core.SessionView, o core.Origin, saved bool) (sessionToken string, err error)
}

// Alarms is "Wasn't you?" (package account).
type Alarms interface {
	// Alarm returns what the token of a mail is about; it changes nothing.
	Alarm(ctx context.Context, token string) (account.Alarm, error)
	// RaiseAlarm ends everything that leans on the person's password.
	RaiseAlarm(ctx context.Context, token, browserToken string, o core.Origin) error
	// RaiseAlarmBySession does the same for a person who is signed in, and
	// returns a token that shows what was done; none where it was done already.
	RaiseAlarmBySession(ctx context.Context, v core.SessionView, browserToken string, o core.Origin) (token string, err error)
}

// Passwords changes the password of a person who is signed in (package account).
type Passwords interface {
	// PasswordAsk says what a change asks for besides the new password.
	PasswordAsk(v core.SessionView) account.PasswordAsk
	ChangePassword(ctx context.Context, v core.SessionView, o core.Origin, current, password string) (sessionToken string, err error)
	// PasswordStrength judges what is being typed, from 0 to 4, and keeps nothing.
	PasswordStrength(ctx context.Context, u core.User, org core.Organization, o core.Origin, password string) (int, error)
	// TryPassword tells whether an organization's rules would take a password; an
	// error of kind Invalid says what people would be told.
	TryPassword(ctx context.Context, org core.Organization, o core.Origin, password string) error
}

// OwnSessions shows and ends where a person is signed in and remembered (package
// session). Another person's ids are core.ErrNotFound.
type OwnSessions interface {
	Own(ctx context.Context, v core.SessionView) (session.Own, error)
	EndOne(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	// EndOthers ends all but the session that asks; core.ErrStale where that one
	// has just ended.
	EndOthers(ctx context.Context, v core.SessionView, o core.Origin) error
	Device(ctx context.Context, v core.SessionView, id core.ID) (core.Device, error)
	RenameDevice(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, label string) error
	ForgetDevice(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	ForgetDevices(ctx context.Context, v core.SessionView, o core.Origin) error
}

// Activity reads what happened around the person's own account (package
// account).
type Activity interface {
	// Activity returns events newest first, and whether older ones follow.
	Activity(ctx context.Context, v core.SessionView, f core.EventFilter) (events []core.Event, more bool, err error)
}

// Applications lists what stands behind forward-auth (package gate).
type Applications interface {
	// Applications returns an organization's, by name.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
}

// Confirmation is "Confirm it's you" (package signin).
type Confirmation interface {
	BeginConfirm(ctx context.Context, v signin.Visitor, view core.SessionView, password string) (signin.Result, error)
}

// Pauses let programs in that know a password alone (package passwordclient).
type Pauses interface {
	// Standing returns what the signed-in person may do, asking from a network.
	Standing(ctx context.Context, v core.SessionView, network string) (passwordclient.Standing, error)
	StartPause(ctx context.Context, v core.SessionView, length time.Duration, reason string, o core.Origin) error
	EndPause(ctx context.Context, v core.SessionView, o core.Origin) error
}
