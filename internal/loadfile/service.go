package loadfile

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/table"
)

// Store keeps files.
type Store interface {
	// CreateLoadFile stores a file of which nothing has arrived.
	CreateLoadFile(ctx context.Context, f core.LoadFile, r core.Record) error
	// AddLoadChunk stores bytes of a file that arrives.
	AddLoadChunk(ctx context.Context, organizationID, fileID, id core.ID, sealed string) error
	// SaveLoadFile changes what is known of a file; ErrStale.
	SaveLoadFile(ctx context.Context, f core.LoadFile, r core.Record) error
	// DropLoadFile removes a file that is not loaded.
	DropLoadFile(ctx context.Context, organizationID, id core.ID) error
	// LoadFileByID returns a file of an organization.
	LoadFileByID(ctx context.Context, organizationID, id core.ID) (core.LoadFile, error)
	// LoadChunk returns bytes of a file of an organization.
	LoadChunk(ctx context.Context, organizationID, id core.ID) (sealed string, err error)
	// StartLoadFile begins the load of a file as it was looked at; ErrStale.
	StartLoadFile(ctx context.Context, f core.LoadFile, l core.LoadRun, r core.Record) error
	// StartLoadTurn is StartLoadFile for the turn of a schedule, which it notes.
	StartLoadTurn(ctx context.Context, f core.LoadFile, l core.LoadRun, n core.LoadScheduleTurn) error
}

// Queue gives loads to workers.
type Queue interface {
	// TakeLoad leases a file whose load is not over; ErrNotFound where none is due.
	TakeLoad(ctx context.Context, owner string, now, until time.Time) (core.LoadFile, error)
	// HoldLoad moves the end of a lease; ErrStale where somebody else has it.
	HoldLoad(ctx context.Context, owner string, id core.ID, until time.Time) error
	// LoadWaits reports whether TakeLoad would find one.
	LoadWaits(ctx context.Context, now time.Time) (bool, error)
}

// People says who somebody is now.
type People interface {
	// AccountByID returns somebody of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
}

// Sealer seals bytes of a file to their place in it: there may be passwords in them.
type Sealer interface {
	// SealChunk seals bytes.
	SealChunk(id core.ID, b []byte) string
	// OpenChunk returns them.
	OpenChunk(id core.ID, sealed string) ([]byte, error)
}

// Deps are the parts a Service works with.
type Deps struct {
	Store  Store
	Queue  Queue
	People People
	Sealer Sealer
	Loads  *loader.Service
	Clock  core.Clock
	Random core.Random
	Logger *slog.Logger
}

// Service keeps and loads files. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Get returns a file of the caller's organization that has arrived.
func (s *Service) Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadFile, error) {
	if !c.View.Account.User.CanAdminister() {
		return core.LoadFile{}, core.ErrNotFound
	}
	f, err := s.Store.LoadFileByID(ctx, c.View.Account.User.OrganizationID, id)
	if err == nil && f.Hash == "" {
		err = core.ErrNotFound
	}
	return f, err
}

// Reading is how a file shall be read; what is zero is guessed.
type Reading struct {
	Encoding  string
	Delimiter string
	HeaderRow int
	Sheet     string
}

func (r Reading) options() table.Options {
	o := table.Options{Encoding: r.Encoding, HeaderRow: r.HeaderRow, Sheet: r.Sheet, Limits: table.Browser()}
	for _, d := range r.Delimiter {
		o.Delimiter = d
		break
	}
	return o
}

// readingOf is how a file was read.
func readingOf(f core.LoadFacts) Reading {
	return Reading{f.Encoding, f.Delimiter, f.HeaderRow, f.Sheet}
}

// ErrMoved: the file is not as the page showed it: its mapping was changed in another
// tab, or its load has begun.
var ErrMoved = core.NewError(core.Conflict, "load.moved")

// save changes what is known of a file that is not loaded.
func (s *Service) save(ctx context.Context, f core.LoadFile, r core.Record) error {
	err := s.Store.SaveLoadFile(ctx, f, r)
	if errors.Is(err, core.ErrStale) {
		return ErrMoved.Because(err)
	}
	return err
}

// Read reads a file anew in another way, and suggests what is in it.
func (s *Service) Read(ctx context.Context, c loader.Caller, id core.ID, how Reading) error {
	f, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	if err := s.inspect(ctx, &f, how); err != nil {
		return err
	}
	if err := s.suggest(ctx, c, &f, f.Order.Target); err != nil {
		return err
	}
	f.LookState, f.Look = core.LoadLookNone, core.LoadLook{}
	return s.save(ctx, f, core.Record{Warrant: c.View.Warrant(core.Administrator, "")})
}

