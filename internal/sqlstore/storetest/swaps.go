package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// swapTests are the compare-and-swaps and unique names under parallel callers.
func swapTests() map[string]test {
	return map[string]test{
		"one save of an attempt":          oneSaveOfAttempt,
		"one save of a panel":             oneSaveOfPanel,
		"one save of an organization":     oneSaveOfOrganization,
		"one use of a link":               oneUseOfLink,
		"one owner of an email address":   oneOwnerOfEmail,
		"one owner of a username":         oneOwnerOfUsername,
		"one organization of a name":      oneOrganization,
		"one application of an address":   oneApplication,
		"one change of a set of factors":  oneFactorChange,
		"one group of a name, all joined": oneGroup,
	}
}

func leasedOnce(w *world) {
	u := w.person(w.organization("One"), "ada")
	const messages = 30
	var all []core.Message
	for range messages {
		all = append(all, w.message(u, core.MailTwoFactorOn, ""))
	}
	w.must(w.store.AnswerOffer(w.ctx, u.OrganizationID, u.ID, core.Offer{}, core.Record{Messages: all}))
	var mu sync.Mutex
	seen := map[core.ID]int{}
	w.together(callers, func(s *sqlstore.Store, i int) error {
		jobs, err := s.LeaseMail(w.ctx, fmt.Sprintf("worker-%d", i), w.clock(), w.clock().Add(time.Minute), 3)
		mu.Lock()
		defer mu.Unlock()
		for _, j := range jobs {
			seen[j.Message.ID]++
		}
		return err
	})
	for id, n := range seen {
		w.count("leases of "+string(id), n, 1)
	}
	if len(seen) == 0 {
		w.t.Error("no message was leased")
	}
}

func oneSaveOfAttempt(w *world) {
	a := w.attempt(w.person(w.organization("One"), "ada"))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		mine := a
		mine.Remember = i%2 == 0
		return s.SaveAttempt(w.ctx, mine, core.Record{})
	}, core.ErrStale)
	w.count("saves", won, 1)
}

func oneSaveOfPanel(w *world) {
	u := w.person(w.organization("One"), "ada")
	e := w.panel(u, w.session(u).ID)
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		mine := e
		mine.Label = fmt.Sprint(i)
		return s.SaveEnrolment(w.ctx, mine, core.Record{})
	}, core.ErrStale)
	w.count("saves", won, 1)
}

func oneSaveOfOrganization(w *world) {
	o := w.organization("One")
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		mine := o
		mine.Help = fmt.Sprint(i)
		return s.SaveOrganization(w.ctx, mine, core.Record{})
	}, core.ErrStale)
	w.count("saves", won, 1)
	w.count("changes", w.rows("cache_change WHERE kind = 'organization'"), 1)
}

func oneUseOfLink(w *world) {
	u := w.person(w.organization("One"), "ada")
	l := w.link(u)
	w.must(w.store.CreateLink(w.ctx, l, core.Record{}))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		return s.UseLink(w.ctx, core.LinkUse{Link: l, PasswordSealed: fmt.Sprintf("sealed-%d", i), At: w.clock()})
	}, core.ErrUsed)
	w.count("uses", won, 1)
	w.count("password version", int(w.account(u).User.PasswordVersion), 2)
}

// link is a one-time link of a person.
func (w *world) link(u core.User) core.Link {
	id := w.id("link")
	return core.Link{
		ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, Kind: core.LinkInvitation, TokenHash: "digest-" + string(id),
		CreatedAt: w.clock(), ExpiresAt: w.clock().Add(core.LinkInvitation.Life()),
	}
}

// newcomers are people who want the same name.
func (w *world) newcomers(o core.Organization) []core.User {
	out := make([]core.User, callers)
	for i := range out {
		out[i] = core.User{
			ID: w.id("user"), OrganizationID: o.ID, Email: fmt.Sprintf("p%d@example.com", i), FirstName: "P", LastName: "Q",
			Type: core.Ordinary, Status: core.Active, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: w.clock(),
		}
	}
	return out
}

func oneOwnerOfEmail(w *world) {
	people := w.newcomers(w.organization("One"))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		return s.CreateUser(w.ctx, people[i], core.LoginKeys{Email: "same@example.com"}, nil, nil, core.Record{})
	}, core.ErrTaken)
	w.count("people", won, 1)
	w.count("rows", w.rows("person"), 1)
}

func oneOwnerOfUsername(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	people := w.newcomers(o)
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		mine := people[i]
		if i%2 == 0 {
			mine.OrganizationID = other.ID
		}
		return s.CreateUser(w.ctx, mine, core.LoginKeys{Email: mine.Email, Username: "same"}, nil, nil, core.Record{})
	}, core.ErrTaken)
	w.count("people", won, 1)
	w.count("names", w.rows("login_key"), 2)
}

