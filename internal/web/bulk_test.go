package web_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeBulk answers for package bulk.
type fakeBulk struct {
	view    bulk.View
	list    []core.BulkJob
	items   []core.BulkItem
	asked   []core.BulkSelection
	actions []core.BulkAction
	chosen  []bulk.Choice
	started []string
	stopped int
	fail    error
}

func (f *fakeBulk) Ask(_ context.Context, _ core.SessionView, _ core.Origin, a core.BulkAction, of core.BulkSelection) (core.ID, error) {
	f.actions, f.asked = append(f.actions, a), append(f.asked, of)
	return "j1", f.fail
}

func (f *fakeBulk) Choose(_ context.Context, _ core.SessionView, _ core.ID, c bulk.Choice) error {
	f.chosen = append(f.chosen, c)
	return f.fail
}

func (f *fakeBulk) Get(_ context.Context, _ core.SessionView, id core.ID) (bulk.View, error) {
	if id != "j1" {
		return bulk.View{}, core.ErrNotFound
	}
	return f.view, nil
}

func (f *fakeBulk) List(context.Context, core.SessionView) ([]core.BulkJob, error) {
	return f.list, nil
}

func (f *fakeBulk) Start(_ context.Context, _ core.SessionView, _ core.Origin, _ core.ID, how core.IdentityCheck, note string) error {
	f.started = append(f.started, string(how)+" "+note)
	return f.fail
}

func (f *fakeBulk) Stop(context.Context, core.SessionView, core.Origin, core.ID) error {
	f.stopped++
	return f.fail
}

func (f *fakeBulk) EachItem(_ context.Context, _ core.SessionView, _ core.Origin, _ core.ID, each func([]core.BulkItem) error) error {
	if f.fail != nil {
		return f.fail
	}
	return each(f.items)
}

// bulkGroups lists two groups.
type bulkGroups struct{}

func (bulkGroups) List(context.Context, core.SessionView) ([]core.Group, error) {
	return []core.Group{{ID: "g1", Name: "Finance"}, {ID: "g2", Name: "<b>Sales</b>"}}, nil
}

// foundBea finds one person, whatever is looked for.
type foundBea struct{ web.People }

func (foundBea) Search(context.Context, core.SessionView, core.PersonFilter) (people.List, error) {
	u := core.User{ID: "bea", OrganizationID: "org", FirstName: "Bea", LastName: "Novak", Email: "bea@example.com", Type: core.Ordinary, Status: core.Active}
	return people.List{People: core.People{People: []core.Account{{User: u}}, Matches: 1}, Total: 5, Filtered: true}, nil
}

func bulkView(state core.BulkState, action core.BulkAction, c core.BulkCounts) bulk.View {
	j := core.BulkJob{
		ID: "j1", OrganizationID: "org", By: core.Actor{ID: "ana", Name: "Ana Diaz"}, Order: core.BulkOrder{Action: action}, State: state,
		AskedAt: noon.Add(-time.Hour), Counts: c,
	}
	if state == core.BulkRunning || state.Over() {
		j.StartedAt = noon.Add(-30 * time.Minute)
	}
	if state.Over() {
		j.EndedAt = noon.Add(-10 * time.Minute)
	}
	return bulk.View{BulkJob: j, Own: true}
}

func withPeople(v bulk.View) bulk.View {
	bea := []core.BulkItem{{UserID: "bea", Name: "Bea <i>Novak</i>", Email: "bea@example.com"}}
	v.First = bea
	v.Reasons = []bulk.Reason{
		{BulkReason: core.BulkReason{Reason: "has_app", People: 11}, First: bea}, {BulkReason: core.BulkReason{Reason: "self", People: 1}, First: bea},
	}
	return v
}

