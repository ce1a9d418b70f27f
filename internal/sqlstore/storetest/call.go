package storetest

import (
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func callTests() map[string]test {
	return map[string]test{
		"a call and its answer":               callColumns,
		"one of many at once has the turn":    oneCall,
		"a call that did nothing, once more":  callAgain,
		"what is done is done once":           callDoneOnce,
		"whoever lost the turn changes none":  callTaken,
		"what is refused leaves the call be":  callRefused,
		"a day later it is another call":      callOver,
		"the sweeper forgets calls of a day":  callSwept,
		"another request under the same name": callOther,
	}
}

func (w *world) call(o core.Organization, name string) core.Call {
	return core.Call{
		ID: core.ID(name), OrganizationID: o.ID, Fingerprint: "print", State: core.CallOpen, Attempt: w.id("attempt"),
		LeaseUntil: w.clock().Add(core.CallLease), CreatedAt: w.clock(),
	}
}

// begin stores a call that is new.
func (w *world) begin(o core.Organization, name string) core.Call {
	w.t.Helper()
	c, err := w.store.BeginCall(w.ctx, w.call(o, name))
	w.must(err)
	return c
}

// done is what a call does: an event that belongs to it.
func (w *world) done(c core.Call, u core.User) error {
	e := w.event(u, "did")
	e.Origin.Call = c.Attempt
	return w.store.Note(w.ctx, core.Record{Events: []core.Event{e}})
}

func callColumns(w *world) {
	o := w.organization("One")
	c := w.begin(o, "call")
	c.State, c.Status, c.Headers, c.Body = core.CallAnswered, 201, map[string]string{"Location": "/x"}, `{"a":"ü"}`
	w.must(w.store.AnswerCall(w.ctx, c))
	got, err := w.store.BeginCall(w.ctx, w.call(o, "call"))
	w.refused("a call that was answered", err, core.ErrUsed)
	same(w, got, c)
	w.refused("a second answer", w.store.AnswerCall(w.ctx, c), core.ErrStale)
	w.refused("dropping it", w.store.DropCall(w.ctx, c), core.ErrStale)
}

func oneCall(w *world) {
	u := w.person(w.organization("One"), "ada")
	made := make([]core.Call, callers)
	for i := range made {
		made[i] = w.call(core.Organization{ID: u.OrganizationID}, "call")
	}
	var deeds atomic.Int64
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		c, err := s.BeginCall(w.ctx, made[i])
		if err != nil {
			return err
		}
		deeds.Add(1)
		e := w.event(u, "did")
		e.Origin.Call = c.Attempt
		if err := s.Note(w.ctx, core.Record{Events: []core.Event{e}}); err != nil {
			return err
		}
		c.Status = 200
		return s.AnswerCall(w.ctx, c)
	}, core.ErrUsed)
	w.count("answers", won, 1)
	w.count("turns", int(deeds.Load()), 1)
	w.count("events", w.rows("event"), 1)
}

func callAgain(w *world) {
	o := w.organization("One")
	first := w.begin(o, "call")
	_, err := w.store.BeginCall(w.ctx, w.call(o, "call"))
	w.refused("while it is under way", err, core.ErrUsed)
	w.must(w.store.DropCall(w.ctx, first))
	second := w.begin(o, "call")
	w.pass(core.CallLease)
	third := w.begin(o, "call") // the second crashed
	w.refused("the answer of one that took too long", w.store.AnswerCall(w.ctx, second), core.ErrStale)
	w.must(w.store.AnswerCall(w.ctx, third))
}

func callDoneOnce(w *world) {
	u := w.person(w.organization("One"), "ada")
	o := core.Organization{ID: u.OrganizationID}
	c := w.begin(o, "call")
	w.must(w.done(c, u))
	w.refused("dropping what is done", w.store.DropCall(w.ctx, c), core.ErrStale)
	w.pass(time.Hour) // its answer was never kept: a crash
	got, err := w.store.BeginCall(w.ctx, w.call(o, "call"))
	w.refused("what is done", err, core.ErrUsed)
	if got.State != core.CallDone {
		w.t.Errorf("the call is %q, want done", got.State)
	}
	w.must(w.store.AnswerCall(w.ctx, c))
}

func callTaken(w *world) {
	u := w.person(w.organization("One"), "ada")
	o := core.Organization{ID: u.OrganizationID}
	late := w.begin(o, "call")
	w.pass(core.CallLease)
	w.begin(o, "call")
	w.refused("a deed of whoever lost the turn", w.done(late, u), core.ErrCallTaken)
	w.count("events", w.rows("event"), 0)
}

func callRefused(w *world) {
	u := w.person(w.organization("One"), "ada")
	c := w.begin(core.Organization{ID: u.OrganizationID}, "call")
	e := w.event(u, "tried")
	e.Result, e.Origin.Call = "refused", c.Attempt
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{e}}))
	w.must(w.store.DropCall(w.ctx, c))
}

func callOver(w *world) {
	o := w.organization("One")
	c := w.begin(o, "call")
	w.must(w.store.AnswerCall(w.ctx, c))
	w.pass(core.CallLife - time.Second)
	_, err := w.store.BeginCall(w.ctx, w.call(o, "call"))
	w.refused("within a day", err, core.ErrUsed)
	w.pass(time.Second)
	w.begin(o, "call")
}

func callSwept(w *world) {
	o := w.organization("One")
	w.begin(o, "old")
	w.pass(core.CallLife + time.Second)
	w.begin(o, "new")
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("calls", w.rows("api_call"), 1)
}

func callOther(w *world) {
	o := w.organization("One")
	w.begin(o, "call")
	w.pass(core.CallLease)
	other := w.call(o, "call")
	other.Fingerprint = "another"
	got, err := w.store.BeginCall(w.ctx, other)
	w.refused("another request", err, core.ErrUsed)
	if got.Fingerprint != "print" {
		w.t.Errorf("what is stored has the fingerprint %q", got.Fingerprint)
	}
}

// callCalls ask for a call of the organization that the person is not in.
func (v *victim) callCalls() map[string]func() error {
	w, s := v.w, v.w.store
	c := w.begin(core.Organization{ID: v.application.OrganizationID}, "call")
	c.OrganizationID = v.u.OrganizationID
	return map[string]func() error{
		"BeginCall":  func() error { _, err := s.BeginCall(w.ctx, c); return err },
		"AnswerCall": func() error { return s.AnswerCall(w.ctx, c) },
		"DropCall":   func() error { return s.DropCall(w.ctx, c) },
	}
}
