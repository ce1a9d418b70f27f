package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func exemptionTests() map[string]test {
	return map[string]test{
		"an exemption of a person is kept and ends":     personExempt,
		"an exemption of a group covers its members":    groupExempt,
		"the later of several exemptions holds":         latestExemption,
		"a new exemption replaces the one that runs":    exemptionReplaced,
		"who may exempt whom":                           exemptByWhom,
		"fifty exempt one person":                       fiftyExempt,
		"fifty end one exemption":                       fiftyEndings,
		"what has ended by itself is found":             overExemptions,
		"exemptions come in pages, the first end first": exemptionPages,
		"ended exemptions are swept after a month":      exemptionsSwept,
	}
}

// exempting is an exemption of a person for days.
func (w *world) exempting(by, u core.User, days int) core.Exempting {
	return core.Exempting{
		Exemption: core.Exemption{
			ID: w.id("exemption"), OrganizationID: u.OrganizationID, UserID: u.ID, Name: u.Name(), Email: u.Email, Reason: "has no phone yet",
			By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, StartedAt: w.clock(), Until: w.clock().AddDate(0, 0, days),
		},
		Record: core.Record{Events: []core.Event{w.event(u, core.EventExempted)}},
	}
}

// group returns the id of a group that a person made by joining it.
func (w *world) group(o core.Organization, name string) core.ID {
	w.t.Helper()
	var id core.ID
	w.must(w.db.Raw.QueryRowContext(w.ctx, "SELECT id FROM person_group WHERE organization_id = '"+string(o.ID)+"' AND name = '"+name+"'").Scan(&id))
	return id
}

// groupExempting is exempting of a group.
func (w *world) groupExempting(by core.User, o core.Organization, name string, days int) core.Exempting {
	c := w.exempting(by, core.User{OrganizationID: o.ID}, days)
	c.Exemption.GroupID, c.Exemption.Name = w.group(o, name), name
	return c
}

// ending is the early end of an exemption.
func (w *world) ending(x core.Exemption) core.ExemptionEnd {
	e := w.event(core.User{ID: x.UserID, OrganizationID: x.OrganizationID}, core.EventExemptionEnded)
	return core.ExemptionEnd{Exemption: x, HelperID: x.By.ID, At: w.clock(), Early: true, Record: core.Record{Events: []core.Event{e}}}
}

func personExempt(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	c := w.exempting(ana, u, 30)
	w.must(w.store.Exempt(w.ctx, c))
	same(w, w.account(u).ExemptUntil(), c.Exemption.Until)
	got, err := w.store.OpenExemption(w.ctx, o.ID, u.ID, "")
	w.must(err)
	same(w, got, c.Exemption)
	w.count("changes", w.rows("cache_change WHERE kind = 'user' AND subject_id = '"+string(u.ID)+"'"), 1)
	w.pass(time.Hour)
	w.must(w.store.EndExemption(w.ctx, w.ending(c.Exemption)))
	same(w, w.account(u).ExemptUntil(), time.Time{})
	w.count("changes", w.rows("cache_change WHERE kind = 'user' AND subject_id = '"+string(u.ID)+"'"), 2)
	_, err = w.store.OpenExemption(w.ctx, o.ID, u.ID, "")
	w.refused("an ended one", err, core.ErrNotFound)
	w.refused("ending it again", w.store.EndExemption(w.ctx, w.ending(c.Exemption)), core.ErrUsed)
	w.count("events", w.rows("event WHERE kind = 'exemption.ended'"), 1)
}

func groupExempt(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ana := w.ofType(o, "ana", core.Administrator)
	u, outside, elsewhere := w.person(o, "ada", "Finance"), w.person(o, "ben", "Sales"), w.person(other, "cis", "Finance")
	c := w.groupExempting(ana, o, "Finance", 30)
	w.must(w.store.Exempt(w.ctx, c))
	same(w, w.account(u).GroupExemptUntil, c.Exemption.Until)
	same(w, []time.Time{w.account(outside).ExemptUntil(), w.account(elsewhere).ExemptUntil()}, make([]time.Time, 2))
	g, err := w.store.ExemptGroup(w.ctx, o.ID, c.Exemption.GroupID)
	w.must(err)
	same(w, g, core.ExemptGroup{ID: c.Exemption.GroupID, OrganizationID: o.ID, Name: "Finance", Members: 1, ExemptUntil: c.Exemption.Until})
	got, err := w.store.OpenExemption(w.ctx, o.ID, "", c.Exemption.GroupID)
	w.must(err)
	same(w, got, c.Exemption)
	w.count("changes", w.rows("cache_change WHERE kind = 'organization' AND subject_id = '"+string(o.ID)+"'"), 1)
	s, err := w.store.SessionByToken(w.ctx, w.session(u).TokenHash)
	w.must(err)
	same(w, s.Account.ExemptUntil(), c.Exemption.Until)
	v, err := w.store.FindLogin(w.ctx, u.Email, "", "")
	w.must(err)
	same(w, v.Account.ExemptUntil(), c.Exemption.Until)
	w.must(w.store.EndExemption(w.ctx, w.ending(c.Exemption)))
	same(w, w.account(u).ExemptUntil(), time.Time{})
}

