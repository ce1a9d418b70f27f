package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const bulkColumns = `j.id, j.organization_id, j.actor_id, j.actor_name, j.origin, j.job_order, j.selection, j.state, j.after_id,
	j.asked_at, j.started_at, j.ended_at, j.stopped_by, j.waiting, j.done, j.skipped, j.failed`

func bulkFields(j *core.BulkJob) []any {
	return []any{
		&j.ID, &j.OrganizationID, &j.By.ID, &j.By.Name, &factScan{&j.Origin}, &factScan{&j.Order}, &factScan{&j.Selection}, &j.State, &j.After,
		at(&j.AskedAt), at(&j.StartedAt), at(&j.EndedAt), &j.StoppedBy, &j.Counts.Waiting, &j.Counts.Done, &j.Counts.Skipped, &j.Counts.Failed,
	}
}

// fact is a value stored as JSON that no query looks into.
func fact(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// factScan reads a stored fact into what it points to.
type factScan struct{ into any }

// Scan implements sql.Scanner.
func (f *factScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), f.into)
}

// CreateBulk stores a job that nobody has started, with the people it names by
// their ids. Of the person's jobs like it the newest stay.
func (s *Store) CreateBulk(ctx context.Context, j core.BulkJob, r core.Record) error {
	var texts [3]string
	for i, v := range []any{j.Origin, j.Order, j.Selection} {
		text, err := fact(v)
		if err != nil {
			return fmt.Errorf("sqlstore: create bulk: %w", err)
		}
		texts[i] = text
	}
	return s.runInTx(ctx, "create bulk", func(t *tx) error {
		if err := t.lock(j.OrganizationID, j.By.ID); err != nil {
			return err
		}
		err := t.all(`INSERT INTO bulk_job (id, organization_id, actor_id, actor_name, origin, job_order, selection, state, after_id,
				asked_at, started_at, ended_at, stopped_by, waiting, done, skipped, failed, lease_owner, lease_until, turn_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, 0, 0, '', 0, 0, 0, 0, $10, $11, $9)`,
			string(j.ID), string(j.OrganizationID), string(j.By.ID), clean(j.By.Name), texts[0], texts[1], texts[2], string(j.State), stamp(j.AskedAt),
			j.Owner, stamp(j.Until))
		if err != nil {
			return err
		}
		err = t.all(`UPDATE bulk_job SET state = 'stopped', ended_at = $3, lease_owner = '', lease_until = 0
			WHERE organization_id = $1 AND actor_id = $2 AND started_at = 0 AND ended_at = 0 AND id NOT IN (
				SELECT k.id FROM bulk_job k WHERE k.organization_id = $1 AND k.actor_id = $2 AND k.started_at = 0 AND k.ended_at = 0
				ORDER BY k.asked_at DESC, k.id DESC LIMIT $4)`,
			string(j.OrganizationID), string(j.By.ID), stamp(j.AskedAt), int64(core.BulkDrafts))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// BulkByID returns a job of an organization with its counts; ErrNotFound in
// another one.
func (s *Store) BulkByID(ctx context.Context, organizationID, id core.ID) (j core.BulkJob, err error) {
	if !storable(string(id)) {
		return j, core.ErrNotFound
	}
	q := s.reading(ctx)
	err = q.queryRow(`SELECT `+bulkColumns+` FROM bulk_job j WHERE j.id = $1 AND j.organization_id = $2`, string(id), string(organizationID)).
		Scan(bulkFields(&j)...)
	if err == nil {
		err = counted(q, &j)
	}
	return j, failed("bulk", noRows(err))
}

// Bulks returns an organization's jobs that were started, newest first.
func (s *Store) Bulks(ctx context.Context, organizationID core.ID, since time.Time, limit int) ([]core.BulkJob, error) {
	q := s.reading(ctx)
	rows, err := q.query(`SELECT `+bulkColumns+` FROM bulk_job j WHERE j.organization_id = $1 AND j.asked_at >= $2 AND j.started_at > 0
		ORDER BY j.asked_at DESC, j.id DESC LIMIT $3`, string(organizationID), stamp(since), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (j core.BulkJob, err error) { return j, r.Scan(bulkFields(&j)...) })
	for i := range all {
		if err == nil {
			err = counted(q, &all[i])
		}
	}
	return all, failed("bulks", err)
}

// counted counts the people of a job that is not over; one that is has its counts
// with it.
func counted(q querier, j *core.BulkJob) error {
	if j.State.Over() {
		return nil
	}
	rows, err := q.query(`SELECT i.outcome, count(*) FROM bulk_item i WHERE i.job_id = $1 AND i.organization_id = $2 GROUP BY i.outcome`,
		string(j.ID), string(j.OrganizationID))
	c := core.BulkCounts{}
	_, err = collect(rows, err, func(r *sql.Rows) (n int, err error) {
		var outcome core.BulkOutcome
		if err := r.Scan(&outcome, &n); err != nil {
			return n, err
		}
		switch outcome {
		case core.BulkItemDone:
			c.Done = n
		case core.BulkItemSkipped:
			c.Skipped = n
		case core.BulkItemFailed:
			c.Failed = n
		default:
			c.Waiting = n
		}
		return n, nil
	})
	j.Counts = c
	return err
}

// MoveBulk brings a job from one state to another; ErrStale where it is not in
// that state. One that is started has its moment, one that is over its counts.
func (s *Store) MoveBulk(ctx context.Context, m core.BulkMove) error {
	return s.runInTx(ctx, "move bulk", func(t *tx) error {
		id, org := string(m.JobID), string(m.OrganizationID)
		err := t.one(core.ErrStale, `UPDATE bulk_job SET state = $4, turn_at = $5, stopped_by = $6, lease_owner = $7, lease_until = $8,
				started_at = CASE WHEN $4 = 'running' THEN $5 ELSE started_at END
			WHERE id = $1 AND organization_id = $2 AND state = $3`, id, org, string(m.From), string(m.To), stamp(m.At), clean(m.StoppedBy),
			m.Owner, stamp(m.Until))
		if err != nil {
			return err
		}
		if m.Order != nil {
			text, err := fact(*m.Order)
			if err != nil {
				return err
			}
			if err := t.all(`UPDATE bulk_job SET job_order = $3 WHERE id = $1 AND organization_id = $2`, id, org, text); err != nil {
				return err
			}
		}
		if m.Origin != nil {
			text, err := fact(*m.Origin)
			if err != nil {
				return err
			}
			if err := t.all(`UPDATE bulk_job SET origin = $3 WHERE id = $1 AND organization_id = $2`, id, org, text); err != nil {
				return err
			}
		}
		if m.To.Over() {
			if err := t.closeBulk(m); err != nil {
				return err
			}
		}
		return t.record(m.Record)
	})
}

func (t *tx) closeBulk(m core.BulkMove) error {
	j := core.BulkJob{ID: m.JobID, OrganizationID: m.OrganizationID}
	if err := counted(t, &j); err != nil {
		return err
	}
	c := j.Counts
	return t.all(`UPDATE bulk_job SET ended_at = $3, waiting = $4, done = $5, skipped = $6, failed = $7, lease_owner = '', lease_until = 0
		WHERE id = $1 AND organization_id = $2`, string(m.JobID), string(m.OrganizationID), stamp(m.At),
		int64(c.Waiting), int64(c.Done), int64(c.Skipped), int64(c.Failed))
}

const dueBulk = `SELECT j.id FROM bulk_job j WHERE j.state IN ('gathering', 'running') AND j.turn_at <= $1 AND j.lease_until <= $1
	ORDER BY j.turn_at, j.id LIMIT 1`

// TakeBulk leases the job that has waited longest for its turn, of any
// organization, until a moment; ErrNotFound where none is due. Of parallel calls
// one gets it.
func (s *Store) TakeBulk(ctx context.Context, owner string, now, until time.Time) (j core.BulkJob, err error) {
	var id string
	if err := s.reading(ctx).queryRow(dueBulk, stamp(now)).Scan(&id); err != nil {
		return j, failed("take bulk", noRows(err)) // nothing to do costs no write
	}
	err = s.runInTx(ctx, "take bulk", func(t *tx) error {
		j = core.BulkJob{}
		if err := t.queryRow(dueBulk, stamp(now)).Scan(&id); err != nil {
			return noRows(err)
		}
		err := t.one(core.ErrNotFound, `UPDATE bulk_job SET lease_owner = $2, lease_until = $4
			WHERE id = $1 AND state IN ('gathering', 'running') AND lease_until <= $3`, id, owner, stamp(now), stamp(until))
		if err != nil {
			return err
		}
		return t.queryRow(`SELECT `+bulkColumns+` FROM bulk_job j WHERE j.id = $1`, id).Scan(bulkFields(&j)...)
	})
	return j, err
}

// LeaveBulk gives a job back, for its next turn at a moment. One that is not this
// owner's any more is left alone.
func (s *Store) LeaveBulk(ctx context.Context, owner string, id core.ID, next time.Time) error {
	return s.runInTx(ctx, "leave bulk", func(t *tx) error {
		return t.all(`UPDATE bulk_job SET lease_owner = '', lease_until = 0, turn_at = $3 WHERE id = $1 AND lease_owner = $2`,
			string(id), owner, stamp(next))
	})
}

// sweepBulk removes jobs that are old, or were never started, with their people,
// some at a time.
func (s *Store) sweepBulk(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for range sweepRounds {
		var id string
		err := s.reading(ctx).queryRow(`SELECT j.id FROM bulk_job j WHERE j.asked_at < $1 AND j.lease_until < $3
			AND (j.asked_at < $2 OR j.started_at = 0) ORDER BY j.asked_at LIMIT 1`,
			stamp(now.Add(-24*time.Hour)), stamp(now.Add(-core.BulkMemory)), stamp(now)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return total, nil
		}
		if err != nil {
			return total, failed("sweep bulk", err)
		}
		var n int64
		err = s.runInTx(ctx, "sweep bulk", func(t *tx) (err error) {
			n, err = t.exec(`DELETE FROM bulk_item WHERE job_id = $1 AND user_id IN (SELECT i.user_id FROM bulk_item i WHERE i.job_id = $1 LIMIT $2)`,
				id, int64(sweepBatch))
			if err != nil || n > 0 {
				return err
			}
			n, err = t.exec(`DELETE FROM bulk_job WHERE id = $1`, id)
			return err
		})
		if err != nil {
			return total, err
		}
		total += int(n)
	}
	return total, nil
}
