package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const eventColumns = `e.id, e.organization_id, e.at, e.kind, e.result, e.actor_kind, e.actor_id, e.actor_name,
	e.subject_id, e.target, e.detail, e.address, e.network, e.device, e.user_agent, e.request_id, e.session_id, e.replica, e.demo_data`

const insertEvent = `INSERT INTO event (id, organization_id, at, kind, result, actor_kind, actor_id, actor_name,
	subject_id, target, detail, address, network, device, user_agent, request_id, session_id, replica, demo_data) VALUES `

func (t *tx) insertEvents(events []core.Event) error {
	return insertMany(t, insertEvent, 19, events, func(e core.Event) []any {
		o := e.Origin
		if o.Replica == "" {
			o.Replica = t.store.replica
		}
		return []any{
			string(e.ID), string(e.OrganizationID), stamp(e.At), e.Kind, e.Result,
			e.Actor.Kind, string(e.Actor.ID), clean(e.Actor.Name), string(e.SubjectID), clean(e.Target), detail(withKey(e)),
			clean(o.Address), clean(o.Network), clean(o.Device), clean(o.UserAgent), clean(o.RequestID), string(o.Session), clean(o.Replica), e.DemoData,
		}
	})
}

// withKey are an event's details with the API key that asked for it.
func withKey(e core.Event) map[string]string {
	if e.Origin.Key == "" {
		return e.Detail
	}
	all := map[string]string{core.DetailKey: clean(e.Origin.Key)}
	for name, value := range e.Detail {
		if name != core.DetailKey {
			all[name] = value
		}
	}
	return all
}

func scanEvent(row interface{ Scan(...any) error }) (e core.Event, err error) {
	o := &e.Origin
	err = row.Scan(&e.ID, &e.OrganizationID, at(&e.At), &e.Kind, &e.Result, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name,
		&e.SubjectID, &e.Target, (*detailScan)(&e.Detail), &o.Address, &o.Network, &o.Device, &o.UserAgent, &o.RequestID,
		&o.Session, &o.Replica, &e.DemoData)
	return e, noRows(err)
}

// Events returns an organization's events, newest first. About one person the
// answer comes from an index in its order, however many events there are: of all
// kinds from event_subject, of some kinds from event_subject_kind, kind by kind,
// so that never more rows are read than the limit for each kind asked for.
func (s *Store) Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	if f.SubjectID == "" || len(f.Kinds) < 2 {
		return s.events(ctx, organizationID, f)
	}
	var all []core.Event
	one := f
	for _, kind := range f.Kinds {
		one.Kinds = []string{kind}
		some, err := s.events(ctx, organizationID, one)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b core.Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return all[:min(len(all), f.Limit)], nil
}

func (s *Store) events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error) {
	query, args := eventQuery(organizationID, f)
	rows, err := s.reading(ctx).query(query, args...)
	events, err := collect(rows, err, func(r *sql.Rows) (core.Event, error) { return scanEvent(r) })
	// There is no lower bound in the query; see auditWhere.
	if old := slices.IndexFunc(events, func(e core.Event) bool { return e.At.Before(f.From) }); old >= 0 {
		events = events[:old]
	}
	return events, failed("events", err)
}

func eventQuery(organizationID core.ID, f core.EventFilter) (string, []any) {
	query := `SELECT ` + eventColumns + ` FROM event e WHERE e.organization_id = $1`
	args := []any{string(organizationID)}
	also := func(text string, value any) {
		args = append(args, value)
		query += text + in(len(args), 1)
	}
	if f.SubjectID != "" {
		also(` AND e.subject_id = `, string(f.SubjectID))
	}
	if len(f.Kinds) > 0 {
		query += ` AND e.kind IN ` + in(len(args)+1, len(f.Kinds))
		for _, k := range f.Kinds {
			args = append(args, k)
		}
	}
	end := olderThan(also, f.Until, f.After)
	query += end
	also(` ORDER BY e.at DESC, e.id DESC LIMIT `, int64(f.Limit))
	return query, args
}

// olderThan adds where a page of events begins, newest first: before until, and
// after the mark of the page before. What it returns closes the conditions.
func olderThan(also func(text string, value any), until time.Time, after core.EventMark) string {
	if !until.IsZero() && (after.At.IsZero() || after.At.After(until)) { // one bound is enough
		also(` AND e.at < `, stamp(until))
	}
	if after.At.IsZero() {
		return ""
	}
	also(` AND e.at <= `, stamp(after.At)) // finds the place in the index
	also(` AND (e.at < `, stamp(after.At))
	also(` OR e.id < `, string(after.ID))
	return `)`
}

// ImportHistory stores events that happened earlier, all in one transaction
// (the demo's ninety days).
func (s *Store) ImportHistory(ctx context.Context, events []core.Event) error {
	return s.runInTx(ctx, "import history", func(t *tx) error { return t.insertEvents(events) })
}