func oneOrganization(w *world) {
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		o := core.Organization{ID: core.ID(fmt.Sprintf("org-%d", i)), Name: "Acme  Ltd", Policy: core.DefaultPolicy(), CreatedAt: w.clock()}
		return s.CreateOrganization(w.ctx, o, core.Record{})
	}, core.ErrTaken)
	w.count("organizations", won, 1)
}

func oneApplication(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		a := core.Application{
			ID: core.ID(fmt.Sprintf("app-%d", i)), OrganizationID: o.ID, Name: "Scorecard", URL: "https://score.example.com",
			Level: core.LevelPassword, CreatedAt: w.clock(),
		}
		if i%2 == 0 {
			a.OrganizationID = other.ID
		}
		return s.AddApplication(w.ctx, a, core.Record{})
	}, core.ErrTaken)
	w.count("applications", won, 1)
}

func oneFactorChange(w *world) {
	u, _, _ := w.enrol(w.person(w.organization("One"), "ada"), 1)
	won := w.together(callers, func(s *sqlstore.Store, _ int) error {
		return s.ChangeFactors(w.ctx, core.FactorChange{
			OrganizationID: u.OrganizationID, UserID: u.ID, FactorSetVersion: u.FactorSetVersion,
			TwoFactor: core.TwoFactorOff, RemoveAll: true, Moves: true, At: w.clock(),
		})
	}, core.ErrStale)
	w.count("changes", won, 1)
	w.count("version", int(w.account(u).User.FactorSetVersion), int(u.FactorSetVersion)+1)
}

func oneGroup(w *world) {
	people := w.newcomers(w.organization("One"))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		return s.CreateUser(w.ctx, people[i], core.LoginKeys{Email: people[i].Email}, []string{"Finance", "Audit"}, nil, core.Record{})
	})
	w.count("people", won, callers)
	w.count("groups", w.rows("person_group"), 2)
	w.count("memberships", w.rows("membership"), 2*callers)
}

func onePanel(w *world) {
	u := w.person(w.organization("One"), "ada")
	session := w.session(u)
	e := w.panel(u, session.ID)
	made := make([]core.EnrolmentCompletion, callers)
	for i := range made {
		made[i] = core.EnrolmentCompletion{
			Enrolment: e, TurnOn: true, Credentials: []core.Credential{w.credential(u, core.KindApp, i)},
			Session: w.newSession(u), At: w.clock(),
		}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CompleteEnrolment(w.ctx, made[i]) }, core.ErrStale)
	w.count("completions", won, 1)
	w.count("apps", w.account(u).Apps, 1)
	w.count("open sessions", w.rows("session WHERE ended_at = 0"), 1)
}

func threeApps(w *world) {
	u := w.person(w.organization("One"), "ada")
	for range core.MaxApps {
		u, _, _ = w.enrol(u, 0)
	}
	e := w.panel(u, w.session(u).ID)
	err := w.store.CompleteEnrolment(w.ctx, core.EnrolmentCompletion{
		Enrolment:   e,
		Credentials: []core.Credential{w.credential(u, core.KindApp, 4)}, At: w.clock(),
	})
	w.refused("a fourth app", err, core.ErrLimit)
	w.count("apps", w.account(u).Apps, core.MaxApps)
	w.count("version stays", int(w.account(u).User.FactorSetVersion), int(u.FactorSetVersion))
}

// nothingLost mixes everything that locks in different orders.
func nothingLost(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	a := w.attempt(u)
	c := w.codeSend(u, a.ID)
	w.must(w.store.SendCode(w.ctx, c))
	b := []core.Bucket{pair("x"), pair("y")}
	reversed := []core.Bucket{b[1], b[0]}
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		switch i % 5 {
		case 0:
			return s.CompleteSignIn(w.ctx, w.completion(u, nil, nil))
		case 1:
			_, err := s.TakeTry(w.ctx, w.try(u, core.KindEmail, a.ID, c.Challenge.ID))
			return err
		case 2:
			return s.SendCode(w.ctx, w.codeSend(u, w.id("owner")))
		case 3:
			return s.Settle(w.ctx, b, reversed[:0], core.OutcomeWrong, w.clock(), core.Record{})
		}
		return s.Settle(w.ctx, reversed, nil, core.OutcomeWrong, w.clock(), core.Record{})
	}, core.ErrLimit)
	w.count("calls", won, 10+5+4+20)
}

func oneWarning(w *world) {
	u := w.person(w.organization("One"), "ada")
	for range core.WarnAfter {
		w.attempt(u)
	}
	made := make([]core.AttemptOpening, callers)
	for i := range made {
		m, e := w.message(u, core.MailCodeWrong, ""), w.event(u, core.EventSecondStepsFailed)
		made[i] = core.AttemptOpening{Attempt: w.newAttempt(u), Warnings: []core.Message{m}, WarningEvent: &e}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.OpenAttempt(w.ctx, made[i]) })
	w.count("openings", won, callers)
	w.count("warnings", w.rows("outbox"), 1)
	w.count("events", w.rows("event"), 1)
}
