package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// moveEmail changes the address a person signs in with, in the transaction that
// proved the new one: names first, since they alone say whether it is free. What
// was open for the old address ends (RD6).
func (t *tx) moveEmail(p core.AddressProof) error {
	c := p.Change
	user, org, now := string(c.UserID), string(c.OrganizationID), stamp(c.DoneAt)
	if c.NewKey != c.OldKey {
		if err := t.claim(core.User{ID: c.UserID, OrganizationID: c.OrganizationID}, "email", c.NewKey); err != nil {
			return err
		}
		if err := t.holdName(c); err != nil {
			return err
		}
	}
	err := t.one(core.ErrStale, `UPDATE person SET email = $4, email_key = $5, email_proved_at = $6, previous_email = $7, previous_email_until = $8
		WHERE id = $1 AND organization_id = $2 AND email = $3 AND status = 'active' AND user_type > 0`,
		user, org, c.OldAddress, c.NewAddress, c.NewKey, now, p.PreviousEmail, stamp(p.PreviousEmailUntil))
	if err != nil {
		return err
	}
	if err := t.refold(c.OrganizationID, c.UserID); err != nil {
		return err
	}
	if err := t.renewUndo(c); err != nil {
		return err
	}
	if err := t.endBegun(c.OrganizationID, c.UserID, core.EndEmailChanged, now); err != nil {
		return err
	}
	return t.endOthersFor(core.EndEmailChanged, c.OrganizationID, c.UserID, p.KeepSession, &p.Session, now)
}

// holdName keeps the old name for its person while the change can be taken back.
func (t *tx) holdName(c core.AddressChange) error {
	return t.all(`UPDATE login_key SET held_until = $4 WHERE login = $1 AND user_id = $2 AND organization_id = $3`,
		c.OldKey, string(c.UserID), string(c.OrganizationID), stamp(c.UndoUntil))
}

// renewUndo keeps the ways back of earlier changes open as long as that of the
// newest: in a chain of changes the address that was there first has the last
// word, however long somebody waits.
func (t *tx) renewUndo(c core.AddressChange) error {
	user, org, until, now := string(c.UserID), string(c.OrganizationID), stamp(c.UndoUntil), stamp(c.DoneAt)
	err := t.all(`UPDATE address_change SET undo_until = $3 WHERE user_id = $1 AND organization_id = $2 AND done_at > 0 AND ended_at = 0
		AND undo_until > $4 AND undo_until < $3`, user, org, until, now)
	if err != nil {
		return err
	}
	return t.all(`UPDATE login_key SET held_until = $3 WHERE user_id = $1 AND organization_id = $2 AND held_until > $4 AND held_until < $3`,
		user, org, until, now)
}

// UndoAddress gives a person the address before a change back, and ends the
// change and all after it with everything that the password has opened. Of
// parallel calls exactly one succeeds; ErrUsed for the others, and where the time
// is over.
func (s *Store) UndoAddress(ctx context.Context, u core.AddressUndo) error {
	c := u.Change
	user, org, now := string(c.UserID), string(c.OrganizationID), stamp(u.At)
	return s.runInTx(ctx, "undo address", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		err := t.one(core.ErrUsed, `UPDATE address_change SET ended_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3
			AND kind = 'signin' AND done_at > 0 AND ended_at = 0 AND undo_until > $4`, string(c.ID), user, org, now)
		if err != nil {
			return err
		}
		err = t.all(`UPDATE address_change SET ended_at = $3 WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0
			AND (done_at = 0 OR kind = 'signin' AND done_at >= $4)`, user, org, now, stamp(c.DoneAt))
		if err != nil {
			return err
		}
		if err := t.restoreName(c, now); err != nil {
			return err
		}
		// Who pressed the button has the mailbox: the link went there and nowhere
		// else. An address that was proved before that one goes on holding codes:
		// else two changes and a way back would move them at once (SU5).
		err = t.all(`UPDATE person SET email = $3, email_key = $4, email_proved_at = $5,
				previous_email = CASE WHEN previous_email = $3 THEN '' ELSE previous_email END,
				previous_email_until = CASE WHEN previous_email = $3 THEN 0 ELSE previous_email_until END
			WHERE id = $1 AND organization_id = $2`, user, org, c.OldAddress, c.OldKey, now)
		if err != nil {
			return err
		}
		if err := t.refold(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.dropUnfounded(c); err != nil {
			return err
		}
		if err := t.endPrograms(c.OrganizationID, c.UserID, u.Record, u.At); err != nil {
			return err
		}
		if err := t.distrust(c.OrganizationID, c.UserID, u.KeepBrowser, now); err != nil {
			return err
		}
		return t.record(u.Record)
	})
}

// dropUnfounded removes the factors that rest on a mailbox which is taken back
// from a person whose own was never proved: the password alone began the change,
// so it alone made them (TO7). Where an app was there before, it was asked for,
// and all stay (law 3).
func (t *tx) dropUnfounded(c core.AddressChange) error {
	if !c.OldProvedAt.IsZero() {
		return nil
	}
	return t.all(`DELETE FROM credential WHERE user_id = $1 AND organization_id = $2 AND created_at >= $3
		AND NOT EXISTS (SELECT 1 FROM credential k WHERE k.user_id = $1 AND k.organization_id = $2 AND k.kind = 'app'
			AND k.state = 'active' AND k.created_at < $3)`, string(c.UserID), string(c.OrganizationID), stamp(c.DoneAt))
}

// restoreName makes the old name the one to sign in with. The one of now, and
// those between, stay with the person where an earlier change can still be taken
// back to them; the others are let go.
func (t *tx) restoreName(c core.AddressChange, now int64) error {
	user, org := string(c.UserID), string(c.OrganizationID)
	err := t.all(`UPDATE login_key SET held_until = COALESCE((SELECT MAX(a.undo_until) FROM address_change a
			WHERE a.user_id = $1 AND a.organization_id = $2 AND a.old_key = login_key.login AND a.done_at > 0 AND a.ended_at = 0), 1)
		WHERE user_id = $1 AND organization_id = $2 AND login <> $3
			AND login = (SELECT u.email_key FROM person u WHERE u.id = $1 AND u.organization_id = $2)`, user, org, c.OldKey)
	if err != nil {
		return err
	}
	err = t.all(`DELETE FROM login_key WHERE user_id = $1 AND organization_id = $2 AND held_until > 0 AND login <> $3
		AND NOT EXISTS (SELECT 1 FROM address_change a WHERE a.user_id = $1 AND a.organization_id = $2 AND a.old_key = login_key.login
			AND a.done_at > 0 AND a.ended_at = 0 AND a.undo_until > $4)`, user, org, c.OldKey, now)
	if err != nil {
		return err
	}
	return t.one(core.ErrTaken, `UPDATE login_key SET held_until = 0 WHERE login = $3 AND user_id = $1 AND organization_id = $2`, user, org, c.OldKey)
}
