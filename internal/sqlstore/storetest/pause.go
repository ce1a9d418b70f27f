package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func pauseTests() map[string]test {
	return map[string]test{
		"a pause is kept, used and ended":                pauseKept,
		"people are found by a pause":                    foundByPause,
		"who uses password clients":                      clientUsers,
		"fifty start a pause":                            fiftyPauses,
		"fifty end a pause":                              fiftyPauseEnds,
		"fifty tell of a pause":                          fiftyPausesTold,
		"fifty use a pause":                              fiftyPauseUses,
		"a pause whose time is over makes place":         pauseMakesPlace,
		"what ends sessions ends a pause":                pauseCut,
		"a pause needs somebody who may sign in":         pauseOfNobody,
		"ended pauses are swept after a month":           pausesSwept,
		"a restored backup brings no pause back to life": pauseRestored,
	}
}

// pausing is a pause of a person for an hour.
func (w *world) pausing(u core.User) core.PauseStart {
	p := core.Pause{
		ID: w.id("pause"), OrganizationID: u.OrganizationID, UserID: u.ID, Network: "192.0.2.0/24", Reason: "monthly load",
		StartedAt: w.clock(), Until: w.clock().Add(time.Hour),
	}
	return core.PauseStart{Pause: p, Record: core.Record{Events: []core.Event{w.event(u, core.EventPauseStarted)}}}
}

// paused starts a pause.
func (w *world) paused(u core.User) core.Pause {
	w.t.Helper()
	c := w.pausing(u)
	w.must(w.store.StartPause(w.ctx, c))
	return c.Pause
}

func (w *world) pauseEnding(p core.Pause, why core.PauseEnd, at time.Time) core.PauseFinish {
	p.EndedAt, p.Why, p.EndEventID = at, why, w.id("event")
	return core.PauseFinish{Pause: p, Record: core.Record{Events: []core.Event{p.EndEvent(w.clock(), core.Actor{Kind: "system"}, core.Origin{})}}}
}

func pauseKept(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.paused(u)
	got, err := w.store.OpenPause(w.ctx, u.OrganizationID, u.ID)
	w.must(err)
	same(w, got, p)
	short := core.Pause{ID: p.ID, OrganizationID: p.OrganizationID, UserID: p.UserID, Network: p.Network, Until: p.Until}
	same(w, w.account(u).Pause, short)
	s, err := w.store.SessionByToken(w.ctx, w.session(u).TokenHash)
	w.must(err)
	same(w, s.Account.Pause, short)
	v, err := w.store.FindLogin(w.ctx, u.Email, "", "")
	w.must(err)
	same(w, v.Account.Pause, short)
	w.pass(time.Minute)
	w.must(w.store.UsePause(w.ctx, p, w.clock(), core.Record{}))
	p.SignIns, p.LastUsedAt = 1, w.clock()
	got, err = w.store.OpenPause(w.ctx, u.OrganizationID, u.ID)
	w.must(err)
	same(w, got, p)
	w.must(w.store.FinishPause(w.ctx, w.pauseEnding(p, core.PauseEnded, w.clock())))
	same(w, w.account(u).Pause, core.Pause{})
	w.refused("using an ended one", w.store.UsePause(w.ctx, p, w.clock(), core.Record{}), core.ErrUsed)
	w.count("changes", w.rows("cache_change WHERE kind = 'user' AND subject_id = '"+string(u.ID)+"'"), 2)
	over, err := w.store.OverPauses(w.ctx, w.clock().Add(9*time.Hour), 9)
	w.must(err)
	same(w, len(over), 0) // who ended it told of it
}

// foundByPause: whoever has a pause that holds, in one organization.
func foundByPause(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	u := w.person(o, "ada")
	w.person(o, "ben")
	w.paused(u)
	w.paused(w.person(other, "zoe"))
	found := func(sort core.PersonSort) (names []string) {
		page, err := w.store.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: o.ID, Paused: true, Sort: sort, Limit: 10, Now: w.clock()})
		w.must(err)
		for _, a := range page.People {
			names = append(names, a.User.FirstName)
		}
		return names
	}
	for _, sort := range core.PersonSorts() {
		same(w, found(sort), []string{u.FirstName})
	}
	w.pass(time.Hour)
	same(w, found(core.SortName), nil)
}

