package app_test

import (
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// loads gives somebody a file that is put up, and a load that has begun with a row
// that could not be taken.
func (s *server) loads(email, name string) {
	s.t.Helper()
	acc, org, err := s.Store.UserByEmailKey(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true}
	text := "Email,First name,Last name\n" + name + "@,A,B\n"
	f, err := s.LoadFiles.Upload(s.t.Context(), c, loadfile.Put{Name: name + ".csv", Target: core.LoadPeople}, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Loader.SavePackage(s.t.Context(), c, core.LoadPackage{Name: name + " list", Order: f.Order}); err != nil {
		s.t.Fatal(err)
	}
	run, err := s.Loader.Start(s.t.Context(), c, loader.Begin{Order: f.Order, Columns: f.Facts.Columns, Name: f.Name, First: 2, Total: 1})
	if err == nil {
		_, err = s.Loader.Load(s.t.Context(), c, run.ID, []loader.Row{{Number: 2, Cells: []string{name + "@", "A", "B"}}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
