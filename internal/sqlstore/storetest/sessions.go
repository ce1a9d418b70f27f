package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func sessionTests() map[string]test {
	return map[string]test{
		"a person's open sessions and one of them":     openSessions,
		"all sessions but one end":                     othersEnd,
		"of sessions that end each other one stays":    endEachOther,
		"a device is renamed and forgotten by its own": ownDevices,
		"all devices are forgotten once":               forgetAllOnce,
		"one session at a time":                        oneAtATime,
		"of sign-ins at once one session stays":        oneOfManyStays,
		"an old value's return is told once":           replayToldOnce,
		"events page by page, of some kinds":           eventPages,
	}
}

func openSessions(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	first := w.session(u)
	w.pass(time.Minute)
	second := w.session(u)
	w.session(other)
	w.must(w.store.TouchSessions(w.ctx, []core.SessionTouch{{SessionID: first.ID, SeenAt: w.pass(time.Minute)}}))
	first.LastSeenAt = w.clock()
	all, err := w.store.OpenSessions(w.ctx, o.ID, u.ID)
	w.must(err)
	same(w, all, []core.Session{first, second})
	w.must(w.store.EndSession(w.ctx, core.SessionEnd{OrganizationID: o.ID, UserID: u.ID, SessionID: second.ID, Reason: core.EndByOwner, At: w.clock()}))
	all, err = w.store.OpenSessions(w.ctx, o.ID, u.ID)
	w.must(err)
	same(w, all, []core.Session{first})
	ended, err := w.store.SessionOf(w.ctx, o.ID, u.ID, second.ID)
	w.must(err)
	same(w, ended.EndReason, core.EndByOwner)
	for _, id := range []core.ID{first.ID, "nobody's", "a\x00b", "\xff", ""} {
		_, err = w.store.SessionOf(w.ctx, o.ID, other.ID, id)
		w.refused("session of another: "+string(id), err, core.ErrNotFound)
	}
}

// othersOf is the end of all sessions but s.
func (w *world) othersOf(u core.User, s core.ID) core.OtherSessionsEnd {
	return core.OtherSessionsEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, KeepSession: s, Reason: core.EndByOwner, At: w.clock(),
		Record: core.Record{Events: []core.Event{w.event(u, core.EventSessionEnded)}},
	}
}

func othersEnd(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	one, two, foreign := w.session(u), w.session(u), w.session(other)
	w.refused("kept session of another", w.store.EndOtherSessions(w.ctx, w.othersOf(u, foreign.ID)), core.ErrStale)
	w.must(w.store.EndOtherSessions(w.ctx, w.othersOf(u, one.ID)))
	w.must(w.store.EndOtherSessions(w.ctx, w.othersOf(u, one.ID))) // nothing is left to end
	w.count("events", w.rows("event WHERE kind = 'session.ended'"), 1)
	w.count("changes", w.rows("cache_change"), 1)
	v, err := w.store.SessionByToken(w.ctx, two.TokenHash)
	w.must(err)
	same(w, []any{v.Session.EndedAt, v.Session.EndReason}, []any{w.clock(), core.EndByOwner})
	w.count("open", w.rows("session WHERE ended_at = 0"), 2)
	w.refused("by an ended session", w.store.EndOtherSessions(w.ctx, w.othersOf(u, two.ID)), core.ErrStale)
}

func endEachOther(w *world) {
	u := w.person(w.organization("One"), "ada")
	var ids []core.ID
	for range core.SessionsPerUser {
		ids = append(ids, w.session(u).ID)
	}
	made := make([]core.OtherSessionsEnd, callers)
	for i := range made {
		made[i] = w.othersOf(u, ids[i%len(ids)])
	}
	w.together(callers, func(s *sqlstore.Store, i int) error { return s.EndOtherSessions(w.ctx, made[i]) }, core.ErrStale)
	w.count("open", w.rows("session WHERE ended_at = 0"), 1)
	w.count("events", w.rows("event WHERE kind = 'session.ended'"), 1)
}

func ownDevices(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	d, e := w.remembered(u), w.remembered(u)
	w.remembered(other)
	rename := core.DeviceRename{OrganizationID: o.ID, UserID: other.ID, DeviceID: d.ID, Label: "Desk"}
	w.refused("of another", w.store.RenameDevice(w.ctx, rename), core.ErrNotFound)
	forget := core.DeviceForget{OrganizationID: o.ID, UserID: other.ID, DeviceID: d.ID, At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventDeviceEnded)}}}
	w.refused("of another", w.store.ForgetDevices(w.ctx, forget), core.ErrNotFound)
	w.count("events after another tried", w.rows("event WHERE kind = 'device.ended'"), 0)
	rename.UserID = u.ID
	w.must(w.store.RenameDevice(w.ctx, rename))
	all, err := w.store.RememberedDevices(w.ctx, o.ID, u.ID)
	w.must(err)
	w.count("devices", len(all), 2)
	i := slices.IndexFunc(all, func(one core.Device) bool { return one.ID == d.ID })
	same(w, all[i].Label, "Desk")
	forget.UserID = u.ID
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		own := forget
		own.Record.Events = slices.Clone(forget.Record.Events)
		own.Record.Events[0].ID = core.ID(fmt.Sprintf("forget-%02d", i))
		return s.ForgetDevices(w.ctx, own)
	})
	w.count("calls", won, callers)
	w.count("events", w.rows("event WHERE kind = 'device.ended'"), 1)
	w.refused("use", w.useDevice(u, d.ID, 1, 2), core.ErrStale)
	w.refused("rename", w.store.RenameDevice(w.ctx, rename), core.ErrNotFound)
	w.must(w.useDevice(u, e.ID, 1, 2))
}

