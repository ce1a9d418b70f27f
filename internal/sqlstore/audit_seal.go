package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const storedColumns = `e.id, e.organization_id, e.at, e.kind, e.result, e.actor_kind, e.actor_id, e.actor_name,
	e.subject_id, e.target, e.detail, e.address, e.network, e.device, e.user_agent, e.request_id, e.session_id, e.replica, e.demo_data`

func scanStored(row interface{ Scan(...any) error }) (e core.StoredEvent, err error) {
	o := &e.Origin
	return e, row.Scan(&e.ID, &e.OrganizationID, at(&e.At), &e.Kind, &e.Result, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name,
		&e.SubjectID, &e.Target, &e.DetailText, &o.Address, &o.Network, &o.Device, &o.UserAgent, &o.RequestID,
		&o.Session, &o.Replica, &e.DemoData)
}

// AuditOrganizations returns whose logs there are: every organization's, and the
// deployment's own under the empty id.
func (s *Store) AuditOrganizations(ctx context.Context) ([]core.ID, error) {
	rows, err := s.reading(ctx).query(`SELECT id FROM organization ORDER BY id`)
	ids, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
	return append([]core.ID{""}, ids...), failed("audit organizations", err)
}

// AuditEvents returns events from oldest to newest behind a place, before until.
func (s *Store) AuditEvents(ctx context.Context, organizationID core.ID, after core.EventMark, until time.Time, limit int) ([]core.StoredEvent, error) {
	rows, err := s.reading(ctx).query(`SELECT `+storedColumns+` FROM event e WHERE e.organization_id = $1
		AND e.at >= $2 AND (e.at > $2 OR e.id > $3) AND e.at < $4 ORDER BY e.at, e.id LIMIT $5`,
		string(organizationID), stamp(after.At), string(after.ID), stamp(until), int64(limit))
	events, err := collect(rows, err, func(r *sql.Rows) (core.StoredEvent, error) { return scanStored(r) })
	return events, failed("audit events", err)
}

// AuditEventsByID returns the events of these ids that exist, in no order.
func (s *Store) AuditEventsByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.StoredEvent, error) {
	query, args := eventsByID(storedColumns, organizationID, ids)
	rows, err := s.reading(ctx).query(query, args...)
	events, err := collect(rows, err, func(r *sql.Rows) (core.StoredEvent, error) { return scanStored(r) })
	return events, failed("audit events by id", err)
}

// AuditMarks returns the places of events, oldest first, from a time on and
// before another, behind a place.
func (s *Store) AuditMarks(ctx context.Context, organizationID core.ID, after core.EventMark, until time.Time, limit int) ([]core.EventMark, error) {
	rows, err := s.reading(ctx).query(`SELECT e.id, e.at FROM event e WHERE e.organization_id = $1
		AND e.at >= $2 AND (e.at > $2 OR e.id > $3) AND e.at < $4 ORDER BY e.at, e.id LIMIT $5`,
		string(organizationID), stamp(after.At), string(after.ID), stamp(until), int64(limit))
	marks, err := collect(rows, err, func(r *sql.Rows) (m core.EventMark, err error) { return m, r.Scan(&m.ID, at(&m.At)) })
	return marks, failed("audit marks", err)
}

const sealColumns = `s.organization_id, s.n, s.kind, s.previous, s.at, s.row_digests, s.row_count, s.from_at, s.until_at,
	s.through_at, s.through_id, s.hash, s.signer, s.signature`

func sealFields(l *core.AuditSeal) []any {
	return []any{
		&l.OrganizationID, &l.N, &l.Kind, &l.Previous, at(&l.At), &l.Rows, &l.Count, at(&l.From), at(&l.Until),
		at(&l.Through.At), &l.Through.ID, &l.Hash, &l.Signer, &l.Signature,
	}
}

func scanSeal(r *sql.Rows) (l core.AuditSeal, err error) { return l, r.Scan(sealFields(&l)...) }

// AuditSeals returns seals behind number after, in order.
func (s *Store) AuditSeals(ctx context.Context, organizationID core.ID, after int64, limit int) ([]core.AuditSeal, error) {
	rows, err := s.reading(ctx).query(`SELECT `+sealColumns+` FROM audit_seal s WHERE s.organization_id = $1 AND s.n > $2 ORDER BY s.n LIMIT $3`,
		string(organizationID), after, int64(limit))
	seals, err := collect(rows, err, scanSeal)
	return seals, failed("audit seals", err)
}

