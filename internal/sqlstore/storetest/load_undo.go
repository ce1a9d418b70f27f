package storetest

import (
	"math"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func loadUndoTests() map[string]test {
	return map[string]test{
		"an undo begins once":                      undoBegins,
		"an undo comes back as it is":              undoColumns,
		"no load begins while one is undone":       undoAlone,
		"a batch is taken back once":               undoBatchOnce,
		"a batch is taken back whole or not":       undoBatchWhole,
		"a group that was made goes when empty":    undoMade,
		"somebody is deactivated as printed alone": undoPrinted,
		"a restored undo is halted":                undoRestored,
	}
}

// loaded is a load that is over, of one batch that added somebody.
func (w *world) loaded(by core.User, added core.NewUser) core.LoadRun {
	w.t.Helper()
	l := w.load(by)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 3)
	b.Add = []core.NewUser{added}
	b.Result = w.result(l, 3, core.LoadRowResult{Row: 2, Did: core.LoadAdded, ID: added.User.ID})
	w.must(w.store.LoadBatch(w.ctx, b))
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	return w.loadNow(l)
}

func (w *world) loadNow(l core.LoadRun) core.LoadRun {
	w.t.Helper()
	l, err := w.store.LoadByID(w.ctx, l.OrganizationID, l.ID)
	w.must(err)
	return l
}

func (w *world) undoBegin(l core.LoadRun) core.LoadUndoBegin {
	return core.LoadUndoBegin{OrganizationID: l.OrganizationID, RunID: l.ID, By: l.By, Origin: core.Origin{Address: "192.0.2.9"}, At: w.clock()}
}

func (w *world) undoBatch(l core.LoadRun) core.LoadUndoBatch {
	return core.LoadUndoBatch{OrganizationID: l.OrganizationID, RunID: l.ID, Below: math.MaxInt32, To: 2, At: w.clock()}
}

// undoing is a load that is being undone, in an organization where another one may
// run: that one began before this rule.
func (w *world) undoing(by core.User) core.LoadRun {
	w.t.Helper()
	l := w.loaded(by, w.newcomer(by.OrganizationID, "undone"))
	_, err := w.db.Raw.ExecContext(w.ctx, `INSERT INTO load_undo (run_id, organization_id, state, reason, actor_id, actor_name, origin, below,
			deactivated, returned, restored, removed, kept, started_at, ended_at, lease_owner, lease_until)
		VALUES ($1, $2, 'undoing', '', $3, '', '{}', $4, 0, 0, 0, 0, 0, 1, 0, '', 0)`, string(l.ID), string(l.OrganizationID), string(by.ID), int64(math.MaxInt32))
	w.must(err)
	return w.loadNow(l)
}

func undoBegins(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	l := w.loaded(boss, w.newcomer(o.ID, "ann"))
	begin := w.undoBegin(l)
	w.count("begun", w.together(callers, func(s *sqlstore.Store, _ int) error { return s.BeginUndo(w.ctx, begin) }, core.ErrStale, core.ErrUndoing), 1)
	end := core.LoadUndoEnd{OrganizationID: o.ID, RunID: l.ID, State: core.LoadUndone, At: w.clock()}
	w.count("ended", w.together(callers, func(s *sqlstore.Store, _ int) error { return s.EndUndo(w.ctx, end) }, core.ErrStale), 1)
	w.refused("again", w.store.BeginUndo(w.ctx, begin), core.ErrStale)
	late := w.loaded(boss, w.newcomer(o.ID, "bob"))
	w.pass(core.LoadUndoLife)
	w.refused("a day later", w.store.BeginUndo(w.ctx, w.undoBegin(late)), core.ErrStale)
	begin.RunID = "nothing"
	w.refused("of nothing", w.store.BeginUndo(w.ctx, begin), core.ErrNotFound)
}

