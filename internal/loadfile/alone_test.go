package loadfile_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// TestAFileIsLoadedByNobodyElse: whoever knows the id of a load of a file sends it no
// rows, and ends it neither as if all were done nor so that those are deactivated who
// stand further down; they can stop it.
func TestAFileIsLoadedByNobodyElse(t *testing.T) {
	d := newDesk(t)
	key := d.key()
	for _, from := range []core.Origin{{Session: "s1"}, {Key: key.Access}, {}} {
		id := d.begun(from, "a@example.com,A,B\nb@example.com,B,C\n")
		program := d.caller()
		program.Origin.Key, program.View.Key, program.Identity = key.Access, key.Access, true
		_, err := d.Loads.Load(t.Context(), program, id, []loader.Row{{Number: 2, Cells: []string{"x@example.com", "X", "Y"}}})
		if core.CodeOf(err) != "load.of_file" {
			t.Errorf("%+v: rows from elsewhere: %v", from, err)
		}
		if _, err = d.Loads.Finish(t.Context(), program, id); core.CodeOf(err) != "load.of_file" {
			t.Errorf("%+v: an end from elsewhere: %v", from, err)
		}
		if run := d.run(id); run.State != core.LoadRunning || run.Counts.Rows() != 0 {
			t.Errorf("%+v: the load is %s after %d rows", from, run.State, run.Counts.Rows())
		}
		_, err = d.worker("a").Turn(t.Context())
		d.must(err)
		if run := d.run(id); run.State != core.LoadDone || run.Counts.Rows() != 2 {
			t.Errorf("%+v: the load is %s after %d rows", from, run.State, run.Counts.Rows())
		}
	}
	id := d.begun(core.Origin{Session: "s1"}, "a@example.com,A,B\n")
	if run, err := d.Loads.Stop(t.Context(), d.caller(), id, core.LoadByPerson); err != nil || run.State != core.LoadStopped {
		t.Errorf("the load that is stopped is %s: %v", run.State, err)
	}
}
