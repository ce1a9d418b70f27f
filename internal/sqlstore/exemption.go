package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// exemptionColumns names the person or group as it is called now; one that is
// gone, as it was called then.
const exemptionColumns = `x.id, x.organization_id, x.user_id, x.group_id,
	COALESCE((SELECT pg.name FROM person_group pg WHERE pg.id = x.group_id AND pg.organization_id = x.organization_id),
		(SELECT CASE WHEN u.first_name = '' OR u.last_name = '' THEN u.first_name || u.last_name ELSE u.first_name || ' ' || u.last_name END
			FROM person u WHERE u.id = x.user_id AND u.organization_id = x.organization_id), x.name),
	COALESCE((SELECT u.email FROM person u WHERE u.id = x.user_id AND u.organization_id = x.organization_id), ''),
	x.reason, x.by_kind, x.by_id, x.by_name, x.started_at, x.until_at, x.ended_at`

func scanExemption(row interface{ Scan(...any) error }) (x core.Exemption, err error) {
	err = row.Scan(&x.ID, &x.OrganizationID, &x.UserID, &x.GroupID, &x.Name, &x.Email, &x.Reason, &x.By.Kind, &x.By.ID, &x.By.Name,
		at(&x.StartedAt), at(&x.Until), at(&x.EndedAt))
	return x, noRows(err)
}

