package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The sweeper's bounds: a batch is one transaction, so nobody waits long for
// it; what a round leaves, the next one takes.
const (
	sweepBatch  = 500
	sweepRounds = 20
)

// sweep is one kind of row that is over. Its query finds ids with $1 as the
// moment before which they are of no use, and $2 as how many.
type sweep struct {
	keep   time.Duration // how long a row stays after its end
	find   string
	remove string // followed by a list of ids
}

func sweeps() []sweep {
	const day = 24 * time.Hour
	return []sweep{
		{time.Hour, `SELECT id FROM enrolment WHERE expires_at < $1 LIMIT $2`, `DELETE FROM enrolment WHERE id IN `},
		{day, `SELECT id FROM attempt WHERE created_at < $1 LIMIT $2`, `DELETE FROM attempt WHERE id IN `},
		{day, `SELECT id FROM challenge WHERE last_sent_at < $1 LIMIT $2`, `DELETE FROM challenge WHERE id IN `},
		{10 * time.Minute, `SELECT id FROM cache_change WHERE at < $1 LIMIT $2`, `DELETE FROM cache_change WHERE id IN `},
		// The audit log knows what was changed; the rows lead back, and to the
		// addresses of before (PR7).
		{30 * day, `SELECT id FROM address_change WHERE started_at < $1 AND done_at < $1 AND undo_until < $1 LIMIT $2`, `DELETE FROM address_change WHERE id IN `},
		{30 * day, `SELECT id FROM factor_reset WHERE settled_at > 0 AND settled_at < $1 LIMIT $2`, `DELETE FROM factor_reset WHERE id IN `},
		{30 * day, `SELECT id FROM exemption WHERE ended_at > 0 AND ended_at < $1 LIMIT $2`, `DELETE FROM exemption WHERE id IN `},
		{30 * day, `SELECT id FROM pause WHERE ended_at > 0 AND ended_at < $1 LIMIT $2`, `DELETE FROM pause WHERE id IN `},
		{day, `SELECT login FROM login_key WHERE held_until > 0 AND held_until < $1 LIMIT $2`, `DELETE FROM login_key WHERE held_until > 0 AND login IN `},
		{30 * day, `SELECT id FROM link WHERE expires_at < $1 LIMIT $2`, `DELETE FROM link WHERE id IN `},
		// Until then its owner sees that it has expired, and when it was used last.
		{90 * day, `SELECT id FROM api_key WHERE expires_at < $1 LIMIT $2`, `DELETE FROM api_key WHERE id IN `},
		{90 * day, `SELECT id FROM app_password WHERE expires_at < $1 LIMIT $2`, `DELETE FROM app_password WHERE id IN `},
		// No session outlives 168 hours, so one not seen for 8 days has ended.
		{8 * day, `SELECT id FROM session WHERE last_seen_at < $1 AND ended_at < $1 LIMIT $2`, `DELETE FROM session WHERE id IN `},
		{
			7 * day, `SELECT id FROM remembered_device WHERE expires_at < $1 OR (ended_at > 0 AND ended_at < $1) LIMIT $2`,
			`DELETE FROM remembered_device WHERE id IN `,
		},
		// The allowances count a day of codes.
		{7 * day, `SELECT id FROM outbox WHERE delivery <> 'queued' AND created_at < $1 LIMIT $2`, `DELETE FROM outbox WHERE id IN `},
		{core.RefusalMemory, `SELECT id FROM mail_refusal WHERE refused_at < $1 LIMIT $2`, `DELETE FROM mail_refusal WHERE id IN `},
		// Its mails are queued; what was announced is an event.
		{30 * day, `SELECT id FROM announcement WHERE ended_at > 0 AND ended_at < $1 LIMIT $2`, `DELETE FROM announcement WHERE id IN `},
		// Whoever has not mended a file's rows within a week has the file still.
		{7 * day, `SELECT j.id FROM load_reject j JOIN load_run l ON l.id = j.run_id WHERE l.started_at < $1 LIMIT $2`, `DELETE FROM load_reject WHERE id IN `},
		{core.LoadNamedFor, `SELECT l.id FROM load_run l WHERE l.started_at < $1 AND EXISTS (SELECT 1 FROM load_named n WHERE n.run_id = l.id) LIMIT $2`, `DELETE FROM load_named WHERE run_id IN `},
		// What was there before, when nothing can be undone any more; of a load that nobody
		// ends, a week after it began.
		{
			core.LoadUndoLife, `SELECT r.id FROM load_result r JOIN load_run l ON l.id = r.run_id
			WHERE r.before_sealed <> '' AND (l.ended_at > 0 AND l.ended_at < $1 OR l.started_at + 604800000000 < $1)
				AND NOT EXISTS (SELECT 1 FROM load_undo x WHERE x.run_id = l.id AND x.state = 'undoing') LIMIT $2`,
			`UPDATE load_result SET before_sealed = '' WHERE id IN `,
		},
		{400 * day, `SELECT r.id FROM load_result r JOIN load_run l ON l.id = r.run_id WHERE l.started_at < $1 LIMIT $2`, `DELETE FROM load_result WHERE id IN `},
		{400 * day, `SELECT x.run_id FROM load_undo x JOIN load_run l ON l.id = x.run_id WHERE l.started_at < $1 LIMIT $2`, `DELETE FROM load_undo WHERE run_id IN `},
		{
			400 * day, `SELECT l.id FROM load_run l WHERE l.started_at < $1 AND NOT EXISTS (SELECT 1 FROM load_result r WHERE r.run_id = l.id) LIMIT $2`,
			`DELETE FROM load_run WHERE id IN `,
		},
		{time.Hour, `SELECT id FROM mail_minute WHERE minute < $1 LIMIT $2`, `DELETE FROM mail_minute WHERE id IN `},
		{30 * day, `SELECT server FROM mail_health WHERE taken_at < $1 AND failed_at < $1 LIMIT $2`, `DELETE FROM mail_health WHERE server IN `},
		{core.CallLife, `SELECT id FROM api_call WHERE created_at < $1 LIMIT $2`, `DELETE FROM api_call WHERE id IN `},
		{90 * day, `SELECT server FROM mail_trial WHERE at < $1 LIMIT $2`, `DELETE FROM mail_trial WHERE server IN `},
		{
			2 * time.Minute, `SELECT bucket_key FROM throttle WHERE forget_at < $1 AND leased_until < $1 AND wait_until < $1 LIMIT $2`,
			`DELETE FROM throttle WHERE leased = 0 AND bucket_key IN `,
		},
	}
}

// Sweep removes rows that are over and returns how many. Events stay: they
// have a retention of their own.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for _, w := range sweeps() {
		for range sweepRounds {
			n, err := s.sweepSome(ctx, w, now)
			total += n
			if err != nil {
				return total, err
			}
			if n < sweepBatch {
				break
			}
		}
	}
	for _, some := range []func(context.Context, time.Time) (int, error){s.sweepBulk, s.sweepFiles} {
		n, err := some(ctx, now)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// sweepSome looks for rows on the readers' side and takes the writer only for
// those it found.
func (s *Store) sweepSome(ctx context.Context, w sweep, now time.Time) (int, error) {
	rows, err := s.reading(ctx).query(w.find, stamp(now.Add(-w.keep)), int64(sweepBatch))
	ids, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
	if err != nil || len(ids) == 0 {
		return 0, failed("sweep", err)
	}
	var n int64
	err = s.runInTx(ctx, "sweep", func(t *tx) (err error) {
		n, err = t.exec(w.remove+in(1, len(ids)), idArgs(ids)...)
		return err
	})
	return int(n), err
}
