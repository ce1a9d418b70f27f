package web

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// LoadNewPage is where a file is put up.
type LoadNewPage struct {
	Frame
	Targets  []UserOption
	Packages []UserOption // none: there are none
	// Databases: rows can come from one that the operator named, too.
	Databases bool
}

// LoadMapPage says what the columns of a file are.
type LoadMapPage struct {
	Frame
	LoadWith
	ID         core.ID
	Name, Kind string
	Rows       int64
	Facts      core.LoadFacts
	Needs      []LoadNeed
	Columns    []LoadColumn
	Keys       []UserOption
	Encodings  []UserOption
	Delimiters []UserOption
	People     bool
}

// LoadNeed is a field that a row which adds must have.
type LoadNeed struct {
	Text string
	Done bool // some column is that
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

func (s *Site) loadNew(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	return s.loadNewRender(w, r, http.StatusOK, Form{}.With("package", query.Get("package")))
}

func (s *Site) loadNewRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	page := &LoadNewPage{Frame: Frame{Title: "loading.new.title", Section: "load", Trail: crumbs(crumbLoad()), Form: form}, Targets: targetOptions(form)}
	names, err := s.deps.LoadQueries.Databases(r.Context(), loadCaller(r))
	if err != nil {
		return err
	}
	page.Databases = len(names) > 0
	if page.Packages, err = s.loadPackageChoices(r, form.Value("package")); err != nil {
		return err
	}
	return s.Render(w, r, status, page)
}

// loadPasteKept is how many bytes of pasted rows are shown again where something is
// wrong with them. Whoever pasted more has them in the spreadsheet still.
const loadPasteKept = 1 << 20

// most takes so many bytes, and drops what comes after them.
type most struct {
	*strings.Builder
	bytes int
}

// Write implements io.Writer.
func (m most) Write(b []byte) (int, error) {
	m.Builder.Write(b[:min(len(b), m.bytes-m.Len())])
	return len(b), nil
}

// loadUpload takes a file, or what was pasted in its place, while it arrives.
func (s *Site) loadUpload(w http.ResponseWriter, r *http.Request) error {
	var file core.LoadFile
	from, pasted := "file", &strings.Builder{}
	took := func(sent httpx.Form, field, name string, in io.Reader) error {
		if field == "text" {
			in = io.TeeReader(in, most{pasted, loadPasteKept})
		}
		some := bufio.NewReader(in)
		if _, err := some.Peek(1); err == io.EOF {
			return nil // none was chosen, or nothing pasted
		}
		if file.ID != "" {
			return core.NewError(core.Invalid, "loading.both")
		}
		from = field
		if name == "" {
			name = s.printer(r, visitOf(r).view).T("loading.pasted")
		}
		put := loadfile.Put{Name: name, Target: targetOf(sent.Get("target")), Package: core.ID(sent.Get("package"))}
		var err error
		file, err = s.deps.LoadFiles.Upload(r.Context(), loadCaller(r), put, some)
		return err
	}
	sent, err := s.edge.ReadLarge(w, r, []string{"file", "text"}, took)
	form := Form{order: []string{"package", "file", "text"}}.With("target", sent.Get("target")).With("package", sent.Get("package"))
	if pasted.Len() < loadPasteKept { // shown cut off, rows would be lost unseen
		form = form.With("text", pasted.String())
	}
	if err == nil && file.ID == "" {
		err = core.NewError(core.Invalid, "loading.no_file")
	}
	if err != nil {
		failed, here := form.Failed(err, from)
		if !here {
			return err
		}
		return s.loadNewRender(w, r, statusOf(w, err), failed)
	}
	return s.loadNext(w, r, file)
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
