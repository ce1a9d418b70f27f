package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// newPassword is a sealed password that takes the place of a person's own.
type newPassword struct {
	organizationID core.ID
	userID         core.ID
	sealed         string
	// keep is a session that goes on, replaced by next; all others end.
	keep core.ID
	next *core.Session
	at   int64
}

// setPassword stores a new password in the transaction of its caller, and ends
// what the old one opened: the debt of choosing one, half-done sign-ins, every
// session but the one kept, all remembered devices (RD6, SE10) and unused links.
// The caller has locked the person's row and checked that the change is allowed.
//
// A replaced password keeps its sealed text as it is: like the current one it is
// bound to table "user", the person's id and the field "password", so it is
// opened, verified and sealed anew under a next key in the same way.
func (t *tx) setPassword(p newPassword) error {
	user, org := string(p.userID), string(p.organizationID)
	err := t.all(`INSERT INTO past_password (id, organization_id, user_id, sealed, replaced_at)
		SELECT CAST($3 AS TEXT), organization_id, id, password_sealed, CAST($4 AS BIGINT) FROM person
		WHERE id = $1 AND organization_id = $2 AND password_sealed <> ''`, user, org, string(t.store.newID()), p.at)
	if err != nil {
		return err
	}
	err = t.one(core.ErrNotFound, `UPDATE person SET password_sealed = $3, password_version = password_version + 1, password_set_at = $4,
		password_due = '', password_due_at = 0 WHERE id = $1 AND organization_id = $2`, user, org, p.sealed, p.at)
	if err != nil {
		return err
	}
	if err := t.trimPasswords(p.organizationID, p.userID); err != nil {
		return err
	}
	if err := t.endAttempts(p.organizationID, p.userID, core.EndPasswordChanged, p.at); err != nil {
		return err
	}
	err = t.all(`UPDATE link SET expires_at = $3 WHERE user_id = $1 AND organization_id = $2 AND used_at = 0 AND expires_at > $3`, user, org, p.at)
	if err != nil {
		return err
	}
	return t.endOthersFor(core.EndPasswordChanged, p.organizationID, p.userID, p.keep, p.next, p.at)
}

// trimPasswords forgets the replaced passwords beyond what the organization
// compares with; the current password is the first of that number.
func (t *tx) trimPasswords(organizationID, userID core.ID) error {
	return t.all(`DELETE FROM past_password WHERE user_id = $1 AND organization_id = $2 AND
		(SELECT count(*) FROM past_password p WHERE p.user_id = past_password.user_id
			AND (p.replaced_at > past_password.replaced_at OR p.replaced_at = past_password.replaced_at AND p.id > past_password.id))
		>= (SELECT password_history - 1 FROM organization WHERE id = $2)`, string(userID), string(organizationID))
}

// PastPasswords returns the sealed texts of a person's replaced passwords,
// newest first, at most so many.
func (s *Store) PastPasswords(ctx context.Context, organizationID, userID core.ID, limit int) ([]string, error) {
	rows, err := s.reading(ctx).query(`SELECT sealed FROM past_password WHERE user_id = $1 AND organization_id = $2
		ORDER BY replaced_at DESC, id DESC LIMIT $3`, string(userID), string(organizationID), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (sealed string, err error) { return sealed, r.Scan(&sealed) })
	return all, failed("past passwords", err)
}

// ChangePassword stores the password a signed-in person chose. ErrStale where
// the password changed since it was read, the session ended or the account may
// not sign in any more. Of parallel calls with one current password exactly one
// succeeds.
func (s *Store) ChangePassword(ctx context.Context, c core.PasswordChange) error {
	return s.runInTx(ctx, "change password", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET language = language WHERE id = $1 AND organization_id = $2 AND password_version = $3
			AND status = 'active' AND user_type > 0`, string(c.UserID), string(c.OrganizationID), c.PasswordVersion)
		if err != nil {
			return err
		}
		err = t.setPassword(newPassword{
			organizationID: c.OrganizationID, userID: c.UserID, sealed: c.PasswordSealed, keep: c.KeepSession, next: &c.Session, at: stamp(c.At),
		})
		if err != nil {
			return err
		}
		if err := t.clearBuckets(c.Slots); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// RenewPassword puts a new hash of the same password in place of the one of a
// version. ErrStale where the password was changed since it was read. No version
// changes: nobody's session ends for it.
func (s *Store) RenewPassword(ctx context.Context, organizationID, userID core.ID, version int64, sealed string) error {
	return s.runInTx(ctx, "renew password", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE person SET password_sealed = $4 WHERE id = $1 AND organization_id = $2 AND password_version = $3
			AND password_sealed <> ''`, string(userID), string(organizationID), version, sealed)
	})
}

// RequirePassword makes a person choose a new password: at the next sign-in, or
// at once in sessions that begin at or after c.At. A password that somebody else
// may know stays distrusted.
func (s *Store) RequirePassword(ctx context.Context, c core.PasswordDemand) error {
	return s.runInTx(ctx, "require password", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE person SET password_due = CASE WHEN password_due = 'distrusted' THEN password_due ELSE $3 END,
			password_due_at = CASE WHEN password_due = '' THEN $4 ELSE password_due_at END
			WHERE id = $1 AND organization_id = $2 AND status = 'active'`, string(c.UserID), string(c.OrganizationID), string(c.Due), stamp(c.At))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}
