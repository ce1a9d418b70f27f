package web_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	// what is loaded by itself
	schedules *fakeSchedules
}

func (f *fakePackages) Packages(context.Context, loader.Caller) ([]core.LoadPackage, error) {
	return f.all, nil
}

func (f *fakePackages) LastLoads(context.Context, loader.Caller) (map[core.ID]core.LoadRun, error) {
	return f.last, nil
}

func (f *fakePackages) ChangePackage(_ context.Context, _ loader.Caller, p core.LoadPackage) error {
	f.did = append(f.did, p)
	return f.fail
}

func (f *fakePackages) DuplicatePackage(_ context.Context, _ loader.Caller, id core.ID, name string) (core.LoadPackage, error) {
	for _, p := range f.all {
		if p.Name == name {
			return p, core.InField("name", core.NewError(core.Conflict, "load.package_taken"))
		}
	}
	f.did = append(f.did, core.LoadPackage{ID: id, Name: name})
	return core.LoadPackage{}, f.fail
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
	f := &fakePackages{fakeLoads: newLoads(), schedules: newSchedules()}
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
		d.LoadFiles, d.Loads, d.LoadPackages, d.LoadKept, d.LoadQueries = f, fakeRuns{f.fakeLoads}, f, fakeKept{f}, newSchedules()
		d.Schedules = f.schedules
	})
}

