package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// PeopleActivity counts what people of an organization did from a moment on and
// before another, by their ids. Who did nothing is left out.
func (s *Store) PeopleActivity(ctx context.Context, organizationID core.ID, ids []core.ID, from, until time.Time) (map[core.ID]core.PersonActivity, error) {
	out := make(map[core.ID]core.PersonActivity, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	args := append([]any{
		string(organizationID), stamp(from), stamp(until), core.EventSignInCompleted, core.EventPasswordWrong, core.EventCodeWrong,
	}, idArgs(ids)...)
	rows, err := s.reading(ctx).query(`SELECT e.subject_id, e.kind, count(*) FROM event e
		WHERE e.organization_id = $1 AND e.at >= $2 AND e.at < $3 AND e.kind IN ($4, $5, $6) AND e.subject_id IN `+in(7, len(ids))+`
		GROUP BY e.subject_id, e.kind`, args...)
	_, err = collect(rows, err, func(r *sql.Rows) (n int, err error) {
		var id core.ID
		var kind string
		if err := r.Scan(&id, &kind, &n); err != nil {
			return n, err
		}
		a := out[id]
		switch kind {
		case core.EventSignInCompleted:
			a.SignIns = n
		case core.EventPasswordWrong:
			a.WrongPasswords = n
		case core.EventCodeWrong:
			a.WrongCodes = n
		}
		out[id] = a
		return n, nil
	})
	return out, failed("activity of people", err)
}
