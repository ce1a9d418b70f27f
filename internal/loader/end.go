package loader

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Absentees are the people whom a load has not named.
type Absentees interface {
	// CountAbsent counts the people of an organization who are active and no
	// administrators, and those among them whom the load has not named.
	CountAbsent(ctx context.Context, organizationID, runID core.ID) (active, absent int, err error)
	// Absent returns some of those whom it has not named.
	Absent(ctx context.Context, organizationID, runID core.ID, limit int) ([]core.ID, error)
	// NoteAbsent stores who are about to be deactivated, and counts them; core.ErrStale
	// where the load is over.
	NoteAbsent(ctx context.Context, r core.LoadResult) error
}

// Get returns a load of the caller's organization.
func (s *Service) Get(ctx context.Context, c Caller, id core.ID) (core.LoadRun, error) {
	if !c.View.Account.User.CanAdminister() {
		return core.LoadRun{}, core.ErrNotFound
	}
	return s.Store.LoadByID(ctx, c.View.Account.User.OrganizationID, id)
}

// ListLimit is how many loads a page of a list has at most. A list may be asked for one
// more, which says that there is a next page.
const ListLimit = 50

// List returns the loads of the caller's organization that a filter is for, newest
// first; [ListLimit] where it names no limit.
func (s *Service) List(ctx context.Context, c Caller, f core.LoadFilter) ([]core.LoadRun, error) {
	if !c.View.Account.User.CanAdminister() {
		return nil, core.ErrNotFound
	}
	if f.Limit <= 0 || f.Limit > ListLimit+1 {
		f.Limit = ListLimit
	}
	return s.Store.Loads(ctx, c.View.Account.User.OrganizationID, f)
}

// RejectedRow is a row that could not be taken, as it was.
type RejectedRow struct {
	Row      int
	Cells    []string
	Problems []core.LoadProblem
}

// Rejects returns the rows of a load behind a number that could not be taken, so
// many at most.
func (s *Service) Rejects(ctx context.Context, c Caller, id core.ID, after, limit int) ([]RejectedRow, error) {
	run, err := s.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	stored, err := s.Store.LoadRejects(ctx, run.OrganizationID, run.ID, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]RejectedRow, len(stored))
	for i, j := range stored {
		cells, err := s.Secrets.OpenRow(j.ID, j.CellsSealed)
		if err != nil {
			return nil, err
		}
		out[i] = RejectedRow{Row: j.Row, Cells: cells, Problems: j.Problems}
	}
	return out, nil
}

// Stop ends a load before its end. The rows that are done stay.
func (s *Service) Stop(ctx context.Context, c Caller, id core.ID, reason string) (core.LoadRun, error) {
	run, err := s.Get(ctx, c, id)
	if err != nil || run.State.Over() {
		return run, err
	}
	return s.end(ctx, c, run, core.LoadStopped, reason)
}

// end ends a load. One that somebody else has ended meanwhile is as they left it.
func (s *Service) end(ctx context.Context, c Caller, run core.LoadRun, state core.LoadState, reason string) (core.LoadRun, error) {
	result, detail := "ok", map[string]string{
		"added": strconv.Itoa(run.Counts.Added), "updated": strconv.Itoa(run.Counts.Updated), "unchanged": strconv.Itoa(run.Counts.Unchanged),
		"rejected": strconv.Itoa(run.Counts.Rejected), "deactivated": strconv.Itoa(run.Counts.Deactivated),
		core.DetailStarted: run.StartedAt.UTC().Format(time.RFC3339),
	}
	if reason != "" {
		detail[core.DetailReason] = reason
	}
	if state != core.LoadDone {
		result = "failed"
	}
	r := s.record(c, run, core.EventLoadEnded, result, detail)
	by, at := c.View.Account.User, r.Events[0].At
	// The mail is stored with the end, which happens once: of two that end a load one
	// tells of it, and a server that dies right after has told.
	if state == core.LoadDone && run.TellsDone(at) && by.ID == run.By.ID || state != core.LoadDone && c.Away {
		r.Messages = s.Post.Notices(r.Events[0], by)
	}
	err := s.Store.EndLoad(ctx, core.LoadEnd{
		OrganizationID: run.OrganizationID, RunID: run.ID, State: state, Reason: reason, At: at, Record: r,
	})
	if err != nil && !errors.Is(err, core.ErrStale) {
		return run, err
	}
	return s.Store.LoadByID(ctx, run.OrganizationID, run.ID)
}

// Abandon ends a load that cannot go on, for nobody in particular, and tells whoever
// is named; nobody where that is the zero value.
func (s *Service) Abandon(ctx context.Context, run core.LoadRun, state core.LoadState, reason string, tell core.User) error {
	now := s.Clock()
	e := core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: run.OrganizationID, At: now, Kind: core.EventLoadEnded, Result: "failed",
		Actor: core.Actor{Kind: "system"}, Target: run.Name, Origin: run.Origin,
		Detail: map[string]string{"load": string(run.ID), core.DetailReason: reason},
	}
	err := s.Store.EndLoad(ctx, core.LoadEnd{
		OrganizationID: run.OrganizationID, RunID: run.ID, State: state, Reason: reason, At: now,
		Record: core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, tell)},
	})
	if errors.Is(err, core.ErrStale) {
		return nil
	}
	return err
}

// failedStep is how many rows that could not be taken are handed over at once.
const failedStep = 500

// Failed hands over all rows that could not be taken, for a file that can be loaded
// again. That they were taken is recorded before: there is a first call without rows.
func (s *Service) Failed(ctx context.Context, c Caller, id core.ID, each func(columns []string, rows []RejectedRow) error) error {
	run, err := s.Get(ctx, c, id)
	if err != nil {
		return err
	}
	r := s.record(c, run, core.EventPeopleExported, "ok", map[string]string{"people": strconv.Itoa(run.Counts.Rejected)})
	if err := s.Store.Note(ctx, r); err != nil {
		return err
	}
	var rows []RejectedRow
	for after := 0; ; after = rows[len(rows)-1].Row {
		if err := each(run.Columns, rows); err != nil {
			return err
		}
		if rows, err = s.Rejects(ctx, c, id, after, failedStep); err != nil || len(rows) == 0 {
			return err
		}
	}
}
