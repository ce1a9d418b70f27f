package web

import (
	"context"
	"io"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/loadundo"
)

// LoadFiles keeps files that are put up to be loaded (package loadfile).
type LoadFiles interface {
	// Upload takes a file in and suggests what is in it.
	Upload(ctx context.Context, c loader.Caller, put loadfile.Put, in io.Reader) (core.LoadFile, error)
	Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadFile, error)
	// Samples returns some cells of each column.
	Samples(ctx context.Context, f core.LoadFile, n int) ([][]string, error)
	// Read reads a file in another way.
	Read(ctx context.Context, c loader.Caller, id core.ID, how loadfile.Reading) error
	// Map says what is in it.
	Map(ctx context.Context, c loader.Caller, id core.ID, o core.LoadOrder) error
	// Look says what its load would do, or how far it is known.
	Look(ctx context.Context, c loader.Caller, id core.ID) (loadfile.Looked, error)
	// LookAgain has a large file looked at anew.
	LookAgain(ctx context.Context, c loader.Caller, id core.ID) error
	// Start begins its load as it was looked at, with what becomes of rows with errors.
	Start(ctx context.Context, c loader.Caller, id core.ID, version int, wrong core.LoadErrors) (core.ID, error)
}

// LoadKept joins files with packages (package loadfile).
type LoadKept interface {
	// Package returns the package that a file is loaded with.
	Package(ctx context.Context, c loader.Caller, f core.LoadFile) (loadfile.Kept, error)
	// Keep keeps how a file is loaded, as a new package or in the place of one.
	Keep(ctx context.Context, c loader.Caller, id core.ID, p core.LoadPackage) (core.LoadPackage, error)
}

// LoadPackages are orders that are kept under names (package loader).
type LoadPackages interface {
	Packages(ctx context.Context, c loader.Caller) ([]core.LoadPackage, error)
	Package(ctx context.Context, c loader.Caller, idOrName string) (core.LoadPackage, error)
	// LastLoads returns the latest load of each that has one.
	LastLoads(ctx context.Context, c loader.Caller) (map[core.ID]core.LoadRun, error)
	// ChangePackage stores the name and order of one as it was at its version;
	// core.ErrStale.
	ChangePackage(ctx context.Context, c loader.Caller, p core.LoadPackage) error
	// DuplicatePackage makes another one of that name, once.
	DuplicatePackage(ctx context.Context, c loader.Caller, id core.ID, name string) (core.LoadPackage, error)
	DeletePackage(ctx context.Context, c loader.Caller, id core.ID) error
}

// Loads are loads that have begun (package loader).
type Loads interface {
	Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadRun, error)
	List(ctx context.Context, c loader.Caller, f core.LoadFilter) ([]core.LoadRun, error)
	// Stop ends one before its end.
	Stop(ctx context.Context, c loader.Caller, id core.ID, reason string) (core.LoadRun, error)
	// Problems says what is wrong with rows that could not be taken: all, or those with
	// one problem.
	Problems(ctx context.Context, c loader.Caller, id core.ID, code string, limit int) (loader.Report, error)
	// Failed hands over all of them and records that they were taken.
	Failed(ctx context.Context, c loader.Caller, id core.ID, each func(columns []string, rows []loader.RejectedRow) error) error
	// AllResults hands over what it did with each row, and records that it was taken.
	AllResults(ctx context.Context, c loader.Caller, id core.ID, each func(rows []loader.ResultRow) error) error
}

// LoadUndo takes back what loads did (package loadundo).
type LoadUndo interface {
	// Preview says what undoing a load would do.
	Preview(ctx context.Context, v core.SessionView, id core.ID) (loadundo.Preview, error)
	// Begin begins it.
	Begin(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	// Kept returns who stayed as they were.
	Kept(ctx context.Context, v core.SessionView, id core.ID, limit int) ([]loadundo.Kept, error)
}
