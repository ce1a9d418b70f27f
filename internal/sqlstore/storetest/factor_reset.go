package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func resetTests() map[string]test {
	return map[string]test{
		"a reset that waits is kept as it was asked for": resetColumns,
		"one reset of a person waits at a time":          oneResetWaits,
		"a reset is carried out when its time has come":  resetCarriedOut,
		"a reset at once overtakes one that waits":       resetOvertaken,
		"who may no longer help resets nothing":          resetByWhom,
		"cancelling and carrying out: one wins":          resetOrCancel,
		"fifty ask for a reset of one person":            fiftyResets,
		"all other administrators are told":              administratorsTold,
		"settled resets are swept after a month":         resetsSwept,
	}
}

// ofType makes an active person of a type.
func (w *world) ofType(o core.Organization, name string, kind core.UserType) core.User {
	w.t.Helper()
	u := core.User{
		ID: w.id("user"), OrganizationID: o.ID, Email: name + "@example.com", FirstName: name, LastName: "Tester", Type: kind,
		Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: w.clock(),
	}
	w.must(w.store.CreateUser(w.ctx, u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	return u
}

// asks is a reset of somebody by a helper that waits a day.
func (w *world) asks(by, u core.User) core.FactorResetAsk {
	r := core.FactorReset{
		ID: w.id("reset"), OrganizationID: u.OrganizationID, UserID: u.ID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()},
		How: core.CheckedByPhone, Note: "knows the name of her first dog", AskedAt: w.clock(), DueAt: w.clock().Add(24 * time.Hour),
	}
	return core.FactorResetAsk{Reset: r, Record: core.Record{Events: []core.Event{w.event(u, core.EventResetWaits)}}}
}

// helped is the carrying out of a reset.
func (w *world) helped(by, u core.User, id core.ID) core.TwoFactorReset {
	return core.TwoFactorReset{
		OrganizationID: u.OrganizationID, UserID: u.ID, HelperID: by.ID, ResetID: id, At: w.clock(),
		Record: core.Record{Events: []core.Event{w.event(u, core.EventTwoFactorReset)}},
	}
}

// cancelled is the end of a reset by its person.
func (w *world) cancelled(u core.User, id core.ID) core.FactorResetEnd {
	return core.FactorResetEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, ResetID: id, Outcome: core.ResetCancelled, At: w.clock(),
		Record: core.Record{Events: []core.Event{w.event(u, core.EventResetStopped)}},
	}
}

func resetColumns(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	a := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, a))
	r, err := w.store.WaitingReset(w.ctx, o.ID, u.ID)
	w.must(err)
	same(w, r, a.Reset)
	same(w, []time.Time{w.account(u).ResetDue, w.account(ana).ResetDue}, []time.Time{a.Reset.DueAt, {}})
	v, err := w.store.FactorResetByID(w.ctx, a.Reset.ID)
	w.must(err)
	same(w, v, core.FactorResetView{Reset: a.Reset, Account: w.account(u), Organization: o})
	for _, id := range []core.ID{"", "nul\x00", "no such"} {
		_, err := w.store.FactorResetByID(w.ctx, id)
		w.refused("reset "+string(id), err, core.ErrNotFound)
	}
	w.pass(time.Minute)
	w.must(w.store.EndReset(w.ctx, w.cancelled(u, a.Reset.ID)))
	a.Reset.SettledAt, a.Reset.Outcome = w.clock(), core.ResetCancelled
	v, err = w.store.FactorResetByID(w.ctx, a.Reset.ID)
	w.must(err)
	same(w, v.Reset, a.Reset)
	_, err = w.store.WaitingReset(w.ctx, o.ID, u.ID)
	w.refused("a settled reset", err, core.ErrNotFound)
	same(w, w.account(u).ResetDue, time.Time{})
	w.count("changes", w.rows("cache_change WHERE kind = 'user' AND subject_id = '"+string(u.ID)+"'"), 2)
	w.refused("cancelling again", w.store.EndReset(w.ctx, w.cancelled(u, a.Reset.ID)), core.ErrUsed)
	w.refused("carrying it out", w.store.ResetTwoFactor(w.ctx, w.helped(ana, u, a.Reset.ID)), core.ErrUsed)
	w.count("events", w.rows("event WHERE kind = 'twofactor.reset_cancelled'"), 1)
}

