package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func peopleTests() map[string]test {
	return map[string]test{
		"names are unique over all organizations": uniqueNames,
		"people come in pages":                    pages,
		"a link works once and makes active":      linkWorks,
		"a new link ends the older ones":          newLink,
		"organizations compare names loosely":     looseNames,
		"a person with a link is stored at once":  personWithLink,
		"many people at once":                     bulkPeople,
		"an unknown person is not found":          unknownPerson,
		"changes of applications are told":        applicationChanges,
	}
}

func uniqueNames(w *world) {
	one, two := w.organization("One"), w.organization("Two")
	create := func(o core.Organization, email, username string) error {
		u := core.User{ID: w.id("user"), OrganizationID: o.ID, Email: email, Username: username, Status: core.Active, Type: core.Ordinary}
		return w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: email, Username: username}, []string{"Finance"}, nil, core.Record{})
	}
	w.must(create(one, "ada@example.com", "ada"))
	w.must(create(one, "", "noaddress"))
	w.must(create(two, "", "noaddress2"))
	before := w.dump()
	for name, c := range map[string]struct{ email, username, field string }{
		"email":                  {"ada@example.com", "", "email"},
		"username":               {"bob@example.com", "ada", "username"},
		"username like an email": {"bob@example.com", "ada@example.com", "username"},
		"email like a username":  {"ada", "", "email"},
	} {
		for _, o := range []core.Organization{one, two} {
			err := create(o, c.email, c.username)
			w.refused(name, err, core.ErrTaken)
			var e *core.Error
			if asError(err, &e) && e.Params["field"] != c.field {
				w.t.Errorf("%s: got field %v, want %s", name, e.Params["field"], c.field)
			}
		}
	}
	same(w, w.dump(), before)
	w.must(create(two, "own@example.com", "own@example.com"))
}

func pages(w *world) {
	o := w.organization("One")
	w.person(w.organization("Two"), "elsewhere")
	var want []string
	for i := range 7 {
		u := w.person(o, fmt.Sprintf("p%d", i))
		want = append(want, u.Email)
	}
	var got []string
	after := ""
	for {
		page, err := w.store.Users(w.ctx, core.UserFilter{OrganizationID: o.ID, After: after, Limit: 3})
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			got = append(got, a.User.Email)
		}
		after = got[len(got)-1]
	}
	same(w, got, want)
	boss := core.User{ID: w.id("user"), OrganizationID: o.ID, Email: "boss@example.com", Type: core.Administrator, Status: core.Active}
	w.must(w.store.CreateUser(w.ctx, boss, core.LoginKeys{Email: boss.Email}, nil, nil, core.Record{}))
	admins, err := w.store.Users(w.ctx, core.UserFilter{OrganizationID: o.ID, Administrators: true})
	w.must(err)
	w.count("administrators", len(admins), 1)
	n, err := w.store.CountUsers(w.ctx)
	w.must(err)
	w.count("people", n, 9)
}

func linkWorks(w *world) {
	o := w.organization("One")
	u := core.User{
		ID: w.id("user"), OrganizationID: o.ID, Email: "new@example.com", Type: core.Administrator, Status: core.Invited,
		PasswordVersion: 1, FactorSetVersion: 1,
	}
	l := w.link(u)
	w.must(w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: u.Email}, nil, &l, core.Record{}))
	for range 12 {
		if _, err := w.store.TakeTry(w.ctx, w.try(u, core.KindApp, "", "")); err != nil {
			break
		}
	}
	w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "sealed", Proves: u.Email, At: w.clock()}))
	acc := w.account(u)
	same(w, []any{acc.User.Status, acc.User.PasswordSealed, acc.User.PasswordVersion, acc.User.EmailProvedAt, acc.Guards[core.KindApp].Failures},
		[]any{core.Active, "sealed", int64(2), w.clock(), 10})
	w.refused("again", w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "other", At: w.clock()}), core.ErrUsed)
	late := w.link(u)
	w.must(w.store.CreateLink(w.ctx, late, core.Record{}))
	w.pass(late.Kind.Life())
	w.refused("expired", w.store.UseLink(w.ctx, core.LinkUse{Link: late, PasswordSealed: "other", At: w.clock()}), core.ErrUsed)
	same(w, w.account(u).User.PasswordSealed, "sealed")
	if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive'"); err != nil {
		w.t.Fatal(err)
	}
	last := w.link(u)
	w.must(w.store.CreateLink(w.ctx, last, core.Record{}))
	w.refused("deactivated", w.store.UseLink(w.ctx, core.LinkUse{Link: last, PasswordSealed: "other", At: w.clock()}), core.ErrStale)
}

