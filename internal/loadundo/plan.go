package loadundo

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// outcome is what becomes of a row.
type outcome int

const (
	nothing outcome = iota
	deactivated
	returned
	restored
	removed
	kept
)

// item is what is taken back of one row.
type item struct {
	row     core.LoadRowResult
	name    string // of whom or what
	outcome outcome
	why     string // where it is kept
	brought bool   // a password or an app stays
	deeds   []deed // what goes through the calls of an administrator, in this order
	change  *core.LoadChange
	remove  *core.LoadGroupRemoval
}

// deed is one call of an administrator.
type deed func(ctx context.Context) error

func (it *item) keep(why string) {
	it.outcome, it.why, it.deeds, it.change, it.remove = kept, why, nil, nil, nil
}

// plan is what taking back a batch does.
type plan struct {
	service *Service
	view    core.SessionView
	origin  core.Origin
	run     core.LoadRun
	result  core.LoadResult
	before  map[int]core.LoadBefore
	people  map[core.ID]core.LoadKnown
	groups  []core.Group
	inUse   map[core.ID]bool // groups that cannot go
	items   []item
}

// plan looks up what taking back a batch would do now.
func (s *Service) plan(ctx context.Context, v core.SessionView, run core.LoadRun, r core.LoadResult, inUse map[core.ID]bool) (*plan, error) {
	p := &plan{
		service: s, view: v, origin: run.Undo.Origin, run: run, result: r, before: map[int]core.LoadBefore{},
		people: map[core.ID]core.LoadKnown{}, inUse: inUse, items: make([]item, len(r.Rows)),
	}
	if r.BeforeSealed != "" {
		before, err := s.Secrets.OpenBefore(r.ID, r.BeforeSealed)
		if err != nil {
			return nil, err
		}
		for _, b := range before {
			p.before[b.Row] = b
		}
	}
	var err error
	if p.groups, err = s.Store.Groups(ctx, run.OrganizationID); err != nil {
		return nil, err
	}
	ofGroups := run.Order.Target == core.LoadGroups
	if !ofGroups {
		if err := p.lookUp(ctx); err != nil {
			return nil, err
		}
	}
	for i, row := range r.Rows {
		it := &p.items[i]
		it.row = row
		if ofGroups {
			p.group(it, p.before[row.Row])
		} else {
			p.person(it, p.before[row.Row])
		}
	}
	return p, nil
}

// lookUp reads the people of a batch as they are now.
func (p *plan) lookUp(ctx context.Context) error {
	var ids []core.ID
	for _, row := range p.result.Rows {
		if row.ID != "" && row.Did != core.LoadUnchanged {
			ids = append(ids, row.ID)
		}
	}
	found, err := p.service.Store.PeopleByID(ctx, p.run.OrganizationID, ids)
	for _, k := range found {
		p.people[k.User.ID] = k
	}
	return err
}

// person decides about a row that was about somebody.
func (p *plan) person(it *item, b core.LoadBefore) {
	k, there := p.people[it.row.ID]
	if !there {
		return
	}
	it.name = k.User.Name()
	it.brought = slices.Contains(it.row.Fields, "password_hash") || slices.Contains(it.row.Fields, "app_secret")
	switch it.row.Did {
	case core.LoadAdded:
		p.added(it, b, k)
	case core.LoadUpdated, core.LoadRejected:
		p.updated(it, b, k)
	case core.LoadDeactivated:
		it.outcome = returned
		if k.User.Status == core.Inactive {
			it.deeds = append(it.deeds, p.reactivate(k.User.ID))
		}
	}
}

func (p *plan) reactivate(id core.ID) deed {
	return func(ctx context.Context) error { return p.service.People.Reactivate(ctx, p.view, p.origin, id) }
}

func (p *plan) deactivate(id core.ID, print string) deed {
	return func(ctx context.Context) error {
		return p.service.People.DeactivateAs(ctx, p.view, p.origin, id, print)
	}
}

// added deactivates somebody whom the load added, who leaves the groups they were put
// into, and stays where anything has happened to them since.
func (p *plan) added(it *item, b core.LoadBefore, k core.LoadKnown) {
	u := k.User
	switch {
	case core.LoadPrint(u, k.Groups) != b.Print:
		it.keep(core.LoadKeptChanged)
		return
	case u.Type >= core.Administrator:
		it.keep(core.LoadKeptAdministrator)
		return
	}
	it.outcome = deactivated
	if u.Status != core.Inactive {
		it.deeds = append(it.deeds, p.deactivate(u.ID, b.Print))
	}
	if len(k.Groups) > 0 {
		it.change = &core.LoadChange{UserID: u.ID, Was: u.Profile(), Is: u.Profile(), Leave: k.Groups}
	}
}

