package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func administerTests() map[string]test {
	return map[string]test{
		"one save of a person as they were read":      onePersonSave,
		"names are claimed and given back":            namesMove,
		"another address ends what went to the old":   addressReplaced,
		"other rights end devices, no access all":     rightsChanged,
		"deactivating ends all at once":               deactivated,
		"one deactivation":                            oneDeactivation,
		"somebody is let in again":                    reactivated,
		"the last administrator stays":                lastAdministrator,
		"administrators who deactivate each other":    eachOther,
		"who is no administrator any more, does none": noAdministrator,
		"somebody is left who gets in":                leftInside,
		"a right that was lost is refused":            rightLost,
		"what asks must live":                         askedFor,
		"whoever rose is out of reach":                rose,
		"a right lost while fifty act":                lostAmongFifty,
		"a box is ticked once":                        boxTicked,
		"signed out everywhere":                       signedOutEverywhere,
	}
}

// personChange is a change of nothing, to be made one of something.
func (w *world) personChange(u core.User) core.PersonChange {
	keys := core.LoginKeys{Email: u.Email, Username: u.Username}
	return core.PersonChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Was: u.Fields(), Is: u.Fields(), WasKeys: keys, Keys: keys, At: w.clock(),
		Record: core.Record{Events: []core.Event{w.event(u, core.EventUserChanged)}},
	}
}

func (w *world) administrator(o core.Organization, name string) core.User {
	w.t.Helper()
	u := w.person(o, name)
	if _, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET user_type = 3 WHERE id = $1", string(u.ID)); err != nil {
		w.t.Fatal(err)
	}
	u.Type = core.Administrator
	return u
}

func (w *world) status(u core.User, from, to core.Status, actor core.ID) core.StatusChange {
	return core.StatusChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, From: from, To: to, At: w.clock(),
		Record: core.Record{Warrant: warrant(u, actor), Events: []core.Event{w.event(u, core.EventUserDeactivated)}},
	}
}

func onePersonSave(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	made := make([]core.PersonChange, callers)
	for i := range made {
		made[i] = w.personChange(u)
		made[i].Is = core.PersonFields{
			Profile: core.Profile{FirstName: "Ada", LastName: fmt.Sprintf("L%d", i), Title: "T", Phone: "1", Department: "D", Manager: "M", TimeZone: "Europe/London", Language: "es"},
			Email:   u.Email, Username: "countess", Type: core.HelpDesk,
		}
		made[i].Keys.Username = "countess"
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SavePerson(w.ctx, made[i]) }, core.ErrStale)
	w.count("saves", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventUserChanged), 1)
	got := w.account(u).User
	same(w, []any{got.FirstName, got.LastName[:1], got.Title, got.Phone, got.Department, got.Manager, got.TimeZone, got.Language, got.Username, got.Type, got.Email},
		[]any{"Ada", "L", "T", "1", "D", "M", "Europe/London", "es", "countess", core.HelpDesk, u.Email})
	same(w, w.account(other).User, other)
	v, err := w.store.FindLogin(w.ctx, "countess", "", "")
	w.must(err)
	same(w, v.Account.User.ID, u.ID)
}

func namesMove(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(w.organization("Two"), "bo")
	c := w.personChange(u)
	c.Is.Username, c.Keys.Username = "countess", "countess"
	w.must(w.store.SavePerson(w.ctx, c))
	taken := func(email, username string) error {
		c := w.personChange(w.account(u).User)
		c.Is.Email, c.Keys.Email, c.Is.Username, c.Keys.Username = email, email, username, username
		return w.store.SavePerson(w.ctx, c)
	}
	before := w.dump()
	w.refused("another's address", taken(other.Email, "countess"), core.ErrTaken)
	w.refused("another's address as a name", taken(u.Email, other.Email), core.ErrTaken)
	same(w, w.dump(), before)
	w.must(taken("ada@new.example", ""))
	for _, gone := range []string{"countess", "ada@example.com"} {
		_, err := w.store.FindLogin(w.ctx, gone, "", "")
		w.refused(gone, err, core.ErrNotFound)
	}
	w.named(o, "Other", "Ada", "ada@example.com", "countess") // both are free again
	v, err := w.store.FindLogin(w.ctx, "ada@new.example", "", "")
	w.must(err)
	same(w, v.Account.User.ID, u.ID)
}

