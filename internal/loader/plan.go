package loader

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// Action is what a row would do.
type Action string

// The actions.
const (
	Add    Action = "add"
	Update Action = "update"
	Same   Action = "same" // everything in it is stored already
	Reject Action = "reject"
)

// Change is one field that differs, for a preview: what is stored, and what would
// be. Of what is secret neither is shown.
type Change struct {
	Field         string
	Before, After string
}

// Planned is what one row would do.
type Planned struct {
	Row      int
	Action   Action
	Name     string // of whom or what
	Changes  []Change
	Problems []core.LoadProblem
}

// plan is what a batch of rows does, before anything is done.
type plan struct {
	layout  layout
	caller  Caller
	org     core.ID
	names   *Names // of the rows before
	steps   []step
	adds    []core.NewUser
	changes []core.LoadChange
}

// step is what one row does.
type step struct {
	person  person
	action  Action
	known   core.LoadKnown // whom it is about, where they exist
	label   string         // of what it is about, where it is nobody
	changes []Change
	deeds   []deed  // what goes through the calls of an administrator, in this order
	id      core.ID // of whom or what was added, or of the group it is about
	print   string  // of whom is added, see core.LoadPrint
	join    []string
	leave   []string
}

// Plan says what rows would do now, and does nothing.
func (s *Service) Plan(ctx context.Context, c Caller, o core.LoadOrder, columns []string, rows []Row) ([]Planned, error) {
	if err := c.may(o); err != nil {
		return nil, err
	}
	l, err := newLayout(o, columns)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(ctx, c, l, rows, nil)
	if err != nil {
		return nil, err
	}
	out := make([]Planned, len(p.steps))
	for i := range p.steps {
		out[i] = p.steps[i].planned()
	}
	return out, nil
}

func (st *step) planned() Planned {
	return Planned{Row: st.person.row.Number, Action: st.action, Name: st.name(), Changes: st.changes, Problems: st.person.wrong}
}

// name is whom or what a step is about, as people know them.
func (st *step) name() string {
	if st.label != "" {
		return st.label
	}
	if st.known.User.ID != "" {
		return st.known.User.Name()
	}
	return (core.User{FirstName: st.person.says["first_name"], LastName: st.person.says["last_name"], Email: st.person.email}).Name()
}

// plan decides what each row does, where the rows before them had these names.
func (s *Service) plan(ctx context.Context, c Caller, l layout, rows []Row, names *Names) (*plan, error) {
	p := &plan{layout: l, caller: c, names: names, org: c.View.Account.User.OrganizationID, steps: make([]step, len(rows))}
	decide := s.planPeople
	switch l.order.Target {
	case core.LoadGroups:
		decide = s.planGroups
	case core.LoadMemberships:
		decide = s.planMembers
	}
	return p, decide(ctx, p, rows)
}

// planPeople decides what each row of a file of people does. Names are looked up
// together.
func (s *Service) planPeople(ctx context.Context, p *plan, rows []Row) error {
	first := make(map[string]int, len(rows)) // where in the batch a name stands
	keys := make([]string, 0, len(rows))
	for i, row := range rows {
		st := &p.steps[i]
		st.person = s.read(p.layout, row)
		for _, named := range []struct{ field, key string }{{"email", st.person.keys.Email}, {"username", st.person.keys.Username}} {
			if named.key == "" {
				continue
			}
			at, twice := first[named.key]
			if !twice {
				at = p.names.At(named.key)
			}
			if at > 0 {
				st.person.note(p.layout, named.field, core.NewError(core.Conflict, "load.twice").With("row", at))
				continue
			}
			first[named.key] = row.Number
			keys = append(keys, named.key)
		}
	}
	found, err := s.Store.Known(ctx, p.org, keys)
	if err != nil {
		return err
	}
	known := make(map[string]core.LoadKnown, len(found))
	for _, k := range found {
		known[k.Key] = k
	}
	for i := range p.steps {
		s.decide(p, &p.steps[i], known)
	}
	return nil
}

