package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// warrant is an administrator's to do something to somebody.
func warrant(u core.User, actor core.ID) core.Warrant {
	return core.Warrant{OrganizationID: u.OrganizationID, ActorID: actor, Least: core.Administrator, UserID: u.ID}
}

func noAdministrator(w *world) {
	o := w.organization("One")
	w.administrator(o, "boss")
	u, was := w.person(o, "ada"), w.person(o, "bo")
	theirs := w.administrator(w.organization("Two"), "elsewhere")
	before := w.dump()
	for name, actor := range map[string]core.ID{"no administrator": was.ID, "of another organization": theirs.ID, "nobody": "nobody"} {
		w.refused(name, w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Inactive, actor)), core.ErrNotAdministrator)
		c := w.personChange(u)
		c.Record.Warrant, c.Is.Type = warrant(u, actor), core.Administrator
		w.refused(name, w.store.SavePerson(w.ctx, c), core.ErrNotAdministrator)
		for field, change := range map[string]func(*core.PersonChange){
			"email":    func(c *core.PersonChange) { c.Is.Email, c.Keys.Email = "mine@example.com", "mine@example.com" },
			"username": func(c *core.PersonChange) { c.Is.Username, c.Keys.Username = "mine", "mine" },
		} {
			c := w.personChange(u)
			c.Record.Warrant = warrant(u, actor)
			change(&c)
			w.refused(name+" "+field, w.store.SavePerson(w.ctx, c), core.ErrNotAdministrator)
		}
	}
	after := w.dump()
	w.count("refusals written down", len(after["event"]), 12)
	w.count("of anything else", w.rows("event WHERE result <> 'refused'"), 0)
	delete(after, "event")
	same(w, after, before)
}

// warranted are calls that somebody makes in their right, each about u or about
// the organization. They are made anew for each use.
func (w *world) warranted(o core.Organization, by, u core.User, least core.UserType) map[string]func(s *sqlstore.Store) error {
	org, group := o.ID, core.Group{ID: w.id("group"), OrganizationID: o.ID, Name: "Quokkas " + string(w.id("name")), CreatedAt: w.clock()}
	record := func(of core.User, kind string) core.Record {
		e := w.event(of, kind)
		e.Actor = core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}
		return core.Record{Warrant: core.Warrant{OrganizationID: org, ActorID: by.ID, Least: least, UserID: of.ID}, Events: []core.Event{e}}
	}
	about := record(u, core.EventUserChanged)
	fresh := core.User{ID: w.id("user"), OrganizationID: org, Email: string(w.id("new")) + "@example.com", Type: core.Ordinary, Status: core.Invited, CreatedAt: w.clock()}
	joined := core.GroupMember{OrganizationID: org, UserID: u.ID, GroupID: w.group(o, "Finance"), Record: about}
	renamed := w.personChange(u)
	renamed.Is.Profile.FirstName, renamed.Record = "Ida", about
	job := core.BulkJob{ID: w.id("bulk"), OrganizationID: org, By: core.Actor{Kind: "person", ID: by.ID}, State: core.BulkAsking, AskedAt: w.clock()}
	nobody := record(core.User{OrganizationID: org}, core.EventPolicyChanged)
	link := w.link(u)
	return map[string]func(s *sqlstore.Store) error{
		"CreateLink": func(s *sqlstore.Store) error { return s.CreateLink(w.ctx, link, about) },
		"RequirePassword": func(s *sqlstore.Store) error {
			return s.RequirePassword(w.ctx, core.PasswordDemand{OrganizationID: org, UserID: u.ID, Due: core.PasswordTemporary, At: w.clock(), Record: about})
		},
		"DemandSecondStep": func(s *sqlstore.Store) error {
			return s.DemandSecondStep(w.ctx, core.SecondStepDemand{OrganizationID: org, UserID: u.ID, Record: about})
		},
		"ClearPrefixes": func(s *sqlstore.Store) error { return s.ClearPrefixes(w.ctx, []string{waitOf(u)}, about) },
		"SignOutEverywhere": func(s *sqlstore.Store) error {
			return s.SignOutEverywhere(w.ctx, core.EverywhereSignOut{OrganizationID: org, UserID: u.ID, ForgetDevices: true, At: w.clock(), Record: about})
		},
		"CreateUser": func(s *sqlstore.Store) error {
			return s.CreateUser(w.ctx, fresh, core.LoginKeys{Email: fresh.Email}, nil, nil, record(fresh, core.EventUserCreated))
		},
		"SavePerson":       func(s *sqlstore.Store) error { return s.SavePerson(w.ctx, renamed) },
		"SaveOrganization": func(s *sqlstore.Store) error { return s.SaveOrganization(w.ctx, o, nobody) },
		"CreateGroup":      func(s *sqlstore.Store) error { return s.CreateGroup(w.ctx, group, nobody) },
		"RemoveGroup": func(s *sqlstore.Store) error {
			return s.RemoveGroup(w.ctx, core.GroupRemoval{OrganizationID: org, GroupID: w.group(o, "Sales"), Record: nobody})
		},
		"JoinGroup":  func(s *sqlstore.Store) error { return s.JoinGroup(w.ctx, joined) },
		"CreateBulk": func(s *sqlstore.Store) error { return s.CreateBulk(w.ctx, job, nobody) },
		"SaveMail": func(s *sqlstore.Store) error {
			return s.SaveMail(w.ctx, core.MailChange{OrganizationID: org, Version: 1, Sender: "a@example.com", At: w.clock(), Record: nobody})
		},
		"Note": func(s *sqlstore.Store) error { return s.Note(w.ctx, nobody) },
	}
}

