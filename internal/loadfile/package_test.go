package loadfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// put puts a text up to be loaded with a package.
func (d *desk) put(text string, p core.LoadPackage) core.LoadFile {
	d.t.Helper()
	f, err := d.Upload(d.t.Context(), d.caller(), loadfile.Put{Name: "next.csv", Package: p.ID}, strings.NewReader(text))
	d.must(err)
	return f
}

// kept is a package of a file of people whose rows may change who they are.
func (d *desk) kept(name string) core.LoadPackage {
	d.t.Helper()
	f := d.up("staff.csv", "Mail,First,Last,Role\na@example.com,A,B,Clerk\n")
	o := f.Order
	o.Identity, o.OnError = true, core.LoadStop
	o.Columns[3] = core.LoadColumn{Column: "Role", Field: "title", Enabled: true}
	d.must(d.Map(d.t.Context(), d.caller(), f.ID, o))
	p, err := d.Keep(d.t.Context(), d.caller(), f.ID, core.LoadPackage{Name: name})
	d.must(err)
	return p
}

// TestAPackageLoadsTheNextFile: mapping and options come from it, columns that the file
// has not are named, and the load knows whose order it was.
func TestAPackageLoadsTheNextFile(t *testing.T) {
	d := newDesk(t)
	p := d.kept("Staff")
	f := d.put("MAIL,Last,First,Notes\na@example.com,B,A,x\n", p)
	if !f.Order.Identity || f.Order.OnError != core.LoadStop || f.Order.Columns[0] != (core.LoadColumn{Column: "MAIL", Field: "email", Enabled: true}) || f.Order.Columns[3].Enabled {
		t.Fatalf("the order is %+v", f.Order)
	}
	kept, err := d.Package(t.Context(), d.caller(), f)
	d.must(err)
	if kept.ID != p.ID || kept.Changed || len(kept.Missing) != 1 || kept.Missing[0].Column != "Role" {
		t.Errorf("the package of the file is %+v", kept)
	}
	o := f.Order
	o.Columns[3] = core.LoadColumn{Column: "Notes", Field: "title", Enabled: true}
	d.must(d.Map(t.Context(), d.caller(), f.ID, o))
	f, err = d.Get(t.Context(), d.caller(), f.ID)
	d.must(err)
	if kept, err = d.Package(t.Context(), d.caller(), f); err != nil || !kept.Changed || len(kept.Missing) != 0 {
		t.Errorf("after another mapping it is %+v, %v", kept, err)
	}
	d.must(d.Read(t.Context(), d.caller(), f.ID, loadfile.Reading{}))
	if f, err = d.Get(t.Context(), d.caller(), f.ID); err != nil || !f.Order.Identity {
		t.Errorf("read again its order is %+v, %v", f.Order, err)
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
	d.must(err)
	if run := d.run(id); run.PackageID != p.ID || run.PackageName != "Staff" {
		t.Errorf("the load is %+v", run)
	}
	last, err := d.Loads.LastLoads(t.Context(), d.caller())
	if err != nil || last[p.ID].ID != id {
		t.Errorf("the latest loads are %+v, %v", last, err)
	}
}

// TestAFileOutlivesItsPackage: one that was deleted meanwhile stops nothing.
func TestAFileOutlivesItsPackage(t *testing.T) {
	d := newDesk(t)
	p := d.kept("Staff")
	f := d.put("Mail,First,Last\na@example.com,A,B\n", p)
	d.must(d.Loads.DeletePackage(t.Context(), d.caller(), p.ID))
	if kept, err := d.Package(t.Context(), d.caller(), f); err != nil || kept.ID != "" {
		t.Errorf("the package of the file is %+v, %v", kept, err)
	}
	id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version, "")
	d.must(err)
	if run := d.run(id); run.PackageID != "" || !run.Order.Identity {
		t.Errorf("the load is %+v", run)
	}
	_, err = d.Upload(t.Context(), d.caller(), loadfile.Put{Name: "x", Package: p.ID}, strings.NewReader("Mail\na@example.com\n"))
	var e *core.Error
	if !errors.As(err, &e) || core.CodeOf(e.Fields["package"]) != "load.package_gone" {
		t.Errorf("a file for a package that is gone: %v", err)
	}
}

// TestKeepingAsks: a package that changes what leads into accounts needs the right that
// its load needs, a name is had once, and of two who change one, one does.
func TestKeepingAsks(t *testing.T) {
	d := newDesk(t)
	p := d.kept("Staff")
	f := d.put("Mail,First,Last\na@example.com,A,B\n", p)
	stale, theirs, helper := d.caller(), d.caller(), d.caller()
	stale.View.Session.ProvedAt = start.AddDate(-1, 0, 0)
	theirs.View.Account.User.OrganizationID = "another"
	helper.View.Account.User.Type = core.HelpDesk
	for name, try := range map[string]struct {
		c    loader.Caller
		p    core.LoadPackage
		want error
	}{
		"not confirmed":           {stale, core.LoadPackage{Name: "New"}, loader.ErrIdentity},
		"of another organization": {theirs, core.LoadPackage{Name: "New"}, core.ErrNotFound},
		"of the help desk":        {helper, core.LoadPackage{Name: "New"}, core.ErrNotFound},
		"an old look at it":       {d.caller(), core.LoadPackage{ID: p.ID, Version: p.Version - 1, Name: "Staff"}, core.ErrStale},
	} {
		if _, err := d.Keep(t.Context(), try.c, f.ID, try.p); !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", name, err, try.want)
		}
	}
	_, err := d.Keep(t.Context(), d.caller(), f.ID, core.LoadPackage{Name: "STAFF"})
	var e *core.Error
	if !errors.As(err, &e) || core.CodeOf(e.Fields["name"]) != "load.package_taken" {
		t.Errorf("a second package of a name: %v", err)
	}
	named := func(name string, version int) core.LoadPackage {
		p := p
		p.Name, p.Version = name, version
		return p
	}
	for name, c := range map[string]loader.Caller{"of another organization": theirs, "of the help desk": helper} {
		if err := d.Loads.ChangePackage(t.Context(), c, named("Mine", p.Version)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a change by somebody %s: %v", name, err)
		}
		if _, err := d.Loads.DuplicatePackage(t.Context(), c, p.ID, "Mine"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a duplicate by somebody %s: %v", name, err)
		}
		if err := d.Loads.DeletePackage(t.Context(), c, p.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a deletion by somebody %s: %v", name, err)
		}
	}
	if err := d.Loads.ChangePackage(t.Context(), stale, named("Mine", p.Version)); !errors.Is(err, loader.ErrIdentity) {
		t.Errorf("a change that was not confirmed: %v", err)
	}
	if _, err := d.Loads.DuplicatePackage(t.Context(), stale, p.ID, "Mine"); !errors.Is(err, loader.ErrIdentity) {
		t.Errorf("a duplicate that was not confirmed: %v", err)
	}
	d.must(d.Loads.ChangePackage(t.Context(), d.caller(), named("People", p.Version)))
	if err := d.Loads.ChangePackage(t.Context(), d.caller(), named("Others", p.Version)); !errors.Is(err, core.ErrStale) {
		t.Errorf("a change in an old tab: %v", err)
	}
}
