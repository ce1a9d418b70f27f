package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

const appPasswordsPage = "/account/security/app-passwords"

// appPassword makes an app password for somebody, from a network.
func (s *server) appPassword(u core.User, application core.ID, from core.Origin) passwordclient.MadeAppPassword {
	s.t.Helper()
	acc, org, err := s.Store.AccountByID(s.t.Context(), u.OrganizationID, u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	v := core.SessionView{Session: core.Session{Level: core.LevelEmail, ProvedAt: s.now()}, Account: acc, Organization: org}
	made, err := s.PassClients.MakeAppPassword(s.t.Context(), v, from, passwordclient.WantedAppPassword{
		Name: "Old " + acc.User.FirstName, Application: application, Life: core.AppPasswordDefault,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// machines adds an application that lets programs in.
func (s *server) machines(name, address string) core.Application {
	s.t.Helper()
	a, err := s.Organizations.AddApplication(s.t.Context(), core.Application{
		OrganizationID: s.Org.ID, Name: name, URL: address, Level: core.LevelEmail, Machines: true,
	}, operator)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// TestAppPasswordOpensOneDoor: made on the page with two-factor on, it lets a program
// into its application from its network, and is nothing anywhere else: not at the
// sign-in page, as a second step, where one confirms who one is, as an API key, at
// another application or at our own loader. The own password is refused there
// meanwhile.
func TestAppPasswordOpensOneDoor(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const office, home, email = "198.51.100.7", "203.0.113.9", "pia@example.com"
		s := start(t, behindProxy)
		score := s.machines("Scorecard", "https://app.example.com")
		s.machines("Wiki", "https://wiki.example.com")
		b, _, _ := s.withApp(email)
		b = b.from(office)
		p := b.get(appPasswordsPage).must(t, 200, "This network only: 198.51.100.0/24", "Scorecard", "Wiki")
		p = b.submit(p, appPasswordsPage, map[string]string{"name": "Old loader", "application": string(score.ID)}).must(t, 200, "Put the app password into the program now")
		text := regexp.MustCompile(`data-copy-text="([^"]+)"`).FindStringSubmatch(p.Body)[1]
		if !recoveryCode.MatchString(text) || strings.Contains(p.At, text) {
			t.Fatalf("shown at %s: %q", p.At, text)
		}
		saved := b.submit(p, p.At, map[string]string{"saved": "on"}).must(t, 200, "The app password is ready.", "Old loader", "Works from 198.51.100.0/24")
		if strings.Contains(saved.Body, text) {
			t.Error("the list shows it")
		}
		s.mail(email, func(m devmail.Mail) bool {
			return strings.HasPrefix(m.Subject, "An app password was made") && strings.Contains(m.Text, "Scorecard") && !strings.Contains(m.Text, text)
		})
		program := s.browser()
		refused := func(what string, p page, status int, code string) {
			t.Helper()
			if p.StatusCode != status || !strings.Contains(p.Body, code) || p.Header.Get("Remote-User") != "" || p.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %q, want %d %s", what, p.StatusCode, p.Body, status, code)
			}
		}
		for range 3 {
			if p := asProgram(program, email, text, office); p.StatusCode != http.StatusOK || p.Header.Get("Remote-Email") != email || p.Header.Get("Set-Cookie") != "" {
				t.Fatalf("got %d %q %v", p.StatusCode, p.Body, p.Header)
			}
		}
		refused("another network", asProgram(program, email, text, home), 403, `"error":"client.app_password_elsewhere"`)
		refused("the own password", asProgram(program, email, password, office), 403, `"error":"client.app_password_set"`)
		refused("a wrong one", asProgram(program, email, "0000-0000-0000-0000", office), 401, "client.wrong")
		opensNoOtherDoor(t, s, email, text, office)

		acc, _, err := s.Accounts.Find(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Store.AppPasswords(t.Context(), s.Org.ID, acc.User.ID)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d app passwords, %v", len(all), err)
		}
		path := appPasswordsPage + "/" + string(all[0].ID) + "/delete"
		b.submit(b.get(path), path, nil).must(t, 200, "The app password is deleted.")
		refused("deleted", asProgram(program, email, text, office), 401, "client.wrong")
		refused("the own one again", asProgram(program, email, password, office), 403, "two_factor_required")
		s.mail(email, func(m devmail.Mail) bool { return strings.HasPrefix(m.Subject, "An app password of your") })
	})
}

// opensNoOtherDoor tries an app password wherever else something secret is typed or
// shown.
func opensNoOtherDoor(t *testing.T, s *server, email, text, office string) {
	s.t.Helper()
	program := s.browser().from(office)
	p := program.do("GET", "/api/authz/forward-auth", nil, from(office), func(r *http.Request) {
		for name, value := range map[string]string{"X-Forwarded-Method": "POST", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "wiki.example.com", "X-Forwarded-Uri": "/"} {
			r.Header.Set(name, value)
		}
		r.Header.Set("Accept", "*/*")
		r.SetBasicAuth(email, text)
	})
	refusedAs(t, p, http.StatusForbidden, "client.app_password_for")
	p, _ = oldClient(program, email, text, "POST", "/loader/v1/people?name=staff.csv", staff)
	refusedAs(t, p, http.StatusForbidden, "client.app_password_for")
	for name, show := range map[string]func(r *http.Request){
		"as Basic":    func(r *http.Request) { r.SetBasicAuth(email, text) },
		"as a bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) },
		"as a key":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+email+"."+text) },
		"as a key pair": func(r *http.Request) {
			r.Header.Set("Sallyport-Access-Key", email)
			r.Header.Set("Sallyport-Secret-Key", text)
		},
	} {
		if p := program.do("GET", "/api/v1/me", nil, from(office), show); p.StatusCode != http.StatusUnauthorized {
			s.t.Errorf("the API, %s: %d", name, p.StatusCode)
		}
	}
	web := s.browser()
	web.signIn(email, text).must(s.t, http.StatusUnprocessableEntity)
	if web.cookie("sp_session") != "" {
		s.t.Error("the sign-in page took it")
	}
	half := web.signIn(email, password).must(s.t, 200, "Choose how to verify it's you")
	for _, step := range []string{"app", "recovery"} {
		web.submit(half, "/signin/verify", map[string]string{"method": step})
		web.send(web.get("/signin/verify/"+step), "/signin/verify/"+step, map[string]string{"code": text}).must(s.t, http.StatusUnprocessableEntity)
	}
	s.person("rob@example.com")
	rob := s.browser().from(office)
	rob.signIn("rob@example.com", password).must(s.t, 200, "Home")
	acc, _, err := s.Accounts.Find(s.t.Context(), "rob@example.com")
	if err != nil {
		s.t.Fatal(err)
	}
	applications, err := s.Store.Applications(s.t.Context(), s.Org.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	own := s.appPassword(acc.User, applications[0].ID, core.Origin{Address: office, Network: "198.51.100.0/24"}).Text
	rob.send(rob.get("/confirm?next=/account/security"), "/confirm", map[string]string{"password": own}).must(s.t, http.StatusUnprocessableEntity)
	rob.send(rob.get("/account/password"), "/account/password", changing(own, nextPassword, nextPassword)).must(s.t, http.StatusUnprocessableEntity)
}
