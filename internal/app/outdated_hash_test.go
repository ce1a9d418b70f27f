package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// TestOutdatedHashesAreNotFaster: after the operator has raised the cost of
// passwords, an account whose hash was not renewed yet answers no sooner than an
// unknown name (EN2: medians within 10 ms); it may take the old cost longer.
func TestOutdatedHashesAreNotFaster(t *testing.T) {
	s := start(t, behindProxy, func(c *config.Config) { c.Password.MemoryKiB, c.Password.Time = 65536, 3 })
	before := secret.NewPasswords(s.Ring, secret.Params{MemoryKiB: 19456, Time: 2, Parallelism: 1}, 1, random)
	var people []core.NewUser
	const n = 11
	for i := range n {
		email := fmt.Sprintf("old%d@example.com", i)
		u := core.User{
			ID: core.NewID(s.now(), random), OrganizationID: s.Org.ID, Email: email, FirstName: "A", LastName: "B",
			Type: core.Ordinary, Status: core.Active, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: s.now(),
		}
		var err error
		if u.PasswordSealed, err = before.Hash(t.Context(), u.ID, password); err != nil {
			t.Fatal(err)
		}
		people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Email: email}})
	}
	if err := s.Store.BulkUsers(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	var known, unknown []time.Duration
	for i := range n {
		_, took := s.knock(fmt.Sprintf("10.4.%d.1", i), fmt.Sprintf("old%d@example.com", i), "not the password 1")
		known = append(known, took)
		_, took = s.knock(fmt.Sprintf("10.5.%d.1", i), fmt.Sprintf("new%d@example.com", i), "not the password 1")
		unknown = append(unknown, took)
	}
	if k, u := median(known), median(unknown); u-k > timingMargin {
		t.Errorf("an account from before the change answers after %s, an unknown name after %s", k, u)
	}
}
