package app_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// samples of each kind, and how far their medians may be apart (EN2).
const (
	samples      = 200
	timingMargin = 10 * time.Millisecond
)

// TestAnswersTakeAlike: a wrong password, an unknown name, a deactivated account
// and one without a password take the same time. The kinds take turns, so that
// a busy machine is busy for all of them.
func TestAnswersTakeAlike(t *testing.T) { inTurn(t, answersTakeAlike) }

func answersTakeAlike(t *testing.T) {
	s := start(t, func(c *config.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	s.crowd()
	b := s.browser()
	form := b.get("/signin").forms(t)[0].values
	form.Set("password", "not the password 1")
	kinds := []string{"wrong", "inactive", "unset", "unknown"}
	took := map[string][]time.Duration{}
	for i := range samples {
		for k, kind := range kinds {
			form.Set("login", fmt.Sprintf("%s%d@example.com", kind, i))
			from := fmt.Sprintf("10.%d.%d.7", k, i) // nobody is slowed for what others did
			began := time.Now()
			p := b.do("POST", "/signin", form, func(r *http.Request) { r.Header.Set("X-Forwarded-For", from) })
			took[kind] = append(took[kind], time.Since(began))
			if p.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("%s: status %d, want 422", kind, p.StatusCode)
			}
		}
	}
	base := median(took["unknown"])
	for _, kind := range kinds {
		if m := median(took[kind]); (m - base).Abs() > timingMargin {
			t.Errorf("%s: median %v, an unknown name's %v: more than %v apart", kind, m, base, timingMargin)
		}
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// crowd stores people of each kind, all with the same password hash, sealed for
// each.
func (s *server) crowd() {
	s.t.Helper()
	one := core.ID("hash")
	sealed, err := s.Passwords.Hash(s.t.Context(), one, password)
	if err != nil {
		s.t.Fatal(err)
	}
	hash, err := s.Ring.Open(secret.Binding{Table: "user", Row: string(one), Field: "password"}, sealed)
	if err != nil {
		s.t.Fatal(err)
	}
	var people []core.NewUser
	for _, kind := range []string{"wrong", "inactive", "unset"} {
		for i := range samples {
			email := fmt.Sprintf("%s%d@example.com", kind, i)
			u := core.User{
				ID: core.NewID(s.now(), random), OrganizationID: s.Org.ID, Email: email, FirstName: "A", LastName: "B",
				Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: s.now(),
			}
			u.PasswordSealed, _ = s.Ring.Seal(secret.Binding{Table: "user", Row: string(u.ID), Field: "password"}, hash)
			switch kind {
			case "inactive":
				u.Status = core.Inactive
			case "unset":
				u.Status, u.PasswordSealed = core.Invited, ""
			}
			people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Email: email}})
		}
	}
	if err := s.Store.BulkUsers(s.t.Context(), people); err != nil {
		s.t.Fatal(err)
	}
}
