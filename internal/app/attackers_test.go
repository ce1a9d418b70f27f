package app_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// What attacks need beside a browser.

// levelOf returns the level of the browser's session.
func (b *browser) levelOf(s *server) core.Level {
	b.t.Helper()
	v, _, err := s.Sessions.Lookup(b.t.Context(), b.cookie("sp_session"), netip.Addr{})
	if err != nil {
		b.t.Fatalf("no session: %v", err)
	}
	return v.Session.Level
}

// behindProxy trusts the test itself as a proxy, so that requests can come from
// any address.
func behindProxy(c *config.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-Forwarded-For", address) }
}

// knock types a login and a password from an address, in a browser of its own,
// and returns the status and how long it took.
func (s *server) knock(address, login, typed string) (int, time.Duration) {
	s.t.Helper()
	b := s.browser()
	p := b.do("GET", "/signin", nil, from(address))
	values := p.forms(s.t)[0].values
	values.Set("login", login)
	values.Set("password", typed)
	began := time.Now()
	p = b.do("POST", "/signin", values, from(address))
	return p.StatusCode, time.Since(began)
}

// askGate is the question of a trusted proxy about an address.
func askGate(b *browser, uri string) page {
	b.t.Helper()
	return b.do("GET", "/api/authz/forward-auth", nil, func(r *http.Request) {
		r.Header.Set("X-Forwarded-Method", "GET")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "app.example.com")
		r.Header.Set("X-Forwarded-Uri", uri)
	})
}

// TestDeniedOffersAWay: somebody who may not open an application is told so with
// a link back, and a program with the sentence alone.
func TestDeniedOffersAWay(t *testing.T) {
	s := start(t, behindProxy)
	s.person("gwen@example.com")
	b := s.browser()
	b.signIn("gwen@example.com", password).must(t, http.StatusOK, "Home")
	askGate(b, "/").must(t, http.StatusForbidden, `href="`+s.URL+`/home"`)
}
