package bulk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// start is when every clock begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store and the real services of one person.
type desk struct {
	*bulk.Service
	t     *testing.T
	now   atomic.Int64
	store *sqlstore.Store
	org   core.Organization
	boss  core.User
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	d.now.Store(start.UnixMicro())
	d.store, _ = storetest.Open(t, d.clock, random)
	d.Service = d.service(d.store)
	d.org = d.organization("Acme")
	d.boss = d.person(d.org, "boss", core.Administrator)
	return d
}

// service is the service of one process, with what it does to people through
// deeds.
func (d *desk) service(store *sqlstore.Store) *bulk.Service {
	p := people.New(people.Deps{
		Store: store, Accounts: store, Links: storetest.Links{}, Limits: storetest.Limits{}, Post: storetest.Post{}, Clock: d.clock, Random: random,
		Zone: func(string) bool { return true }, Language: func(string) bool { return true },
	})
	h := help.New(help.Deps{
		Store: store, Resets: store, Exemptions: store, Post: storetest.Post{}, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
	return bulk.New(bulk.Deps{
		Store: store, Queue: store, People: store, Deeds: p, Memberships: groups.New(store, store, store, d.clock, random), Resets: resets{h}, Reporting: store,
		Post: storetest.Post{}, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
}

type resets struct{ *help.Service }

func (resets) CheckReset(how core.IdentityCheck, note string) error {
	return help.Check{How: how, Note: note}.Validate()
}

func (r resets) ResetOne(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, how core.IdentityCheck, note string) error {
	_, err := r.Reset(ctx, v, id, help.Check{How: how, Note: note}, o)
	return err
}

// clock moves a microsecond at each look, so that events have an order.
func (d *desk) clock() time.Time { return time.UnixMicro(d.now.Add(1)).UTC() }

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name string) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(start, random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: start, Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

// person makes somebody who can sign in.
func (d *desk) person(o core.Organization, name string, kind core.UserType, change ...func(*core.NewUser)) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(start, random), OrganizationID: o.ID, Email: name + "@" + string(o.ID) + ".example", FirstName: name, LastName: "Tester",
		Type: kind, Status: core.Active, TwoFactor: core.TwoFactorOff, EmailProvedAt: start, PasswordSealed: "sealed",
		PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: start,
	}
	n := core.NewUser{User: u}
	for _, c := range change {
		c(&n)
	}
	n.Keys = core.LoginKeys{Email: n.User.Email}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{n}))
	return n.User
}

func as(status core.Status) func(*core.NewUser) {
	return func(n *core.NewUser) {
		n.User.Status = status
		if status == core.Invited {
			n.User.PasswordSealed = ""
		}
	}
}

func withApp(n *core.NewUser) {
	n.User.TwoFactor = core.TwoFactorOn
	n.Credentials = []core.Credential{{
		ID: core.NewID(start, random), OrganizationID: n.User.OrganizationID, UserID: n.User.ID, Kind: core.KindApp, State: core.CredentialActive,
		Sealed: "sealed", CreatedAt: start,
	}}
}

// crowd makes many people who can sign in.
func (d *desk) crowd(n int) {
	d.t.Helper()
	var all []core.NewUser
	for i := range n {
		email := fmt.Sprintf("p%d@%s.example", i, d.org.ID)
		all = append(all, core.NewUser{User: core.User{
			ID: core.NewID(start, random), OrganizationID: d.org.ID, Email: email, FirstName: "P", LastName: fmt.Sprint(i), Type: core.Ordinary,
			Status: core.Active, EmailProvedAt: start, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: start,
		}, Keys: core.LoginKeys{Email: email}})
	}
	d.must(d.store.BulkUsers(d.t.Context(), all))
}

// view is somebody signed in, who has just confirmed.
func (d *desk) view(u core.User) core.SessionView {
	return core.SessionView{
		Session: core.Session{ID: "session", UserID: u.ID, ProvedAt: d.clock()}, Account: core.Account{User: u}, Organization: d.org,
	}
}

func here() core.Origin { return core.Origin{Address: "192.0.2.7", RequestID: "request"} }

// ask asks for an action of people by their ids, or of everybody.
func (d *desk) ask(action core.BulkAction, all ...core.User) core.ID {
	d.t.Helper()
	of := core.BulkSelection{Filter: &core.PersonFilter{}}
	if len(all) > 0 {
		of.Filter = nil
	}
	for _, u := range all {
		of.IDs = append(of.IDs, u.ID)
	}
	id, err := d.Ask(d.t.Context(), d.view(d.boss), here(), action, of)
	d.must(err)
	return id
}

func (d *desk) start(id core.ID) {
	d.t.Helper()
	d.must(d.Start(d.t.Context(), d.view(d.boss), here(), id, core.CheckedByPhone, "called back"))
}

func (d *desk) worker() *bulk.Worker { return &bulk.Worker{Service: d.Service, Owner: "one"} }

// work works until nothing is due.
func (d *desk) work(w *bulk.Worker) {
	d.t.Helper()
	for {
		some, err := w.Turn(d.t.Context())
		d.must(err)
		if !some {
			return
		}
	}
}

func (d *desk) get(id core.ID) bulk.View {
	d.t.Helper()
	v, err := d.Get(d.t.Context(), d.view(d.boss), id)
	d.must(err)
	return v
}

func (d *desk) account(u core.User) core.Account {
	d.t.Helper()
	acc, _, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return acc
}

func (d *desk) events(kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), d.org.ID, core.EventFilter{Kinds: []string{kind}, Limit: 5000})
	d.must(err)
	return all
}
