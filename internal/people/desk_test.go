package people_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// start is when every clock begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store, with a clock that hardly moves until a
// test moves it.
type desk struct {
	*people.Service
	t     *testing.T
	mu    sync.Mutex
	now   time.Time
	store *sqlstore.Store
	org   core.Organization
	boss  core.User
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	d.store, _ = storetest.Open(t, d.clock, random)
	d.Service = people.New(people.Deps{
		Store: d.store, Accounts: d.store, Links: storetest.Links{}, Limits: limits{}, Post: post{}, Clock: d.clock, Random: random,
		Zone:     func(name string) bool { return name == "Europe/Madrid" },
		Language: func(tag string) bool { return tag == "es" },
	})
	d.org = d.organization("Acme")
	d.boss = d.person(d.org, "boss", core.Administrator)
	return d
}

// limits let five links for one person through, as package throttle does.
type limits map[core.ID]int

func (limits) Waits(context.Context, core.ID, core.ID) ([]core.PasswordWait, error) { return nil, nil }

func (limits) Unlock(context.Context, core.ID, []string, core.Record) error { return nil }

func (l limits) SendLink(_ context.Context, userID core.ID) (bool, error) {
	l[userID]++
	return l[userID] <= 5, nil
}

// post queues one mail for each event that is no refusal, and for each link.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	if e.Result != "ok" {
		return nil
	}
	return []core.Message{mail(u.OrganizationID, u.ID, core.Template(e.Kind), e.ID)}
}

func (post) Link(l core.Link) core.Message {
	return mail(l.OrganizationID, l.UserID, core.Template(l.Kind), l.ID)
}

func mail(org, user core.ID, t core.Template, subject core.ID) core.Message {
	return core.Message{
		ID: core.NewID(start, random), OrganizationID: org, UserID: user, Template: t, SubjectID: subject,
		NotBefore: start, ExpiresAt: start.Add(time.Hour), Delivery: core.DeliveryQueued, CreatedAt: start,
	}
}

// clock moves a microsecond at each look, so that events have an order.
func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(time.Microsecond)
	return d.now
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name string) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(d.now, random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

// person makes somebody who can sign in.
func (d *desk) person(o core.Organization, name string, kind core.UserType, change ...func(*core.User)) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(d.now, random), OrganizationID: o.ID, Email: name + "@" + string(o.ID) + ".example", FirstName: name, LastName: "Tester",
		Type: kind, Status: core.Active, TwoFactor: core.TwoFactorOff, EmailProvedAt: d.now, PasswordSealed: "sealed",
		PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.now,
	}
	for _, c := range change {
		c(&u)
	}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email}}}))
	return u
}

// invited makes somebody who has not chosen a password yet.
func (d *desk) invited(o core.Organization, name string, kind core.UserType) core.User {
	return d.person(o, name, kind, func(u *core.User) {
		u.Status, u.PasswordSealed, u.EmailProvedAt = core.Invited, "", time.Time{}
	})
}

// view is a person who is signed in and has just shown who they are.
func (d *desk) view(u core.User) core.SessionView {
	d.t.Helper()
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return core.SessionView{
		Session: core.Session{ID: "session", UserID: u.ID, SignedInAt: d.now, ProvedAt: d.now, Level: core.LevelStrong},
		Account: acc, Organization: org,
	}
}

// long is a person whose last proof is too long ago for a risky change.
func (d *desk) long(u core.User) core.SessionView {
	v := d.view(u)
	v.Session.ProvedAt = d.now.Add(-core.ConfirmLife)
	return v
}

func (d *desk) user(u core.User) core.User {
	d.t.Helper()
	return d.view(u).Account.User
}

func here() core.Origin { return core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24"} }

// events returns the events of a kind about a person, newest first.
func (d *desk) events(u core.User, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), u.OrganizationID, core.EventFilter{SubjectID: u.ID, Kinds: []string{kind}})
	d.must(err)
	return all
}

// wants fails the test unless err has the code, in the field where one is named.
func (d *desk) wants(what string, err error, field, code string) {
	d.t.Helper()
	var e *core.Error
	if field != "" && errors.As(err, &e) && e.Fields[field] != nil {
		err = e.Fields[field]
	}
	if got := core.CodeOf(err); got != code {
		d.t.Errorf("%s: got %v (%s), want %s", what, err, got, code)
	}
}

// fields are what a form shows of somebody.
func (d *desk) fields(u core.User) core.PersonFields { return d.user(u).Fields() }