func oneResetWaits(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	first := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, first))
	w.refused("a second one", w.store.AskReset(w.ctx, w.asks(ana, u)), core.ErrTaken)
	w.must(w.store.AskReset(w.ctx, w.asks(ana, w.person(o, "ben"))))
	w.must(w.store.EndReset(w.ctx, w.cancelled(u, first.Reset.ID)))
	w.must(w.store.AskReset(w.ctx, w.asks(ana, u))) // it can be asked for again
	w.count("events", w.rows("event WHERE kind = 'twofactor.reset_asked'"), 3)
}

func resetCarriedOut(w *world) {
	o := w.organization("One")
	ana := w.ofType(o, "ana", core.Administrator)
	u, _, _ := w.enrol(w.person(o, "ada"), 2)
	a := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, a))
	w.count("apps while it waits", w.account(u).Apps, 1)
	w.refused("before its time", w.store.ResetTwoFactor(w.ctx, w.helped(ana, u, a.Reset.ID)), core.ErrUsed)
	due, err := w.store.DueResets(w.ctx, a.Reset.DueAt.Add(-time.Microsecond), 9)
	w.must(err)
	w.count("due before", len(due), 0)
	w.pass(24 * time.Hour)
	due, err = w.store.DueResets(w.ctx, w.clock(), 9)
	w.must(err)
	same(w, due, []core.FactorReset{a.Reset})
	w.must(w.store.ResetTwoFactor(w.ctx, w.helped(ana, u, a.Reset.ID)))
	acc := w.account(u)
	w.count("factors", acc.Apps+acc.RecoveryCodes, 0)
	due, err = w.store.DueResets(w.ctx, w.clock(), 9)
	w.must(err)
	w.count("due after", len(due), 0)
	w.refused("cancelling", w.store.EndReset(w.ctx, w.cancelled(u, a.Reset.ID)), core.ErrUsed)
	w.count("events", w.rows("event WHERE kind = 'twofactor.reset'"), 1)
}

func resetOvertaken(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	a := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, a))
	w.must(w.store.ResetTwoFactor(w.ctx, core.TwoFactorReset{OrganizationID: o.ID, UserID: u.ID, At: w.clock()})) // the operator
	v, err := w.store.FactorResetByID(w.ctx, a.Reset.ID)
	w.must(err)
	same(w, v.Reset.Outcome, core.ResetOvertaken)
}

