package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/mailroom"
	"github.com/sallyport/sallyport/internal/web"
	"github.com/sallyport/sallyport/internal/words"
)

// fakeLoads answers for packages loadfile and loader.
type fakeLoads struct {
	file    core.LoadFile
	preview loader.Preview
	run     core.LoadRun
	rejects []loader.RejectedRow
	mapped  []core.LoadOrder
	started []int
	wrong   core.LoadErrors
	stopped string
	listed  []core.LoadFilter
	more    int // loads beside the one
	looked  int
	fail    error
	busy    error // of a start alone
}

func (f *fakeLoads) Upload(context.Context, loader.Caller, loadfile.Put, io.Reader) (core.LoadFile, error) {
	return f.file, f.fail
}

func (f *fakeLoads) Samples(context.Context, core.LoadFile, int) ([][]string, error) {
	return [][]string{{"ana@example.com"}, {"Ana", "<b>"}, {"Diaz"}, {"$2y$10$secret"}}, nil
}

func (f *fakeLoads) Read(context.Context, loader.Caller, core.ID, loadfile.Reading) error {
	return f.fail
}

func (f *fakeLoads) Map(_ context.Context, _ loader.Caller, _ core.ID, o core.LoadOrder) error {
	f.mapped = append(f.mapped, o)
	return loader.Check(o, f.file.Facts.Columns)
}

func (f *fakeLoads) Look(context.Context, loader.Caller, core.ID) (loadfile.Looked, error) {
	return loadfile.Looked{File: f.file, Preview: f.preview, Ready: f.file.Facts.Rows < 9 || f.file.LookState == core.LoadLookDone}, f.fail
}

func (f *fakeLoads) LookAgain(context.Context, loader.Caller, core.ID) error {
	f.looked++
	return f.fail
}

func (f *fakeLoads) Start(_ context.Context, _ loader.Caller, _ core.ID, version int, wrong core.LoadErrors) (core.ID, error) {
	f.started, f.wrong = append(f.started, version), wrong
	if f.busy != nil {
		return "", f.busy
	}
	if f.fail != nil {
		return "", f.fail
	}
	return "r1", nil
}

func (f *fakeLoads) Get(context.Context, loader.Caller, core.ID) (core.LoadFile, error) {
	return f.file, nil
}

// fakeRuns are the loads that have begun.
type fakeRuns struct{ *fakeLoads }

func (f fakeRuns) Get(context.Context, loader.Caller, core.ID) (core.LoadRun, error) {
	return f.run, f.fail
}

func (f fakeRuns) List(_ context.Context, _ loader.Caller, l core.LoadFilter) ([]core.LoadRun, error) {
	f.listed = append(f.listed, l)
	if f.run.ID == "" {
		return nil, nil
	}
	all := []core.LoadRun{f.run}
	for i := range f.more {
		older := f.run
		older.ID = core.ID(fmt.Sprintf("r%d", i+2))
		all = append(all, older)
	}
	return all, nil
}

func (f fakeRuns) Stop(_ context.Context, _ loader.Caller, _ core.ID, why string) (core.LoadRun, error) {
	f.stopped = why
	return f.run, f.fail
}