func newLink(w *world) {
	u := w.person(w.organization("One"), "ada")
	first := w.link(u)
	w.must(w.store.CreateLink(w.ctx, first, core.Record{}))
	w.pass(time.Minute)
	w.must(w.store.CreateLink(w.ctx, w.link(u), core.Record{}))
	got, _, _, err := w.store.LinkByToken(w.ctx, first.TokenHash)
	w.must(err)
	same(w, got.ExpiresAt, w.clock())
	w.refused("older", w.store.UseLink(w.ctx, core.LinkUse{Link: first, PasswordSealed: "x", At: w.clock()}), core.ErrUsed)
}

func looseNames(w *world) {
	one, two := w.organization("Acme Ltd"), w.organization("Two")
	err := w.store.CreateOrganization(w.ctx, core.Organization{ID: "x", Name: " acme  LTD"}, core.Record{})
	w.refused("create", err, core.ErrTaken)
	two.Name = "ACME ltd"
	w.refused("rename", w.store.SaveOrganization(w.ctx, two, core.Record{}), core.ErrTaken)
	one.Name = "acme ltd"
	w.must(w.store.SaveOrganization(w.ctx, one, core.Record{}))
	w.refused("stale", w.store.SaveOrganization(w.ctx, one, core.Record{}), core.ErrStale)
}

func personWithLink(w *world) {
	o := w.organization("One")
	w.person(o, "ada")
	u := core.User{ID: w.id("user"), OrganizationID: o.ID, Email: "ada@example.com", Status: core.Invited}
	l := w.link(u)
	err := w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: u.Email}, nil, &l, core.Record{Events: []core.Event{w.event(u, core.EventUserCreated)}})
	w.refused("taken", err, core.ErrTaken)
	w.count("links", w.rows("link"), 0)
	w.count("events", w.rows("event"), 0)
}

func bulkPeople(w *world) {
	o := w.organization("One")
	people := make([]core.NewUser, 1234)
	for i := range people {
		u := core.User{
			ID: core.ID(fmt.Sprintf("bulk-%05d", i)), OrganizationID: o.ID, Email: fmt.Sprintf("b%d@example.com", i), Type: core.Ordinary,
			Status: core.Active, PasswordVersion: 1, FactorSetVersion: 1, TwoFactor: core.TwoFactorOn, CreatedAt: w.clock(),
		}
		people[i] = core.NewUser{
			User: u, Keys: core.LoginKeys{Email: u.Email, Username: fmt.Sprintf("b%d", i)},
			Credentials: []core.Credential{w.credential(u, core.KindApp, 1)},
		}
	}
	people[7].Groups = []string{"Finance"}
	w.must(w.store.BulkUsers(w.ctx, people))
	v, err := w.store.FindLogin(w.ctx, "b7", "", "")
	w.must(err)
	same(w, v.Account, core.Account{User: people[7].User, Apps: 1, Groups: []string{"Finance"}})
	before := w.rows("person")
	again := []core.NewUser{people[0], people[1]}
	again[0].User.ID, again[0].Keys = "other", core.LoginKeys{Email: "other@example.com"}
	w.refused("taken", w.store.BulkUsers(w.ctx, again), core.ErrTaken)
	w.count("people", w.rows("person"), before)
	stats, err := w.store.Stats(w.ctx)
	w.must(err)
	same(w, stats, core.Stats{Organizations: 1, People: 1234})
}

func unknownPerson(w *world) {
	o := w.organization("One")
	_, _, err := w.store.AccountByID(w.ctx, o.ID, "nobody")
	w.refused("account", err, core.ErrNotFound)
	_, err = w.store.SessionByToken(w.ctx, "nothing")
	w.refused("session", err, core.ErrNotFound)
	_, err = w.store.AttemptByToken(w.ctx, "nothing")
	w.refused("attempt", err, core.ErrNotFound)
	_, _, _, err = w.store.LinkByToken(w.ctx, "nothing")
	w.refused("link", err, core.ErrNotFound)
	w.refused("link", w.store.CreateLink(w.ctx, w.link(core.User{ID: "nobody", OrganizationID: o.ID}), core.Record{}), core.ErrNotFound)
}

func applicationChanges(w *world) {
	o := w.organization("One")
	a := core.Application{ID: "a", OrganizationID: o.ID, Name: "Scorecard", URL: "https://score.example.com", Level: core.LevelEmail, CreatedAt: w.clock()}
	w.must(w.store.AddApplication(w.ctx, a, core.Record{}))
	all, err := w.store.Applications(w.ctx, o.ID)
	w.must(err)
	same(w, all, []core.Application{a})
	w.must(w.store.RemoveApplication(w.ctx, o.ID, a.ID, core.Record{}))
	w.refused("again", w.store.RemoveApplication(w.ctx, o.ID, a.ID, core.Record{}), core.ErrNotFound)
	w.count("changes", w.rows("cache_change WHERE kind = 'applications'"), 2)
}
