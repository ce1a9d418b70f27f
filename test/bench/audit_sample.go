package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// auditSample makes and names rows of the log: 90 days of it.
type auditSample struct {
	org   core.Organization
	clock core.Clock
}

func (a *auditSample) at(i int) time.Time {
	const days = 90 * 24 * time.Hour
	return a.clock().Add(-days + time.Duration(i)*(days/auditRows) - time.Hour).Truncate(time.Microsecond)
}

// id is the same for a number at every call.
func (a *auditSample) id(i int) core.ID { return core.ID(fmt.Sprintf("bench%021d", i)) }

func (a *auditSample) personID(i int) core.ID { return core.ID(fmt.Sprintf("person%020d", i%people)) }

func (a *auditSample) address(i int) string {
	return fmt.Sprintf("10.%d.%d.%d", i%250, i/250%250, i/62500%16)
}

// event spreads kinds as sign-ins do: most are right passwords and completed
// sign-ins, few are anything else.
func (a *auditSample) event(i int) core.Event {
	kind, result := core.EventSignInCompleted, "ok"
	switch {
	case i%3 == 1:
		kind = core.EventPasswordRight
	case i%50 == 2:
		kind, result = core.EventPasswordWrong, "failed"
	case i%3 == 2:
		kind = core.EventCodeSent
	case i%90 == 3:
		kinds := core.EventKinds()
		kind = kinds[i/90%len(kinds)]
	case i%1000 == 6:
		kind, result = core.EventSignInRefused, "refused"
	}
	person := a.personID(i * 7919)
	return core.Event{
		ID: a.id(i), OrganizationID: a.org.ID, At: a.at(i), Kind: kind, Result: result,
		Actor: core.Actor{Kind: "person", ID: person, Name: "Ana Diaz"}, SubjectID: person, Detail: map[string]string{"method": "app"},
		Origin: core.Origin{
			Address: a.address(i * 31), Network: "10.0.0.0/24", Device: "Firefox on Linux", RequestID: fmt.Sprintf("%013d", i),
			UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Session: a.id(i + 1),
		},
	}
}

// filters are one of each kind that the page has, about rows at random places.
func (a *auditSample) filters() map[string]core.AuditFilter {
	i := rand.IntN(auditRows)
	at := core.EventMark{At: a.at(i), ID: a.id(i)}
	return map[string]core.AuditFilter{
		"none":             {},
		"a later page":     {After: at},
		"a day":            {From: at.At.AddDate(0, 0, -1), Until: at.At},
		"a kind":           {Kinds: []string{core.EventPasswordWrong}, After: at},
		"a group":          {Kinds: core.GroupTwoFactor.Kinds(), After: at},
		"sign-ins":         {Kinds: core.GroupSignIn.Kinds(), After: at},
		"a result":         {Result: "refused", After: at},
		"a person":         {PersonID: a.personID(i)},
		"a person, a kind": {PersonID: a.personID(i), Kinds: []string{core.EventSignInCompleted}},
		"an address":       {Text: a.address(i * 31)},
		"a request":        {Text: fmt.Sprintf("%013d", i)},
		"a common word":    {Text: "firefox", After: at},
	}
}