func (f fakeRuns) Problems(_ context.Context, _ loader.Caller, _ core.ID, code string, _ int) (loader.Report, error) {
	out := loader.Report{More: true}
	for _, row := range f.rejects {
		out.Kinds = append(out.Kinds, loader.ProblemKind{Example: row.Problems[0], Rows: 1})
		if code == "" || row.Problems[0].Code == code {
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

func (f fakeRuns) Failed(_ context.Context, _ loader.Caller, _ core.ID, each func([]string, []loader.RejectedRow) error) error {
	if err := each(f.run.Columns, nil); err != nil {
		return err
	}
	return each(f.run.Columns, f.rejects)
}

func newLoads() *fakeLoads {
	columns := []string{"Email", "First name", "Last name", "Hash"}
	f := &fakeLoads{file: core.LoadFile{
		ID: "f1", Name: "staff.csv", Hash: "ab12", Version: 3, Order: loader.NewOrder(core.LoadPeople, columns),
		Facts: core.LoadFacts{Encoding: "UTF-8", Delimiter: ";", HeaderRow: 1, Columns: columns, Filled: []int{4, 4, 3, 2}, Rows: 4, First: 2},
	}}
	wrong := []core.LoadProblem{{Column: "Email", Value: "ana@", Code: "user.email"}}
	f.preview = loader.Preview{
		Counts: core.LoadCounts{Added: 1, Updated: 1, Unchanged: 1, Rejected: 1},
		First: []loader.Planned{
			{Row: 2, Action: loader.Add, Name: "Ana Diaz", Changes: []loader.Change{{Field: "email", After: "ana@example.com"}, {Field: "password_hash"}}},
			{Row: 3, Action: loader.Update, Name: "Bea Novak", Changes: []loader.Change{{Field: "title", Before: "Clerk", After: "Head"}, {Field: "type", Before: "user", After: "help-desk"}, {Field: "active", Before: "no", After: "yes"}}},
		},
		Wrong: []loader.Planned{{Row: 5, Action: loader.Reject, Problems: wrong}},
	}
	f.run = core.LoadRun{
		ID: "r1", Name: "staff.csv", Hash: "ab12", Order: f.file.Order, Columns: columns, State: core.LoadDone, Counts: f.preview.Counts, Total: 4,
		By: core.Actor{Name: "Ana Diaz"}, StartedAt: noon, EndedAt: noon,
	}
	f.rejects = []loader.RejectedRow{
		{Row: 5, Cells: []string{"ana@", "=HYPERLINK(1)", "+1", ""}, Problems: wrong},
		{Row: 6, Cells: []string{"", "x", "y", ""}, Problems: []core.LoadProblem{{Code: "load.new_needs", Column: "Email", Params: map[string]any{"field": "email"}}}},
	}
	return f
}

func loading(f *fakeLoads) func(d *web.Deps) {
	return administering(func(d *web.Deps) {
		none := &fakePackages{fakeLoads: f}
		d.LoadFiles, d.Loads, d.LoadPackages, d.LoadKept, d.LoadQueries, d.LoadUndo = f, fakeRuns{f}, none, fakeKept{none}, newSchedules(), &fakeUndo{fakeLoads: f}
	})
}

func goldenLoad(t *testing.T, name, body string) {
	t.Helper()
	body = formToken.ReplaceAllString(body, `name="form_token" value="token"`)
	golden(t, filepath.Join("load", name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
}

// TestLoadPages: every page of the Data Loader as it looks.
func TestLoadPages(t *testing.T) {
	f := newLoads()
	b, _ := live(t, ana(), loading(f))
	for name, path := range map[string]string{
		"list": "", "new": "/new", "map": "/files/f1", "preview": "/files/f1/preview", "errors": "/files/f1/preview?show=errors", "run": "/runs/r1",
	} {
		goldenLoad(t, name, b.get("/data-loader"+path).body)
	}
	mapping := b.get("/data-loader/files/f1")
	mapping.shows(t, http.StatusOK, "&lt;b&gt;")
	mapping.hides(t, "$2y$10$secret")
	f.run.State, f.run.EndedAt = core.LoadRunning, f.run.EndedAt.AddDate(-9000, 0, 0)
	goldenLoad(t, "running", b.get("/data-loader/runs/r1").body)
	f.run = core.LoadRun{}
	b.get("/data-loader").shows(t, http.StatusOK, "Nothing was loaded yet.")
}

// TestLoadPromisesMail: an email is promised where one comes.
func TestLoadPromisesMail(t *testing.T) {
	f := newLoads()
	mail := &fakeMail{}
	b, _ := live(t, ana(), func(d *web.Deps) { loading(f)(d); d.Mail = mail })
	const soon, sure = "If it takes longer than a minute, you get an email when it is done.", "You can leave this page. You get an email when it is done."
	page, ana := core.Origin{Session: "live"}, ana().Account.User.ID
	for name, c := range map[string]struct {
		from  core.Origin
		by    core.ID
		began time.Duration
		state core.MailCondition
		want  string
	}{
		"a minute ago":           {page, ana, core.LoadAway, core.MailWorks, sure},
		"by the other server":    {page, ana, core.LoadAway, core.MailDegraded, sure},
		"a moment ago":           {page, ana, core.LoadAway - time.Second, core.MailWorks, soon},
		"somebody else's":        {page, "bea", time.Hour, core.MailWorks, ""},
		"a program's":            {core.Origin{Key: "spk_1"}, ana, time.Hour, core.MailWorks, ""},
		"an old client's":        {core.Origin{}, ana, time.Hour, core.MailWorks, ""},
		"without a mail server":  {page, ana, time.Hour, core.MailNoServer, ""},
		"while no mail goes out": {page, ana, time.Hour, core.MailFails, ""},
	} {
		t.Run(name, func(t *testing.T) {
			mail.overview = &mailroom.Overview{State: core.MailState{Condition: c.state}}
			f.run.State, f.run.EndedAt, f.run.StartedAt, f.run.Origin, f.run.By.ID = core.LoadRunning, time.Time{}, noon.Add(-c.began), c.from, c.by
			p := b.get("/data-loader/runs/r1")
			for _, text := range []string{soon, sure} {
				if text == c.want {
					p.shows(t, http.StatusOK, text)
				} else {
					p.hides(t, text)
				}
			}
		})
	}
	f.run.State, f.run.EndedAt = core.LoadDone, noon
	b.get("/data-loader/runs/r1").hides(t, "you get an email")
}

// TestLoadPreviewOfALargeFile: how far it is, what cannot be, and when it was found.
func TestLoadPreviewOfALargeFile(t *testing.T) {
	f := newLoads()
	f.file.Facts.Rows = 200_000
	b, _ := live(t, ana(), loading(f))
	const preview = "/data-loader/files/f1/preview"
	goldenLoad(t, "look_none", b.get(preview).body)
	b.post("/data-loader/files/f1/look").leadsTo(t, preview)
	f.file.LookState, f.file.Look.Rows = core.LoadLookDue, 42_000
	goldenLoad(t, "looking", b.get(preview).body)
	f.file.LookState, f.file.Look = core.LoadLookFailed, core.LoadLook{Fault: "table.changed"}
	b.get(preview).shows(t, http.StatusOK, "The file was changed while it was read", "Look at all rows")
	f.file.LookState, f.file.Look = core.LoadLookDone, core.LoadLook{At: noon, Rows: 200_000}
	f.file.Order.Absent, f.preview.Active, f.preview.Counts.Deactivated = true, 40, 3
	goldenLoad(t, "looked", b.get(preview).body)
	f.preview.Counts.Rejected = 0
	b.get(preview).shows(t, http.StatusOK, "The file does not name 3 of 40 active people who are no administrators.", "They will be deactivated. The limit for that is 10 %.")
	f.preview.TooMany = true
	b.get(preview).shows(t, http.StatusOK, "That is more than the limit of 10 %")
	if f.looked != 1 {
		t.Errorf("it was asked for %d times", f.looked)
	}
}

// TestLoadReportByProblem: one problem can be looked at alone, and each is told with how
// to fix it.
func TestLoadReportByProblem(t *testing.T) {
	b, _ := live(t, ana(), loading(newLoads()))
	p := b.get("/data-loader/runs/r1?problem=load.new_needs")
	p.shows(t, http.StatusOK, "a new person needs Email.", "Fill it in, or mend the key column if the person exists.", `<a href="/data-loader/runs/r1?problem=load.new_needs#problems" aria-current="true">`, "a new person needs …")
	p.hides(t, "Write one such as ana@example.com.")
}

// TestLoadMap: what the form says is what is stored, and what is missing is told at
// the column where it is mended.
func TestLoadMap(t *testing.T) {
	f := newLoads()
	b, _ := live(t, ana(), loading(f))
	b.get("/data-loader/files/f1")
	b.post("/data-loader/files/f1", "c0", "email", "c1", "first_name", "c2", "last_name", "c3", "", "key", "email", "on_error", "stop",
		"clear", "on", "absent", "on", "threshold", "7").leadsTo(t, "/data-loader/files/f1/preview")
	o := f.mapped[0]
	if o.OnError != core.LoadStop || !o.Clear || o.Exact || o.Identity || !o.Absent || o.Threshold != 7 || o.Columns[3].Enabled {
		t.Errorf("the order is %+v", o)
	}
	b.get("/data-loader/files/f1")
	b.post("/data-loader/files/f1", "c0", "", "c1", "last_name", "c2", "last_name", "key", "email", "on_error", "skip", "absent", "on", "threshold", "x").
		shows(t, http.StatusUnprocessableEntity, "Choose a column for Email.", `href="#c0"`, "Two columns are mapped to Last Name.", `href="#c2"`, `href="#threshold"`)
}

// TestLoadStarts: what was looked at is started, once it is confirmed.
func TestLoadStarts(t *testing.T) {
	f := newLoads()
	b, sessions := live(t, ana(), loading(f))
	preview := "/data-loader/files/f1/preview"
	b.get(preview)
	b.post(preview, "version", "3", "on_error", "stop").leadsTo(t, "/data-loader/runs/r1")
	if f.wrong != core.LoadStop {
		t.Errorf("with rows that have errors: %q", f.wrong)
	}
	f.busy = core.ErrUndoing
	b.get(preview)
	b.post(preview, "version", "3", "on_error", "stop").shows(t, http.StatusConflict, "is being undone")
	f.started, f.busy = f.started[:1], nil
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.get(preview)
	b.get(preview).shows(t, http.StatusOK, `id="on_error" name="on_error" value="skip" checked`)
	b.post(preview, "version", "3", "on_error", "stop").leadsTo(t, "/confirm?next=%2Fdata-loader%2Ffiles%2Ff1%2Fpreview")
	b.get(preview).shows(t, http.StatusOK, `id="on_error-stop" name="on_error" value="stop" checked`) // what was chosen is kept over the confirmation
	if len(f.started) != 1 || f.started[0] != 3 {
		t.Errorf("started were %v", f.started)
	}
	b.get("/data-loader/runs/r1")
	b.post("/data-loader/runs/r1/stop").leadsTo(t, "/data-loader/runs/r1")
	if f.stopped != core.LoadByPerson {
		t.Errorf("stopped for %q", f.stopped)
	}
}

// TestLoadFailedRows: the same columns and what is wrong, and no cell is a formula.
func TestLoadFailedRows(t *testing.T) {
	b, _ := live(t, ana(), loading(newLoads()))
	b.get("/data-loader/runs/r1")
	a := b.post("/data-loader/runs/r1")
	want := "\ufeffEmail,First name,Last name,Hash,_error\r\nana@,'=HYPERLINK(1),'+1,,Email: "
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, want) || !strings.Contains(a.body, "needs Email") {
		t.Errorf("%d\n%q\nwant\n%q", a.status, a.body, want)
	}
	b.get("/data-loader/template?target=groups").shows(t, http.StatusOK, "Name,Description")
	b.get("/data-loader/template?target=else").shows(t, http.StatusNotFound)
}

// TestLoadIsForAdministrators: for everybody else there is no such page.
func TestLoadIsForAdministrators(t *testing.T) {
	b, _ := live(t, bea(), loading(newLoads()))
	for _, path := range []string{"", "/history", "/new", "/files/f1", "/files/f1/preview", "/runs/r1", "/template?target=people"} {
		b.get("/data-loader"+path).shows(t, http.StatusNotFound)
	}
}

// TestLoadTemplateIsUnderstood: the columns of the file that is offered to fill in
// are known for what they are when it comes back, in each language.
func TestLoadTemplateIsUnderstood(t *testing.T) {
	catalogue, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range catalogue.Languages() {
		for _, target := range core.LoadTargets() {
			var columns, want, got []string
			for _, f := range loader.Fields(target) {
				columns, want = append(columns, catalogue.Printer(language).LoadField(f.Name)), append(want, f.Name)
			}
			for _, c := range loader.Suggest(target, columns) {
				got = append(got, c.Field)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, %s: %q (-want +got):\n%s", language, target, columns, d)
			}
		}
	}
}
