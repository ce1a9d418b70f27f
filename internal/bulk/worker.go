package bulk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often a worker looks, and how long it waits after a failure.
const (
	lookEvery  = time.Second
	afterError = 5 * time.Second
)

// Worker works on jobs, a turn at a time, so that a large one lets others pass.
// Every process runs one; make it with its fields.
type Worker struct {
	*Service
	Owner string // names this process in leases; unique among the replicas
}

// Run works until ctx ends. What is under way when it does is finished for one
// person, and goes on where it stopped.
func (w *Worker) Run(ctx context.Context) error {
	return rounds.Work(ctx, lookEvery, w.Turn, func(err error) { w.Logger.Warn("a bulk job stands still", "error", err) })
}

// Turn takes the job that has waited longest, does a batch of it and gives it
// back; false where none is due.
func (w *Worker) Turn(ctx context.Context) (bool, error) {
	now := w.Clock()
	j, err := w.Queue.TakeBulk(ctx, w.Owner, now, now.Add(core.BulkLease))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	j.Owner = w.Owner
	if j.State == core.BulkGathering {
		_, err = w.gather(ctx, &j)
	} else {
		err = w.batch(ctx, j)
	}
	next := w.Clock()
	if err != nil {
		next = next.Add(afterError)
	}
	// The lease ends by itself where this fails.
	err = errors.Join(err, w.Queue.LeaveBulk(context.WithoutCancel(ctx), w.Owner, j.ID, next))
	return true, err
}

// asker returns who asked for a job, as they are now; ErrNotFound where they may
// not do such things any more, or have said since that it wasn't them.
func (s *Service) asker(ctx context.Context, j core.BulkJob) (core.SessionView, error) {
	acc, org, err := s.People.AccountByID(ctx, j.OrganizationID, j.By.ID)
	if err == nil && (!acc.User.CanAdminister() || acc.User.AlarmedAt.After(j.AskedAt)) {
		err = core.ErrNotFound
	}
	v := core.SessionView{Account: acc, Organization: org}
	// What was confirmed when the job was started is good for all of it (SU2).
	v.Session = core.Session{ID: j.Origin.Session, OrganizationID: j.OrganizationID, UserID: j.By.ID, SignedInAt: j.AskedAt, ProvedAt: s.Clock()}
	return v, err
}

// gatherSome gathers a few steps for whoever waits, and leaves the rest to the
// worker.
func (s *Service) gatherSome(ctx context.Context, j core.BulkJob) error {
	for range gatherNow {
		last, err := s.gather(ctx, &j)
		if err != nil {
			return errors.Join(err, s.Queue.LeaveBulk(ctx, j.Owner, j.ID, s.Clock()))
		}
		if last {
			break
		}
	}
	return s.Queue.LeaveBulk(ctx, j.Owner, j.ID, s.Clock())
}

// gather writes down the next people of a job, with why they are skipped, and
// reports whether they are the last.
func (s *Service) gather(ctx context.Context, j *core.BulkJob) (last bool, err error) {
	v, err := s.asker(ctx, *j)
	if errors.Is(err, core.ErrNotFound) {
		return true, s.end(ctx, *j, core.BulkStopped, core.Actor{Kind: "system"}, j.Origin)
	}
	if err != nil {
		return false, err
	}
	people, after, last, err := s.next(ctx, *j)
	if err != nil {
		return false, err
	}
	step := core.BulkGatheringStep{OrganizationID: j.OrganizationID, JobID: j.ID, Owner: j.Owner, From: j.After, After: after, Last: last}
	now := s.Clock()
	for _, a := range people {
		item := core.BulkItem{UserID: a.User.ID, Name: a.User.Name(), Email: a.User.Email}
		if why := Why(j.Order, v.Account.User, a); why != "" {
			item.Outcome, item.Reason, item.At = core.BulkItemSkipped, why, now
		}
		step.Items = append(step.Items, item)
	}
	j.After = after
	return last, s.Queue.GatherBulk(ctx, step)
}