// addressReplaced: codes and links go to the new address only, unproved, and a
// confirmed app stays (law 3).
func addressReplaced(w *world) {
	o := w.organization("One")
	u, _, _ := w.enrol(w.person(o, "ada"), 2)
	s := w.session(u)
	a := w.asking(u, s, core.AddressSignIn, "ada@first.example")
	w.must(w.store.SendAddressCode(w.ctx, a))
	p := w.proof(u, a)
	w.must(w.store.ProveAddress(w.ctx, p)) // leaves a way back
	u = w.account(u).User
	w.remembered(u)
	w.attempt(u)
	old := w.link(u)
	w.must(w.store.CreateLink(w.ctx, old, core.Record{}))
	c := w.personChange(u)
	c.Is.Email, c.Keys.Email = "ada@second.example", "ada@second.example"
	fresh := w.link(u)
	c.Link = &fresh
	w.pass(time.Minute)
	c.At = w.clock()
	w.must(w.store.SavePerson(w.ctx, c))
	acc := w.account(u)
	same(w, []any{acc.User.Email, acc.User.EmailProvedAt.IsZero(), acc.User.CodeAddress(w.clock()), acc.Apps, acc.RecoveryCodes},
		[]any{"ada@second.example", true, "ada@second.example", 1, 2})
	w.count("sessions", w.rows("session WHERE ended_at = 0"), 0)
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 0)
	w.count("attempts", w.rows("attempt WHERE ended_at = 0"), 0)
	w.refused("the link to the old address", w.store.UseLink(w.ctx, core.LinkUse{Link: old, PasswordSealed: "x", At: w.clock()}), core.ErrUsed)
	w.refused("the way back", w.store.UndoAddress(w.ctx, core.AddressUndo{Change: p.Change, At: w.clock()}), core.ErrUsed)
	w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: fresh, PasswordSealed: "x", Proves: "ada@second.example", At: w.clock()}))
	same(w, w.account(u).User.EmailProvedAt, w.clock())
	w.count("names", w.rows("login_key WHERE user_id = $1", string(u.ID)), 1)
}

func rightsChanged(w *world) {
	o := w.organization("One")
	w.administrator(o, "boss")
	u := w.person(o, "ada")
	w.remembered(u)
	w.session(u)
	change := func(to core.UserType) {
		c := w.personChange(w.account(u).User)
		c.Is.Type = to
		w.must(w.store.SavePerson(w.ctx, c))
	}
	open := w.rows("session WHERE ended_at = 0")
	change(core.HelpDesk)
	w.count("sessions", w.rows("session WHERE ended_at = 0"), open)
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 0)
	w.attempt(u)
	w.must(w.store.CreateLink(w.ctx, w.link(u), core.Record{}))
	w.pass(time.Second)
	change(core.NoAccess)
	w.count("sessions", w.rows("session WHERE ended_at = 0"), 0)
	w.count("attempts", w.rows("attempt WHERE ended_at = 0"), 0)
	w.count("links", w.rows("link WHERE expires_at > $1", w.clock().UnixMicro()), 0)
	w.count("told as", w.rows("session WHERE end_reason = 'administrator'"), open)
}

func deactivated(w *world) {
	o := w.organization("One")
	boss, u := w.administrator(o, "boss"), w.person(o, "ada")
	other := w.session(boss)
	s := w.session(u)
	w.remembered(u)
	w.attempt(u)
	w.panel(u, s.ID)
	w.must(w.store.CreateLink(w.ctx, w.link(u), core.Record{}))
	w.pass(time.Second)
	w.must(w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Inactive, boss.ID)))
	same(w, w.account(u).User.Status, core.Inactive)
	for table, open := range map[string]string{
		"session": "ended_at = 0", "remembered_device": "ended_at = 0", "attempt": "ended_at = 0", "enrolment": "ended_at = 0",
		"link": "used_at = 0 AND expires_at > " + fmt.Sprint(w.clock().UnixMicro()),
	} {
		w.count(table, w.rows(table+" WHERE user_id = $1 AND "+open, string(u.ID)), 0)
	}
	w.count("cache changes", w.rows("cache_change WHERE kind = 'user' AND subject_id = $1 AND at = $2", string(u.ID), w.clock().UnixMicro()), 1)
	got, err := w.store.SessionOf(w.ctx, o.ID, boss.ID, other.ID)
	w.must(err)
	same(w, got.EndedAt.IsZero(), true)
	c := w.completion(u, nil, nil)
	w.refused("a sign-in that was on its way", w.store.CompleteSignIn(w.ctx, c), core.ErrStale)
}

