package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// TestThrottleTellsNoAccount: the wait earned with one name of a person must
// not show under the other name, since two names nobody has never share one
// (EN1, RL7).
func TestThrottleTellsNoAccount(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		if _, _, err := s.Accounts.Create(t.Context(), account.NewUser{
			OrganizationID: s.Org.ID, Email: "uma.diaz@example.com", Username: "uma", FirstName: "Uma", LastName: "Diaz",
			Type: core.Ordinary, Password: password,
		}, s.Org, operator, ""); err != nil {
			t.Fatal(err)
		}
		second := func(email, username, address string) int {
			for range 5 {
				s.knock(address, email, "wrong password 123")
			}
			status, _ := s.knock(address, username, "wrong password 123")
			return status
		}
		known, unknown := second("uma.diaz@example.com", "uma", "10.1.0.1"), second("vic.diaz@example.com", "vic", "10.2.0.1")
		if known != unknown {
			t.Errorf("after 5 wrong passwords for the email address, the username answers %d where the account exists and %d where not", known, unknown)
		}
	})
}
