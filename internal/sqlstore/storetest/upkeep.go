package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func upkeepTests() map[string]test {
	return map[string]test{
		"the sweeper takes what is over":      sweepTakes,
		"the sweeper leaves what is in use":   sweepLeaves,
		"the sweeper works in batches":        sweepBatches,
		"a cancelled request changes nothing": cancelled,
		"a failing record undoes the change":  undone,
		"the database knows the time":         databaseTime,
	}
}

// everything makes at least one row of each kind that the sweeper looks at.
func everything(w *world) core.User {
	u, _, s := w.enrol(w.person(w.organization("One"), "ada"), 1)
	a := w.attempt(u)
	w.must(w.store.SendCode(w.ctx, w.codeSend(u, a.ID)))
	m := w.lease("one")[0].Message
	m.Delivery = core.DeliverySent
	w.must(w.store.SettleMail(w.ctx, m, "one"))
	w.panel(u, s.ID)
	w.must(w.store.CreateLink(w.ctx, w.link(u), core.Record{}))
	w.remembered(u)
	w.settle(core.OutcomeWrong, pair("user|n"))
	return u
}

func sweepTakes(w *world) {
	u := everything(w)
	w.pass(60 * 24 * time.Hour)
	n, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	for _, table := range []string{"attempt", "challenge", "enrolment", "cache_change", "link", "session", "remembered_device", "outbox", "throttle"} {
		w.count("rows of "+table, w.rows(table), 0)
	}
	if n < 9 {
		w.t.Errorf("swept %d rows, want at least 9", n)
	}
	w.count("apps", w.account(u).Apps, 1)
	if w.rows("event") == 0 {
		w.t.Error("events were swept")
	}
	n, err = w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("a second sweep", n, 0)
}

func sweepLeaves(w *world) {
	everything(w)
	before := w.dump()
	n, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("swept", n, 0)
	same(w, w.dump(), before)
	w.pass(90 * time.Second)
	_, err = w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	same(w, w.dump(), before)
}

func sweepBatches(w *world) {
	changes := make([]core.Change, 1234)
	for i := range changes {
		changes[i] = core.Change{ID: w.id("change"), At: Begin, Kind: core.ChangeUser, SubjectID: "x"}
	}
	w.must(w.store.ClearPrefixes(w.ctx, []string{"none"}, core.Record{Changes: changes}))
	n, err := w.store.Sweep(w.ctx, w.pass(time.Hour))
	w.must(err)
	w.count("swept", n, len(changes))
}

func cancelled(w *world) {
	u := w.person(w.organization("One"), "ada")
	before := w.dump()
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.store.CompleteSignIn(ctx, w.completion(u, nil, nil)); !errors.Is(err, context.Canceled) {
		w.t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := w.store.FindLogin(ctx, u.Email, "", ""); !errors.Is(err, context.Canceled) {
		w.t.Errorf("got %v, want context.Canceled", err)
	}
	same(w, w.dump(), before)
}

func undone(w *world) {
	u := w.person(w.organization("One"), "ada")
	before := w.dump()
	c := w.completion(u, nil, nil)
	c.Record.Events = append(c.Record.Events, c.Record.Events[0]) // the same id twice
	if err := w.store.CompleteSignIn(w.ctx, c); core.KindOf(err) != core.Internal || err == nil {
		w.t.Errorf("got %v, want an internal error", err)
	}
	same(w, w.dump(), before)
}

func databaseTime(w *world) {
	first, err := w.store.DatabaseTime(w.ctx)
	w.must(err)
	second, err := w.store.DatabaseTime(w.ctx)
	w.must(err)
	if second.Before(first) || second.Sub(first) > time.Minute || first.Year() < 2024 {
		w.t.Errorf("the database's clock says %v, then %v", first, second)
	}
}
