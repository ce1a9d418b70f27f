package loader

import (
	"errors"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Row is one row of a file.
type Row struct {
	Number  int      // as the file counts, so that people find it; the first row of data is 2 under a header
	Cells   []string // one for each column
	Problem *core.Error
}

// person is what a row says of somebody.
type person struct {
	row    Row
	says   map[string]string // the cells that say something, by field
	email  string            // as stored; empty: the row does not say
	name   string            // the username, likewise
	keys   core.LoginKeys
	kind   core.UserType
	active bool
	groups []string
	wrong  []core.LoadProblem
}

// maxShown is how much of a cell is shown beside what is wrong with it.
const maxShown = 80

// problem notes what is wrong with a field of the row.
func (l layout) problem(row Row, field string, e *core.Error) core.LoadProblem {
	p := core.LoadProblem{Column: l.column(field), Code: e.Code, Params: e.Params}
	if at, ok := l.place[field]; ok && at < len(row.Cells) && !l.secret[at] {
		p.Value = shown(row.Cells[at])
	}
	return p
}

func shown(cell string) string {
	if r := []rune(cell); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return cell
}

// read says what a row says of somebody, and what in it cannot be taken.
func (s *Service) read(l layout, row Row) person {
	p := person{row: row, says: make(map[string]string, len(l.place)), kind: core.Ordinary, active: true}
	if row.Problem != nil {
		p.wrong = append(p.wrong, core.LoadProblem{Code: row.Problem.Code, Params: row.Problem.Params})
		return p
	}
	for _, field := range l.fields {
		at := l.place[field]
		if at >= len(row.Cells) {
			continue
		}
		cell := strings.TrimSpace(row.Cells[at])
		if cell != "" || l.order.Clear && clears(field) {
			p.says[field] = cell
		}
	}
	s.readNames(l, &p)
	s.readProfile(l, &p)
	if cell, ok := p.says["type"]; ok {
		kind, known := typeOf(cell)
		if !known {
			p.note(l, "type", core.NewError(core.Invalid, "load.type"))
		}
		p.kind = kind
	}
	if cell, ok := p.says["active"]; ok {
		active, known := activeOf(cell)
		if !known {
			p.note(l, "active", core.NewError(core.Invalid, "load.active"))
		}
		p.active = active
	}
	if cell, ok := p.says["groups"]; ok {
		p.groups = groupsOf(cell)
		for _, name := range p.groups {
			if (core.Group{Name: name}).Validate() != nil {
				p.note(l, "groups", core.NewError(core.Invalid, "load.group_name").With("group", shown(name)))
				break
			}
		}
	}
	return p
}

// clears reports whether an empty cell may empty a field: what leads into an
// account never goes by an empty cell.
func clears(field string) bool {
	switch field {
	case "title", "phone", "department", "manager", "language", "time_zone", "groups":
		return true
	}
	return false
}

func (p *person) note(l layout, field string, e *core.Error) {
	p.wrong = append(p.wrong, l.problem(p.row, field, e))
}

// readNames reads what somebody signs in with.
func (s *Service) readNames(l layout, p *person) {
	var err error
	if cell, ok := p.says["email"]; ok {
		if p.email, p.keys.Email, err = identifier.Email(cell); err != nil {
			p.note(l, "email", asError(err))
		}
	}
	if cell, ok := p.says["username"]; ok {
		if p.name, p.keys.Username, err = identifier.Username(cell); err != nil {
			p.note(l, "username", asError(err))
		}
	}
	if p.says[l.order.Key] == "" {
		p.note(l, l.order.Key, core.NewError(core.Invalid, "load.no_key").With("field", l.order.Key))
	}
}

// readProfile brings the lines about a person into the form they are stored in.
func (s *Service) readProfile(l layout, p *person) {
	var profile core.Profile
	for _, line := range profile.Fields() {
		if cell, ok := p.says[line.Name]; ok {
			cell = identifier.Line(cell)
			*line.Value, p.says[line.Name] = cell, cell
		}
	}
	var invalid *core.Error
	if errors.As(profile.Validate(), &invalid) {
		for _, line := range profile.Fields() { // in the order of the form
			_, says := p.says[line.Name]
			if e := invalid.Fields[line.Name]; e != nil && says {
				p.note(l, line.Name, e)
			}
		}
	}
	if zone := profile.TimeZone; zone != "" && !s.Zone(zone) {
		p.note(l, "time_zone", core.NewError(core.Invalid, "user.time_zone").With("zone", shown(zone)))
	}
	if tag := profile.Language; tag != "" && !s.Language(tag) {
		p.note(l, "language", core.NewError(core.Invalid, "user.language"))
	}
}

// key is what decides whether the row is new or known.
func (p *person) key(o core.LoadOrder) string {
	if o.Key == "username" {
		return p.keys.Username
	}
	return p.keys.Email
}

// fields returns what is stored of somebody with what the row says in it.
func (p *person) fields(was core.PersonFields) core.PersonFields {
	is := was
	for _, line := range is.Profile.Fields() {
		if cell, ok := p.says[line.Name]; ok {
			*line.Value = cell
		}
	}
	if p.email != "" {
		is.Email = p.email
	}
	if p.name != "" {
		is.Username = p.name
	}
	if _, ok := p.says["type"]; ok {
		is.Type = p.kind
	}
	return is
}

// asError is an error of this house as such; anything else is not one of a row.
func asError(err error) *core.Error {
	var e *core.Error
	if errors.As(err, &e) {
		return e
	}
	return core.NewError(core.Internal, "internal").Because(err)
}
