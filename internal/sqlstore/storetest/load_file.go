package storetest

import (
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func loadFileTests() map[string]test {
	return map[string]test{
		"a file comes back as it was put up":     loadFileRead,
		"of two who start a file's load one can": loadFileStarts,
		"a file's load is one worker's":          loadFileLease,
		"a large file is looked at by one":       loadFileLook,
		"files go when they are of no use":       loadFileSweep,
		"a file that is started does not go":     loadFileKept,
		"an organization fills no disk":          loadFileMany,
	}
}

// loadFile is a file that has arrived.
func (w *world) loadFile(by core.User) core.LoadFile {
	w.t.Helper()
	f := core.LoadFile{
		ID: w.id("file"), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Name: "staff.csv",
		Version: 1, CreatedAt: w.clock(),
	}
	w.must(w.store.CreateLoadFile(w.ctx, f, core.Record{}))
	w.must(w.store.AddLoadChunk(w.ctx, f.OrganizationID, f.ID, core.LoadChunkID(f.ID, 0), "v1.k1.part"))
	f.Size, f.Hash = 4, "h"
	f.Facts = core.LoadFacts{
		Encoding: "utf-8", Delimiter: ";", HeaderRow: 1, Sheet: "A", Sheets: []string{"A", "B"}, Columns: []string{"Email", "ü"}, Filled: []int{3, 2},
		Rows: 3, First: 2,
	}
	f.Order = w.load(by).Order
	w.must(w.store.SaveLoadFile(w.ctx, f, core.Record{}))
	f.Version++
	return f
}

func loadFileRead(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	f := w.loadFile(boss)
	got, err := w.store.LoadFileByID(w.ctx, f.OrganizationID, f.ID)
	w.must(err)
	same(w, got, f)
	sealed, err := w.store.LoadChunk(w.ctx, f.OrganizationID, core.LoadChunkID(f.ID, 0))
	w.must(err)
	same(w, sealed, "v1.k1.part")
	w.refused("bytes behind the end", w.store.AddLoadChunk(w.ctx, f.OrganizationID, f.ID, core.LoadChunkID(f.ID, 1), "x"), core.ErrNotFound)
	stale := f
	stale.Version--
	w.refused("an old look at it", w.store.SaveLoadFile(w.ctx, stale, core.Record{}), core.ErrStale)
	other := f
	other.Hash = "another"
	w.refused("other bytes", w.store.SaveLoadFile(w.ctx, other, core.Record{}), core.ErrStale)
	w.must(w.store.DropLoadFile(w.ctx, f.OrganizationID, f.ID))
	w.count("parts", w.rows("load_chunk"), 0)
}

// startOf is the load of a file.
func (w *world) startOf(f core.LoadFile) core.LoadRun {
	l := w.load(core.User{ID: f.By.ID, OrganizationID: f.OrganizationID})
	l.Hash = f.Hash
	return l
}

func loadFileStarts(w *world) {
	f := w.loadFile(w.administrator(w.organization("One"), "boss"))
	changed := w.startOf(f)
	changed.Hash = "another"
	w.refused("a file that is another one", w.store.StartLoadFile(w.ctx, f, changed, core.Record{}), core.ErrStale)
	old := f
	old.Version--
	w.refused("a mapping that was changed since", w.store.StartLoadFile(w.ctx, old, w.startOf(f), core.Record{}), core.ErrStale)
	var loads [callers]core.LoadRun
	for i := range loads {
		loads[i] = w.startOf(f)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.StartLoadFile(w.ctx, f, loads[i], core.Record{}) }, core.ErrStale)
	w.count("starts", won, 1)
	w.count("loads", w.rows("load_run"), 1)
	f.Version++
	w.refused("another mapping", w.store.SaveLoadFile(w.ctx, f, core.Record{}), core.ErrStale)
	w.refused("its end", w.store.DropLoadFile(w.ctx, f.OrganizationID, f.ID), core.ErrNotFound)
}

