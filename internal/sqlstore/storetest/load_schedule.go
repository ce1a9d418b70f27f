package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func scheduleTests() map[string]test {
	return map[string]test{
		"a schedule comes back as it was saved":         scheduleRead,
		"of two who change a schedule one does":         scheduleSwap,
		"a schedule's turn is one worker's, and once":   scheduleTurns,
		"no organization takes all turns":               scheduleShares,
		"a worker takes what it has the place of":       schedulePlaces,
		"a load that runs holds its schedule back":      scheduleSettles,
		"a turn is noted with the load that it begins":  scheduleStarts,
		"a schedule needs its own package and key":      scheduleNeeds,
		"an organization has so many schedules at most": scheduleLimit,
		"a right that was lost changes no schedule":     scheduleWarrant,
	}
}

// newSchedule is one that is not stored, with a package and a key that are.
func (w *world) newSchedule(by core.User) core.LoadSchedule {
	return core.LoadSchedule{
		ID: w.id("schedule"), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()},
		PackageID: w.loadPackage(by, string(w.id("name"))).ID, KeyID: w.apiKey(by).ID,
		Source: core.LoadSource{Kind: core.LoadFromWatch, Place: "hr", Name: "*.csv", Query: "SELECT 'ü'"}, Cron: "0 6 * * *", Zone: "Europe/Madrid",
		NextAt: w.clock().Add(time.Minute), Settled: true, CreatedAt: w.clock(), Version: 1,
	}
}

func (w *world) schedule(by core.User) core.LoadSchedule {
	w.t.Helper()
	c := w.newSchedule(by)
	w.must(w.store.CreateLoadSchedule(w.ctx, c, core.Record{}))
	return c
}

func (w *world) takeSchedule(owner string) (core.LoadSchedule, error) {
	return w.store.TakeLoadSchedule(w.ctx, owner, []core.LoadPlace{{Name: "hr"}}, w.clock(), w.clock().Add(time.Minute))
}

func scheduleRead(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	c, second := w.schedule(boss), w.schedule(boss)
	all, err := w.store.LoadSchedules(w.ctx, c.OrganizationID)
	w.must(err)
	same(w, all, []core.LoadSchedule{c, second})
	c.Source = core.LoadSource{Kind: core.LoadFromQuery, Place: "pay", Name: "n", Query: "SELECT 1"}
	c.PackageID, c.KeyID, c.Cron, c.Zone, c.NextAt = second.PackageID, second.KeyID, "1 2 3 4 5", "UTC", w.clock().Add(time.Hour)
	w.must(w.store.ChangeLoadSchedule(w.ctx, c, core.Record{}))
	c.Version++
	got, err := w.store.LoadScheduleByID(w.ctx, c.OrganizationID, c.ID)
	w.must(err)
	same(w, got, c)
	w.must(w.store.DropLoadSchedule(w.ctx, c.OrganizationID, c.ID, core.Record{}))
	w.refused("a schedule twice", w.store.DropLoadSchedule(w.ctx, c.OrganizationID, c.ID, core.Record{}), core.ErrNotFound)
}

func scheduleSwap(w *world) {
	c := w.schedule(w.administrator(w.organization("One"), "boss"))
	c.Cron = "0 7 * * *"
	won := w.together(callers, func(s *sqlstore.Store, _ int) error { return s.ChangeLoadSchedule(w.ctx, c, core.Record{}) }, core.ErrStale)
	w.count("changes", won, 1)
	_, err := w.takeSchedule("early")
	w.refused("a turn before its time", err, core.ErrNotFound)
	w.pass(2 * time.Minute)
	took, err := w.takeSchedule("a")
	w.must(err)
	took.Cron, took.Stopped = "0 8 * * *", true
	w.must(w.store.ChangeLoadSchedule(w.ctx, took, core.Record{}))
	w.refused("a turn of what was changed meanwhile", w.store.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: took, Owner: "a"}), core.ErrStale)
	w.pass(2 * time.Minute)
	_, err = w.takeSchedule("a")
	w.refused("a turn of one that is stopped", err, core.ErrNotFound)
}

