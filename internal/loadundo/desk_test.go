package loadundo_test

import (
	"crypto/rand"
	"database/sql"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadundo"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store and the real services of people and groups.
type desk struct {
	*loadundo.Service
	t      *testing.T
	now    atomic.Int64
	store  *sqlstore.Store
	raw    *sql.DB
	org    core.Organization
	boss   core.User
	people *people.Service
	groups *groups.Service
	loads  *loader.Service
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	d.now.Store(start.UnixMicro())
	d.store, d.raw = storetest.Open(t, d.clock, random)
	d.people = people.New(people.Deps{
		Store: d.store, Accounts: d.store, Links: storetest.Links{}, Limits: storetest.Limits{}, Post: storetest.Post{}, Clock: d.clock, Random: random,
		Zone: func(string) bool { return true }, Language: func(string) bool { return true },
	})
	d.groups = groups.New(d.store, d.store, d.store, d.clock, random)
	d.loads = loader.New(loader.Deps{
		Store: d.store, Ledger: d.store, Files: d.store, People: d.people, Groups: d.groups, Secrets: secrets{}, Absent: d.store, Kept: d.store, Post: post{},
		Clock: d.clock, Random: random, Zone: func(string) bool { return true }, Language: func(string) bool { return true },
	})
	d.Service = loadundo.New(loadundo.Deps{
		Store: d.store, Queue: d.store, Accounts: d.store, People: d.people, Groups: d.groups, Secrets: secrets{},
		Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
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

func (d *desk) refused(what string, err error, code string) {
	d.t.Helper()
	if err == nil || core.CodeOf(err) != code {
		d.t.Errorf("%s: %v, want %s", what, err, code)
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
		ID: core.NewID(d.clock(), random), OrganizationID: o.ID, Email: name + "@example.com", Username: name, FirstName: strings.ToUpper(name[:1]) + name[1:],
		LastName: "Tester", Type: kind, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed-" + name,
		PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
	}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: u.Email, Username: name}, in, nil, core.Record{}))
	return u
}

// view is an administrator who has just confirmed that it is them.
func (d *desk) view(of core.User) core.SessionView {
	acc, org, err := d.store.AccountByID(d.t.Context(), of.OrganizationID, of.ID)
	d.must(err)
	return core.SessionView{Account: acc, Organization: org, Session: core.Session{ID: "session", UserID: of.ID, SignedInAt: start, ProvedAt: d.clock()}}
}

func here() core.Origin { return core.Origin{Address: "192.0.2.7"} }

// load loads a file whose columns are in its first line, in batches of so many rows.
func (d *desk) load(text string, batch int, edit func(*core.LoadOrder)) core.LoadRun {
	d.t.Helper()
	var rows []loader.Row
	var columns []string
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == 0 {
			columns = strings.Split(line, ",")
			continue
		}
		rows = append(rows, loader.Row{Number: i + 1, Cells: strings.Split(line, ",")})
	}
	o := loader.NewOrder(core.LoadPeople, columns)
	o.Identity = true
	if edit != nil {
		edit(&o)
		o.Columns = loader.Suggest(o.Target, columns)
	}
	c := loader.Caller{View: d.view(d.boss), Origin: here(), Identity: true}
	run, err := d.loads.Start(d.t.Context(), c, loader.Begin{Order: o, Columns: columns, Name: "staff.csv", First: 2, Total: len(rows)})
	d.must(err)
	for len(rows) > 0 {
		n := min(batch, len(rows))
		_, err := d.loads.Load(d.t.Context(), c, run.ID, rows[:n])
		d.must(err)
		rows = rows[n:]
	}
	run, err = d.loads.Finish(d.t.Context(), c, run.ID)
	d.must(err)
	return run
}

// undo undoes a load to its end, as the boss and a worker do.
func (d *desk) undo(run core.LoadRun) core.LoadRun {
	d.t.Helper()
	d.must(d.Begin(d.t.Context(), d.view(d.boss), here(), run.ID))
	w := &loadundo.Worker{Service: d.Service, Owner: "w"}
	for {
		some, err := w.Turn(d.t.Context())
		d.must(err)
		if !some {
			return d.run(run)
		}
	}
}

func (d *desk) run(run core.LoadRun) core.LoadRun {
	d.t.Helper()
	run, err := d.store.LoadByID(d.t.Context(), run.OrganizationID, run.ID)
	d.must(err)
	return run
}

// who is somebody by address, as stored.
func (d *desk) who(email string) core.Account {
	d.t.Helper()
	acc, _, err := d.store.UserByEmailKey(d.t.Context(), email)
	d.must(err)
	return acc
}

func (d *desk) count(from string) int {
	d.t.Helper()
	var n int
	d.must(d.raw.QueryRowContext(d.t.Context(), "SELECT count(*) FROM "+from).Scan(&n))
	return n
}

// kept are those whom an undo has left alone: who, and why.
func (d *desk) kept(run core.LoadRun) map[string]string {
	d.t.Helper()
	list, err := d.Kept(d.t.Context(), d.view(d.boss), run.ID, 100)
	d.must(err)
	out := map[string]string{}
	for _, k := range list {
		out[k.Name] = strings.TrimPrefix(k.Why, "load.kept.")
	}
	return out
}

// secrets stands in for the sealing, which package app wires.
type secrets struct{ storetest.Sealing }

func (secrets) Password(id core.ID, _ string) (string, error) { return "brought-" + string(id), nil }

func (secrets) App(core.ID, string) (core.Credential, error) {
	return core.Credential{ID: core.NewID(start, random), Kind: core.KindApp, State: core.CredentialActive, Sealed: "x", KeyID: "k1", CreatedAt: start}, nil
}

// post mints the mails that package app queues.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, random) }, e.At)
}
