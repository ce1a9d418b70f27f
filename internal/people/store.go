package people

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store finds and changes people of an organization.
type Store interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// SearchPeople returns a page of people; ErrNotFound where the person that it
	// follows is not of the organization.
	SearchPeople(ctx context.Context, f core.PersonFilter) (core.People, error)
	// CountPeople counts people, so many at most.
	CountPeople(ctx context.Context, organizationID core.ID, most int) (int, error)
	// SavePerson stores what an administrator wrote where it still is as it was
	// read (ErrStale).
	SavePerson(ctx context.Context, c core.PersonChange) error
	// SetStatus deactivates somebody or lets them in again (ErrStale).
	SetStatus(ctx context.Context, c core.StatusChange) error
	// DemandSecondStep ticks somebody's box (ErrStale where it is ticked).
	DemandSecondStep(ctx context.Context, c core.SecondStepDemand) error
	// SignOutEverywhere ends somebody's sessions.
	SignOutEverywhere(ctx context.Context, c core.EverywhereSignOut) error
	// RequirePassword makes somebody choose a new password (ErrNotFound where the
	// account is not active).
	RequirePassword(ctx context.Context, c core.PasswordDemand) error
}

// Accounts keeps accounts and their links.
type Accounts interface {
	// CreateUser stores a person with a link; ErrTaken with Params["field"] where
	// the address or username is somebody's.
	CreateUser(ctx context.Context, u core.User, keys core.LoginKeys, groups []string, l *core.Link, r core.Record) error
	// CreateLink stores a link; older unused ones of that kind expire at once.
	CreateLink(ctx context.Context, l core.Link, r core.Record) error
	// Note stores what happened where nothing changed by it.
	Note(ctx context.Context, r core.Record) error
	// Events returns an organization's events, newest first.
	Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error)
	// OpenSessions returns a person's sessions that nobody ended.
	OpenSessions(ctx context.Context, organizationID, userID core.ID) ([]core.Session, error)
	// RememberedDevices returns a person's devices that live.
	RememberedDevices(ctx context.Context, organizationID, userID core.ID) ([]core.Device, error)
}

// Limits bound how often somebody is mailed a link, or tries a password (package
// throttle).
type Limits interface {
	// Waits returns from where a person may try no password for a while.
	Waits(ctx context.Context, organizationID, userID core.ID) ([]core.PasswordWait, error)
	// Unlock forgets the wrong passwords of a person and of the names, canonical,
	// that sign-in knows the person by.
	Unlock(ctx context.Context, userID core.ID, logins []string, r core.Record) error
	// SendLink counts a link for a person; false where there were too many.
	SendLink(ctx context.Context, userID core.ID) (bool, error)
}

// Links makes the links that are mailed (package account).
type Links interface {
	// MailedLink returns a link whose token is derived when its mail is sent.
	MailedLink(u core.User, kind core.LinkKind) (core.Link, error)
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
	Link(l core.Link) core.Message
}