func scheduleTurns(w *world) {
	c := w.schedule(w.administrator(w.organization("One"), "boss"))
	w.pass(2 * time.Minute)
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		_, err := s.TakeLoadSchedule(w.ctx, string(rune('a'+i)), []core.LoadPlace{{Name: "hr"}}, w.clock(), w.clock().Add(time.Minute))
		return err
	}, core.ErrNotFound)
	w.count("workers", won, 1)
	w.pass(2 * time.Minute)
	took, err := w.takeSchedule("z")
	w.must(err)
	same(w, took, c)
	took = took.Failed(core.LoadFault{Code: "schedule.file_gone", Params: map[string]any{"name": "ü.csv"}})
	took.NextAt, took.LastAt, took.LastHash = w.clock().Add(time.Hour), w.clock(), "hash"
	turn := core.LoadScheduleTurn{Is: took, Owner: "z", Record: core.Record{Events: []core.Event{w.event(core.User{ID: c.By.ID, OrganizationID: c.OrganizationID}, core.EventScheduleFailed)}}}
	w.refused("somebody else's turn", w.store.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: took, Owner: "a"}), core.ErrStale)
	won = w.together(callers, func(s *sqlstore.Store, _ int) error { return s.NoteLoadSchedule(w.ctx, turn) }, core.ErrStale)
	w.count("notes", won, 1)
	w.count("events", w.rows("event WHERE kind = 'load.schedule_failed'"), 1)
	got, err := w.store.LoadScheduleByID(w.ctx, c.OrganizationID, c.ID)
	w.must(err)
	same(w, got, took)
	for range core.LoadScheduleFailures - 1 {
		w.pass(2 * time.Hour)
		took, err = w.takeSchedule("z")
		w.must(err)
		took = took.Failed(core.LoadFault{Code: "key.expired"})
		w.must(w.store.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: took, Owner: "z"}))
	}
	w.pass(2 * time.Hour)
	_, err = w.takeSchedule("z")
	w.refused("one that failed too often", err, core.ErrNotFound)
	took.Stopped = false
	w.must(w.store.ChangeLoadSchedule(w.ctx, took, core.Record{}))
	got, err = w.store.LoadScheduleByID(w.ctx, c.OrganizationID, c.ID)
	w.must(err)
	same(w, []any{got.Failures, got.Stopped, got.Fault, got.LastHash}, []any{0, false, core.LoadFault{}, ""})
}

// scheduleShares: an organization with many schedules, each of which takes as long as
// it may, does not keep another one's from their turn.
func scheduleShares(w *world) {
	many, one := w.administrator(w.organization("One"), "boss"), w.administrator(w.organization("Two"), "other")
	for range 5 {
		w.schedule(many)
	}
	w.pass(time.Minute)
	w.schedule(one)
	w.pass(2 * time.Minute)
	var turns []core.ID
	for range 4 {
		took, err := w.takeSchedule("a")
		w.must(err)
		turns = append(turns, took.OrganizationID)
		took.LastAt = w.clock()
		w.pass(30 * time.Second)
		w.must(w.store.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: took, Owner: "a"}))
	}
	same(w, turns, []core.ID{many.OrganizationID, one.OrganizationID, many.OrganizationID, one.OrganizationID})
}

func schedulePlaces(w *world) {
	w.schedule(w.administrator(w.organization("One"), "boss"))
	w.pass(2 * time.Minute)
	for _, places := range [][]core.LoadPlace{nil, {{Name: "other"}}, {{Query: true, Name: "hr"}}} {
		_, err := w.store.TakeLoadSchedule(w.ctx, "a", places, w.clock(), w.clock().Add(time.Minute))
		w.refused("a place that is not here", err, core.ErrNotFound)
	}
}

func scheduleSettles(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	w.schedule(boss)
	l := w.loading(boss, boss)
	w.pass(2 * time.Minute)
	took, err := w.takeSchedule("a")
	w.must(err)
	took.LastRun, took.Settled, took.LastAt = l.ID, false, w.clock()
	w.must(w.store.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: took, Owner: "a"}))
	w.pass(2 * time.Minute)
	_, err = w.takeSchedule("a")
	w.refused("a turn while the load runs", err, core.ErrNotFound)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadFailed, At: w.clock()}))
	again, err := w.takeSchedule("a")
	w.must(err)
	same(w, again, took)
}

// scheduleStarts: no load begins without the turn being had, nor the other way round, and
// the lease outlives it.
func scheduleStarts(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	w.schedule(boss)
	w.pass(2 * time.Minute)
	f := w.loadFile(boss)
	l := w.startOf(f)
	took, err := w.takeSchedule("a")
	w.must(err)
	took.NextAt, took.LastAt = w.clock().Add(time.Second), w.clock()
	turn := core.LoadScheduleTurn{Is: took, Owner: "a", Record: core.Record{Events: []core.Event{w.event(boss, core.EventLoadStarted)}}}
	stranger, old, changed := turn, turn, f
	stranger.Owner, old.Is.Version, changed.Version = "b", took.Version-1, f.Version-1
	before := w.dump()
	w.refused("somebody else's turn", w.store.StartLoadTurn(w.ctx, f, l, stranger), core.ErrStale)
	w.refused("a turn of what was changed meanwhile", w.store.StartLoadTurn(w.ctx, f, l, old), core.ErrStale)
	w.refused("a file that was", w.store.StartLoadTurn(w.ctx, changed, l, turn), core.ErrStale)
	same(w, w.dump(), before)
	var loads [callers]core.LoadRun
	for i := range loads {
		loads[i] = w.startOf(f)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.StartLoadTurn(w.ctx, f, loads[i], turn) }, core.ErrStale)
	w.count("starts", won, 1)
	w.count("loads", w.rows("load_run"), 1)
	w.count("events", w.rows("event WHERE kind = 'load.started'"), 1)
	got, err := w.store.LoadScheduleByID(w.ctx, took.OrganizationID, took.ID)
	w.must(err)
	took.LastRun, took.LastHash, took.Settled = got.LastRun, f.Hash, false
	same(w, got, took)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: took.OrganizationID, RunID: got.LastRun, State: core.LoadDone, At: w.clock()}))
	w.pass(30 * time.Second)
	_, err = w.takeSchedule("b")
	w.refused("a turn while somebody has it", err, core.ErrNotFound)
	w.pass(time.Minute)
	got, err = w.takeSchedule("b")
	w.must(err)
	same(w, got, took)
}