// clientUsers: each person once, who was let in since the moment asked for.
func clientUsers(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	u := w.person(o, "ada")
	refused := w.event(w.person(o, "ben"), core.EventClientSignedIn)
	refused.Result = "refused"
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{
		w.event(u, core.EventClientSignedIn), w.event(u, core.EventClientSignedIn), refused, w.event(w.person(other, "zoe"), core.EventClientSignedIn),
	}}))
	count := func(since time.Duration) int {
		n, err := w.store.ClientUsers(w.ctx, o.ID, w.clock().Add(-since))
		w.must(err)
		return n
	}
	w.count("in an hour", count(time.Hour), 1)
	w.pass(2 * time.Hour)
	w.count("an hour later", count(time.Hour), 0)
}

func fiftyPauses(w *world) {
	u := w.person(w.organization("One"), "ada")
	all := make([]core.PauseStart, callers)
	for i := range all {
		all[i] = w.pausing(u)
	}
	w.count("started", w.together(callers, func(s *sqlstore.Store, i int) error { return s.StartPause(w.ctx, all[i]) }, core.ErrTaken), 1)
	w.count("pauses", w.rows("pause"), 1)
	w.count("events", w.rows("event WHERE kind = 'pause.started'"), 1)
}

func fiftyPauseEnds(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.paused(u)
	w.pass(2 * time.Hour)
	all := make([]core.PauseFinish, callers)
	for i := range all {
		all[i] = w.pauseEnding(p, core.PauseOver, p.Until)
	}
	w.count("ended", w.together(callers, func(s *sqlstore.Store, i int) error { return s.FinishPause(w.ctx, all[i]) }, core.ErrUsed), 1)
	w.count("events", w.rows("event WHERE kind = 'pause.ended'"), 1)
}

func fiftyPausesTold(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	w.paused(u)
	w.must(w.store.SignOutEverywhere(w.ctx, core.EverywhereSignOut{OrganizationID: o.ID, UserID: u.ID, At: w.clock()}))
	over, err := w.store.OverPauses(w.ctx, w.clock(), 9)
	w.must(err)
	w.count("over", len(over), 1)
	w.count("told", w.together(callers, func(s *sqlstore.Store, _ int) error {
		return s.TellPause(w.ctx, core.PauseTold{Pause: over[0], At: w.clock()})
	}, core.ErrUsed), 1)
	over, err = w.store.OverPauses(w.ctx, w.clock(), 9)
	w.must(err)
	w.count("over", len(over), 0)
}

func fiftyPauseUses(w *world) {
	u := w.person(w.organization("One"), "ada")
	p := w.paused(u)
	w.count("used", w.together(callers, func(s *sqlstore.Store, _ int) error { return s.UsePause(w.ctx, p, w.clock(), core.Record{}) }), callers)
	got, err := w.store.OpenPause(w.ctx, u.OrganizationID, u.ID)
	w.must(err)
	same(w, got.SignIns, callers)
	w.pass(time.Hour)
	w.refused("at its end", w.store.UsePause(w.ctx, p, w.clock(), core.Record{}), core.ErrUsed)
}

func pauseMakesPlace(w *world) {
	u := w.person(w.organization("One"), "ada")
	first := w.paused(u)
	w.pass(time.Hour)
	second := w.paused(u)
	over, err := w.store.OverPauses(w.ctx, w.clock(), 9)
	w.must(err)
	w.count("over", len(over), 1)
	same(w, []any{over[0].ID, over[0].EndedAt, over[0].Why}, []any{first.ID, first.Until, core.PauseOver})
	w.count("its event", w.rows("event WHERE kind = 'pause.ended' AND id = '"+string(over[0].EndEventID)+"'"), 1)
	same(w, w.account(u).Pause.ID, second.ID)
}

