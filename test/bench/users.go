package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// How often each search is made, and how often before it counts.
const (
	searchRounds = 40
	searchWarm   = 5
)

// found is the organization of a database in which people are looked for.
type found struct {
	*app.Base
	org  core.Organization
	all  []core.NewUser
	view core.SessionView // of an administrator
}

// usersBase opens the services on a database with an organization of a hundred
// thousand people who have names.
func (s *suite) usersBase(ctx context.Context, kind string) (*found, error) {
	db, err := s.database(ctx, kind, few+1) // its own: the others compare databases by their people
	if err != nil {
		return nil, err
	}
	c, err := config.Load(config.Sources{Flags: map[string]string{"data": db.data, "database": db.dsn}, Offline: true})
	if err != nil {
		return nil, err
	}
	b, err := app.OpenBase(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if db.staff != nil {
		f := *db.staff
		f.Base = b
		return &f, nil
	}
	f := &found{Base: b}
	if f.org, err = b.Organizations.Create(ctx, "Staff", core.Actor{Kind: "operator", Name: "bench"}); err != nil {
		return f, err
	}
	f.all = staff(f.org.ID, peopleFound, b.Clock())
	for part := range slices.Chunk(f.all, chunk) {
		if err := b.Store.BulkUsers(ctx, part); err != nil {
			return f, err
		}
	}
	f.view = core.SessionView{Account: core.Account{User: f.all[0].User}, Organization: f.org} // the first one administers
	db.staff = &found{org: f.org, all: f.all, view: f.view}
	return f, db.settle(ctx)
}

// peopleFound is how many people there are to look among.
const peopleFound = 100_000

// searches are what administrators look for, about somebody at random.
func (f *found) searches() map[string]core.PersonFilter {
	u, helper := f.all[rand.IntN(len(f.all))].User, core.HelpDesk
	all := map[string]core.PersonFilter{
		"everybody":        {},
		"by last sign-in":  {Sort: core.SortSeen, Descending: true},
		"by type":          {Sort: core.SortType},
		"a later page":     {After: u.ID},
		"a page before":    {Before: u.ID, Sort: core.SortEmail},
		"a name":           {Text: u.Name()},
		"an address":       {Text: u.Email},
		"a first name":     {Text: u.FirstName},
		"a last name":      {Text: u.LastName},
		"a name, active":   {Text: u.FirstName, Status: core.Active},
		"invited":          {Status: core.Invited},
		"inactive":         {Status: core.Inactive},
		"active by email":  {Status: core.Active, Sort: core.SortEmail},
		"the help desk":    {Type: &helper},
		"never signed in":  {Seen: core.SeenNever, Sort: core.SortSeen, Descending: true},
		"in the last week": {Seen: core.SeenIn7Days, Sort: core.SortSeen, Descending: true},
	}
	for _, n := range []int{2, 3, 4, 5} {
		all[fmt.Sprintf("%d letters", n)] = core.PersonFilter{Text: u.LastName[:min(n, len(u.LastName))]}
	}
	for _, step := range core.SecondSteps() {
		all["two-factor: "+string(step)] = core.PersonFilter{SecondStep: step}
	}
	return all
}

// usersSearch measures a page of each search, beside reading as many people by
// their primary keys.
func (s *suite) usersSearch(ctx context.Context, kind string) ([]row, error) {
	f, err := s.usersBase(ctx, kind)
	if f != nil {
		defer f.Close()
	}
	if err != nil {
		return nil, err
	}
	var took, floor, inside []time.Duration
	byKind := map[string][]time.Duration{}
	for round := range searchRounds + searchWarm {
		for name, filter := range f.searches() {
			d, err := f.search(ctx, filter)
			if err != nil {
				return nil, err
			}
			bare, err := f.byKeys(ctx)
			if err != nil {
				return nil, err
			}
			if round >= searchWarm { // what only the first ones pay
				took, floor, byKind[name] = append(took, d), append(floor, bare), append(byKind[name], d)
			}
		}
		d, err := f.search(ctx, core.PersonFilter{Text: "qzx"})
		if err != nil {
			return nil, err
		}
		inside = append(inside, d)
	}
	for name, d := range byKind {
		fmt.Printf("  users_search %-9s %-20s p95 %s\n", kind, name, quantile(d, 0.95).Round(time.Microsecond))
	}
	return []row{
		turn{ms(quantile(took, 0.95)), ms(quantile(floor, 0.95))}.row("users_search", kind, "ms", "ratio <= 5"),
		alone("users_search_inside", kind, "ms", ms(quantile(inside, 0.95)), ""),
	}, nil
}

func (f *found) search(ctx context.Context, filter core.PersonFilter) (time.Duration, error) {
	began := time.Now()
	_, err := f.People.Search(ctx, f.view, filter)
	return time.Since(began), err
}

func (f *found) byKeys(ctx context.Context) (time.Duration, error) {
	ids := make([]core.ID, pageRows)
	for i := range ids {
		ids[i] = f.all[rand.IntN(len(f.all))].User.ID
	}
	began := time.Now()
	_, err := f.Store.AccountsByID(ctx, f.org.ID, ids)
	return time.Since(began), err
}
