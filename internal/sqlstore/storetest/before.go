package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// tell queues a notice to all previous addresses, and returns where it went.
func (w *world) tell(u core.User, e core.Event) []string {
	w.t.Helper()
	m := w.message(u, core.MailPassword, e.ID)
	m.Recipient = core.ToPrevious
	w.must(w.store.ClearPrefixes(w.ctx, []string{"none"}, core.Record{Events: []core.Event{e}, Messages: []core.Message{m}}))
	return w.heard(e.ID)
}

// heard settles what is due of an event and returns the addresses of before it
// went to, in order.
func (w *world) heard(event core.ID) (all []string) {
	w.t.Helper()
	jobs, err := w.store.LeaseMail(w.ctx, "one", w.clock(), w.clock().Add(time.Minute), 50)
	w.must(err)
	for _, j := range jobs {
		m := j.Message
		m.Delivery = core.DeliverySent
		w.must(w.store.SettleMail(w.ctx, m, "one"))
		if m.SubjectID == event {
			all = append(all, j.Before)
		}
	}
	slices.Sort(all)
	return all
}

// toldBefore: each login address of the last 30 days hears of a change by a mail
// of its own, also where the next change came days later (PR7).
func toldBefore(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "ben")
	a := u.Email
	tell := func() []string { return w.tell(u, w.event(u, core.EventPasswordChanged)) }
	same(w, tell(), []string(nil))
	w.moves(u, w.session(u), "b@new.example")
	w.pass(48 * time.Hour)
	w.moves(w.account(u).User, w.session(u), "c@new.example")
	w.pass(24 * time.Hour)
	same(w, tell(), []string{a, "b@new.example"})
	replaced := w.event(u, core.EventPasswordChanged)
	replaced.Detail = map[string]string{core.DetailReplaced: "b@new.example"}
	same(w, w.tell(u, replaced), []string{a})
	same(w, w.tell(other, w.event(other, core.EventPasswordChanged)), []string(nil))
	w.count("rows with an address", w.rows("outbox WHERE recipient LIKE '%@%'"), 0)

	last, _ := w.moves(w.account(u).User, w.session(u), "d@new.example")
	same(w, tell(), []string{a, "b@new.example", "c@new.example"})
	// What waits for an address of a change that is taken back goes nowhere.
	e := w.event(u, core.EventPasswordChanged)
	m := w.message(u, core.MailPassword, e.ID)
	m.Recipient = core.ToBefore(last.ID)
	w.queue(u, m)
	w.must(w.store.UndoAddress(w.ctx, w.takeBack(last)))
	same(w, w.heard(e.ID), []string{""})
	same(w, tell(), []string{a, "b@new.example"})

	w.pass(27*24*time.Hour + time.Hour)
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	same(w, tell(), []string{"b@new.example"})
	w.pass(3 * 24 * time.Hour)
	_, err = w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	same(w, tell(), []string(nil))
}

// toldFirst: whoever changes the address to and fro, or on and on, pushes the
// first one out of nothing, and makes no crowd of mails.
func toldFirst(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := u.Email
	s := w.session(u)
	for i := range 4 {
		_, s = w.moves(w.account(u).User, s, fmt.Sprintf("x%d@new.example", i%2))
	}
	same(w, w.tell(u, w.event(u, core.EventPasswordChanged)), []string{a, "x0@new.example"})
	for i := range 8 {
		_, s = w.moves(w.account(u).User, s, fmt.Sprintf("y%d@new.example", i))
	}
	same(w, w.tell(u, w.event(u, core.EventPasswordChanged)), []string{a, "x0@new.example", "x1@new.example", "y0@new.example", "y1@new.example"})
}

// toldOfItsOwn: the change itself counts, and one of another organization does
// not.
func toldOfItsOwn(w *world) {
	u := w.person(w.organization("One"), "ada")
	_, s := w.moves(u, w.session(u), "b@new.example")
	w.pass(time.Minute)
	ask := w.asking(u, s, core.AddressSignIn, "c@new.example")
	w.must(w.store.SendAddressCode(w.ctx, ask))
	p := w.proof(u, ask)
	m := w.message(u, core.MailEmailChanged, p.Record.Events[0].ID)
	m.Recipient = core.ToPrevious
	p.Record.Messages = []core.Message{m}
	w.must(w.store.ProveAddress(w.ctx, p))
	same(w, w.heard(m.SubjectID), []string{u.Email, "b@new.example"})

	stranger := u
	stranger.OrganizationID = w.organization("Two").ID
	same(w, w.tell(stranger, w.event(stranger, core.EventPasswordChanged)), []string(nil))
	theirs := w.message(stranger, core.MailPassword, w.id("event"))
	theirs.Recipient = core.ToBefore(p.Change.ID)
	w.queue(stranger, theirs)
	same(w, w.heard(theirs.SubjectID), []string{""})
}
