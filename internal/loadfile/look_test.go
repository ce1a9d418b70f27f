package loadfile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadfile"
)

func (d *desk) looker(name string) *loadfile.Looker {
	return &loadfile.Looker{Service: d.Service, Looks: d.store, Owner: name}
}

// TestALargeFileIsLookedAtInTheBackground: nobody waits for its preview, which is the one
// that a small file has at once, and a change of the mapping begins it anew.
func TestALargeFileIsLookedAtInTheBackground(t *testing.T) {
	const n = loadfile.LookRows
	d := newDesk(t)
	f := d.up("people.csv", staff(n)) // and a wrong row: one more than is looked at in time
	look := func() loadfile.Looked {
		l, err := d.Look(t.Context(), d.caller(), f.ID)
		d.must(err)
		return l
	}
	if l := look(); l.Ready || l.File.LookState != core.LoadLookNone {
		t.Errorf("before anybody asked: %+v", l.File)
	}
	d.must(d.LookAgain(t.Context(), d.caller(), f.ID))
	if l := look(); l.Ready || l.File.LookState != core.LoadLookDue {
		t.Errorf("after somebody asked: %+v", l.File)
	}
	some, err := d.looker("a").Turn(t.Context())
	d.must(err)
	l := look()
	if !some || !l.Ready || l.Preview.Counts != (core.LoadCounts{Added: n, Rejected: 1}) || len(l.Preview.First) != 50 || len(l.Preview.Wrong) != 1 || l.File.Look.At.IsZero() {
		t.Fatalf("it found %+v of %+v", l.Preview.Counts, l.File)
	}
	if some, err = d.looker("a").Turn(t.Context()); some || err != nil {
		t.Errorf("one that is done is due: %v, %v", some, err)
	}
	d.must(d.Map(t.Context(), d.caller(), f.ID, l.File.Order))
	if l := look(); l.Ready {
		t.Errorf("with another mapping it is still %+v", l.File.Look)
	}
}

// asking does something when a worker first says how far it is.
type asking struct {
	loadfile.Looks
	then func()
}

func (a *asking) SaveLook(ctx context.Context, owner string, f core.LoadFile, until time.Time) error {
	if f.LookState == core.LoadLookDue && a.then != nil {
		a.then()
		a.then = nil
	}
	return a.Looks.SaveLook(ctx, owner, f, until)
}

// TestALookGivesWay: to a load that is started without waiting for it, and to a change.
func TestALookGivesWay(t *testing.T) {
	d := newDesk(t)
	f := d.up("people.csv", staff(loadfile.LookRows))
	d.must(d.LookAgain(t.Context(), d.caller(), f.ID))
	k := d.looker("a")
	far := 0
	k.Looks = &asking{d.store, func() {
		l, err := d.Look(t.Context(), d.caller(), f.ID)
		d.must(err)
		far = l.File.Look.Rows
		_, err = d.Start(t.Context(), d.caller(), f.ID, l.File.Version, "")
		d.must(err)
	}}
	k.Clock = func() time.Time { d.now.Add((3 * time.Second).Microseconds()); return d.clock() }
	_, err := k.Turn(t.Context())
	d.must(err)
	if _, err = d.worker("b").Turn(t.Context()); err != nil {
		t.Errorf("the load: %v", err)
	}
	if d.count("person") < loadfile.LookRows || far != 0 {
		t.Errorf("%d people, looked at %d", d.count("person"), far)
	}
}

// TestALookThatCannotBe: what is wrong is kept for the page, and whoever may not load any
// more has nothing looked at.
func TestALookThatCannotBe(t *testing.T) {
	d := newDesk(t)
	f := d.up("people.csv", staff(loadfile.LookRows))
	d.must(d.LookAgain(t.Context(), d.caller(), f.ID))
	_, err := d.raw.ExecContext(t.Context(), "UPDATE person SET user_type = $1", int(core.HelpDesk))
	d.must(err)
	if _, err := d.looker("a").Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := d.store.LoadFileByID(t.Context(), d.org.ID, f.ID)
	if err != nil || got.LookState != core.LoadLookFailed || got.Look.Fault != core.LoadRightLost {
		t.Errorf("the file is %+v, %v", got, err)
	}
	if err := d.LookAgain(t.Context(), d.caller(), f.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("asked by the help desk: %v", err)
	}
}
