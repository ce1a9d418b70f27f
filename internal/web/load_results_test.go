package web_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadundo"
	"github.com/sallyport/sallyport/internal/web"
)

func (f *fakeLoads) AllResults(_ context.Context, _ loader.Caller, _ core.ID, each func(rows []loader.ResultRow) error) error {
	if err := each(nil); err != nil {
		return err
	}
	return each([]loader.ResultRow{
		{LoadRowResult: core.LoadRowResult{Row: 2, Did: core.LoadAdded, ID: "u1"}, Name: "=Ann <b>", Email: "ann@example.com"},
		{LoadRowResult: core.LoadRowResult{Row: 3, Did: core.LoadUpdated, ID: "u2", Fields: []string{"title", "groups", "password_hash"}}, Name: "Bob", Username: "-bob", Email: "bob@example.com"},
		{LoadRowResult: core.LoadRowResult{Row: 4, Did: core.LoadUnchanged, ID: "gone"}},
		{LoadRowResult: core.LoadRowResult{Row: 5, Did: core.LoadRejected}, Problems: []core.LoadProblem{{Column: "Email", Value: "a@", Code: "user.email"}}},
		{LoadRowResult: core.LoadRowResult{Row: 90, Did: core.LoadDeactivated, ID: "u3"}, Name: "Cid", Email: "cid@example.com", Kept: core.LoadKeptMembers},
	})
}

// TestLoadResultsFile: every row with who it is about now, and no cell is a formula.
func TestLoadResultsFile(t *testing.T) {
	b, _ := live(t, ana(), loading(newLoads()))
	b.get("/data-loader/runs/r1").shows(t, http.StatusOK, `formaction="/data-loader/runs/r1/results"`, "Download all results")
	a := b.post("/data-loader/runs/r1/results")
	want := "\ufeffRow,Result,Name,Username,Email,Changed,Problem,Stays after the undo because\r\n" +
		"2,Added,'=Ann <b>,,ann@example.com,,,\r\n" +
		"3,Updated,Bob,'-bob,bob@example.com,Title; Groups; Password hash,,\r\n" +
		"4,No change,,,,,,\r\n"
	last := ",Deactivated,Cid,,cid@example.com,,,Somebody is in the group.\r\n"
	if a.status != http.StatusOK || len(a.body) < len(want)+len(last) || a.body[:len(want)] != want || a.body[len(a.body)-len(last):] != last {
		t.Errorf("%d\n%q\nwant\n%q … %q", a.status, a.body, want, last)
	}
	if got, want := a.header.Get("Content-Disposition"), `attachment; filename="load-results.csv"`; got != want {
		t.Errorf("it is %s", got)
	}
}

// fakeUndo answers for package loadundo.
type fakeUndo struct {
	*fakeLoads
	preview loadundo.Preview
	kept    []loadundo.Kept
	begun   int
	fail    error
}

func (f *fakeUndo) Preview(context.Context, core.SessionView, core.ID) (loadundo.Preview, error) {
	f.preview.Run = f.run
	return f.preview, f.run.MayUndo(f.run.EndedAt)
}

func (f *fakeUndo) Begin(context.Context, core.SessionView, core.Origin, core.ID) error {
	f.begun++
	return f.fail
}

func (f *fakeUndo) Kept(context.Context, core.SessionView, core.ID, int) ([]loadundo.Kept, error) {
	return f.kept, nil
}

// TestLoadUndo: first what would be, then that it is under way, then what became of it.
func TestLoadUndo(t *testing.T) {
	loads := newLoads()
	loads.run.EndedAt = noon
	loads.run.StartedAt = noon.Add(-time.Hour)
	f := &fakeUndo{fakeLoads: loads, kept: []loadundo.Kept{{Row: 3, ID: "u1", Name: "<Ann>", Why: core.LoadKeptChanged}, {ID: "u2", Why: core.LoadKeptBrought}}}
	f.preview = loadundo.Preview{Counts: core.LoadUndoCounts{Deactivated: 12000, Returned: 1, Restored: 3, Removed: 1, Kept: 2}, Brought: 1, Kept: f.kept, Rows: 20000, More: true}
	b, _ := live(t, ana(), func(d *web.Deps) {
		loading(loads)(d)
		d.LoadUndo = f
	})
	b.get("/data-loader/runs/r1").shows(t, http.StatusOK, `href="/data-loader/runs/r1/undo"`)
	page := b.get("/data-loader/runs/r1/undo")
	page.shows(t, http.StatusOK, "12,000", "&lt;Ann&gt;", "Only the last 20,000 rows")
	goldenLoad(t, "undo", page.body)
	f.fail = core.ErrLoading
	b.post("/data-loader/runs/r1/undo").shows(t, http.StatusUnprocessableEntity, "Another load of your organization is under way.")
	f.fail = nil
	b.post("/data-loader/runs/r1/undo").leadsTo(t, "/data-loader/runs/r1")
	loads.run.Undo = core.LoadUndo{State: core.LoadUndoing, By: core.Actor{Name: "Ana"}, StartedAt: noon, Counts: core.LoadUndoCounts{Kept: 3}}
	b.get("/data-loader/runs/r1").shows(t, http.StatusOK, "This run is being undone", `http-equiv="refresh"`)
	b.get("/data-loader/runs/r1/undo").leadsTo(t, "/data-loader/runs/r1")
	loads.run.Undo.State = core.LoadUndone
	done := b.get("/data-loader/runs/r1")
	done.hides(t, "Undo this run", `http-equiv="refresh"`)
	goldenLoad(t, "undone", done.body)
	b.get("/data-loader").shows(t, http.StatusOK, "Undone")
	loads.run.Undo.State, loads.run.Undo.Reason = core.LoadUndoHalted, core.LoadRightLost
	b.get("/data-loader/runs/r1").shows(t, http.StatusOK, "The undo of this run was halted", "Undo this run")
	if f.begun != 2 {
		t.Errorf("begun %d times", f.begun)
	}
}
