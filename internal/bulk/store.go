package bulk

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps jobs and reads them.
type Store interface {
	// CreateBulk stores a job that nobody has started.
	CreateBulk(ctx context.Context, j core.BulkJob, r core.Record) error
	// BulkByID returns a job of an organization with its counts.
	BulkByID(ctx context.Context, organizationID, id core.ID) (core.BulkJob, error)
	// Bulks returns the jobs that were started, newest first.
	Bulks(ctx context.Context, organizationID core.ID, since time.Time, limit int) ([]core.BulkJob, error)
	// MoveBulk brings a job from one state to another (ErrStale).
	MoveBulk(ctx context.Context, m core.BulkMove) error
	// BulkItems returns people of a job.
	BulkItems(ctx context.Context, f core.BulkItemFilter) ([]core.BulkItem, error)
	// BulkReasons counts who is skipped, by the reason.
	BulkReasons(ctx context.Context, organizationID, id core.ID) ([]core.BulkReason, error)
	// Note stores what happened where nothing changed by it.
	Note(ctx context.Context, r core.Record) error
}

// Queue is what works on jobs.
type Queue interface {
	// TakeBulk leases the job whose turn it is; ErrNotFound: none is due.
	TakeBulk(ctx context.Context, owner string, now, until time.Time) (core.BulkJob, error)
	// LeaveBulk gives a job back, for its next turn at a moment.
	LeaveBulk(ctx context.Context, owner string, id core.ID, next time.Time) error
	// GatherBulk writes down people of a job (ErrStale).
	GatherBulk(ctx context.Context, g core.BulkGatheringStep) error
	// SettleBulk stores what became of people for whom nothing was changed.
	SettleBulk(ctx context.Context, organizationID, id core.ID, items []core.BulkItem) error
}

// People knows the people of an organization.
type People interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// AccountsByID returns people in the order of the ids; who is not of the
	// organization is left out.
	AccountsByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.Account, error)
	// MatchPeople returns everybody who matches a filter, so many at a time.
	MatchPeople(ctx context.Context, f core.PersonFilter) ([]core.Account, error)
	// GroupByID returns a group of an organization.
	GroupByID(ctx context.Context, organizationID, id core.ID) (core.Group, error)
}

// Deeds are what is done to one person (package people).
type Deeds interface {
	SendLink(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) (core.LinkKind, error)
	RequireTwoFactor(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	RequirePassword(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	SignOut(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, forget bool) error
	Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error
}

// Memberships put people into groups (package groups).
type Memberships interface {
	Join(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error
	Leave(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error
}

// Resets resets two-factor authentication (package help).
type Resets interface {
	// CheckReset says what is missing of how it was checked who asks.
	CheckReset(how core.IdentityCheck, note string) error
	// ResetOne resets somebody at once, or asks for that where the organization
	// lets it wait.
	ResetOne(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, how core.IdentityCheck, note string) error
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}