func forgetAllOnce(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	w.remembered(u)
	w.remembered(u)
	theirs := w.remembered(other)
	changes := w.rows("cache_change")
	for range 2 {
		w.must(w.store.ForgetDevices(w.ctx, core.DeviceForget{
			OrganizationID: o.ID, UserID: u.ID, At: w.clock(), Record: core.Record{Events: []core.Event{w.event(u, core.EventDeviceEnded)}},
		}))
	}
	w.count("events", w.rows("event WHERE kind = 'device.ended'"), 1)
	w.count("changes", w.rows("cache_change")-changes, 1)
	w.must(w.useDevice(other, theirs.ID, 1, 2))
}

// alone is a sign-in that ends the person's other sessions.
func (w *world) alone(u core.User) core.Completion {
	c, e := w.completion(u, nil, nil), w.event(u, core.EventSessionEnded)
	c.EndsOthers = &e
	return c
}

func oneAtATime(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	w.session(other)
	w.must(w.store.CompleteSignIn(w.ctx, w.alone(u)))
	w.count("events of a first sign-in", w.rows("event WHERE kind = 'session.ended'"), 0)
	before := w.session(u)
	w.must(w.store.CompleteSignIn(w.ctx, w.alone(u)))
	v, err := w.store.SessionByToken(w.ctx, before.TokenHash)
	w.must(err)
	same(w, []any{v.Session.EndedAt, v.Session.EndReason}, []any{w.clock(), core.EndElsewhere})
	w.count("open", w.rows("session WHERE ended_at = 0"), 2)
	w.count("events", w.rows("event WHERE kind = 'session.ended'"), 1)
	w.count("changes", w.rows("cache_change WHERE kind = 'user'"), 1)
	stale := w.alone(u)
	stale.PasswordVersion++
	w.refused("a sign-in that fails", w.store.CompleteSignIn(w.ctx, stale), core.ErrStale)
	w.count("open after it", w.rows("session WHERE ended_at = 0"), 2)
}

func oneOfManyStays(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.Completion, callers)
	for i := range made {
		made[i] = w.alone(u)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteSignIn(w.ctx, made[i]) })
	w.count("sign-ins", won, callers)
	w.count("open", w.rows("session WHERE ended_at = 0"), 1)
	w.count("ended by the next", w.rows("session WHERE end_reason = 'elsewhere'"), callers-1)
}

// replayToldOnce: however many browsers bring an old value at once, the device
// ends once and its owner is told once.
func replayToldOnce(w *world) {
	u := w.person(w.organization("One"), "ada")
	d := w.remembered(u)
	made := make([]core.AttemptOpening, callers)
	for i := range made {
		e := w.event(u, core.EventDeviceReplayed)
		made[i] = core.AttemptOpening{
			Attempt: w.newAttempt(u), EndDevice: d.ID,
			DeviceEnded: core.Record{Events: []core.Event{e}, Messages: []core.Message{w.message(u, core.MailDeviceEnded, e.ID)}},
		}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.OpenAttempt(w.ctx, made[i]) })
	w.count("attempts", won, callers)
	w.count("events", w.rows("event WHERE kind = 'device.replayed'"), 1)
	w.count("mails", w.rows("outbox"), 1)
}

func eventPages(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bob")
	kinds := []string{core.EventPasswordWrong, core.EventAppAdded, core.EventSignedOut}
	var want []core.Event
	for i := range 30 {
		if i%4 == 0 {
			w.pass(time.Minute) // several share a moment
		}
		e := w.event(u, kinds[i%3])
		w.must(w.store.ImportHistory(w.ctx, []core.Event{e, w.event(other, kinds[i%3])}))
		if i%3 < 2 {
			want = append(want, e)
		}
	}
	slices.Reverse(want)
	f := core.EventFilter{SubjectID: u.ID, Kinds: kinds[:2], Limit: 7}
	var got []core.Event
	for {
		page, err := w.store.Events(w.ctx, o.ID, f)
		w.must(err)
		got = append(got, page...)
		if len(page) < f.Limit {
			break
		}
		f.After = core.EventMark{At: page[len(page)-1].At, ID: page[len(page)-1].ID}
	}
	same(w, got, want)
	f = core.EventFilter{SubjectID: u.ID, From: Begin.Add(2 * time.Minute), Until: Begin.Add(4 * time.Minute)}
	some, err := w.store.Events(w.ctx, o.ID, f)
	w.must(err)
	w.count("events of two minutes", len(some), 8)
	f.Kinds = kinds
	again, err := w.store.Events(w.ctx, o.ID, f)
	w.must(err)
	same(w, again, some)
}

// sessionWrites are those of [otherOrganizations] about sessions and devices.
func (v *victim) sessionWrites() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	return map[string]func() error{
		"EndOtherSessions": func() error {
			return s.EndOtherSessions(w.ctx, core.OtherSessionsEnd{OrganizationID: org, UserID: user, KeepSession: v.session.ID, At: w.clock(), Record: r})
		},
		"RenameDevice": func() error {
			return s.RenameDevice(w.ctx, core.DeviceRename{OrganizationID: org, UserID: user, DeviceID: v.device.ID, Label: "mine", Record: r})
		},
		"ForgetDevices": func() error {
			f := core.DeviceForget{OrganizationID: org, UserID: user, At: w.clock(), Record: r}
			w.must(s.ForgetDevices(w.ctx, f)) // all of none
			f.DeviceID = v.device.ID
			return s.ForgetDevices(w.ctx, f)
		},
	}
}