// Exempt begins an exemption in the place of the one that runs. ErrStale where
// that is another one than was seen, ErrNotFound where there is no such person or
// group, or who exempts is no administrator, or exempts themselves (AD2).
func (s *Store) Exempt(ctx context.Context, c core.Exempting) error {
	x := c.Exemption
	user, group, org := string(x.UserID), string(x.GroupID), string(x.OrganizationID)
	return s.runInTx(ctx, "exempt", func(t *tx) error {
		if err := t.exemptUntil(x, x.By.ID, stamp(x.Until)); err != nil {
			return err
		}
		if c.Replaces != "" {
			err := t.one(core.ErrStale, `UPDATE exemption SET ended_at = CASE WHEN until_at < $5 THEN until_at ELSE $5 END
				WHERE id = $1 AND user_id = $2 AND group_id = $3 AND organization_id = $4 AND ended_at = 0`,
				string(c.Replaces), user, group, org, stamp(x.StartedAt))
			if err != nil {
				return err
			}
		}
		if err := t.insertExemptions(core.ErrStale, x); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// insertExemptions stores exemptions; none is the error where one of the same
// person or group runs.
func (t *tx) insertExemptions(none error, all ...core.Exemption) error {
	for _, x := range all {
		err := t.one(none, `INSERT INTO exemption (id, organization_id, user_id, group_id, name, reason, by_kind, by_id, by_name, started_at, until_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) ON CONFLICT DO NOTHING`,
			string(x.ID), string(x.OrganizationID), string(x.UserID), string(x.GroupID), clean(x.Name), clean(x.Reason),
			x.By.Kind, string(x.By.ID), clean(x.By.Name), stamp(x.StartedAt), stamp(x.Until))
		if err != nil {
			return err
		}
	}
	return nil
}

// exemptUntil moves the moment that decides, where the helper may: an
// administrator of the organization, for a longer time not for themselves. The
// operator (empty) always may. Every replica hears of it; of a group's, all
// sessions of the organization are read anew.
func (t *tx) exemptUntil(x core.Exemption, helperID core.ID, until int64) error {
	kind, subject, of := core.ChangeUser, x.UserID, x.UserID
	query := `UPDATE person SET exempt_until = $3 WHERE id = $1 AND organization_id = $2`
	if x.GroupID != "" {
		kind, subject, of = core.ChangeOrganization, x.OrganizationID, x.GroupID
		query = `UPDATE person_group SET exempt_until = $3 WHERE id = $1 AND organization_id = $2`
	}
	if err := t.one(core.ErrNotFound, query, string(of), string(x.OrganizationID), until); err != nil {
		return err
	}
	err := t.warranted(core.Warrant{OrganizationID: x.OrganizationID, ActorID: helperID, Least: core.Administrator, UserID: x.UserID})
	switch {
	case core.KindOf(err) == core.Forbidden, helperID != "" && helperID == x.UserID && until > 0:
		return core.ErrNotFound
	case err != nil:
		return err
	}
	return t.changed(kind, subject)
}

// EndExemption ends an exemption early, or writes down that its time was over. Of
// parallel calls exactly one wins; the others change and record nothing and get
// ErrUsed.
func (s *Store) EndExemption(ctx context.Context, e core.ExemptionEnd) error {
	x := e.Exemption
	return s.runInTx(ctx, "end an exemption", func(t *tx) error {
		if e.Early {
			if err := t.exemptUntil(x, e.HelperID, 0); err != nil {
				return err
			}
		}
		err := t.one(core.ErrUsed, `UPDATE exemption SET ended_at = $3 WHERE id = $1 AND organization_id = $2 AND ended_at = 0`,
			string(x.ID), string(x.OrganizationID), stamp(e.At))
		if err != nil {
			return err
		}
		return t.record(e.Record)
	})
}

// OpenExemption returns the exemption of a person or group that no end is written
// down of; its time may be over. ErrNotFound: none.
func (s *Store) OpenExemption(ctx context.Context, organizationID, userID, groupID core.ID) (core.Exemption, error) {
	if !storable(string(userID + groupID)) {
		return core.Exemption{}, core.ErrNotFound
	}
	x, err := scanExemption(s.reading(ctx).queryRow(`SELECT `+exemptionColumns+` FROM exemption x
		WHERE x.user_id = $1 AND x.group_id = $2 AND x.organization_id = $3 AND x.ended_at = 0`, string(userID), string(groupID), string(organizationID)))
	return x, failed("open exemption", err)
}

// Exemptions returns a page of the exemptions that hold, those that end first
// before the others.
func (s *Store) Exemptions(ctx context.Context, f core.ExemptionFilter) ([]core.Exemption, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	from := max(stamp(f.After.Until), stamp(f.Now)+1)
	rows, err := s.reading(ctx).query(`SELECT `+exemptionColumns+` FROM exemption x WHERE x.organization_id = $1 AND x.ended_at = 0
		AND x.until_at >= $2 AND (x.until_at > $2 OR x.id > $3)
		AND (x.group_id = '' OR EXISTS (SELECT 1 FROM person_group g WHERE g.id = x.group_id AND g.organization_id = $1))
		ORDER BY x.until_at, x.id LIMIT $4`, string(f.OrganizationID), from, string(f.After.ID), int64(f.Limit))
	all, err := collect(rows, err, func(r *sql.Rows) (core.Exemption, error) { return scanExemption(r) })
	return all, failed("exemptions", err)
}

// OverExemptions returns up to n exemptions of all organizations that have ended
// by themselves and no end is written down of: their time is over, or their group
// is gone.
func (s *Store) OverExemptions(ctx context.Context, now time.Time, n int) ([]core.Exemption, error) {
	rows, err := s.reading(ctx).query(`SELECT `+exemptionColumns+` FROM exemption x WHERE x.ended_at = 0 AND (x.until_at <= $1 OR x.group_id <> ''
		AND NOT EXISTS (SELECT 1 FROM person_group g WHERE g.id = x.group_id)) ORDER BY x.until_at, x.id LIMIT $2`, stamp(now), int64(n))
	all, err := collect(rows, err, func(r *sql.Rows) (core.Exemption, error) { return scanExemption(r) })
	return all, failed("exemptions that are over", err)
}

// ExemptGroup returns a group of an organization; ErrNotFound in another one.
func (s *Store) ExemptGroup(ctx context.Context, organizationID, groupID core.ID) (g core.ExemptGroup, err error) {
	if !storable(string(groupID)) {
		return g, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(`SELECT pg.id, pg.organization_id, pg.name, pg.exempt_until,
			(SELECT count(*) FROM membership gm WHERE gm.group_id = pg.id AND gm.organization_id = $2)
		FROM person_group pg WHERE pg.id = $1 AND pg.organization_id = $2`, string(groupID), string(organizationID)).
		Scan(&g.ID, &g.OrganizationID, &g.Name, at(&g.ExemptUntil), &g.Members)
	return g, failed("group", noRows(err))
}