// decide says what a row does, with who there is under its names.
func (s *Service) decide(p *plan, st *step, known map[string]core.LoadKnown) {
	r := &st.person
	is, exists := known[r.key(p.layout.order)]
	if exists {
		st.known = is // also of a row that is wrong: the file does name them
	}
	if len(r.wrong) > 0 {
		st.action = Reject
		return
	}
	for _, named := range []struct{ field, key, code string }{
		{"email", r.keys.Email, "people.taken"}, {"username", r.keys.Username, "people.taken_username"},
	} {
		if other, there := known[named.key]; there && (!exists || other.User.ID != is.User.ID || other.User.ID == "") {
			r.note(p.layout, named.field, core.NewError(core.Conflict, named.code))
		}
	}
	switch {
	case len(r.wrong) > 0:
		st.action = Reject
	case exists:
		s.update(p, st)
	default:
		s.add(p, st)
	}
}

// add makes a new person of a row. Whoever brings a password along is active, as
// they were where it comes from; everybody else is invited, and their mail goes out
// when an administrator sends it (Manage Users).
func (s *Service) add(p *plan, st *step) {
	r := &st.person
	for _, field := range []string{"email", "first_name", "last_name"} {
		if r.says[field] == "" {
			r.note(p.layout, field, core.NewError(core.Invalid, "load.new_needs").With("field", field))
		}
	}
	by := p.caller.View.Account.User
	u := core.User{OrganizationID: p.org, Type: r.kind, Status: core.Invited, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1}
	if !by.MayGrant(u, r.kind) {
		r.note(p.layout, "type", core.NewError(core.Forbidden, "people.above"))
	}
	if r.kind > core.Ordinary && !p.caller.Identity {
		r.note(p.layout, "type", ErrIdentity)
	}
	now := s.Clock()
	u.ID, u.CreatedAt = core.NewID(now, s.Random), now
	f := r.fields(core.PersonFields{Type: r.kind})
	u.FirstName, u.LastName, u.Title, u.Phone = f.Profile.FirstName, f.Profile.LastName, f.Profile.Title, f.Profile.Phone
	u.Department, u.Manager, u.TimeZone, u.Language = f.Profile.Department, f.Profile.Manager, f.Profile.TimeZone, f.Profile.Language
	u.Email, u.Username, u.Type = f.Email, f.Username, f.Type
	n := core.NewUser{User: u, Keys: r.keys, Groups: r.groups}
	s.bring(p, st, &n)
	if len(r.wrong) > 0 {
		st.action = Reject
		return
	}
	if !r.active {
		n.User.Status = core.Inactive
	}
	st.action, st.id, st.print = Add, n.User.ID, core.LoadPrint(n.User, n.Groups)
	st.changes = changesOf(core.PersonFields{Type: -1}, n.User.Fields())
	if len(r.groups) > 0 {
		st.changes = append(st.changes, Change{Field: "groups", After: joined(r.groups)})
	}
	p.adds = append(p.adds, n)
}

// bring gives a new person the password and the app that the row brings along.
func (s *Service) bring(p *plan, st *step, n *core.NewUser) {
	r := &st.person
	if hash := r.says["password_hash"]; hash != "" {
		sealed, err := s.Secrets.Password(n.User.ID, hash)
		if err != nil {
			r.note(p.layout, "password_hash", asError(err))
		}
		n.User.PasswordSealed, n.User.PasswordSetAt, n.User.Status = sealed, n.User.CreatedAt, core.Active
	}
	if text := r.says["app_secret"]; text != "" {
		app, err := s.Secrets.App(n.User.ID, text)
		if err != nil {
			r.note(p.layout, "app_secret", asError(err))
		}
		app.OrganizationID, app.UserID = p.org, n.User.ID
		n.Credentials = append(n.Credentials, app)
		n.User.TwoFactor = core.TwoFactorOn // as it was where the app comes from
	}
}

// joined is a list of groups as a cell shows it.
func joined(groups []string) string {
	text := ""
	for i, g := range slices.Sorted(slices.Values(groups)) {
		if i > 0 {
			text += "; "
		}
		text += g
	}
	return text
}