// AuditSealsOver returns the seals that may hold rows of this stretch of time.
func (s *Store) AuditSealsOver(ctx context.Context, organizationID core.ID, from, until time.Time) ([]core.AuditSeal, error) {
	rows, err := s.reading(ctx).query(`SELECT `+sealColumns+` FROM audit_seal s WHERE s.organization_id = $1 AND s.until_at >= $2 AND s.from_at <= $3
		ORDER BY s.n`, string(organizationID), stamp(from), stamp(until))
	seals, err := collect(rows, err, scanSeal)
	return seals, failed("audit seals", err)
}

// AuditChain returns the ends of an organization's chain of seals.
func (s *Store) AuditChain(ctx context.Context, organizationID core.ID) (core.AuditChain, error) {
	var c core.AuditChain
	q := s.reading(ctx)
	cut := &c.Cut
	err := q.queryRow(`SELECT c.organization_id, c.n, c.hash, c.before, c.at, c.row_count, c.signer, c.signature FROM audit_cut c
		WHERE c.organization_id = $1`, string(organizationID)).
		Scan(&cut.OrganizationID, &cut.N, &cut.Hash, at(&cut.Before), at(&cut.At), &cut.Rows, &cut.Signer, &cut.Signature)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, failed("audit chain", err)
	}
	err = q.queryRow(`SELECT `+sealColumns+` FROM audit_seal s WHERE s.organization_id = $1 ORDER BY s.n DESC LIMIT 1`, string(organizationID)).
		Scan(sealFields(&c.Last)...)
	c.Last.Rows = ""
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return c, failed("audit chain", err)
}

// AuditSealed says how many rows of an organization seals name.
func (s *Store) AuditSealed(ctx context.Context, organizationID core.ID) (int64, error) {
	var n int64
	err := s.reading(ctx).queryRow(`SELECT CAST(coalesce(sum(s.row_count), 0) AS BIGINT) FROM audit_seal s WHERE s.organization_id = $1`,
		string(organizationID)).Scan(&n)
	return n, failed("audit sealed", err)
}

// AddAuditSeal stores the next seal of a chain; ErrStale where another one has
// its number by now.
func (s *Store) AddAuditSeal(ctx context.Context, l core.AuditSeal) error {
	return s.runInTx(ctx, "add audit seal", func(t *tx) error {
		return t.one(core.ErrStale, `INSERT INTO audit_seal (organization_id, n, kind, previous, at, row_digests, row_count, from_at, until_at,
			through_at, through_id, hash, signer, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (organization_id, n) DO NOTHING`,
			string(l.OrganizationID), l.N, string(l.Kind), l.Previous, stamp(l.At), l.Rows, int64(l.Count), stamp(l.From), stamp(l.Until),
			stamp(l.Through.At), string(l.Through.ID), l.Hash, string(l.Signer), l.Signature)
	})
}

// TrimAudit removes what retention takes away and puts the cut in its place;
// ErrStale where another process was faster.
func (s *Store) TrimAudit(ctx context.Context, trim core.AuditTrim) error {
	c := trim.Cut
	return s.runInTx(ctx, "trim audit", func(t *tx) error {
		query := `INSERT INTO audit_cut (organization_id, n, hash, before, at, row_count, signer, signature)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (organization_id) DO NOTHING`
		args := []any{string(c.OrganizationID), c.N, c.Hash, stamp(c.Before), stamp(c.At), c.Rows, string(c.Signer), c.Signature}
		if trim.Previous > 0 {
			query = `UPDATE audit_cut SET n = $2, hash = $3, before = $4, at = $5, row_count = $6, signer = $7, signature = $8
				WHERE organization_id = $1 AND n = $9`
			args = append(args, trim.Previous)
		}
		if err := t.one(core.ErrStale, query, args...); err != nil {
			return err
		}
		for ids := trim.EventIDs; len(ids) > 0; {
			some := ids[:min(len(ids), sweepBatch)]
			ids = ids[len(some):]
			if err := t.all(`DELETE FROM event WHERE COALESCE(organization_id, '') = $1 AND id IN `+in(2, len(some)),
				append([]any{string(c.OrganizationID)}, idArgs(some)...)...); err != nil {
				return err
			}
		}
		if err := t.all(`DELETE FROM audit_seal WHERE organization_id = $1 AND n <= $2`, string(c.OrganizationID), c.N); err != nil {
			return err
		}
		return t.record(trim.Record)
	})
}
