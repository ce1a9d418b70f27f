package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
	kept, err := s.Loader.SavePackage(s.t.Context(), c, core.LoadPackage{Name: name + " list", Order: f.Order})
	if err != nil {
		s.t.Fatal(err)
	}
	run, err := s.Loader.Start(s.t.Context(), c, loader.Begin{Order: f.Order, Columns: f.Facts.Columns, Name: f.Name, First: 2, Total: 1})
	if err == nil {
		_, err = s.Loader.Load(s.t.Context(), c, run.ID, []loader.Row{{Number: 2, Cells: []string{name + "@", "A", "B"}}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.schedules(c, name, kept)
}

// schedules gives somebody a schedule, with what it is made of.
func (s *server) schedules(c loader.Caller, name string, p core.LoadPackage) {
	s.t.Helper()
	u := c.View.Account.User
	s.keys(u, name)
	keys, err := s.Store.APIKeys(s.t.Context(), core.APIKeyFilter{OrganizationID: u.OrganizationID, UserID: u.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.Store.CreateLoadSchedule(s.t.Context(), core.LoadSchedule{
		ID: core.NewID(s.now(), s.Random), OrganizationID: u.OrganizationID, By: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, PackageID: p.ID, KeyID: keys[0].Key.ID,
		Source: core.LoadSource{Kind: core.LoadFromWatch, Place: "inbox", Name: name}, Zone: "UTC", NextAt: s.now(), CreatedAt: s.now(), Version: 1,
	}, core.Record{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestLoadTypesAreReadAsShown: what the pages call a type of people, in each language,
// is what a row may call it; and so is what they call active and not active.
func TestLoadTypesAreReadAsShown(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	acc, org, err := s.Store.AccountByID(t.Context(), s.Org.ID, ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true}
	columns := []string{"Email", "First name", "Last name", "User type", "Active"}
	for _, language := range s.Words.Languages() {
		p := s.Words.Printer(language)
		for want, shown := range map[core.UserType]string{
			core.NoAccess: "none", core.Ordinary: "ordinary", core.HelpDesk: "help_desk", core.Administrator: "administrator",
		} {
			cell := p.T("account.profile.type_" + shown)
			rows := []loader.Row{
				{Number: 2, Cells: []string{"bea@example.com", "Bea", "Novak", cell, p.T("loading.yes")}},
				{Number: 3, Cells: []string{"cyd@example.com", "Cyd", "Ray", cell, p.T("loading.no")}},
			}
			planned, err := s.Loader.Plan(t.Context(), c, loader.NewOrder(core.LoadPeople, columns), columns, rows)
			for _, row := range planned {
				if row.Action != loader.Add || !slices.Contains(row.Changes, loader.Change{Field: "type", After: want.Name()}) {
					t.Errorf("%s: %q is %+v", language, cell, row)
				}
			}
			if err != nil || len(planned) != 2 {
				t.Errorf("%s: %q: %d rows, %v", language, cell, len(planned), err)
			}
		}
	}
}

// TestFilesOfManyPartsAreRead: with the real seals, a file of several parts and a row that
// is as long as one may be come back as they were.
func TestFilesOfManyPartsAreRead(t *testing.T) {
	s := start(t)
	s.administrator(s.Org, "ada@example.com")
	acc, org, err := s.Store.UserByEmailKey(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}}
	const n = 6_000
	var text strings.Builder
	text.WriteString("Email,First name,Last name,Title\n")
	for i := range n {
		fmt.Fprintf(&text, "p%d@example.com,P,N%d,Clerk\n", i, i)
	}
	long := strings.Repeat("<", 900_000)
	fmt.Fprintf(&text, "long@example.com,P,N,%s\n", long)
	f, err := s.LoadFiles.Upload(t.Context(), c, loadfile.Put{Name: "crew.csv", Target: core.LoadPeople}, strings.NewReader(text.String()))
	if err != nil || f.Facts.Rows != n+1 {
		t.Fatalf("%d rows, %v", f.Facts.Rows, err)
	}
	if err := s.LoadFiles.LookAgain(t.Context(), c, f.ID); err != nil {
		t.Fatal(err)
	}
	some, err := (&loadfile.Looker{Service: s.LoadFiles, Looks: s.Store, Owner: "a"}).Turn(t.Context())
	if err != nil || !some {
		t.Fatalf("nothing was looked at: %t, %v", some, err)
	}
	c.Identity = true
	look, err := s.LoadFiles.Look(t.Context(), c, f.ID)
	if err != nil || !look.Ready || look.Preview.Counts != (core.LoadCounts{Added: n, Rejected: 1}) {
		t.Fatalf("it looked at %+v, %v: %+v", look.File, err, look.Preview.Counts)
	}
	run, err := s.Loader.Start(t.Context(), c, loader.Begin{Order: f.Order, Columns: f.Facts.Columns, Name: f.Name, First: 2, Total: 1})
	if err == nil {
		_, err = s.Loader.Load(t.Context(), c, run.ID, []loader.Row{{Number: 2, Cells: []string{"long@example.com", "P", "N", long}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Loader.Rejects(t.Context(), c, run.ID, 0, 9)
	if err != nil || len(rows) != 1 || rows[0].Cells[3] != long {
		t.Errorf("%d rows that could not be taken, %v", len(rows), err)
	}
}
