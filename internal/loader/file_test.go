package loader_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// reel gives rows, and an error in the place of one.
type reel struct {
	rows []loader.Row
	at   int
	torn map[int]error
}

// Next implements loader.Rows.
func (r *reel) Next() (loader.Row, error) {
	if r.at >= len(r.rows) {
		return loader.Row{}, io.EOF
	}
	row := r.rows[r.at]
	r.at++
	return row, r.torn[row.Number]
}

// crew is a file of so many people, the last of whom is the first once more.
func crew(n int) []loader.Row {
	var rows []loader.Row
	for i := range n {
		rows = append(rows, loader.Row{Number: i + 2, Cells: []string{fmt.Sprintf("p%d@example.com", i%(n-1)), "P", fmt.Sprint("N", i)}})
	}
	return rows
}

func (d *desk) begin(n int, edit func(*core.LoadOrder)) core.LoadRun {
	d.t.Helper()
	columns := []string{"Email", "First name", "Last name"}
	o := loader.NewOrder(core.LoadPeople, columns)
	if edit != nil {
		edit(&o)
	}
	run, err := d.Start(d.t.Context(), d.caller(), loader.Begin{Order: o, Columns: columns, First: 2, Total: n})
	d.must(err)
	return run
}

// TestAFileGoesOn: cut short after each batch, begun anew each time, no row is done
// twice, and a name far from its first row is still wrong.
func TestAFileGoesOn(t *testing.T) {
	const n = 1202
	d := newDesk(t)
	run := d.begin(n, nil)
	cut := errors.New("cut short")
	times := 0
	for !run.State.Over() {
		var err error
		run, err = d.File(t.Context(), d.caller(), run.ID, &reel{rows: crew(n)}, func(core.LoadRun) error { return cut })
		if times++; err != nil && !errors.Is(err, cut) || times > 9 {
			t.Fatal(err)
		}
	}
	if run.State != core.LoadDone || run.Counts != counts(n-1, 0, 0, 1) || times != 4 {
		t.Errorf("after %d times the load is %+v", times, run)
	}
	wrong, err := d.Rejects(t.Context(), d.caller(), run.ID, 0, 9)
	if err != nil || len(wrong) != 1 || wrong[0].Problems[0].Code != "load.twice" || fmt.Sprint(wrong[0].Problems[0].Params["row"]) != "2" {
		t.Errorf("wrong are %+v (%v)", wrong, err)
	}
}

// TestAGroupStandsTwice: a name far from its first row is wrong in a file of groups too,
// whether it is looked at, loaded at once, or after a break.
func TestAGroupStandsTwice(t *testing.T) {
	const n = 520
	columns := []string{"Name", "Description"}
	var rows []loader.Row
	for i := range n {
		rows = append(rows, loader.Row{Number: i + 2, Cells: []string{fmt.Sprintf("Group %d", i%(n-1)), fmt.Sprint("D", i)}})
	}
	d := newDesk(t)
	o := loader.NewOrder(core.LoadGroups, columns)
	p, err := d.Preview(t.Context(), d.caller(), loader.Look{Order: o, Columns: columns}, &reel{rows: rows})
	if err != nil || p.Counts != counts(n-1, 0, 0, 1) {
		t.Errorf("the preview says %+v, %v", p.Counts, err)
	}
	for name, cut := range map[string]error{"at once": nil, "after a break": errors.New("cut short")} {
		d := newDesk(t)
		run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: o, Columns: columns, First: 2, Total: n})
		d.must(err)
		for !run.State.Over() {
			if run, err = d.File(t.Context(), d.caller(), run.ID, &reel{rows: rows}, func(core.LoadRun) error { return cut }); err != nil && !errors.Is(err, cut) {
				t.Fatal(err)
			}
		}
		wrong, err := d.Problems(t.Context(), d.caller(), run.ID, "load.twice", 9)
		if err != nil || run.Counts != counts(n-1, 0, 0, 1) || len(wrong.Rows) != 1 || fmt.Sprint(wrong.Rows[0].Problems[0].Params["row"]) != "2" {
			t.Errorf("%s: the load counts %+v, and wrong are %+v, %v", name, run.Counts, wrong, err)
		}
	}
}

