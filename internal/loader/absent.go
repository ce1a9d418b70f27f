package loader

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Finish ends a load whose rows are all done. Where its order says so, whom it has
// not named is deactivated first: by the same call as on a page, one by one, so that
// a server that is stopped in the middle goes on with those who are left. Where they
// are more than the order allows nobody is, and the load is stopped: a file that
// broke off must not empty a house. Nor is anybody where rows could not be taken: who
// stands in them is not known; nor where rows are missing, or the load began so long ago
// that whom its first rows named is forgotten. Administrators are left alone.
func (s *Service) Finish(ctx context.Context, c Caller, id core.ID) (core.LoadRun, error) {
	run, err := s.Get(ctx, c, id)
	if err != nil || run.State.Over() {
		return run, err
	}
	if err := s.does(ctx, c, run); err != nil {
		return run, err
	}
	if run.Order.Absent {
		if err := c.may(run.Order); err != nil {
			return run, err
		}
		if run.Counts.Rejected > 0 {
			return s.end(ctx, c, run, core.LoadStopped, core.LoadAbsentRows)
		}
		if run.Counts.Rows() < run.Total || s.Clock().Sub(run.StartedAt) > core.LoadNamedFor-unsure {
			return s.end(ctx, c, run, core.LoadStopped, core.LoadAbsentUnsure)
		}
		active, absent, err := s.Absent.CountAbsent(ctx, run.OrganizationID, run.ID)
		if err != nil {
			return run, err
		}
		noted, open, err := s.noted(ctx, run)
		if err != nil {
			return run, err
		}
		// Those who are deactivated already count on both sides, or a load that goes
		// on would be allowed more than one that was never interrupted.
		gone := run.Counts.Deactivated - open
		if (absent+gone)*100 > (active+gone)*run.Order.Threshold {
			return s.end(ctx, c, run, core.LoadStopped, core.LoadAbsentMany)
		}
		if err := s.deactivate(ctx, c, &run, noted); err != nil {
			return run, err
		}
	}
	return s.end(ctx, c, run, core.LoadDone, "")
}

// unsure is how long before whom a load named is forgotten nobody is deactivated for
// that any more: it takes a while, and goes on after a stop.
const unsure = 24 * time.Hour

// absentStep is how many people are noted before they are deactivated.
const absentStep = 50

// noted are the people whom a load noted last to deactivate, and how many of them are
// not yet: a server was stopped among them.
func (s *Service) noted(ctx context.Context, run core.LoadRun) (ids []core.ID, open int, err error) {
	if run.Counts.Deactivated == 0 {
		return nil, 0, nil
	}
	last, err := s.Ledger.LoadResultsAfter(ctx, run.OrganizationID, run.ID, run.Next+run.Counts.Deactivated-1, 1)
	if err != nil || len(last) == 0 {
		return nil, 0, err
	}
	for _, row := range last[0].Rows {
		ids = append(ids, row.ID)
	}
	people, err := s.Ledger.PeopleByID(ctx, run.OrganizationID, ids)
	for _, p := range people {
		if p.User.Status != core.Inactive && p.User.Type < core.Administrator {
			open++
		}
	}
	return ids, open, err
}

// deactivate deactivates who is absent, some at a time. They are noted first, so that
// none of them is forgotten when the load is undone; noted are those who were noted by
// somebody who did not come to the end of them.
func (s *Service) deactivate(ctx context.Context, c Caller, run *core.LoadRun, noted []core.ID) error {
	v := s.confirmed(c)
	for {
		ids, err := s.Absent.Absent(ctx, run.OrganizationID, run.ID, absentStep)
		if err != nil || len(ids) == 0 {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(ids), func(id core.ID) bool { return !slices.Contains(noted, id) })
		if len(left) == 0 {
			if err := s.note(ctx, run, ids); errors.Is(err, core.ErrStale) {
				return nil // it was ended meanwhile
			} else if err != nil {
				return err
			}
			left, noted = ids, ids
		}
		for _, id := range left {
			if err := s.People.Deactivate(ctx, v, c.Origin, id); err != nil {
				return err
			}
		}
	}
}

// note notes people whom a load is about to deactivate, as rows behind those of the
// file: the number after the last is left free, for a batch that was begun there.
func (s *Service) note(ctx context.Context, run *core.LoadRun, ids []core.ID) error {
	from := run.Next + 1 + run.Counts.Deactivated
	r := core.LoadResult{
		ID: core.LoadResultID(run.ID, from), OrganizationID: run.OrganizationID, RunID: run.ID, From: from, To: from + len(ids),
	}
	for i, id := range ids {
		r.Rows = append(r.Rows, core.LoadRowResult{Row: from + i, Did: core.LoadDeactivated, ID: id})
	}
	err := s.Absent.NoteAbsent(ctx, r)
	if err == nil {
		run.Counts.Deactivated += len(ids)
	}
	return err
}
