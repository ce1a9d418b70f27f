package loader

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Preview is what the load of a whole file would do.
type Preview struct {
	Counts core.LoadCounts
	First  []Planned // of the first rows
	Wrong  []Planned // of the first rows that cannot be taken
}

// Preview says what the rows of a file would do now, with so many rows of each kind,
// and does nothing.
func (s *Service) Preview(ctx context.Context, c Caller, o core.LoadOrder, columns []string, rows Rows, keep int) (Preview, error) {
	var out Preview
	if err := c.may(o); err != nil {
		return out, err
	}
	l, err := newLayout(o, columns)
	if err != nil {
		return out, err
	}
	names := newSeen()
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
			names.note(st.person.keys, st.person.row.Number)
			out.note(st, keep)
		}
	}
	return out, nil
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
