package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

const applicationColumns = `a.id, a.organization_id, a.name, a.url, a.group_names, a.level, a.created_at, a.machines`

func applicationFields(a *core.Application) []any {
	return []any{&a.ID, &a.OrganizationID, &a.Name, &a.URL, listOf(&a.Groups), &a.Level, at(&a.CreatedAt), &a.Machines}
}

const insertApplication = `INSERT INTO application (id, organization_id, name, url, group_names, level, created_at, machines)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (url) DO NOTHING`

// AddApplication stores an application; ErrTaken where its address is
// registered, in any organization: forward-auth finds it by address. Groups are
// stored as they are spelled, whatever the case in which they were typed: who may
// open it is compared letter by letter.
func (s *Store) AddApplication(ctx context.Context, a core.Application, r core.Record) error {
	return s.runInTx(ctx, "add application", func(t *tx) error {
		var err error
		if a.Groups, err = t.spelled(a.OrganizationID, a.Groups); err != nil {
			return err
		}
		err = t.one(core.ErrTaken.With("field", "url"), insertApplication, string(a.ID), string(a.OrganizationID), a.Name, a.URL,
			list(a.Groups), int64(a.Level), stamp(a.CreatedAt), a.Machines)
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeApplications, a.OrganizationID); err != nil {
			return err
		}
		return t.record(r)
	})
}

// spelled returns names of groups as the organization spells them; those that no
// group has stay as they are.
func (t *tx) spelled(organizationID core.ID, names []string) ([]string, error) {
	all := slices.Clone(names)
	for i, name := range names {
		err := t.queryRow(`SELECT name FROM person_group WHERE organization_id = $1 AND name_key = $2`, string(organizationID), clean(core.NameKey(name))).Scan(&all[i])
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	return all, nil
}

// Applications returns an organization's applications by name; all where the
// id is empty.
func (s *Store) Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error) {
	query, args := `SELECT `+applicationColumns+` FROM application a`, []any(nil)
	if organizationID != "" {
		query, args = query+` WHERE a.organization_id = $1`, []any{string(organizationID)}
	}
	rows, err := s.reading(ctx).query(query+` ORDER BY a.name, a.id`, args...)
	all, err := collect(rows, err, func(r *sql.Rows) (a core.Application, err error) {
		return a, r.Scan(applicationFields(&a)...)
	})
	return all, failed("applications", err)
}

// RemoveApplication removes an application; ErrNotFound in another
// organization.
func (s *Store) RemoveApplication(ctx context.Context, organizationID, id core.ID, r core.Record) error {
	return s.runInTx(ctx, "remove application", func(t *tx) error {
		err := t.one(core.ErrNotFound, `DELETE FROM application WHERE id = $1 AND organization_id = $2`, string(id), string(organizationID))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeApplications, organizationID); err != nil {
			return err
		}
		return t.record(r)
	})
}

// SetMachines says whether an application lets programs in. ErrNotFound in another
// organization, ErrStale where it is so already.
func (s *Store) SetMachines(ctx context.Context, a core.Application, r core.Record) error {
	return s.runInTx(ctx, "set machines", func(t *tx) error {
		id, org := string(a.ID), string(a.OrganizationID)
		if err := t.one(core.ErrNotFound, `UPDATE application SET name = name WHERE id = $1 AND organization_id = $2`, id, org); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE application SET machines = $3 WHERE id = $1 AND organization_id = $2 AND machines <> $3`, id, org, a.Machines)
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeApplications, a.OrganizationID); err != nil {
			return err
		}
		return t.record(r)
	})
}