// TestPackagePages: every page with a package on it as it looks.
func TestPackagePages(t *testing.T) {
	f := newPackages()
	b, _ := live(t, ana(), packaging(f))
	for name, path := range map[string]string{
		"packages": "", "package": "/packages/p1", "package_never": "/packages/p2", "package_edit": "/packages/p1/edit", "package_edit_groups": "/packages/p2/edit", "package_delete": "/packages/p1/delete",
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

// staffForm is the form of the package p1 as it is shown, but for some fields.
func staffForm(but ...string) []string {
	all := map[string]string{
		"version": "4", "name": "Staff <list>", "c_email": "Email", "c_first_name": "First name", "c_last_name": "Last name", "c_password_hash": "Hash",
		"key": "email", "on_error": "stop", "identity": "on", "absent": "on", "threshold": "10",
	}
	for i := 0; i < len(but); i += 2 {
		all[but[i]] = but[i+1]
	}
	var out []string
	for name, value := range all {
		out = append(out, name, value)
	}
	return out
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
	b.get(at + "/edit")
	b.post(at+"/edit", staffForm("name", "People", "c_last_name", "", "c_title", "Job", "clear", "on")...).leadsTo(t, at+"?done=package-changed")
	b.get(at + "/delete")
	b.post(at+"/delete").leadsTo(t, "/data-loader?done=package-deleted")
	b.get("/data-loader?done=package-deleted").shows(t, http.StatusOK, "The package is deleted.")
	if len(f.did) != 4 || f.did[0].Name != "New" || f.did[0].ID != "" || f.did[1].ID != "p1" || f.did[1].Version != 4 || f.did[1].Name != "Staff <list>" ||
		f.did[2].ID != "p1" || f.did[3].ID != "p1" {
		t.Errorf("done was %+v", f.did)
	}
	want := f.all[0]
	want.Name, want.Order.Clear = "People", true
	want.Order.Columns = []core.LoadColumn{
		{Column: "Email", Field: "email", Enabled: true},
		{Column: "First name", Field: "first_name", Enabled: true},
		{Column: "Hash", Field: "password_hash", Enabled: true},
		{Column: "Job", Field: "title", Enabled: true},
	}
	if diff := cmp.Diff(want, f.did[2]); diff != "" {
		t.Error(diff)
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
	for _, path := range []string{keep, at + "/edit"} {
		b.get(path)
		b.post(path, staffForm("name", "Groups")...).shows(t, http.StatusUnprocessableEntity, "Another package has this name.", `value="Groups"`, `href="#name"`)
	}
	f.fail = core.ErrStale
	f.all[0].Version = 5
	b.get(at + "/edit")
	b.post(at+"/edit", staffForm("name", "Typed")...).shows(t, http.StatusConflict, "The package was changed in another tab", "What the package says: Staff &lt;list&gt;", "<p>Key column: Email</p>", `value="Typed"`, `name="version" value="5"`)
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
	for _, path := range []string{"/packages/p1", "/packages/p1/edit", "/packages/p1/delete", "/files/f1/package"} {
		b.get("/data-loader"+path).shows(t, http.StatusNotFound)
	}
}

// TestPackageEditTrouble: what no file could be loaded with is told at its field, in the
// words of the page, and the field of a group is not mixed up with the package's name.
func TestPackageEditTrouble(t *testing.T) {
	f := newPackages()
	b, sessions := live(t, ana(), packaging(f))
	const people, groups = "/data-loader/packages/p1/edit", "/data-loader/packages/p2/edit"
	for name, tt := range map[string]struct {
		path string
		sent []string
		text []string
	}{
		"no name":               {people, staffForm("name", " "), []string{`href="#name"`, "Enter a name of 1 to 80 characters"}},
		"no column for the key": {people, staffForm("c_email", ""), []string{`href="#c_email"`, "Choose a column for Email."}},
		"one for two":           {people, staffForm("c_title", "first NAME"), []string{`href="#c_title"`, "The column first NAME is given to two fields.", `value="first NAME"`}},
		"too long":              {people, staffForm("c_title", strings.Repeat("x", 1001)), []string{`href="#c_title"`, "at most 1000 characters"}},
		"a key that is none":    {people, staffForm("key", "title"), []string{`href="#key"`}},
		"neither nor":           {people, staffForm("on_error", "perhaps"), []string{`href="#on_error"`}},
		"a limit that is none":  {people, staffForm("threshold", "all"), []string{`href="#threshold"`, `value="all"`}},
		"two things":            {people, staffForm("name", "", "c_email", ""), []string{`href="#name"`, `href="#c_email"`}},
		"a group without name":  {groups, []string{"version", "1", "name", "Groups", "c_name", "", "key", "name", "on_error", "skip"}, []string{`href="#c_name"`, "Choose a column for Name."}},
	} {
		b.get(tt.path)
		t.Run(name, func(t *testing.T) {
			b.post(tt.path, tt.sent...).shows(t, http.StatusUnprocessableEntity, tt.text...)
		})
	}
	if len(f.did) != 0 {
		t.Errorf("done was %+v", f.did)
	}
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.get(people)
	b.post(people, staffForm("was_c_title", "", "c_title", "Job", "was_identity", "on", "identity", "", "was_name", "Staff <list>")...).
		leadsTo(t, "/confirm?next=%2Fdata-loader%2Fpackages%2Fp1%2Fedit")
	b.get(people).shows(t, http.StatusOK, `name="c_title" type="text" maxlength="1000" autocomplete="off" autocapitalize="none" spellcheck="false" value="Job"`,
		`name="identity" value="on"><`, `name="was_identity" value="on"`, `name="version" value="4"`)
}

// TestPackageCopies: a duplicate has the name that the list shows, or the next that is
// free, and what is refused is told on the list.
func TestPackageCopies(t *testing.T) {
	f := newPackages()
	long := strings.Repeat("ñ", 80)
	f.all = append(f.all, core.LoadPackage{ID: "p3", Name: "groups (COPY)", Order: f.all[1].Order}, core.LoadPackage{ID: "p4", Name: long, Order: f.all[1].Order})
	b, _ := live(t, ana(), packaging(f))
	b.get("/data-loader").shows(t, http.StatusOK, `name="name" value="Staff &lt;list&gt; (copy)"`, `name="name" value="Groups (copy 2)"`, `value="`+strings.Repeat("ñ", 73)+` (copy)"`)
	b.post("/data-loader/packages/p1/duplicate", "name", "Staff <list> (copy)").leadsTo(t, "/data-loader?done=package-copied")
	b.get("/data-loader?done=package-copied").shows(t, http.StatusOK, "The package is duplicated.")
	b.post("/data-loader/packages/p2/duplicate", "name", "groups (COPY)").leadsTo(t, "/data-loader?done=package-copied")
	if len(f.did) != 2 || f.did[0].ID != "p1" || f.did[0].Name != "Staff <list> (copy)" || f.did[1].ID != "p2" || f.did[1].Name != "Groups (copy 2)" {
		t.Errorf("done was %+v", f.did)
	}
	f.fail = core.NewError(core.Conflict, "load.packages").With("count", 200)
	b.get("/data-loader")
	b.post("/data-loader/packages/p1/duplicate", "name", "More").shows(t, http.StatusUnprocessableEntity, `href="#packages"`, "has 200 packages, and that is the limit.")
}

// TestPackageTurns: a package is loaded with by itself at the nearest turn of its
// schedules, and reads what they read.
func TestPackageTurns(t *testing.T) {
	f := newPackages()
	b, _ := live(t, ana(), packaging(f))
	b.get("/data-loader").shows(t, http.StatusOK, "A file: inbox: staff.csv<br>A query on: payroll", ">Stopped<", "A watched folder: inbox: *.csv")
	f.schedules.list[0].Next = nil
	f.schedules.list[0].Source.Kind = core.LoadFromWatch
	b.get("/data-loader").shows(t, http.StatusOK, "<br>As soon as a file is there.")
	f.schedules.list = nil
	b.get("/data-loader").shows(t, http.StatusOK, "Not scheduled", "<span>File</span>")
	b.get("/data-loader/schedules/new?package=p2").shows(t, http.StatusOK, `<option value="p2" selected>Groups</option>`)
}
