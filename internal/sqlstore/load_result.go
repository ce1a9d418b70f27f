package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

const resultColumns = `r.id, r.organization_id, r.run_id, r.from_row, r.to_row, r.row_results, r.before_sealed, r.made, r.kept`

func resultFields(r *core.LoadResult) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.RunID, &r.From, &r.To, &factScan{&r.Rows}, &r.BeforeSealed, &factScan{&r.Made}, &factScan{&r.Kept},
	}
}

// putResult stores what a batch did, in the place of what it was about to do.
func (t *tx) putResult(r core.LoadResult) error {
	rows, err := fact(r.Rows)
	if err != nil {
		return err
	}
	made, err := fact(r.Made)
	if err != nil {
		return err
	}
	return t.all(`INSERT INTO load_result (id, run_id, organization_id, from_row, to_row, row_results, before_sealed, made, kept)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '[]')
		ON CONFLICT (id) DO UPDATE SET to_row = excluded.to_row, row_results = excluded.row_results, before_sealed = excluded.before_sealed, made = excluded.made`,
		string(r.ID), string(r.RunID), string(r.OrganizationID), int64(r.From), int64(r.To), rows, r.BeforeSealed, made)
}

// NoteLoadDeeds stores what the next batch of a load is about to do by calls that are
// transactions of their own: should the server stop among them, what was there before
// is known nevertheless. ErrStale where the load is over or somewhere else.
func (s *Store) NoteLoadDeeds(ctx context.Context, r core.LoadResult) error {
	return s.runInTx(ctx, "note load deeds", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE load_run SET next_row = next_row WHERE id = $1 AND organization_id = $2 AND next_row = $3 AND state = 'running'`,
			string(r.RunID), string(r.OrganizationID), int64(r.From))
		if err != nil {
			return err
		}
		return t.putResult(r)
	})
}

// LoadResult returns what the batch of a load did that begins at a row, or was about
// to do; ErrNotFound where none does.
func (s *Store) LoadResult(ctx context.Context, organizationID, runID core.ID, from int) (r core.LoadResult, err error) {
	err = s.reading(ctx).queryRow(`SELECT `+resultColumns+` FROM load_result r WHERE r.run_id = $1 AND r.organization_id = $2 AND r.from_row = $3`,
		string(runID), string(organizationID), int64(from)).Scan(resultFields(&r)...)
	return r, failed("load result", noRows(err))
}

// LoadResultsAfter returns what batches of a load did that have rows behind one, in
// their order.
func (s *Store) LoadResultsAfter(ctx context.Context, organizationID, runID core.ID, after, limit int) ([]core.LoadResult, error) {
	if !storable(string(runID)) {
		return nil, core.ErrNotFound
	}
	rows, err := s.reading(ctx).query(`SELECT `+resultColumns+` FROM load_result r
		WHERE r.run_id = $1 AND r.organization_id = $2 AND r.to_row > $3 + 1 ORDER BY r.from_row LIMIT $4`,
		string(runID), string(organizationID), int64(after), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (one core.LoadResult, err error) { return one, r.Scan(resultFields(&one)...) })
	return all, failed("load results", err)
}

const selectByID = `SELECT '', ` + knownColumns + ` FROM person u WHERE u.organization_id = $1 AND u.id IN `

// PeopleByID returns those of some people whom an organization has, with their groups
// and how many apps they have.
func (s *Store) PeopleByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.LoadKnown, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := append([]any{string(organizationID)}, idArgs(ids)...)
	rows, err := s.reading(ctx).query(selectByID+in(2, len(ids)), args...)
	all, err := collect(rows, err, knownRow)
	return all, failed("people by id", err)
}
