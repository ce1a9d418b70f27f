package profile_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/profile"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// desk is the service over a real store, with a clock that stands still until a
// test moves it.
type desk struct {
	*profile.Service
	t     *testing.T
	now   time.Time
	store *sqlstore.Store
	org   core.Organization
	codes *factor.Email
}

// start is when every clock begins to stand still.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	store, _ := storetest.Open(t, d.clock, random)
	d.store = store
	zone := func(name string) bool { return slices.Contains([]string{"Europe/London", "Asia/Tokyo"}, name) }
	master := make([]byte, secret.MasterBytes)
	random(master)
	ring, err := secret.OpenRing(master, []secret.WrappedKey{secret.NewWrappedKey(master, "k1", random)})
	d.must(err)
	d.codes = factor.NewEmail(ring)
	d.Service = profile.New(profile.Deps{
		Store: store, Addresses: store, Tries: store, Codes: d.codes, Post: post{}, Ring: ring, Clock: d.clock, Random: random, Zone: zone,
		Language: func(tag string) bool { return tag == "en" || tag == "es" },
	})
	d.org = core.Organization{ID: core.NewID(d.now, random), Name: "Acme", Policy: core.DefaultPolicy(), CreatedAt: d.now, Version: 1}
	d.must(store.CreateOrganization(t.Context(), d.org, core.Record{}))
	return d
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

// person makes an active account with a proved address.
func (d *desk) person(name string, change ...func(*core.User)) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.ID("user-" + name), OrganizationID: d.org.ID, Email: name + "@example.com", FirstName: "Ana", LastName: "Tester",
		Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1,
		FactorSetVersion: 1, EmailProvedAt: d.now.AddDate(0, -1, 0), CreatedAt: d.now,
	}
	for _, c := range change {
		c(&u)
	}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email}}}))
	return u
}

// view is what a request of the person sees.
func (d *desk) view(u core.User) core.SessionView {
	d.t.Helper()
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return core.SessionView{Account: acc, Organization: org}
}

// user reads a person as stored.
func (d *desk) user(u core.User) core.User { return d.view(u).Account.User }

// events are those of a kind about a person.
func (d *desk) events(u core.User, kind string) []core.Event {
	d.t.Helper()
	all, err := d.store.Events(d.t.Context(), u.OrganizationID, core.EventFilter{SubjectID: u.ID, Kinds: []string{kind}})
	d.must(err)
	return all
}

func here() core.Origin { return core.Origin{Network: "203.0.113.0/24", Device: "Firefox on Windows"} }

// post queues codes and no notices.
type post struct{}

func (post) Code(c core.Challenge, u core.User, now time.Time) core.Message {
	return core.Message{
		ID: core.NewID(now, random), OrganizationID: u.OrganizationID, UserID: u.ID, Template: core.MailCode, SubjectID: c.ID,
		Issue: c.Issue, NotBefore: now, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}
}
func (post) Notices(core.Event, core.User) []core.Message { return nil }

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
