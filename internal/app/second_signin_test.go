package app_test

import (
	"net/http"
	"testing"
)

// TestSecondSignInEndsTheFirst: signing in anew in the same browser gives a new
// id, and the old one is dead at once (SE3).
func TestSecondSignInEndsTheFirst(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("abby@example.com")
		b := s.browser()
		b.signIn("abby@example.com", password).must(t, 200, "Home")
		old := b.again()
		token := b.get("/account/security").forms(t)[0].values.Get("form_token")
		b.do("POST", "/signin", map[string][]string{"form_token": {token}, "login": {"abby@example.com"}, "password": {password}})
		if b.cookie("sp_session") == old.cookie("sp_session") {
			return // refused
		}
		if got := old.do("GET", "/home", nil); got.StatusCode == http.StatusOK {
			t.Error("the id before the new sign-in still opens Home")
		}
	})
}
