package storetest

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func rehearsalTests() map[string]test {
	return map[string]test{
		"the roll reads what decisions look at":        rollFacts,
		"the roll calls everybody once, page by page":  rollPages,
		"the roll knows which addresses are refused":   rollRefused,
		"an announcement tells each person once":       announceOnce,
		"parallel announcers tell each person once":    announceTogether,
		"codes go before what is announced":            codesFirst,
		"an announcement waits for the queue":          announceWaits,
		"an announcement ends with what it was of":     announceMoot,
		"an announcement is of one organization alone": announceScope,
	}
}

// roll reads an organization's people.
func (w *world) roll(o core.ID) map[core.ID]core.Rehearsed {
	w.t.Helper()
	all := map[core.ID]core.Rehearsed{}
	w.must(w.store.CallRoll(w.ctx, o, w.clock(), func(r core.Rehearsed) error {
		if _, twice := all[r.Account.User.ID]; twice {
			w.t.Errorf("%s was called twice", r.Account.User.ID)
		}
		all[r.Account.User.ID] = r
		return nil
	}))
	return all
}

// rollFacts: the account of the roll is the account as it is, less what no
// decision looks at.
func rollFacts(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	w.enrol(w.person(other, "zoe"), 2)
	ada, _, _ := w.enrol(w.person(o, "ada", "Finance"), 3)
	ana := w.ofType(o, "ana", core.Administrator)
	w.must(w.store.Exempt(w.ctx, w.groupExempting(ana, o, "Finance", 20)))
	for range core.GuardRuleOf(core.KindApp).PauseEvery {
		_, err := w.store.TakeTry(w.ctx, w.try(ada, core.KindApp, "", ""))
		w.must(err)
	}
	var people []core.NewUser
	for i, u := range []core.User{
		{Email: "bo@example.com", Type: core.Administrator, Status: core.Active, TwoFactor: core.TwoFactorSuspended, PasswordSealed: "p", EmailProvedAt: Begin, ExemptUntil: Begin.Add(time.Hour)},
		{Username: "cy", Type: core.HelpDesk, Status: core.Invited, TwoFactor: core.TwoFactorOff},
		{
			Email: "di@example.com", Type: core.NoAccess, Status: core.Inactive, TwoFactor: core.TwoFactorOn, PasswordSealed: "p",
			PreviousEmail: "old@example.com", PreviousEmailUntil: Begin.Add(time.Minute), PasswordDue: core.PasswordDistrusted, ResetAt: Begin.Add(-time.Minute),
		},
	} {
		u.ID, u.OrganizationID, u.FirstName, u.LastName = w.id("user"), o.ID, "First", fmt.Sprintf("Last %d", i)
		n := core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email, Username: u.Username}}
		for j, k := range []core.FactorKind{core.KindApp, core.KindRecovery, "passkey"}[:i] {
			c := w.credential(u, k, j)
			c.State = []core.CredentialState{core.CredentialWaiting, core.CredentialHeld}[j]
			n.Credentials = append(n.Credentials, c)
		}
		people = append(people, n)
	}
	key := w.credential(people[0].User, "passkey", 1)
	people[0].Credentials = append(people[0].Credentials, key, w.credential(people[0].User, "passkey", 2))
	w.must(w.store.BulkUsers(w.ctx, people))
	got := w.roll(o.ID)
	w.count("people", len(got), 5)
	for id, r := range got {
		want := w.account(core.User{ID: id, OrganizationID: o.ID})
		u := core.User{
			ID: id, OrganizationID: o.ID, Username: want.User.Username, Email: want.User.Email, FirstName: want.User.FirstName,
			LastName: want.User.LastName, Type: want.User.Type, Status: want.User.Status, TwoFactor: want.User.TwoFactor,
			EmailProvedAt: want.User.EmailProvedAt, ExemptUntil: want.User.ExemptUntil, PreviousEmail: want.User.PreviousEmail,
			PreviousEmailUntil: want.User.PreviousEmailUntil, PasswordDue: want.User.PasswordDue, ResetAt: want.User.ResetAt,
		}
		if want.User.PasswordSealed != "" {
			u.PasswordSealed = r.Account.User.PasswordSealed // that there is one is all that is read
			same(w, u.MaySignIn(), want.User.MaySignIn())
		}
		want.User, want.Groups = u, nil
		same(w, r, core.Rehearsed{Account: want})
	}
}

