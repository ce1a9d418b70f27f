package passwordclient_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/throttle"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// start is when every clock begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// office is where people and programs ask from.
var office = core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24"}

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store, with a clock that hardly moves until a
// test moves it.
type desk struct {
	*passwordclient.Service
	t      *testing.T
	mu     sync.Mutex
	now    time.Time
	store  *sqlstore.Store
	raw    *sql.DB
	org    core.Organization
	hashes *hashes
	ring   *secret.Ring
	slots  *throttle.Service
	app    core.Application
}

func newDesk(t *testing.T, change ...func(*core.Organization)) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	d.store, d.raw = storetest.Open(t, d.clock, random)
	ring := newRing(t)
	d.ring = ring
	params := secret.Params{MemoryKiB: 8, Time: 1, Parallelism: 1}
	d.hashes = &hashes{Passwords: secret.NewPasswords(ring, params, 2, random)}
	mac := func(typed string) []byte {
		sum, err := ring.MAC(ring.OldestKey(), "throttle", typed)
		d.must(err)
		return sum
	}
	d.slots = throttle.New(d.store, throttle.DefaultRules(), d.clock, mac, func(context.Context, time.Duration) error { return nil })
	d.Service = d.other()
	d.org = d.organization("Acme", change...)
	d.app = core.Application{ID: "scorecard", OrganizationID: d.org.ID, Name: "Scorecard", Level: core.LevelPassword}
	return d
}

// other is the service of another process on the same database, or of the same one
// after a restart.
func (d *desk) other() *passwordclient.Service {
	return passwordclient.New(passwordclient.Deps{
		Pauses: d.store, Kept: d.store, Endings: d.store, Applications: d.store, Ring: d.ring, People: d.store, Logins: d.store, Passwords: d.hashes, Renewals: d.store, Throttle: d.slots, Resets: noResets{}, Post: post{}, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
}

func newRing(t *testing.T) *secret.Ring {
	t.Helper()
	master := make([]byte, secret.MasterBytes)
	random(master)
	first := secret.NewWrappedKey(master, "k1", random)
	first.Active = true
	ring, err := secret.OpenRing(master, []secret.WrappedKey{first})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// hashes counts how often a password is hashed to be compared.
type hashes struct {
	*secret.Passwords
	n atomic.Int64
}

func (h *hashes) Verify(ctx context.Context, userID core.ID, sealed, password string) (right, outdated bool, err error) {
	h.n.Add(1)
	return h.Passwords.Verify(ctx, userID, sealed, password)
}

// noResets mails no links: that is tried with package account.
type noResets struct{}

func (noResets) ResetAttacked(context.Context, core.User, core.Knocker, core.Origin) error {
	return nil
}

// password is everybody's.
const password = "correct horse battery"

// post queues the mails of real events.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, random) }, e.At)
}

// clock moves a microsecond at each look, so that events have an order.
func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(time.Microsecond)
	return d.now
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name string, change ...func(*core.Organization)) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(start, random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: start, Version: 1}
	for _, c := range change {
		c(&o)
	}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

// person makes somebody with two-factor on.
func (d *desk) person(name string, change ...func(*core.User)) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(start, random), OrganizationID: d.org.ID, Email: name + "@acme.example", FirstName: name, Type: core.Ordinary, Status: core.Active,
		TwoFactor: core.TwoFactorOn, EmailProvedAt: start, PasswordVersion: 1, CreatedAt: start,
	}
	var err error
	u.PasswordSealed, err = d.hashes.Hash(d.t.Context(), u.ID, password)
	d.must(err)
	for _, c := range change {
		c(&u)
	}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	return u
}

// view is a session of a person that has just confirmed who they are.
func (d *desk) view(u core.User) core.SessionView {
	d.t.Helper()
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	now := d.clock()
	return core.SessionView{Account: acc, Organization: org, Session: core.Session{UserID: u.ID, OrganizationID: u.OrganizationID, Level: core.LevelEmail, SignedInAt: now, ProvedAt: now}}
}

// events are those of a kind, newest first.
func (d *desk) events(kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), d.org.ID, core.EventFilter{Kinds: []string{kind}})
	d.must(err)
	return all
}

// mails counts the queued mails of a template.
func (d *desk) mails(template core.Template) (n int) {
	d.t.Helper()
	d.must(d.raw.QueryRowContext(d.t.Context(), "SELECT count(*) FROM outbox WHERE template = '"+string(template)+"'").Scan(&n))
	return n
}
