package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func mailServerTests() map[string]test {
	return map[string]test{
		"settings are kept":                    mailSettings,
		"one of fifty savers wins":             mailSavers,
		"settings are the only organization's": mailOnly,
		"every replica's counts count":         mailCounts,
		"health":                               mailHealthFolds,
		"one of fifty looks again":             mailProbes,
		"the last test of each server":         mailTrials,
		"the last mails refused":               mailRefused,
	}
}

func mailSettings(w *world) {
	o := w.organization("One")
	m, err := w.store.MailSettings(w.ctx)
	w.must(err)
	same(w, m, core.MailSettings{Version: 1})
	first := core.MailServer{Slot: core.MailFirst, Host: "one.example.com", Port: 587, User: "u1", PasswordSealed: "sealed 1"}
	second := core.MailServer{Slot: core.MailSecond, Host: "two.example.com", Port: 465, Implicit: true, User: "u2", PasswordSealed: "sealed 2"}
	save := func(c core.MailChange) {
		w.t.Helper()
		c.OrganizationID, c.Version, c.At = o.ID, m.Version, w.clock()
		w.must(w.store.SaveMail(w.ctx, c))
		if m, err = w.store.MailSettings(w.ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	save(core.MailChange{Sender: "from@example.com", ReplyTo: "help@example.com", Server: &second})
	save(core.MailChange{Sender: "from@example.com", ReplyTo: "help@example.com", Server: &first})
	same(w, m, core.MailSettings{
		Sender: "from@example.com", ReplyTo: "help@example.com", Servers: []core.MailServer{first, second}, ChangedAt: w.clock(), Version: 3,
	})
	moved := core.MailServer{Slot: core.MailFirst, Host: "one.example.com", Port: 465, Implicit: true, User: "u3"}
	save(core.MailChange{Server: &moved, KeepPassword: true})
	moved.PasswordSealed = first.PasswordSealed
	same(w, m.Servers, []core.MailServer{moved, second})
	moved.PasswordSealed = "sealed 3"
	save(core.MailChange{Server: &moved})
	same(w, m.Servers, []core.MailServer{moved, second})
	save(core.MailChange{Remove: core.MailFirst})
	same(w, m.Servers, []core.MailServer{second})
	changes, err := w.store.ChangesSince(w.ctx, Begin.Add(-time.Hour))
	w.must(err)
	told := 0
	for _, c := range changes {
		if c.Kind == core.ChangeMail {
			told++
		}
	}
	w.count("changes told to the replicas", told, 5)
	for name, c := range map[string]core.MailChange{
		"keeping what is not there":  {Server: &core.MailServer{Slot: core.MailFirst}, KeepPassword: true},
		"removing what is not there": {Remove: core.MailFirst},
	} {
		c.OrganizationID, c.Version = o.ID, m.Version
		w.refused(name, w.store.SaveMail(w.ctx, c), core.ErrNotFound)
	}
	again, err := w.store.MailSettings(w.ctx)
	w.must(err)
	same(w, again, m)
}

func mailSavers(w *world) {
	o := w.organization("One")
	won := w.together(50, func(s *sqlstore.Store, i int) error {
		return s.SaveMail(w.ctx, core.MailChange{OrganizationID: o.ID, Version: 1, Sender: fmt.Sprintf("s%d@example.com", i), At: w.clock()})
	}, core.ErrStale)
	w.count("savers who won", won, 1)
}

func mailOnly(w *world) {
	o := w.organization("One")
	only, err := w.store.OnlyOrganization(w.ctx, o.ID)
	w.must(err)
	same(w, only, true)
	w.organization("Two")
	for id, want := range map[core.ID]bool{o.ID: false, "": false} {
		only, err := w.store.OnlyOrganization(w.ctx, id)
		w.must(err)
		same(w, only, want)
	}
	before := w.dump()
	c := core.MailChange{OrganizationID: o.ID, Version: 1, Sender: "from@example.com", At: w.clock()}
	w.refused("one of two organizations", w.store.SaveMail(w.ctx, c), core.ErrNotFound)
	same(w, w.dump(), before)
}

func mailCounts(w *world) {
	w.together(50, func(s *sqlstore.Store, i int) error {
		return s.NoteMail(w.ctx, []core.MailTally{{
			Server: "one:25", Minute: Begin.Add(time.Duration(i%2) * time.Minute), Taken: 1, Refused: 2, Failed: 3, Alive: Begin,
		}})
	})
	all, err := w.store.MailHealth(w.ctx, Begin)
	w.must(err)
	if len(all) != 1 || all[0].Taken != 50 || all[0].Refused != 100 || all[0].Failed != 150 {
		w.t.Errorf("counted %+v", all)
	}
	all, err = w.store.MailHealth(w.ctx, Begin.Add(time.Minute))
	w.must(err)
	if len(all) != 1 || all[0].Taken != 25 {
		w.t.Errorf("counted of the last minute %+v", all)
	}
}

func mailHealthFolds(w *world) {
	fails := core.MailTally{Server: "one:25", Minute: Begin, Failed: 1, Strikes: 3, Since: Begin, Last: Begin.Add(time.Second), Reason: "mail.login 535", Fault: true}
	other := core.MailTally{Server: "two:25", Minute: Begin, Taken: 1, Alive: Begin.Add(time.Second)}
	w.must(w.store.NoteMail(w.ctx, []core.MailTally{fails, other}))
	want := []core.MailHealth{
		{Server: "one:25", FailedAt: fails.Last, FailingSince: Begin, Strikes: 3, Reason: "mail.login 535", Fault: true, Failed: 1},
		{Server: "two:25", TakenAt: Begin.Add(time.Second), Taken: 1},
	}
	all, err := w.store.MailHealth(w.ctx, Begin)
	w.must(err)
	same(w, all, want)
}

func mailProbes(w *world) {
	now := w.clock()
	w.must(w.store.NoteMail(w.ctx, []core.MailTally{{Server: "one:25", Minute: now, Strikes: 3, Since: now, Last: now}}))
	claim := func(at time.Time) int {
		return w.together(50, func(s *sqlstore.Store, _ int) error {
			won, err := s.ClaimMailProbe(w.ctx, "one:25", at, at.Add(-time.Minute))
			if err == nil && !won {
				err = core.ErrStale
			}
			return err
		}, core.ErrStale)
	}
	w.count("right after a failure", claim(now.Add(time.Second)), 0)
	w.count("a while later", claim(now.Add(2*time.Minute)), 1)
	w.count("right after that", claim(now.Add(2*time.Minute+time.Second)), 0)
	w.must(w.store.NoteMail(w.ctx, []core.MailTally{{Server: "one:25", Minute: now, Alive: now.Add(3 * time.Minute)}}))
	w.count("of a server that works", claim(now.Add(9*time.Minute)), 0)
}

func mailTrials(w *world) {
	one := core.MailTrial{Server: "one:25", At: w.clock(), ByID: "u1", To: "ada@example.com", Reason: "mail.login", Steps: "connect\tconnect to one:25"}
	two := core.MailTrial{Server: "two:25", At: w.clock(), ByID: "u1", To: "ada@example.com"}
	w.must(w.store.SaveMailTrial(w.ctx, one, core.Record{}))
	w.must(w.store.SaveMailTrial(w.ctx, two, core.Record{}))
	one.At, one.ByID, one.To, one.Reason, one.Steps = w.clock().Add(time.Second), "u2", "bea@example.com", "", "more"
	w.must(w.store.SaveMailTrial(w.ctx, one, core.Record{}))
	all, err := w.store.MailTrials(w.ctx)
	w.must(err)
	same(w, all, []core.MailTrial{one, two})
}

// refuse queues a mail to a person that is refused.
func (w *world) refuse(u core.User, reason string) core.Message {
	w.t.Helper()
	m := w.message(u, core.MailTwoFactorOn, "")
	w.queue(u, m)
	for _, job := range w.lease("refuser") {
		if job.Message.ID == m.ID {
			m = job.Message
		}
	}
	m.Delivery, m.LastError, m.Attempts = core.DeliveryRefused, reason, 1
	err := w.store.SettleMail(w.ctx, m, "refuser")
	if err != nil && !errors.Is(err, core.ErrStale) {
		w.t.Fatal(err)
	}
	return m
}

func mailRefused(w *world) {
	ada := w.person(w.organization("One"), "ada")
	bea := w.person(w.organization("Two"), "bea")
	first := w.clock()
	w.refuse(ada, "mail.refused 550")
	w.refuse(bea, "mail.refused 551")
	w.pass(time.Second)
	w.refuse(ada, "mail.declined 554")
	all, err := w.store.RefusedMail(w.ctx, ada.OrganizationID, 9)
	w.must(err)
	r := core.MailRefusal{Template: core.MailTwoFactorOn, Delivery: core.DeliveryRefused, UserID: ada.ID, Name: ada.Name(), Email: ada.Email}
	one, two := r, r
	one.At, one.Reason, two.At, two.Reason = first.Add(time.Second), "mail.declined 554", first, "mail.refused 550"
	same(w, all, []core.MailRefusal{one, two})
	all, err = w.store.RefusedMail(w.ctx, ada.OrganizationID, 1)
	w.must(err)
	same(w, all, []core.MailRefusal{one})
}