func oneDeactivation(w *world) {
	o := w.organization("One")
	boss, u := w.administrator(o, "boss"), w.person(o, "ada")
	made := make([]core.StatusChange, callers)
	for i := range made {
		made[i] = w.status(u, core.Active, core.Inactive, boss.ID)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SetStatus(w.ctx, made[i]) }, core.ErrStale)
	w.count("deactivations", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventUserDeactivated), 1)
}

func reactivated(w *world) {
	o := w.organization("One")
	boss, u := w.administrator(o, "boss"), w.person(o, "ada")
	bare := core.User{ID: w.id("user"), OrganizationID: o.ID, Email: "new@example.com", Status: core.Inactive, Type: core.Ordinary, CreatedAt: w.clock()}
	w.must(w.store.CreateUser(w.ctx, bare, core.LoginKeys{Email: bare.Email}, nil, nil, core.Record{}))
	w.must(w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Inactive, boss.ID)))
	w.must(w.store.SetStatus(w.ctx, w.status(u, core.Inactive, core.Active, boss.ID)))
	w.session(u)
	w.refused("as active without a password", w.store.SetStatus(w.ctx, w.status(bare, core.Inactive, core.Active, boss.ID)), core.ErrStale)
	w.refused("as invited with one", w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Invited, boss.ID)), core.ErrStale)
	c := w.status(bare, core.Inactive, core.Invited, boss.ID)
	l := w.link(bare)
	c.Link = &l
	w.must(w.store.SetStatus(w.ctx, c))
	w.must(w.store.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: "sealed", At: w.clock()}))
	same(w, w.account(bare).User.Status, core.Active)
}

// lastAdministrator: fifty at once, in every way there is to lose the rights,
// leave one who can sign in; an invited administrator is none.
func lastAdministrator(w *world) {
	o := w.organization("One")
	w.administrator(w.organization("Two"), "elsewhere")
	var bosses []core.User
	for i := range 10 {
		bosses = append(bosses, w.administrator(o, fmt.Sprintf("boss%d", i)))
	}
	invited := core.User{ID: w.id("user"), OrganizationID: o.ID, Email: "soon@example.com", Status: core.Invited, Type: core.Administrator, CreatedAt: w.clock()}
	w.must(w.store.CreateUser(w.ctx, invited, core.LoginKeys{Email: invited.Email}, nil, nil, core.Record{}))
	lose := make([]func(s *sqlstore.Store) error, callers)
	for i := range lose {
		u := bosses[i%len(bosses)]
		status, change := w.status(u, core.Active, core.Inactive, ""), w.personChange(u)
		change.Is.Type = []core.UserType{core.NoAccess, core.Ordinary, core.HelpDesk}[i%3]
		lose[i] = func(s *sqlstore.Store) error {
			if i%2 == 0 {
				return s.SetStatus(w.ctx, status)
			}
			return s.SavePerson(w.ctx, change)
		}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return lose[i](s) }, core.ErrStale, core.ErrLastAdministrator)
	left := w.rows("person WHERE organization_id = $1 AND user_type = 3 AND status = 'active'", string(o.ID))
	w.count("administrators left", left, 1)
	if won < 9 {
		w.t.Errorf("%d lost their rights, want at least 9", won)
	}
	w.must(w.store.SetStatus(w.ctx, w.status(invited, core.Invited, core.Inactive, ""))) // takes nobody's rights
}

// eachOther: of administrators who deactivate each other one stays, and nobody
// who was deactivated deactivates.
func eachOther(w *world) {
	o := w.organization("One")
	var bosses []core.User
	for i := range callers {
		bosses = append(bosses, w.administrator(o, fmt.Sprintf("boss%d", i)))
	}
	made := make([]core.StatusChange, callers)
	for i := range made {
		made[i] = w.status(bosses[(i+1)%callers], core.Active, core.Inactive, bosses[i].ID)
	}
	var mu sync.Mutex
	refused := 0
	w.together(callers, func(s *sqlstore.Store, i int) error {
		err := s.SetStatus(w.ctx, made[i])
		if err != nil {
			mu.Lock()
			refused++
			mu.Unlock()
		}
		return err
	}, core.ErrNotAdministrator, core.ErrLastAdministrator)
	left := w.rows("person WHERE organization_id = $1 AND status = 'active'", string(o.ID))
	w.count("who was refused is as many as are left", refused, left)
	if left == 0 {
		w.t.Error("nobody is left")
	}
}

