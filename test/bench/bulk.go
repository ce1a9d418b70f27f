package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// bulkTurns is how often it is measured, after one turn that warms up.
const bulkTurns = 3

// bulk measures one action for all who match a filter: the help desk of a hundred
// thousand people, a thousand, is deactivated by one job and let in again by the
// next. A job counts from the request to its end, with the list of whom it
// concerns and the review. The floor is the same calls of the same service for
// the same people, one after the other: what an administrator with a quick hand
// would do, or a script, without a list, progress, or an end that survives a kill. Those in turn stand beside
// the least that such a call can be: a transaction that writes its event and its
// cache change.
func (s *suite) bulk(ctx context.Context, kind string) ([]row, error) {
	f, err := s.usersBase(ctx, kind)
	if f != nil {
		defer f.Close()
	}
	if err != nil {
		return nil, err
	}
	var turns, each []turn
	for range 1 + bulkTurns {
		jobs, err := f.perSecond(ctx, f.job)
		if err != nil {
			return nil, err
		}
		calls, err := f.perSecond(ctx, f.calls)
		if err != nil {
			return nil, err
		}
		bare, err := f.perSecond(ctx, f.records)
		if err != nil {
			return nil, err
		}
		turns, each = append(turns, turn{jobs, calls}), append(each, turn{calls, bare})
	}
	return []row{
		median(turns[1:]).row("bulk", kind, "people/s", "ratio >= 0.5"),
		median(each[1:]).row("bulk_calls", kind, "people/s", ""),
	}, ctx.Err()
}

// perSecond deactivates the help desk and lets it in again, somehow.
func (f *found) perSecond(ctx context.Context, do func(context.Context, core.BulkAction) (int, error)) (float64, error) {
	f.view.Session = core.Session{ID: "bench", OrganizationID: f.org.ID, UserID: f.view.Account.User.ID, ProvedAt: f.Clock()}
	began := time.Now()
	gone, err := do(ctx, core.BulkDeactivate)
	if err != nil {
		return 0, err
	}
	back, err := do(ctx, core.BulkReactivate)
	if err == nil && (gone < 1000 || back != gone) {
		err = fmt.Errorf("%d people were deactivated and %d let in again", gone, back)
	}
	return float64(gone+back) / time.Since(began).Seconds(), err
}

// job does it to the help desk by a job, and returns to how many.
func (f *found) job(ctx context.Context, action core.BulkAction) (int, error) {
	o, helper := core.Origin{Session: "bench"}, core.HelpDesk
	id, err := f.Bulk.Ask(ctx, f.view, o, action, core.BulkSelection{Filter: &core.PersonFilter{Type: &helper}})
	if err != nil {
		return 0, err
	}
	if err := f.work(ctx); err != nil { // what is left of the list
		return 0, err
	}
	if err := f.Bulk.Start(ctx, f.view, o, id, "", ""); err != nil {
		return 0, err
	}
	if err := f.work(ctx); err != nil {
		return 0, err
	}
	j, err := f.Store.BulkByID(ctx, f.org.ID, id)
	if err == nil && j.State != core.BulkDone {
		err = fmt.Errorf("the job is %s", j.State)
	}
	return j.Counts.Done, err
}

// work lets a worker do all that there is to do.
func (f *found) work(ctx context.Context) error {
	worker := bulk.Worker{Service: f.Bulk, Owner: "bench"}
	for {
		some, err := worker.Turn(ctx)
		if err != nil || !some {
			return err
		}
	}
}

// calls does it to each of the help desk by hand.
func (f *found) calls(ctx context.Context, action core.BulkAction) (int, error) {
	do, n := f.People.Deactivate, 0
	if action == core.BulkReactivate {
		do = f.People.Reactivate
	}
	for _, u := range f.all {
		if u.User.Type != core.HelpDesk {
			continue
		}
		if err := do(ctx, f.view, core.Origin{Session: "bench"}, u.User.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// records writes of each of the help desk what a call records, and does nothing.
func (f *found) records(ctx context.Context, action core.BulkAction) (int, error) {
	n := 0
	for _, u := range f.all {
		if u.User.Type != core.HelpDesk {
			continue
		}
		now, id := f.Clock(), u.User.ID
		err := f.Store.Note(ctx, core.Record{
			Events: []core.Event{{
				ID: core.NewID(now, f.Random), OrganizationID: f.org.ID, At: now, Kind: "bench." + string(action), Result: "ok",
				Actor: core.Actor{Kind: "person", ID: f.view.Account.User.ID}, SubjectID: id, Target: u.User.Email,
			}},
			Changes: []core.Change{{ID: core.NewID(now, f.Random), At: now, Kind: core.ChangeUser, SubjectID: id}},
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
