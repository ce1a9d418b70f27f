package loadundo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadundo"
)

var errKilled = errors.New("killed")

// undo2 lets a worker bring an undo to its end that was begun.
func (d *desk) undo2(run core.LoadRun) core.LoadRun {
	d.t.Helper()
	d.now.Add(core.LoadLease.Microseconds()) // who was killed holds it so long
	w := &loadundo.Worker{Service: d.Service, Owner: "second"}
	for {
		some, err := w.Turn(d.t.Context())
		d.must(err)
		if !some {
			return d.run(run)
		}
	}
}

// dying is what an undo works with on a server that is killed after some steps.
type dying struct {
	loadundo.People
	loadundo.Store
	left int
}

func (k *dying) step(do func() error) error {
	if k.left--; k.left < 0 {
		return errKilled
	}
	return do()
}

func (k *dying) Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error {
	return k.step(func() error { return k.People.Save(ctx, v, o, id, typed, was) })
}

func (k *dying) DeactivateAs(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, print string) error {
	return k.step(func() error { return k.People.DeactivateAs(ctx, v, o, id, print) })
}

func (k *dying) Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	return k.step(func() error { return k.People.Reactivate(ctx, v, o, id) })
}

func (k *dying) UndoBatch(ctx context.Context, b core.LoadUndoBatch) error {
	return k.step(func() error { return k.Store.UndoBatch(ctx, b) })
}

func (k *dying) EndUndo(ctx context.Context, e core.LoadUndoEnd) error {
	return k.step(func() error { return k.Store.EndUndo(ctx, e) })
}

// TestKilledAnywhere: whoever takes an undo up that was cut short goes on with it, and
// what comes of it is as if it had never been.
func TestKilledAnywhere(t *testing.T) {
	steps := 0
	for ; ; steps++ {
		d := staffed(t)
		before := d.facts()
		run := d.load(everything, 4, byName)
		d.must(d.Begin(t.Context(), d.view(d.boss), here(), run.ID))
		deps := d.Deps
		k := &dying{deps.People, deps.Store, steps}
		deps.People, deps.Store = k, k
		_, err := (&loadundo.Worker{Service: loadundo.New(deps), Owner: "first"}).Turn(t.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("after %d steps: %v", steps, err)
		}
		run = d.undo2(run)
		if run.Undo.State != core.LoadUndone || run.Undo.Counts != (core.LoadUndoCounts{Deactivated: 1, Restored: 6, Removed: 2, Kept: 1}) {
			t.Errorf("killed after %d steps the undo is %+v", steps, run.Undo)
		}
		after := d.facts()
		delete(after, "new")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("killed after %d steps, people (-before +after):\n%s", steps, diff)
		}
	}
	if steps != 9 { // five calls, three batches, the end
		t.Errorf("an undo has %d steps", steps)
	}
}

// TestRightLost: whoever is no administrator any more undoes nothing, and another
// one takes it up.
func TestRightLost(t *testing.T) {
	d := staffed(t)
	chief := d.person(d.org, "chief", core.Administrator)
	run := d.load(everything, 4, byName)
	d.must(d.Begin(t.Context(), d.view(chief), here(), run.ID))
	was, is := chief.Fields(), chief.Fields()
	is.Type = core.HelpDesk
	d.must(d.people.Save(t.Context(), d.view(d.boss), here(), chief.ID, is, was))
	if run = d.undo2(run); run.Undo.State != core.LoadUndoHalted || run.Undo.Reason != core.LoadRightLost || run.Undo.Counts != (core.LoadUndoCounts{}) {
		t.Errorf("the undo is %+v", run.Undo)
	}
	if run = d.undo(run); run.Undo.State != core.LoadUndone || run.Undo.By.ID != d.boss.ID || run.Undo.Counts.Deactivated != 1 {
		t.Errorf("taken up it is %+v", run.Undo)
	}
}
