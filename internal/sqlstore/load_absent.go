package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// absent is who can be deactivated for not being named by a load: $1 the
// organization, $2 the load. Administrators are left alone. A load that is over has
// forgotten whom it named, so nobody is absent from it: somebody may end it while the
// others are deactivated. Nor is whoever came after it began: another load may bring
// thousands while this one counts and deactivates.
const absent = ` FROM person u WHERE u.organization_id = $1 AND u.status <> 'inactive' AND u.user_type < 3
	AND EXISTS (SELECT 1 FROM load_run l WHERE l.id = $2 AND l.organization_id = $1 AND l.state = 'running' AND u.created_at <= l.started_at)
	AND NOT EXISTS (SELECT 1 FROM load_named n WHERE n.run_id = $2 AND n.user_id = u.id)`

// CountAbsent counts the people of an organization who are not deactivated and no
// administrators, and those among them whom a load has not named.
func (s *Store) CountAbsent(ctx context.Context, organizationID, runID core.ID) (active, missing int, err error) {
	q := s.reading(ctx)
	err = q.queryRow(`SELECT count(*) FROM person u WHERE u.organization_id = $1 AND u.status <> 'inactive' AND u.user_type < 3`,
		string(organizationID)).Scan(&active)
	if err == nil {
		err = q.queryRow(`SELECT count(*)`+absent, string(organizationID), string(runID)).Scan(&missing)
	}
	return active, missing, failed("count absent", err)
}

// Absent returns people whom a load has not named, so many at most.
func (s *Store) Absent(ctx context.Context, organizationID, runID core.ID, limit int) ([]core.ID, error) {
	rows, err := s.reading(ctx).query(`SELECT u.id`+absent+` ORDER BY u.id LIMIT $3`, string(organizationID), string(runID), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
	return all, failed("absent", err)
}

// NoteAbsent stores whom a load is about to deactivate, and counts them; ErrStale where
// it is over.
func (s *Store) NoteAbsent(ctx context.Context, r core.LoadResult) error {
	return s.runInTx(ctx, "note absent", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_run SET deactivated = deactivated + $3 WHERE id = $1 AND organization_id = $2 AND state = 'running'`,
			string(r.RunID), string(r.OrganizationID), int64(len(r.Rows)))
		if err != nil {
			return err
		}
		return t.putResult(r)
	})
}
