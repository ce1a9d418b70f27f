package loader

import (
	"context"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// ResultRow is what a load did with a row.
type ResultRow struct {
	core.LoadRowResult
	// Name, Username and Email are those of now; empty: nobody's, or of somebody who is
	// there no more. Of a group there is a name.
	Name, Username, Email string
	Problems              []core.LoadProblem
	Kept                  string // the code of why an undo left it alone; empty: it did not
}

// InFile reports whether it is a row of the file; otherwise it is about somebody whom
// the file does not name.
func (r ResultRow) InFile() bool { return r.Did != core.LoadDeactivated }

// Results returns what a load did with the rows behind a number, so many at most.
func (s *Service) Results(ctx context.Context, c Caller, id core.ID, after, limit int) ([]ResultRow, error) {
	run, err := s.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	return s.results(ctx, run, after, limit)
}

// resultBatches is how many batches are read at once: more than one, since rows that
// a program sends may come one by one.
const resultBatches = 20

func (s *Service) results(ctx context.Context, run core.LoadRun, after, limit int) ([]ResultRow, error) {
	var out []ResultRow
	for len(out) < limit {
		batches, err := s.Ledger.LoadResultsAfter(ctx, run.OrganizationID, run.ID, after, min(resultBatches, 1+limit/core.LoadBatchRows))
		if err != nil {
			return nil, err
		}
		if len(batches) == 0 {
			break
		}
		for _, b := range batches {
			kept := map[int]string{}
			for _, k := range b.Kept {
				kept[k.Row] = k.Why
			}
			for _, row := range b.Rows {
				// What stands behind the row where a load is was begun and not finished.
				begun := row.Row >= run.Next && row.Did != core.LoadDeactivated
				if row.Row > after && !begun && len(out) < limit {
					out = append(out, ResultRow{LoadRowResult: row, Kept: kept[row.Row]})
				}
			}
		}
		after = max(after, batches[len(batches)-1].To-1)
	}
	if err := s.identify(ctx, run, out); err != nil {
		return nil, err
	}
	return out, s.explain(ctx, run, out)
}

// identify says who or what rows are about, as they are called now.
func (s *Service) identify(ctx context.Context, run core.LoadRun, rows []ResultRow) error {
	if run.Order.Target == core.LoadGroups {
		return s.identifyGroups(ctx, run, rows)
	}
	for len(rows) > 0 {
		n := min(len(rows), core.LoadBatchRows)
		var ids []core.ID
		for _, row := range rows[:n] {
			if row.ID != "" {
				ids = append(ids, row.ID)
			}
		}
		people, err := s.Ledger.PeopleByID(ctx, run.OrganizationID, ids)
		if err != nil {
			return err
		}
		known := make(map[core.ID]core.User, len(people))
		for _, p := range people {
			known[p.User.ID] = p.User
		}
		for i := range rows[:n] {
			if u, ok := known[rows[i].ID]; ok {
				rows[i].Name, rows[i].Username, rows[i].Email = u.Name(), u.Username, u.Email
			}
		}
		rows = rows[n:]
	}
	return nil
}

func (s *Service) identifyGroups(ctx context.Context, run core.LoadRun, rows []ResultRow) error {
	groups, err := s.Ledger.Groups(ctx, run.OrganizationID)
	if err != nil {
		return err
	}
	names := make(map[core.ID]string, len(groups))
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	for i := range rows {
		rows[i].Name = names[rows[i].ID]
	}
	return nil
}

// explain says what is wrong with the rows that could not be taken, while that is
// kept.
func (s *Service) explain(ctx context.Context, run core.LoadRun, rows []ResultRow) error {
	at := map[int]int{}
	first := 0
	for i, row := range rows {
		if row.Did == core.LoadRejected {
			if len(at) == 0 {
				first = row.Row
			}
			at[row.Row] = i
		}
	}
	if len(at) == 0 {
		return nil
	}
	rejects, err := s.Store.LoadRejects(ctx, run.OrganizationID, run.ID, first-1, len(at))
	for _, j := range rejects {
		if i, ok := at[j.Row]; ok {
			rows[i].Problems = j.Problems
		}
	}
	return err
}

// AllResults hands over what a load did with all of its rows, some at a time. That
// they were taken is recorded before: there is a first call without rows.
func (s *Service) AllResults(ctx context.Context, c Caller, id core.ID, each func(rows []ResultRow) error) error {
	run, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	r := s.record(c, run, core.EventPeopleExported, "ok", map[string]string{"people": strconv.Itoa(run.Counts.Rows() + run.Counts.Deactivated)})
	if err := s.Store.Note(ctx, r); err != nil {
		return err
	}
	var rows []ResultRow
	for after := 0; ; after = rows[len(rows)-1].Row {
		if err := each(rows); err != nil {
			return err
		}
		if rows, err = s.results(ctx, run, after, core.LoadBatchRows); err != nil || len(rows) == 0 {
			return err
		}
	}
}
