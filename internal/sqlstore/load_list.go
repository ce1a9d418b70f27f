package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// Loads returns an organization's loads that a filter is for, newest first.
func (s *Store) Loads(ctx context.Context, organizationID core.ID, f core.LoadFilter) ([]core.LoadRun, error) {
	if !storable(string(f.Before)) || !storable(string(f.PackageID)) {
		return nil, core.ErrNotFound
	}
	query, args := loadsQuery(organizationID, f)
	rows, err := s.reading(ctx).query(query, args...)
	all, err := collect(rows, err, func(r *sql.Rows) (l core.LoadRun, err error) { return l, r.Scan(loadFields(&l)...) })
	return all, failed("loads", err)
}

// loadsQuery reads a page of loads. The id begins with the time, so it sorts as the
// beginning does, and days are bounds of the id: each filter has an index that ends
// with it.
func loadsQuery(organizationID core.ID, f core.LoadFilter) (query string, args []any) {
	query, args = selectLoad+`l.organization_id = $1`, []any{string(organizationID)}
	also := func(text, value string) {
		if value != "" {
			args = append(args, value)
			query += text + in(len(args), 1)
		}
	}
	also(` AND l.outcome = `, string(f.Outcome))
	also(` AND l.via = `, string(f.Via))
	also(` AND l.package_id = `, string(f.PackageID))
	if !f.From.IsZero() {
		also(` AND l.id >= `, string(core.FirstID(f.From)))
	}
	below := f.Before
	if !f.Until.IsZero() && (below == "" || core.FirstID(f.Until) < below) { // one bound is enough
		below = core.FirstID(f.Until)
	}
	also(` AND l.id < `, string(below))
	args = append(args, int64(f.Limit))
	return query + ` ORDER BY l.id DESC LIMIT ` + in(len(args), 1), args
}