func loadFileLease(w *world) {
	f := w.loadFile(w.administrator(w.organization("One"), "boss"))
	take := func(owner string) (core.LoadFile, error) {
		return w.store.TakeLoad(w.ctx, owner, w.clock(), w.clock().Add(time.Minute))
	}
	if _, err := take("a"); err == nil {
		w.t.Error("a file that nobody loads was taken")
	}
	f.Confirmed = true
	l := w.startOf(f)
	w.must(w.store.StartLoadFile(w.ctx, f, l, core.Record{}))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		_, err := s.TakeLoad(w.ctx, string(rune('a'+i)), w.clock(), w.clock().Add(time.Minute))
		return err
	}, core.ErrNotFound)
	w.count("workers", won, 1)
	w.pass(2 * time.Minute)
	got, err := take("z")
	w.must(err)
	if got.RunID != l.ID || !got.Confirmed {
		w.t.Errorf("the file that was taken is %+v", got)
	}
	waits, err := w.store.LoadWaits(w.ctx, w.clock())
	w.must(err)
	same(w, waits, false) // whoever holds it works on it
	w.refused("somebody else's lease", w.store.HoldLoad(w.ctx, "a", f.ID, w.clock().Add(time.Hour)), core.ErrStale)
	w.must(w.store.HoldLoad(w.ctx, "z", f.ID, w.clock()))
	waits, err = w.store.LoadWaits(w.ctx, w.clock())
	w.must(err)
	same(w, waits, true)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	_, err = take("a")
	w.refused("a load that is over", err, core.ErrNotFound)
}

func loadFileLook(w *world) {
	f := w.loadFile(w.administrator(w.organization("One"), "boss"))
	take := func(s *sqlstore.Store, owner string) (core.LoadFile, error) {
		return s.TakeLook(w.ctx, owner, w.clock(), w.clock().Add(time.Minute))
	}
	_, err := take(w.store, "a")
	w.refused("a file that nobody asked about", err, core.ErrNotFound)
	f.LookState = core.LoadLookDue
	w.must(w.store.SaveLoadFile(w.ctx, f, core.Record{}))
	f.Version++
	won := w.together(callers, func(s *sqlstore.Store, i int) error { _, err := take(s, string(rune('a'+i))); return err }, core.ErrNotFound)
	w.count("workers", won, 1)
	w.pass(2 * time.Minute)
	got, err := take(w.store, "z")
	w.must(err)
	same(w, got, f)
	w.refused("somebody else's lease", w.store.SaveLook(w.ctx, "a", f, w.clock()), core.ErrStale)
	f.Look = core.LoadLook{Rows: 7}
	w.must(w.store.SaveLook(w.ctx, "z", f, w.clock().Add(time.Minute)))
	f.LookState, f.Look = core.LoadLookDone, core.LoadLook{At: w.clock(), Rows: 9, Found: `{"a":"ü"}`}
	w.must(w.store.SaveLook(w.ctx, "z", f, w.clock()))
	got, err = w.store.LoadFileByID(w.ctx, f.OrganizationID, f.ID)
	w.must(err)
	same(w, got, f)
	old := f
	old.Version--
	w.refused("a mapping that was changed since", w.store.SaveLook(w.ctx, "z", old, w.clock()), core.ErrStale)
	f.LookState = core.LoadLookDue
	w.must(w.store.SaveLoadFile(w.ctx, f, core.Record{}))
	f.Version++
	got, err = take(w.store, "z")
	w.must(err)
	w.must(w.store.StartLoadFile(w.ctx, got, w.startOf(f), core.Record{}))
	w.refused("a file that is loaded", w.store.SaveLook(w.ctx, "z", got, w.clock()), core.ErrStale)
	_, err = w.store.TakeLoad(w.ctx, "b", w.clock(), w.clock().Add(time.Minute))
	w.must(err) // whoever looked at it does not hold its load up
}

func loadFileSweep(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	w.loadFile(boss)
	f := w.loadFile(boss)
	l := w.startOf(f)
	w.must(w.store.StartLoadFile(w.ctx, f, l, core.Record{}))
	sweep := func() {
		_, err := w.store.Sweep(w.ctx, w.clock())
		w.must(err)
	}
	w.pass(23 * time.Hour)
	sweep()
	w.count("files within a day", w.rows("load_file"), 2)
	w.pass(2 * time.Hour)
	sweep()
	w.count("files that are loaded", w.rows("load_file"), 1)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	w.count("parts after the load", w.rows("load_chunk"), 0)
	w.pass(6 * 24 * time.Hour)
	sweep()
	w.count("files within a week", w.rows("load_file"), 1)
	w.pass(2 * 24 * time.Hour)
	sweep()
	w.count("files", w.rows("load_file"), 0)
	w.count("parts", w.rows("load_chunk"), 0)
}

