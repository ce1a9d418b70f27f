package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const selectSchedules = `SELECT c.id, c.organization_id, c.actor_id, c.actor_name, c.package_id, c.api_key, c.kind, c.place, c.file_name, c.query,
	c.cron, c.zone, c.next_at, c.stopped, c.failures, c.fault, c.last_at, c.last_run, c.settled, c.last_hash, c.created_at, c.version
	FROM load_schedule c`

func scheduleFields(c *core.LoadSchedule) []any {
	c.By.Kind = "person"
	return []any{
		&c.ID, &c.OrganizationID, &c.By.ID, &c.By.Name, &c.PackageID, &c.KeyID, &c.Source.Kind, &c.Source.Place, &c.Source.Name, &c.Source.Query,
		&c.Cron, &c.Zone, at(&c.NextAt), &c.Stopped, &c.Failures, &factScan{&c.Fault}, at(&c.LastAt), &c.LastRun, &c.Settled, &c.LastHash,
		at(&c.CreatedAt), &c.Version,
	}
}

func readSchedule(r *sql.Rows) (c core.LoadSchedule, err error) {
	return c, r.Scan(scheduleFields(&c)...)
}

// LoadSchedules returns an organization's schedules, the oldest first.
func (s *Store) LoadSchedules(ctx context.Context, organizationID core.ID) ([]core.LoadSchedule, error) {
	rows, err := s.reading(ctx).query(selectSchedules+` WHERE c.organization_id = $1 ORDER BY c.created_at, c.id`, string(organizationID))
	all, err := collect(rows, err, readSchedule)
	return all, failed("load schedules", err)
}

