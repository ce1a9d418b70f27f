package loadfile

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// Kept is the package that a file is loaded with.
type Kept struct {
	core.LoadPackage
	// Missing are the columns that it has and the file has not, as far as nothing
	// else in the file is what they were.
	Missing []core.LoadColumn
	// Changed: the file is loaded in another way than the package says.
	Changed bool
}

// Package returns the package that a file is loaded with; its zero value where there
// is none, or none any more.
func (s *Service) Package(ctx context.Context, c loader.Caller, f core.LoadFile) (Kept, error) {
	if f.PackageID == "" {
		return Kept{}, nil
	}
	p, err := s.Loads.Package(ctx, c, string(f.PackageID))
	if errors.Is(err, core.ErrNotFound) {
		return Kept{}, nil
	}
	if err != nil {
		return Kept{}, err
	}
	fitted, missing := loader.Fit(p.Order, f.Facts.Columns)
	k := Kept{LoadPackage: p, Changed: !loader.Alike(fitted, f.Order)}
	for _, column := range missing {
		if !loader.Maps(f.Order, column.Field) {
			k.Missing = append(k.Missing, column)
		}
	}
	return k, nil
}

// suggest says what is in a file: what its package says, or what the names of its
// columns speak for.
func (s *Service) suggest(ctx context.Context, c loader.Caller, f *core.LoadFile, t core.LoadTarget) error {
	f.Order = loader.NewOrder(t, f.Facts.Columns)
	if f.PackageID == "" {
		return nil
	}
	p, err := s.Loads.Package(ctx, c, string(f.PackageID))
	if errors.Is(err, core.ErrNotFound) {
		f.PackageID = "" // deleted since
		return nil
	}
	if err == nil {
		f.Order, _ = loader.Fit(p.Order, f.Facts.Columns)
	}
	return err
}

// Keep keeps how a file is loaded as a package: a new one of that name, or, where p has
// an id, in place of what that package says, as it was at that version. The file is
// loaded with it from then on. What was confirmed is the right to an order that
// changes what leads into accounts.
func (s *Service) Keep(ctx context.Context, c loader.Caller, id core.ID, p core.LoadPackage) (core.LoadPackage, error) {
	f, err := s.Get(ctx, c, id)
	if err != nil {
		return core.LoadPackage{}, err
	}
	// A package of columns alone would find nothing wrong in a file that is not mapped.
	if err := loader.Check(f.Order, f.Facts.Columns); err != nil {
		return core.LoadPackage{}, err
	}
	p.Order = f.Order
	c.Identity = c.View.Session.Confirmed(s.Clock())
	if p, err = s.Loads.SavePackage(ctx, c, p); err != nil {
		return core.LoadPackage{}, err
	}
	if f.RunID != "" || f.PackageID == p.ID {
		return p, nil
	}
	f.PackageID = p.ID
	err = s.save(ctx, f, core.Record{Warrant: c.View.Warrant(core.Administrator, "")})
	if errors.Is(err, ErrMoved) {
		err = nil // the package is kept; in another tab the file became one of another
	}
	return p, err
}
