package web

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/words"
)

// LoadNewPage is where a file is put up.
type LoadNewPage struct {
	Frame
	Targets  []UserOption
	Packages []UserOption // none: there are none
}

// LoadMapPage says what the columns of a file are.
type LoadMapPage struct {
	Frame
	LoadWith
	ID         core.ID
	Name, Kind string
	Rows       int64
	Facts      core.LoadFacts
	Columns    []LoadColumn
	Keys       []UserOption
	Encodings  []UserOption
	Delimiters []UserOption
	People     bool
}

// LoadColumn is a column of a file.
type LoadColumn struct {
	Place     string // name of its choice in the form
	Name      string
	Samples   []string
	Filled    int64 // percent
	Suggested bool
	Fields    []UserOption
	Err       *core.Error
}

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

func (s *Site) loadNew(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	return s.loadNewRender(w, r, http.StatusOK, Form{}.With("package", query.Get("package")))
}

func (s *Site) loadNewRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	page := &LoadNewPage{Frame: Frame{Title: "loading.new.title", Section: "load", Trail: crumbs(crumbLoad()), Form: form}}
	for _, t := range core.LoadTargets() {
		page.Targets = append(page.Targets, UserOption{Value: string(t), Text: loadTargetText(t), Chosen: form.Value("target") == string(t)})
	}
	var err error
	if page.Packages, err = s.loadPackageChoices(r, form.Value("package")); err != nil {
		return err
	}
	return s.Render(w, r, status, page)
}

// loadUpload takes a file, or what was pasted in its place, while it arrives.
func (s *Site) loadUpload(w http.ResponseWriter, r *http.Request) error {
	var file core.LoadFile
	took := func(sent httpx.Form, _, name string, in io.Reader) error {
		some := bufio.NewReader(in)
		if _, err := some.Peek(1); err == io.EOF {
			return nil // none was chosen, or nothing pasted
		}
		if file.ID != "" {
			return core.NewError(core.Invalid, "loading.both")
		}
		if name == "" {
			name = s.printer(r, visitOf(r).view).T("loading.pasted")
		}
		put := loadfile.Put{Name: name, Target: core.LoadTarget(sent.Get("target")), Package: core.ID(sent.Get("package"))}
		if !slices.Contains(core.LoadTargets(), put.Target) {
			put.Target = core.LoadPeople
		}
		var err error
		file, err = s.deps.LoadFiles.Upload(r.Context(), loadCaller(r), put, some)
		return err
	}
	sent, err := s.edge.ReadLarge(w, r, []string{"file", "text"}, took)
	form := Form{order: []string{"package", "file"}}.With("target", sent.Get("target")).With("package", sent.Get("package"))
	if err == nil && file.ID == "" {
		err = core.NewError(core.Invalid, "loading.no_file")
	}
	if err != nil {
		failed, here := form.Failed(err, "file")
		if !here {
			return err
		}
		return s.loadNewRender(w, r, statusOf(w, err), failed)
	}
	with, err := s.loadWith(r, file)
	if err == nil && with.Package.ID != "" && len(with.Missing) == 0 { // there is nothing to say
		return see(w, r, loadPath+"/files/"+string(file.ID)+"/preview")
	}
	if err != nil {
		return err
	}
	return see(w, r, loadPath+"/files/"+string(file.ID))
}

func (s *Site) loadRead(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "encoding", "delimiter", "header_row", "sheet")
	if err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	row, _ := strconv.Atoi(form.Value("header_row")) // what is no number is guessed
	how := loadfile.Reading{Encoding: form.Value("encoding"), Delimiter: form.Value("delimiter"), HeaderRow: row, Sheet: form.Value("sheet")}
	if err := s.deps.LoadFiles.Read(r.Context(), loadCaller(r), id, how); err != nil {
		failed, here := form.Failed(err, "header_row")
		if !here {
			return err
		}
		return s.loadMapRender(w, r, statusOf(w, err), failed)
	}
	return see(w, r, loadPath+"/files/"+string(id))
}

func (s *Site) loadPreview(w http.ResponseWriter, r *http.Request) error {
	return s.loadPreviewRender(w, r, http.StatusOK)
}

// loadKept is how many rows a preview shows.
const loadKept = 50

func (s *Site) loadPreviewRender(w http.ResponseWriter, r *http.Request, status int, banners ...Banner) error {
	s.edge.MoreTimeToSend(w)
	c := loadCaller(r)
	c.Identity = true // nothing is done; starting it asks to confirm
	f, p, err := s.deps.LoadFiles.Preview(r.Context(), c, core.ID(r.PathValue("id")), loadKept)
	if f.RunID != "" {
		return see(w, r, loadPath+"/runs/"+string(f.RunID))
	}
	if core.KindOf(err) == core.Invalid && err != nil { // something in the mapping is missing
		form, _ := s.loadForm(f, Form{}).Failed(loadFields(f, err), "c0")
		return s.loadMapRender(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	with, err := s.loadWith(r, f)
	if err != nil {
		return err
	}
	s.edge.MoreTimeToSend(w)
	page := &LoadPreviewPage{
		LoadWith: with,
		Frame:    Frame{Title: "loading.preview.title", TitleWith: []any{"name", f.Name}, Section: "load", Trail: crumbs(crumbLoad()), Banners: banners},
		ID:       f.ID, Version: f.Version, Name: f.Name, Tally: loadCounts(p.Counts), Errors: r.URL.Query().Get("show") == "errors",
		Stops: f.Order.OnError == core.LoadStop, Nothing: p.Counts.Added+p.Counts.Updated == 0 && !f.Order.Absent,
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
	form, err := s.readForm(r, "version")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Value("version")) // what is no number is no version
	run, err := s.deps.LoadFiles.Start(r.Context(), loadCaller(r), core.ID(r.PathValue("id")), version)
	if core.CodeOf(err) == "load.moved" && run == "" {
		return s.loadPreviewRender(w, r, http.StatusConflict, Banner{Tone: "notice", Text: "loading.preview.moved"})
	}
	if err != nil && run == "" {
		return err
	}
	return see(w, r, loadPath+"/runs/"+string(run))
}
