package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// pair are two replicas on one database. Settings are saved on the pages of one;
// people are at the other. Both believe the test about where a request comes
// from, as behind a proxy.
type pair struct {
	t        *testing.T
	one, two *server
	admin    *browser // on one
}

func startPair(t *testing.T) *pair {
	t.Helper()
	one := start(t, behindProxy)
	two := start(t, behindProxy, func(c *config.Config) {
		c.Data, c.Database, c.Dev = one.Config.Data, one.Config.Database, false
		c.SMTP.URL, c.SMTP.From = "smtp://"+one.Mailbox.Addr(), "id@example.com"
	})
	w := &pair{t: t, one: one, two: two}
	if _, _, err := one.Accounts.Create(t.Context(), account.NewUser{
		OrganizationID: one.Org.ID, Email: "admin@example.com", FirstName: "Ada", LastName: "Min", Type: core.Administrator, Password: password,
	}, one.Org, operator, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// advance moves the clocks of both on.
func (w *pair) advance(d time.Duration) {
	w.one.advance(d)
	w.two.skew.Store(w.one.skew.Load())
}

// browser is one in front of the second replica.
func (w *pair) browser() *browser {
	b := w.two.browser()
	b.pass = w.advance
	return b
}

// signedIn is a new person at the second replica, with a password alone.
func (w *pair) signedIn(email string) *browser {
	w.t.Helper()
	w.one.person(email)
	b := w.browser()
	b.signIn(email, password).must(w.t, 200, "Home")
	return b
}

// withApp is a new person at the second replica who has set an app up.
func (w *pair) withApp(email string) (*browser, *authenticator, []string) {
	w.t.Helper()
	b := w.signedIn(email)
	app, codes := b.turnOn(w.one, email) // the mailbox is the first one's
	return b, app, codes
}

// save changes settings on the page of a tab, as the administrator.
func (w *pair) save(tab organization.Tab, fields ...string) page {
	w.t.Helper()
	w.admin = w.one.browser()
	w.admin.pass = w.advance
	w.admin.signIn("admin@example.com", password)
	path := "/admin/system-settings/setup/organizations-and-security/" + string(tab)
	fill := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		fill[fields[i]] = fields[i+1]
	}
	return w.admin.submit(w.admin.get(path), path, fill)
}

// standard gives the organization back what it began with.
func (w *pair) standard() {
	w.t.Helper()
	o, err := w.one.Store.Organization(w.t.Context(), w.one.Org.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	fresh := core.Organization{ID: o.ID, Name: "Northwind", Policy: core.DefaultPolicy(), CreatedAt: o.CreatedAt, Version: o.Version}
	if err := w.one.Organizations.Save(w.t.Context(), fresh, operator, nil); err != nil {
		w.t.Fatal(err)
	}
	w.settled(fresh)
}

// settled waits until both replicas show an organization's name and policy.
func (w *pair) settled(o core.Organization) {
	w.t.Helper()
	for _, s := range []*server{w.one, w.two} {
		if err := s.Sessions.Poll(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// within5 asks again and again until something shows at the second replica; law
// 9 gives it 5 seconds.
func (w *pair) within5(shows func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), core.CacheGood)
	defer cancel()
	ask := time.NewTicker(100 * time.Millisecond)
	defer ask.Stop()
	for !shows() {
		select {
		case <-ctx.Done():
			w.t.Fatal("nothing shows on the second replica after 5 seconds")
		case <-ask.C:
		}
	}
}

// from makes the browser's requests come from an address, as a proxy says.
func (b *browser) from(address string) *browser {
	moved := *b
	client := *b.http
	client.Transport = forwarded{address, http.DefaultTransport}
	moved.http = &client
	return &moved
}

type forwarded struct {
	address string
	next    http.RoundTripper
}

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.next.RoundTrip(r)
}

// leads reports whether a GET is answered by a way to another address.
func (b *browser) leads(path, to string) bool {
	p := b.do("GET", path, nil)
	return p.StatusCode == http.StatusSeeOther && strings.HasPrefix(p.Header.Get("Location"), to)
}

func (b *browser) shows(path, text string) bool {
	return strings.Contains(b.do("GET", path, nil).Body, text)
}

// changes reports how a change of the password is answered.
func (b *browser) changes(current, next string) page {
	return b.submit(b.get("/account/password"), "/account/password", map[string]string{"current": current, "password": next, "repeat": next})
}
