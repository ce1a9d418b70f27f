package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// leaseOnly is the wait told where nothing but checks under way stand in the
// way.
const leaseOnly = time.Second

// errRefused rolls back a refused take; it never leaves this file.
var errRefused = errors.New("throttle: refused")

// takeSlot leases one slot of a bucket, or touches no row. Failures count until
// forget_at; from the limit on there is one check at a time, each after its
// wait (RL2, RL3).
const takeSlot = `INSERT INTO throttle (bucket_key, failures, forget_at, wait_for, wait_until, leased, leased_until)
	VALUES ($1, 0, 0, 0, 0, 1, $4)
	ON CONFLICT (bucket_key) DO UPDATE SET
		leased = CASE WHEN throttle.leased_until > $2 THEN throttle.leased + 1 ELSE 1 END,
		leased_until = $4
	WHERE throttle.wait_until <= $2 AND (
		CASE WHEN throttle.forget_at > $2 THEN throttle.failures ELSE 0 END +
			CASE WHEN throttle.leased_until > $2 THEN throttle.leased ELSE 0 END < $3
		OR throttle.leased_until <= $2 OR throttle.leased = 0)`

// Take leases one slot in each leased bucket, all or none, and reads the
// failures of the counted ones. Taken.Wait is more than zero where a bucket
// refused: the rest of its wait, or a second where other checks are under way.
func (s *Store) Take(ctx context.Context, leased, counted []core.Bucket, now time.Time) (core.Taken, error) {
	leased = byKey(leased)
	taken := core.Taken{}
	err := s.runInTx(ctx, "throttle take", func(t *tx) error {
		taken = core.Taken{}
		for _, b := range leased {
			err := t.one(errRefused, takeSlot, b.Key, stamp(now), int64(b.Rule.Limit), stamp(now.Add(b.Rule.Lease)))
			if err != nil {
				return err
			}
		}
		var err error
		taken.Failures, err = t.failures(counted, now)
		return err
	})
	if errors.Is(err, errRefused) {
		wait, err := s.waitOf(ctx, leased, now)
		return core.Taken{Wait: wait}, err
	}
	if err != nil {
		return core.Taken{}, err
	}
	return taken, nil
}

// byKey returns the buckets in the order of their keys, in which every
// transaction locks them.
func byKey(buckets []core.Bucket) []core.Bucket {
	return slices.SortedFunc(slices.Values(buckets), func(a, b core.Bucket) int { return cmp.Compare(a.Key, b.Key) })
}

func keys(buckets []core.Bucket) []any {
	out := make([]any, len(buckets))
	for i, b := range buckets {
		out[i] = b.Key
	}
	return out
}

// failures reads what counts against each bucket at now.
func (t *tx) failures(counted []core.Bucket, now time.Time) (map[string]int, error) {
	out := make(map[string]int, len(counted))
	if len(counted) == 0 {
		return out, nil
	}
	rows, err := t.query(`SELECT bucket_key, failures FROM throttle WHERE forget_at > $1 AND bucket_key IN `+in(2, len(counted)),
		append([]any{stamp(now)}, keys(counted)...)...)
	_, err = collect(rows, err, func(r *sql.Rows) (none struct{}, err error) {
		var key string
		var n int
		err = r.Scan(&key, &n)
		out[key] = n
		return none, err
	})
	return out, err
}

// waitOf says how long a refused caller should wait.
func (s *Store) waitOf(ctx context.Context, leased []core.Bucket, now time.Time) (time.Duration, error) {
	var until int64
	err := s.reading(ctx).queryRow(`SELECT COALESCE(max(wait_until), 0) FROM throttle WHERE bucket_key IN `+in(1, len(leased)), keys(leased)...).Scan(&until)
	if err != nil {
		return 0, failed("throttle wait", err)
	}
	return max(leaseOnly, moment(until).Sub(now)), nil
}