// TestBulkPages renders the states of an action for many people.
func TestBulkPages(t *testing.T) {
	counts := core.BulkCounts{Waiting: 340, Skipped: 12}
	review, progress := "/admin/users/bulk/j1/review", "/admin/users/bulk/j1/progress"
	done := withPeople(bulkView(core.BulkDone, core.BulkRemind, core.BulkCounts{Done: 339, Skipped: 12, Failed: 1}))
	stopped := bulkView(core.BulkStopped, core.BulkJoin, core.BulkCounts{Done: 50, Waiting: 290})
	stopped.StoppedBy, stopped.Order.GroupName = "Abe Kane", "Finance"
	lost := bulkView(core.BulkStopped, core.BulkSignOut, core.BulkCounts{Done: 50, Waiting: 290})
	kind := withPeople(bulkView(core.BulkReview, core.BulkType, counts))
	kind.Order.Type = core.HelpDesk
	other := withPeople(bulkView(core.BulkReview, core.BulkRemind, counts))
	other.Own = false
	for name, tt := range map[string]struct {
		view   bulk.View
		target string
	}{
		"bulk_review":        {withPeople(bulkView(core.BulkReview, core.BulkDeactivate, counts)), review},
		"bulk_review_reset":  {withPeople(bulkView(core.BulkReview, core.BulkReset, counts)), review},
		"bulk_review_type":   {kind, review},
		"bulk_review_others": {other, review},
		"bulk_review_nobody": {withPeople(bulkView(core.BulkReview, core.BulkInvite, core.BulkCounts{Skipped: 12})), review},
		"bulk_gathering":     {bulkView(core.BulkGathering, core.BulkRequire, core.BulkCounts{Waiting: 2000}), review},
		"bulk_asking_type":   {bulkView(core.BulkAsking, core.BulkType, core.BulkCounts{}), review},
		"bulk_asking_group":  {bulkView(core.BulkAsking, core.BulkLeave, core.BulkCounts{}), review},
		"bulk_progress":      {bulkView(core.BulkRunning, core.BulkPassword, core.BulkCounts{Waiting: 7800, Done: 4190, Skipped: 10}), progress},
		"bulk_progress_done": {done, progress},
		"bulk_progress_stop": {stopped, progress},
		"bulk_progress_lost": {lost, progress},
		"bulk_list":          {done, "/admin/users/bulk"},
		"bulk_list_none":     {bulk.View{}, "/admin/users/bulk"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeBulk{view: tt.view}
			if name == "bulk_list" {
				f.list = []core.BulkJob{done.BulkJob, stopped.BulkJob, bulkView(core.BulkRunning, core.BulkSignOut, counts).BulkJob}
			}
			b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Bulk, d.GroupNames = f, bulkGroups{} }))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("admin", name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestBulkFromTheList: the boxes, or the filter, become a job; what is missing is
// said with the boxes still ticked.
func TestBulkFromTheList(t *testing.T) {
	f := &fakeBulk{}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Bulk, d.GroupNames, d.People = f, bulkGroups{}, foundBea{} }))
	list := b.get("/admin/users?two_factor=off")
	list.shows(t, http.StatusOK, `form="bulk" id="id_bea" name="id_bea"`, `<input type="hidden" name="two_factor" value="off">`)
	b.post("/admin/users/bulk", "action", "sign-out", "who", "ticked", "id_bea", "on", "id_cy", "on", "two_factor", "off").
		leadsTo(t, "/admin/users/bulk/j1/review")
	b.post("/admin/users/bulk", "action", "remind", "who", "all", "id_bea", "on", "two_factor", "off", "q", "bea").leadsTo(t, "/admin/users/bulk/j1/review")
	if len(f.asked) != 2 || len(f.asked[0].IDs) != 2 || f.asked[0].Filter != nil || f.asked[1].Filter == nil || len(f.asked[1].IDs) != 0 ||
		f.asked[1].Filter.SecondStep != core.SecondStepOff || f.asked[1].Filter.Text != "bea" {
		t.Fatalf("asked %+v", f.asked)
	}
	if diff := cmp.Diff([]core.BulkAction{core.BulkSignOut, core.BulkRemind}, f.actions); diff != "" {
		t.Error(diff)
	}
	b.post("/admin/users/bulk", "action", "sign-out", "who", "all", "two_factor", "made-up").shows(t, http.StatusBadRequest)
	f.fail = core.InField("action", core.NewError(core.Invalid, "bulk.action"))
	b.post("/admin/users/bulk", "action", "", "who", "ticked", "id_bea", "on").
		shows(t, http.StatusUnprocessableEntity, "Choose an action.", `name="id_bea" value="on" checked`)
}

