package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// The names come first, which is what CROSS says to the embedded database: left to
// itself it goes through everybody of the organization for each batch.
const selectKnown = `SELECT k.login, ` + knownColumns + `
	FROM login_key k CROSS JOIN person u WHERE u.id = k.user_id AND u.organization_id = $1 AND k.held_until = 0 AND k.login IN `

const knownColumns = userColumns + `,
	COALESCE((SELECT string_agg(g.name, '` + "\n" + `') FROM membership m JOIN person_group g ON g.id = m.group_id WHERE m.user_id = u.id), ''),
	(SELECT count(*) FROM credential c WHERE c.user_id = u.id AND c.kind = 'app')`

func knownRow(r *sql.Rows) (k core.LoadKnown, err error) {
	fields := append([]any{&k.Key}, userFields(&k.User)...)
	return k, r.Scan(append(fields, (*groupScan)(&k.Groups), &k.Apps)...)
}

func knownQuery(keys int) string { return selectKnown + in(2, keys) }

// Known returns whom an organization has under these login keys. A key that is
// somebody's elsewhere, or kept for whoever had it before, comes back with nobody:
// sign-in names are the whole deployment's, and which organization has one is not
// told.
func (s *Store) Known(ctx context.Context, organizationID core.ID, keys []string) ([]core.LoadKnown, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	q := s.reading(ctx)
	args := []any{string(organizationID)}
	for _, key := range keys {
		args = append(args, clean(key))
	}
	rows, err := q.query(knownQuery(len(keys)), args...)
	known, err := collect(rows, err, knownRow)
	if err != nil || len(known) == len(keys) {
		return known, failed("known", err)
	}
	found := map[string]bool{}
	for _, k := range known {
		found[k.Key] = true
	}
	args = args[:0]
	for _, key := range keys {
		if !found[key] {
			args = append(args, clean(key))
		}
	}
	// Who came to the organization since the first query is nobody yet: whoever adds them
	// as well is told so, and asks again.
	args = append(args, stamp(s.clock()), string(organizationID))
	rows, err = q.query(`SELECT k.login FROM login_key k WHERE k.login IN `+in(1, len(args)-2)+
		` AND (k.held_until > `+in(len(args)-1, 1)+` OR k.held_until = 0 AND k.organization_id <> `+in(len(args), 1)+`)`, args...)
	taken, err := collect(rows, err, func(r *sql.Rows) (k core.LoadKnown, err error) { return k, r.Scan(&k.Key) })
	return append(known, taken...), failed("known", err)
}
