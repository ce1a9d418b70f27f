package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const resetColumns = `r.id, r.organization_id, r.user_id, r.by_kind, r.by_id, r.by_name, r.how, r.note, r.asked_at, r.due_at, r.settled_at, r.outcome`

func resetFields(r *core.FactorReset) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.UserID, &r.By.Kind, &r.By.ID, &r.By.Name, &r.How, &r.Note,
		at(&r.AskedAt), at(&r.DueAt), at(&r.SettledAt), &r.Outcome,
	}
}

// lockToHelp is lock for somebody who helps: it asks once more, in the
// transaction, whether they may ([core.User.Helps]). ErrNotFound where not, or
// where the person is not of this organization. The operator (empty) may always.
func (t *tx) lockToHelp(organizationID, userID, helperID core.ID) error {
	if helperID == "" {
		return t.lock(organizationID, userID)
	}
	if err := t.lock(organizationID, userID); err != nil {
		return err
	}
	err := t.warranted(core.Warrant{OrganizationID: organizationID, ActorID: helperID, Least: core.HelpDesk, UserID: userID})
	if core.KindOf(err) == core.Forbidden {
		return core.ErrNotFound
	}
	return err
}

// AskReset stores a reset of two-factor authentication that waits. ErrTaken where
// one of that person waits already, ErrNotFound where who asks may not help the
// person.
func (s *Store) AskReset(ctx context.Context, a core.FactorResetAsk) error {
	r := a.Reset
	return s.runInTx(ctx, "ask for a reset", func(t *tx) error {
		if err := t.lockToHelp(r.OrganizationID, r.UserID, r.By.ID); err != nil {
			return err
		}
		err := t.one(core.ErrTaken, `INSERT INTO factor_reset (id, organization_id, user_id, by_kind, by_id, by_name, how, note, asked_at, due_at, settled_at, outcome)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '') ON CONFLICT DO NOTHING`,
			string(r.ID), string(r.OrganizationID), string(r.UserID), r.By.Kind, string(r.By.ID), clean(r.By.Name), string(r.How), clean(r.Note),
			stamp(r.AskedAt), stamp(r.DueAt))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, r.UserID); err != nil {
			return err
		}
		return t.record(a.Record)
	})
}

// EndReset ends a reset that waits without carrying it out. Of parallel calls, and
// of this and [Store.ResetTwoFactor], exactly one wins; the others change and
// record nothing and get ErrUsed.
func (s *Store) EndReset(ctx context.Context, e core.FactorResetEnd) error {
	return s.runInTx(ctx, "end a reset", func(t *tx) error {
		if err := t.lockToHelp(e.OrganizationID, e.UserID, e.HelperID); err != nil {
			return err
		}
		err := t.one(core.ErrUsed, `UPDATE factor_reset SET outcome = $4, settled_at = $5
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND outcome = ''`,
			string(e.ResetID), string(e.UserID), string(e.OrganizationID), string(e.Outcome), stamp(e.At))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, e.UserID); err != nil {
			return err
		}
		return t.record(e.Record)
	})
}

// takeReset claims the reset that has waited, or overtakes one that waits. The
// caller has locked the person's row.
func (t *tx) takeReset(c core.TwoFactorReset) error {
	user, org, now := string(c.UserID), string(c.OrganizationID), stamp(c.At)
	if c.ResetID == "" {
		return t.all(`UPDATE factor_reset SET outcome = 'overtaken', settled_at = $3 WHERE user_id = $1 AND organization_id = $2 AND outcome = ''`,
			user, org, now)
	}
	return t.one(core.ErrUsed, `UPDATE factor_reset SET outcome = 'done', settled_at = $4
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND outcome = '' AND due_at <= $4`, string(c.ResetID), user, org, now)
}

// WaitingReset returns the reset of a person that waits; ErrNotFound: none.
func (s *Store) WaitingReset(ctx context.Context, organizationID, userID core.ID) (r core.FactorReset, err error) {
	err = s.reading(ctx).queryRow(`SELECT `+resetColumns+` FROM factor_reset r WHERE r.user_id = $1 AND r.organization_id = $2 AND r.outcome = ''`,
		string(userID), string(organizationID)).Scan(resetFields(&r)...)
	return r, failed("waiting reset", noRows(err))
}

// FactorResetByID returns a reset with its person, settled or not, in any
// organization: the token of a mail is the proof. ErrNotFound: none.
func (s *Store) FactorResetByID(ctx context.Context, id core.ID) (v core.FactorResetView, err error) {
	if !storable(string(id)) {
		return v, core.ErrNotFound
	}
	q := s.reading(ctx)
	err = q.queryRow(`SELECT `+resetColumns+` FROM factor_reset r WHERE r.id = $1`, string(id)).Scan(resetFields(&v.Reset)...)
	if err != nil {
		return v, failed("reset", noRows(err))
	}
	v.Account, v.Organization, err = person(q, `u.id = $1 AND u.organization_id = $2`, string(v.Reset.UserID), string(v.Reset.OrganizationID))
	return v, failed("reset", err)
}

// DueResets returns up to n resets of all organizations whose time has come, those
// that have waited longest first.
func (s *Store) DueResets(ctx context.Context, now time.Time, n int) ([]core.FactorReset, error) {
	rows, err := s.reading(ctx).query(`SELECT `+resetColumns+` FROM factor_reset r WHERE r.outcome = '' AND r.due_at <= $1
		ORDER BY r.due_at, r.id LIMIT $2`, stamp(now), int64(n))
	all, err := collect(rows, err, func(rows *sql.Rows) (r core.FactorReset, err error) { return r, rows.Scan(resetFields(&r)...) })
	return all, failed("due resets", err)
}
