package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/words"
)

// LoadPackageRow is a package in the list.
type LoadPackageRow struct {
	core.LoadPackage
	Kind    string              // text id of the target
	Last    *LoadRow            // its latest load; nil: none
	Sources []LoadPackageSource // what its schedules read; none: it waits for files
	Turn    LoadPackageTurn
	Copy    string // what its duplicate is called
}

// LoadPackageSource is something that a schedule reads.
type LoadPackageSource struct {
	Kind string // text id
	Name string
}

// LoadPackageTurn is when a package is loaded with by itself.
type LoadPackageTurn struct {
	At      time.Time // the nearest of its schedules; zero: none
	Watched bool      // also whenever a file is put into a folder
	Stopped bool      // every schedule that it has is stopped
}

// turnOf is when schedules have their turn.
func turnOf(schedules []loadschedule.Listed) LoadPackageTurn {
	t := LoadPackageTurn{Stopped: len(schedules) > 0}
	for _, is := range schedules {
		if is.Stopped {
			continue
		}
		t.Stopped = false
		t.Watched = t.Watched || is.Source.Kind == core.LoadFromWatch
		if len(is.Next) > 0 && (t.At.IsZero() || is.Next[0].Before(t.At)) {
			t.At = is.Next[0]
		}
	}
	return t
}

// sourcesOf are what schedules read, each once.
func sourcesOf(schedules []loadschedule.Listed) []LoadPackageSource {
	var all []LoadPackageSource
	for _, is := range schedules {
		source := LoadPackageSource{scheduleKindText(is.Source.Kind), is.Source.Title()}
		if !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return all
}

// loadPackages are the packages of the organization, with what was last loaded with
// them and what will be.
func (s *Site) loadPackages(r *http.Request) ([]LoadPackageRow, error) {
	c := loadCaller(r)
	all, err := s.deps.LoadPackages.Packages(r.Context(), c)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	last, err := s.deps.LoadPackages.LastLoads(r.Context(), c)
	if err != nil {
		return nil, err
	}
	schedules, err := s.deps.Schedules.List(r.Context(), c)
	if err != nil {
		return nil, err
	}
	of := map[core.ID][]loadschedule.Listed{}
	for _, is := range schedules {
		of[is.PackageID] = append(of[is.PackageID], is)
	}
	text := s.printer(r, c.View)
	rows := make([]LoadPackageRow, len(all))
	for i, p := range all {
		rows[i] = LoadPackageRow{
			LoadPackage: p, Kind: loadTargetText(p.Order.Target), Sources: sourcesOf(of[p.ID]), Turn: turnOf(of[p.ID]), Copy: copyName(text, p.Name, all),
		}
		if run, ok := last[p.ID]; ok {
			row := loadRow(run)
			rows[i].Last = &row
		}
	}
	return rows, nil
}

// copyName is the name of the duplicate of a package: the first that no package has. Of
// a long name the end gives way.
func copyName(text words.Printer, name string, all []core.LoadPackage) string {
	for n := 1; ; n++ {
		say := func(name string) string {
			if n == 1 {
				return text.T("loading.package.copy", "name", name)
			}
			return text.T("loading.package.copy_more", "name", name, "number", n)
		}
		made := say(name)
		if over := utf8.RuneCountInString(made) - core.LoadPackageName; over > 0 {
			short := []rune(name)
			made = say(strings.TrimRight(string(short[:len(short)-over]), " "))
		}
		if !slices.ContainsFunc(all, func(p core.LoadPackage) bool { return strings.EqualFold(p.Name, made) }) {
			return made
		}
	}
}

// loadPackageCopy makes a duplicate of a package. Its name comes from the list, so that
// a second click asks for the one that is there; where somebody else took the name, it
// is the next one that is free.
func (s *Site) loadPackageCopy(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "name")
	c, id := loadCaller(r), core.ID(r.PathValue("id"))
	if err == nil {
		_, err = s.deps.LoadPackages.DuplicatePackage(r.Context(), c, id, form.Value("name"))
	}
	if nameWrong(err) == "load.package_taken" {
		err = s.loadPackageCopyNext(r, id)
	}
	if err == nil {
		return see(w, r, loadPath+"?done=package-copied")
	}
	failed, here := form.Failed(err, "packages")
	if !here {
		return err
	}
	return s.loadListRender(w, r, statusOf(w, err), failed)
}

func (s *Site) loadPackageCopyNext(r *http.Request, id core.ID) error {
	c := loadCaller(r)
	p, err := s.deps.LoadPackages.Package(r.Context(), c, string(id))
	if err != nil {
		return err
	}
	all, err := s.deps.LoadPackages.Packages(r.Context(), c)
	if err != nil {
		return err
	}
	_, err = s.deps.LoadPackages.DuplicatePackage(r.Context(), c, id, copyName(s.printer(r, c.View), p.Name, all))
	return err
}

// nameWrong is the code of what is wrong with the name of a package; empty: nothing.
func nameWrong(err error) string {
	var e *core.Error
	if errors.As(err, &e) && e.Fields["name"] != nil {
		return e.Fields["name"].Code
	}
	return ""
}