// pauseCut: what says that somebody else may have started it ends it in its own
// transaction; what only tidies up sessions does not.
func pauseCut(w *world) {
	o := w.organization("One")
	boss := w.ofType(o, "boss", core.Administrator)
	for name, deed := range map[string]func(u core.User) error{
		"signing out everywhere": func(u core.User) error {
			return w.store.EndOtherSessions(w.ctx, core.OtherSessionsEnd{
				OrganizationID: o.ID, UserID: u.ID, KeepSession: w.session(u).ID, Reason: core.EndByOwner, At: w.clock(),
			})
		},
		"signed out by an administrator": func(u core.User) error {
			return w.store.SignOutEverywhere(w.ctx, core.EverywhereSignOut{OrganizationID: o.ID, UserID: u.ID, At: w.clock()})
		},
		"a new password": func(u core.User) error {
			return w.store.ChangePassword(w.ctx, w.change(u, w.session(u), "sealed again"))
		},
		"a reset of two-factor": func(u core.User) error {
			return w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: o.ID, UserID: u.ID, At: w.clock()})
		},
		"an alarm": func(u core.User) error {
			return w.store.RaiseAlarm(w.ctx, core.Alarm{OrganizationID: o.ID, UserID: u.ID, Since: w.clock(), At: w.clock()})
		},
		"deactivated": func(u core.User) error {
			r := core.Record{Warrant: core.Warrant{OrganizationID: o.ID, ActorID: boss.ID, Least: core.Administrator, UserID: u.ID}}
			return w.store.SetStatus(w.ctx, core.StatusChange{OrganizationID: o.ID, UserID: u.ID, From: core.Active, To: core.Inactive, At: w.clock(), Record: r})
		},
	} {
		u := w.person(o, "u"+string(w.id("name")))
		p := w.paused(u)
		w.pass(time.Minute)
		w.must(deed(u))
		if got := w.account(u).Pause; got.ID != "" {
			w.t.Errorf("%s leaves the pause open", name)
		}
		w.count(name+": events", w.rows("event WHERE kind = 'pause.ended' AND subject_id = '"+string(u.ID)+"'"), 1)
		w.refused(name+": using it", w.store.UsePause(w.ctx, p, w.clock(), core.Record{}), core.ErrUsed)
	}
	u := w.person(o, "kim")
	w.paused(u)
	w.must(w.store.EndSession(w.ctx, core.SessionEnd{OrganizationID: o.ID, UserID: u.ID, SessionID: w.session(u).ID, Reason: core.EndSignedOut, At: w.clock()}))
	if !w.account(u).Pause.Live(w.clock()) {
		w.t.Error("signing out of one browser ended the pause")
	}
}

func pauseOfNobody(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	gone, u := w.ofType(o, "gone", core.NoAccess), w.person(o, "ada")
	w.refused("no access", w.store.StartPause(w.ctx, w.pausing(gone)), core.ErrNotFound)
	u.OrganizationID = other.ID
	w.refused("another organization", w.store.StartPause(w.ctx, w.pausing(u)), core.ErrNotFound)
	w.count("pauses", w.rows("pause"), 0)
}

func pausesSwept(w *world) {
	o := w.organization("One")
	ended := w.paused(w.person(o, "ada"))
	w.paused(w.person(o, "ben"))
	w.must(w.store.FinishPause(w.ctx, w.pauseEnding(ended, core.PauseEnded, w.clock())))
	for days, left := range []int{29: 2, 31: 1} {
		if left == 0 {
			continue
		}
		_, err := w.store.Sweep(w.ctx, w.clock().AddDate(0, 0, days))
		w.must(err)
		w.count("pauses", w.rows("pause"), left)
	}
}

func pauseRestored(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.paused(u)
	_, err := w.db.Raw.ExecContext(w.ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4000000000, TRUE)")
	w.must(err)
	w.must(w.store.FinishRestore(w.ctx, core.Restoration{At: w.clock(), TakenAt: w.clock()}))
	same(w, w.account(u).Pause, core.Pause{})
	over, err := w.store.OverPauses(w.ctx, w.clock(), 9)
	w.must(err)
	w.count("to tell of", len(over), 0)
}

// pauseCalls are what is done about pauses, in another organization.
func (v *victim) pauseCalls() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	p := v.pause
	p.OrganizationID, p.UserID = org, user
	return map[string]func() error{
		"StartPause": func() error {
			c := w.pausing(v.u)
			c.Record = r
			return s.StartPause(w.ctx, c)
		},
		"FinishPause": func() error {
			c := w.pauseEnding(p, core.PauseEnded, w.clock())
			c.Record = r
			return s.FinishPause(w.ctx, c)
		},
		"TellPause": func() error { return s.TellPause(w.ctx, core.PauseTold{Pause: p, At: w.clock(), Record: r}) },
		"UsePause":  func() error { return s.UsePause(w.ctx, p, w.clock(), r) },
		"ClientUsers": func() error {
			n, err := s.ClientUsers(w.ctx, org, w.clock().Add(-time.Hour))
			return empty(make([]int, n), err)
		},
		"OpenPause": func() error { _, err := s.OpenPause(w.ctx, org, user); return err },
	}
}
