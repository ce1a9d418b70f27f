package loadundo

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often a worker looks, how long it waits after a failure, and how long one undo
// goes on while others may wait.
const (
	lookEvery  = time.Second
	afterError = 5 * time.Second
	turnLength = 10 * time.Second
)

// Worker takes loads back, one at a time. Every process runs one; make it with its
// fields.
type Worker struct {
	*Service
	Owner string // names this process in leases; unique among the replicas
}

// Run works until ctx ends. An undo that is under way then goes on where it stopped,
// here or elsewhere.
func (w *Worker) Run(ctx context.Context) error {
	return rounds.Work(ctx, lookEvery, w.Turn, func(err error) { w.Logger.Warn("an undo of a load stands still", "error", err) })
}

// Turn takes the undo that has waited longest and goes on with it for some time; false
// where none is due. The lease only keeps two workers from the same work: what is
// done twice is refused where it is stored.
func (w *Worker) Turn(ctx context.Context) (bool, error) {
	now := w.Clock()
	run, err := w.Queue.TakeUndo(ctx, w.Owner, now, now.Add(core.LoadLease))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = w.undo(ctx, run, now.Add(turnLength))
	next := w.Clock()
	if err != nil {
		next = next.Add(afterError)
	}
	// The lease ends by itself where this fails, and may be somebody else's by now.
	left := w.Queue.HoldUndo(context.WithoutCancel(ctx), w.Owner, run.ID, next)
	if errors.Is(left, core.ErrStale) {
		left = nil
	}
	return true, errors.Join(err, left)
}

// undo goes on with an undo until a moment, as whoever began it, if they may still.
func (w *Worker) undo(ctx context.Context, run core.LoadRun, until time.Time) error {
	acc, org, err := w.Accounts.AccountByID(ctx, run.OrganizationID, run.Undo.By.ID)
	if err == nil && !acc.User.CanAdminister() {
		err = core.ErrNotFound
	}
	if errors.Is(err, core.ErrNotFound) {
		return w.halt(ctx, run)
	}
	if err != nil {
		return err
	}
	v := core.SessionView{Account: acc, Organization: org}
	// What was confirmed when it was begun is good for all of it (SU2).
	v.Session = core.Session{
		ID: run.Undo.Origin.Session, OrganizationID: run.OrganizationID, UserID: acc.User.ID, SignedInAt: run.Undo.StartedAt,
	}
	for {
		v.Session.ProvedAt = w.Clock()
		over, err := w.Next(ctx, v, &run)
		if errors.Is(err, core.ErrNotAdministrator) { // or an alarm came
			return w.halt(ctx, run)
		}
		if err != nil || over {
			return err
		}
		now := w.Clock()
		if !now.Before(until) {
			return nil
		}
		if err := w.Queue.HoldUndo(ctx, w.Owner, run.ID, now.Add(core.LoadLease)); err != nil {
			return err
		}
	}
}

// halt ends an undo that cannot go on, for nobody in particular.
func (w *Worker) halt(ctx context.Context, run core.LoadRun) error {
	now := w.Clock()
	e := core.Event{
		ID: core.NewID(now, w.Random), OrganizationID: run.OrganizationID, At: now, Kind: core.EventLoadUndoEnded, Result: "failed",
		Actor: core.Actor{Kind: "system"}, Target: run.Name, Origin: run.Undo.Origin,
		Detail: map[string]string{"load": string(run.ID), core.DetailReason: core.LoadRightLost},
	}
	err := w.Store.EndUndo(ctx, core.LoadUndoEnd{
		OrganizationID: run.OrganizationID, RunID: run.ID, State: core.LoadUndoHalted, Reason: core.LoadRightLost, At: now,
		Record: core.Record{Events: []core.Event{e}},
	})
	if errors.Is(err, core.ErrStale) {
		return nil
	}
	return err
}

// undoTries bounds how often a batch is looked at anew because somebody changed what
// it is about.
const undoTries = 5