// Settle frees the leases. OutcomeWrong also counts a failure in every bucket
// and starts or doubles the wait of those with a limit; OutcomeRight empties
// the leased ones.
func (s *Store) Settle(ctx context.Context, leased, counted []core.Bucket, o core.Outcome, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "throttle settle", func(t *tx) error {
		var err error
		switch o {
		case core.OutcomeRight:
			err = t.clearBuckets(leased)
		case core.OutcomeWrong:
			err = t.countFailure(leased, counted, now)
		default:
			err = t.free(leased)
		}
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// free gives leases back. One that ran out by itself leaves nothing to give.
func (t *tx) free(leased []core.Bucket) error {
	for _, b := range byKey(leased) {
		if err := t.all(`UPDATE throttle SET leased = leased - 1 WHERE bucket_key = $1 AND leased > 0`, b.Key); err != nil {
			return err
		}
	}
	return nil
}

// clearBuckets empties buckets after a right answer; other checks under way in
// them keep their leases.
func (t *tx) clearBuckets(leased []core.Bucket) error {
	for _, b := range byKey(leased) {
		err := t.all(`UPDATE throttle SET failures = 0, forget_at = 0, wait_for = 0, wait_until = 0,
			leased = CASE WHEN leased > 0 THEN leased - 1 ELSE 0 END WHERE bucket_key = $1`, b.Key)
		if err != nil {
			return err
		}
	}
	return nil
}

// countFailure counts one failure in each bucket. The first statement locks the
// row, so the arithmetic between it and the second is safe.
func (t *tx) countFailure(leased, counted []core.Bucket, now time.Time) error {
	held := map[string]int64{}
	for _, b := range leased {
		held[b.Key] = 1
	}
	for _, b := range byKey(append(slices.Clone(leased), counted...)) {
		var f failureCount
		err := t.queryRow(`INSERT INTO throttle (bucket_key, failures, forget_at, wait_for, wait_until, leased, leased_until)
			VALUES ($1, 0, 0, 0, 0, 0, 0)
			ON CONFLICT (bucket_key) DO UPDATE SET leased = CASE WHEN throttle.leased > $2 THEN throttle.leased - $2 ELSE 0 END
			RETURNING failures, forget_at, wait_for, wait_until`, b.Key, held[b.Key]).
			Scan(&f.failures, at(&f.forgetAt), life(&f.wait), at(&f.waitUntil))
		if err != nil {
			return err
		}
		f = f.after(b.Rule, now)
		err = t.all(`UPDATE throttle SET failures = $2, forget_at = $3, wait_for = $4, wait_until = $5, user_id = $6 WHERE bucket_key = $1`,
			b.Key, int64(f.failures), stamp(f.forgetAt), micros(f.wait), stamp(f.waitUntil), string(b.UserID))
		if err != nil {
			return err
		}
	}
	return nil
}

// failureCount is what a bucket holds against its owner.
type failureCount struct {
	failures  int
	forgetAt  time.Time // the failures count until then
	wait      time.Duration
	waitUntil time.Time
}

// after returns the count after one more failure. Below the limit failures are
// forgotten a window after the first; from the limit on, a window after the end
// of the wait. A rule without a limit only counts.
func (f failureCount) after(r core.BucketRule, now time.Time) failureCount {
	if !now.Before(f.forgetAt) {
		f = failureCount{forgetAt: now.Add(r.Window)}
	}
	f.failures++
	if r.Limit <= 0 || f.failures < r.Limit {
		return f
	}
	if f.wait = 2 * f.wait; f.wait == 0 {
		f.wait = r.FirstWait
	}
	f.wait = min(f.wait, r.MaxWait)
	f.waitUntil = now.Add(f.wait)
	f.forgetAt = f.waitUntil.Add(r.Window)
	return f
}

// ClearPrefixes forgets every bucket whose key begins with one of prefixes
// (unlock).
func (s *Store) ClearPrefixes(ctx context.Context, prefixes []string, r core.Record) error {
	return s.runInTx(ctx, "throttle clear", func(t *tx) error {
		for _, prefix := range prefixes {
			err := t.all(`DELETE FROM throttle WHERE substr(bucket_key, 1, CAST($2 AS INTEGER)) = $1`, prefix, int64(utf8.RuneCountInString(prefix)))
			if err != nil {
				return err
			}
		}
		return t.record(r)
	})
}

// mostWaits bounds how many waits of one person are told of.
const mostWaits = 20

// Waits returns the buckets that make a person of an organization wait at now,
// with the ends of the waits, the longest first.
func (s *Store) Waits(ctx context.Context, organizationID, userID core.ID, now time.Time) (keys []string, ends []time.Time, err error) {
	rows, err := s.reading(ctx).query(`SELECT t.bucket_key, t.wait_until FROM throttle t JOIN person p ON p.id = t.user_id
		WHERE t.user_id = $2 AND t.user_id <> '' AND p.organization_id = $1 AND t.wait_until > $3
		ORDER BY t.wait_until DESC, t.bucket_key LIMIT $4`, string(organizationID), string(userID), stamp(now), int64(mostWaits))
	_, err = collect(rows, err, func(r *sql.Rows) (none struct{}, err error) {
		var key string
		var end time.Time
		err = r.Scan(&key, at(&end))
		keys, ends = append(keys, key), append(ends, end)
		return none, err
	})
	if err != nil {
		return nil, nil, failed("throttle waits", err)
	}
	return keys, ends, nil
}

// spendOne counts one use of an allowance, a fixed window from the first, or
// touches no row where it is spent.
const spendOne = `INSERT INTO throttle (bucket_key, failures, forget_at, wait_for, wait_until, leased, leased_until)
	VALUES ($1, 1, $4, 0, 0, 0, 0)
	ON CONFLICT (bucket_key) DO UPDATE SET
		failures = CASE WHEN throttle.forget_at > $2 THEN throttle.failures + 1 ELSE 1 END,
		forget_at = CASE WHEN throttle.forget_at > $2 THEN throttle.forget_at ELSE $4 END
	WHERE throttle.forget_at <= $2 OR throttle.failures < $3`

// Spend counts one use in each bucket, all or none; false where the limit of one
// is reached in its window (PR3).
func (s *Store) Spend(ctx context.Context, buckets []core.Bucket, now time.Time) (bool, error) {
	err := s.runInTx(ctx, "throttle spend", func(t *tx) error {
		for _, b := range byKey(buckets) {
			err := t.one(errRefused, spendOne, b.Key, stamp(now), int64(b.Rule.Limit), stamp(now.Add(b.Rule.Window)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}