func boxTicked(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	demand := func() core.SecondStepDemand {
		return core.SecondStepDemand{OrganizationID: o.ID, UserID: u.ID, Record: core.Record{Events: []core.Event{w.event(u, core.EventTwoFactorAsked)}}}
	}
	made := make([]core.SecondStepDemand, callers)
	for i := range made {
		made[i] = demand()
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.DemandSecondStep(w.ctx, made[i]) }, core.ErrStale)
	w.count("ticked", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventTwoFactorAsked), 1)
	got := w.account(u).User
	same(w, []any{got.TwoFactor, got.FactorSetVersion}, []any{core.TwoFactorOn, u.FactorSetVersion})
	w.must(w.store.SetStatus(w.ctx, w.status(u, core.Active, core.Inactive, "")))
	w.refused("deactivated", w.store.DemandSecondStep(w.ctx, demand()), core.ErrStale)
}

func signedOutEverywhere(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	w.session(other)
	w.session(u)
	w.attempt(u)
	w.remembered(u)
	out := core.EverywhereSignOut{OrganizationID: o.ID, UserID: u.ID, At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventSessionEnded)}}}
	w.must(w.store.SignOutEverywhere(w.ctx, out))
	w.count("sessions", w.rows("session WHERE ended_at = 0"), 1)
	w.count("attempts", w.rows("attempt WHERE ended_at = 0"), 0)
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 1)
	out.ForgetDevices, out.Record = true, core.Record{}
	w.must(w.store.SignOutEverywhere(w.ctx, out))
	w.count("devices", w.rows("remembered_device WHERE ended_at = 0"), 0)
}

// administerCalls are the calls about people and groups for the test of scope.
func (v *victim) administerCalls() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	member := core.GroupMember{OrganizationID: org, GroupID: v.team.ID, UserID: user, Record: r}
	return map[string]func() error{
		"SearchPeople": func() error {
			page, err := s.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: org, Text: "ada", GroupID: v.team.ID, Limit: 9, Now: w.clock()})
			w.count("counted", page.Matches, 0)
			return empty(page.People, err)
		},
		"AccountsByID": func() error { return empty(s.AccountsByID(w.ctx, org, []core.ID{user})) },
		"CountPeople": func() error {
			n, err := s.CountPeople(w.ctx, org, 9)
			w.count("people", n, 0)
			w.must(err)
			return core.ErrNotFound
		},
		"SavePerson": func() error {
			c := w.personChange(v.u)
			c.Is.Profile.FirstName, c.Is.Email, c.Is.Type, c.Record = "Eve", "eve@example.com", core.Administrator, r
			return s.SavePerson(w.ctx, c)
		},
		"SetStatus": func() error {
			c := w.status(v.u, core.Active, core.Inactive, "")
			c.Record = r
			return s.SetStatus(w.ctx, c)
		},
		"DemandSecondStep": func() error {
			return s.DemandSecondStep(w.ctx, core.SecondStepDemand{OrganizationID: org, UserID: user, Record: r})
		},
		"SignOutEverywhere": func() error {
			return s.SignOutEverywhere(w.ctx, core.EverywhereSignOut{OrganizationID: org, UserID: user, ForgetDevices: true, At: w.clock(), Record: r})
		},
		"SetMachines": func() error {
			a := v.application
			a.OrganizationID, a.Machines = org, true
			return s.SetMachines(w.ctx, a, r)
		},
		"Groups":    func() error { return empty(s.Groups(w.ctx, org)) },
		"GroupByID": func() error { _, err := s.GroupByID(w.ctx, org, v.team.ID); return err },
		"CreateGroup": func() error {
			return s.CreateGroup(w.ctx, core.Group{ID: "stray", OrganizationID: "nowhere", Name: "Stray"}, r)
		},
		"ChangeGroup": func() error {
			c := w.regroup(v.team, "Stolen")
			c.OrganizationID, c.Record = org, r
			return s.ChangeGroup(w.ctx, c)
		},
		"RemoveGroup": func() error {
			return s.RemoveGroup(w.ctx, core.GroupRemoval{OrganizationID: org, GroupID: v.team.ID, Record: r})
		},
		"JoinGroup":  func() error { return s.JoinGroup(w.ctx, member) },
		"LeaveGroup": func() error { return s.LeaveGroup(w.ctx, member) },
	}
}
