package loadfile_test

import (
	"testing"

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
		id, err := d.Start(t.Context(), d.caller(), f.ID, f.Version+1)
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
