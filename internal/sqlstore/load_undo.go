package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// undoColumns are those of a load's undo, of which there may be none.
const undoColumns = `COALESCE(x.state, ''), COALESCE(x.reason, ''), COALESCE(x.actor_id, ''), COALESCE(x.actor_name, ''), COALESCE(x.origin, '{}'),
	COALESCE(x.below, 0), COALESCE(x.deactivated, 0), COALESCE(x.returned, 0), COALESCE(x.restored, 0), COALESCE(x.removed, 0), COALESCE(x.kept, 0),
	COALESCE(x.started_at, 0), COALESCE(x.ended_at, 0)`

func undoFields(u *core.LoadUndo) []any {
	return []any{
		&u.State, &u.Reason, &u.By.ID, &u.By.Name, &factScan{&u.Origin}, &u.Below, &u.Counts.Deactivated, &u.Counts.Returned, &u.Counts.Restored,
		&u.Counts.Removed, &u.Counts.Kept, at(&u.StartedAt), at(&u.EndedAt),
	}
}

// lockLoads makes what begins a load and what begins an undo take turns. It comes
// before any other row of the transaction.
func (t *tx) lockLoads(organizationID core.ID) error {
	return t.one(core.ErrNotFound, `UPDATE organization SET version = version WHERE id = $1`, string(organizationID))
}

// noUndo refuses what begins while a load of the organization is undone.
func (t *tx) noUndo(organizationID core.ID) error {
	var n int
	err := t.queryRow(`SELECT count(*) FROM load_undo WHERE organization_id = $1 AND state = 'undoing'`, string(organizationID)).Scan(&n)
	if err == nil && n > 0 {
		err = core.ErrUndoing
	}
	return err
}

// BeginUndo begins the undo of a load, or takes one up that was halted. Of parallel
// callers exactly one succeeds.
func (s *Store) BeginUndo(ctx context.Context, b core.LoadUndoBegin) error {
	origin, err := fact(b.Origin)
	if err != nil {
		return err
	}
	run, org := string(b.RunID), string(b.OrganizationID)
	return s.runInTx(ctx, "begin undo", func(t *tx) error {
		if err := t.lockLoads(b.OrganizationID); err != nil {
			return err
		}
		var some int
		if err := t.queryRow(`SELECT count(*) FROM load_run WHERE id = $1 AND organization_id = $2`, run, org).Scan(&some); err != nil {
			return err
		}
		if some == 0 {
			return core.ErrNotFound
		}
		if err := t.noUndo(b.OrganizationID); err != nil {
			return err
		}
		var loading int
		err := t.queryRow(`SELECT count(*) FROM load_run WHERE organization_id = $1 AND state = 'running' AND id <> $2`, org, run).Scan(&loading)
		if err != nil {
			return err
		}
		if loading > 0 {
			return core.ErrLoading
		}
		err = t.one(core.ErrStale, `INSERT INTO load_undo (run_id, organization_id, state, reason, actor_id, actor_name, origin, below,
				deactivated, returned, restored, removed, kept, started_at, ended_at, lease_owner, lease_until)
			SELECT l.id, l.organization_id, 'undoing', '', CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT),
				0, 0, 0, 0, 0, CAST($7 AS BIGINT), 0, '', 0 FROM load_run l
			WHERE l.id = $1 AND l.organization_id = $2 AND l.state <> 'running' AND l.ended_at > $8 AND l.started_at > $9
			ON CONFLICT (run_id) DO UPDATE SET state = 'undoing', reason = '', actor_id = excluded.actor_id, actor_name = excluded.actor_name,
				origin = excluded.origin, started_at = excluded.started_at, ended_at = 0, lease_owner = '', lease_until = 0
			WHERE load_undo.state = 'halted'`,
			run, org, string(b.By.ID), clean(b.By.Name), clean(origin), int64(math.MaxInt32), stamp(b.At),
			stamp(b.At.Add(-core.LoadUndoLife)), stamp(b.At.Add(-core.LoadUndoOldest)))
		if err != nil {
			return err
		}
		return t.record(b.Record)
	})
}