func latestExemption(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada", "Finance", "Sales")
	for _, c := range []core.Exempting{w.groupExempting(ana, o, "Finance", 20), w.groupExempting(ana, o, "Sales", 40), w.exempting(ana, u, 30)} {
		w.must(w.store.Exempt(w.ctx, c))
	}
	same(w, w.account(u).ExemptUntil(), w.clock().AddDate(0, 0, 40))
	sales, err := w.store.OpenExemption(w.ctx, o.ID, "", w.group(o, "Sales"))
	w.must(err)
	w.must(w.store.EndExemption(w.ctx, w.ending(sales)))
	same(w, w.account(u).ExemptUntil(), w.clock().AddDate(0, 0, 30))
}

func exemptionReplaced(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	first := w.exempting(ana, u, 30)
	w.must(w.store.Exempt(w.ctx, first))
	w.refused("as if none ran", w.store.Exempt(w.ctx, w.exempting(ana, u, 60)), core.ErrStale)
	same(w, w.account(u).ExemptUntil(), first.Exemption.Until)
	w.pass(time.Hour)
	second := w.exempting(ana, u, 10)
	second.Replaces = first.Exemption.ID
	w.must(w.store.Exempt(w.ctx, second))
	same(w, w.account(u).ExemptUntil(), second.Exemption.Until)
	third := w.exempting(ana, u, 20)
	third.Replaces = first.Exemption.ID
	w.refused("over one that was replaced", w.store.Exempt(w.ctx, third), core.ErrStale)
	w.pass(30 * 24 * time.Hour)
	third = w.exempting(ana, u, 20)
	third.Replaces = second.Exemption.ID
	w.must(w.store.Exempt(w.ctx, third)) // its time was over
	w.count("ended at its own time", w.rows("exemption WHERE ended_at = until_at"), 1)
	w.count("running", w.rows("exemption WHERE ended_at = 0"), 1)
}

func exemptByWhom(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ana, hal, eve := w.ofType(o, "ana", core.Administrator), w.ofType(o, "hal", core.HelpDesk), w.ofType(other, "eve", core.Administrator)
	bea, u := w.person(o, "bea", "Finance"), w.person(o, "ada")
	for name, c := range map[string]core.Exempting{
		"the help desk a person":                     w.exempting(hal, u, 9),
		"the help desk a group":                      w.groupExempting(hal, o, "Finance", 9),
		"an administrator herself":                   w.exempting(ana, ana, 9),
		"a person herself":                           w.exempting(bea, bea, 9),
		"an administrator of another organization":   w.exempting(eve, u, 9),
		"likewise a group":                           w.groupExempting(eve, o, "Finance", 9),
		"an administrator somebody who is not there": w.exempting(ana, core.User{ID: "none", OrganizationID: o.ID}, 9),
	} {
		before := w.dump()
		w.refused(name, w.store.Exempt(w.ctx, c), core.ErrNotFound)
		same(w, w.dump(), before)
	}
	abe := w.ofType(o, "abe", core.Administrator)
	c := w.exempting(ana, abe, 9)
	w.must(w.store.Exempt(w.ctx, c))
	e := w.ending(c.Exemption)
	for _, by := range []core.ID{hal.ID, bea.ID, eve.ID} {
		e.HelperID = by
		w.refused("ended by "+string(by), w.store.EndExemption(w.ctx, e), core.ErrNotFound)
	}
	e.HelperID = abe.ID // one's own may be ended: that asks for more
	w.must(w.store.EndExemption(w.ctx, e))
	operator := w.exempting(core.User{}, ana, 9)
	operator.Exemption.By = core.Actor{Kind: "operator", Name: "root"}
	w.must(w.store.Exempt(w.ctx, operator))
}