// Next takes back the next batch of a load that is being undone, or ends the undo
// behind the last one; over says so. The run is as it is afterwards.
func (s *Service) Next(ctx context.Context, v core.SessionView, run *core.LoadRun) (over bool, err error) {
	r, err := s.Store.LoadResultBelow(ctx, run.OrganizationID, run.ID, run.Undo.Below)
	if errors.Is(err, core.ErrNotFound) {
		return true, s.end(ctx, v, *run)
	}
	if err != nil {
		return false, err
	}
	inUse := map[core.ID]bool{}
	for try := range undoTries {
		err = s.once(ctx, v, *run, r, attempt{inUse, try == undoTries-1})
		var e *core.Error
		switch {
		case errors.As(err, &e) && e.Code == core.ErrGroupInUse.Code:
			id, _ := e.Params["group"].(string)
			inUse[core.ID(id)] = true
			continue
		case err != nil && !errors.Is(err, core.ErrStale):
			return false, err
		}
		now, again := s.Store.LoadByID(ctx, run.OrganizationID, run.ID)
		if again != nil {
			return false, again
		}
		moved := now.Undo.Below != run.Undo.Below || now.Undo.State != core.LoadUndoing
		*run = now
		if err == nil || moved { // by somebody else
			return run.Undo.State != core.LoadUndoing, nil
		}
	}
	return false, err
}

// attempt is one look at a batch.
type attempt struct {
	inUse map[core.ID]bool // groups that cannot go
	last  bool             // there is none after it
}

// once looks at a batch and takes it back. What a call refuses, stays as it is; but
// somebody who was changed since the look is looked at anew first, as that may have
// been another worker at the same batch.
func (s *Service) once(ctx context.Context, v core.SessionView, run core.LoadRun, r core.LoadResult, a attempt) error {
	p, err := s.plan(ctx, v, run, r, a.inUse)
	if err != nil {
		return err
	}
	b := core.LoadUndoBatch{OrganizationID: run.OrganizationID, RunID: run.ID, Below: run.Undo.Below, To: r.From, At: s.Clock()}
	for i := range p.items {
		it := &p.items[i]
		for _, do := range it.deeds {
			err := do(ctx)
			kind := core.KindOf(err)
			if kind == core.Internal && err != nil || kind == core.Unavailable || errors.Is(err, core.ErrStale) || errors.Is(err, core.ErrNotAdministrator) {
				return err
			}
			if kind == core.Conflict && err != nil && !a.last {
				return core.ErrStale
			}
			if err != nil {
				it.keep(whyKept(err))
				break
			}
		}
		if it.change != nil {
			b.Change = append(b.Change, *it.change)
		}
		if it.remove != nil {
			b.Remove = append(b.Remove, *it.remove)
		}
	}
	for _, id := range r.Made {
		b.Remove = append(b.Remove, *p.removal(id, nil))
	}
	b.Counts, b.Kept = p.settled()
	detail := counted(b.Counts)
	detail["rows"] = strconv.Itoa(r.From) + "-" + strconv.Itoa(r.To-1)
	b.Record = s.record(v, run.Undo.Origin, run, core.EventLoadUndoBatch, "ok", detail)
	return s.Store.UndoBatch(ctx, b)
}

// whyKept says why a call has refused.
func whyKept(err error) string {
	var e *core.Error
	if !errors.As(err, &e) {
		return core.LoadKeptRefused
	}
	for _, in := range e.Fields {
		if in.Code == "people.taken" || in.Code == "people.taken_username" {
			return core.LoadKeptTaken
		}
	}
	switch {
	case e.Code == "people.self":
		return core.LoadKeptSelf
	case e.Code == core.ErrLastAdministrator.Code:
		return core.LoadKeptRefused
	case e.Kind == core.Conflict:
		return core.LoadKeptChanged
	}
	return core.LoadKeptRefused
}

// end ends an undo.
func (s *Service) end(ctx context.Context, v core.SessionView, run core.LoadRun) error {
	r := s.record(v, run.Undo.Origin, run, core.EventLoadUndoEnded, "ok", counted(run.Undo.Counts))
	err := s.Store.EndUndo(ctx, core.LoadUndoEnd{
		OrganizationID: run.OrganizationID, RunID: run.ID, State: core.LoadUndone, At: s.Clock(), Record: r,
	})
	if errors.Is(err, core.ErrStale) {
		return nil // by somebody else
	}
	return err
}
