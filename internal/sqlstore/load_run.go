package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
)

const loadColumns = `l.id, l.organization_id, l.actor_kind, l.actor_id, l.actor_name, l.origin, l.name, l.hash, l.load_order, l.columns,
	l.state, l.reason, l.next_row, l.total, l.added, l.updated, l.unchanged, l.rejected, l.deactivated, l.started_at, l.ended_at,
	l.package_id, l.package_name, ` + undoColumns

const selectLoad = `SELECT ` + loadColumns + ` FROM load_run l LEFT JOIN load_undo x ON x.run_id = l.id WHERE `

func loadFields(l *core.LoadRun) []any {
	return append([]any{
		&l.ID, &l.OrganizationID, &l.By.Kind, &l.By.ID, &l.By.Name, &factScan{&l.Origin}, &l.Name, &l.Hash, &factScan{&l.Order},
		&factScan{&l.Columns}, &l.State, &l.Reason, &l.Next, &l.Total, &l.Counts.Added, &l.Counts.Updated, &l.Counts.Unchanged,
		&l.Counts.Rejected, &l.Counts.Deactivated, at(&l.StartedAt), at(&l.EndedAt),
		&l.PackageID, &l.PackageName,
	}, undoFields(&l.Undo)...)
}

// CreateLoad stores a load that begins; ErrNotFound where whoever asks for it is
// not of the organization.
func (s *Store) CreateLoad(ctx context.Context, l core.LoadRun, r core.Record) error {
	texts, err := loadTexts(l)
	if err != nil {
		return fmt.Errorf("sqlstore: create load: %w", err)
	}
	return s.runInTx(ctx, "create load", func(t *tx) error {
		if err := t.lockLoads(l.OrganizationID); err != nil {
			return err
		}
		if err := t.lock(l.OrganizationID, l.By.ID); err != nil {
			return err
		}
		if err := t.insertLoad(l, texts); err != nil {
			return err
		}
		return t.record(r)
	})
}

// loadTexts are origin, order and columns of a load as they are stored.
func loadTexts(l core.LoadRun) (texts [3]string, err error) {
	for i, v := range []any{l.Origin, l.Order, l.Columns} {
		if texts[i], err = fact(v); err != nil {
			return texts, err
		}
	}
	return texts, nil
}

func (t *tx) insertLoad(l core.LoadRun, texts [3]string) error {
	if err := t.noUndo(l.OrganizationID); err != nil {
		return err
	}
	return t.all(`INSERT INTO load_run (id, organization_id, actor_kind, actor_id, actor_name, origin, name, hash, load_order, columns,
			state, reason, next_row, total, added, updated, unchanged, rejected, deactivated, started_at, ended_at, package_id, package_name,
			via, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, $13, 0, 0, 0, 0, 0, $14, 0, $15, $16, $17, $18)`,
		string(l.ID), string(l.OrganizationID), l.By.Kind, string(l.By.ID), clean(l.By.Name), clean(texts[0]), clean(l.Name), l.Hash,
		clean(texts[1]), clean(texts[2]), string(l.State), int64(l.Next), int64(l.Total), stamp(l.StartedAt),
		string(l.PackageID), clean(l.PackageName), string(l.Via()), string(l.Outcome()))
}

// LoadByID returns a load of an organization; ErrNotFound in another one.
func (s *Store) LoadByID(ctx context.Context, organizationID, id core.ID) (l core.LoadRun, err error) {
	if !storable(string(id)) {
		return l, core.ErrNotFound
	}
	err = s.reading(ctx).queryRow(selectLoad+`l.id = $1 AND l.organization_id = $2`,
		string(id), string(organizationID)).Scan(loadFields(&l)...)
	return l, failed("load", noRows(err))
}

// EndLoad ends a load; ErrStale where it is over already. The bytes of its file go with
// it: there may be hashes and secrets of apps in them, and nobody reads them again.
func (s *Store) EndLoad(ctx context.Context, e core.LoadEnd) error {
	return s.runInTx(ctx, "end load", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_run SET state = $3, reason = $4, ended_at = $5,
			outcome = CASE WHEN $3 <> 'done' THEN $3 WHEN rejected > 0 THEN 'partly' ELSE 'succeeded' END
			WHERE id = $1 AND organization_id = $2 AND state = 'running'`,
			string(e.RunID), string(e.OrganizationID), string(e.State), e.Reason, stamp(e.At))
		if err != nil {
			return err
		}
		err = t.all(`DELETE FROM load_named WHERE run_id = $1 AND organization_id = $2`, string(e.RunID), string(e.OrganizationID))
		if err != nil {
			return err
		}
		err = t.all(`DELETE FROM load_chunk WHERE organization_id = $2 AND file_id IN
			(SELECT f.id FROM load_file f WHERE f.run_id = $1 AND f.organization_id = $2)`, string(e.RunID), string(e.OrganizationID))
		if err != nil {
			return err
		}
		return t.record(e.Record)
	})
}

// LoadRejects returns the rows of a load that could not be taken, in the order of
// the file: those behind a row number.
func (s *Store) LoadRejects(ctx context.Context, organizationID, runID core.ID, after, limit int) ([]core.LoadReject, error) {
	if !storable(string(runID)) {
		return nil, core.ErrNotFound
	}
	rows, err := s.reading(ctx).query(`SELECT j.id, j.row_number, j.cells_sealed, j.problems FROM load_reject j
		WHERE j.run_id = $1 AND j.organization_id = $2 AND j.row_number > $3 ORDER BY j.row_number LIMIT $4`,
		string(runID), string(organizationID), int64(after), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (j core.LoadReject, err error) {
		return j, r.Scan(&j.ID, &j.Row, &j.CellsSealed, &factScan{&j.Problems})
	})
	return all, failed("load rejects", err)
}
