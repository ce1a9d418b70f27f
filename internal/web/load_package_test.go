package web_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/web"
)

// fakePackages are the packages of the organization, for packages loader and loadfile.
type fakePackages struct {
	*fakeLoads
	all  []core.LoadPackage
	last map[core.ID]core.LoadRun
	kept loadfile.Kept // of the file
	did  []core.LoadPackage
	fail error
}

func (f *fakePackages) Packages(context.Context, loader.Caller) ([]core.LoadPackage, error) {
	return f.all, nil
}

func (f *fakePackages) LastLoads(context.Context, loader.Caller) (map[core.ID]core.LoadRun, error) {
	return f.last, nil
}

func (f *fakePackages) RenamePackage(_ context.Context, _ loader.Caller, id core.ID, version int, name string) error {
	f.did = append(f.did, core.LoadPackage{ID: id, Version: version, Name: name})
	return f.fail
}

func (f *fakePackages) DeletePackage(_ context.Context, _ loader.Caller, id core.ID) error {
	f.did = append(f.did, core.LoadPackage{ID: id})
	return f.fail
}

func (f *fakePackages) Package(_ context.Context, _ loader.Caller, id string) (core.LoadPackage, error) {
	at := slices.IndexFunc(f.all, func(p core.LoadPackage) bool { return string(p.ID) == id })
	if at < 0 {
		return core.LoadPackage{}, core.ErrNotFound
	}
	return f.all[at], nil
}

// fakeKept joins the file with a package.
type fakeKept struct{ *fakePackages }

func (f fakeKept) Package(context.Context, loader.Caller, core.LoadFile) (loadfile.Kept, error) {
	return f.kept, nil
}

func (f fakeKept) Keep(_ context.Context, _ loader.Caller, _ core.ID, p core.LoadPackage) (core.LoadPackage, error) {
	f.did = append(f.did, p)
	return p, f.fail
}

func newPackages() *fakePackages {
	f := &fakePackages{fakeLoads: newLoads()}
	wide := f.file.Order
	wide.Identity, wide.Absent, wide.OnError = true, true, core.LoadStop
	f.run.PackageID, f.run.PackageName = "p1", "Staff <list>"
	f.all = []core.LoadPackage{
		{ID: "p1", Name: "Staff <list>", Order: wide, By: core.Actor{Name: "Ana Diaz"}, CreatedAt: noon, ChangedAt: noon, Version: 4, LastRun: "r1"},
		{ID: "p2", Name: "Groups", Order: loader.NewOrder(core.LoadGroups, []string{"Name"}), By: core.Actor{Name: "Ana Diaz"}, CreatedAt: noon, ChangedAt: noon, Version: 1},
	}
	f.last = map[core.ID]core.LoadRun{"p1": f.run}
	f.kept = loadfile.Kept{LoadPackage: f.all[0], Changed: true, Missing: []core.LoadColumn{{Column: "Job <title>", Field: "title", Enabled: true}}}
	return f
}

func packaging(f *fakePackages) func(d *web.Deps) {
	return administering(func(d *web.Deps) {
		d.LoadFiles, d.Loads, d.LoadPackages, d.LoadKept, d.LoadQueries = f, fakeRuns{f.fakeLoads}, f, fakeKept{f}, &fakeSchedules{}
	})
}

// TestPackagePages: every page with a package on it as it looks.
func TestPackagePages(t *testing.T) {
	f := newPackages()
	b, _ := live(t, ana(), packaging(f))
	for name, path := range map[string]string{
		"packages": "", "package": "/packages/p1", "package_never": "/packages/p2", "package_delete": "/packages/p1/delete",
		"new_package": "/new?package=p1", "map_package": "/files/f1", "preview_package": "/files/f1/preview", "keep": "/files/f1/package",
		"run_package": "/runs/r1",
	} {
		goldenLoad(t, name, b.get("/data-loader"+path).body)
	}
	f.all = nil
	b.get("/data-loader/runs/r1").hides(t, `href="/data-loader/packages/p1"`)
	b.get("/data-loader/packages/p1").shows(t, http.StatusNotFound)
	b.get("/data-loader").shows(t, http.StatusOK, "A package remembers how a file&#39;s columns match.")
}

// TestPackageDeeds: what the forms say is what is done, once it is confirmed.
func TestPackageDeeds(t *testing.T) {
	f := newPackages()
	b, sessions := live(t, ana(), packaging(f))
	keep, at := "/data-loader/files/f1/package", "/data-loader/packages/p1"
	b.get(keep)
	b.post(keep, "name", "New").leadsTo(t, "/data-loader/files/f1/preview?done=package-saved")
	b.get(keep)
	b.post(keep, "into", "p1", "version", "4").leadsTo(t, "/data-loader/files/f1/preview?done=package-saved")
	b.get(at)
	b.post(at, "name", "People", "version", "4").leadsTo(t, at+"?done=package-renamed")
	b.get(at + "/delete")
	b.post(at+"/delete").leadsTo(t, "/data-loader?done=package-deleted")
	b.get("/data-loader?done=package-deleted").shows(t, http.StatusOK, "The package is deleted.")
	if len(f.did) != 4 || f.did[0].Name != "New" || f.did[0].ID != "" || f.did[1].ID != "p1" || f.did[1].Version != 4 || f.did[1].Name != "Staff <list>" ||
		f.did[2].Name != "People" || f.did[2].Version != 4 || f.did[3].ID != "p1" {
		t.Errorf("done was %+v", f.did)
	}
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.get(keep)
	b.post(keep, "name", "Typed before").leadsTo(t, "/confirm?next=%2Fdata-loader%2Ffiles%2Ff1%2Fpackage")
	b.get(keep).shows(t, http.StatusOK, `value="Typed before"`)
	if len(f.did) != 4 {
		t.Errorf("it was not confirmed, and done was %+v", f.did)
	}
}

// TestPackageTrouble: what is wrong is told where it is mended, with what was typed.
func TestPackageTrouble(t *testing.T) {
	f := newPackages()
	b, _ := live(t, ana(), packaging(f))
	keep, at := "/data-loader/files/f1/package", "/data-loader/packages/p1"
	f.fail = core.InField("name", core.NewError(core.Conflict, "load.package_taken"))
	for _, path := range []string{keep, at} {
		b.get(path)
		b.post(path, "name", "Groups", "version", "4").shows(t, http.StatusUnprocessableEntity, "Another package has this name.", `value="Groups"`, `href="#name"`)
	}
	f.fail = core.ErrStale
	f.all[0].Version = 5
	b.get(at)
	b.post(at, "name", "Typed", "version", "4").shows(t, http.StatusConflict, "The package was changed in another tab", `value="Typed"`, `name="version" value="5"`)
	b.get(keep)
	b.post(keep, "into", "p1", "version", "3").shows(t, http.StatusConflict, "The package was changed in another tab")
	b.get(keep)
	b.post(keep, "into", "another's", "version", "3").shows(t, http.StatusNotFound)
	f.file.Order.Columns[0].Enabled = false
	b.get(keep).shows(t, http.StatusUnprocessableEntity, "Choose a column for Email.")
}

// TestPackagesAreForAdministrators: for everybody else there are none.
func TestPackagesAreForAdministrators(t *testing.T) {
	b, _ := live(t, bea(), packaging(newPackages()))
	for _, path := range []string{"/packages/p1", "/packages/p1/delete", "/files/f1/package"} {
		b.get("/data-loader"+path).shows(t, http.StatusNotFound)
	}
}