func scheduleNeeds(w *world) {
	boss, other := w.administrator(w.organization("One"), "boss"), w.administrator(w.organization("Two"), "other")
	theirs, mine := w.newSchedule(other), w.newSchedule(boss)
	colleague := w.ofType(core.Organization{ID: boss.OrganizationID}, "colleague", core.Administrator)
	for name, spoil := range map[string]func(c *core.LoadSchedule){
		"another organization's package": func(c *core.LoadSchedule) { c.PackageID = theirs.PackageID },
		"another organization's key":     func(c *core.LoadSchedule) { c.KeyID = theirs.KeyID },
		"a colleague's key":              func(c *core.LoadSchedule) { c.KeyID = w.apiKey(colleague).ID },
	} {
		c := mine
		spoil(&c)
		w.refused(name, w.store.CreateLoadSchedule(w.ctx, c, core.Record{}), core.ErrNotFound)
	}
	w.must(w.store.CreateLoadSchedule(w.ctx, mine, core.Record{}))
	mine.KeyID = theirs.KeyID
	w.refused("a change to another one's key", w.store.ChangeLoadSchedule(w.ctx, mine, core.Record{}), core.ErrNotFound)
}

func scheduleLimit(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	c := w.schedule(boss)
	for n := 1; n < core.LoadSchedulesPerOrganization; n++ {
		c.ID = w.id("schedule")
		w.must(w.store.CreateLoadSchedule(w.ctx, c, core.Record{}))
	}
	c.ID = w.id("schedule")
	w.refused("one too many", w.store.CreateLoadSchedule(w.ctx, c, core.Record{}), core.ErrLimit)
}

func scheduleWarrant(w *world) {
	o := w.organization("One")
	boss := w.ofType(o, "boss", core.HelpDesk)
	c, fresh := w.schedule(boss), w.newSchedule(boss)
	r := core.Record{
		Warrant: core.Warrant{OrganizationID: o.ID, ActorID: boss.ID, Least: core.Administrator},
		Events:  []core.Event{w.event(boss, core.EventScheduleSaved)},
	}
	before := w.dump()["load_schedule"]
	w.refused("a new one", w.store.CreateLoadSchedule(w.ctx, fresh, r), core.ErrNotAdministrator)
	c.Stopped = true
	w.refused("a change", w.store.ChangeLoadSchedule(w.ctx, c, r), core.ErrNotAdministrator)
	w.refused("its end", w.store.DropLoadSchedule(w.ctx, o.ID, c.ID, r), core.ErrNotAdministrator)
	same(w, w.dump()["load_schedule"], before)
}

// scheduleCalls are those of schedules.
func (v *victim) scheduleCalls() map[string]func() error {
	w, s, org, c := v.w, v.w.store, v.u.OrganizationID, v.schedule
	c.OrganizationID = org
	return map[string]func() error{
		"LoadSchedules":    func() error { return empty(s.LoadSchedules(w.ctx, org)) },
		"LoadScheduleByID": func() error { _, err := s.LoadScheduleByID(w.ctx, org, c.ID); return err },
		"CreateLoadSchedule": func() error {
			mine := c
			mine.ID = w.id("schedule")
			return s.CreateLoadSchedule(w.ctx, mine, v.stolen)
		},
		"ChangeLoadSchedule": func() error { return s.ChangeLoadSchedule(w.ctx, c, v.stolen) },
		"DropLoadSchedule":   func() error { return s.DropLoadSchedule(w.ctx, org, c.ID, v.stolen) },
		"StartLoadTurn": func() error {
			f := v.file
			f.OrganizationID = org
			return s.StartLoadTurn(w.ctx, f, w.startOf(f), core.LoadScheduleTurn{Is: c, Owner: "a", Record: v.stolen})
		},
		"NoteLoadSchedule": func() error {
			return s.NoteLoadSchedule(w.ctx, core.LoadScheduleTurn{Is: c, Owner: "a", Record: v.stolen})
		},
	}
}
