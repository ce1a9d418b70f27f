package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const loadFileColumns = `f.id, f.organization_id, f.actor_id, f.actor_name, f.name, f.size, f.hash, f.facts, f.load_order, f.run_id,
	f.confirmed, f.version, f.created_at, f.package_id, f.look_state, f.look`

func loadFileFields(f *core.LoadFile) []any {
	f.By.Kind = "person"
	return []any{
		&f.ID, &f.OrganizationID, &f.By.ID, &f.By.Name, &f.Name, &f.Size, &f.Hash, &factScan{&f.Facts}, &factScan{&f.Order}, &f.RunID,
		&f.Confirmed, &f.Version, at(&f.CreatedAt), &f.PackageID, &f.LookState, &factScan{&f.Look},
	}
}

// CreateLoadFile stores a file of which nothing has arrived yet; ErrNotFound where
// whoever puts it up is not of the organization. The oldest that nobody has loaded make
// place: another organization's people share the disk.
func (s *Store) CreateLoadFile(ctx context.Context, f core.LoadFile, r core.Record) error {
	return s.runInTx(ctx, "create load file", func(t *tx) error {
		if err := t.lock(f.OrganizationID, f.By.ID); err != nil {
			return err
		}
		err := t.all(`INSERT INTO load_file (id, organization_id, actor_id, actor_name, name, size, hash, facts, load_order, run_id,
				confirmed, version, created_at, lease_owner, lease_until)
			VALUES ($1, $2, $3, $4, $5, 0, '', '{}', '{}', '', FALSE, 1, $6, '', 0)`,
			string(f.ID), string(f.OrganizationID), string(f.By.ID), clean(f.By.Name), clean(f.Name), stamp(f.CreatedAt))
		if err != nil {
			return err
		}
		if err := t.makePlace(f.OrganizationID); err != nil {
			return err
		}
		return t.record(r)
	})
}

