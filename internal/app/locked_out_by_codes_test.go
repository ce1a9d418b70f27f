package app_test

import (
	"testing"
	"time"
)

// TestStrangersCodesDoNotShutTheOwnerOut: whoever has the password but not the
// mailbox uses up wrong codes and sends; the owner, in a browser that signed in
// before, still gets in by email (RL4, threat model 2: "nobody can shut a
// person out of their own account").
func TestStrangersCodesDoNotShutTheOwnerOut(t *testing.T) {
	known := func(s *server, email string) *browser {
		s.person(email)
		s.require()
		if err := s.Sessions.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		b := s.browser()
		p := b.submit(b.signIn(email, password), "/signin/verify", map[string]string{"method": "email"})
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(email)})
		b.signOut()
		return b
	}
	t.Run("wrong codes", func(t *testing.T) {
		onBoth(t, func(t *testing.T) {
			s := start(t)
			owner := known(s, "dora@example.com")
			for range 2 {
				thief := s.browser()
				p := thief.submit(thief.signIn("dora@example.com", password), "/signin/verify", map[string]string{"method": "email"})
				for range 5 {
					thief.send(p, "/signin/verify/email", map[string]string{"code": "000000"})
				}
			}
			p := owner.signIn("dora@example.com", password)
			token := p.forms(t)[0].values.Get("form_token")
			got := owner.do("POST", "/signin/verify", map[string][]string{"form_token": {token}, "method": {"email"}})
			if got.StatusCode != 303 {
				t.Errorf("after a stranger's ten wrong codes the owner's only method answers %d", got.StatusCode)
			}
		})
	})
	t.Run("sends", func(t *testing.T) {
		onBoth(t, func(t *testing.T) {
			s := start(t)
			owner := known(s, "dean@example.com")
			for range 8 {
				s.advance(time.Hour + time.Second)
				for range 5 {
					thief := s.browser()
					thief.send(thief.signIn("dean@example.com", password), "/signin/verify", map[string]string{"method": "email"})
				}
			}
			got := owner.send(owner.signIn("dean@example.com", password), "/signin/verify", map[string]string{"method": "email"})
			if got.StatusCode != 303 {
				t.Errorf("after a stranger's 5 sends an hour the owner's only method answers %d, Retry-After %s s", got.StatusCode, got.Header.Get("Retry-After"))
			}
		})
	})
}