func rollPages(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	for _, of := range []core.Organization{o, other} {
		var people []core.NewUser
		for i := range 8001 {
			u := core.User{ID: w.id("user"), OrganizationID: of.ID, Type: core.Ordinary, Status: core.Active}
			if i%2 == 0 {
				u.Username = fmt.Sprintf("%s-%d", of.Name, i) // nobody has an address
			}
			people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Username: u.Username}})
		}
		w.must(w.store.BulkUsers(w.ctx, people))
	}
	w.count("people", len(w.roll(o.ID)), 8001)
	w.count("people of nobody", len(w.roll("none")), 0)
	calls := 0
	err := w.store.CallRoll(w.ctx, o.ID, w.clock(), func(core.Rehearsed) error {
		calls++
		return core.ErrUsed
	})
	w.refused("a visit that fails", err, core.ErrUsed)
	w.count("calls until it failed", calls, 1)
}

// rollRefused: a refusal counts until a mail to that address is taken, and for a
// while; what is tried again, or goes beside the login address, is none.
func rollRefused(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	reason := "mail.refused 550"
	settle := func(d core.Delivery, to string, r core.Recipient) {
		w.t.Helper()
		m := w.message(u, core.MailTwoFactorOn, "")
		m.Recipient = r
		w.queue(u, m)
		m = w.lease("one")[0].Message
		m.Delivery, m.To, m.Attempts, m.NotBefore = d, to, 1, w.clock().Add(core.RefusalMemory*9)
		m.LastError = reason
		w.must(w.store.SettleMail(w.ctx, m, "one"))
		w.pass(time.Second)
	}
	refused := func(want ...string) {
		w.t.Helper()
		same(w, w.roll(o.ID)[u.ID].Refused, want)
	}
	refused()
	settle(core.DeliveryQueued, u.Email, core.ToLogin)
	settle(core.DeliveryExpired, u.Email, core.ToLogin)
	settle(core.DeliveryRefused, "", core.ToLogin) // there was no address to try
	settle(core.DeliveryRefused, "home@example.com", core.ToNotification)
	reason = "mail.declined 554" // that is about us
	settle(core.DeliveryRefused, u.Email, core.ToLogin)
	refused()
	reason = "mail.address"
	settle(core.DeliveryRefused, u.Email, core.ToLogin)
	refused(u.Email)
	reason = "mail.refused 550"
	settle(core.DeliveryRefused, u.Email, core.ToLogin)
	refused(u.Email)
	settle(core.DeliverySent, "other@example.com", core.ToLogin)
	refused(u.Email)
	settle(core.DeliverySent, u.Email, core.ToLogin)
	refused()
	settle(core.DeliveryRefused, u.Email, core.ToLogin)
	w.pass(core.RefusalMemory)
	refused()
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("refusals", w.rows("mail_refusal"), 0)
}

// announcing begins an announcement to an organization with so many people.
func (w *world) announcing(name string, people int) (core.Organization, core.Announcement) {
	w.t.Helper()
	o := w.organization(name)
	var all []core.NewUser
	for i := range people {
		u := core.User{
			ID: w.id("user"), OrganizationID: o.ID, Email: fmt.Sprintf("%s.%d@example.com", name, i), Type: core.Ordinary,
			Status: core.Active, PasswordSealed: "p", TwoFactor: core.TwoFactorOff,
		}
		all = append(all, core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}})
	}
	w.must(w.store.BulkUsers(w.ctx, all))
	return o, w.announce(o)
}

func (w *world) announce(o core.Organization) core.Announcement {
	w.t.Helper()
	o.Policy.RequireTwoFactor, o.Policy.RequireFrom = true, w.clock()
	a := core.Announcement{ID: w.id("announcement"), OrganizationID: o.ID, Template: core.MailRequired, EventID: "event", NextAt: w.clock(), StartedAt: w.clock()}
	w.must(w.store.SaveOrganization(w.ctx, o, core.Record{Announcements: []core.Announcement{a}}))
	return a
}

// settleAll takes every mail that is due out of the queue.
func (w *world) settleAll() (n int) {
	w.t.Helper()
	for {
		jobs := w.lease("one")
		if len(jobs) == 0 {
			return n
		}
		for _, j := range jobs {
			j.Message.Delivery, j.Message.Attempts = core.DeliverySent, 1
			w.must(w.store.SettleMail(w.ctx, j.Message, "one"))
			n++
		}
	}
}

