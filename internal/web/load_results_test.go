package web_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
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
		{LoadRowResult: core.LoadRowResult{Row: 90, Did: core.LoadDeactivated, ID: "u3"}, Name: "Cid", Email: "cid@example.com"},
	})
}

// TestLoadResultsFile: every row with who it is about now, and no cell is a formula.
func TestLoadResultsFile(t *testing.T) {
	b, _ := live(t, ana(), loading(newLoads()))
	b.get("/data-loader/runs/r1").shows(t, http.StatusOK, `formaction="/data-loader/runs/r1/results"`, "Download all results")
	a := b.post("/data-loader/runs/r1/results")
	want := "\ufeffRow,Result,Name,Username,Email,Changed,Problem\r\n" +
		"2,Added,'=Ann <b>,,ann@example.com,,\r\n" +
		"3,Updated,Bob,'-bob,bob@example.com,Title; Groups; Password hash,\r\n" +
		"4,No change,,,,,\r\n"
	last := ",Deactivated,Cid,,cid@example.com,,\r\n"
	if a.status != http.StatusOK || len(a.body) < len(want)+len(last) || a.body[:len(want)] != want || a.body[len(a.body)-len(last):] != last {
		t.Errorf("%d\n%q\nwant\n%q … %q", a.status, a.body, want, last)
	}
	if got, want := a.header.Get("Content-Disposition"), `attachment; filename="load-results.csv"`; got != want {
		t.Errorf("it is %s", got)
	}
}