// updated gives somebody back what they had, where all that the load changed is still
// as it left it, or back already.
func (p *plan) updated(it *item, b core.LoadBefore, k core.LoadKnown) {
	u := k.User
	was, is := u.Fields(), u.Fields()
	active := ""
	for _, f := range b.Fields {
		switch textOf(u, f.Name) {
		case f.Was:
		case f.Is:
			if f.Name == "active" {
				active = f.Was
			}
			put(&is, f.Name, f.Was)
		default:
			it.keep(core.LoadKeptChanged)
			return
		}
	}
	if len(b.Fields)+len(b.Joined)+len(b.Left) == 0 {
		if it.brought {
			it.keep(core.LoadKeptBrought)
		}
		return
	}
	if it.row.Did == core.LoadUpdated || is != was || active != "" {
		it.outcome = restored
	}
	c := core.LoadChange{UserID: u.ID, Was: was.Profile, Is: is.Profile}
	if is.Email != was.Email || is.Username != was.Username || is.Type != was.Type {
		c.Is = was.Profile // all of it goes by the one call
		it.deeds = append(it.deeds, func(ctx context.Context) error {
			return p.service.People.Save(ctx, p.view, p.origin, u.ID, is, was)
		})
	}
	switch {
	case active == "yes":
		it.deeds = append(it.deeds, p.reactivate(u.ID))
	case active == "no" && u.Type >= core.Administrator:
		it.keep(core.LoadKeptAdministrator)
		return
	case active == "no":
		it.deeds = append(it.deeds, p.deactivate(u.ID, ""))
	}
	for _, name := range b.Joined {
		if in(k.Groups, name) {
			c.Leave = append(c.Leave, name)
		}
	}
	for _, name := range b.Left {
		there := slices.ContainsFunc(p.groups, func(g core.Group) bool { return core.NameKey(g.Name) == core.NameKey(name) })
		if there && !in(k.Groups, name) {
			c.Join = append(c.Join, name)
		}
	}
	if c.Is != c.Was || len(c.Join)+len(c.Leave) > 0 {
		it.change = &c
	}
}

func in(groups []string, name string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return core.NameKey(g) == core.NameKey(name) })
}

// textOf is a field of somebody as it is now, as loads note it.
func textOf(u core.User, name string) string {
	switch name {
	case "email":
		return u.Email
	case "username":
		return u.Username
	case "type":
		return u.Type.Name()
	case "active":
		if u.Status == core.Inactive {
			return "no"
		}
		return "yes"
	}
	profile := u.Profile()
	for _, line := range profile.Fields() {
		if line.Name == name {
			return *line.Value
		}
	}
	return ""
}

// put writes a field as loads note it.
func put(f *core.PersonFields, name, value string) {
	switch name {
	case "email":
		f.Email = value
	case "username":
		f.Username = value
	case "type":
		f.Type, _ = core.UserTypeNamed(value)
	}
	for _, line := range f.Profile.Fields() {
		if line.Name == name {
			*line.Value = value
		}
	}
}

// group decides about a row that was about a group.
func (p *plan) group(it *item, b core.LoadBefore) {
	var was, is core.GroupFields
	for _, f := range b.Fields {
		switch f.Name {
		case "name":
			is.Name = f.Is
		case "description":
			was.Description, is.Description = f.Was, f.Is
		}
	}
	at := slices.IndexFunc(p.groups, func(g core.Group) bool {
		return g.ID == it.row.ID || it.row.ID == "" && core.NameKey(g.Name) == core.NameKey(is.Name)
	})
	if at < 0 || it.row.Did != core.LoadAdded && it.row.Did != core.LoadUpdated {
		return
	}
	g := p.groups[at]
	it.name, it.row.ID = g.Name, g.ID
	if it.row.Did == core.LoadUpdated {
		p.describe(it, g, was.Description, is.Description)
		return
	}
	switch {
	case g.Fields() != is:
		it.keep(core.LoadKeptChanged)
	case g.Members > 0:
		it.keep(core.LoadKeptMembers)
	case p.inUse[g.ID]:
		it.keep(core.LoadKeptInUse)
	default:
		fields := g.Fields()
		it.outcome, it.remove = removed, p.removal(g.ID, &fields)
	}
}

// describe gives a group its description back.
func (p *plan) describe(it *item, g core.Group, was, is string) {
	switch g.Description {
	case was:
		it.outcome = restored
	case is:
		it.outcome = restored
		it.deeds = append(it.deeds, func(ctx context.Context) error {
			_, err := p.service.Groups.Save(ctx, p.view, p.origin, g.ID, core.GroupFields{Name: g.Name, Description: was}, g.Fields())
			return err
		})
	default:
		it.keep(core.LoadKeptChanged)
	}
}

func (p *plan) removal(id core.ID, was *core.GroupFields) *core.LoadGroupRemoval {
	e := p.service.event(p.view, p.origin, core.EventGroupRemoved, "ok", "", map[string]string{"load": string(p.run.ID)})
	return &core.LoadGroupRemoval{GroupID: id, Was: was, Record: core.Record{Events: []core.Event{e}}}
}

// settled says how many have which outcome, and who is kept.
func (p *plan) settled() (c core.LoadUndoCounts, stay []core.LoadKept) {
	for i := range p.items {
		switch it := &p.items[i]; it.outcome {
		case deactivated:
			c.Deactivated++
		case returned:
			c.Returned++
		case restored:
			c.Restored++
		case removed:
			c.Removed++
		case kept:
			c.Kept++
			stay = append(stay, core.LoadKept{Row: it.row.Row, ID: it.row.ID, Why: it.why})
		}
	}
	return c, stay
}
