package signin_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

const right = "right battery horse"

// otpPeriod is how long an app shows one code.
const otpPeriod = otp.Period

// desk is the service over a real store, real factors and a real key ring, with
// a clock that stands still until a test moves it.
type desk struct {
	*signin.Service
	t       *testing.T
	now     time.Time
	store   *sqlstore.Store
	ring    *secret.Ring
	factors *factor.Registry
	hasher  *secret.Passwords
	door    *door
	org     core.Organization
	raw     *sql.DB
}

func random(b []byte) { _, _ = rand.Read(b) }

func newDesk(t *testing.T, change ...func(*core.Policy)) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	store, raw := storetest.Open(t, d.clock, random)
	d.raw = raw
	master := make([]byte, secret.MasterBytes)
	random(master)
	first := secret.NewWrappedKey(master, "k1", random)
	first.Active = true
	var err error
	d.ring, err = secret.OpenRing(master, []secret.WrappedKey{first})
	d.must(err)
	d.store, d.door = store, &door{store: store, clock: d.clock}
	d.factors, err = factor.NewRegistry(
		factor.Spec{Kind: core.KindEmail, Factor: factor.NewEmail(d.ring)},
		factor.Spec{Kind: core.KindApp, Factor: factor.NewApp(d.ring, random)},
		factor.Spec{Kind: core.KindRecovery, Factor: factor.NewRecovery(d.ring, random)},
	)
	d.must(err)
	d.hasher = secret.NewPasswords(d.ring, secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}, 2, random)
	d.Service = signin.New(d.deps())
	d.org = core.Organization{ID: "org", Name: "Acme", Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	for _, c := range change {
		c(&d.org.Policy)
	}
	d.must(store.CreateOrganization(t.Context(), d.org, core.Record{}))
	return d
}

func (d *desk) deps() signin.Deps {
	return signin.Deps{
		Store: d.store, Tries: d.store, Passwords: d.hasher, Throttle: d.door, Resets: nobodyMailed{}, Post: post{}, Factors: d.factors,
		Ring: d.ring, Clock: d.clock, Random: random,
	}
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

// rows changes rows as nothing in the product does yet, from outside.
func (d *desk) rows(query string, args ...any) {
	d.t.Helper()
	_, err := d.raw.ExecContext(d.t.Context(), query, args...)
	d.must(err)
}

func (d *desk) deactivate(h *human) {
	d.t.Helper()
	d.rows(`UPDATE person SET status = 'inactive' WHERE id = $1`, string(h.ID))
}

// set changes the organization as an administrator would.
func (d *desk) set(change func(*core.Organization)) {
	d.t.Helper()
	change(&d.org)
	d.must(d.store.SaveOrganization(d.t.Context(), d.org, core.Record{}))
	d.org.Version++
}

// required is an organization that asks everybody for a second step.
func required(p *core.Policy) {
	p.RequireTwoFactor, p.RequireFrom = true, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
}

// human is an account with what its owner holds.
type human struct {
	core.User
	app   []byte // the secret in the authenticator app
	codes []string
}

// person makes an active account whose password is right.
func (d *desk) person(name string, change ...func(*core.NewUser)) *human {
	d.t.Helper()
	u := core.User{
		ID: core.ID("user-" + name), OrganizationID: d.org.ID, Email: name + "@example.com", FirstName: name, LastName: "Tester",
		Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1,
		CreatedAt: d.now, LastSignInAt: d.now.Add(-time.Hour),
	}
	sealed, err := d.hasher.Hash(d.t.Context(), u.ID, right)
	d.must(err)
	u.PasswordSealed = sealed
	n := core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}}
	for _, c := range change {
		c(&n)
	}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{n}))
	return &human{User: n.User}
}

// withApp makes a person with two-factor on, an app in this state and ten
// recovery codes.
func (d *desk) withApp(name string, state core.CredentialState, change ...func(*core.NewUser)) *human {
	d.t.Helper()
	var h human
	h.User = d.person(name, slices.Concat([]func(*core.NewUser){func(n *core.NewUser) {
		n.User.TwoFactor = core.TwoFactorOn
		n.Credentials, h.app, h.codes = d.credentials(n.User, state)
	}}, change)...).User
	return &h
}

func (d *desk) credentials(u core.User, state core.CredentialState) (all []core.Credential, app []byte, codes []string) {
	d.t.Helper()
	for _, kind := range []core.FactorKind{core.KindApp, core.KindRecovery} {
		f, _ := d.factors.Get(kind)
		m, err := f.BeginEnrol(u.ID)
		d.must(err)
		shown, err := f.Reveal(u.ID, m)
		d.must(err)
		proof := factor.Proof{Now: d.now.Add(-time.Hour)}
		if kind == core.KindApp {
			app, err = otp.DecodeKey(shown[0])
			d.must(err)
			proof.Typed = otp.TOTP(app, proof.Now).String()
		} else {
			codes = shown
		}
		made, err := f.FinishEnrol(u.ID, m, proof)
		d.must(err)
		for i := range made {
			made[i].ID, made[i].OrganizationID, made[i].CreatedAt = core.NewID(d.now, random), u.OrganizationID, d.now
			if kind == core.KindApp {
				made[i].State, made[i].Label = state, "Phone"
			}
		}
		all = append(all, made...)
	}
	return all, app, codes
}