func undoColumns(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	l := w.loaded(boss, w.newcomer(o.ID, "ann"))
	begin := w.undoBegin(l)
	w.must(w.store.BeginUndo(w.ctx, begin))
	b := w.undoBatch(l)
	b.Counts = core.LoadUndoCounts{Deactivated: 1, Returned: 2, Restored: 3, Removed: 4, Kept: 5}
	b.Kept = []core.LoadKept{{Row: 2, ID: "u", Why: "w"}, {Row: 3, ID: "v", Why: "x"}}
	w.must(w.store.UndoBatch(w.ctx, b))
	w.must(w.store.EndUndo(w.ctx, core.LoadUndoEnd{OrganizationID: o.ID, RunID: l.ID, State: core.LoadUndoHalted, Reason: "why", At: w.pass(time.Hour)}))
	want := core.LoadUndo{
		State: core.LoadUndoHalted, Reason: "why", By: core.Actor{ID: boss.ID, Name: boss.Name()}, Origin: begin.Origin, Below: 2, Counts: b.Counts,
		StartedAt: begin.At, EndedAt: w.clock(),
	}
	same(w, w.loadNow(l).Undo, want)
	kept, err := w.store.LoadKept(w.ctx, o.ID, l.ID, 9)
	w.must(err)
	same(w, kept, b.Kept)
	kept, err = w.store.LoadKept(w.ctx, o.ID, l.ID, 1)
	w.must(err)
	same(w, kept, b.Kept[:1])
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l))) // what was halted is taken up
	taken, err := w.store.TakeUndo(w.ctx, "w1", w.clock(), w.clock().Add(time.Minute))
	w.must(err)
	want.State, want.Reason, want.StartedAt, want.EndedAt = core.LoadUndoing, "", w.clock(), time.Time{}
	same(w, taken.Undo, want)
	_, err = w.store.TakeUndo(w.ctx, "w2", w.clock(), w.clock().Add(time.Minute))
	w.refused("what somebody has", err, core.ErrNotFound)
	w.refused("to hold what somebody has", w.store.HoldUndo(w.ctx, "w2", l.ID, w.clock()), core.ErrStale)
	w.must(w.store.HoldUndo(w.ctx, "w1", l.ID, w.clock()))
	_, err = w.store.TakeUndo(w.ctx, "w2", w.clock(), w.clock().Add(time.Minute))
	w.must(err)
	_, err = w.store.LoadResultBelow(w.ctx, o.ID, l.ID, 2)
	w.refused("a batch below the first", err, core.ErrNotFound)
}

// undoAlone: of what begins loads and what begins an undo, all at once, either loads
// begin or the undo.
func undoAlone(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	l := w.loaded(boss, w.newcomer(o.ID, "ann"))
	loads, f := make([]core.LoadRun, callers), w.loadFile(boss)
	for i := range loads {
		loads[i] = w.load(boss)
		loads[i].Hash = f.Hash
	}
	begin := w.undoBegin(l)
	done := w.together(callers, func(s *sqlstore.Store, i int) error {
		switch i % 3 {
		case 0:
			return s.BeginUndo(w.ctx, begin)
		case 1:
			return s.StartLoadFile(w.ctx, f, loads[i], core.Record{})
		}
		return s.CreateLoad(w.ctx, loads[i], core.Record{})
	}, core.ErrStale, core.ErrUndoing, core.ErrLoading)
	running, undoing := w.rows("load_run WHERE state = 'running'"), w.rows("load_undo")
	if running+undoing != done || undoing > 1 || undoing == 1 && running > 0 {
		w.t.Errorf("%d succeeded: %d loads run, and %d are undone", done, running, undoing)
	}
}

func undoBatchOnce(w *world) {
	o := w.organization("One")
	boss, ann := w.administrator(o, "boss"), w.person(o, "ann", "Old", "New")
	l := w.loaded(boss, w.newcomer(o.ID, "bob"))
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l)))
	is := ann.Profile()
	is.Title = "Before"
	b := w.undoBatch(l)
	b.Counts.Restored = 1
	b.Change = []core.LoadChange{{UserID: ann.ID, Was: ann.Profile(), Is: is, Leave: []string{"New"}}}
	b.Record = core.Record{Events: []core.Event{w.event(boss, core.EventLoadUndoBatch)}}
	w.count("batches", w.together(callers, func(s *sqlstore.Store, i int) error {
		mine := b
		mine.Record.Events = slices.Clone(b.Record.Events)
		mine.Record.Events[0].ID = core.ID(string(b.Record.Events[0].ID) + string(rune('a'+i)))
		return s.UndoBatch(w.ctx, mine)
	}, core.ErrStale), 1)
	w.count("restored", w.loadNow(l).Undo.Counts.Restored, 1)
	w.count("events", w.rows("event WHERE kind = 'load.undo_batch'"), 1)
	got := w.account(ann)
	same(w, got.User.Profile(), is)
	same(w, got.Groups, []string{"Old"})
}

func undoBatchWhole(w *world) {
	o := w.organization("One")
	boss, ann := w.administrator(o, "boss"), w.person(o, "ann", "Old")
	l := w.loaded(boss, w.newcomer(o.ID, "bob", "Sales"))
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l)))
	is := ann.Profile()
	is.Title = "Before"
	b := w.undoBatch(l)
	b.Change = []core.LoadChange{{UserID: ann.ID, Was: ann.Profile(), Is: is}}
	sales := w.group(o, "Sales")
	before := w.dump()
	for name, spoil := range map[string]func(b *core.LoadUndoBatch){
		"somebody who changed": func(b *core.LoadUndoBatch) {
			b.Change = append(b.Change, core.LoadChange{UserID: boss.ID, Was: core.Profile{Title: "No"}})
		},
		"a group that is gone": func(b *core.LoadUndoBatch) {
			b.Change = append(b.Change, core.LoadChange{UserID: boss.ID, Was: boss.Profile(), Is: boss.Profile(), Join: []string{"Gone"}})
		},
		"a group with somebody in it": func(b *core.LoadUndoBatch) {
			b.Remove = []core.LoadGroupRemoval{{GroupID: sales, Was: &core.GroupFields{Name: "Sales"}}}
		},
		"another place": func(b *core.LoadUndoBatch) { b.Below = 7 },
	} {
		spoiled := b
		spoiled.Change = slices.Clone(b.Change)
		spoil(&spoiled)
		w.refused(name, w.store.UndoBatch(w.ctx, spoiled), core.ErrStale)
	}
	same(w, w.dump(), before)
	w.must(w.store.UndoBatch(w.ctx, b))
}

