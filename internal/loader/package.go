package loader

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// Packages keeps orders under names.
type Packages interface {
	// LoadPackages returns an organization's packages by name.
	LoadPackages(ctx context.Context, organizationID core.ID) ([]core.LoadPackage, error)
	// LoadPackageByID returns one of them.
	LoadPackageByID(ctx context.Context, organizationID, id core.ID) (core.LoadPackage, error)
	// LoadPackageByName returns the one of a name, in any case.
	LoadPackageByName(ctx context.Context, organizationID core.ID, name string) (core.LoadPackage, error)
	// LastLoads returns the latest load of each of them that has one.
	LastLoads(ctx context.Context, organizationID core.ID) ([]core.LoadRun, error)
	// CreateLoadPackage stores a new one; ErrTaken, ErrLimit.
	CreateLoadPackage(ctx context.Context, p core.LoadPackage, r core.Record) error
	// ChangeLoadPackage stores its name and order; ErrStale, ErrTaken.
	ChangeLoadPackage(ctx context.Context, p core.LoadPackage, r core.Record) error
	// DropLoadPackage removes one.
	DropLoadPackage(ctx context.Context, organizationID, id core.ID, r core.Record) error
}

// Packages returns the packages of the caller's organization by name.
func (s *Service) Packages(ctx context.Context, c Caller) ([]core.LoadPackage, error) {
	if !c.View.Account.User.CanAdminister() {
		return nil, core.ErrNotFound
	}
	return s.Kept.LoadPackages(ctx, c.View.Account.User.OrganizationID)
}

// LastLoads returns the latest load of each package of the caller's organization that
// was loaded with, by the package.
func (s *Service) LastLoads(ctx context.Context, c Caller) (map[core.ID]core.LoadRun, error) {
	if !c.View.Account.User.CanAdminister() {
		return nil, core.ErrNotFound
	}
	all, err := s.Kept.LastLoads(ctx, c.View.Account.User.OrganizationID)
	last := make(map[core.ID]core.LoadRun, len(all))
	for _, run := range all {
		last[run.PackageID] = run
	}
	return last, err
}

// Package returns a package of the caller's organization by its id or its name.
func (s *Service) Package(ctx context.Context, c Caller, idOrName string) (core.LoadPackage, error) {
	by := c.View.Account.User
	if !by.CanAdminister() {
		return core.LoadPackage{}, core.ErrNotFound
	}
	p, err := s.Kept.LoadPackageByID(ctx, by.OrganizationID, core.ID(idOrName))
	if errors.Is(err, core.ErrNotFound) {
		return s.Kept.LoadPackageByName(ctx, by.OrganizationID, idOrName)
	}
	return p, err
}

// SavePackage keeps an order under a name: a new package where p has no id, and
// otherwise the one of that id, as it was at that version, or the error is
// core.ErrStale. Which columns a file has is seen when one is loaded.
func (s *Service) SavePackage(ctx context.Context, c Caller, p core.LoadPackage) (core.LoadPackage, error) {
	if err := c.mayKeep(p.Order); err != nil {
		return core.LoadPackage{}, err
	}
	p.Name = onOneLine(p.Name)
	if err := p.CheckName(); err != nil {
		return core.LoadPackage{}, err
	}
	if err := CheckPackage(p.Order); err != nil {
		return core.LoadPackage{}, err
	}
	now, by := s.Clock(), c.View.Account.User
	p.OrganizationID, p.ChangedAt = by.OrganizationID, now
	if p.ID == "" {
		p.ID, p.By, p.CreatedAt, p.Version, p.LastRun = core.NewID(now, s.Random), c.actor(), now, 1, ""
		return p, nameTaken(s.Kept.CreateLoadPackage(ctx, p, s.packageRecord(c, p, core.EventLoadPackageSaved)))
	}
	was, err := s.Kept.LoadPackageByID(ctx, by.OrganizationID, p.ID)
	if err != nil {
		return core.LoadPackage{}, err
	}
	// Whoever may not change identities takes no package over that does.
	if err := c.mayKeep(was.Order); err != nil {
		return core.LoadPackage{}, err
	}
	p.By, p.CreatedAt, p.LastRun = was.By, was.CreatedAt, was.LastRun
	err = s.Kept.ChangeLoadPackage(ctx, p, s.packageRecord(c, p, core.EventLoadPackageSaved))
	p.Version++
	return p, nameTaken(err)
}

// mayKeep is may for an order that is kept: others load with it too, as far as they may.
// Which column says who is an administrator is not for whoever may make none.
func (c Caller) mayKeep(o core.LoadOrder) error {
	if err := c.may(o); err != nil {
		return err
	}
	if Maps(o, "type") && !c.Identity {
		return ErrIdentity
	}
	return nil
}

// DeletePackage removes a package. The loads that used it stay.
func (s *Service) DeletePackage(ctx context.Context, c Caller, id core.ID) error {
	p, err := s.Package(ctx, c, string(id))
	if err != nil {
		return err
	}
	return s.Kept.DropLoadPackage(ctx, p.OrganizationID, p.ID, s.packageRecord(c, p, core.EventLoadPackageGone))
}

// packageRecord is what a write of a package carries with it.
func (s *Service) packageRecord(c Caller, p core.LoadPackage, kind string) core.Record {
	now := s.Clock()
	return core.Record{
		Warrant: c.View.Warrant(core.Administrator, ""),
		Events: []core.Event{{
			ID: core.NewID(now, s.Random), OrganizationID: p.OrganizationID, At: now, Kind: kind, Result: "ok", Actor: c.actor(),
			Target: p.Name, Origin: c.Origin, Detail: map[string]string{"package": string(p.ID)},
		}},
	}
}

func (c Caller) actor() core.Actor {
	by := c.View.Account.User
	return core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}
}

// nameTaken puts what the store refuses where it was typed.
func nameTaken(err error) error {
	switch {
	case errors.Is(err, core.ErrTaken):
		return core.InField("name", core.NewError(core.Conflict, "load.package_taken"))
	case errors.Is(err, core.ErrLimit):
		return core.NewError(core.Conflict, "load.packages").With("count", core.LoadPackagesPerOrganization)
	}
	return err
}

// keptOrder looks up the package of a load that begins, and takes its order where
// the load brings none of its own.
func (s *Service) keptOrder(ctx context.Context, c Caller, b *Begin) (core.LoadPackage, error) {
	if b.Package == "" {
		return core.LoadPackage{}, nil
	}
	p, err := s.Package(ctx, c, string(b.Package))
	if err == nil && b.Order.Target == "" {
		b.Order = p.Order
	}
	return p, err
}
