package loadfile_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestWhoIsToldOfAFailure: whoever started a load that failed by itself hears of it
// by email, once; what they stopped, and what went well, is no news.
func TestWhoIsToldOfAFailure(t *testing.T) {
	d := newDesk(t)
	told := func() int { return d.count("outbox WHERE template = 'E18'") }
	for _, c := range []struct {
		name, rows string
		stop       bool
		state      core.LoadState
		mails      int
	}{
		{"a load that goes well", "a@example.com,A,B\n", false, core.LoadDone, 0},
		{"one that stops at a row", "b@,A,B\n", false, core.LoadStopped, 1},
		{"one that is stopped by hand", "c@example.com,A,B\n", true, core.LoadStopped, 1},
	} {
		f := d.up(c.name, "Email,First name,Last name\n"+c.rows)
		o := f.Order
		o.OnError = core.LoadStop
		d.must(d.Map(t.Context(), d.caller(), f.ID, o))
		id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version+1, "")
		d.must(err)
		if c.stop {
			_, err = d.Loads.Stop(t.Context(), d.caller(), id, core.LoadByPerson)
			d.must(err)
		}
		for range 2 {
			_, err = d.worker("a").Turn(t.Context())
			d.must(err)
		}
		if run := d.run(id); run.State != c.state {
			t.Errorf("%s is %s", c.name, run.State)
		}
		if n := told(); n != c.mails {
			t.Errorf("after %s there are %d mails, want %d", c.name, n, c.mails)
		}
	}
}

// TestWhoIsToldThatALoadIsDone: whoever started one on a page that took longer than they
// sit and watch. A program and a schedule are told by no mail, and of one end there is
// never a second.
func TestWhoIsToldThatALoadIsDone(t *testing.T) {
	page, key, old := core.Origin{Session: "s1"}, core.Origin{Key: "spk_nightly"}, core.Origin{Address: "192.0.2.7"}
	for _, c := range []struct {
		name         string
		from         core.Origin
		took         time.Duration
		rows         string
		done, failed int
	}{
		{"a load of a page", page, core.LoadAway, "a@example.com,A,B\n", 1, 0},
		{"one that is over at once", page, core.LoadAway - time.Second, "a@example.com,A,B\n", 0, 0},
		{"one of a key, or of a schedule", key, 2 * core.LoadAway, "a@example.com,A,B\n", 0, 0},
		{"one of an old client", old, time.Hour, "a@example.com,A,B\n", 0, 0},
		{"one that fails", page, time.Hour, "a@,A,B\n", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.key()
			id := d.begun(c.from, c.rows)
			d.now.Add(c.took.Microseconds())
			for range 2 {
				_, err := d.worker("a").Turn(t.Context())
				d.must(err)
			}
			if done, failed := d.count("outbox WHERE template = 'E34'"), d.count("outbox WHERE template = 'E18'"); done != c.done || failed != c.failed {
				t.Errorf("the load is %s, with %d mails that it is done and %d that it failed", d.run(id).State, done, failed)
			}
		})
	}
}

// begun is a load of a file from somewhere, which stops at a wrong row.
func (d *desk) begun(from core.Origin, rows string) core.ID {
	d.t.Helper()
	f := d.up("people.csv", "Email,First name,Last name\n"+rows)
	c := d.caller()
	c.Origin = from
	o := f.Order
	o.OnError = core.LoadStop
	d.must(d.Map(d.t.Context(), c, f.ID, o))
	id, err := d.Start(d.t.Context(), c, f.ID, f.Version+1, "")
	d.must(err)
	return id
}

// TestManyEndALoad: however many end a load at once, one mail tells of it.
func TestManyEndALoad(t *testing.T) {
	d := newDesk(t)
	id := d.begun(core.Origin{Session: "s1"}, "a@example.com,A,B\n")
	d.now.Add(core.LoadAway.Microseconds())
	c := d.caller()
	c.Away = true
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if run, err := d.Loads.Finish(t.Context(), c, id); err != nil || run.State != core.LoadDone {
				t.Errorf("the load is %s: %v", run.State, err)
			}
		})
	}
	all.Wait()
	if n := d.count("outbox WHERE template = 'E34'"); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
	if n := d.count("event WHERE kind = '" + core.EventLoadEnded + "'"); n != 1 {
		t.Errorf("%d ends, want 1", n)
	}
}
