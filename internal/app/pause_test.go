package app_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

// asProgram is the question of a trusted proxy about a program's request with a
// name and a password, from an address.
func asProgram(b *browser, login, typed, address string) page {
	b.t.Helper()
	return b.do("GET", "/api/authz/forward-auth", nil, from(address), func(r *http.Request) {
		r.Header.Set("X-Forwarded-Method", "POST")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "app.example.com")
		r.Header.Set("X-Forwarded-Uri", "/upload")
		r.Header.Set("Accept", "*/*")
		r.SetBasicAuth(login, typed)
	})
}

// TestPauseForDataLoader: with two-factor on a password is refused; in a pause it
// passes, from that network alone; after it, and in the hands of somebody with an old
// cookie, it is refused again. No session comes of any of it.
func TestPauseForDataLoader(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const office, home, email = "198.51.100.7", "203.0.113.9", "pia@example.com"
		s := start(t, behindProxy)
		_, err := s.Organizations.AddApplication(t.Context(), core.Application{
			OrganizationID: s.Org.ID, Name: "Scorecard", URL: "https://app.example.com", Level: core.LevelEmail, Machines: true,
		}, operator)
		if err != nil {
			t.Fatal(err)
		}
		b, _, _ := s.withApp(email)
		b = b.from(office)
		program := s.browser()
		refused := func(p page, code string) {
			t.Helper()
			if p.StatusCode != http.StatusForbidden || !strings.Contains(p.Body, `"error":"`+code+`"`) || p.Header.Get("Remote-User") != "" {
				t.Fatalf("got %d %q, want 403 %s", p.StatusCode, p.Body, code)
			}
			if p.Header.Get("Set-Cookie") != "" || p.Header.Get("Location") != "" {
				t.Errorf("a cookie or a redirect: %v", p.Header)
			}
		}
		passes := func(p page) {
			t.Helper()
			if p.StatusCode != http.StatusOK || p.Header.Get("Remote-Email") != email || p.Header.Get("Set-Cookie") != "" {
				t.Fatalf("got %d %q %v", p.StatusCode, p.Body, p.Header)
			}
		}
		p := asProgram(program, email, password, office)
		refused(p, "two_factor_required")
		const says = `{"error":"two_factor_required","message":"This account uses two-factor authentication. Pause it for Data Loader 1.0 in Edit Profile > Security, or use an API key."}`
		if strings.TrimSpace(p.Body) != says {
			t.Errorf("told\n%s, want\n%s", p.Body, says)
		}

		paused := b.submit(b.get("/account/security/pause"), "/account/security/pause", map[string]string{"length": "15", "reason": "monthly load"})
		paused.must(t, 200, "The pause has started.", "Two-factor authentication is paused for Data Loader 1.0", "198.51.100.0/24")
		s.mail(email, func(m devmail.Mail) bool { return strings.Contains(m.Subject, "is paused for Data Loader 1.0") })
		for range 20 {
			passes(asProgram(program, email, password, office))
		}
		refused(asProgram(program, email, password, home), "two_factor_required")
		refused(asProgram(program, email, password, office+", "+home), "two_factor_required") // the client's own word comes first
		if p := asProgram(program, email, password+"x", office); p.StatusCode != http.StatusUnauthorized {
			t.Errorf("a wrong password: %d", p.StatusCode)
		}
		if p := asProgram(b, email, password+"x", office); p.StatusCode != http.StatusUnauthorized {
			t.Errorf("a wrong password with a good cookie: %d", p.StatusCode)
		}
		web := s.browser()
		web = web.from(office)
		if p := web.signIn(email, password); strings.Contains(p.title(), "Home") {
			t.Fatal("the pause opened the web")
		}

		b.submit(b.get("/home").must(t, 200, "is paused for Data Loader 1.0"), "/account/security/pause/end", nil).must(t, 200, "The pause has ended.")
		refused(asProgram(program, email, password, office), "two_factor_required")
		ended := s.mail(email, func(m devmail.Mail) bool { return strings.Contains(m.Subject, "The pause for Data Loader 1.0") })
		if !strings.Contains(ended.Text, "1 sign-in") {
			t.Errorf("told of the end:\n%s", ended.Text)
		}
		acc, _, err := s.Accounts.Find(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		if open, err := s.Store.OpenSessions(t.Context(), s.Org.ID, acc.User.ID); err != nil || len(open) != 1 {
			t.Errorf("%d sessions, %v; want the one of the page", len(open), err)
		}

		b.submit(b.get("/account/security/pause"), "/account/security/pause", map[string]string{"length": "15"}).must(t, 200, "The pause has started.")
		s.advance(15*time.Minute + time.Second)
		refused(asProgram(program, email, password, office), "two_factor_required")
		s.until("the end is written down", func() bool {
			all, err := s.Store.Events(t.Context(), s.Org.ID, core.EventFilter{Kinds: []string{core.EventPauseEnded}})
			return err == nil && len(all) == 2
		})
	})
}

// TestPauseBelievesNoStranger: whoever is no trusted proxy cannot ask at all, in the
// name of whatever network.
func TestPauseBelievesNoStranger(t *testing.T) {
	s := start(t, func(c *config.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} })
	s.person("rob@example.com")
	p := asProgram(s.browser(), "rob@example.com", password, "198.51.100.7")
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.Body, "forwardauth.untrusted") {
		t.Errorf("a stranger's question: %d %q", p.StatusCode, p.Body)
	}
}
