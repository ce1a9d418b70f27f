package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// auditStep is how many events are read at a time where not every one that the
// index finds is wanted.
const auditStep = 500

// AuditPage returns a page of an organization's log, newest first. The rows come
// from an index in their order: with one condition, or some kinds together, never
// more of them are read than are shown. Conditions that no index holds together
// are looked at row by row, at most core.AuditReach rows a page.
func (s *Store) AuditPage(ctx context.Context, organizationID core.ID, f core.AuditFilter) (core.AuditPage, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	arms, exact := auditArms(f)
	step := f.Limit + 1
	var page core.AuditPage
	for reached := 0; ; {
		events, err := s.auditEvents(ctx, organizationID, f, arms, step)
		if err != nil {
			return core.AuditPage{}, failed("audit page", err)
		}
		for _, e := range events {
			if e.At.Before(f.From) {
				return page, nil // what follows is older still
			}
			if !exact && !auditMatch(f, e) {
				continue
			}
			if len(page.Events) == f.Limit {
				page.Next = markOf(page.Events[f.Limit-1])
				return page, nil
			}
			page.Events = append(page.Events, e)
		}
		if len(events) < step {
			return page, nil
		}
		f.After = markOf(events[len(events)-1])
		step = max(step, min(4*step, auditStep)) // where little matches, more at a time
		if reached += len(events); reached >= core.AuditReach {
			page.Next, page.Short = f.After, true
			return page, nil
		}
	}
}

func markOf(e core.Event) core.EventMark { return core.EventMark{At: e.At, ID: e.ID} }

// auditArm is one value of one column, both ends of an index that goes on with
// the time. The empty column is the organization's whole log.
type auditArm struct{ text, value string }

// auditArms chooses the index. exact: what it finds is what is asked for.
func auditArms(f core.AuditFilter) (arms []auditArm, exact bool) {
	if address, err := netip.ParseAddr(f.Text); err == nil {
		return []auditArm{{` AND e.address = `, address.String()}}, f.PersonID == "" && len(f.Kinds) == 0 && f.Result == ""
	}
	if isReference(f.Text) {
		return []auditArm{{` AND e.request_id = `, f.Text}, {` AND e.id = `, f.Text}}, f.PersonID == "" && len(f.Kinds) == 0 && f.Result == ""
	}
	switch {
	case f.PersonID != "":
		person := string(f.PersonID)
		return []auditArm{{` AND e.subject_id = `, person}, {` AND e.actor_id = `, person}}, len(f.Kinds) == 0 && f.Result == "" && f.Text == ""
	case len(f.Kinds) == 1 || len(f.Kinds) > 1 && f.Text == "" && f.Result == "":
		for _, k := range f.Kinds {
			arms = append(arms, auditArm{` AND e.kind = `, k})
		}
		return arms, f.Result == "" && f.Text == ""
	case f.Result != "":
		return []auditArm{{` AND e.result = `, f.Result}}, len(f.Kinds) == 0 && f.Text == ""
	}
	return []auditArm{{}}, len(f.Kinds) == 0 && f.Text == ""
}

// isReference reports whether a text can be a request id (13 characters) or an
// event id (26), and not a word: it has a digit.
func isReference(text string) bool {
	if len(text) != 13 && len(text) != 26 || !strings.ContainsAny(text, "0123456789") {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'z') })
}

// auditMatch reports whether an event is asked for.
func auditMatch(f core.AuditFilter, e core.Event) bool {
	switch {
	case f.PersonID != "" && e.SubjectID != f.PersonID && e.Actor.ID != f.PersonID,
		len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind),
		f.Result != "" && e.Result != f.Result:
		return false
	case f.Text == "":
		return true
	}
	if address, err := netip.ParseAddr(f.Text); err == nil {
		return e.Origin.Address == address.String()
	}
	if isReference(f.Text) {
		return e.Origin.RequestID == f.Text || string(e.ID) == f.Text
	}
	text := strings.ToLower(f.Text)
	for _, said := range []string{e.Actor.Name, e.Target, e.Kind, e.Origin.Address, e.Origin.Device, e.Origin.UserAgent, e.Origin.Replica} {
		if strings.Contains(strings.ToLower(said), text) {
			return true
		}
	}
	for _, said := range e.Detail {
		if strings.Contains(strings.ToLower(said), text) {
			return true
		}
	}
	return false
}

