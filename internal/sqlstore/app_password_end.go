package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// ExpiringAppPasswords returns those that end within so many days, of people who may
// sign in, whose person was not told so yet; none that was made to live no longer than
// that.
func (s *Store) ExpiringAppPasswords(ctx context.Context, days int, now time.Time, limit int) (core.AppPasswords, error) {
	ahead := time.Duration(days) * 24 * time.Hour
	rows, err := s.reading(ctx).query(`SELECT `+appPasswordColumns+` FROM app_password a
		WHERE expires_at > $1 AND expires_at <= $2 AND (warned_days = 0 OR warned_days > $3) AND expires_at - created_at > $4
			AND EXISTS (SELECT 1 FROM person u WHERE u.id = a.user_id AND u.organization_id = a.organization_id AND u.status = 'active')
		ORDER BY expires_at, id LIMIT $5`, stamp(now), stamp(now.Add(ahead)), int64(days), micros(ahead), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (core.AppPassword, error) { return scanAppPassword(r) })
	return all, failed("expiring app passwords", err)
}

// WarnOfAppPassword notes that an app password's person is told of its end. Of parallel
// calls exactly one succeeds.
func (s *Store) WarnOfAppPassword(ctx context.Context, w core.AppPasswordWarning) error {
	p := w.AppPassword
	return s.runInTx(ctx, "warn of an app password", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE app_password SET warned_days = $4 WHERE id = $1 AND organization_id = $2 AND expires_at = $3
			AND (warned_days = 0 OR warned_days > $4)`, string(p.ID), string(p.OrganizationID), stamp(p.ExpiresAt), int64(w.Days))
		if err != nil {
			return err
		}
		return t.record(w.Record)
	})
}
