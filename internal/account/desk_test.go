package account_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// desk is the service over a real store, real factors and a real key ring, with
// a clock that stands still until a test moves it.
type desk struct {
	*account.Service
	t       *testing.T
	now     time.Time
	store   *sqlstore.Store
	factors *factor.Registry
	hasher  *secret.Passwords
	door    *door
	org     core.Organization
	raw     *sql.DB
	waited  time.Duration
}

// start is when every clock begins to stand still.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

func newDesk(t *testing.T, change ...func(*core.Policy)) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	store, raw := storetest.Open(t, d.clock, random)
	d.raw = raw
	d.store = store
	master := make([]byte, secret.MasterBytes)
	random(master)
	first := secret.NewWrappedKey(master, "k1", random)
	first.Active = true
	ring, err := secret.OpenRing(master, []secret.WrappedKey{first})
	d.must(err)
	d.factors, err = factor.NewRegistry(
		factor.Spec{Kind: core.KindEmail, Factor: factor.NewEmail(ring)},
		factor.Spec{Kind: core.KindApp, Factor: factor.NewApp(ring, random)},
		factor.Spec{Kind: core.KindRecovery, Factor: factor.NewRecovery(ring, random)},
	)
	d.must(err)
	d.hasher = secret.NewPasswords(ring, secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}, 2, random)
	d.door = &door{store: store, clock: d.clock}
	d.Service = account.New(account.Deps{
		Store: store, Tries: store, People: store, Changes: store, Requests: store, Limits: freely{},
		Passwords: d.hasher, Throttle: d.door, Post: post{}, Factors: d.factors, Ring: ring,
		Clock: d.clock, Random: random, Wait: d.wait, Host: "sign-in.example.com",
		Alarms: store,
	})
	d.org = d.organization("Acme", change...)
	return d
}

func (d *desk) organization(name string, change ...func(*core.Policy)) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(d.now, random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	for _, c := range change {
		c(&o.Policy)
	}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

func (d *desk) clock() time.Time { return d.now }

func (d *desk) pass(by time.Duration) { d.now = d.now.Add(by) }

// must fails the test where something did not work that is not under test.
func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// set changes the organization as an administrator would.
func (d *desk) set(change func(*core.Policy)) {
	d.t.Helper()
	change(&d.org.Policy)
	d.must(d.store.SaveOrganization(d.t.Context(), d.org, core.Record{}))
	d.org.Version++
}

// rows changes rows as nothing in the product does yet, from outside.
func (d *desk) rows(query string, args ...any) {
	d.t.Helper()
	_, err := d.raw.ExecContext(d.t.Context(), query, args...)
	d.must(err)
}

// required is an organization that asks everybody for a second step.
func required(p *core.Policy) {
	p.RequireTwoFactor, p.RequireFrom = true, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
}

// person makes an active account with two-factor off.
func (d *desk) person(name string, change ...func(*core.User)) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.ID("user-" + name), OrganizationID: d.org.ID, Email: name + "@example.com", FirstName: name, LastName: "Tester",
		Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1,
		FactorSetVersion: 1, CreatedAt: d.now,
	}
	for _, c := range change {
		c(&u)
	}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email, Username: u.Username}}}))
	return u
}

// account reads a person as stored.
func (d *desk) account(u core.User) core.Account {
	d.t.Helper()
	acc, _, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return acc
}

// apps are the person's apps, oldest first.
func (d *desk) apps(u core.User) []core.Credential {
	d.t.Helper()
	all, err := d.store.Credentials(d.t.Context(), u.OrganizationID, u.ID, core.KindApp)
	d.must(err)
	return all
}

// events counts the events of a kind about a person.
func (d *desk) events(u core.User, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), u.OrganizationID, core.EventFilter{SubjectID: u.ID, Kinds: []string{kind}})
	d.must(err)
	return all
}

