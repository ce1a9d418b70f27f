package web

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/words"
)

// LoadPreviewPage says what the load of a file would do.
type LoadPreviewPage struct {
	Frame
	LoadWith
	ID      core.ID
	Version int
	Name    string
	Tally   LoadCounts
	Rows    []LoadPlanned
	Wrong   []LoadProblem // the rows with errors, where only those are shown
	Errors  bool          // only those
	Stops   bool          // a wrong row stops the load
	Nothing bool          // no row would do anything
	Absent  *LoadAbsent   // nil: the order deactivates nobody
	At      time.Time     // when the rows were looked at; zero: now
	Looking *LoadLooking  // nil: they were
}

// LoadAbsent is who would be deactivated since the file does not name them.
type LoadAbsent struct {
	Count, Active, Limit int64
	TooMany, Wrong       bool // why nobody would be: more than the limit, rows with errors
}

// LoadLooking is how far it is known what a large file would do.
type LoadLooking struct {
	Done, Total int64
	Waiting     bool  // it is being looked at
	Why         error // why it cannot be
}

// loadValue is a value of a field as it is read.
func loadValue(text words.Printer, field, value string) string {
	kind, known := core.UserTypeNamed(value)
	switch {
	case field == "type" && known:
		return text.T(userTypeText(kind))
	case field == "active" && value == "yes":
		return text.T("loading.yes")
	case field == "active" && value == "no":
		return text.T("loading.no")
	}
	return value
}

// LoadPlanned is a row as it will be saved.
type LoadPlanned struct {
	Row      int
	Name     string
	Action   string // text id
	Changes  []LoadChange
	Problems []LoadProblem
}

// LoadChange is a field of a row.
type LoadChange struct{ Field, Before, After string }

func (s *Site) loadPreview(w http.ResponseWriter, r *http.Request) error {
	form, _ := s.typed(w, r, Form{}) // where a confirmation came between
	return s.loadPreviewRender(w, r, http.StatusOK, form)
}

func (s *Site) loadPreviewRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	c := loadCaller(r)
	c.Identity = true // nothing is done; starting it asks to confirm
	look, err := s.deps.LoadFiles.Look(r.Context(), c, core.ID(r.PathValue("id")))
	f, p := look.File, look.Preview
	if f.RunID != "" {
		return see(w, r, loadPath+"/runs/"+string(f.RunID))
	}
	if core.KindOf(err) == core.Invalid && err != nil { // something in the mapping is missing
		form, _ = s.loadForm(f, Form{}).Failed(loadFields(f, err), "c0")
		return s.loadMapRender(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	with, err := s.loadWith(r, f)
	if err != nil {
		return err
	}
	page := &LoadPreviewPage{
		LoadWith: with,
		Frame:    Frame{Title: "loading.preview.title", TitleWith: []any{"name", f.Name}, Section: "load", Trail: crumbs(crumbLoad()), Banners: banners},
		ID:       f.ID, Version: f.Version, Name: f.Name, Tally: loadCounts(p.Counts), Errors: r.URL.Query().Get("show") == "errors",
		Stops: cmp.Or(core.LoadErrors(form.Value("on_error")), f.Order.OnError) == core.LoadStop, Nothing: p.Counts.Added+p.Counts.Updated+p.Counts.Deactivated == 0,
	}
	if s.loadPreviewWaits(page, look) {
		return s.Render(w, r, status, page)
	}
	if f.Order.Absent {
		page.Absent = &LoadAbsent{int64(p.Counts.Deactivated), int64(p.Active), int64(f.Order.Threshold), p.TooMany, p.Counts.Rejected > 0}
	}
	text := s.printer(r, c.View)
	if page.Errors {
		page.Wrong = loadPlannedProblems(text, p.Wrong)
		return s.Render(w, r, status, page)
	}
	for _, row := range p.First {
		one := LoadPlanned{Row: row.Row, Name: row.Name, Action: loadActionText(row.Action)}
		for _, ch := range row.Changes {
			one.Changes = append(one.Changes, LoadChange{loadFieldText(ch.Field), loadValue(text, ch.Field, ch.Before), loadValue(text, ch.Field, ch.After)})
		}
		one.Problems = loadPlannedProblems(text, []loader.Planned{row})
		page.Rows = append(page.Rows, one)
	}
	return s.Render(w, r, status, page)
}

// loadPreviewWaits says on the page of a large file how far it is known what its load
// would do; false where it is known.
func (s *Site) loadPreviewWaits(page *LoadPreviewPage, look loadfile.Looked) bool {
	f := look.File
	page.At = f.Look.At
	if look.Ready {
		return false
	}
	page.Looking = &LoadLooking{Done: int64(f.Look.Rows), Total: int64(f.Facts.Rows), Waiting: f.LookState == core.LoadLookDue}
	if f.Look.Fault != "" {
		page.Looking.Why = core.NewError(core.Invalid, f.Look.Fault)
	}
	if page.Looking.Waiting {
		page.follow(loadPath+"/files/"+string(f.ID)+"/preview", page.Looking.Done, page.Looking.Total)
	}
	return true
}

// loadLook has the rows of a large file looked at anew.
func (s *Site) loadLook(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	err := s.deps.LoadFiles.LookAgain(r.Context(), loadCaller(r), id)
	if err != nil && core.CodeOf(err) != "load.moved" { // then the page says how it is now
		return err
	}
	return see(w, r, loadPath+"/files/"+string(id)+"/preview")
}

func loadActionText(a loader.Action) string {
	switch a {
	case loader.Add:
		return "loading.action.add"
	case loader.Update:
		return "loading.action.update"
	case loader.Reject:
		return "loading.action.reject"
	}
	return "loading.action.same"
}

// loadStart starts what was looked at. Started twice, it is one load.
func (s *Site) loadStart(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "version", "on_error")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Value("version")) // what is no number is no version
	wrong := core.LoadErrors(form.Value("on_error"))
	run, err := s.deps.LoadFiles.Start(r.Context(), loadCaller(r), core.ID(r.PathValue("id")), version, wrong)
	if core.CodeOf(err) == "load.moved" && run == "" {
		return s.loadPreviewRender(w, r, http.StatusConflict, form, Banner{Tone: "notice", Text: "loading.preview.moved"})
	}
	if core.CodeOf(err) == core.ErrUndoing.Code {
		return s.loadPreviewRender(w, r, http.StatusConflict, form, Banner{Tone: "notice", Text: "error.load.undoing"})
	}
	if err != nil && run == "" {
		return err
	}
	return see(w, r, loadPath+"/runs/"+string(run))
}
