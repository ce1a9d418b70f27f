package sqlstore

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// callFree is when a call that is stored may be made again: nothing was done, and
// whoever had its turn has had time enough. $4 is now.
const callFree = `state = 'open' AND lease_until <= $4`

// BeginCall stores a call as open and gives its attempt the turn. Where it was
// made before, what is stored comes back with core.ErrUsed: another attempt has
// the turn, or had it. A call older than core.CallLife is as if it never was.
func (s *Store) BeginCall(ctx context.Context, c core.Call) (core.Call, error) {
	stored := c
	err := s.runInTx(ctx, "begin call", func(t *tx) error {
		stored = c
		old := c.CreatedAt.Add(-core.CallLife)
		if err := t.all(`DELETE FROM api_call WHERE id = $1 AND organization_id = $2 AND created_at <= $3`,
			string(c.ID), string(c.OrganizationID), stamp(old)); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO api_call (id, organization_id, fingerprint, state, attempt, lease_until, status, headers, body, created_at)
			VALUES ($1, $2, $3, 'open', $4, $5, 0, '', '', $6) ON CONFLICT (id) DO NOTHING`,
			string(c.ID), string(c.OrganizationID), c.Fingerprint, string(c.Attempt), stamp(c.LeaseUntil), stamp(c.CreatedAt))
		if err != nil || n > 0 {
			return err
		}
		n, err = t.exec(`UPDATE api_call SET attempt = $5, lease_until = $6
			WHERE id = $1 AND organization_id = $2 AND fingerprint = $3 AND `+callFree,
			string(c.ID), string(c.OrganizationID), c.Fingerprint, stamp(c.CreatedAt), string(c.Attempt), stamp(c.LeaseUntil))
		if err != nil || n > 0 {
			return err
		}
		if stored, err = t.callOf(c); err != nil {
			return err
		}
		return core.ErrUsed
	})
	if errors.Is(err, core.ErrUsed) {
		return stored, core.ErrUsed
	}
	return stored, err
}

func (t *tx) callOf(c core.Call) (core.Call, error) {
	err := t.queryRow(`SELECT c.fingerprint, c.state, c.attempt, c.lease_until, c.status, c.headers, c.body, c.created_at
		FROM api_call c WHERE c.id = $1 AND c.organization_id = $2`, string(c.ID), string(c.OrganizationID)).
		Scan(&c.Fingerprint, &c.State, &c.Attempt, at(&c.LeaseUntil), &c.Status, (*detailScan)(&c.Headers), &c.Body, at(&c.CreatedAt))
	return c, noRows(err)
}

// AnswerCall keeps the answer of the attempt that has the turn; core.ErrStale where
// it has not.
func (s *Store) AnswerCall(ctx context.Context, c core.Call) error {
	return s.runInTx(ctx, "answer call", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE api_call SET state = 'answered', status = $4, headers = $5, body = $6
			WHERE id = $1 AND organization_id = $2 AND attempt = $3 AND state <> 'answered'`,
			string(c.ID), string(c.OrganizationID), string(c.Attempt), int64(c.Status), detail(c.Headers), c.Body)
	})
}

// DropCall forgets a call that did nothing, so that it may be made again at once.
// One that did something stays, and so does another attempt's (core.ErrStale).
func (s *Store) DropCall(ctx context.Context, c core.Call) error {
	return s.runInTx(ctx, "drop call", func(t *tx) error {
		return t.one(core.ErrStale, `DELETE FROM api_call WHERE id = $1 AND organization_id = $2 AND attempt = $3 AND state = 'open'`,
			string(c.ID), string(c.OrganizationID), string(c.Attempt))
	})
}

// settleCall marks the call that a record belongs to as done, in the transaction
// that does it: core.ErrCallTaken, and nothing is done, where another attempt has
// the turn by now.
func (t *tx) settleCall(r core.Record) error {
	settled := map[core.ID]bool{}
	for _, e := range r.Events {
		if e.Origin.Call == "" || e.Result != "ok" || settled[e.Origin.Call] {
			continue
		}
		settled[e.Origin.Call] = true
		if err := t.one(core.ErrCallTaken, `UPDATE api_call SET state = 'done' WHERE attempt = $1 AND organization_id = $2 AND state <> 'answered'`,
			string(e.Origin.Call), string(e.OrganizationID)); err != nil {
			return err
		}
	}
	return nil
}
