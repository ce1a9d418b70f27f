package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func loadPackageTests() map[string]test {
	return map[string]test{
		"a package comes back as it was saved":     loadPackageRead,
		"of two who change a package one does":     loadPackageSwap,
		"the name of a package is one's alone":     loadPackageNames,
		"a right that was lost changes no package": loadPackageWarrant,
	}
}

// newPackage is a package that is not stored.
func (w *world) newPackage(by core.User, name string) core.LoadPackage {
	return core.LoadPackage{
		ID: w.id("package"), OrganizationID: by.OrganizationID, Name: name, Order: w.load(by).Order, CreatedAt: w.clock(), ChangedAt: w.clock(),
		By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Version: 1,
	}
}

// loadPackage is one that is.
func (w *world) loadPackage(by core.User, name string) core.LoadPackage {
	w.t.Helper()
	p := w.newPackage(by, name)
	w.must(w.store.CreateLoadPackage(w.ctx, p, core.Record{}))
	return p
}

func loadPackageRead(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	second, p := w.loadPackage(boss, "über"), w.loadPackage(boss, "Staff  List")
	all, err := w.store.LoadPackages(w.ctx, p.OrganizationID)
	w.must(err)
	same(w, all, []core.LoadPackage{p, second})
	for range 2 {
		l := w.load(boss)
		l.PackageID, l.PackageName = p.ID, p.Name
		w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
		p.LastRun = l.ID
	}
	last, err := w.store.LastLoads(w.ctx, p.OrganizationID)
	w.must(err)
	w.count("latest loads", len(last), 1)
	same(w, last[0].ID, p.LastRun)
	got, err := w.store.LoadPackageByID(w.ctx, p.OrganizationID, p.ID)
	w.must(err)
	same(w, got, p)
	got, err = w.store.LoadPackageByName(w.ctx, p.OrganizationID, "staff list")
	w.must(err)
	same(w, got, p)
	w.must(w.store.DropLoadPackage(w.ctx, p.OrganizationID, p.ID, core.Record{}))
	w.refused("a package twice", w.store.DropLoadPackage(w.ctx, p.OrganizationID, p.ID, core.Record{}), core.ErrNotFound)
	l, err := w.store.LoadByID(w.ctx, p.OrganizationID, p.LastRun)
	w.must(err)
	same(w, l.PackageName, p.Name)
}

func loadPackageSwap(w *world) {
	p := w.loadPackage(w.administrator(w.organization("One"), "boss"), "Staff")
	p.Name, p.Order.Clear, p.ChangedAt = "People", false, w.pass(time.Minute)
	won := w.together(callers, func(s *sqlstore.Store, _ int) error { return s.ChangeLoadPackage(w.ctx, p, core.Record{}) }, core.ErrStale)
	w.count("changes", won, 1)
	p.Version++
	got, err := w.store.LoadPackageByID(w.ctx, p.OrganizationID, p.ID)
	w.must(err)
	same(w, got, p)
}

func loadPackageNames(w *world) {
	boss, other := w.administrator(w.organization("One"), "boss"), w.administrator(w.organization("Two"), "other")
	p := w.loadPackage(boss, "Staff")
	w.loadPackage(other, "Staff")
	w.refused("the same name", w.store.CreateLoadPackage(w.ctx, w.newPackage(boss, "STAFF"), core.Record{}), core.ErrTaken)
	second := w.loadPackage(boss, "Second")
	second.Name = " staff"
	w.refused("another one's name", w.store.ChangeLoadPackage(w.ctx, second, core.Record{}), core.ErrTaken)
	p.Name = "STAFF"
	w.must(w.store.ChangeLoadPackage(w.ctx, p, core.Record{}))
	for n := 2; n < core.LoadPackagesPerOrganization; n++ {
		w.loadPackage(boss, string(w.id("name")))
	}
	w.refused("one too many", w.store.CreateLoadPackage(w.ctx, w.newPackage(boss, "More"), core.Record{}), core.ErrLimit)
}

func loadPackageWarrant(w *world) {
	o := w.organization("One")
	boss := w.ofType(o, "boss", core.HelpDesk)
	p := w.loadPackage(boss, "Staff")
	r := core.Record{
		Warrant: core.Warrant{OrganizationID: o.ID, ActorID: boss.ID, Least: core.Administrator},
		Events:  []core.Event{w.event(boss, core.EventLoadPackageSaved)},
	}
	before := w.dump()["load_package"]
	w.refused("a new one", w.store.CreateLoadPackage(w.ctx, w.newPackage(boss, "New"), r), core.ErrNotAdministrator)
	changed := p
	changed.Name = "Changed"
	w.refused("a change", w.store.ChangeLoadPackage(w.ctx, changed, r), core.ErrNotAdministrator)
	w.refused("its end", w.store.DropLoadPackage(w.ctx, o.ID, p.ID, r), core.ErrNotAdministrator)
	same(w, w.dump()["load_package"], before) // that it was refused is told in the log
}

// loadPackageCalls are those of packages.
func (v *victim) loadPackageCalls() map[string]func() error {
	w, s, org, p := v.w, v.w.store, v.u.OrganizationID, v.mapping
	p.OrganizationID = org
	return map[string]func() error{
		"LoadPackages":      func() error { return empty(s.LoadPackages(w.ctx, org)) },
		"LastLoads":         func() error { return empty(s.LastLoads(w.ctx, org)) },
		"LoadPackageByID":   func() error { _, err := s.LoadPackageByID(w.ctx, org, p.ID); return err },
		"LoadPackageByName": func() error { _, err := s.LoadPackageByName(w.ctx, org, p.Name); return err },
		"CreateLoadPackage": func() error {
			mine := p
			mine.ID = w.id("package")
			return s.CreateLoadPackage(w.ctx, mine, v.stolen)
		},
		"ChangeLoadPackage": func() error { return s.ChangeLoadPackage(w.ctx, p, v.stolen) },
		"DropLoadPackage":   func() error { return s.DropLoadPackage(w.ctx, org, p.ID, v.stolen) },
	}
}
