package web

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// LoadPackagePage is a package, and what it says of a file.
type LoadPackagePage struct {
	Frame
	LoadPackageRow
	Key     string // text id of the field that rows are known by; empty: none
	Columns []LoadMapped
	Options []LoadOption
}

// LoadPackageDeletePage asks before a package is deleted.
type LoadPackageDeletePage struct {
	Frame
	LoadPackageRow
}

// LoadKeepPage keeps how a file is loaded as a package.
type LoadKeepPage struct {
	Frame
	ID      core.ID
	Name    string // of the file
	Columns []LoadMapped
	Options []LoadOption
	Into    loadfile.Kept // the package that it was loaded with
}

// LoadWith is the package that a file is loaded with, and what of it the file has not.
type LoadWith struct {
	Package loadfile.Kept // its zero value: none
	Missing []LoadMapped
}

func (s *Site) loadWith(r *http.Request, f core.LoadFile) (LoadWith, error) {
	kept, err := s.deps.LoadKept.Package(r.Context(), loadCaller(r), f)
	return LoadWith{kept, loadMapped(core.LoadOrder{Columns: kept.Missing})}, err
}

// LoadMapped is a column of a file, and the text id of the field that it is.
type LoadMapped struct{ Column, Field string }

// LoadOption is something that an order says beside the columns.
type LoadOption struct {
	Text string // text id
	With []any
}

func loadMapped(o core.LoadOrder) []LoadMapped {
	var all []LoadMapped
	for _, c := range o.Columns {
		if c.Enabled && c.Field != "" {
			all = append(all, LoadMapped{c.Column, loadFieldText(c.Field)})
		}
	}
	return all
}

// loadOptions are the options of an order in the words of the form.
func loadOptions(o core.LoadOrder) []LoadOption {
	all := []LoadOption{{Text: "loading.skip"}}
	if o.OnError == core.LoadStop {
		all[0].Text = "loading.stop_rows"
	}
	for _, option := range []struct {
		on   bool
		text string
	}{{o.Clear, "loading.clear"}, {o.Exact, "loading.exact"}, {o.Identity, "loading.identity"}} {
		if option.on {
			all = append(all, LoadOption{Text: option.text})
		}
	}
	if o.Absent {
		all = append(all, LoadOption{"loading.absent_limit", []any{"percent", o.Threshold}})
	}
	return all
}

// loadPackageOf is the package that the address names.
func (s *Site) loadPackageOf(r *http.Request) (row LoadPackageRow, err error) {
	c := loadCaller(r)
	row.LoadPackage, err = s.deps.LoadPackages.Package(r.Context(), c, r.PathValue("id"))
	row.Kind = loadTargetText(row.Order.Target)
	if err != nil || row.LastRun == "" {
		return row, err
	}
	run, err := s.deps.Loads.Get(r.Context(), c, row.LastRun)
	last := loadRow(run)
	row.Last = &last
	if errors.Is(err, core.ErrNotFound) { // swept since
		row.Last, err = nil, nil
	}
	return row, err
}

func loadPackageLink(id core.ID) string { return loadPath + "/packages/" + string(id) }

func (s *Site) loadPackageShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadPackageOf(r)
	if err != nil {
		return err
	}
	all, err := s.deps.LoadPackages.Packages(r.Context(), loadCaller(r))
	if err != nil {
		return err
	}
	p.Copy = copyName(s.printer(r, visitOf(r).view), p.Name, all)
	page := &LoadPackagePage{
		Frame:          Frame{Title: "loading.package.title", TitleWith: []any{"name", p.Name}, Section: "load", Trail: crumbs(crumbLoad())},
		LoadPackageRow: p, Columns: loadMapped(p.Order), Options: loadOptions(p.Order),
	}
	if p.Order.Key != "" {
		page.Key = loadFieldText(p.Order.Key)
	}
	return s.Render(w, r, http.StatusOK, page)
}

func packageMoved() Banner { return Banner{Tone: "notice", Text: "loading.package.moved"} }

func (s *Site) loadPackageDeleteShow(w http.ResponseWriter, r *http.Request) error {
	return s.loadPackageDeleteRender(w, r, http.StatusOK, Form{})
}

func (s *Site) loadPackageDeleteRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	p, err := s.loadPackageOf(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, status, &LoadPackageDeletePage{
		Frame: Frame{
			Title: "loading.package.delete.title", TitleWith: []any{"name", p.Name}, Section: "load", Form: form,
			Trail: crumbs(crumbLoad(), Crumb{Name: p.Name, Link: loadPackageLink(p.ID)}),
		},
		LoadPackageRow: p,
	})
}

func (s *Site) loadPackageDelete(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.LoadPackages.DeletePackage(r.Context(), loadCaller(r), core.ID(r.PathValue("id")))
	}
	if err == nil {
		return see(w, r, loadPath+"?done=package-deleted")
	}
	failed, here := form.Failed(err, "delete")
	if !here {
		return err
	}
	return s.loadPackageDeleteRender(w, r, statusOf(w, err), failed)
}

func (s *Site) loadKeepShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{order: []string{"name"}})
	return s.loadKeepRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) loadKeepRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	c := loadCaller(r)
	f, err := s.deps.LoadFiles.Get(r.Context(), c, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if wrong := loader.Check(f.Order, f.Facts.Columns); wrong != nil { // it is not mapped yet
		back, _ := s.loadForm(f, Form{}).Failed(loadFields(f, wrong), "c0")
		return s.loadMapRender(w, r, http.StatusUnprocessableEntity, back)
	}
	into, err := s.deps.LoadKept.Package(r.Context(), c, f)
	if err != nil {
		return err
	}
	return s.Render(w, r, status, &LoadKeepPage{
		Frame: Frame{
			Title: "loading.keep.title", Section: "load", Form: form, Banners: banners,
			Trail: crumbs(crumbLoad(), Crumb{Name: f.Name, Link: loadPath + "/files/" + string(f.ID)}),
		},
		ID: f.ID, Name: f.Name, Columns: loadMapped(f.Order), Options: loadOptions(f.Order), Into: into,
	})
}

// loadKeep keeps how a file is loaded: under a new name, or in the package that it was
// loaded with.
func (s *Site) loadKeep(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "name", "into", "version")
	c, id := loadCaller(r), core.ID(r.PathValue("id"))
	p := core.LoadPackage{Name: form.Value("name")}
	if into := form.Value("into"); err == nil && into != "" {
		p, err = s.deps.LoadPackages.Package(r.Context(), c, into)
		p.Version, _ = strconv.Atoi(form.Value("version")) // what is no number is no version
	}
	if err == nil {
		_, err = s.deps.LoadKept.Keep(r.Context(), c, id, p)
	}
	switch {
	case err == nil:
		return see(w, r, loadPath+"/files/"+string(id)+"/preview?done=package-saved")
	case errors.Is(err, core.ErrStale):
		return s.loadKeepRender(w, r, http.StatusConflict, form, packageMoved())
	}
	failed, here := form.Failed(err, "name")
	if !here {
		return err
	}
	return s.loadKeepRender(w, r, statusOf(w, err), failed)
}

// loadPackageChoices are the packages that a file can be loaded with.
func (s *Site) loadPackageChoices(r *http.Request, chosen string) ([]UserOption, error) {
	all, err := s.deps.LoadPackages.Packages(r.Context(), loadCaller(r))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	options := []UserOption{{Text: "loading.new.package_none"}}
	for _, p := range all {
		options = append(options, UserOption{Value: string(p.ID), Name: p.Name, Chosen: string(p.ID) == chosen})
	}
	return options, nil
}
