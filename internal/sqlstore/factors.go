package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// ChangeFactors renames, removes, suspends, resumes or turns off in one
// transaction. ErrStale where the factors changed since they were read or the
// session ended, ErrUsed where the code that allowed it was used, ErrNotFound
// where the credential is not this person's.
func (s *Store) ChangeFactors(ctx context.Context, c core.FactorChange) error {
	return s.runInTx(ctx, "change factors", func(t *tx) error {
		moves := int64(0)
		if c.Moves {
			moves = 1
		}
		err := t.one(core.ErrStale, `UPDATE person SET factor_set_version = factor_set_version + $4,
				two_factor = CASE WHEN CAST($5 AS TEXT) = '' THEN two_factor ELSE $5 END
			WHERE id = $1 AND organization_id = $2 AND factor_set_version = $3 AND status = 'active'`,
			string(c.UserID), string(c.OrganizationID), c.FactorSetVersion, moves, string(c.TwoFactor))
		if err != nil {
			return err
		}
		if err := t.changeCredentials(c); err != nil {
			return err
		}
		if err := t.changeGuards(c); err != nil {
			return err
		}
		if c.Moves {
			err = t.endOthers(c.OrganizationID, c.UserID, c.KeepSession, c.Session, stamp(c.At))
		} else {
			err = t.changed(core.ChangeUser, c.UserID)
		}
		if err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

func (t *tx) changeCredentials(c core.FactorChange) error {
	user, org := string(c.UserID), string(c.OrganizationID)
	if c.Use != nil {
		if err := t.use(*c.Use, c.OrganizationID, c.UserID, "", stamp(c.At)); err != nil {
			return err
		}
	}
	if c.RenameID != "" {
		err := t.one(core.ErrNotFound, `UPDATE credential SET label = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3`,
			string(c.RenameID), user, org, c.Label)
		if err != nil {
			return err
		}
	}
	if c.RemoveID != "" {
		err := t.one(core.ErrNotFound, `DELETE FROM credential WHERE id = $1 AND user_id = $2 AND organization_id = $3`,
			string(c.RemoveID), user, org)
		if err != nil {
			return err
		}
	}
	if c.RemoveAll {
		return t.removeCredentials(c.OrganizationID, c.UserID)
	}
	return nil
}

func (t *tx) changeGuards(c core.FactorChange) error {
	switch {
	case c.ResetGuards && c.RemoveAll:
		return t.clearGuards(c.OrganizationID, c.UserID)
	case c.ResetGuards && c.Use != nil:
		return t.resetGuards(c.OrganizationID, c.UserID, c.Use.Kind)
	case c.ResetGuards:
		return t.resetGuards(c.OrganizationID, c.UserID, "")
	}
	return nil
}

func (t *tx) removeCredentials(organizationID, userID core.ID) error {
	return t.all(`DELETE FROM credential WHERE user_id = $1 AND organization_id = $2`, string(userID), string(organizationID))
}

// endOthers ends what a changed factor set ends: every remembered device and
// every session but keep, whose place next takes where it is set (SE10).
func (t *tx) endOthers(organizationID, userID, keep core.ID, next *core.Session, now int64) error {
	return t.endOthersFor(core.EndFactorsChanged, organizationID, userID, keep, next, now)
}

// endOthersFor is endOthers for another reason.
func (t *tx) endOthersFor(reason core.EndReason, organizationID, userID, keep core.ID, next *core.Session, now int64) error {
	if next != nil && next.ID != "" {
		if err := t.replaceSession(organizationID, userID, keep, now); err != nil {
			return err
		}
		n := *next
		n.OrganizationID, n.UserID = organizationID, userID
		if err := t.openSession(n, now); err != nil {
			return err
		}
		keep = n.ID
	}
	if _, err := t.endSessions(organizationID, userID, keep, reason, now); err != nil {
		return err
	}
	if _, err := t.endDevices(organizationID, userID, now); err != nil {
		return err
	}
	return t.changed(core.ChangeUser, userID)
}

// ResetTwoFactor removes everything but the password: apps, recovery codes,
// counters, half-done sign-ins and panels, devices and sessions. ErrNotFound where
// who helps may not (any more), ErrUsed where the reset that has waited was
// settled meanwhile; nothing changes then.
func (s *Store) ResetTwoFactor(ctx context.Context, c core.TwoFactorReset) error {
	user, org, now := string(c.UserID), string(c.OrganizationID), stamp(c.At)
	return s.runInTx(ctx, "reset two-factor", func(t *tx) error {
		if err := t.lockToHelp(c.OrganizationID, c.UserID, c.HelperID); err != nil {
			return err
		}
		if err := t.takeReset(c); err != nil {
			return err
		}
		err := t.one(core.ErrNotFound, `UPDATE person SET factor_set_version = factor_set_version + 1, two_factor = CASE WHEN $3 OR two_factor = 'off' THEN 'off' ELSE 'on' END,
				password_due = CASE WHEN $3 AND password_due = 'distrusted' THEN 'temporary' ELSE password_due END, reset_at = 0
			WHERE id = $1 AND organization_id = $2`, user, org, c.PasswordAlone)
		if err != nil {
			return err
		}
		if err := t.endAttempts(c.OrganizationID, c.UserID, core.EndFactorsReset, now); err != nil {
			return err
		}
		if err := t.removeCredentials(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.clearGuards(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.endPanels(c.OrganizationID, c.UserID, now); err != nil {
			return err
		}
		if err := t.endAppPasswords(c.OrganizationID, c.UserID, c.Record, c.At); err != nil {
			return err
		}
		if err := t.endOthersFor(core.EndFactorsReset, c.OrganizationID, c.UserID, "", nil, now); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}
