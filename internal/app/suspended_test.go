package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestSuspendedAppIsGuarded: "off for now" lets a password sign in, but does
// not let it replace, remove or add factors: the kept app must be shown first
// (TO7, TO10, SU1).
func TestSuspendedAppIsGuarded(t *testing.T) {
	suspended := func(s *server, email string) *browser {
		b, _, _ := s.withApp(email)
		b.submit(b.get("/account/security/turn-off"), "/account/security/turn-off", map[string]string{"how": "now"}).
			must(t, 200, "off for now")
		thief := s.browser()
		thief.signIn(email, password).must(t, 200, "Home")
		return thief
	}
	token := func(b *browser) map[string][]string {
		return map[string][]string{"form_token": {b.get("/account/security").forms(t)[0].values.Get("form_token")}}
	}
	account := func(s *server, email string) core.Account {
		acc, _, err := s.Accounts.Find(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return acc
	}
	t.Run("remove", func(t *testing.T) {
		s := start(t)
		thief := suspended(s, "ned@example.com")
		form := token(thief)
		form["how"] = []string{"remove"}
		thief.follow(thief.do("POST", "/account/security/turn-off", form))
		if acc := account(s, "ned@example.com"); acc.Apps != 1 || acc.RecoveryCodes == 0 {
			t.Errorf("with the password alone the kept app is gone: %d apps, %d codes", acc.Apps, acc.RecoveryCodes)
		}
	})
	t.Run("remove one app", func(t *testing.T) {
		s := start(t)
		thief := suspended(s, "oda@example.com")
		apps, err := s.Store.Credentials(t.Context(), s.Org.ID, account(s, "oda@example.com").User.ID, core.KindApp)
		if err != nil {
			t.Fatal(err)
		}
		thief.do("POST", "/account/security/apps/"+string(apps[0].ID)+"/remove", token(thief))
		if acc := account(s, "oda@example.com"); acc.Apps != 1 {
			t.Error("with the password alone the kept app is gone")
		}
	})
}
