package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestDeferredMailboxGivesNothing: after "Do this at my next sign-in instead"
// the recovery codes count no more than the app before the mailbox was proved (TO7).
func TestDeferredMailboxGivesNothing(t *testing.T) {
	deferred := func(s *server, email string) (*browser, []string) {
		s.person(email)
		b := s.browser()
		b.signIn(email, password)
		p := b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
		p = b.submit(p, "/account/security/setup/email/later", nil)
		_, p = b.scan(p.must(s.t, 200, "Scan the QR code"))
		codes := slices.Compact(slices.Sorted(slices.Values(recoveryCode.FindAllString(p.Body, -1))))
		b.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"}).must(s.t, 200, "Waits for")
		return b, codes
	}
	t.Run("recovery codes", func(t *testing.T) {
		s := start(t)
		_, codes := deferred(s, "jon@example.com")
		thief := s.browser()
		thief.signIn("jon@example.com", password)
		p := thief.get("/signin/verify/recovery")
		if !strings.Contains(p.Body, "Use a recovery code") || p.At != "/signin/verify/recovery" {
			return
		}
		p = thief.send(p, "/signin/verify/recovery", map[string]string{"code": codes[0]})
		if p.StatusCode == http.StatusSeeOther && thief.cookie("sp_session") != "" {
			t.Errorf("password alone, no mailbox: session of level %d", thief.levelOf(s))
		}
	})
}

// TestMailboxProofIsOfThisSession: an emailed code that the owner typed in
// another browser does not prove the mailbox to whoever has only the password.
func TestMailboxProofIsOfThisSession(t *testing.T) {
	s := start(t)
	s.person("lea@example.com")
	if _, err := s.Organizations.AddApplication(t.Context(), core.Application{
		OrganizationID: s.Org.ID, Name: "Board", URL: "http://localhost:9", Level: core.LevelEmail,
	}, operator); err != nil {
		t.Fatal(err)
	}
	owner := s.browser()
	p := owner.get("/signin?rd=http://localhost:9/")
	p = owner.submit(p, "/signin", map[string]string{"login": "lea@example.com", "password": password})
	p = owner.submit(p, "/signin/verify", map[string]string{"method": "email"})
	owner.send(p, "/signin/verify/email", map[string]string{"code": s.code("lea@example.com")})
	s.advance(time.Minute)

	thief := s.browser()
	thief.signIn("lea@example.com", password).must(t, 200, "Home")
	p = thief.submit(thief.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	if strings.Contains(p.Body, "Confirm your email") {
		return
	}
	_, p = thief.scan(p)
	thief.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"})
	t.Errorf("with the password alone: an app of one's own, session of level %d", thief.levelOf(s))
}
