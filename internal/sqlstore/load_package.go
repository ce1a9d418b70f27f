package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
)

// The latest load of a package is looked up, not stored: nothing has to be kept true.
const (
	lastLoad       = `(SELECT max(x.id) FROM load_run x WHERE x.package_id = p.id AND x.organization_id = p.organization_id)`
	selectPackages = `SELECT p.id, p.organization_id, p.name, p.load_order, p.actor_kind, p.actor_id, p.actor_name, p.created_at,
	p.changed_at, p.version, COALESCE(` + lastLoad + `, '') FROM load_package p WHERE p.organization_id = $1`
	selectLastLoads = selectLoad + `l.organization_id = $1 AND l.id IN
		(SELECT ` + lastLoad + ` FROM load_package p WHERE p.organization_id = $1)`
)

func packageFields(p *core.LoadPackage) []any {
	return []any{
		&p.ID, &p.OrganizationID, &p.Name, &factScan{&p.Order}, &p.By.Kind, &p.By.ID, &p.By.Name, at(&p.CreatedAt),
		at(&p.ChangedAt), &p.Version, &p.LastRun,
	}
}

// LoadPackages returns an organization's packages by name.
func (s *Store) LoadPackages(ctx context.Context, organizationID core.ID) ([]core.LoadPackage, error) {
	rows, err := s.reading(ctx).query(selectPackages+` ORDER BY p.name_key, p.id`, string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (p core.LoadPackage, err error) { return p, r.Scan(packageFields(&p)...) })
	return all, failed("load packages", err)
}

// LoadPackageByID returns a package of an organization; ErrNotFound in another one.
func (s *Store) LoadPackageByID(ctx context.Context, organizationID, id core.ID) (p core.LoadPackage, err error) {
	if !storable(string(id)) {
		return p, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(selectPackages+` AND p.id = $2`, string(organizationID), string(id)).Scan(packageFields(&p)...)
	return p, failed("load package", noRows(err))
}

// LoadPackageByName returns the package that an organization has under a name, in
// any case.
func (s *Store) LoadPackageByName(ctx context.Context, organizationID core.ID, name string) (p core.LoadPackage, err error) {
	if !storable(name) {
		return p, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(selectPackages+` AND p.name_key = $2`, string(organizationID), core.NameKey(name)).Scan(packageFields(&p)...)
	return p, failed("load package", noRows(err))
}

// LastLoads returns the latest load of each of an organization's packages.
func (s *Store) LastLoads(ctx context.Context, organizationID core.ID) ([]core.LoadRun, error) {
	rows, err := s.reading(ctx).query(selectLastLoads, string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (l core.LoadRun, err error) { return l, r.Scan(loadFields(&l)...) })
	return all, failed("last loads", err)
}

// CreateLoadPackage stores a package; ErrTaken where the organization has one of that
// name, in any case, ErrLimit where it has as many as it may.
func (s *Store) CreateLoadPackage(ctx context.Context, p core.LoadPackage, r core.Record) error {
	order, err := fact(p.Order)
	if err != nil {
		return fmt.Errorf("sqlstore: create load package: %w", err)
	}
	return s.runInTx(ctx, "create load package", func(t *tx) error {
		// Whoever counts first holds the row until the package is stored.
		if err := t.lock(p.OrganizationID, p.By.ID); err != nil {
			return err
		}
		err := t.one(core.ErrNotFound, `UPDATE organization SET version = version WHERE id = $1`, string(p.OrganizationID))
		if err != nil {
			return err
		}
		var n int
		err = t.queryRow(`SELECT count(*) FROM load_package WHERE organization_id = $1`, string(p.OrganizationID)).Scan(&n)
		if err != nil {
			return err
		}
		if n >= core.LoadPackagesPerOrganization {
			return core.ErrLimit
		}
		err = t.one(core.ErrTaken.With("field", "name"), `INSERT INTO load_package (id, organization_id, name, name_key, load_order,
				actor_kind, actor_id, actor_name, created_at, changed_at, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 1) ON CONFLICT (organization_id, name_key) DO NOTHING`,
			string(p.ID), string(p.OrganizationID), clean(p.Name), core.NameKey(clean(p.Name)), clean(order), p.By.Kind, string(p.By.ID),
			clean(p.By.Name), stamp(p.CreatedAt))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// ChangeLoadPackage stores another name or order of a package: ErrStale where it is
// not of that version any more, ErrTaken where the name is another one's.
func (s *Store) ChangeLoadPackage(ctx context.Context, p core.LoadPackage, r core.Record) error {
	order, err := fact(p.Order)
	if err != nil {
		return fmt.Errorf("sqlstore: change load package: %w", err)
	}
	return s.runInTx(ctx, "change load package", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_package SET name = $4, name_key = $5, load_order = $6, changed_at = $7, version = version + 1
			WHERE id = $1 AND organization_id = $2 AND version = $3`,
			string(p.ID), string(p.OrganizationID), int64(p.Version), clean(p.Name), core.NameKey(clean(p.Name)), clean(order), stamp(p.ChangedAt))
		if s.dialect.isUnique(err) {
			return core.ErrTaken.With("field", "name").Because(err)
		}
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// DropLoadPackage removes a package; the loads that used it keep its name.
func (s *Store) DropLoadPackage(ctx context.Context, organizationID, id core.ID, r core.Record) error {
	return s.runInTx(ctx, "drop load package", func(t *tx) error {
		err := t.one(core.ErrNotFound, `DELETE FROM load_package WHERE id = $1 AND organization_id = $2`, string(id), string(organizationID))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}
