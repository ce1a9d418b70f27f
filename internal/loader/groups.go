package loader

import (
	"context"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Groups is what administrators do to groups.
type Groups interface {
	// List returns an organization's groups.
	List(ctx context.Context, v core.SessionView) ([]core.Group, error)
	// Create makes a group.
	Create(ctx context.Context, v core.SessionView, o core.Origin, typed core.GroupFields) (core.Group, error)
	// Save stores what was typed of a group where it differs from what was.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.GroupFields) (met bool, err error)
}

// groupKeys are the keys by which a second row about a group is found: its name stands
// where that of a person does.
func groupKeys(name string) core.LoginKeys { return core.LoginKeys{Username: core.NameKey(name)} }

// cells reads the cells of a row by field, and notes the required ones that are
// empty.
func (l layout) cells(row Row) person {
	p := person{row: row, says: map[string]string{}}
	if row.Problem != nil {
		p.wrong = append(p.wrong, core.LoadProblem{Code: row.Problem.Code, Params: row.Problem.Params})
		return p
	}
	for _, name := range l.fields {
		if at := l.place[name]; at < len(row.Cells) {
			p.says[name] = identifier.Line(row.Cells[at])
		}
		if f, _ := fieldNamed(l.order.Target, name); f.Required && p.says[name] == "" {
			p.note(l, name, core.NewError(core.Invalid, "load.empty").With("field", name))
		}
	}
	return p
}

// groupsByKey returns the groups of the caller's organization.
func (s *Service) groupsByKey(ctx context.Context, c Caller) (map[string]core.Group, error) {
	all, err := s.Groups.List(ctx, c.View)
	known := make(map[string]core.Group, len(all))
	for _, g := range all {
		known[core.NameKey(g.Name)] = g
	}
	return known, err
}

// planGroups decides what each row of a file of groups does.
func (s *Service) planGroups(ctx context.Context, p *plan, rows []Row) error {
	known, err := s.groupsByKey(ctx, p.caller)
	if err != nil {
		return err
	}
	first := map[string]int{}
	for i, row := range rows {
		st := &p.steps[i]
		st.person = p.layout.cells(row)
		r := &st.person
		g := core.Group{Name: strings.Join(strings.Fields(r.says["name"]), " "), Description: r.says["description"]}
		r.keys = groupKeys(g.Name)
		at, twice := first[r.keys.Username]
		if !twice {
			at = p.names.At(r.keys.Username)
		}
		if at > 0 && len(r.wrong) == 0 {
			r.note(p.layout, "name", core.NewError(core.Conflict, "load.twice").With("row", at))
		}
		first[r.keys.Username] = row.Number
		st.label = g.Name
		for field, e := range fieldsOf(g.Validate()) {
			if len(r.wrong) == 0 {
				r.note(p.layout, field, e)
			}
		}
		is, exists := known[core.NameKey(g.Name)]
		st.id = is.ID
		_, describes := r.says["description"]
		switch {
		case len(r.wrong) > 0:
			st.action = Reject
		case !exists:
			st.action, st.changes = Add, []Change{{Field: "name", After: g.Name}}
			if g.Description != "" {
				st.changes = append(st.changes, Change{Field: "description", After: g.Description})
			}
			st.deeds = []deed{func(ctx context.Context, s *Service, v core.SessionView, o core.Origin) error {
				made, err := s.Groups.Create(ctx, v, o, g.Fields())
				st.id = made.ID
				return err
			}}
		case describes && g.Description != is.Description && (g.Description != "" || p.layout.order.Clear):
			st.action, st.changes = Update, []Change{{Field: "description", Before: is.Description, After: g.Description}}
			st.deeds = []deed{func(ctx context.Context, s *Service, v core.SessionView, o core.Origin) error {
				_, err := s.Groups.Save(ctx, v, o, is.ID, core.GroupFields{Name: is.Name, Description: g.Description}, is.Fields())
				return err
			}}
		default:
			st.action = Same
		}
	}
	return nil
}

// fieldsOf are the fields of an error.
func fieldsOf(err error) map[string]*core.Error {
	if err == nil {
		return nil
	}
	return asError(err).Fields
}

// planMembers decides what each row of a file of memberships does.
func (s *Service) planMembers(ctx context.Context, p *plan, rows []Row) error {
	groups, err := s.groupsByKey(ctx, p.caller)
	if err != nil {
		return err
	}
	logins, keys := make([]string, len(rows)), []string{}
	for i, row := range rows {
		p.steps[i].person = p.layout.cells(row)
		if key, ok := identifier.LoginKey(p.steps[i].person.says["person"]); ok {
			logins[i] = key
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	found, err := s.Store.Known(ctx, p.org, keys)
	if err != nil {
		return err
	}
	people := map[string]core.LoadKnown{}
	for _, k := range found {
		people[k.Key] = k
	}
	for i := range p.steps {
		s.decideMember(p, &p.steps[i], groups, people, logins[i])
	}
	return nil
}

func (s *Service) decideMember(p *plan, st *step, groups map[string]core.Group, people map[string]core.LoadKnown, login string) {
	r := &st.person
	g, exists := groups[core.NameKey(r.says["group"])]
	if !exists && len(r.wrong) == 0 {
		r.note(p.layout, "group", core.NewError(core.NotFound, "load.no_group"))
	}
	k := people[login]
	if k.User.ID == "" && len(r.wrong) == 0 {
		r.note(p.layout, "person", core.NewError(core.NotFound, "load.no_person"))
	}
	if len(r.wrong) > 0 {
		st.action = Reject
		return
	}
	st.known, st.label = k, k.User.Name()
	if slices.ContainsFunc(k.Groups, func(name string) bool { return core.NameKey(name) == core.NameKey(g.Name) }) {
		st.action = Same
		return
	}
	k.Groups = append(slices.Clone(k.Groups), g.Name) // a later row may say the same again
	people[login] = k
	st.action, st.changes, st.join = Update, []Change{{Field: "groups", After: g.Name}}, []string{g.Name}
	profile := k.User.Profile()
	p.changes = append(p.changes, core.LoadChange{UserID: k.User.ID, Was: profile, Is: profile, Join: []string{g.Name}})
}
