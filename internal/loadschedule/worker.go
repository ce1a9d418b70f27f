package loadschedule

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often a worker looks for turns, how often a watched folder has one, and how long
// it waits after a failure.
const (
	lookEvery  = 5 * time.Second
	watchEvery = 10 * time.Second
	afterFault = 5 * time.Minute
)

// Worker takes the turns of schedules whose places it has. Every process runs one;
// make it with its fields.
type Worker struct {
	*Service
	Owner string // names this process in leases; unique among the replicas
}

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	if len(w.Places) == 0 {
		return nil // nothing can be scheduled here
	}
	return rounds.Work(ctx, lookEvery, w.Turn, func(err error) { w.Logger.Warn("a schedule stands still", "error", err) })
}

// Turn takes the turn that has waited longest; false where none is due. What was
// missed while no server ran is done once. A process that dies in the middle leaves a
// lease that ends: the turn is taken again unless its load has begun.
func (w *Worker) Turn(ctx context.Context) (bool, error) {
	places := make([]core.LoadPlace, len(w.Places))
	for i, p := range w.Places {
		places[i] = p.LoadPlace
	}
	now := w.Clock()
	is, err := w.Queue.TakeLoadSchedule(ctx, w.Owner, places, now, now.Add(core.LoadScheduleLease))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !is.Settled {
		return true, w.settle(ctx, is)
	}
	within, end := context.WithTimeout(ctx, core.LoadScheduleLease*9/10)
	defer end()
	err = w.run(within, &is)
	if err != nil && ctx.Err() != nil {
		return true, ctx.Err() // the server stops; the turn is taken again
	}
	after := w.Clock()
	switch {
	case err == nil && !is.Settled: // what it began is noted, and the lease is over
		return true, w.note(ctx, is, core.Record{})
	// A load that is being undone is no fault of the schedule: it waits.
	case errors.Is(err, errNothing), errors.Is(err, core.ErrUndoing), is.Source.Kind == core.LoadFromWatch && errors.Is(err, errChanged):
		is.NextAt = after.Add(watchEvery)
		return true, w.note(ctx, is, core.Record{})
	case err != nil:
		is.LastAt, is.NextAt = now, w.after(is, after.Add(afterFault), after)
		return true, w.failed(ctx, is, faultOf(err))
	}
	return true, w.note(ctx, w.had(is), core.Record{})
}

// had is a schedule that has its turn now.
func (w *Worker) had(is core.LoadSchedule) core.LoadSchedule {
	now := w.Clock()
	is.LastAt, is.NextAt = now, w.after(is, now.Add(watchEvery), now)
	return is
}

// after is when a schedule has its next turn: a watched folder at a moment, any other
// when its times say.
func (w *Worker) after(is core.LoadSchedule, watch, now time.Time) time.Time {
	if is.Source.Kind == core.LoadFromWatch {
		return watch
	}
	t, err := timesOf(is)
	if err == nil {
		if next := t.After(now, 1); len(next) > 0 {
			return next[0]
		}
	}
	return now.Add(24 * time.Hour) // the zone is gone: the next failure says so
}

// settle counts what became of the load of the turn before.
func (w *Worker) settle(ctx context.Context, is core.LoadSchedule) error {
	is.Settled = true
	run, err := w.Needs.LoadByID(ctx, is.OrganizationID, is.LastRun)
	switch {
	case errors.Is(err, core.ErrNotFound): // it was long ago, and is swept
		return w.note(ctx, is, core.Record{})
	case err != nil:
		return err
	case run.State == core.LoadDone:
		is.Failures, is.Fault = 0, core.LoadFault{}
		return w.note(ctx, is, core.Record{})
	}
	was := is.Stopped
	is = is.Failed(core.LoadFault{Code: run.Reason})
	if was || !is.Stopped {
		return w.note(ctx, is, core.Record{}) // the load's own end was mailed
	}
	return w.tell(ctx, is)
}

// failed counts a turn from which no load came, and tells the key's person.
func (w *Worker) failed(ctx context.Context, is core.LoadSchedule, why core.LoadFault) error {
	return w.tell(ctx, is.Failed(why))
}

// tell notes a failure with its event and the mails of it.
func (w *Worker) tell(ctx context.Context, is core.LoadSchedule) error {
	kind := core.EventScheduleFailed
	if is.Stopped {
		kind = core.EventScheduleStopped
	}
	e := w.event(is, kind, "failed", w.Clock())
	if err := blame(&e, is.Fault); err != nil {
		return err
	}
	r := core.Record{Events: []core.Event{e}}
	acc, _, err := w.Needs.AccountByID(ctx, is.OrganizationID, is.By.ID)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	if err == nil && acc.User.MaySignIn() {
		r.Messages = w.Post.Notices(e, acc.User)
	}
	return w.note(ctx, is, r)
}

// blame puts why something failed into its event.
func blame(e *core.Event, why core.LoadFault) error {
	e.Detail[core.DetailReason] = why.Code
	if len(why.Params) == 0 {
		return nil
	}
	text, err := json.Marshal(why.Params)
	e.Detail[core.DetailReasonWith] = string(text)
	return err
}

// note stores a turn. What a person changed meanwhile is as they said.
func (w *Worker) note(ctx context.Context, is core.LoadSchedule, r core.Record) error {
	err := w.Queue.NoteLoadSchedule(context.WithoutCancel(ctx), core.LoadScheduleTurn{Is: is, Owner: w.Owner, Record: r})
	if errors.Is(err, core.ErrStale) {
		return nil
	}
	return err
}

// faultOf is an error as it is stored: of several fields that are wrong the first.
func faultOf(err error) core.LoadFault {
	var e *core.Error
	if !errors.As(err, &e) {
		return core.LoadFault{Code: "internal"}
	}
	if len(e.Fields) > 0 {
		e = e.Fields[slices.Min(slices.Collect(maps.Keys(e.Fields)))]
	}
	f := core.LoadFault{Code: e.Code}
	for name, value := range e.Params {
		switch v := value.(type) {
		case time.Duration:
			value = int64(v)
		case string, int, int64, bool:
		default:
			continue
		}
		if f.Params == nil {
			f.Params = map[string]any{}
		}
		f.Params[name] = value
	}
	return f
}