// code is what the person's app shows now.
func (d *desk) code(h *human) string { return otp.TOTP(h.app, d.now).String() }

// account reads a person as stored.
func (d *desk) account(h *human) core.Account {
	d.t.Helper()
	acc, _, err := d.store.AccountByID(d.t.Context(), h.OrganizationID, h.ID)
	d.must(err)
	return acc
}

// mails returns the queued mails of a person, newest last.
func (d *desk) mails(h *human) []core.MailJob {
	d.t.Helper()
	jobs, err := d.store.LeaseMail(d.t.Context(), "test", d.now, d.now, 1000)
	d.must(err)
	return slices.DeleteFunc(jobs, func(j core.MailJob) bool { return j.User.ID != h.ID })
}

// notices names the queued mails of a person, but for codes.
func (d *desk) notices(h *human) (names []core.Template) {
	d.t.Helper()
	for _, j := range d.mails(h) {
		if j.Message.Template != core.MailCode {
			names = append(names, j.Message.Template)
		}
	}
	return names
}

// mailed returns the code in the newest mail of an attempt.
func (d *desk) mailed(c core.Challenge) string {
	d.t.Helper()
	f, _ := d.factors.Get(core.KindEmail)
	code, err := f.Compose(c)
	d.must(err)
	return code
}

// events counts the events of a kind about a person.
func (d *desk) events(h *human, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), d.org.ID, core.EventFilter{SubjectID: h.ID, Kinds: []string{kind}})
	d.must(err)
	return all
}

// post queues one mail for each event that the person must hear of.
type post struct{}

func (post) Code(c core.Challenge, u core.User, now time.Time) core.Message {
	return core.Message{
		ID: core.NewID(now, random), OrganizationID: u.OrganizationID, UserID: u.ID, Template: core.MailCode,
		SubjectID: c.ID, Issue: c.Issue, NotBefore: now, ExpiresAt: now.Add(time.Hour), Delivery: core.DeliveryQueued, CreatedAt: now,
	}
}

func (post) Notices(e core.Event, u core.User) []core.Message {
	template := map[string]core.Template{
		core.EventAppActivated: core.MailTwoFactorOn, core.EventRecoveryUsed: core.MailRecoveryUsed,
		core.EventSecondStepsFailed: core.MailCodeWrong, core.EventDeviceReplayed: core.MailDeviceEnded,
		core.EventFactorPaused: core.MailFactorPaused,
	}[e.Kind]
	if e.Detail[core.DetailNewBrowser] != "" || e.Detail[core.DetailNewNetwork] != "" {
		template = core.MailNewBrowser
	}
	if template == "" {
		return nil
	}
	return []core.Message{{
		ID: core.NewID(e.At, random), OrganizationID: u.OrganizationID, UserID: u.ID, Template: template,
		SubjectID: e.ID, NotBefore: e.At, ExpiresAt: e.At.Add(24 * time.Hour), Delivery: core.DeliveryQueued, CreatedAt: e.At,
	}}
}

// door is a throttle of five per account, on the real store's counters.
type door struct {
	store *sqlstore.Store
	clock core.Clock
	mu    sync.Mutex
	asked []core.Knocker
}

func (w *door) Begin(ctx context.Context, k core.Knocker) (core.Ticket, error) {
	w.mu.Lock()
	w.asked = append(w.asked, k)
	w.mu.Unlock()
	rule := core.BucketRule{Limit: 5, Window: 15 * time.Minute, FirstWait: 30 * time.Second, MaxWait: time.Hour, Lease: time.Minute}
	slots := []core.Bucket{{Key: string(k.UserID) + k.Login + "|" + k.BrowserHash, Rule: rule}}
	taken, err := w.store.Take(ctx, slots, nil, w.clock())
	if err != nil {
		return core.Ticket{}, err
	}
	if taken.Wait > 0 {
		return core.Ticket{}, core.NewError(core.RateLimited, "signin.limited").With("wait", taken.Wait)
	}
	return core.Ticket{Leased: slots, Clears: slots}, nil
}

func (*door) Enter(context.Context, string) (func(), error) { return func() {}, nil }

func (w *door) Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error {
	return w.store.Settle(ctx, t.Leased, nil, o, w.clock(), r)
}

// field returns the code of what is wrong with one field, or the error's own.
func field(err error, name string) string {
	var e *core.Error
	if errors.As(err, &e) && e.Fields[name] != nil {
		return e.Fields[name].Code
	}
	if err == nil {
		return ""
	}
	return core.CodeOf(err)
}

// nobodyMailed mails no links: that is package account's.
type nobodyMailed struct{}

func (nobodyMailed) ResetAttacked(context.Context, core.User, core.Knocker, core.Origin) error {
	return nil
}
