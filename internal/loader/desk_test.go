package loader_test

import (
	"crypto/rand"
	"database/sql"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store and the real services of one person.
type desk struct {
	*loader.Service
	t     *testing.T
	now   atomic.Int64
	store *sqlstore.Store
	raw   *sql.DB
	org   core.Organization
	boss  core.User
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	d.now.Store(start.UnixMicro())
	d.store, d.raw = storetest.Open(t, d.clock, random)
	p := people.New(people.Deps{
		Store: d.store, Accounts: d.store, Links: storetest.Links{}, Limits: storetest.Limits{}, Post: storetest.Post{}, Clock: d.clock, Random: random,
		Zone: func(z string) bool { return z != "Mars/Base" }, Language: func(string) bool { return true },
	})
	d.Service = loader.New(loader.Deps{
		Store: d.store, Ledger: d.store, Files: d.store, People: p, Groups: groups.New(d.store, d.store, d.store, d.clock, random), Secrets: secrets{}, Absent: d.store, Kept: d.store, Post: post{},
		Clock: d.clock, Random: random, Zone: func(z string) bool { return z != "Mars/Base" }, Language: func(string) bool { return true },
	})
	d.org = d.organization("Acme")
	d.boss = d.person(d.org, "boss", core.Administrator)
	return d
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
	o := core.Organization{ID: core.NewID(d.clock(), random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: d.clock(), Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

func (d *desk) person(o core.Organization, name string, kind core.UserType, in ...string) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(d.clock(), random), OrganizationID: o.ID, Email: name + "@example.com", FirstName: strings.ToUpper(name[:1]) + name[1:],
		LastName: "Tester", Type: kind, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed-" + name,
		PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
	}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: u.Email}, in, nil, core.Record{}))
	return u
}

// caller is the boss, who may change identities.
func (d *desk) caller() loader.Caller {
	acc, org, err := d.store.AccountByID(d.t.Context(), d.org.ID, d.boss.ID)
	d.must(err)
	return loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Origin: core.Origin{Address: "192.0.2.7"}, Identity: true}
}

// file is the rows of a file, its columns in the first line.
func file(text string) (columns []string, rows []loader.Row) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(line, ",")
		if i == 0 {
			columns = cells
			continue
		}
		rows = append(rows, loader.Row{Number: i + 1, Cells: cells})
	}
	return columns, rows
}

// run loads a file of people in batches of so many rows, and ends the load.
func (d *desk) run(c loader.Caller, text string, batch int, edit func(*core.LoadOrder)) (core.LoadRun, []loader.Planned) {
	d.t.Helper()
	columns, rows := file(text)
	o := loader.NewOrder(core.LoadPeople, columns)
	if edit != nil {
		edit(&o)
		if o.Target != core.LoadPeople {
			o.Columns = loader.Suggest(o.Target, columns)
		}
	}
	run, err := d.Start(d.t.Context(), c, loader.Begin{Order: o, Columns: columns, Name: "staff.csv", First: 2, Total: len(rows)})
	d.must(err)
	var rejects []loader.Planned
	for len(rows) > 0 && !run.State.Over() {
		n := min(batch, len(rows))
		out, err := d.Load(d.t.Context(), c, run.ID, rows[:n])
		d.must(err)
		rejects, run, rows = append(rejects, out.Rejects...), out.Run, rows[n:]
	}
	if !run.State.Over() {
		run, err = d.Finish(d.t.Context(), c, run.ID)
		d.must(err)
	}
	return run, rejects
}

// who is somebody by address, as stored.
func (d *desk) who(email string) core.Account {
	d.t.Helper()
	acc, _, err := d.store.UserByEmailKey(d.t.Context(), email)
	d.must(err)
	return acc
}

// secrets stands in for the sealing, which package app wires.
type secrets struct{ storetest.Sealing }

func (secrets) Password(id core.ID, text string) (string, error) {
	if !strings.HasPrefix(text, "$") {
		return "", core.NewError(core.Invalid, "load.hash")
	}
	return "sealed:" + string(id), nil
}

func (secrets) App(_ core.ID, text string) (core.Credential, error) {
	if len(text) < 16 {
		return core.Credential{}, core.NewError(core.Invalid, "load.app")
	}
	return core.Credential{ID: core.NewID(start, random), Kind: core.KindApp, State: core.CredentialActive, Sealed: "x", KeyID: "k1", CreatedAt: start}, nil
}

// post mints the mails that package app queues.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, random) }, e.At)
}