// resetByWhom: the right to help is asked for in the transaction too, so that one
// who lost it a moment ago, or while a reset waited, resets nothing.
func resetByWhom(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ana, hal, eve := w.ofType(o, "ana", core.Administrator), w.ofType(o, "hal", core.HelpDesk), w.ofType(other, "eve", core.Administrator)
	bea, u := w.person(o, "bea"), w.person(o, "ada")
	gone := w.ofType(o, "gone", core.Administrator)
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive' WHERE id = '"+string(gone.ID)+"'")
	w.must(err)
	for _, c := range []struct {
		name    string
		by, who core.User
		may     bool
	}{
		{"an administrator a person", ana, u, true},
		{"an administrator the help desk", ana, hal, true},
		{"an administrator herself", ana, ana, false},
		{"the help desk a person", hal, u, true},
		{"the help desk an administrator", hal, ana, false},
		{"the help desk itself", hal, hal, false},
		{"a person another", bea, u, false},
		{"a person herself", u, u, false},
		{"an administrator of another organization", eve, u, false},
		{"a deactivated administrator", gone, u, false},
	} {
		before := w.dump()
		ask := w.asks(c.by, c.who)
		for what, err := range map[string]error{
			"asks":   w.store.AskReset(w.ctx, ask),
			"resets": w.store.ResetTwoFactor(w.ctx, w.helped(c.by, c.who, "")),
		} {
			if c.may {
				w.must(err)
			} else {
				w.refused(c.name+" "+what, err, core.ErrNotFound)
			}
		}
		if !c.may {
			same(w, w.dump(), before)
		}
	}
	u = w.person(o, "cleo")
	ask := w.asks(hal, u)
	w.must(w.store.AskReset(w.ctx, ask))
	_, err = w.db.Raw.ExecContext(w.ctx, "UPDATE person SET user_type = 1 WHERE id = '"+string(hal.ID)+"'")
	w.must(err)
	w.pass(24 * time.Hour)
	w.refused("one who left the help desk meanwhile", w.store.ResetTwoFactor(w.ctx, w.helped(hal, u, ask.Reset.ID)), core.ErrNotFound)
	end := w.cancelled(u, ask.Reset.ID)
	end.HelperID = bea.ID
	w.refused("cancelled by anybody", w.store.EndReset(w.ctx, end), core.ErrNotFound)
	end.HelperID = ana.ID
	w.must(w.store.EndReset(w.ctx, end))
}

// resetOrCancel: half of fifty carry a reset out and half cancel it; one wins, and
// what it did is whole.
func resetOrCancel(w *world) {
	o := w.organization("One")
	ana := w.ofType(o, "ana", core.Administrator)
	u, _, _ := w.enrol(w.person(o, "ada"), 2)
	a := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, a))
	w.pass(24 * time.Hour)
	outs, ends := make([]core.TwoFactorReset, callers), make([]core.FactorResetEnd, callers)
	for i := range callers {
		outs[i], ends[i] = w.helped(ana, u, a.Reset.ID), w.cancelled(u, a.Reset.ID)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		if i%2 == 0 {
			return s.ResetTwoFactor(w.ctx, outs[i])
		}
		return s.EndReset(w.ctx, ends[i])
	}, core.ErrUsed)
	w.count("won", won, 1)
	v, err := w.store.FactorResetByID(w.ctx, a.Reset.ID)
	w.must(err)
	acc, resets, stops := w.account(u), w.rows("event WHERE kind = 'twofactor.reset'"), w.rows("event WHERE kind = 'twofactor.reset_cancelled'")
	switch v.Reset.Outcome {
	case core.ResetDone:
		same(w, []int{acc.Apps, acc.RecoveryCodes, resets, stops}, []int{0, 0, 1, 0})
	case core.ResetCancelled:
		same(w, []int{acc.Apps, acc.RecoveryCodes, resets, stops}, []int{1, 2, 0, 1})
	default:
		w.t.Errorf("the reset is %q", v.Reset.Outcome)
	}
}

func fiftyResets(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	asks := make([]core.FactorResetAsk, callers)
	for i := range asks {
		asks[i] = w.asks(ana, u)
	}
	w.count("asked", w.together(callers, func(s *sqlstore.Store, i int) error { return s.AskReset(w.ctx, asks[i]) }, core.ErrTaken), 1)
	w.count("waiting", w.rows("factor_reset"), 1)
	w.count("events", w.rows("event WHERE kind = 'twofactor.reset_asked'"), 1)
}

