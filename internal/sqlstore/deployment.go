package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Deployment returns what is known of the deployment as a whole.
func (s *Store) Deployment(ctx context.Context) (core.Deployment, error) {
	var d core.Deployment
	err := s.reading(ctx).queryRow(`SELECT d.epoch, d.restored_at, d.backed_up_at FROM deployment d`).
		Scan(&d.Epoch, at(&d.RestoredAt), at(&d.BackedUpAt))
	return d, failed("deployment", noRows(err))
}

// BackedUp notes that a backup of the moment taken was written to its end; an
// older one changes nothing.
func (s *Store) BackedUp(ctx context.Context, taken time.Time, r core.Record) error {
	return s.runInTx(ctx, "backed up", func(t *tx) error {
		if err := t.all(`UPDATE deployment SET backed_up_at = $1 WHERE backed_up_at < $1`, stamp(taken)); err != nil {
			return err
		}
		return t.record(r)
	})
}

// ReleaseCodes lets a person's held recovery codes count again; ErrNotFound
// where none are held. Codes of a set-up whose app still waits for the mailbox
// wait with it (TO7).
func (s *Store) ReleaseCodes(ctx context.Context, c core.CodeRelease) error {
	return s.runInTx(ctx, "release codes", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		err := t.one(core.ErrNotFound, `UPDATE credential SET state = CASE WHEN EXISTS (SELECT 1 FROM credential k
				WHERE k.user_id = $1 AND k.organization_id = $2 AND k.kind = 'app' AND k.state = 'waiting') THEN 'waiting' ELSE 'active' END
			WHERE user_id = $1 AND organization_id = $2 AND kind = 'recovery' AND state = 'held'`,
			string(c.UserID), string(c.OrganizationID))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// HeldCodes returns whose recovery codes are held, in the order of ids after
// the given one, at most limit.
func (s *Store) HeldCodes(ctx context.Context, after core.ID, limit int) ([]core.CodeRelease, error) {
	rows, err := s.reading(ctx).query(`SELECT u.organization_id, u.id FROM person u WHERE u.id > $1 AND EXISTS (SELECT 1 FROM credential k
		WHERE k.user_id = u.id AND k.kind = 'recovery' AND k.state = 'held') ORDER BY u.id LIMIT $2`, string(after), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (c core.CodeRelease, err error) {
		return c, r.Scan(&c.OrganizationID, &c.UserID)
	})
	return all, failed("held codes", err)
}
