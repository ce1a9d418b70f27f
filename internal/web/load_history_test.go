package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// TestLoadHistory: the filters of an address are what is asked for, days as those of the
// one who looks, and stay in the form.
func TestLoadHistory(t *testing.T) {
	f := newLoads()
	b, _ := live(t, ana(), loading(f))
	const history = "/data-loader/history"
	goldenLoad(t, "history", b.get(history).body)
	goldenLoad(t, "history_filtered", b.get(history+"?state=partly&who=key&from=2026-11-20&to=2026-11-23").body)
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	want := []core.LoadFilter{
		{Limit: loader.ListLimit + 1},
		{Outcome: core.LoadPartly, Via: core.LoadViaKey, From: day, Until: day.AddDate(0, 0, 4), Limit: loader.ListLimit + 1},
	}
	for i := range f.listed {
		f.listed[i].From, f.listed[i].Until = f.listed[i].From.UTC(), f.listed[i].Until.UTC()
	}
	if d := cmp.Diff(want, f.listed); d != "" {
		t.Errorf("asked for (-want +got):\n%s", d)
	}
	f.run = core.LoadRun{}
	b.get(history).shows(t, http.StatusOK, "Nothing was loaded yet.")
	none := b.get(history + "?state=stopped")
	none.shows(t, http.StatusOK, "No load matches these filters.", `<a href="/data-loader/history">Clear filters</a>`)
	none.hides(t, "Nothing was loaded yet.")
}

// TestLoadHistoryPages: there are 50 a page, and the next one has the same filters.
func TestLoadHistoryPages(t *testing.T) {
	f := newLoads()
	f.more = loader.ListLimit
	b, _ := live(t, ana(), loading(f))
	p := b.get("/data-loader/history?state=partly")
	p.shows(t, http.StatusOK, fmt.Sprintf(`<a href="/data-loader/history?before=r%d&amp;state=partly">Older loads</a>`, loader.ListLimit))
	if n := strings.Count(p.body, `href="/data-loader/runs/`); n != loader.ListLimit {
		t.Errorf("there are %d on a page", n)
	}
	f.more = loader.ListLimit - 1
	p = b.get("/data-loader/history?state=partly&before=r50")
	p.shows(t, http.StatusOK, `<a href="/data-loader/history?state=partly">Newest loads</a>`)
	p.hides(t, "Older loads")
	f.run = core.LoadRun{}
	b.get("/data-loader/history?before=r50").shows(t, http.StatusOK, "There are no older loads.")
	if last := f.listed[len(f.listed)-1]; last.Before != "r50" {
		t.Errorf("asked for %+v", last)
	}
}

// TestLoadHistoryRefuses: what cannot be asked for is told at its field, and nothing is
// listed.
func TestLoadHistoryRefuses(t *testing.T) {
	f := newLoads()
	b, _ := live(t, ana(), loading(f))
	for query, want := range map[string]string{
		"state=else":                    "Choose a state from the list.",
		"who=else":                      "Choose who from the list.",
		"package=gone":                  "This package was deleted.",
		"from=2026-13-01":               `href="#from"`,
		"from=2026-11-23&to=2026-11-22": `href="#to"`,
		"sort=name":                     "That request did not make sense",
	} {
		p := b.get("/data-loader/history?" + query)
		p.shows(t, http.StatusBadRequest, want)
		p.hides(t, "staff.csv")
	}
	if len(f.listed) > 0 {
		t.Errorf("listed were %v", f.listed)
	}
}