func administratorsTold(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	w.ofType(other, "eve", core.Administrator)
	w.ofType(o, "hal", core.HelpDesk)
	ana, abe := w.ofType(o, "ana", core.Administrator), w.ofType(o, "abe", core.Administrator)
	ann, u := w.ofType(o, "ann", core.Administrator), w.ofType(o, "uma", core.Administrator)
	gone := w.ofType(o, "gone", core.Administrator)
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive' WHERE id = '"+string(gone.ID)+"'")
	w.must(err)
	c := w.helped(ana, u, "")
	c.Record.Events[0].Actor.ID = ana.ID
	own, all := w.message(u, core.MailFactorReset, c.Record.Events[0].ID), w.message(u, core.MailFactorReset, c.Record.Events[0].ID)
	all.Recipient = core.ToAdministrators
	c.Record.Messages = []core.Message{own, all}
	w.must(w.store.ResetTwoFactor(w.ctx, c))
	told := map[core.ID]int{}
	jobs, err := w.store.LeaseMail(w.ctx, "worker", w.clock(), w.clock().Add(time.Minute), 20)
	w.must(err)
	for _, j := range jobs {
		told[j.User.ID]++
		same(w, []any{j.Message.Recipient, j.Event.SubjectID}, []any{core.ToLogin, u.ID})
	}
	same(w, told, map[core.ID]int{u.ID: 1, abe.ID: 1, ann.ID: 1})
}

func resetsSwept(w *world) {
	o := w.organization("One")
	ana := w.ofType(o, "ana", core.Administrator)
	u, waits := w.person(o, "ada"), w.person(o, "ben")
	a := w.asks(ana, u)
	w.must(w.store.AskReset(w.ctx, a))
	w.must(w.store.AskReset(w.ctx, w.asks(ana, waits)))
	w.must(w.store.EndReset(w.ctx, w.cancelled(u, a.Reset.ID)))
	for days, left := range map[int]int{29: 2, 31: 1} {
		_, err := w.store.Sweep(w.ctx, w.clock().AddDate(0, 0, days))
		w.must(err)
		if days == 31 {
			w.count("resets", w.rows("factor_reset"), left)
		}
	}
	_, err := w.store.WaitingReset(w.ctx, o.ID, waits.ID)
	w.must(err) // one that waits is never swept
}

// helpCalls are what helpers do, by an administrator of the other organization
// and by nobody at all.
func (v *victim) helpCalls() map[string]func() error {
	w, s, org, user, r := v.w, v.w.store, v.u.OrganizationID, v.u.ID, v.stolen
	twice := func(call func(helper core.ID) error) func() error {
		return func() error {
			if err := call("nobody"); err == nil {
				return nil
			}
			return call("")
		}
	}
	return map[string]func() error{
		"WaitingReset":  func() error { _, err := s.WaitingReset(w.ctx, org, user); return err },
		"OpenExemption": func() error { _, err := s.OpenExemption(w.ctx, org, user, ""); return err },
		"ExemptGroup":   func() error { _, err := s.ExemptGroup(w.ctx, org, v.group); return err },
		"Exemptions": func() error {
			return empty(s.Exemptions(w.ctx, core.ExemptionFilter{OrganizationID: org, Now: w.clock()}))
		},
		"AskReset": twice(func(helper core.ID) error {
			a := core.FactorResetAsk{Reset: v.reset, Record: r}
			a.Reset.ID, a.Reset.By.ID = w.id("reset"), helper
			return s.AskReset(w.ctx, a)
		}),
		"EndReset": twice(func(helper core.ID) error {
			return s.EndReset(w.ctx, core.FactorResetEnd{
				OrganizationID: org, UserID: user, ResetID: v.reset.ID, HelperID: helper, Outcome: core.ResetCancelled, At: w.clock(), Record: r,
			})
		}),
		"Exempt": twice(func(helper core.ID) error {
			c := core.Exempting{Exemption: v.exemption, Replaces: v.exemption.ID, Record: r}
			c.Exemption.ID, c.Exemption.By.ID = w.id("exemption"), helper
			return s.Exempt(w.ctx, c)
		}),
		"EndExemption": twice(func(helper core.ID) error {
			err := s.EndExemption(w.ctx, core.ExemptionEnd{Exemption: v.exemption, HelperID: helper, At: w.clock(), Record: r})
			if err == nil {
				return nil
			}
			return s.EndExemption(w.ctx, core.ExemptionEnd{Exemption: v.exemption, HelperID: helper, At: w.clock(), Early: true, Record: r})
		}),
	}
}
