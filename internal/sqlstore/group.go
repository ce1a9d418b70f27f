package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

const selectGroups = `SELECT g.id, g.organization_id, g.name, g.description, g.created_at,
	(SELECT count(*) FROM membership m WHERE m.group_id = g.id) FROM person_group g WHERE g.organization_id = $1`

func groupFields(g *core.Group) []any {
	return []any{&g.ID, &g.OrganizationID, &g.Name, &g.Description, at(&g.CreatedAt), &g.Members}
}

// Groups returns an organization's groups by name, each with how many people are
// in it.
func (s *Store) Groups(ctx context.Context, organizationID core.ID) ([]core.Group, error) {
	rows, err := s.reading(ctx).query(selectGroups+` ORDER BY g.name_key, g.id`, string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (g core.Group, err error) { return g, r.Scan(groupFields(&g)...) })
	return all, failed("groups", err)
}

// GroupByID returns a group of an organization; ErrNotFound in another one.
func (s *Store) GroupByID(ctx context.Context, organizationID, id core.ID) (g core.Group, err error) {
	if !storable(string(id)) {
		return g, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(selectGroups+` AND g.id = $2`, string(organizationID), string(id)).Scan(groupFields(&g)...)
	return g, failed("group", noRows(err))
}

// CreateGroup stores a group; ErrTaken where the organization has one of that
// name, in any case, ErrLimit where it has as many as it may.
func (s *Store) CreateGroup(ctx context.Context, g core.Group, r core.Record) error {
	return s.runInTx(ctx, "create group", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE organization SET version = version WHERE id = $1`, string(g.OrganizationID))
		if err != nil {
			return err
		}
		var n int
		err = t.queryRow(`SELECT count(*) FROM person_group WHERE organization_id = $1`, string(g.OrganizationID)).Scan(&n)
		if err != nil {
			return err
		}
		if n >= core.GroupsPerOrganization {
			return core.ErrLimit
		}
		err = t.one(core.ErrTaken.With("field", "name"), `INSERT INTO person_group (id, organization_id, name, name_key, description, created_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, name_key) DO NOTHING`,
			string(g.ID), string(g.OrganizationID), g.Name, core.NameKey(g.Name), g.Description, stamp(g.CreatedAt))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// ChangeGroup stores another name or description of a group. ErrStale where it
// is not as it was read, ErrTaken where the name is another group's. Applications
// that are limited to it follow.
func (s *Store) ChangeGroup(ctx context.Context, c core.GroupChange) error {
	org, id := string(c.OrganizationID), string(c.GroupID)
	return s.runInTx(ctx, "change group", func(t *tx) error {
		n, err := t.exec(`UPDATE person_group SET name = $3, name_key = $4, description = $5
			WHERE id = $1 AND organization_id = $2 AND name = $6 AND description = $7
				AND NOT EXISTS (SELECT 1 FROM person_group o WHERE o.organization_id = $2 AND o.name_key = $4 AND o.id <> $1)`,
			id, org, c.Is.Name, core.NameKey(c.Is.Name), c.Is.Description, c.Was.Name, c.Was.Description)
		switch {
		case s.dialect.isUnique(err):
			return core.ErrTaken.With("field", "name").Because(err)
		case err != nil:
			return err
		case n == 0:
			return t.whyNoGroup(c)
		}
		if c.Is.Name != c.Was.Name {
			if err := t.renameInApplications(c); err != nil {
				return err
			}
			// Groups are facts of people: what they may open is read anew.
			if err := t.changed(core.ChangeOrganization, c.OrganizationID); err != nil {
				return err
			}
		}
		return t.record(c.Record)
	})
}

// whyNoGroup says why a change found nothing to change.
func (t *tx) whyNoGroup(c core.GroupChange) error {
	var taken int
	err := t.queryRow(`SELECT count(*) FROM person_group WHERE organization_id = $1 AND name_key = $2 AND id <> $3`,
		string(c.OrganizationID), core.NameKey(c.Is.Name), string(c.GroupID)).Scan(&taken)
	if err == nil && taken > 0 {
		return core.ErrTaken.With("field", "name")
	}
	if err == nil {
		return core.ErrStale
	}
	return err
}

// limited returns the applications of an organization that are limited to a
// group.
func (t *tx) limited(organizationID core.ID, name string) ([]core.Application, error) {
	rows, err := t.query(`SELECT `+applicationColumns+` FROM application a WHERE a.organization_id = $1`, string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (a core.Application, err error) {
		return a, r.Scan(applicationFields(&a)...)
	})
	return slices.DeleteFunc(all, func(a core.Application) bool { return !slices.Contains(a.Groups, name) }), err
}

func (t *tx) renameInApplications(c core.GroupChange) error {
	limited, err := t.limited(c.OrganizationID, c.Was.Name)
	if err != nil || len(limited) == 0 {
		return err
	}
	for _, a := range limited {
		groups := slices.Clone(a.Groups)
		groups[slices.Index(groups, c.Was.Name)] = c.Is.Name
		err := t.all(`UPDATE application SET group_names = $3 WHERE id = $1 AND organization_id = $2`, string(a.ID), string(c.OrganizationID), list(groups))
		if err != nil {
			return err
		}
	}
	return t.changed(core.ChangeApplications, c.OrganizationID)
}

// RemoveGroup removes a group with its memberships. ErrNotFound where there is
// none, ErrGroupInUse where an application is limited to it.
func (s *Store) RemoveGroup(ctx context.Context, c core.GroupRemoval) error {
	org, id := string(c.OrganizationID), string(c.GroupID)
	return s.runInTx(ctx, "remove group", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE person_group SET name = name WHERE id = $1 AND organization_id = $2`, id, org)
		if err != nil {
			return err
		}
		var name string
		if err := t.queryRow(`SELECT name FROM person_group WHERE id = $1 AND organization_id = $2`, id, org).Scan(&name); err != nil {
			return noRows(err)
		}
		limited, err := t.limited(c.OrganizationID, name)
		if err != nil {
			return err
		}
		if len(limited) > 0 {
			return core.ErrGroupInUse.With("application", limited[0].Name)
		}
		if err := t.all(`DELETE FROM membership WHERE group_id = $1 AND organization_id = $2`, id, org); err != nil {
			return err
		}
		if err := t.all(`DELETE FROM person_group WHERE id = $1 AND organization_id = $2`, id, org); err != nil {
			return err
		}
		if err := t.changed(core.ChangeOrganization, c.OrganizationID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// JoinGroup makes somebody a member of a group; who is one already stays it, and
// nothing is recorded. ErrNotFound where the person or the group is not of the
// organization.
func (s *Store) JoinGroup(ctx context.Context, m core.GroupMember) error {
	return s.runInTx(ctx, "join group", func(t *tx) error {
		if err := t.lock(m.OrganizationID, m.UserID); err != nil {
			return err
		}
		err := t.one(core.ErrNotFound, `UPDATE person_group SET name = name WHERE id = $1 AND organization_id = $2`, string(m.GroupID), string(m.OrganizationID))
		if err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO membership (organization_id, user_id, group_id) VALUES ($3, $1, $2) ON CONFLICT (user_id, group_id) DO NOTHING`,
			string(m.UserID), string(m.GroupID), string(m.OrganizationID))
		return t.regrouped(m, n, err)
	})
}

// LeaveGroup takes somebody out of a group; who is not in it is left alone.
func (s *Store) LeaveGroup(ctx context.Context, m core.GroupMember) error {
	return s.runInTx(ctx, "leave group", func(t *tx) error {
		if err := t.lock(m.OrganizationID, m.UserID); err != nil {
			return err
		}
		n, err := t.exec(`DELETE FROM membership WHERE user_id = $1 AND group_id = $2 AND organization_id = $3`,
			string(m.UserID), string(m.GroupID), string(m.OrganizationID))
		return t.regrouped(m, n, err)
	})
}

func (t *tx) regrouped(m core.GroupMember, n int64, err error) error {
	if err != nil || n == 0 {
		return err
	}
	if err := t.changed(core.ChangeUser, m.UserID); err != nil {
		return err
	}
	return t.record(m.Record)
}
