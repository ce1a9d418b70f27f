package storetest

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func groupTests() map[string]test {
	return map[string]test{
		"groups have names of their own":                  groupNames,
		"one save of a group":                             oneGroupSave,
		"applications follow the name":                    applicationsFollow,
		"applications spell groups as they are":           applicationsSpell,
		"no group goes that an application is limited to": groupInUse,
		"people join and leave":                           joinAndLeave,
		"an application lets programs in":                 letMachines,
		"at most so many groups":                          manyGroups,
	}
}

func (w *world) team(o core.Organization, name string) core.Group {
	w.t.Helper()
	g := core.Group{ID: w.id("group"), OrganizationID: o.ID, Name: name, Description: "about " + name, CreatedAt: w.clock()}
	w.must(w.store.CreateGroup(w.ctx, g, core.Record{}))
	return g
}

func (w *world) regroup(g core.Group, name string) core.GroupChange {
	is := g
	is.Name = name
	return core.GroupChange{OrganizationID: g.OrganizationID, GroupID: g.ID, Was: g, Is: is}
}

func groupNames(w *world) {
	one, two := w.organization("One"), w.organization("Two")
	g := w.team(one, "Finance")
	w.team(two, "Finance")
	other := w.team(one, "Sales")
	err := w.store.CreateGroup(w.ctx, core.Group{ID: "x", OrganizationID: one.ID, Name: " FINANCE"}, core.Record{})
	w.refused("create", err, core.ErrTaken)
	w.refused("rename", w.store.ChangeGroup(w.ctx, w.regroup(other, "finance")), core.ErrTaken)
	w.must(w.store.ChangeGroup(w.ctx, w.regroup(g, "finance")))
	got, err := w.store.GroupByID(w.ctx, one.ID, g.ID)
	w.must(err)
	g.Name = "finance"
	same(w, got, g)
	_, err = w.store.GroupByID(w.ctx, two.ID, g.ID)
	w.refused("elsewhere", err, core.ErrNotFound)
	all, err := w.store.Groups(w.ctx, one.ID)
	w.must(err)
	same(w, all, []core.Group{g, other})
}

func oneGroupSave(w *world) {
	g := w.team(w.organization("One"), "Finance")
	made := make([]core.GroupChange, callers)
	for i := range made {
		made[i] = w.regroup(g, fmt.Sprintf("Name %d", i))
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.ChangeGroup(w.ctx, made[i]) }, core.ErrStale)
	w.count("saves", won, 1)
	same := make([]core.Group, callers)
	for i := range same {
		same[i] = core.Group{ID: w.id("group"), OrganizationID: g.OrganizationID, Name: "Same"}
	}
	won = w.together(callers, func(s *sqlstore.Store, i int) error { return s.CreateGroup(w.ctx, same[i], core.Record{}) }, core.ErrTaken)
	w.count("of one name", won, 1)
}

func (w *world) behind(o core.Organization, id string, groups ...string) {
	w.t.Helper()
	w.must(w.store.AddApplication(w.ctx, core.Application{
		ID: core.ID(id), OrganizationID: o.ID, Name: id, URL: "https://" + id + ".example.com", Groups: groups, Level: core.LevelPassword, CreatedAt: w.clock(),
	}, core.Record{}))
}

func applicationsFollow(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	g := w.team(o, "Finance")
	w.behind(o, "ledger", "Sales", "Finance")
	w.behind(o, "open")
	w.behind(other, "theirs", "Finance")
	w.must(w.store.ChangeGroup(w.ctx, w.regroup(g, "Money")))
	all, err := w.store.Applications(w.ctx, "")
	w.must(err)
	groups := map[string][]string{}
	for _, a := range all {
		groups[a.Name] = a.Groups
	}
	same(w, groups, map[string][]string{"ledger": {"Sales", "Money"}, "open": nil, "theirs": {"Finance"}})
	w.count("told", w.rows("cache_change WHERE kind = 'applications' AND subject_id = $1", string(o.ID)), 3) // two were added
	w.count("told", w.rows("cache_change WHERE kind = 'organization' AND subject_id = $1", string(o.ID)), 1)
}

func applicationsSpell(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	g := w.team(o, "The Finance")
	w.team(other, "SALES")
	w.behind(o, "ledger", " the  FINANCE ", "sales", "")
	all, err := w.store.Applications(w.ctx, o.ID)
	w.must(err)
	same(w, all[0].Groups, []string{"The Finance", "sales", ""})
	w.refused("in use", w.store.RemoveGroup(w.ctx, core.GroupRemoval{OrganizationID: o.ID, GroupID: g.ID}), core.ErrGroupInUse)
}