// TestBulkSteps: choosing, starting, stopping, and the ways between the pages.
func TestBulkSteps(t *testing.T) {
	f := &fakeBulk{view: bulkView(core.BulkAsking, core.BulkType, core.BulkCounts{})}
	b, sessions := live(t, ana(), administering(func(d *web.Deps) { d.Bulk, d.GroupNames = f, bulkGroups{} }))
	const job = "/admin/users/bulk/j1"
	b.get("/admin/users/bulk/other/review").shows(t, http.StatusNotFound)
	b.get("/admin/users/bulk/other/progress").shows(t, http.StatusNotFound)
	b.get(job+"/progress").leadsTo(t, job+"/review")
	b.get(job + "/review")
	b.post(job+"/choose", "type", "help-desk").leadsTo(t, job+"/review")
	f.fail = core.InField("type", core.NewError(core.Invalid, "bulk.type"))
	b.post(job+"/choose", "type", "emperor").shows(t, http.StatusUnprocessableEntity, "Choose the new user type.")
	if diff := cmp.Diff([]bulk.Choice{{Type: core.HelpDesk}, {Type: -1}}, f.chosen); diff != "" {
		t.Error(diff)
	}
	f.view, f.fail = bulkView(core.BulkReview, core.BulkReset, core.BulkCounts{Waiting: 3}), core.InField("how", core.NewError(core.Invalid, "help.how"))
	b.post(job+"/review", "how", "", "note", "Ticket 7").shows(t, http.StatusUnprocessableEntity, `value="Ticket 7"`)
	f.fail = nil
	b.post(job+"/review", "how", "phone", "note", "Ticket 7").leadsTo(t, job+"/progress")
	f.fail = core.NewError(core.Conflict, "bulk.moved")
	b.post(job+"/review").leadsTo(t, job+"/progress")
	f.fail, f.view = nil, bulkView(core.BulkRunning, core.BulkReset, core.BulkCounts{Waiting: 3})
	b.get(job+"/review").leadsTo(t, job+"/progress")
	b.get(job+"/progress").shows(t, http.StatusOK, `http-equiv="refresh" content="5;url=`+job+`/progress"`)
	b.post(job+"/stop").leadsTo(t, job+"/progress")
	if diff := cmp.Diff([]string{" Ticket 7", "phone Ticket 7", " "}, f.started); diff != "" || f.stopped != 1 {
		t.Error(diff, f.stopped)
	}
	// Before "Confirm it's you" nothing starts, and what was typed stays.
	f.view = bulkView(core.BulkReview, core.BulkReset, core.BulkCounts{Waiting: 3})
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.get(job + "/review")
	b.post(job+"/review", "how", "video", "note", "Ticket 8").leadsTo(t, "/confirm?next=%2Fadmin%2Fusers%2Fbulk%2Fj1%2Freview")
	sessions.views["live"] = ana()
	b.get(job+"/review").shows(t, http.StatusOK, `value="video" checked`, `value="Ticket 8"`)
	if len(f.started) != 3 {
		t.Error("it started without a confirmation")
	}
}

// TestBulkFile: everybody with what became of them, and no cell is a formula.
func TestBulkFile(t *testing.T) {
	f := &fakeBulk{view: bulkView(core.BulkDone, core.BulkRemind, core.BulkCounts{Done: 1}), items: []core.BulkItem{
		{Name: "=HYPERLINK(1)", Email: "+a@example.com", Outcome: core.BulkItemDone, At: noon},
		{Name: "Bea, Novak", Email: "bea@example.com", Outcome: core.BulkItemSkipped, Reason: "has_app", At: noon},
		{Name: "Cy", Email: "cy@example.com", Outcome: core.BulkItemFailed, At: noon},
		{Name: "Di", Email: "di@example.com"},
	}}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Bulk = f }))
	b.get("/admin/users/bulk/j1/progress")
	a := b.post("/admin/users/bulk/j1/progress")
	want := "\ufeffName,Email,Result,Reason,When\r\n'=HYPERLINK(1),'+a@example.com,Done,," + noon.In(mustZone(t, "Europe/London")).Format(time.RFC3339) + "\r\n" +
		"\"Bea, Novak\",bea@example.com,Skipped,They have an authenticator app.," + noon.In(mustZone(t, "Europe/London")).Format(time.RFC3339) + "\r\n"
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, want) || !strings.HasSuffix(a.body, "Di,di@example.com,Not done,,\r\n") {
		t.Errorf("%d\n%q\nwant\n%q", a.status, a.body, want)
	}
	f.fail = errors.New("broken")
	b.post("/admin/users/bulk/j1/progress").shows(t, http.StatusInternalServerError)
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