func fiftyExempt(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	all := make([]core.Exempting, callers)
	for i := range all {
		all[i] = w.exempting(ana, u, i+1)
	}
	w.count("exempted", w.together(callers, func(s *sqlstore.Store, i int) error { return s.Exempt(w.ctx, all[i]) }, core.ErrStale), 1)
	x, err := w.store.OpenExemption(w.ctx, o.ID, u.ID, "")
	w.must(err)
	same(w, w.account(u).ExemptUntil(), x.Until)
	w.count("events", w.rows("event WHERE kind = 'exemption.granted'"), 1)
}

func fiftyEndings(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada")
	c := w.exempting(ana, u, 1)
	w.must(w.store.Exempt(w.ctx, c))
	w.pass(25 * time.Hour)
	all := make([]core.ExemptionEnd, callers)
	for i := range all {
		all[i] = w.ending(c.Exemption)
		if all[i].Early = i%2 == 0; !all[i].Early {
			all[i].At, all[i].HelperID = c.Exemption.Until, ""
		}
	}
	w.count("ended", w.together(callers, func(s *sqlstore.Store, i int) error { return s.EndExemption(w.ctx, all[i]) }, core.ErrUsed), 1)
	w.count("events", w.rows("event WHERE kind = 'exemption.ended'"), 1)
}

func overExemptions(w *world) {
	o := w.organization("One")
	ana, u := w.ofType(o, "ana", core.Administrator), w.person(o, "ada", "Finance", "Sales")
	soon, later, gone := w.exempting(ana, u, 1), w.groupExempting(ana, o, "Finance", 30), w.groupExempting(ana, o, "Sales", 30)
	for _, c := range []core.Exempting{soon, later, gone} {
		w.must(w.store.Exempt(w.ctx, c))
	}
	over := func() (ids []core.ID) {
		all, err := w.store.OverExemptions(w.ctx, w.clock(), 9)
		w.must(err)
		for _, x := range all {
			ids = append(ids, x.ID)
		}
		return ids
	}
	w.count("over", len(over()), 0)
	w.pass(24 * time.Hour)
	same(w, over(), []core.ID{soon.Exemption.ID})
	for _, q := range []string{"DELETE FROM membership WHERE group_id = '%s'", "DELETE FROM person_group WHERE id = '%s'"} {
		_, err := w.db.Raw.ExecContext(w.ctx, fmt.Sprintf(q, gone.Exemption.GroupID))
		w.must(err)
	}
	same(w, over(), []core.ID{soon.Exemption.ID, gone.Exemption.ID})
	end := w.ending(soon.Exemption)
	end.Early, end.HelperID, end.At = false, "", soon.Exemption.Until
	w.must(w.store.EndExemption(w.ctx, end))
	same(w, over(), []core.ID{gone.Exemption.ID})
	held, err := w.store.Exemptions(w.ctx, core.ExemptionFilter{OrganizationID: o.ID, Now: w.clock()})
	w.must(err)
	same(w, held, []core.Exemption{later.Exemption})
}

func exemptionPages(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ana, eve := w.ofType(o, "ana", core.Administrator), w.ofType(other, "eve", core.Administrator)
	w.must(w.store.Exempt(w.ctx, w.exempting(eve, w.person(other, "zoe"), 5)))
	var want []core.Exemption
	for i := range 7 {
		c := w.exempting(ana, w.person(o, fmt.Sprintf("p%d", i)), 5+i/3)
		w.must(w.store.Exempt(w.ctx, c))
		want = append(want, c.Exemption)
	}
	var got []core.Exemption
	f := core.ExemptionFilter{OrganizationID: o.ID, Now: w.clock(), Limit: 2}
	for {
		page, err := w.store.Exemptions(w.ctx, f)
		w.must(err)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		f.After = page[len(page)-1]
	}
	same(w, got, want)
}

func exemptionsSwept(w *world) {
	o := w.organization("One")
	ana := w.ofType(o, "ana", core.Administrator)
	ended, runs := w.exempting(ana, w.person(o, "ada"), 80), w.exempting(ana, w.person(o, "ben"), 80)
	w.must(w.store.Exempt(w.ctx, ended))
	w.must(w.store.Exempt(w.ctx, runs))
	w.must(w.store.EndExemption(w.ctx, w.ending(ended.Exemption)))
	_, err := w.store.Sweep(w.ctx, w.clock().AddDate(0, 0, 29))
	w.must(err)
	w.count("exemptions", w.rows("exemption"), 2)
	_, err = w.store.Sweep(w.ctx, w.clock().AddDate(0, 0, 31))
	w.must(err)
	w.count("exemptions", w.rows("exemption"), 1)
}
