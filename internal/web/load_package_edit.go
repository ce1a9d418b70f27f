package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// LoadPackageEditPage changes a package without a file.
type LoadPackageEditPage struct {
	Frame
	LoadPackageRow
	Fields  []LoadPackageField
	Keys    []UserOption
	People  bool
	Was     []ProfileField // what the form was shown with
	Version string         // that it was shown with
	Moved   bool           // it was changed meanwhile: what it says now is shown too
	Key     string         // text id of the field that rows are known by; empty: none
	Columns []LoadMapped
	Options []LoadOption
}

// LoadPackageField is a field of the target, and where its column is typed.
type LoadPackageField struct{ Place, Text string }

// packagePlace is the name of the input for a field's column. A group has a name, too.
func packagePlace(field string) string { return "c_" + field }

// packageNames are the fields of the form for packages of a target.
func packageNames(t core.LoadTarget) []string {
	names := []string{"name"}
	for _, f := range loader.Fields(t) {
		names = append(names, packagePlace(f.Name))
	}
	return append(names, loadNames()...)
}

// packageSent are all that forms of packages send.
func packageSent() []string {
	names := []string{"version"}
	for _, t := range core.LoadTargets() {
		for _, name := range packageNames(t) {
			if !slices.Contains(names, name) {
				names = append(names, name, wasPrefix+name)
			}
		}
	}
	return names
}

// packageForm puts a package into the form.
func packageForm(p core.LoadPackage) Form {
	form := orderForm(p.Order, Form{order: packageNames(p.Order.Target)}.With("name", p.Name))
	for _, c := range p.Order.Columns {
		if c.Enabled && c.Field != "" {
			form = form.With(packagePlace(c.Field), c.Column)
		}
	}
	return form
}

// packageOf is what a form says of a package, and what is wrong with it where it was
// typed.
func packageOf(p core.LoadPackage, form Form) (core.LoadPackage, error) {
	p.Name = form.Value("name")
	p.Version, _ = strconv.Atoi(form.Value("version")) // what is no number is no version
	names := map[string]string{}
	for _, f := range loader.Fields(p.Order.Target) {
		names[f.Name] = form.Value(packagePlace(f.Name))
	}
	said := orderOptions(p.Order.Target, form)
	said.Columns = p.Order.Columns
	var twice error
	p.Order, twice = loader.Remap(said, names)
	wrong := packageFields(loader.CheckPackage(p.Order))
	maps.Copy(wrong, packageFields(twice))
	var e *core.Error
	if errors.As(p.CheckName(), &e) {
		maps.Copy(wrong, e.Fields)
	}
	if len(wrong) > 0 {
		return p, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: wrong}
	}
	return p, nil
}

// packageFields gives what is wrong with fields of the target to the inputs of their
// columns.
func packageFields(err error) map[string]*core.Error {
	moved := map[string]*core.Error{}
	var e *core.Error
	if !errors.As(err, &e) {
		return moved
	}
	for name, wrong := range e.Fields {
		if !slices.Contains(loadNames(), name) {
			name = packagePlace(name)
		}
		moved[name] = wrong
	}
	return moved
}

func (s *Site) loadPackageEdit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadPackageOf(r)
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, packageForm(p.LoadPackage))
	return s.loadPackageRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) loadPackageRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	p, err := s.loadPackageOf(r)
	if err != nil {
		return err
	}
	page := &LoadPackageEditPage{
		Frame: Frame{
			Title: "loading.package.edit.title", TitleWith: []any{"name", p.Name}, Section: "load", Form: s.loadWords(r, form), Banners: banners,
			Trail: crumbs(crumbLoad(), Crumb{Name: p.Name, Link: loadPackageLink(p.ID)}),
		},
		LoadPackageRow: p, Keys: keyOptions(p.Order.Target, form), People: p.Order.Target == core.LoadPeople,
		Version: firstOf(form.Value("version"), strconv.Itoa(p.Version)), Moved: status == http.StatusConflict,
		Columns: loadMapped(p.Order), Options: loadOptions(p.Order),
	}
	for _, f := range loader.Fields(p.Order.Target) {
		page.Fields = append(page.Fields, LoadPackageField{packagePlace(f.Name), loadFieldText(f.Name)})
	}
	if p.Order.Key != "" {
		page.Key = loadFieldText(p.Order.Key)
	}
	now := packageForm(p.LoadPackage)
	for _, name := range now.order {
		was := now.Value(name)
		if form.Ticked(wasPrefix + name) {
			was = form.Value(wasPrefix + name)
		}
		page.Was = append(page.Was, ProfileField{name, was})
	}
	return s.Render(w, r, status, page)
}

// loadPackageSave changes a package. Where it was changed meanwhile that is told, with
// what it says now, and what was typed stays.
func (s *Site) loadPackageSave(w http.ResponseWriter, r *http.Request) error {
	p, err := s.loadPackageOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, append(packageNames(p.Order.Target), "version")...)
	changed := p.LoadPackage
	if err == nil {
		changed, err = packageOf(p.LoadPackage, form)
	}
	if err == nil {
		err = s.deps.LoadPackages.ChangePackage(r.Context(), loadCaller(r), changed)
	}
	switch {
	case err == nil:
		return see(w, r, loadPackageLink(p.ID)+"?done=package-changed")
	case errors.Is(err, core.ErrStale):
		return s.loadPackageRender(w, r, http.StatusConflict, form.Without("version"), packageMoved())
	}
	failed, here := form.Failed(err, "name")
	if !here {
		return err
	}
	return s.loadPackageRender(w, r, statusOf(w, err), failed)
}