func groupInUse(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada", "Finance", "Sales")
	groups, err := w.store.Groups(w.ctx, o.ID)
	w.must(err)
	w.behind(o, "ledger", "Finance")
	w.refused("in use", w.store.RemoveGroup(w.ctx, core.GroupRemoval{OrganizationID: o.ID, GroupID: groups[0].ID}), core.ErrGroupInUse)
	same(w, w.account(u).Groups, []string{"Finance", "Sales"})
	gone := core.GroupRemoval{OrganizationID: o.ID, GroupID: groups[1].ID}
	w.must(w.store.RemoveGroup(w.ctx, gone))
	w.refused("again", w.store.RemoveGroup(w.ctx, gone), core.ErrNotFound)
	same(w, w.account(u).Groups, []string{"Finance"})
}

func joinAndLeave(w *world) {
	o := w.organization("One")
	g, u := w.team(o, "Finance"), w.person(o, "ada")
	stranger := w.person(w.organization("Two"), "eve")
	theirs := w.team(core.Organization{ID: stranger.OrganizationID}, "Theirs")
	member := func(kind string) core.GroupMember {
		return core.GroupMember{OrganizationID: o.ID, GroupID: g.ID, UserID: u.ID, Record: core.Record{Events: []core.Event{w.event(u, kind)}}}
	}
	made := make([]core.GroupMember, callers)
	for i := range made {
		made[i] = member(core.EventGroupJoined)
	}
	w.together(callers, func(s *sqlstore.Store, i int) error { return s.JoinGroup(w.ctx, made[i]) })
	w.count("events", w.rows("event WHERE kind = $1", core.EventGroupJoined), 1)
	same(w, w.account(u).Groups, []string{"Finance"})
	got, err := w.store.GroupByID(w.ctx, o.ID, g.ID)
	w.must(err)
	w.count("members", got.Members, 1)
	wrong := member(core.EventGroupJoined)
	wrong.UserID = stranger.ID
	w.refused("a stranger", w.store.JoinGroup(w.ctx, wrong), core.ErrNotFound)
	wrong = member(core.EventGroupJoined)
	wrong.GroupID = theirs.ID
	w.refused("a strange group", w.store.JoinGroup(w.ctx, wrong), core.ErrNotFound)
	w.must(w.store.LeaveGroup(w.ctx, member(core.EventGroupLeft)))
	w.must(w.store.LeaveGroup(w.ctx, member(core.EventGroupLeft)))
	w.count("events", w.rows("event WHERE kind = $1", core.EventGroupLeft), 1)
	w.count("members", w.rows("membership"), 0)
}

func manyGroups(w *world) {
	o := w.organization("One")
	for i := range core.GroupsPerOrganization - 10 {
		if _, err := w.db.Raw.ExecContext(w.ctx, "INSERT INTO person_group (id, organization_id, name, name_key, created_at) VALUES ($1, $2, $3, $3, 0)",
			fmt.Sprintf("g%d", i), string(o.ID), fmt.Sprintf("n%d", i)); err != nil {
			w.t.Fatal(err)
		}
	}
	made := make([]core.Group, callers)
	for i := range made {
		made[i] = core.Group{ID: w.id("group"), OrganizationID: o.ID, Name: fmt.Sprintf("Name %d", i)}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CreateGroup(w.ctx, made[i], core.Record{}) }, core.ErrLimit)
	w.count("groups made", won, 10)
}

func letMachines(w *world) {
	o := w.organization("One")
	w.behind(o, "ledger")
	all, err := w.store.Applications(w.ctx, o.ID)
	w.must(err)
	a := all[0]
	a.Machines = true
	made := core.Record{Events: []core.Event{{ID: w.id("event"), OrganizationID: o.ID, At: w.clock(), Kind: core.EventApplicationChange}}}
	won := w.together(callers, func(s *sqlstore.Store, _ int) error { return s.SetMachines(w.ctx, a, made) }, core.ErrStale)
	w.count("changes", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventApplicationChange), 1)
	w.count("told", w.rows("cache_change WHERE kind = 'applications'"), 2)
	all, err = w.store.Applications(w.ctx, o.ID)
	w.must(err)
	same(w, all[0], a)
}