// Map says what is in a file.
func (s *Service) Map(ctx context.Context, c loader.Caller, id core.ID, o core.LoadOrder) error {
	f, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	if err := loader.Check(o, f.Facts.Columns); err != nil {
		return err
	}
	f.Order = o
	f.LookState, f.Look = core.LoadLookNone, core.LoadLook{}
	return s.save(ctx, f, core.Record{Warrant: c.View.Warrant(core.Administrator, "")})
}

// Preview says what the load of a file would do now, with so many rows of each kind.
func (s *Service) Preview(ctx context.Context, c loader.Caller, id core.ID, keep int) (core.LoadFile, loader.Preview, error) {
	f, err := s.Get(ctx, c, id)
	if err != nil {
		return f, loader.Preview{}, err
	}
	rows, err := s.open(ctx, f)
	if err != nil {
		return f, loader.Preview{}, err
	}
	defer rows.close()
	p, err := s.Loads.Preview(ctx, c, loader.Look{Order: f.Order, Columns: f.Facts.Columns, Keep: keep}, rows)
	return f, p, err
}

// Start begins the load of a file as it was looked at: version is that of the
// preview, and wrong what becomes of rows with errors; empty: what its order says. A
// worker does it. It needs a fresh confirmation (SU2).
func (s *Service) Start(ctx context.Context, c loader.Caller, id core.ID, version int, wrong core.LoadErrors) (core.ID, error) {
	f, err := s.asSeen(ctx, c, id, version)
	if err != nil {
		return f.RunID, err
	}
	if !c.View.Session.Confirmed(s.Clock()) {
		return "", core.NewError(core.Unauthenticated, "confirm.needed")
	}
	kept, err := s.Package(ctx, c, f) // none where it was deleted since
	if err != nil {
		return "", err
	}
	c.Identity, f.Confirmed = true, true
	f.Order.OnError = cmp.Or(wrong, f.Order.OnError)
	return s.begin(ctx, c, f, kept.ID, nil)
}

// StartProgram is Start for a program, which confirms nothing: how far it may go, its
// caller says, and an order that goes further is refused (AK4). Of is the package
// whose order the file has; empty: none.
func (s *Service) StartProgram(ctx context.Context, c loader.Caller, id core.ID, version int, of core.ID) (core.ID, error) {
	f, err := s.asSeen(ctx, c, id, version)
	if err != nil {
		return f.RunID, err
	}
	f.Confirmed = c.Identity
	return s.begin(ctx, c, f, of, nil)
}

// StartTurn is StartProgram for the turn of a schedule, which is noted in the same
// transaction: a process that dies between the two would take it again. ErrMoved also
// where it is that schedule's turn no more.
func (s *Service) StartTurn(ctx context.Context, c loader.Caller, id core.ID, version int, turn core.LoadScheduleTurn) (core.ID, error) {
	f, err := s.asSeen(ctx, c, id, version)
	if err != nil {
		return f.RunID, err
	}
	f.Confirmed = c.Identity
	return s.begin(ctx, c, f, turn.Is.PackageID, &turn)
}

// asSeen returns a file that is as whoever starts its load saw it.
func (s *Service) asSeen(ctx context.Context, c loader.Caller, id core.ID, version int) (core.LoadFile, error) {
	f, err := s.Get(ctx, c, id)
	if err == nil && (f.RunID != "" || f.Version != version) {
		err = ErrMoved
	}
	return f, err
}

func (s *Service) begin(ctx context.Context, c loader.Caller, f core.LoadFile, of core.ID, turn *core.LoadScheduleTurn) (core.ID, error) {
	run, err := s.Loads.Start(ctx, c, loader.Begin{
		Order: f.Order, Columns: f.Facts.Columns, Name: f.Name, Hash: f.Hash, First: f.Facts.First, Total: f.Facts.Rows, Package: of,
		Create: func(ctx context.Context, l core.LoadRun, r core.Record) error {
			if turn != nil {
				turn.Record = r
				return s.Store.StartLoadTurn(ctx, f, l, *turn)
			}
			return s.Store.StartLoadFile(ctx, f, l, r)
		},
	})
	if errors.Is(err, core.ErrStale) {
		err = ErrMoved.Because(err)
	}
	if err != nil {
		return "", err // there is no such load
	}
	return run.ID, nil
}

// Drop removes a file that is not loaded.
func (s *Service) Drop(ctx context.Context, c loader.Caller, id core.ID) error {
	f, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	return s.Store.DropLoadFile(ctx, f.OrganizationID, f.ID)
}