// waitOf is the bucket of a wait that holds somebody up.
func waitOf(u core.User) string { return string(u.ID) + "|b:browser" }

// waits makes somebody wait after wrong passwords.
func (w *world) waits(u core.User) {
	b := pair(waitOf(u))
	b.UserID, b.Rule.Limit = u.ID, 1
	w.settle(core.OutcomeWrong, b)
}

// rightLost: whatever somebody was a moment ago, nothing is done where they are it
// no more, and what they tried is kept as refused.
func rightLost(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada", "Sales")
	w.person(o, "bo", "Finance")
	w.waits(u)
	gone := w.ofType(o, "gone", core.Administrator)
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive' WHERE id = $1", string(gone.ID))
	w.must(err)
	for name, by := range map[string]core.User{"demoted": w.ofType(o, "was", core.HelpDesk), "deactivated": gone} {
		for call, do := range w.warranted(o, by, u, core.Administrator) {
			before := w.dump()
			w.refused(name+" "+call, do(w.store), core.ErrNotAdministrator)
			after := w.dump()
			w.count(name+" "+call+": refusals written down", len(after["event"])-len(before["event"]), 1)
			delete(before, "event")
			delete(after, "event")
			same(w, after, before)
		}
	}
	w.count("of anything else", w.rows("event WHERE result <> 'refused'"), 0)
	ana := w.ofType(o, "ana", core.Administrator)
	for call := range w.warranted(o, ana, u, core.Administrator) {
		if err := w.warranted(o, ana, u, core.Administrator)[call](w.store); err != nil {
			w.t.Errorf("%s by an administrator: %v", call, err)
		}
	}
}

// askedFor: what an API key asks for is done while that key lives and is its
// person's, and what began before an alarm is done no more.
func askedFor(w *world) {
	o := w.organization("One")
	u, ana := w.person(o, "ada", "Sales"), w.ofType(o, "ana", core.Administrator)
	key, over, held, theirs := w.apiKey(ana), w.newAPIKey(ana), w.apiKey(ana), w.apiKey(w.ofType(o, "ben", core.Administrator))
	over.CreatedAt, over.ExpiresAt = w.clock().Add(-time.Hour), w.clock()
	w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: over}))
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE api_key SET held = TRUE WHERE id = $1", string(held.ID))
	w.must(err)
	note := func(change func(r *core.Warrant)) error {
		r := core.Record{Warrant: warrant(u, ana.ID), Events: []core.Event{w.event(u, core.EventUserChanged)}}
		change(&r.Warrant)
		return w.store.Note(w.ctx, r)
	}
	by := func(access string) func(r *core.Warrant) { return func(r *core.Warrant) { r.Key = access } }
	since := func(at time.Time) func(r *core.Warrant) { return func(r *core.Warrant) { r.Since = at } }
	begun := w.clock().Add(-time.Minute)
	w.must(note(by(key.Access)))
	w.must(note(since(begun)))
	for name, access := range map[string]string{"expired": over.Access, "held": held.Access, "another's": theirs.Access, "none": "spk_none"} {
		w.refused("a key: "+name, note(by(access)), core.ErrNotAdministrator)
	}
	w.must(w.store.RemoveAPIKey(w.ctx, core.APIKeyRemoval{OrganizationID: o.ID, KeyID: key.ID}))
	w.refused("a key: deleted", note(by(key.Access)), core.ErrNotAdministrator)
	w.must(w.store.RaiseAlarm(w.ctx, w.alarm(ana)))
	w.refused("begun before an alarm", note(since(begun)), core.ErrNotAdministrator)
	w.must(note(since(w.clock())))
	w.count("refusals written down", w.rows("event WHERE result = 'refused'"), 6)
}

