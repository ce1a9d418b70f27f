package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func mailTests() map[string]test {
	return map[string]test{
		"a lease keeps others away and runs out":   mailLease,
		"a message past its end is never leased":   mailExpires,
		"a message waits for its time":             mailWaits,
		"a lost lease settles nothing":             mailLost,
		"a code's facts come along":                mailCode,
		"what is gone is left out":                 mailGone,
		"mail works until the last tries all fail": mailWorks,
		"delivery is joined to the code":           mailDelivery,
	}
}

// queue stores messages as any change would.
func (w *world) queue(u core.User, messages ...core.Message) {
	w.t.Helper()
	w.must(w.store.ClearPrefixes(w.ctx, []string{"none"}, core.Record{Messages: messages}))
}

func (w *world) lease(owner string) []core.MailJob {
	w.t.Helper()
	jobs, err := w.store.LeaseMail(w.ctx, owner, w.clock(), w.clock().Add(time.Minute), 10)
	w.must(err)
	return jobs
}

func mailLease(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.queue(u, w.message(u, core.MailTwoFactorOn, ""))
	w.count("first", len(w.lease("one")), 1)
	w.count("second", len(w.lease("two")), 0)
	w.pass(time.Minute)
	jobs := w.lease("two")
	w.count("after the lease", len(jobs), 1)
	m := jobs[0].Message
	m.Delivery, m.SentAt, m.Attempts = core.DeliverySent, w.clock(), 1
	w.must(w.store.SettleMail(w.ctx, m, "two"))
	w.pass(time.Hour)
	w.count("sent", len(w.lease("one")), 0)
}

func mailExpires(w *world) {
	u := w.person(w.organization("One"), "ada")
	endless := w.message(u, core.MailTwoFactorOn, "")
	endless.ExpiresAt = time.Time{}
	w.queue(u, w.message(u, core.MailCode, ""), endless)
	w.pass(core.CodeLife)
	jobs := w.lease("one")
	w.count("leased", len(jobs), 1)
	same(w, jobs[0].Message, endless)
	w.count("expired", w.rows("outbox WHERE delivery = 'expired'"), 1)
}

func mailWaits(w *world) {
	u := w.person(w.organization("One"), "ada")
	m := w.message(u, core.MailTwoFactorOn, "")
	m.NotBefore = w.clock().Add(time.Second)
	w.queue(u, m)
	w.count("early", len(w.lease("one")), 0)
	w.pass(time.Second)
	w.count("in time", len(w.lease("one")), 1)
}

func mailLost(w *world) {
	u := w.person(w.organization("One"), "ada")
	w.queue(u, w.message(u, core.MailTwoFactorOn, ""))
	m := w.lease("one")[0].Message
	w.pass(time.Minute)
	w.lease("two")
	m.Delivery = core.DeliveryRefused
	w.refused("the slow owner", w.store.SettleMail(w.ctx, m, "one"), core.ErrStale)
	m.Delivery, m.NotBefore, m.Attempts, m.LastError = core.DeliveryQueued, w.clock().Add(time.Second), 3, "smtp.451"
	w.must(w.store.SettleMail(w.ctx, m, "two"))
	w.pass(time.Second)
	same(w, w.lease("three")[0].Message, m)
}

func mailCode(w *world) {
	o := w.organization("One")
	u, _, _ := w.enrol(w.person(o, "ada"), 4)
	c := w.codeSend(u, w.id("owner"))
	w.must(w.store.SendCode(w.ctx, c))
	jobs := w.lease("one")
	c.Challenge.Delivery = core.DeliveryQueued
	same(w, jobs, []core.MailJob{{Message: c.Message, User: u, Organization: o, Challenge: c.Challenge, RecoveryLeft: 4}})
}

func mailGone(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	swept := w.message(u, core.MailTwoFactorOn, "event-gone")
	code := w.message(u, core.MailCode, "challenge-gone")
	test := core.Message{ID: w.id("message"), Template: core.MailTest, Delivery: core.DeliveryQueued, NotBefore: w.clock(), CreatedAt: w.clock()}
	nobody := core.Message{
		ID: w.id("message"), OrganizationID: o.ID, UserID: "gone", Template: core.MailTest, Delivery: core.DeliveryQueued,
		NotBefore: w.clock(), CreatedAt: w.clock(),
	}
	w.queue(u, swept, code, test, nobody)
	want := []core.MailJob{
		{Message: swept, User: u, Organization: o},
		{Message: code, User: u, Organization: o},
		{Message: test},
		{Message: nobody, Organization: o},
	}
	same(w, w.lease("one"), want)
}

func mailWorks(w *world) {
	u := w.person(w.organization("One"), "ada")
	works := func(want bool) {
		w.t.Helper()
		got, err := w.store.MailWorks(w.ctx, w.clock().Add(-10*time.Minute))
		w.must(err)
		same(w, got, want)
	}
	to := core.ToLogin
	try := func(d core.Delivery, last string) {
		m := w.message(u, core.MailTwoFactorOn, "")
		m.Recipient = to
		w.queue(u, m)
		m = w.lease("one")[0].Message
		m.Delivery, m.LastError, m.Attempts, m.NotBefore = d, last, 1, w.clock().Add(time.Hour)
		w.must(w.store.SettleMail(w.ctx, m, "one"))
		w.pass(time.Second)
	}
	works(true)
	try(core.DeliverySent, "")
	works(true)
	try(core.DeliveryQueued, "smtp.421")
	works(true)
	try(core.DeliveryQueued, "smtp.421")
	works(true) // the one before was taken
	try(core.DeliveryQueued, "smtp.421")
	works(false)
	w.pass(11 * time.Minute)
	works(true) // nothing was tried lately
	try(core.DeliveryQueued, "smtp.421")
	works(true) // one failure says little
	to = core.ToNotification
	for range 4 {
		try(core.DeliveryQueued, "smtp.421")
	}
	works(true) // that is one person's second address
	to = core.ToLogin
	try(core.DeliverySent, "")
	works(true)
	w.pass(11 * time.Minute)
	for range 4 {
		try(core.DeliveryRefused, "smtp.554")
	}
	works(true) // those are addresses that do not exist
}

func mailDelivery(w *world) {
	u := w.person(w.organization("One"), "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	m := w.lease("one")[0].Message
	m.Delivery = core.DeliveryRefused
	w.must(w.store.SettleMail(w.ctx, m, "one"))
	v, err := w.store.AttemptByToken(w.ctx, a.TokenHash)
	w.must(err)
	same(w, v.Challenge.Delivery, core.DeliveryRefused)
	same(w, v.Attempt.Version, a.Version)
}