// LoadScheduleByID returns a schedule of an organization; ErrNotFound in another one.
func (s *Store) LoadScheduleByID(ctx context.Context, organizationID, id core.ID) (c core.LoadSchedule, err error) {
	if !storable(string(id)) {
		return c, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(selectSchedules+` WHERE c.organization_id = $1 AND c.id = $2`, string(organizationID), string(id)).
		Scan(scheduleFields(&c)...)
	return c, failed("load schedule", noRows(err))
}

// needsOf refuses a schedule whose package or key is not the organization's, or whose
// key is somebody else's.
func (t *tx) needsOf(c core.LoadSchedule) error {
	var n int
	err := t.queryRow(`SELECT count(*) FROM load_package p, api_key k WHERE p.id = $2 AND p.organization_id = $1
		AND k.id = $3 AND k.organization_id = $1 AND k.user_id = $4`,
		string(c.OrganizationID), string(c.PackageID), string(c.KeyID), string(c.By.ID)).Scan(&n)
	if err == nil && n == 0 {
		err = core.ErrNotFound
	}
	return err
}

// CreateLoadSchedule stores a schedule: ErrLimit where the organization has as many as
// it may, ErrNotFound where its package or key is gone.
func (s *Store) CreateLoadSchedule(ctx context.Context, c core.LoadSchedule, r core.Record) error {
	return s.runInTx(ctx, "create load schedule", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.By.ID); err != nil {
			return err
		}
		if err := t.needsOf(c); err != nil {
			return err
		}
		// Whoever counts first holds the row until the schedule is stored.
		err := t.one(core.ErrNotFound, `UPDATE organization SET version = version WHERE id = $1`, string(c.OrganizationID))
		if err != nil {
			return err
		}
		var n int
		if err := t.queryRow(`SELECT count(*) FROM load_schedule WHERE organization_id = $1`, string(c.OrganizationID)).Scan(&n); err != nil {
			return err
		}
		if n >= core.LoadSchedulesPerOrganization {
			return core.ErrLimit
		}
		err = t.all(`INSERT INTO load_schedule (id, organization_id, actor_id, actor_name, package_id, api_key, kind, place, file_name, query,
				cron, zone, next_at, stopped, failures, fault, last_at, last_run, settled, last_hash, created_at, version, lease_owner, lease_until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, FALSE, 0, '{}', 0, '', TRUE, '', $14, 1, '', 0)`,
			string(c.ID), string(c.OrganizationID), string(c.By.ID), clean(c.By.Name), string(c.PackageID), string(c.KeyID),
			string(c.Source.Kind), clean(c.Source.Place), clean(c.Source.Name), clean(c.Source.Query), clean(c.Cron), clean(c.Zone),
			stamp(c.NextAt), stamp(c.CreatedAt))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// ChangeLoadSchedule stores what a person says of a schedule, and whether it goes on:
// ErrStale where it is not of that version any more, ErrNotFound where its package or
// key is gone. What failed before is forgotten where it goes on. A turn that is under way
// begins and notes nothing any more, so nobody waits for the end of its lease.
func (s *Store) ChangeLoadSchedule(ctx context.Context, c core.LoadSchedule, r core.Record) error {
	return s.runInTx(ctx, "change load schedule", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.By.ID); err != nil {
			return err
		}
		if !c.Stopped { // one that stops may be stopped because they are gone
			if err := t.needsOf(c); err != nil {
				return err
			}
		}
		err := t.one(core.ErrStale, `UPDATE load_schedule SET actor_id = $4, actor_name = $5, package_id = $6, api_key = $7, kind = $8, place = $9,
				file_name = $10, query = $11, cron = $12, zone = $13, next_at = $14, stopped = $15,
				failures = CASE WHEN $15 THEN failures ELSE 0 END, fault = CASE WHEN $15 THEN fault ELSE '{}' END,
				last_hash = CASE WHEN $15 THEN last_hash ELSE '' END, version = version + 1, lease_owner = '', lease_until = 0
			WHERE id = $1 AND organization_id = $2 AND version = $3`,
			string(c.ID), string(c.OrganizationID), int64(c.Version), string(c.By.ID), clean(c.By.Name), string(c.PackageID), string(c.KeyID),
			string(c.Source.Kind), clean(c.Source.Place), clean(c.Source.Name), clean(c.Source.Query), clean(c.Cron), clean(c.Zone),
			stamp(c.NextAt), c.Stopped)
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// DropLoadSchedule removes a schedule. What it loaded stays.
func (s *Store) DropLoadSchedule(ctx context.Context, organizationID, id core.ID, r core.Record) error {
	return s.runInTx(ctx, "drop load schedule", func(t *tx) error {
		err := t.one(core.ErrNotFound, `DELETE FROM load_schedule WHERE id = $1 AND organization_id = $2`, string(id), string(organizationID))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// A schedule is due at its time, unless what it began before is still under way; and
// once more when that is over, so that its end is counted. The organization that has
// waited longest comes first: one with fifty queries that each take minutes keeps
// nobody else's from their turn.
const dueSchedules = selectSchedules + ` WHERE c.lease_until <= $1 AND (c.settled AND NOT c.stopped AND c.next_at <= $1
	OR NOT c.settled AND NOT EXISTS (SELECT 1 FROM load_run l WHERE l.id = c.last_run AND l.state = 'running'))
	ORDER BY (SELECT max(o.last_at) FROM load_schedule o WHERE o.organization_id = c.organization_id), c.next_at, c.id`

// TakeLoadSchedule leases a schedule that is due to a worker that has its place;
// ErrNotFound where there is none.
func (s *Store) TakeLoadSchedule(ctx context.Context, owner string, places []core.LoadPlace, now, until time.Time) (core.LoadSchedule, error) {
	rows, err := s.reading(ctx).query(dueSchedules, stamp(now))
	due, err := collect(rows, err, readSchedule)
	if err != nil {
		return core.LoadSchedule{}, failed("take load schedule", err)
	}
	for _, c := range due {
		if !slices.Contains(places, c.Source.In()) {
			continue
		}
		took := c
		err := s.runInTx(ctx, "take load schedule", func(t *tx) error {
			took = core.LoadSchedule{}
			err := t.one(core.ErrNotFound, `UPDATE load_schedule SET lease_owner = $3, lease_until = $5 WHERE id = $1 AND organization_id = $2
				AND lease_until <= $4 AND next_at = $6 AND version = $7 AND last_run = $8 AND settled = $9`,
				string(c.ID), string(c.OrganizationID), owner, stamp(now), stamp(until), stamp(c.NextAt), int64(c.Version), string(c.LastRun), c.Settled)
			if err != nil {
				return err
			}
			return t.queryRow(selectSchedules+` WHERE c.id = $1`, string(c.ID)).Scan(scheduleFields(&took)...)
		})
		return took, err
	}
	return core.LoadSchedule{}, core.ErrNotFound
}

// NoteLoadSchedule stores what became of a turn, and ends the lease: ErrStale where it
// is somebody else's, or where a person changed the schedule meanwhile.
func (s *Store) NoteLoadSchedule(ctx context.Context, n core.LoadScheduleTurn) error {
	fault, err := fact(n.Is.Fault)
	if err != nil {
		return fmt.Errorf("sqlstore: note load schedule: %w", err)
	}
	return s.runInTx(ctx, "note load schedule", func(t *tx) error {
		if err := t.noteTurn(n, fault); err != nil {
			return err
		}
		err := t.all(`UPDATE load_schedule SET lease_owner = '', lease_until = 0 WHERE id = $1 AND organization_id = $2`,
			string(n.Is.ID), string(n.Is.OrganizationID))
		if err != nil {
			return err
		}
		return t.record(n.Record)
	})
}

// StartLoadTurn is StartLoadFile for the turn of a schedule, which is noted with it: a
// process that dies right after has had its turn. The lease stays, as what was loaded may
// still be there to be moved away. ErrStale also where the turn could not be noted.
func (s *Store) StartLoadTurn(ctx context.Context, f core.LoadFile, l core.LoadRun, n core.LoadScheduleTurn) error {
	texts, err := loadTexts(l)
	if err != nil {
		return fmt.Errorf("sqlstore: start load turn: %w", err)
	}
	fault, err := fact(n.Is.Fault)
	if err != nil {
		return fmt.Errorf("sqlstore: start load turn: %w", err)
	}
	n.Is.OrganizationID, n.Is.LastRun, n.Is.LastHash, n.Is.Settled = l.OrganizationID, l.ID, l.Hash, false
	return s.runInTx(ctx, "start load turn", func(t *tx) error {
		if err := t.startLoadFile(f, l, texts); err != nil {
			return err
		}
		if err := t.noteTurn(n, fault); err != nil {
			return err
		}
		return t.record(n.Record)
	})
}

func (t *tx) noteTurn(n core.LoadScheduleTurn, fault string) error {
	c := n.Is
	return t.one(core.ErrStale, `UPDATE load_schedule SET next_at = $5, stopped = $6, failures = $7, fault = $8, last_at = $9, last_run = $10,
			settled = $11, last_hash = $12
		WHERE id = $1 AND organization_id = $2 AND version = $3 AND lease_owner = $4 AND lease_owner <> ''`,
		string(c.ID), string(c.OrganizationID), int64(c.Version), n.Owner, stamp(c.NextAt), c.Stopped, int64(c.Failures), clean(fault),
		stamp(c.LastAt), string(c.LastRun), c.Settled, c.LastHash)
}
