package loader_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// TestWhomAFileNamedIsForgotten: a load that goes on after a week does not know any more
// whom its first rows named, and one that is ended before its last row not yet whom the
// others name. Neither deactivates anybody, whatever it may.
func TestWhomAFileNamedIsForgotten(t *testing.T) {
	columns, rows := file("Email\nann@example.com\nbob@example.com\ncid@example.com")
	o := loader.NewOrder(core.LoadPeople, columns)
	o.Absent, o.Threshold = true, 100
	for _, tt := range []struct {
		name  string
		sent  int // rows after the first two
		wait  time.Duration
		state core.LoadState
		left  core.Status
	}{
		{"goes on at once", 1, time.Hour, core.LoadDone, core.Inactive},
		{"goes on within the week", 1, 5 * 24 * time.Hour, core.LoadDone, core.Inactive},
		{"goes on after a week", 1, 8 * 24 * time.Hour, core.LoadStopped, core.Active},
		{"is ended early", 0, time.Hour, core.LoadStopped, core.Active},
	} {
		d := newDesk(t)
		for _, name := range []string{"ann", "bob", "cid", "dot"} {
			d.person(d.org, name, core.Ordinary)
		}
		run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: o, Columns: columns, First: 2, Total: len(rows)})
		d.must(err)
		_, err = d.Load(t.Context(), d.caller(), run.ID, rows[:2])
		d.must(err)
		d.now.Add(tt.wait.Microseconds())
		_, err = d.store.Sweep(t.Context(), d.clock())
		d.must(err)
		_, err = d.Load(t.Context(), d.caller(), run.ID, rows[2:2+tt.sent])
		d.must(err)
		run, err = d.Finish(t.Context(), d.caller(), run.ID)
		d.must(err)
		if run.State != tt.state || run.State == core.LoadStopped && run.Reason != core.LoadAbsentUnsure {
			t.Errorf("%s: the load is %s (%s)", tt.name, run.State, run.Reason)
		}
		for name, want := range map[string]core.Status{"ann": core.Active, "bob": core.Active, "cid": core.Active, "dot": tt.left} {
			if got := d.who(name + "@example.com").User.Status; got != want {
				t.Errorf("%s: %s is %s, want %s", tt.name, name, got, want)
			}
		}
	}
}
