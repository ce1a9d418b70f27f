package loadfile

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/rounds"
)

// How often a worker looks, how long it waits after a failure, and how often it says
// that it is alive.
const (
	lookEvery  = time.Second
	afterError = 5 * time.Second
	holdEvery  = core.LoadLease / 3
)

// turnLength is how long one load goes on while another waits: that of a small
// organization is not to wait for the end of a large one's.
const turnLength = 10 * time.Second

// errTurnOver ends a turn; the load goes on in a later one.
var errTurnOver = errors.New("another load waits")

// Worker loads files, one at a time. Every process runs one; make it with its
// fields.
type Worker struct {
	*Service
	Owner string // names this process in leases; unique among the replicas
}

// Run works until ctx ends. A load that is under way then goes on where it stopped,
// here or elsewhere.
func (w *Worker) Run(ctx context.Context) error {
	return rounds.Work(ctx, lookEvery, w.Turn, func(err error) { w.Logger.Warn("a load stands still", "error", err) })
}

// Turn takes the file that has waited longest and loads it to its end, or for some
// time where others wait; false where none is due.
func (w *Worker) Turn(ctx context.Context) (bool, error) {
	now := w.Clock()
	f, err := w.Queue.TakeLoad(ctx, w.Owner, now, now.Add(core.LoadLease))
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.hold(held, stop, f.ID) }()
	err = w.load(held, f)
	if errors.Is(err, errTurnOver) || err != nil && w.over(ctx, f) {
		err = nil
	}
	stop()
	<-done
	next := w.Clock()
	if err != nil {
		next = next.Add(afterError)
	}
	// The lease ends by itself where this fails, and may be somebody else's by now.
	left := w.Queue.HoldLoad(context.WithoutCancel(ctx), w.Owner, f.ID, next)
	if errors.Is(left, core.ErrStale) {
		left = nil
	}
	return true, errors.Join(err, left)
}

// over reports whether somebody has ended the load of a file: then its bytes are gone,
// and that they cannot be read is no fault.
func (w *Worker) over(ctx context.Context, f core.LoadFile) bool {
	run, err := w.Loads.Store.LoadByID(ctx, f.OrganizationID, f.RunID)
	return err == nil && run.State.Over()
}

// hold keeps a lease until ctx ends, and stops the work where it is lost.
func (w *Worker) hold(ctx context.Context, stop func(), id core.ID) {
	tick := time.NewTicker(holdEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := w.Queue.HoldLoad(ctx, w.Owner, id, w.Clock().Add(core.LoadLease)); errors.Is(err, core.ErrStale) {
				stop()
				return
			}
		}
	}
}

// load does what is left of the load of a file, as whoever started it, if they may
// still.
func (w *Worker) load(ctx context.Context, f core.LoadFile) error {
	run, err := w.Loads.Store.LoadByID(ctx, f.OrganizationID, f.RunID)
	if err != nil || run.State.Over() {
		return err
	}
	acc, org, err := w.People.AccountByID(ctx, f.OrganizationID, f.By.ID)
	if err == nil && !acc.User.CanAdminister() {
		err = core.ErrNotFound
	}
	if errors.Is(err, core.ErrNotFound) {
		return w.Loads.Abandon(ctx, run, core.LoadStopped, core.LoadRightLost, core.User{})
	}
	if err != nil {
		return err
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Origin: run.Origin, Identity: f.Confirmed, Away: true}
	c.View.Session = core.Session{ID: run.Origin.Session, OrganizationID: f.OrganizationID, UserID: f.By.ID, SignedInAt: run.StartedAt}
	c.View.Key = run.Origin.Key
	f.Hash = run.Hash // what was started is what is loaded
	rows, err := w.open(ctx, f)
	if kind := core.KindOf(err); kind == core.Conflict || kind == core.Invalid {
		return w.Loads.Abandon(ctx, run, core.LoadFailed, core.CodeOf(err), acc.User)
	}
	if err != nil {
		return err
	}
	defer rows.close()
	_, err = w.Loads.File(ctx, c, run.ID, rows, w.turnEnd(ctx))
	switch {
	case core.KindOf(err) == core.Invalid:
		return nil // the load has ended, and says why
	case errors.Is(err, core.ErrNotAdministrator): // or the key has ended, or an alarm came
		return w.Loads.Abandon(ctx, run, core.LoadStopped, core.LoadRightLost, acc.User)
	}
	return err
}

// turnEnd ends a turn after a batch, when it was long enough and another load waits.
func (w *Worker) turnEnd(ctx context.Context) func(core.LoadRun) error {
	began := w.Clock()
	return func(core.LoadRun) error {
		now := w.Clock()
		if now.Sub(began) < turnLength {
			return nil
		}
		waits, err := w.Queue.LoadWaits(ctx, now)
		if err == nil && waits {
			err = errTurnOver
		}
		began = now // none waits: ask again later
		return err
	}
}
