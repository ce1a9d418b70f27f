package app_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/otp"
)

// authenticator is an app on a phone: it knows the setup key and the time.
type authenticator struct {
	secret []byte
	now    func() time.Time
	pass   func(time.Duration) // moves the server's time; nil where it is real
	at     time.Time
}

// stepEnd is how near the end of a time step a code could be overtaken by it on
// the way to the server.
const stepEnd = 3 * time.Second

// code returns the code of the app, moving on by a step where the last one was
// used, as waiting would. It begins with the oldest code that is good, so it
// lets an ending step end first.
func (a *authenticator) code() string {
	if left := 30*time.Second - time.Duration(a.now().UnixNano())%(30*time.Second); left < stepEnd && a.pass != nil {
		a.pass(left)
	}
	if earliest := a.now().Add(-30 * time.Second); a.at.Before(earliest) {
		a.at = earliest
	}
	c := otp.TOTP(a.secret, a.at).String()
	a.at = a.at.Add(30 * time.Second)
	return c
}

var setupKey = regexp.MustCompile(`\b([A-Z2-7]{4}(?: [A-Z2-7]{4}){7})\b`)

var recoveryCode = regexp.MustCompile(`\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b`)

// turnOn walks the set-up panel to its end and returns the app and the recovery
// codes.
func (b *browser) turnOn(s *server, email string) (*authenticator, []string) {
	b.t.Helper()
	p := b.get("/account/security").must(b.t, 200, "Enable Two-Factor Authentication")
	if strings.Contains(p.Body, "Your organization requires this.") {
		p = b.submit(p, "/account/security/apps", nil)
	} else {
		p = b.submit(p, "/account/security", map[string]string{"two_factor": "on"})
	}
	if strings.Contains(p.Body, "Confirm your email") {
		p = b.submit(p, "/account/security/setup/email", map[string]string{"code": s.code(email)})
	}
	p.must(b.t, 200, "Scan the QR code")
	app, p := b.scan(p)
	p.must(b.t, 200, "Save your recovery codes")
	codes := slices.Compact(slices.Sorted(slices.Values(recoveryCode.FindAllString(p.Body, -1))))
	p = b.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"})
	p.must(b.t, 200, "Two-factor authentication is on")
	return app, codes
}

// scan reads the setup key off the panel and types the app's code.
func (b *browser) scan(p page) (*authenticator, page) {
	b.t.Helper()
	m := setupKey.FindStringSubmatch(html.UnescapeString(p.Body))
	if m == nil {
		b.t.Fatalf("no setup key on %s:\n%s", p.At, p.Body)
	}
	secret, err := otp.DecodeKey(m[1])
	if err != nil {
		b.t.Fatal(err)
	}
	app := &authenticator{secret: secret, now: b.now, pass: b.pass}
	return app, b.submit(p, "/account/security/setup/app", map[string]string{"code": app.code()})
}

func (b *browser) choose(p page, method string) page {
	b.t.Helper()
	p.must(b.t, 200, "Email", "Authenticator Code")
	return b.submit(p, "/signin/verify", map[string]string{"method": method})
}

// TestTheArticle walks what the article describes, over HTTP.
func TestTheArticle(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ana@example.com")
		b := s.browser()
		b.signIn("ana@example.com", password).must(t, 200, "Home")
		app, codes := b.turnOn(s, "ana@example.com")
		if len(codes) != core.RecoveryCodeCount {
			t.Fatalf("%d recovery codes, want %d", len(codes), core.RecoveryCodeCount)
		}
		s.mail("ana@example.com", func(m devmail.Mail) bool { return strings.Contains(m.Text, "Two-factor authentication is on") })

		out := b.submit(b.get("/home"), "/signout", nil)
		out.must(t, 200, "You have signed out.")
		p := b.choose(b.signIn("ANA@example.com", password), "app")
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")

		b.submit(b.get("/home"), "/signout", nil)
		p = b.choose(b.signIn("ana@example.com", password), "email")
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("ana@example.com")}).must(t, 200, "Home")

		b.submit(b.get("/home"), "/signout", nil)
		b.signIn("ana@example.com", password)
		p = b.get("/signin/verify/recovery").must(t, 200, "Use a recovery code")
		b.submit(p, "/signin/verify/recovery", map[string]string{"code": strings.ToUpper(codes[0])}).must(t, 200, "9 recovery codes left")
	})
}

func TestRequiredForEverybody(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("bo@example.com")
		before := s.browser()
		before.signIn("bo@example.com", password).must(t, 200, "Home")
		s.require()
		if err := s.Sessions.Poll(context.Background()); err != nil {
			t.Fatal(err)
		}
		before.get("/home").must(t, 200, "Home") // sessions that are open stay as they are
		b := s.browser()
		p := b.signIn("bo@example.com", password).must(t, 200, "not set up")
		p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
		p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("bo@example.com")})
		p.must(t, 200, "Add an authenticator app?")
		p = b.submit(p, "/signin/setup-offer", map[string]string{"answer": "later"})
		p.must(t, 200, "Home")
	})
}

// TestDeferredMailbox: "Do this at my next sign-in instead" leaves the app
// waiting, and the next sign-in's emailed code makes it count (TO7).
func TestDeferredMailbox(t *testing.T) {
	s := start(t)
	s.person("cy@example.com")
	b := s.browser()
	b.signIn("cy@example.com", password)
	p := b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	s.code("cy@example.com") // arrives, and is not typed
	p = b.submit(p, "/account/security/setup/email/later", nil)
	app, p := b.scan(p.must(t, 200, "Scan the QR code"))
	b.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"}).must(t, 200, "Waits for")
	b.get("/home").must(t, 200, "Home")

	if m := s.mail("cy@example.com", func(m devmail.Mail) bool { return m.Code != "" }); !strings.Contains(m.Text, "Firefox on Linux") {
		t.Errorf("the mail does not say from where the code was asked for:\n%s", m.Text)
	}
	b = s.browser()
	p = b.signIn("cy@example.com", password).must(t, 200, "Available after your first email code.")
	if got := b.send(p, "/signin/verify", map[string]string{"method": "app"}); got.StatusCode != 422 {
		t.Errorf("a waiting app was chosen: status %d, want 422", got.StatusCode)
	}
	p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("cy@example.com")}).must(t, 200, "Home")

	b = s.browser()
	p = b.choose(b.signIn("cy@example.com", password), "app")
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
}

func TestRememberedDevice(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("di@example.com")
		b := s.browser()
		b.signIn("di@example.com", password)
		app, _ := b.turnOn(s, "di@example.com")
		b.submit(b.get("/home"), "/signout", nil)

		p := b.submit(b.signIn("di@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
		for range 3 { // its value rotates at each use
			b.submit(b.get("/home"), "/signout", nil)
			b.signIn("di@example.com", password).must(t, 200, "Home")
		}
		// A remembered device is no fresh proof: a risky change asks again (RD5).
		p = b.get("/account/security/turn-off")
		if !strings.Contains(p.title(), "Confirm it's you") {
			p = b.submit(p, "/account/security/turn-off", map[string]string{"how": "now"})
		}
		p.must(t, 200, "Confirm it's you")
		other := s.browser()
		other.signIn("di@example.com", password).must(t, 200, "Choose how to verify it's you")
	})
}
