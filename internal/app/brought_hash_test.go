package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestBroughtHashesAreNotFaster: an account whose password hash comes from another
// system answers no sooner than an unknown name (EN2: medians within 10 ms),
// whether theirs is the quickest there is or a slow one; and its owner signs in.
func TestBroughtHashesAreNotFaster(t *testing.T) { inTurn(t, broughtHashesAreNotFaster) }

func broughtHashesAreNotFaster(t *testing.T) {
	s := start(t, behindProxy)
	// Of the password: by Python's hashlib, with the salt "salt", and by htpasswd -nbBC 8.
	hashes := map[string]string{"quick": "{SSHA}fHqn6q/L/KIdeoHiy130FLMs1qVzYWx0", "slow": "$2y$08$mhe8ITMTq.edFwknvG9OBuAo0wRr0KCvwOh9.tiHWxgKtYD/qrXyO"}
	const n = 60
	var people []core.NewUser
	for kind, hash := range hashes {
		for i := range n {
			email := fmt.Sprintf("%s%d@example.com", kind, i)
			u := core.User{
				ID: core.NewID(s.now(), random), OrganizationID: s.Org.ID, Email: email, FirstName: "A", LastName: "B",
				Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: s.now(),
			}
			var err error
			if u.PasswordSealed, err = s.Passwords.SealForeign(u.ID, hash); err != nil {
				t.Fatal(err)
			}
			people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Email: email}})
		}
	}
	if err := s.Store.BulkUsers(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	kinds := []string{"unknown", "quick", "slow"}
	took := map[string][]time.Duration{}
	for i := range n {
		for k := range kinds {
			kind := kinds[(i+k)%len(kinds)] // none always comes after the slow one
			status, d := s.knock(fmt.Sprintf("10.4.%d.%d", i, k), fmt.Sprintf("%s%d@example.com", kind, i), "not the password 1")
			if status != http.StatusUnprocessableEntity {
				t.Fatalf("%s: status %d", kind, status)
			}
			took[kind] = append(took[kind], d)
		}
	}
	base := median(took["unknown"])
	for kind := range hashes {
		if m := median(took[kind]); base-m > timingMargin {
			t.Errorf("%s: an account that was brought answers after %s, an unknown name after %s", kind, m, base)
		}
		s.browser().signIn(kind+"0@example.com", password).must(t, http.StatusOK, "Home")
	}
}