func undoMade(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	ann := w.newcomer(o.ID, "ann", "Empty", "Full", "Used")
	l := w.loaded(boss, ann)
	w.person(o, "bob", "Full")
	w.must(w.store.AddApplication(w.ctx, core.Application{
		ID: w.id("application"), OrganizationID: o.ID, Name: "Ledger", URL: "https://l.example.com", Groups: []string{"Used"}, Level: core.LevelPassword, CreatedAt: w.clock(),
	}, core.Record{}))
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l)))
	r, err := w.store.LoadResultBelow(w.ctx, o.ID, l.ID, math.MaxInt32)
	w.must(err)
	w.count("made", len(r.Made), 3)
	b := w.undoBatch(l)
	b.Change = []core.LoadChange{{UserID: ann.User.ID, Was: ann.User.Profile(), Is: ann.User.Profile(), Leave: ann.Groups}}
	for _, id := range r.Made {
		b.Remove = append(b.Remove, core.LoadGroupRemoval{GroupID: id, Record: core.Record{Events: []core.Event{w.event(boss, core.EventGroupRemoved)}}})
	}
	w.must(w.store.UndoBatch(w.ctx, b))
	w.count("removed", w.loadNow(l).Undo.Counts.Removed, 1)
	w.count("events", w.rows("event WHERE kind = 'group.removed' AND target = 'Empty'"), 1)
	groups, err := w.store.Groups(w.ctx, o.ID)
	w.must(err)
	if len(groups) != 2 || groups[0].Name != "Full" || groups[1].Name != "Used" {
		w.t.Errorf("there are %+v", groups)
	}
}

func undoPrinted(w *world) {
	o := w.organization("One")
	ann := w.person(o, "ann", "Sales")
	c := core.StatusChange{OrganizationID: o.ID, UserID: ann.ID, From: ann.Status, To: core.Inactive, At: w.clock(), Print: core.LoadPrint(w.account(ann).User, []string{"Leeds"})}
	w.refused("as somebody else", w.store.SetStatus(w.ctx, c), core.ErrStale)
	same(w, w.account(ann).User.Status, ann.Status)
	c.Print = core.LoadPrint(w.account(ann).User, []string{"Sales"})
	w.must(w.store.SetStatus(w.ctx, c))
}

// undoRestored: what was under way when the backup was made is taken up by somebody
// who wants it, or by nobody.
func undoRestored(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	l := w.loaded(boss, w.newcomer(o.ID, "ann"))
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l)))
	_, err := w.db.Raw.ExecContext(w.ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4000000000, TRUE)")
	w.must(err)
	w.must(w.store.FinishRestore(w.ctx, core.Restoration{At: w.clock(), TakenAt: w.clock()}))
	if u := w.loadNow(l).Undo; u.State != core.LoadUndoHalted || u.Reason != core.LoadRestored || !u.EndedAt.Equal(w.clock()) {
		w.t.Errorf("the undo is %+v", u)
	}
	_, err = w.store.TakeUndo(w.ctx, "w", w.clock(), w.clock().Add(time.Minute))
	w.refused("what was halted", err, core.ErrNotFound)
	w.must(w.store.BeginUndo(w.ctx, w.undoBegin(l)))
}

// loadUndoCalls are those of undos.
func (v *victim) loadUndoCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	l := w.undoing(core.User{ID: v.load.By.ID, OrganizationID: v.load.OrganizationID})
	l.OrganizationID = org
	return map[string]func() error{
		"BeginUndo":       func() error { return s.BeginUndo(w.ctx, w.undoBegin(l)) },
		"LoadResultBelow": func() error { _, err := s.LoadResultBelow(w.ctx, org, l.ID, 9); return err },
		"LoadKept":        func() error { return empty(s.LoadKept(w.ctx, org, l.ID, 9)) },
		"UndoBatch": func() error {
			b := w.undoBatch(l)
			b.Record = v.stolen
			return s.UndoBatch(w.ctx, b)
		},
		"EndUndo": func() error {
			return s.EndUndo(w.ctx, core.LoadUndoEnd{OrganizationID: org, RunID: l.ID, State: core.LoadUndone, At: w.clock(), Record: v.stolen})
		},
	}
}
