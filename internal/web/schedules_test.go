package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeSchedules answers for package loadschedule.
type fakeSchedules struct {
	list   []loadschedule.Listed
	offers loadschedule.Offers
	saved  []core.LoadSchedule
	done   []string
	asked  []string
	fail   error
}

func (f *fakeSchedules) List(context.Context, loader.Caller) ([]loadschedule.Listed, error) {
	return f.list, nil
}

func (f *fakeSchedules) Get(_ context.Context, _ loader.Caller, id core.ID) (core.LoadSchedule, error) {
	for _, is := range f.list {
		if is.ID == id {
			return is.LoadSchedule, nil
		}
	}
	return core.LoadSchedule{}, core.ErrNotFound
}

func (f *fakeSchedules) Offers(context.Context, loader.Caller) (loadschedule.Offers, error) {
	return f.offers, nil
}

func (f *fakeSchedules) Save(_ context.Context, _ loader.Caller, is core.LoadSchedule) (core.ID, error) {
	f.saved = append(f.saved, is)
	return is.ID, f.fail
}

func (f *fakeSchedules) call(what string, id core.ID) error {
	f.done = append(f.done, what+" "+string(id))
	return f.fail
}

func (f *fakeSchedules) Stop(_ context.Context, _ loader.Caller, id core.ID) error {
	return f.call("stop", id)
}

func (f *fakeSchedules) Resume(_ context.Context, _ loader.Caller, id core.ID) error {
	return f.call("resume", id)
}

func (f *fakeSchedules) RunNow(_ context.Context, _ loader.Caller, id core.ID) error {
	return f.call("run", id)
}