// next returns the next people of a selection.
func (s *Service) next(ctx context.Context, j core.BulkJob) (people []core.Account, after core.ID, last bool, err error) {
	if j.Selection.Filter != nil {
		f := *j.Selection.Filter
		f.OrganizationID, f.Sort, f.After, f.Limit = j.OrganizationID, core.SortMade, j.After, core.BulkGatherStep
		people, err = s.People.MatchPeople(ctx, f)
		if len(people) < core.BulkGatherStep {
			return people, j.After, true, err
		}
		return people, people[len(people)-1].User.ID, false, err
	}
	ids := j.Selection.IDs // sorted
	from, found := slices.BinarySearch(ids, j.After)
	if found {
		from++
	}
	ids = ids[from:]
	last = len(ids) <= core.BulkGatherStep
	if !last {
		ids = ids[:core.BulkGatherStep]
	}
	if len(ids) == 0 {
		return nil, j.After, true, nil
	}
	people, err = s.People.AccountsByID(ctx, j.OrganizationID, ids)
	return people, ids[len(ids)-1], last, err
}

// batch does the next people of a job, or ends it where there are none.
func (s *Service) batch(ctx context.Context, j core.BulkJob) error {
	v, err := s.asker(ctx, j)
	if errors.Is(err, core.ErrNotFound) {
		return s.finish(ctx, j, core.BulkStopped)
	}
	if err != nil {
		return err
	}
	if j.Order.GroupID != "" { // it may have another name by now
		g, err := s.People.GroupByID(ctx, j.OrganizationID, j.Order.GroupID)
		if errors.Is(err, core.ErrNotFound) {
			return s.finish(ctx, j, core.BulkStopped)
		}
		if err != nil {
			return err
		}
		j.Order.GroupName = g.Name
	}
	items, err := s.Store.BulkItems(ctx, core.BulkItemFilter{OrganizationID: j.OrganizationID, JobID: j.ID, Limit: core.BulkBatch})
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return s.finish(ctx, j, core.BulkDone)
	}
	settled, err := s.doSome(ctx, v, j, items)
	if len(settled) == 0 {
		return err
	}
	return errors.Join(err, s.Queue.SettleBulk(context.WithoutCancel(ctx), j.OrganizationID, j.ID, settled))
}

// doSome does people of a job and returns those for whom nothing was changed. Who
// was changed is settled already, by the change itself.
func (s *Service) doSome(ctx context.Context, v core.SessionView, j core.BulkJob, items []core.BulkItem) (settled []core.BulkItem, err error) {
	ids := make([]core.ID, len(items))
	for i, item := range items {
		ids[i] = item.UserID
	}
	accounts, err := s.People.AccountsByID(ctx, j.OrganizationID, ids)
	if err != nil {
		return nil, err
	}
	now := map[core.ID]core.Account{}
	for _, a := range accounts {
		now[a.User.ID] = a
	}
	o := j.Origin
	o.Bulk = j.ID
	skip := func(id core.ID, why string) {
		settled = append(settled, core.BulkItem{UserID: id, Outcome: core.BulkItemSkipped, Reason: why, At: s.Clock()})
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			return settled, nil // the next turn goes on
		}
		a, there := now[id]
		if !there {
			skip(id, whyGone)
			continue
		}
		if why := Why(j.Order, v.Account.User, a); why != "" {
			skip(id, why)
			continue
		}
		err := s.act(ctx, v, o, j.Order, a)
		if err == nil || errors.Is(err, core.ErrBulkSettled) {
			continue
		}
		if errors.Is(err, core.ErrNotAdministrator) {
			return settled, nil // the next turn finds that whoever asked may not, and stops
		}
		item, again := outcome(err, s.Clock())
		if again {
			return settled, err
		}
		if item.Outcome == core.BulkItemFailed {
			s.Logger.Error("a bulk job failed for a person", "job", j.ID, "person", id, "error", err)
		}
		item.UserID = id
		settled = append(settled, item)
	}
	return settled, nil
}

// finish ends a job that has run.
func (s *Service) finish(ctx context.Context, j core.BulkJob, to core.BulkState) error {
	j, err := s.Store.BulkByID(ctx, j.OrganizationID, j.ID)
	if err != nil {
		return err
	}
	err = s.end(ctx, j, to, core.Actor{Kind: "system"}, j.Origin)
	if errors.Is(err, core.ErrStale) {
		return nil // somebody stopped it a moment ago
	}
	return err
}
