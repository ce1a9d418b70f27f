package app_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// TestAdministratorsMustUseTheirApp: from the date of "Administrators must use
// an app" on, an administrator who has one is not let in by email (D3).
func TestAdministratorsMustUseTheirApp(t *testing.T) {
	s := start(t)
	if _, _, err := s.Accounts.Create(t.Context(), account.NewUser{
		OrganizationID: s.Org.ID, Email: "zed@example.com", FirstName: "Zed", LastName: "Diaz", Type: core.Administrator, Password: password,
	}, s.Org, operator, ""); err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.signIn("zed@example.com", password).must(t, 200, "Home")
	b.turnOn(s, "zed@example.com")
	s.require(func(p *core.Policy) { p.AdministratorAppFrom = s.now().Add(-time.Hour) })
	if err := s.Sessions.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	b = s.browser()
	p := b.choose(b.signIn("zed@example.com", password), "email")
	if p.At != "/signin/verify/email" {
		return
	}
	b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("zed@example.com")})
	if b.cookie("sp_session") != "" {
		t.Errorf("administrators must use an app, yet an emailed code opened a session of level %d", b.levelOf(s))
	}
}