// rose: the help desk reaches nobody who was made one of its own, or an
// administrator, a moment ago.
func rose(w *world) {
	o := w.organization("One")
	hal := w.ofType(o, "hal", core.HelpDesk)
	w.person(o, "bo", "Finance")
	for i, to := range []core.UserType{core.HelpDesk, core.Administrator} {
		u := w.person(o, fmt.Sprintf("ada%d", i))
		w.waits(u)
		calls := w.warranted(o, hal, u, core.HelpDesk)
		w.must(calls["CreateLink"](w.store))
		_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET user_type = $2 WHERE id = $1", string(u.ID), int64(to))
		w.must(err)
		calls = w.warranted(o, hal, u, core.HelpDesk)
		for _, call := range []string{"CreateLink", "SignOutEverywhere", "ClearPrefixes"} {
			w.refused(call, calls[call](w.store), core.ErrAbove)
		}
		w.count("waits left", w.rows("throttle"), i+1)
	}
}

// lostAmongFifty: while an administrator is put out of office, what they do at the
// same moment is done before or refused, and nothing of theirs comes after.
func lostAmongFifty(w *world) {
	o := w.organization("One")
	boss, was := w.administrator(o, "boss"), w.administrator(o, "was")
	people := make([]func(s *sqlstore.Store) error, callers)
	for i := range people {
		people[i] = w.linkBy(was, w.person(o, fmt.Sprintf("p%d", i)))
	}
	people[callers/2] = func(s *sqlstore.Store) error {
		return s.SetStatus(w.ctx, w.status(was, core.Active, core.Inactive, boss.ID))
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return people[i](s) }, core.ErrNotAdministrator)
	w.count("links", w.rows("link"), won-1)
	w.count("refused", w.rows("event WHERE result = 'refused'"), callers-won)
	w.refused("afterwards", w.linkBy(was, w.person(o, "late"))(w.store), core.ErrNotAdministrator)
}

func (w *world) linkBy(by, u core.User) func(s *sqlstore.Store) error {
	l, e := w.link(u), w.event(u, core.EventLinkMade)
	return func(s *sqlstore.Store) error {
		return s.CreateLink(w.ctx, l, core.Record{Warrant: warrant(u, by.ID), Events: []core.Event{e}})
	}
}

// leftInside: of two administrators in different networks one keeps all others out
// while the other puts the first out of office. Whichever comes first, one is left
// who gets in.
func leftInside(w *world) {
	type pair struct {
		o        core.Organization
		ana, ben core.User
	}
	event := func(u core.User, kind, address string) core.Event {
		e := w.event(u, kind)
		e.Actor, e.Origin.Address = core.Actor{Kind: "person", ID: u.ID}, address
		return e
	}
	const near, far = "192.0.2.7", "198.51.100.7"
	pairs := make([]pair, callers/2)
	calls := make([]func(s *sqlstore.Store) error, callers)
	for i := range pairs {
		o := w.organization(fmt.Sprintf("Org %d", i))
		p := pair{o, w.administrator(o, fmt.Sprintf("ana%d", i)), w.administrator(o, fmt.Sprintf("ben%d", i))}
		pairs[i] = p
		o.Policy.AllowedNetworks = "192.0.2.0/24"
		narrow := core.Record{Warrant: warrant(p.ana, p.ana.ID), Events: []core.Event{event(p.ana, core.EventPolicyChanged, near)}}
		put := w.status(p.ana, core.Active, core.Inactive, p.ben.ID)
		put.Record.Events = []core.Event{event(p.ben, core.EventUserDeactivated, far)}
		calls[2*i] = func(s *sqlstore.Store) error { return s.SaveOrganization(w.ctx, o, narrow) }
		calls[2*i+1] = func(s *sqlstore.Store) error { return s.SetStatus(w.ctx, put) }
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return calls[i](s) }, core.ErrStale, core.ErrNotAdministrator, core.ErrLastAdministrator)
	w.count("one of each pair", won, callers/2)
	for _, p := range pairs {
		o, err := w.store.Organization(w.ctx, p.o.ID)
		w.must(err)
		if narrowed := o.Policy.AllowedNetworks != ""; narrowed != (w.account(p.ana).User.Status == core.Active) {
			w.t.Errorf("narrowed %v, and who is inside is %s", narrowed, w.account(p.ana).User.Status)
		}
	}
}
