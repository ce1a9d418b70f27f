package help_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// start is when every clock begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store and a real key ring, with a clock that
// hardly moves until a test moves it.
type desk struct {
	*help.Service
	t     *testing.T
	mu    sync.Mutex
	now   time.Time
	store *sqlstore.Store
	raw   *sql.DB
	ring  *secret.Ring
	org   core.Organization
}

func newDesk(t *testing.T, change ...func(*core.Organization)) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	d.store, d.raw = storetest.Open(t, d.clock, random)
	d.ring = newRing(t)
	d.Service = d.other()
	d.org = d.organization("Acme", change...)
	return d
}

// other is the service of another process on the same database.
func (d *desk) other() *help.Service {
	return help.New(help.Deps{
		Store: d.store, Resets: d.store, Exemptions: d.store, Post: post{}, Ring: d.ring, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
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

// post queues a mail for each event of help, to the person and for the
// administrators.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	if e.Result != "ok" {
		return nil
	}
	m := core.Message{
		OrganizationID: u.OrganizationID, UserID: u.ID, Template: core.Template(e.Kind), SubjectID: e.ID,
		NotBefore: e.At, ExpiresAt: e.At.Add(time.Hour), Delivery: core.DeliveryQueued, CreatedAt: e.At,
	}
	all := []core.Message{m, m}
	all[1].Recipient = core.ToAdministrators
	for i := range all {
		all[i].ID = core.NewID(e.At, random)
	}
	return all
}

// clock moves a microsecond at each look, so that events have an order.
func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(time.Microsecond)
	return d.now
}

func (d *desk) pass(by time.Duration) { d.now = d.now.Add(by) }

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name string, change ...func(*core.Organization)) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(d.now, random), Name: name, TimeZone: "Europe/Madrid", Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	for _, c := range change {
		c(&o)
	}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

// waits lets resets wait a day.
func waits(o *core.Organization) { o.Policy.ResetWait = 24 * time.Hour }

// person makes somebody of a type with an app, recovery codes and two-factor on.
func (d *desk) person(o core.Organization, name string, kind core.UserType, groups ...string) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(d.now, random), OrganizationID: o.ID, Email: name + "@" + string(o.ID) + ".example", FirstName: name, LastName: "Tester",
		Type: kind, Status: core.Active, TwoFactor: core.TwoFactorOn, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.now,
	}
	app := core.Credential{ID: core.NewID(d.now, random), OrganizationID: o.ID, UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive, Label: "phone", Sealed: "s", KeyID: "k1", CreatedAt: d.now}
	code := core.Credential{ID: core.NewID(d.now, random), OrganizationID: o.ID, UserID: u.ID, Kind: core.KindRecovery, State: core.CredentialActive, LookupKey: "l", KeyID: "k1", CreatedAt: d.now}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email}, Groups: groups, Credentials: []core.Credential{app, code}}}))
	return u
}

// view is a person who is signed in.
func (d *desk) view(u core.User) core.SessionView {
	d.t.Helper()
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return core.SessionView{Session: core.Session{ID: "session", UserID: u.ID, SignedInAt: d.now, ProvedAt: d.now, Level: core.LevelStrong}, Account: acc, Organization: org}
}

func (d *desk) account(u core.User) core.Account { return d.view(u).Account }

// events returns the events of a kind, of anybody in the organization of u.
func (d *desk) events(o core.Organization, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), o.ID, core.EventFilter{Kinds: []string{kind}})
	d.must(err)
	return all
}

// mails counts queued mails by whom they go to.
func (d *desk) mails(template string) map[core.ID]int {
	d.t.Helper()
	rows, err := d.raw.QueryContext(d.t.Context(), "SELECT user_id FROM outbox WHERE template = '"+template+"'")
	d.must(err)
	defer rows.Close()
	got := map[core.ID]int{}
	for rows.Next() {
		var id core.ID
		d.must(rows.Scan(&id))
		got[id]++
	}
	d.must(rows.Err())
	return got
}

// code of an error, of its field where it has one.
func codeOf(err error, field string) string {
	var e *core.Error
	if errors.As(err, &e) && e.Fields[field] != nil {
		return e.Fields[field].Code
	}
	if err == nil {
		return ""
	}
	return core.CodeOf(err)
}

var phoned = help.Check{How: core.CheckedByPhone, Note: "called back on the\nnumber we know"}
