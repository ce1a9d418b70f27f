package loader

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Preview is what the load of a whole file would do.
type Preview struct {
	Counts core.LoadCounts // Deactivated are those whom the file does not name
	First  []Planned       // of the first rows
	Wrong  []Planned       // of the first rows that cannot be taken
	// Active is how many there would be to deactivate some of, and TooMany says that
	// those are more than the order allows. Both are of an order that deactivates
	// people.
	Active  int
	TooMany bool
}

// Look is how a preview is made.
type Look struct {
	Order   core.LoadOrder
	Columns []string
	Keep    int // how many rows of each kind it has
	// Progress is told, now and then, how many rows were looked at; an error from there
	// ends it. Nil: nobody asks.
	Progress func(rows int) error
}

// Preview says what the rows of a file would do now, and does nothing.
func (s *Service) Preview(ctx context.Context, c Caller, how Look, rows Rows) (Preview, error) {
	var out Preview
	o := how.Order
	if err := c.may(o); err != nil {
		return out, err
	}
	l, err := newLayout(o, how.Columns)
	if err != nil {
		return out, err
	}
	names, staff := NewNames(), roster{met: map[core.ID]bool{}}
	for last := false; !last; {
		var batch []Row
		if batch, last, err = next(rows); err != nil {
			return out, err
		}
		p, err := s.plan(ctx, c, l, batch, names)
		if err != nil {
			return out, err
		}
		for i := range p.steps {
			st := &p.steps[i]
			names.Note(st.person.row.Number, st.person.keys.Email, st.person.keys.Username)
			out.note(st, how.Keep)
			if o.Absent {
				staff.note(st)
			}
		}
		if how.Progress != nil {
			if err := how.Progress(out.Counts.Rows()); err != nil {
				return out, err
			}
		}
	}
	if !o.Absent {
		return out, nil
	}
	active, _, err := s.Absent.CountAbsent(ctx, c.View.Account.User.OrganizationID, "")
	out.Active, out.Counts.Deactivated = active+staff.gained, active-staff.named
	out.TooMany = out.Counts.Deactivated*100 > out.Active*o.Threshold
	return out, err
}

func (p *Preview) note(st *step, keep int) {
	switch st.action {
	case Reject:
		p.Counts.Rejected++
		if len(p.Wrong) < keep {
			p.Wrong = append(p.Wrong, st.planned())
		}
	case Add:
		p.Counts.Added++
	case Update:
		p.Counts.Updated++
	default:
		p.Counts.Unchanged++
	}
	if len(p.First) < keep {
		p.First = append(p.First, st.planned())
	}
}

// roster counts whom a file names, for an order that deactivates the others, as
// [Absentees] does after its load: people who are active and no administrators.
type roster struct {
	met    map[core.ID]bool
	named  int // of those who are active now
	gained int // how many more are active after the load
}

func (r *roster) note(st *step) {
	counts := func(u core.User) bool { return u.Status != core.Inactive && u.Type < core.Administrator }
	was := st.known.User
	if st.action == Add {
		u := core.User{Type: st.person.kind}
		if !st.person.active {
			u.Status = core.Inactive
		}
		if counts(u) {
			r.gained++
		}
		return
	}
	if was.ID == "" || r.met[was.ID] {
		return
	}
	r.met[was.ID] = true
	if counts(was) {
		r.named++
		r.gained--
	}
	is := was
	if st.action == Update {
		is = st.after()
	}
	if counts(is) {
		r.gained++
	}
}

// after is somebody who exists, with the type and state that the step gives them.
func (st *step) after() core.User {
	u := st.known.User
	if _, says := st.person.says["type"]; says {
		u.Type = st.person.kind
	}
	if _, says := st.person.says["active"]; says && st.person.active != (u.Status != core.Inactive) {
		u.Status = core.Active
		if !st.person.active {
			u.Status = core.Inactive
		}
	}
	return u
}