// notices names the queued mails of a person, but for codes.
func (d *desk) notices(u core.User) (names []core.Template) {
	d.t.Helper()
	jobs, err := d.store.LeaseMail(d.t.Context(), "test", d.now, d.now, 1000)
	d.must(err)
	for _, j := range jobs {
		if j.User.ID == u.ID && j.Message.Template != core.MailCode {
			names = append(names, j.Message.Template)
		}
	}
	return names
}

// mailed returns the code in the newest mail of a challenge.
func (d *desk) mailed(c core.Challenge) string {
	d.t.Helper()
	f, _ := d.factors.Get(core.KindEmail)
	code, err := f.Compose(c)
	d.must(err)
	return code
}

// wrong returns six digits that are not this code.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// code is what an app with this secret shows now.
func (d *desk) code(app []byte) string { return otp.TOTP(app, d.now).String() }

// freely limits nothing: that is package throttle's.
type freely struct{}

func (freely) Ask(context.Context, core.Knocker) (bool, error)         { return true, nil }
func (freely) AskAttacked(context.Context, core.Knocker) (bool, error) { return true, nil }
func (freely) TryLink(context.Context, core.ID) (bool, error)          { return true, nil }

// wait lets time pass, and remembers for how long.
func (d *desk) wait(_ context.Context, by time.Duration) error {
	d.waited = by
	d.pass(by)
	return nil
}

// post queues one mail for each event that the person must hear of.
type post struct{}

func (post) Code(c core.Challenge, u core.User, now time.Time) core.Message {
	return core.Message{
		ID: core.NewID(now, random), OrganizationID: u.OrganizationID, UserID: u.ID, Template: core.MailCode,
		SubjectID: c.ID, Issue: c.Issue, NotBefore: now, ExpiresAt: now.Add(time.Hour), Delivery: core.DeliveryQueued, CreatedAt: now,
	}
}

func (post) Link(l core.Link) core.Message {
	template := core.MailReset
	if l.Kind != core.LinkReset {
		template = core.MailWelcome
	}
	return core.Message{
		ID: core.NewID(l.CreatedAt, random), OrganizationID: l.OrganizationID, UserID: l.UserID, Template: template,
		SubjectID: l.ID, NotBefore: l.CreatedAt, ExpiresAt: l.ExpiresAt, Delivery: core.DeliveryQueued, CreatedAt: l.CreatedAt,
	}
}

func (post) Notices(e core.Event, u core.User) []core.Message {
	template := map[string]core.Template{
		core.EventTwoFactorOn: core.MailTwoFactorOn, core.EventAppAdded: core.MailTwoFactorOn, core.EventTwoFactorOff: core.MailTwoFactorOff,
		core.EventTwoFactorOffNow: core.MailTwoFactorOff, core.EventAppRemoved: core.MailTwoFactorOff,
		core.EventTwoFactorReset: core.MailFactorReset, core.EventFactorPaused: core.MailFactorPaused,
		core.EventPasswordChanged: core.MailPassword, core.EventPasswordReset: core.MailPassword,
	}[e.Kind]
	if template == "" {
		return nil
	}
	return []core.Message{{
		ID: core.NewID(e.At, random), OrganizationID: u.OrganizationID, UserID: u.ID, Template: template,
		SubjectID: e.ID, NotBefore: e.At, ExpiresAt: e.At.Add(24 * time.Hour), Delivery: core.DeliveryQueued, CreatedAt: e.At,
	}}
}

// wants fails unless err is wrong with a field, or is itself of this code; the
// empty code stands for no error.
func wants(t *testing.T, err error, name, code string) {
	t.Helper()
	got := ""
	var e *core.Error
	switch {
	case errors.As(err, &e) && e.Fields[name] != nil:
		got = e.Fields[name].Code
	case err != nil:
		got = core.CodeOf(err)
	}
	if got != code {
		t.Errorf("error %v, want %q at %s", err, code, name)
	}
}

func count[T comparable](all []T, of T) int {
	return len(slices.DeleteFunc(slices.Clone(all), func(v T) bool { return v != of }))
}
