package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// MatchPeople returns everybody who matches a filter, so many at a time, from
// behind f.After on: by name, or with [core.SortMade] in the order in which they
// were made. Unlike a page of a list, a text finds all it matches, and to go
// through all of them costs one pass.
func (s *Store) MatchPeople(ctx context.Context, f core.PersonFilter) ([]core.Account, error) {
	all, err := s.matchPeople(ctx, f)
	return all, failed("match people", err)
}

func (s *Store) matchPeople(ctx context.Context, f core.PersonFilter) ([]core.Account, error) {
	q := s.reading(ctx)
	made := f.Sort == core.SortMade
	f.Before, f.Descending = "", false
	f.Sort = core.SortEmail // conditions that leave the order of the list alone
	conditions, err := s.conditionsOf(q, f)
	if err != nil {
		return nil, err
	}
	if conditions, _, err = begin(q, conditions); err != nil {
		return nil, err
	}
	st := new(statement).add(part(`SELECT `+accountColumns+` FROM person u WHERE u.organization_id = @`, string(f.OrganizationID)))
	for _, c := range conditions {
		st.add(part(` AND `), c.test)
	}
	if made {
		st.add(part(` AND u.id > @ ORDER BY u.id`, string(f.After)))
	} else {
		order := sortOf(core.SortName)
		mark, err := order.mark(q, f)
		if err != nil {
			return nil, err
		}
		if mark != nil {
			st.add(part(order.after(false), mark...))
		}
		st.add(part(order.by(false)))
	}
	st.add(part(` LIMIT @`, int64(f.Limit)))
	rows, err := q.query(st.text.String(), st.args...)
	return collect(rows, err, func(r *sql.Rows) (a core.Account, err error) { return a, r.Scan(accountFields(&a)...) })
}