func (f *fakeSchedules) Databases(context.Context, loader.Caller) ([]string, error) {
	var names []string
	for _, p := range f.offers.Places {
		if p.Query {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

func (f *fakeSchedules) Ask(_ context.Context, _ loader.Caller, from core.LoadSource, target core.LoadTarget, kept core.ID) (core.LoadFile, error) {
	f.asked = append(f.asked, fmt.Sprint(from.Kind, from.Place, from.Query, target, kept))
	return core.LoadFile{ID: "f1"}, f.fail
}

func (f *fakeSchedules) Delete(_ context.Context, _ loader.Caller, id core.ID) error {
	return f.call("delete", id)
}

func newSchedules() *fakeSchedules {
	f := &fakeSchedules{offers: loadschedule.Offers{
		Packages: []core.LoadPackage{{ID: "p1", Name: "Staff <list>"}, {ID: "p2", Name: "Groups"}},
		Keys:     []core.APIKey{{ID: "k1", Name: "Loader"}},
		Places:   []core.LoadPlace{{Name: "inbox"}, {Query: true, Name: "payroll"}},
	}}
	by := core.Actor{Kind: "person", ID: "ana", Name: "Ana Diaz"}
	next := []time.Time{noon.Add(18 * time.Hour), noon.Add(42 * time.Hour), noon.Add(66 * time.Hour)}
	f.list = []loadschedule.Listed{
		{
			LoadSchedule: core.LoadSchedule{ID: "s1", By: by, PackageID: "p1", KeyID: "k1", Cron: "30 6 * * *", Source: core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, LastAt: noon, Version: 3, Settled: true},
			Package:      "Staff <list>", Key: "Loader", Next: next, Run: core.LoadRun{ID: "r1", State: core.LoadDone, StartedAt: noon},
		},
		{
			LoadSchedule: core.LoadSchedule{ID: "s2", By: by, PackageID: "p2", KeyID: "k9", Source: core.LoadSource{Kind: core.LoadFromWatch, Place: "inbox", Name: "*.csv"}, Stopped: true, Failures: 5, Fault: core.LoadFault{Code: "schedule.folder", Params: map[string]any{"name": "inbox"}}, Version: 1},
		},
		{
			LoadSchedule: core.LoadSchedule{ID: "s3", By: by, PackageID: "p1", KeyID: "k1", Cron: "0 9 * * 1", Source: core.LoadSource{Kind: core.LoadFromQuery, Place: "payroll", Query: "SELECT '<'"}, Version: 1},
			Package:      "Staff <list>", Key: "Loader", Next: next,
		},
		{
			LoadSchedule: core.LoadSchedule{ID: "s4", By: by, PackageID: "p1", KeyID: "k1", Cron: "*/30 8-18 * * 1-5", Source: core.LoadSource{Kind: core.LoadFromQuery, Place: "payroll", Query: "SELECT 1"}, Failures: 1, Fault: core.LoadFault{Code: "source.slow", Params: map[string]any{"wait": float64(time.Minute)}}, Version: 1},
			Package:      "Staff <list>", Key: "Loader", Next: next, Run: core.LoadRun{ID: "r2", State: core.LoadRunning, StartedAt: noon},
		},
	}
	return f
}

func scheduling(f *fakeSchedules) func(d *web.Deps) {
	return administering(func(d *web.Deps) { d.Schedules = f })
}

// TestSchedulePages: every page of schedules as it looks, also where the operator
// named no place.
func TestSchedulePages(t *testing.T) {
	f := newSchedules()
	b, _ := live(t, ana(), scheduling(f))
	for name, path := range map[string]string{"schedules": "", "schedule_new": "/new", "schedule_file": "/s1", "schedule_query": "/s3", "schedule_cron": "/s4"} {
		goldenLoad(t, name, b.get("/data-loader/schedules"+path).body)
	}
	f.list, f.offers = nil, loadschedule.Offers{}
	goldenLoad(t, "schedules_none", b.get("/data-loader/schedules").body)
	b.get("/data-loader/schedules/new").shows(t, http.StatusOK, "Whoever runs the server can name one", "Make an API key")
}

// TestScheduleSaves: what the form says is what is saved, every choice of when as
// cron, and a watched folder without.
func TestScheduleSaves(t *testing.T) {
	base := url.Values{"package": {"p1"}, "key": {"k1"}, "version": {"3"}, "time": {"06:05"}, "weekday": {"0"}, "day": {"28"}, "cron": {" 5  4 * * * "}, "file": {" staff.csv "}, "query": {"SELECT 1"}}
	file := core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}
	for _, tt := range []struct {
		source, every, cron string
		want                core.LoadSource
	}{
		{"file:inbox", "day", "5 6 * * *", file},
		{"file:inbox", "week", "5 6 * * 0", file},
		{"file:inbox", "month", "5 6 28 * *", file},
		{"file:inbox", "cron", "5 4 * * *", file},
		{"watch:inbox", "cron", "", core.LoadSource{Kind: core.LoadFromWatch, Place: "inbox", Name: "staff.csv"}},
		{"query:payroll", "day", "5 6 * * *", core.LoadSource{Kind: core.LoadFromQuery, Place: "payroll", Query: "SELECT 1"}},
	} {
		f := newSchedules()
		b, _ := live(t, ana(), scheduling(f))
		b.get("/data-loader/schedules/s1")
		values := url.Values{}
		for k, v := range base {
			values[k] = v
		}
		values.Set("source", tt.source)
		values.Set("every", tt.every)
		b.post("/data-loader/schedules/s1", pairs(values)...).leadsTo(t, "/data-loader/schedules?done=schedule-saved")
		want := core.LoadSchedule{ID: "s1", PackageID: "p1", KeyID: "k1", Source: tt.want, Cron: tt.cron, Zone: f.saved[0].Zone, Version: 3}
		if diff := cmp.Diff(want, f.saved[0]); diff != "" || want.Zone == "" {
			t.Errorf("%s %s: %s", tt.source, tt.every, diff)
		}
	}
}

func pairs(v url.Values) []string {
	var all []string
	for name := range v {
		all = append(all, name, v.Get(name))
	}
	return all
}

// TestScheduleRefused: what is wrong is told where it is mended.
func TestScheduleRefused(t *testing.T) {
	f := newSchedules()
	b, _ := live(t, ana(), scheduling(f))
	b.get("/data-loader/schedules/new")
	b.post("/data-loader/schedules/new", "source", "file:inbox", "every", "day", "time", "soon").shows(t, http.StatusUnprocessableEntity, `href="#time"`, "such as 06:30")
	f.fail = core.InField("place", core.NewError(core.Forbidden, "schedule.place"))
	b.post("/data-loader/schedules/new", "source", "watch:else", "every", "day", "file", "<x>").shows(t, http.StatusUnprocessableEntity, `href="#source"`, "&lt;x&gt;")
	f.fail = core.InField("key", core.NewError(core.Invalid, "schedule.key"))
	b.post("/data-loader/schedules/s2/resume").shows(t, http.StatusUnprocessableEntity, `href="#key"`, "of your own")
	f.fail = core.NewError(core.Conflict, "schedule.moved")
	b.post("/data-loader/schedules/s1", "source", "watch:inbox").shows(t, http.StatusUnprocessableEntity, "changed meanwhile")
}

// TestScheduleButtons: each does what it says, for administrators alone.
func TestScheduleButtons(t *testing.T) {
	f := newSchedules()
	b, _ := live(t, ana(), scheduling(f))
	b.get("/data-loader/schedules")
	for deed, done := range map[string]string{"stop": "stopped", "resume": "resumed", "delete": "deleted", "run": "run"} {
		b.post("/data-loader/schedules/s1/"+deed).leadsTo(t, "/data-loader/schedules?done=schedule-"+done)
	}
	if len(f.done) != 4 {
		t.Errorf("done: %q", f.done)
	}
	other, _ := live(t, bea(), scheduling(newSchedules()))
	for _, path := range []string{"", "/new", "/s1"} {
		other.get("/data-loader/schedules"+path).shows(t, http.StatusNotFound)
	}
}