// makePlace removes the oldest files of an organization that have arrived and that
// nobody has loaded, where there are more than it may keep. One whose load begins
// meanwhile stays.
func (t *tx) makePlace(organizationID core.ID) error {
	rows, err := t.query(`SELECT f.id FROM load_file f WHERE f.organization_id = $1 AND f.run_id = '' AND f.hash <> ''
		ORDER BY f.created_at DESC, f.id DESC LIMIT 100 OFFSET $2`, string(organizationID), int64(core.LoadFilesWaiting))
	old, err := collect(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return err
	}
	for _, id := range old {
		n, err := t.exec(`UPDATE load_file SET version = version + 1 WHERE id = $1 AND organization_id = $2 AND run_id = ''`, id, string(organizationID))
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := t.all(`DELETE FROM load_chunk WHERE file_id = $1`, id); err != nil {
			return err
		}
		if err := t.all(`DELETE FROM load_file WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// AddLoadChunk stores the next bytes of a file that arrives.
func (s *Store) AddLoadChunk(ctx context.Context, organizationID, fileID, id core.ID, sealed string) error {
	return s.runInTx(ctx, "add load chunk", func(t *tx) error {
		return t.one(core.ErrNotFound, `INSERT INTO load_chunk (id, file_id, organization_id, content_sealed)
			SELECT CAST($3 AS TEXT), f.id, f.organization_id, CAST($4 AS TEXT) FROM load_file f
			WHERE f.id = $2 AND f.organization_id = $1 AND f.hash = ''`,
			string(organizationID), string(fileID), string(id), sealed)
	})
}

// SaveLoadFile changes what is known of a file that is not loaded yet: ErrStale where
// it is, or where somebody else has changed it.
func (s *Store) SaveLoadFile(ctx context.Context, f core.LoadFile, r core.Record) error {
	facts, err := fact(f.Facts)
	if err != nil {
		return fmt.Errorf("sqlstore: save load file: %w", err)
	}
	order, err := fact(f.Order)
	if err != nil {
		return fmt.Errorf("sqlstore: save load file: %w", err)
	}
	look, err := fact(f.Look)
	if err != nil {
		return fmt.Errorf("sqlstore: save load file: %w", err)
	}
	return s.runInTx(ctx, "save load file", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_file SET size = $4, hash = $5, facts = $6, load_order = $7, package_id = $8, look_state = $9, look = $10, version = version + 1
			WHERE id = $1 AND organization_id = $2 AND version = $3 AND run_id = '' AND (hash = '' OR hash = $5)`,
			string(f.ID), string(f.OrganizationID), int64(f.Version), f.Size, f.Hash, clean(facts), clean(order), string(f.PackageID), string(f.LookState), clean(look))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// DropLoadFile removes a file that is not loaded, with its bytes; ErrNotFound where
// it is, or where there is none.
func (s *Store) DropLoadFile(ctx context.Context, organizationID, id core.ID) error {
	return s.runInTx(ctx, "drop load file", func(t *tx) error {
		err := t.all(`DELETE FROM load_chunk WHERE file_id IN
			(SELECT f.id FROM load_file f WHERE f.id = $1 AND f.organization_id = $2 AND f.run_id = '')`, string(id), string(organizationID))
		if err != nil {
			return err
		}
		return t.one(core.ErrNotFound, `DELETE FROM load_file WHERE id = $1 AND organization_id = $2 AND run_id = ''`,
			string(id), string(organizationID))
	})
}

// LoadFileByID returns a file of an organization.
func (s *Store) LoadFileByID(ctx context.Context, organizationID, id core.ID) (f core.LoadFile, err error) {
	if !storable(string(id)) {
		return f, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(`SELECT `+loadFileColumns+` FROM load_file f WHERE f.id = $1 AND f.organization_id = $2`,
		string(id), string(organizationID)).Scan(loadFileFields(&f)...)
	return f, failed("load file", noRows(err))
}

// LoadHasFile reports whether a load of an organization is of a file that is kept.
func (s *Store) LoadHasFile(ctx context.Context, organizationID, runID core.ID) (has bool, err error) {
	if !storable(string(runID)) {
		return false, nil
	}
	err = s.reading(ctx).queryRow(`SELECT count(*) > 0 FROM load_file f WHERE f.run_id = $1 AND f.run_id <> '' AND f.organization_id = $2`,
		string(runID), string(organizationID)).Scan(&has)
	return has, failed("load has file", err)
}

// LoadChunk returns a part of a file of an organization, sealed.
func (s *Store) LoadChunk(ctx context.Context, organizationID, id core.ID) (sealed string, err error) {
	if !storable(string(id)) {
		return "", core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(`SELECT c.content_sealed FROM load_chunk c WHERE c.id = $1 AND c.organization_id = $2`,
		string(id), string(organizationID)).Scan(&sealed)
	return sealed, failed("load chunk", noRows(err))
}

// StartLoadFile begins the load of a file as it was looked at; ErrStale where it was
// changed since, or is being loaded: of two who start it, one does.
func (s *Store) StartLoadFile(ctx context.Context, f core.LoadFile, l core.LoadRun, r core.Record) error {
	texts, err := loadTexts(l)
	if err != nil {
		return fmt.Errorf("sqlstore: start load file: %w", err)
	}
	return s.runInTx(ctx, "start load file", func(t *tx) error {
		if err := t.startLoadFile(f, l, texts); err != nil {
			return err
		}
		return t.record(r)
	})
}

func (t *tx) startLoadFile(f core.LoadFile, l core.LoadRun, texts [3]string) error {
	if err := t.lockLoads(l.OrganizationID); err != nil {
		return err
	}
	if err := t.lock(l.OrganizationID, l.By.ID); err != nil {
		return err
	}
	err := t.one(core.ErrStale, `UPDATE load_file SET run_id = $5, confirmed = $6, actor_id = $7, actor_name = $8, version = version + 1,
			lease_owner = '', lease_until = 0, look_state = '', look = '{}'
		WHERE id = $1 AND organization_id = $2 AND version = $3 AND hash = $4 AND hash <> '' AND run_id = ''`,
		string(f.ID), string(l.OrganizationID), int64(f.Version), l.Hash, string(l.ID), f.Confirmed, string(l.By.ID), clean(l.By.Name))
	if err != nil {
		return err
	}
	return t.insertLoad(l, texts)
}

const dueLoad = `SELECT f.id FROM load_file f JOIN load_run l ON l.id = f.run_id
	WHERE l.state = 'running' AND f.lease_until <= $1 ORDER BY f.lease_until, f.id LIMIT 1`

// LoadWaits reports whether a file is due.
func (s *Store) LoadWaits(ctx context.Context, now time.Time) (bool, error) {
	var id string
	err := noRows(s.reading(ctx).queryRow(dueLoad, stamp(now)).Scan(&id))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, failed("load waits", err)
}

// TakeLoad leases a file whose load is not over to a worker; ErrNotFound where none
// is due.
func (s *Store) TakeLoad(ctx context.Context, owner string, now, until time.Time) (core.LoadFile, error) {
	return s.takeLoadFile(ctx, "take load", dueLoad, owner, now, until)
}

// takeLoadFile leases the file that a query finds due.
func (s *Store) takeLoadFile(ctx context.Context, what, due, owner string, now, until time.Time) (f core.LoadFile, err error) {
	var id string
	if err := s.reading(ctx).queryRow(due, stamp(now)).Scan(&id); err != nil {
		return f, failed(what, noRows(err)) // nothing to do costs no write
	}
	err = s.runInTx(ctx, what, func(t *tx) error {
		f = core.LoadFile{}
		if err := t.queryRow(due, stamp(now)).Scan(&id); err != nil {
			return noRows(err)
		}
		err := t.one(core.ErrNotFound, `UPDATE load_file SET lease_owner = $2, lease_until = $4 WHERE id = $1 AND lease_until <= $3`,
			id, owner, stamp(now), stamp(until))
		if err != nil {
			return err
		}
		return t.queryRow(`SELECT `+loadFileColumns+` FROM load_file f WHERE f.id = $1`, id).Scan(loadFileFields(&f)...)
	})
	return f, err
}

// HoldLoad moves the end of a lease: ErrStale where somebody else has it.
func (s *Store) HoldLoad(ctx context.Context, owner string, id core.ID, until time.Time) error {
	return s.runInTx(ctx, "hold load", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE load_file SET lease_until = $3 WHERE id = $1 AND lease_owner = $2`, string(id), owner, stamp(until))
	})
}

// sweptFile is a file that goes: $1 when it came at the latest, $2 when its load was
// over at the latest.
const sweptFile = `f.created_at < $1 AND (f.run_id = '' OR EXISTS
	(SELECT 1 FROM load_run l WHERE l.id = f.run_id AND l.ended_at > 0 AND l.ended_at < $2))`

// sweepFiles removes files that nobody loaded within a day, with their bytes, one at a
// time: they are large; and what is left of those whose load was a week ago. One whose
// load begins meanwhile stays.
func (s *Store) sweepFiles(ctx context.Context, now time.Time) (int, error) {
	const day = 24 * time.Hour
	came, over := stamp(now.Add(-day)), stamp(now.Add(-7*day))
	for n := range sweepRounds {
		var id string
		err := s.reading(ctx).queryRow(`SELECT f.id FROM load_file f WHERE `+sweptFile+` ORDER BY f.created_at LIMIT 1`, came, over).Scan(&id)
		if err == sql.ErrNoRows {
			return n, nil
		}
		if err != nil {
			return n, failed("sweep files", err)
		}
		err = s.runInTx(ctx, "sweep files", func(t *tx) error {
			err := t.one(core.ErrStale, `UPDATE load_file AS f SET version = version + 1 WHERE f.id = $3 AND `+sweptFile, came, over, id)
			if err != nil {
				return err
			}
			if err := t.all(`DELETE FROM load_chunk WHERE file_id = $1`, id); err != nil {
				return err
			}
			return t.all(`DELETE FROM load_file WHERE id = $1`, id)
		})
		if err != nil && !errors.Is(err, core.ErrStale) {
			return n, err
		}
	}
	return sweepRounds, nil
}