const dueUndo = `SELECT x.run_id FROM load_undo x WHERE x.state = 'undoing' AND x.lease_until <= $1 ORDER BY x.lease_until, x.run_id LIMIT 1`

// TakeUndo leases a load that is being undone to a worker; ErrNotFound where none is
// due.
func (s *Store) TakeUndo(ctx context.Context, owner string, now, until time.Time) (l core.LoadRun, err error) {
	var id string
	if err := s.reading(ctx).queryRow(dueUndo, stamp(now)).Scan(&id); err != nil {
		return l, failed("take undo", noRows(err)) // nothing to do costs no write
	}
	err = s.runInTx(ctx, "take undo", func(t *tx) error {
		l = core.LoadRun{}
		err := t.one(core.ErrNotFound, `UPDATE load_undo SET lease_owner = $2, lease_until = $4 WHERE run_id = $1 AND lease_until <= $3 AND state = 'undoing'`,
			id, owner, stamp(now), stamp(until))
		if err != nil {
			return err
		}
		return t.queryRow(selectLoad+`l.id = $1`, id).Scan(loadFields(&l)...)
	})
	return l, err
}

// HoldUndo moves the end of a lease: ErrStale where somebody else has it.
func (s *Store) HoldUndo(ctx context.Context, owner string, runID core.ID, until time.Time) error {
	return s.runInTx(ctx, "hold undo", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE load_undo SET lease_until = $3 WHERE run_id = $1 AND lease_owner = $2`, string(runID), owner, stamp(until))
	})
}

// LoadResultBelow returns what the last batch of a load did that begins below a row.
func (s *Store) LoadResultBelow(ctx context.Context, organizationID, runID core.ID, below int) (r core.LoadResult, err error) {
	err = s.reading(ctx).queryRow(`SELECT `+resultColumns+` FROM load_result r WHERE r.run_id = $1 AND r.organization_id = $2 AND r.from_row < $3
		ORDER BY r.from_row DESC LIMIT 1`, string(runID), string(organizationID), int64(below)).Scan(resultFields(&r)...)
	return r, failed("load result below", noRows(err))
}

// LoadKept returns those of whom an undo has left as they were, in the order of the
// file, so many at most.
func (s *Store) LoadKept(ctx context.Context, organizationID, runID core.ID, limit int) ([]core.LoadKept, error) {
	rows, err := s.reading(ctx).query(`SELECT r.kept FROM load_result r WHERE r.run_id = $1 AND r.organization_id = $2 AND r.kept <> '[]'
		ORDER BY r.from_row LIMIT $3`, string(runID), string(organizationID), int64(limit))
	lists, err := collect(rows, err, func(r *sql.Rows) (list []core.LoadKept, err error) { return list, r.Scan(&factScan{&list}) })
	var all []core.LoadKept
	for _, list := range lists {
		all = append(all, list[:min(len(list), limit-len(all))]...)
	}
	return all, failed("load kept", err)
}

// UndoBatch takes back what a batch of a load did, and moves the undo before it. Of 50
// callers with one batch exactly one succeeds, so nothing is taken back twice.
func (s *Store) UndoBatch(ctx context.Context, b core.LoadUndoBatch) error {
	kept, err := fact(append([]core.LoadKept{}, b.Kept...))
	if err != nil {
		return err
	}
	run, org, c := string(b.RunID), string(b.OrganizationID), b.Counts
	return s.runInTx(ctx, "undo batch", func(t *tx) error {
		if len(b.Remove) > 0 {
			if err := t.lockLoads(b.OrganizationID); err != nil { // as what makes groups
				return err
			}
		}
		err := t.one(core.ErrStale, `UPDATE load_undo SET below = $4, deactivated = deactivated + $5, returned = returned + $6, restored = restored + $7,
				removed = removed + $8, kept = kept + $9
			WHERE run_id = $1 AND organization_id = $2 AND below = $3 AND state = 'undoing'`,
			run, org, int64(b.Below), int64(b.To), int64(c.Deactivated), int64(c.Returned), int64(c.Restored), int64(c.Removed), int64(c.Kept))
		if err != nil {
			return err
		}
		if err := t.mustHold(b.Record); err != nil {
			return err
		}
		if err := t.changeBack(b); err != nil {
			return err
		}
		for _, g := range b.Remove {
			if err := t.removeMade(b, g); err != nil {
				return err
			}
		}
		err = t.all(`UPDATE load_result SET kept = $4 WHERE run_id = $1 AND organization_id = $2 AND from_row = $3`, run, org, int64(b.To), kept)
		if err != nil {
			return err
		}
		return t.record(b.Record)
	})
}

// changeBack gives people back what they had.
func (t *tx) changeBack(b core.LoadUndoBatch) error {
	groups := map[string]string{}
	for _, c := range b.Change {
		for _, name := range c.Join {
			var id string
			err := t.queryRow(`SELECT id FROM person_group WHERE organization_id = $1 AND name_key = $2`, string(b.OrganizationID), core.NameKey(name)).Scan(&id)
			if errors.Is(err, sql.ErrNoRows) {
				return core.ErrStale // it is looked up again
			}
			if err != nil {
				return err
			}
			groups[name] = id
		}
	}
	as := core.LoadBatch{OrganizationID: b.OrganizationID, RunID: b.RunID, At: b.At}
	for _, c := range b.Change {
		if err := t.changeLoaded(as, c, groups); err != nil {
			return err
		}
	}
	return nil
}

// removeMade removes a group that the load has made. One that must go and cannot
// refuses the batch, which is looked at again.
func (t *tx) removeMade(b core.LoadUndoBatch, g core.LoadGroupRemoval) error {
	org, id := string(b.OrganizationID), string(g.GroupID)
	var is core.GroupFields
	var members int
	err := t.queryRow(`SELECT g.name, g.description, (SELECT count(*) FROM membership m WHERE m.group_id = g.id) FROM person_group g
		WHERE g.id = $1 AND g.organization_id = $2`, id, org).Scan(&is.Name, &is.Description, &members)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	limited, err := t.limited(b.OrganizationID, is.Name)
	if err != nil {
		return err
	}
	switch {
	case g.Was == nil && (members > 0 || len(limited) > 0):
		return nil
	case len(limited) > 0:
		return core.ErrGroupInUse.With("application", limited[0].Name).With("group", id)
	case members > 0 || g.Was != nil && *g.Was != is:
		return core.ErrStale
	}
	if err := t.all(`DELETE FROM person_group WHERE id = $1 AND organization_id = $2`, id, org); err != nil {
		return err
	}
	if g.Was == nil { // those that must go are counted by whoever asks
		if err := t.all(`UPDATE load_undo SET removed = removed + 1 WHERE run_id = $1`, string(b.RunID)); err != nil {
			return err
		}
	}
	if err := t.changed(core.ChangeOrganization, b.OrganizationID); err != nil {
		return err
	}
	for i := range g.Record.Events {
		g.Record.Events[i].Target = is.Name
	}
	return t.record(g.Record)
}

// EndUndo ends an undo; ErrStale where it is not under way.
func (s *Store) EndUndo(ctx context.Context, e core.LoadUndoEnd) error {
	return s.runInTx(ctx, "end undo", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_undo SET state = $3, reason = $4, ended_at = $5, lease_owner = '', lease_until = 0
			WHERE run_id = $1 AND organization_id = $2 AND state = 'undoing'`,
			string(e.RunID), string(e.OrganizationID), string(e.State), e.Reason, stamp(e.At))
		if err != nil {
			return err
		}
		if e.State == core.LoadUndone { // the history finds it as such
			err := t.all(`UPDATE load_run SET outcome = 'undone' WHERE id = $1 AND organization_id = $2`, string(e.RunID), string(e.OrganizationID))
			if err != nil {
				return err
			}
		}
		return t.record(e.Record)
	})
}