// loadFileMany: of the files that nobody has loaded an organization keeps the latest;
// what is loaded, what arrives and what others have is left alone.
func loadFileMany(w *world) {
	boss, other := w.administrator(w.organization("One"), "boss"), w.administrator(w.organization("Two"), "other")
	first, theirs := w.loadFile(boss), w.loadFile(other)
	w.must(w.store.StartLoadFile(w.ctx, first, w.startOf(first), core.Record{}))
	arrives := core.LoadFile{
		ID: w.id("file"), OrganizationID: boss.OrganizationID, By: core.Actor{Kind: "person", ID: boss.ID, Name: boss.Name()}, Name: "slow.csv", CreatedAt: w.clock(),
	}
	w.must(w.store.CreateLoadFile(w.ctx, arrives, core.Record{}))
	var all []core.ID
	for range core.LoadFilesWaiting + 5 {
		w.pass(time.Second)
		all = append(all, w.loadFile(boss).ID)
	}
	for i, id := range append(all, first.ID, arrives.ID) {
		_, err := w.store.LoadFileByID(w.ctx, boss.OrganizationID, id)
		if gone := errors.Is(err, core.ErrNotFound); gone != (i < 4) { // the last one made place before it had arrived
			w.t.Errorf("file %d is gone: %v, %v", i, gone, err)
		}
	}
	_, err := w.store.LoadFileByID(w.ctx, other.OrganizationID, theirs.ID)
	w.must(err)
	w.count("parts", w.rows("load_chunk"), core.LoadFilesWaiting+1+2)
}

// loadFileKept: a file that is started a day later is either loaded or gone, and never
// gone under its load, which would then have no end.
func loadFileKept(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	files := make([]core.LoadFile, callers/2)
	for i := range files {
		files[i] = w.loadFile(boss)
	}
	now := w.pass(25 * time.Hour)
	w.together(callers, func(s *sqlstore.Store, i int) error {
		if i%2 == 0 {
			_, err := s.Sweep(w.ctx, now)
			return err
		}
		return s.StartLoadFile(w.ctx, files[i/2], w.startOf(files[i/2]), core.Record{})
	}, core.ErrStale)
	w.count("loads without a file", w.rows("load_run WHERE NOT EXISTS (SELECT 1 FROM load_file f WHERE f.run_id = load_run.id)"), 0)
	w.count("loads without its bytes", w.rows("load_file f WHERE f.run_id <> '' AND NOT EXISTS (SELECT 1 FROM load_chunk c WHERE c.file_id = f.id)"), 0)
}

// loadFileCalls are those of files.
func (v *victim) loadFileCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	f := v.file
	boss := core.User{ID: f.By.ID, OrganizationID: f.OrganizationID}
	loaded := w.loadFile(boss)
	l := w.startOf(loaded)
	w.must(s.StartLoadFile(w.ctx, loaded, l, core.Record{}))
	if has, err := s.LoadHasFile(w.ctx, boss.OrganizationID, l.ID); err != nil || !has {
		w.t.Errorf("a load has no file in its own organization: %v", err)
	}
	f.OrganizationID = org
	return map[string]func() error{
		"CreateLoadFile": func() error {
			mine := f
			mine.ID = w.id("file")
			return s.CreateLoadFile(w.ctx, mine, v.stolen)
		},
		"AddLoadChunk": func() error { return s.AddLoadChunk(w.ctx, org, f.ID, core.LoadChunkID(f.ID, 1), "x") },
		"SaveLoadFile": func() error { return s.SaveLoadFile(w.ctx, f, v.stolen) },
		"DropLoadFile": func() error { return s.DropLoadFile(w.ctx, org, f.ID) },
		"LoadHasFile": func() error {
			if has, err := s.LoadHasFile(w.ctx, org, l.ID); has || err != nil {
				return err
			}
			return core.ErrNotFound
		},
		"LoadFileByID":  func() error { _, err := s.LoadFileByID(w.ctx, org, f.ID); return err },
		"LoadChunk":     func() error { _, err := s.LoadChunk(w.ctx, org, core.LoadChunkID(f.ID, 0)); return err },
		"StartLoadFile": func() error { return s.StartLoadFile(w.ctx, f, w.startOf(f), v.stolen) },
	}
}