// auditEvents reads events from the index of one arm, or of several merged.
func (s *Store) auditEvents(ctx context.Context, organizationID core.ID, f core.AuditFilter, arms []auditArm, limit int) ([]core.Event, error) {
	if len(arms) == 1 {
		query, args := auditQuery(organizationID, f, arms[0], limit)
		rows, err := s.reading(ctx).query(query, args...)
		return collect(rows, err, func(r *sql.Rows) (core.Event, error) { return scanEvent(r) })
	}
	query, args := auditMerge(organizationID, f, arms, limit)
	rows, err := s.reading(ctx).query(query, args...)
	ids, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) {
		var at int64
		return id, r.Scan(&id, &at)
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	query, args = eventsByID(eventColumns, organizationID, ids)
	rows, err = s.reading(ctx).query(query, args...)
	events, err := collect(rows, err, func(r *sql.Rows) (core.Event, error) { return scanEvent(r) })
	slices.SortFunc(events, func(a, b core.Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return events, err
}

// eventsByID reads rows by their primary keys. The organization is compared as an
// expression: bare, the embedded database takes its index, and reads the whole
// log of the organization, as soon as there are more than a few ids.
func eventsByID(columns string, organizationID core.ID, ids []core.ID) (string, []any) {
	return `SELECT ` + columns + ` FROM event e WHERE COALESCE(e.organization_id, '') = $1 AND e.id IN ` + in(2, len(ids)),
		append([]any{string(organizationID)}, idArgs(ids)...)
}

// auditQuery reads the events of one arm.
func auditQuery(organizationID core.ID, f core.AuditFilter, arm auditArm, limit int) (string, []any) {
	where, args := auditWhere([]any{string(organizationID)}, f, arm)
	args = append(args, int64(limit))
	return `SELECT ` + eventColumns + ` FROM event e` + where + ` ORDER BY e.at DESC, e.id DESC LIMIT ` + in(len(args), 1), args
}

// auditMerge finds the newest places of several arms, from their indexes alone.
func auditMerge(organizationID core.ID, f core.AuditFilter, arms []auditArm, limit int) (string, []any) {
	args := []any{string(organizationID), int64(limit)}
	var query strings.Builder
	query.WriteString(`SELECT a.id, a.at FROM (`)
	for i, arm := range arms {
		if i > 0 {
			query.WriteString(` UNION `)
		}
		var where string
		where, args = auditWhere(args, f, arm)
		query.WriteString(`SELECT b.id, b.at FROM (SELECT e.id, e.at FROM event e` + where + ` ORDER BY e.at DESC, e.id DESC LIMIT $2) AS b`)
	}
	query.WriteString(`) AS a ORDER BY a.at DESC, a.id DESC LIMIT $2`)
	return query.String(), args
}

// auditWhere adds an arm's conditions to those of its organization, which is $1.
// The rows come newest first and not many at a time, so there is no lower bound:
// with one, the embedded database would take the index of the time alone.
func auditWhere(args []any, f core.AuditFilter, arm auditArm) (string, []any) {
	where := ` WHERE e.organization_id = $1`
	also := func(text string, value any) {
		args = append(args, value)
		where += text + in(len(args), 1)
	}
	if arm.text != "" {
		also(arm.text, arm.value)
	}
	end := olderThan(also, f.Until, f.After)
	where += end
	return where, args
}

// AuditPeople returns those people of an organization that have these ids.
func (s *Store) AuditPeople(ctx context.Context, organizationID core.ID, ids []core.ID) (map[core.ID]core.AuditPerson, error) {
	all := map[core.ID]core.AuditPerson{}
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := s.reading(ctx).query(`SELECT u.id, u.first_name, u.last_name, u.email FROM person u WHERE u.organization_id = $1 AND u.id IN `+in(2, len(ids)),
		append([]any{string(organizationID)}, idArgs(ids)...)...)
	people, err := collect(rows, err, func(r *sql.Rows) (u core.User, err error) {
		return u, r.Scan(&u.ID, &u.FirstName, &u.LastName, &u.Email)
	})
	for _, u := range people {
		all[u.ID] = core.AuditPerson{ID: u.ID, Name: u.Name(), Email: u.Email}
	}
	return all, failed("audit people", err)
}

// AuditPerson returns a person of an organization by id or by what they sign in
// with; ErrNotFound for one who is not of it.
func (s *Store) AuditPerson(ctx context.Context, organizationID, id core.ID, login string) (core.AuditPerson, error) {
	var u core.User
	err := s.reading(ctx).queryRow(`SELECT u.id, u.first_name, u.last_name, u.email FROM person u WHERE COALESCE(u.organization_id, '') = $1 AND (u.id = $2
		OR u.id = (SELECT k.user_id FROM login_key k WHERE k.organization_id = $1 AND k.login = $3 AND k.held_until = 0))`,
		string(organizationID), string(id), login).Scan(&u.ID, &u.FirstName, &u.LastName, &u.Email)
	return core.AuditPerson{ID: u.ID, Name: u.Name(), Email: u.Email}, failed("audit person", noRows(err))
}
