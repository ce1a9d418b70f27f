package app_test

import (
	"testing"
	"time"
)

// TestEmailIsNoConfirmationOfAnApp: an account that has an app confirms risky
// changes with it or a recovery code; an emailed code counts "only if nothing
// else is enrolled" (SU1, README "confirm it's you", law 3).
func TestEmailIsNoConfirmationOfAnApp(t *testing.T) {
	byEmail := func(s *server, email string) *browser {
		b := s.browser()
		p := b.choose(b.signIn(email, password), "email")
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(email)}).must(t, 200, "Home")
		return b
	}
	t.Run("fresh sign-in by email", func(t *testing.T) {
		s := start(t)
		s.withApp("pia@example.com")
		b := byEmail(s, "pia@example.com")
		b.submit(b.get("/account/security/turn-off"), "/account/security/turn-off", map[string]string{"how": "remove"})
		if acc, _, err := s.Accounts.Find(t.Context(), "pia@example.com"); err != nil || acc.Apps == 0 {
			t.Errorf("password and mailbox removed a confirmed app without showing it (%v)", err)
		}
	})
	t.Run("confirm by email", func(t *testing.T) {
		s := start(t)
		s.withApp("rob@example.com")
		b := byEmail(s, "rob@example.com")
		s.advance(11 * time.Minute)
		p := b.get("/confirm?next=/account/security/turn-off")
		p = b.submit(p, "/confirm", map[string]string{"password": password})
		if got := b.send(p, "/signin/verify", map[string]string{"method": "email"}); got.StatusCode == 303 {
			t.Error("Confirm it's you mails a code although an app is set up")
		}
	})
}