func (w *world) told(o core.Organization) (people, mails int) {
	return w.rows("(SELECT DISTINCT user_id FROM outbox WHERE template = 'E13' AND organization_id = '" + string(o.ID) + "') x"),
		w.rows("outbox WHERE template = 'E13' AND organization_id = '" + string(o.ID) + "'")
}

func (w *world) open() int { return w.rows("announcement WHERE ended_at = 0") }

func announceOnce(w *world) {
	o, _ := w.announcing("One", core.AnnounceBatch*2)
	for _, u := range []core.User{
		{Status: core.Active, Type: core.Ordinary, PasswordSealed: "p"},
		{Status: core.Active, Type: core.NoAccess, PasswordSealed: "p", Email: "b@example.com"},
		{Status: core.Inactive, Type: core.Ordinary, PasswordSealed: "p", Email: "c@example.com"},
		{Status: core.Invited, Type: core.Ordinary, Email: "d@example.com"},
	} {
		u.ID, u.OrganizationID = w.id("user"), o.ID
		w.must(w.store.BulkUsers(w.ctx, []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email, Username: string(u.ID)}}}))
	}
	for _, want := range []int{core.AnnounceBatch, core.AnnounceBatch, 0, 0} {
		n, err := w.store.Announce(w.ctx, w.clock())
		w.must(err)
		w.count("queued", n, want)
		again, err := w.store.Announce(w.ctx, w.clock())
		w.must(err)
		w.count("queued before its time", again, 0)
		w.pass(core.AnnounceEvery)
		w.settleAll()
	}
	people, mails := w.told(o)
	w.count("people told", people, core.AnnounceBatch*2)
	w.count("mails", mails, core.AnnounceBatch*2)
	w.count("open announcements", w.open(), 0)
	w.pass(40 * 24 * time.Hour)
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("announcements", w.rows("announcement"), 0)
}

func announceTogether(w *world) {
	o, _ := w.announcing("One", core.AnnounceBatch*3+7)
	for range 4 {
		w.together(callers, func(s *sqlstore.Store, _ int) error {
			_, err := s.Announce(w.ctx, w.clock())
			return err
		})
		w.pass(core.AnnounceEvery)
		w.settleAll()
	}
	people, mails := w.told(o)
	w.count("people told", people, core.AnnounceBatch*3+7)
	w.count("mails", mails, core.AnnounceBatch*3+7)
	w.count("open announcements", w.open(), 0)
}

// codesFirst: a code that is asked for later is sent before all that is
// announced, and finds a sender free.
func codesFirst(w *world) {
	o, _ := w.announcing("One", 20)
	_, err := w.store.Announce(w.ctx, w.clock())
	w.must(err)
	w.pass(time.Minute)
	u := w.person(o, "ada")
	w.queue(u, w.message(u, core.MailCode, ""))
	jobs := w.lease("one")
	w.count("leased", len(jobs), 3)
	same(w, jobs[0].Message.Template, core.MailCode)
	w.count("while two are on their way", len(w.lease("two")), 0)
	w.queue(u, w.message(u, core.MailCode, ""))
	w.count("one more code", len(w.lease("two")), 1)
}

func announceWaits(w *world) {
	o, _ := w.announcing("One", core.AnnounceWaiting*2)
	for range 20 {
		_, err := w.store.Announce(w.ctx, w.clock())
		w.must(err)
		w.pass(core.AnnounceEvery)
	}
	_, mails := w.told(o)
	w.count("mails that wait", mails, core.AnnounceWaiting)
	w.settleAll()
	n, err := w.store.Announce(w.ctx, w.clock())
	w.must(err)
	w.count("queued then", n, core.AnnounceBatch)
}

func announceMoot(w *world) {
	o, _ := w.announcing("One", core.AnnounceBatch*2)
	_, err := w.store.Announce(w.ctx, w.clock())
	w.must(err)
	o.Version++
	o.Policy.RequireTwoFactor = false
	w.must(w.store.SaveOrganization(w.ctx, o, core.Record{}))
	w.pass(core.AnnounceEvery)
	n, err := w.store.Announce(w.ctx, w.clock())
	w.must(err)
	w.count("queued after it was switched off", n, 0)
	w.count("open announcements", w.open(), 0)
}

func announceScope(w *world) {
	o, _ := w.announcing("One", 3)
	other := w.organization("Two")
	w.person(other, "zoe")
	_, err := w.store.Announce(w.ctx, w.clock())
	w.must(err)
	people, _ := w.told(o)
	w.count("people told", people, 3)
	w.count("mails in all", w.rows("outbox"), 3)
}
