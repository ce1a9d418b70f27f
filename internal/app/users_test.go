package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// administrator makes one of an organization.
func (s *server) administrator(o core.Organization, email string) core.User {
	s.t.Helper()
	u, _, err := s.Accounts.Create(s.t.Context(), account.NewUser{
		OrganizationID: o.ID, Email: email, FirstName: "Ana", LastName: "Diaz", Type: core.Administrator, Password: password,
	}, o, operator, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// TestAdministratorManagesPeople: from the invitation to the end of the access,
// with another replica that ends the person's session within 5 s, and another
// organization that sees, counts, finds and touches nobody.
func TestAdministratorManagesPeople(t *testing.T) {
	storetest.NeedServer(t)
	database := storetest.OwnDatabase(t)
	here := start(t, func(c *config.Config) { c.Database = database })
	there := start(t, withoutMailbox, func(c *config.Config) { c.Database, c.KeyFile = database, here.Config.KeyPath() })
	here.administrator(here.Org, "ana@example.com")
	other, err := here.Organizations.Create(t.Context(), "Other", operator)
	if err != nil {
		t.Fatal(err)
	}
	here.administrator(other, "theirs@example.com")

	boss := here.browser()
	boss.signIn("ana@example.com", password).must(t, 200, "Home")
	boss.get("/admin/users").must(t, 200, "Only you are here. Add the people who need to sign in.", "1 of 1 person")
	form := boss.get("/admin/users/new").must(t, 200, "Add user")
	p := boss.submit(form, "/admin/users/new", map[string]string{"first_name": "José", "last_name": "Núñez", "email": "jose@example.com", "type": "user"})
	p.must(t, 200, "The person was added. An invitation is on its way.", "2 of 2 people", "Invited")
	invitation := here.mail("jose@example.com", func(m devmail.Mail) bool { return strings.Contains(m.Text, "/invite/") })
	link := invitation.Text[strings.Index(invitation.Text, "/invite/"):]
	link = link[:strings.IndexAny(link, "\r\n ")]
	own := here.browser()
	own.submit(own.get(link), "/invite", map[string]string{"password": password, "repeat": password}).must(t, 200)
	boss.get("/admin/users?q=nunez+jos&status=active").must(t, 200, "1 of 2 people", "José Núñez")
	boss.get("/admin/users?q=qqq").must(t, 200, "No one matches these filters.")
	if got := boss.get("/admin/users?sort=password"); got.StatusCode != 400 {
		t.Errorf("a sort that does not exist: %d, want 400", got.StatusCode)
	}

	jose := there.browser() // on the other replica
	jose.signIn("jose@example.com", password).must(t, 200, "Home")
	id := here.find("jose@example.com")
	page := "/admin/users/" + string(id)
	stranger := here.browser()
	stranger.signIn("theirs@example.com", password).must(t, 200, "Home")
	for _, path := range []string{"", "/profile", "/security", "/activity", "/deactivate", "/reactivate", "/send-link", "/require-password", "/enable-two-factor", "/sign-out", "/let-try"} {
		if got := stranger.get(page + path); got.StatusCode != 404 {
			t.Errorf("another organization gets %d for %s", got.StatusCode, path)
		}
		if got := jose.get(page + path); got.StatusCode != 404 {
			t.Errorf("the person gets %d for %s", got.StatusCode, path)
		}
	}
	stranger.get("/admin/users?q=jose").must(t, 200, "No one matches these filters.")
	stranger.get("/admin/users?after="+string(id)).must(t, 200, "1 of 1 person")

	// The stranger's own token, sent to the addresses of somebody else's person.
	_, token, _ := strings.Cut(stranger.get("/admin/users/new").Body, `name="form_token" value="`)
	token, _, _ = strings.Cut(token, `"`)
	for _, path := range []string{"/deactivate", "/sign-out", "/send-link", "/let-try", "/require-password", "/enable-two-factor", "/profile"} {
		got := stranger.do("POST", page+path, url.Values{"form_token": {token}, "first_name": {"Eve"}, "last_name": {"X"}, "email": {"eve@example.com"}, "type": {"administrator"}})
		if got.StatusCode != 404 {
			t.Errorf("another organization's form to %s: %d, want 404", path, got.StatusCode)
		}
	}
	jose.get("/home").must(t, 200, "Home")

	boss.submit(boss.get(page+"/deactivate").must(t, 200, "Deactivate José Núñez?"), page+"/deactivate", nil).
		must(t, 200, "The account was deactivated.", "Inactive")
	ended := time.Now()
	there.until("the session on the other replica ends", func() bool { return !strings.Contains(jose.get("/home").title(), "Home") })
	if took := time.Since(ended); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	jose.get("/signin").must(t, 200, "an administrator ended your sessions")
	here.mail("jose@example.com", func(m devmail.Mail) bool { return strings.Contains(m.Subject, "was deactivated") })
	jose.signIn("jose@example.com", password).must(t, 422, "do not match an account that can sign in")
	boss.submit(boss.get(page+"/reactivate"), page+"/reactivate", nil).must(t, 200, "The account was reactivated.")
	jose.signIn("jose@example.com", password).must(t, 200, "Home")

	// The only administrator stays.
	me := "/admin/users/" + string(here.find("ana@example.com"))
	boss.get(me+"/deactivate").must(t, 403, "You cannot do this to your own account.")
	_, token, _ = strings.Cut(boss.get("/admin/users/new").Body, `name="form_token" value="`)
	token, _, _ = strings.Cut(token, `"`)
	boss.do("POST", me+"/deactivate", url.Values{"form_token": {token}}).must(t, 422, "You cannot deactivate the only administrator.")
}

// find returns the id of the person with an address.
func (s *server) find(email string) core.ID {
	s.t.Helper()
	acc, _, err := s.Accounts.Find(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	return acc.User.ID
}
