package loadfile_test

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
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store and the real services behind it.
type desk struct {
	*loadfile.Service
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
	known := func(string) bool { return true }
	p := people.New(people.Deps{Store: d.store, Accounts: d.store, Clock: d.clock, Random: random, Zone: known, Language: known})
	loads := loader.New(loader.Deps{
		Store: d.store, Ledger: d.store, Files: d.store, People: p, Groups: groups.New(d.store, d.store, d.store, d.clock, random), Secrets: secrets{}, Absent: d.store, Kept: d.store, Post: post{},
		Clock: d.clock, Random: random, Zone: known, Language: known,
	})
	d.Service = loadfile.New(loadfile.Deps{
		Store: d.store, Queue: d.store, People: d.store, Sealer: secrets{}, Loads: loads, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
	d.org = core.Organization{ID: core.NewID(d.clock(), random), Name: "Acme", Policy: core.DefaultPolicy(), CreatedAt: d.clock(), Version: 1}
	d.must(d.store.CreateOrganization(t.Context(), d.org, core.Record{}))
	d.boss = core.User{
		ID: core.NewID(d.clock(), random), OrganizationID: d.org.ID, Email: "boss@example.com", FirstName: "Boss", LastName: "Tester",
		PasswordSealed: "sealed", Type: core.Administrator, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
	}
	d.must(d.store.CreateUser(t.Context(), d.boss, core.LoginKeys{Email: d.boss.Email}, nil, nil, core.Record{}))
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

// caller is the boss, who confirmed a moment ago.
func (d *desk) caller() loader.Caller {
	acc, org, err := d.store.AccountByID(d.t.Context(), d.org.ID, d.boss.ID)
	d.must(err)
	return loader.Caller{
		View:   core.SessionView{Account: acc, Organization: org, Session: core.Session{ProvedAt: d.clock()}},
		Origin: core.Origin{Address: "192.0.2.7"},
	}
}

// up puts a text up.
func (d *desk) up(name, text string) core.LoadFile {
	d.t.Helper()
	f, err := d.Upload(d.t.Context(), d.caller(), loadfile.Put{Name: name, Target: core.LoadPeople}, strings.NewReader(text))
	d.must(err)
	return f
}

func (d *desk) worker(name string) *loadfile.Worker {
	return &loadfile.Worker{Service: d.Service, Owner: name}
}

func (d *desk) run(id core.ID) core.LoadRun {
	d.t.Helper()
	run, err := d.store.LoadByID(d.t.Context(), d.org.ID, id)
	d.must(err)
	return run
}

func (d *desk) count(of string) (n int) {
	d.t.Helper()
	d.must(d.raw.QueryRowContext(d.t.Context(), "SELECT count(*) FROM "+of).Scan(&n))
	return n
}

// secrets stands in for the sealing, which package app wires.
type secrets struct{ storetest.Sealing }

func (secrets) Password(id core.ID, _ string) (string, error) { return "sealed:" + string(id), nil }

func (secrets) App(core.ID, string) (core.Credential, error) {
	return core.Credential{}, core.NewError(core.Invalid, "load.app")
}

// post mints the mails that package app queues.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, random) }, e.At)
}
