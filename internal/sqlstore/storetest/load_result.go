package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func loadResultTests() map[string]test {
	return map[string]test{
		"what a batch did comes back":             loadResultColumns,
		"what is begun is replaced by what came":  loadResultBegun,
		"a group that comes with a batch is told": loadResultMade,
		"what was there before goes after a day":  loadResultSwept,
		"people by their ids":                     peopleByID,
	}
}

// result is what the next batch of a load did to a row.
func (w *world) result(l core.LoadRun, to int, rows ...core.LoadRowResult) core.LoadResult {
	return core.LoadResult{
		ID: core.LoadResultID(l.ID, l.Next), OrganizationID: l.OrganizationID, RunID: l.ID, From: l.Next, To: to, Rows: rows,
		BeforeSealed: "v1.k1.before",
	}
}

// absentees are people whom a load does not name.
func (w *world) absentees(l core.LoadRun, ids ...core.ID) core.LoadResult {
	from := l.Next + 100
	r := core.LoadResult{ID: core.LoadResultID(l.ID, from), OrganizationID: l.OrganizationID, RunID: l.ID, From: from, To: from + len(ids)}
	for i, id := range ids {
		r.Rows = append(r.Rows, core.LoadRowResult{Row: from + i, Did: core.LoadDeactivated, ID: id})
	}
	return r
}

func loadResultColumns(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 5)
	b.Result = w.result(l, 5, core.LoadRowResult{Row: 2, Did: core.LoadUpdated, ID: "ü", Fields: []string{"title", "groups"}}, core.LoadRowResult{Row: 4, Did: core.LoadRejected})
	w.must(w.store.LoadBatch(w.ctx, b))
	got, err := w.store.LoadResult(w.ctx, l.OrganizationID, l.ID, 2)
	w.must(err)
	b.Result.Kept = []core.LoadKept{}
	same(w, got, b.Result)
	absent := w.absentees(l, "a")
	w.must(w.store.NoteAbsent(w.ctx, absent))
	absent.Kept = b.Result.Kept
	for after, want := range map[int][]core.LoadResult{0: {b.Result, absent}, 3: {b.Result, absent}, 4: {absent}, 102: {}} {
		got, err := w.store.LoadResultsAfter(w.ctx, l.OrganizationID, l.ID, after, 9)
		w.must(err)
		if len(got)+len(want) > 0 {
			same(w, got, want)
		}
	}
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	w.refused("somebody absent from a load that is over", w.store.NoteAbsent(w.ctx, w.absentees(l, "b")), core.ErrStale)
}

// loadResultBegun: what is about to be done stays where the batch never comes, and of
// 50 batches that come one takes its place.
func loadResultBegun(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	begun := w.result(l, 3, core.LoadRowResult{Row: 2, Did: core.LoadUpdated, ID: "somebody"})
	w.must(w.store.NoteLoadDeeds(w.ctx, begun))
	w.must(w.store.NoteLoadDeeds(w.ctx, begun)) // again, after it was planned anew
	b := w.batch(l, 5)
	b.Result = w.result(l, 5, append(slices.Clone(begun.Rows), core.LoadRowResult{Row: 3, Did: core.LoadUnchanged})...)
	b.Result.BeforeSealed = "v1.k1.more"
	w.count("batches", w.together(callers, func(s *sqlstore.Store, _ int) error { return s.LoadBatch(w.ctx, b) }, core.ErrStale), 1)
	w.count("results", w.rows("load_result"), 1)
	got, err := w.store.LoadResult(w.ctx, l.OrganizationID, l.ID, 2)
	w.must(err)
	b.Result.Kept = []core.LoadKept{}
	same(w, got, b.Result)
	w.refused("deeds of rows that are done", w.store.NoteLoadDeeds(w.ctx, begun), core.ErrStale)
	_, err = w.store.LoadResult(w.ctx, l.OrganizationID, l.ID, 5)
	w.refused("what the next batch did", err, core.ErrNotFound)
}

func loadResultMade(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	w.person(o, "ann", "Old")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 3)
	b.Add = []core.NewUser{w.newcomer(o.ID, "bob", "Sales", "Old")}
	b.Result = w.result(l, 3, core.LoadRowResult{Row: 2, Did: core.LoadAdded, ID: b.Add[0].User.ID})
	w.must(w.store.LoadBatch(w.ctx, b))
	got, err := w.store.LoadResult(w.ctx, o.ID, l.ID, 2)
	w.must(err)
	same(w, got.Made, []core.ID{w.group(o, "Sales")})
	people, err := w.store.PeopleByID(w.ctx, o.ID, []core.ID{b.Add[0].User.ID})
	w.must(err)
	same(w, core.LoadPrint(people[0].User, people[0].Groups), core.LoadPrint(b.Add[0].User, []string{"old", "SALES "}))
}

func loadResultSwept(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l, never := w.loading(boss), w.loading(boss)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	sealed := func() int { return w.rows("load_result WHERE before_sealed <> ''") }
	for _, step := range []struct {
		pass         time.Duration
		sealed, rows int
	}{{core.LoadUndoLife - time.Second, 2, 2}, {2 * time.Second, 1, 2}, {core.LoadUndoOldest, 0, 2}, {400 * 24 * time.Hour, 0, 0}} {
		w.pass(step.pass)
		_, err := w.store.Sweep(w.ctx, w.clock())
		w.must(err)
		w.count("before", sealed(), step.sealed)
		w.count("results", w.rows("load_result"), step.rows)
	}
	w.count("loads", w.rows(fmt.Sprintf("load_run WHERE id IN ('%s', '%s')", l.ID, never.ID)), 0)
}

func peopleByID(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ann, theirs := w.person(o, "ann", "Sales"), w.person(other, "theirs")
	found, err := w.store.PeopleByID(w.ctx, o.ID, []core.ID{ann.ID, theirs.ID, "nobody"})
	w.must(err)
	w.count("people", len(found), 1)
	same(w, found[0].User.ID, ann.ID)
	same(w, found[0].Groups, []string{"Sales"})
}

// loadResultCalls are those of results.
func (v *victim) loadResultCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	l := v.load
	l.OrganizationID = org
	return map[string]func() error{
		"NoteLoadDeeds":    func() error { return s.NoteLoadDeeds(w.ctx, w.result(l, 9)) },
		"LoadResult":       func() error { _, err := s.LoadResult(w.ctx, org, l.ID, 2); return err },
		"LoadResultsAfter": func() error { return empty(s.LoadResultsAfter(w.ctx, org, l.ID, 0, 9)) },
		"PeopleByID":       func() error { return empty(s.PeopleByID(w.ctx, org, []core.ID{v.u.ID})) },
	}
}