// TestProblemsOfALoadThatRuns: its page comes anew every few seconds, and reads no more
// than the first rows for that, however many are wrong.
func TestProblemsOfALoadThatRuns(t *testing.T) {
	const n = 1200
	d := newDesk(t)
	var rows []loader.Row
	for i := range n {
		rows = append(rows, loader.Row{Number: i + 2, Cells: []string{"a@", "P", "N"}})
	}
	run := d.begin(n, nil)
	asked := &counting{Store: d.Store}
	deps := d.Deps
	deps.Store = asked
	look := func(want int) loader.Report {
		asked.n = 0
		report, err := loader.New(deps).Problems(t.Context(), d.caller(), run.ID, "", 200)
		d.must(err)
		if asked.n != want || len(report.Rows) != 200 || !report.More {
			t.Errorf("it was asked %d times for %d rows, more: %t", asked.n, len(report.Rows), report.More)
		}
		return report
	}
	cut := errors.New("cut short")
	for range 2 {
		if _, err := d.File(t.Context(), d.caller(), run.ID, &reel{rows: rows}, func(core.LoadRun) error { return cut }); !errors.Is(err, cut) {
			t.Fatal(err)
		}
	}
	if report := look(1); len(report.Kinds) > 0 {
		t.Errorf("problems are counted of a part: %+v", report.Kinds)
	}
	_, err := d.File(t.Context(), d.caller(), run.ID, &reel{rows: rows}, nil)
	d.must(err)
	if report := look(4); len(report.Kinds) != 1 || report.Kinds[0].Rows != n {
		t.Errorf("in the end the problems are %+v", report.Kinds)
	}
}

// counting counts how often rows that could not be taken are read.
type counting struct {
	loader.Store
	n int
}

func (c *counting) LoadRejects(ctx context.Context, organizationID, runID core.ID, after, limit int) ([]core.LoadReject, error) {
	c.n++
	return c.Store.LoadRejects(ctx, organizationID, runID, after, limit)
}

// TestAFileThatBreaksOff: what is done stays done, nobody is deactivated for not
// being in the rest, and only the file's own fault ends the load.
func TestAFileThatBreaksOff(t *testing.T) {
	const n = 800
	d := newDesk(t)
	d.person(d.org, "old", core.Ordinary)
	run := d.begin(n, func(o *core.LoadOrder) { o.Absent, o.Threshold = true, 100 })
	away := core.NewError(core.Unavailable, "source.away")
	run, err := d.File(t.Context(), d.caller(), run.ID, &reel{rows: crew(n), torn: map[int]error{700: away}}, nil)
	if !errors.Is(err, away) || run.State != core.LoadRunning || run.Next != 502 {
		t.Fatalf("with the source away the load is %+v (%v)", run, err)
	}
	broken := core.NewError(core.Invalid, "table.broken")
	run, err = d.File(t.Context(), d.caller(), run.ID, &reel{rows: crew(n), torn: map[int]error{700: broken}}, nil)
	if !errors.Is(err, broken) || run.State != core.LoadFailed || run.Reason != "table.broken" || run.Counts.Deactivated != 0 {
		t.Errorf("with a broken file the load is %+v (%v)", run, err)
	}
	if d.who("old@example.com").User.Status != core.Active {
		t.Error("somebody behind the break was deactivated")
	}
}

// TestTwoLoadsAtOnce: two files about the same people, the one from the end to the
// beginning, are both loaded whole: whoever comes second finds what is stored then,
// and nobody waits for the other for ever.
func TestTwoLoadsAtOnce(t *testing.T) {
	const n = 600
	d := newDesk(t)
	columns := []string{"Email", "First name", "Last name", "Department", "Groups"}
	rowsOf := func(department string, back bool) []loader.Row {
		rows := make([]loader.Row, n)
		for i := range rows {
			who := i
			if back {
				who = n - 1 - i
			}
			rows[i] = loader.Row{Number: i + 2, Cells: []string{fmt.Sprintf("p%d@example.com", who), "P", "N", department, "All; " + department}}
		}
		return rows
	}
	start := func() core.LoadRun {
		run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns, First: 2, Total: n})
		d.must(err)
		return run
	}
	var g sync.WaitGroup
	var ended [2]core.LoadRun
	for i, department := range []string{"Works", "Sales"} {
		run, c := start(), d.caller()
		g.Go(func() {
			var err error
			for range 20 { // what a worker does: a batch that lost to the other is tried again
				ended[i], err = d.File(t.Context(), c, run.ID, &reel{rows: rowsOf(department, i == 1)}, nil)
				if !errors.Is(err, core.ErrStale) {
					break
				}
			}
			if err != nil {
				t.Errorf("%s: %v", department, err)
			}
		})
	}
	g.Wait()
	sum := core.LoadCounts{}
	for _, run := range ended {
		if run.State != core.LoadDone || run.Counts.Rows() != n || run.Counts.Rejected > 0 {
			t.Errorf("a load is %s (%s) and counts %+v", run.State, run.Reason, run.Counts)
		}
		sum.Added += run.Counts.Added
		sum.Updated += run.Counts.Updated
	}
	if sum.Added != n || sum.Updated != n {
		t.Errorf("together they added %d and updated %d, want %d each", sum.Added, sum.Updated, n)
	}
	for i := range n {
		acc := d.who(fmt.Sprintf("p%d@example.com", i))
		if len(acc.Groups) != 3 {
			t.Fatalf("p%d is in %v", i, acc.Groups)
		}
	}
}
