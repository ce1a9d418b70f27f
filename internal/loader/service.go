package loader

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps loads, and stores what they do.
type Store interface {
	// CreateLoad stores a load that begins.
	CreateLoad(ctx context.Context, l core.LoadRun, r core.Record) error
	// LoadByID returns a load of an organization.
	LoadByID(ctx context.Context, organizationID, id core.ID) (core.LoadRun, error)
	// Loads returns an organization's loads before one of them, newest first.
	Loads(ctx context.Context, organizationID core.ID, f core.LoadFilter) ([]core.LoadRun, error)
	// LoadBatch stores a batch and moves the load behind it; ErrStale.
	LoadBatch(ctx context.Context, b core.LoadBatch) error
	// EndLoad ends a load; ErrStale where it is over.
	EndLoad(ctx context.Context, e core.LoadEnd) error
	// LoadRejects returns the rows behind a number that could not be taken.
	LoadRejects(ctx context.Context, organizationID, runID core.ID, after, limit int) ([]core.LoadReject, error)
	// Note stores events alone.
	Note(ctx context.Context, r core.Record) error
	// Known returns whom an organization has under login keys.
	Known(ctx context.Context, organizationID core.ID, keys []string) ([]core.LoadKnown, error)
}

// People is what administrators do to one person.
type People interface {
	// Save stores what was typed of somebody where it differs from what was.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error
	// Deactivate takes somebody's access away.
	Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	// Reactivate gives it back.
	Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
}

// Secrets makes what people bring along into what is stored.
type Secrets interface {
	// Password seals a password hash that another system made.
	Password(userID core.ID, text string) (sealed string, err error)
	// App makes an authenticator app of a secret that another system made.
	App(userID core.ID, text string) (core.Credential, error)
	// Row seals a row that could not be taken.
	Row(id core.ID, cells []string) (sealed string, err error)
	// OpenRow returns its cells.
	OpenRow(id core.ID, sealed string) (cells []string, err error)
	// Before seals what was there before rows were done.
	Before(id core.ID, rows []core.LoadBefore) (sealed string, err error)
	// OpenBefore returns it.
	OpenBefore(id core.ID, sealed string) ([]core.LoadBefore, error)
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}

// Ledger keeps what loads did to each row.
type Ledger interface {
	// NoteLoadDeeds stores what a batch is about to do by calls that are transactions of
	// their own; core.ErrStale.
	NoteLoadDeeds(ctx context.Context, r core.LoadResult) error
	// LoadResult returns what the batch did that begins at a row, or was about to do.
	LoadResult(ctx context.Context, organizationID, runID core.ID, from int) (core.LoadResult, error)
	// LoadResultsAfter returns what the batches did that have rows behind one.
	LoadResultsAfter(ctx context.Context, organizationID, runID core.ID, after, limit int) ([]core.LoadResult, error)
	// PeopleByID returns those of some people whom an organization has.
	PeopleByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.LoadKnown, error)
	// Groups returns an organization's groups.
	Groups(ctx context.Context, organizationID core.ID) ([]core.Group, error)
}

// Files knows which loads are of a file that is kept.
type Files interface {
	// LoadHasFile reports whether a load of an organization is of one.
	LoadHasFile(ctx context.Context, organizationID, runID core.ID) (bool, error)
}

// Deps are the parts a Service works with.
type Deps struct {
	Store   Store
	Ledger  Ledger
	Files   Files
	People  People
	Groups  Groups
	Secrets Secrets
	Absent  Absentees
	Kept    Packages
	Post    Post
	Clock   core.Clock
	Random  core.Random
	// Zone reports whether a time zone is one that can be chosen.
	Zone func(name string) bool
	// Language reports whether there is a language.
	Language func(tag string) bool
}

// Service loads. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Caller is who loads, and how far they may go.
type Caller struct {
	View   core.SessionView
	Origin core.Origin
	// Identity: they may change what leads into the accounts of people who exist
	// (AK4), and have confirmed that.
	Identity bool
	// Away: they need not wait for the end of what they load, and are told by email
	// where it fails.
	Away bool
}

// ErrIdentity: the order changes what leads into accounts, and whoever loads may
// not.
var ErrIdentity = core.NewError(core.Forbidden, "load.identity")

// may refuses whoever is no administrator, and an order that goes further than the
// caller may.
func (c Caller) may(o core.LoadOrder) error {
	switch {
	case !c.View.Account.User.CanAdminister():
		return core.ErrNotFound
	case (o.Identity || o.Absent) && !c.Identity:
		return ErrIdentity
	}
	return nil
}

// errOfFile: the rows of the load come from its file.
var errOfFile = core.NewError(core.Conflict, "load.of_file")

// does refuses to do rows of a load of a file, or to end it as done, for anybody but the
// worker that reads the file: rows from elsewhere would stand for its own, and an end
// from elsewhere would deactivate whom it names further down.
func (s *Service) does(ctx context.Context, c Caller, run core.LoadRun) error {
	if c.Away || run.State.Over() {
		return nil
	}
	has, err := s.Files.LoadHasFile(ctx, run.OrganizationID, run.ID)
	if err == nil && has {
		err = errOfFile
	}
	return err
}

// confirmed is the view of a caller who may change identities: what was confirmed
// when the load was asked for is good for all of it (SU2).
func (s *Service) confirmed(c Caller) core.SessionView {
	v := c.View
	if c.Identity {
		v.Session.ProvedAt = s.Clock()
	}
	return v
}
