package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
)

// LoadQueries takes rows of databases in that the operator named (package
// loadschedule).
type LoadQueries interface {
	// Databases are the names of those that may be asked.
	Databases(ctx context.Context, c loader.Caller) ([]string, error)
	// Ask takes the rows of a query in as a file.
	Ask(ctx context.Context, c loader.Caller, from core.LoadSource, target core.LoadTarget, kept core.ID) (core.LoadFile, error)
}

// LoadQueryPage is where a query is written whose rows are loaded.
type LoadQueryPage struct {
	Frame
	Databases []UserOption // none: the operator named none
	Targets   []UserOption
	Packages  []UserOption // none: there are none
}

const loadQueryPath = loadPath + "/query"

func (s *Site) loadQuery(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, Form{order: []string{"package", "place", "query"}}.With("package", query.Get("package")))
	return s.loadQueryRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) loadQueryRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	page := &LoadQueryPage{
		Frame:   Frame{Title: "loading.query.title", Section: "load", Trail: crumbs(crumbLoad()), Form: form, Banners: banners},
		Targets: targetOptions(form),
	}
	names, err := s.deps.LoadQueries.Databases(r.Context(), loadCaller(r))
	if err != nil {
		return err
	}
	for _, name := range names {
		page.Databases = append(page.Databases, UserOption{Value: name, Name: name, Chosen: form.Value("place") == name})
	}
	if page.Packages, err = s.loadPackageChoices(r, form.Value("package")); err != nil {
		return err
	}
	return s.Render(w, r, status, page)
}

// targetOptions are what the rows of a file can be.
func targetOptions(form Form) []UserOption {
	var all []UserOption
	for _, t := range core.LoadTargets() {
		all = append(all, UserOption{Value: string(t), Text: loadTargetText(t), Chosen: form.Value("target") == string(t)})
	}
	return all
}

// targetOf is what the rows of a form are; people, where it does not say.
func targetOf(text string) core.LoadTarget {
	if target := core.LoadTarget(text); slices.Contains(core.LoadTargets(), target) {
		return target
	}
	return core.LoadPeople
}

func (s *Site) loadQueryAsk(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "package", "target", "place", "query")
	var file core.LoadFile
	if err == nil {
		from := core.LoadSource{Kind: core.LoadFromQuery, Place: form.Value("place"), Query: form.Value("query")}
		file, err = s.deps.LoadQueries.Ask(r.Context(), loadCaller(r), from, targetOf(form.Value("target")), core.ID(form.Value("package")))
	}
	if err != nil {
		failed, here := form.Failed(err, "query")
		if !here {
			return err
		}
		return s.loadQueryRender(w, r, statusOf(w, err), failed)
	}
	return s.loadNext(w, r, file)
}

// loadNext leads on from a file that was put up: to what its columns are, or to its
// preview where its package says all of that.
func (s *Site) loadNext(w http.ResponseWriter, r *http.Request, file core.LoadFile) error {
	with, err := s.loadWith(r, file)
	if err != nil {
		return err
	}
	to := loadPath + "/files/" + string(file.ID)
	if with.Package.ID != "" && len(with.Missing) == 0 { // there is nothing to say
		to += "/preview"
	}
	return see(w, r, to)
}
