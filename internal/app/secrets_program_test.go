package app_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// shownBy is the question of a trusted proxy about a program's request.
func shownBy(b *browser, show func(http.Header)) page {
	b.t.Helper()
	return b.do("GET", "/api/authz/forward-auth", nil, from("198.51.100.7"), func(r *http.Request) {
		for name, value := range map[string]string{
			"X-Forwarded-Method": "POST", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example.com", "X-Forwarded-Uri": "/upload", "Accept": "*/*",
		} {
			r.Header.Set(name, value)
		}
		show(r.Header)
	})
}

// TestProgramsLeaveNoSecrets: what programs show, right or wrong, and what people
// bring along in a file, taken or not, stands nowhere in the database or the log
// (law 6, AK1, UP3).
func TestProgramsLeaveNoSecrets(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		l := &ledger{long: map[string]string{}, codes: map[string]bool{}}
		l.master(s)
		l.add("password", password)
		_, err := s.Organizations.AddApplication(t.Context(), core.Application{
			OrganizationID: s.Org.ID, Name: "Scorecard", URL: "https://app.example.com", Level: core.LevelPassword, Machines: true,
		}, operator)
		if err != nil {
			t.Fatal(err)
		}
		_, boss := s.helper(s.Org, "boss@example.com", core.Administrator)
		key := keyOf(s, l, boss)
		showsKeys(s, l, key)
		showsAppPasswords(s, l, boss)
		brings(s, l, boss)
		s.advance(time.Minute)
		all := map[string]string{"log": s.log.text(t), "addresses": strings.Join(l.addresses, "\n")}
		dump(s, all)
		for place, holds := range map[string]string{
			"api_key": key.Key.Access, "app_password": "Old Hal", "load_reject": "hash.unknown", "load_file": "staff.csv", "person": "ann@example.com", "event": core.EventPasswordWrong, "log": "/api/authz/forward-auth",
		} {
			if !strings.Contains(all[place], holds) {
				t.Errorf("%s does not hold %q: it was not read, or nothing was written there", place, holds)
			}
		}
		for place, text := range all {
			for _, found := range l.find(place, text) {
				t.Error(found)
			}
		}
	})
}

// keyOf makes a key.
func keyOf(s *server, l *ledger, of core.User) apikey.Made {
	s.t.Helper()
	made, err := s.APIKeys.CreateFor(s.t.Context(), of, operator, apikey.Wanted{Name: "Loader", Scopes: []core.KeyScope{core.ScopeLoader, core.ScopeRead}})
	if err != nil {
		s.t.Fatal(err)
	}
	l.add("api key", made.Secret)
	return made
}

// showsKeys shows keys and passwords, right ones and wrong ones, in every way.
func showsKeys(s *server, l *ledger, key apikey.Made) {
	s.t.Helper()
	wrong := key.Secret[:len(key.Secret)-6] + "aaaaaa"
	l.add("api key", wrong)
	l.add("password", "a wrong one of a program")
	program := s.browser()
	pair := func(secret string) func(http.Header) {
		return func(h http.Header) {
			h.Set("Sallyport-Access-Key", key.Key.Access)
			h.Set("Sallyport-Secret-Key", secret)
		}
	}
	header := func(value string) func(http.Header) {
		return func(h http.Header) { h.Set("Authorization", value) }
	}
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("boss@example.com:"+password))
	}
	for name, c := range map[string]struct {
		show func(http.Header)
		want int
	}{
		"a key in two headers":       {pair(key.Secret), 200},
		"a wrong key in two headers": {pair(wrong), 401},
		"a key as a bearer":          {header("Bearer " + key.Key.Access + "." + key.Secret), 200},
		"a wrong key as a bearer":    {header("Bearer " + key.Key.Access + "." + wrong), 401},
		"a password":                 {header(basic(password)), 200},
		"a wrong password":           {header(basic("a wrong one of a program")), 401},
	} {
		if p := shownBy(program, c.show); p.StatusCode != c.want {
			s.t.Errorf("%s: %d %q, want %d", name, p.StatusCode, p.Body, c.want)
		}
	}
	// In the address, where it is refused and must not be logged.
	program.do("GET", "/api/v1/me?access="+key.Key.Access, nil, func(r *http.Request) { r.Header.Set("Cookie", "key="+key.Secret) })
}

// showsAppPasswords shows an app password where it opens, where it does not, and one
// that is almost it.
func showsAppPasswords(s *server, l *ledger, boss core.User) {
	s.t.Helper()
	applications, err := s.Store.Applications(s.t.Context(), s.Org.ID)
	if err != nil || len(applications) != 1 {
		s.t.Fatalf("%d applications, %v", len(applications), err)
	}
	text := s.appPassword(boss, applications[0].ID, core.Origin{Address: "198.51.100.7", Network: "198.51.100.0/24"}).Text
	wrong := text[:len(text)-4] + "0000"
	for _, form := range []string{text, strings.ReplaceAll(text, "-", ""), wrong, strings.ReplaceAll(wrong, "-", "")} {
		l.add("app password", form)
	}
	program := s.browser()
	for shown, want := range map[string]int{text: 200, strings.ToUpper(strings.ReplaceAll(text, "-", " ")): 200, wrong: 401} {
		if p := asProgram(program, "boss@example.com", shown, "198.51.100.7"); p.StatusCode != want {
			s.t.Errorf("an app password: %d, want %d", p.StatusCode, want)
		}
	}
	if p := asProgram(program, "boss@example.com", text, "203.0.113.9"); p.StatusCode != http.StatusForbidden {
		s.t.Errorf("an app password from elsewhere: %d", p.StatusCode)
	}
	program.signIn("boss@example.com", text).must(s.t, http.StatusUnprocessableEntity)
}

// brings loads what people bring along, from a file that is put up: a hash and an
// app that are taken, and one of each in rows that are not.
func brings(s *server, l *ledger, boss core.User) {
	s.t.Helper()
	hash := made(s.t, "mkpasswd", "-m", "sha512crypt", "what ann had elsewhere")
	for _, secret := range []string{hash, "what ann had elsewhere", "$unheard$of$hash", "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", "KRUGS4ZANFZSA3TPOQQGCIDTNBQXEZLE"} {
		l.add("brought", secret)
	}
	text := "email,first_name,last_name,password_hash,app_secret\n" +
		"ann@example.com,Ann,A," + hash + ",MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U\n" +
		"bob@example.com,Bob,B,$unheard$of$hash,KRUGS4ZANFZSA3TPOQQGCIDTNBQXEZLE\n"
	acc, org, err := s.Store.AccountByID(s.t.Context(), boss.OrganizationID, boss.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true}
	f, err := s.LoadFiles.Upload(s.t.Context(), c, loadfile.Put{Name: "staff.csv", Target: core.LoadPeople}, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []loader.Row
	for i, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
		rows = append(rows, loader.Row{Number: i + 2, Cells: strings.Split(line, ",")})
	}
	run, err := s.Loader.Start(s.t.Context(), c, loader.Begin{Order: f.Order, Columns: f.Facts.Columns, Name: f.Name, First: 2, Total: len(rows)})
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := s.Loader.Load(s.t.Context(), c, run.ID, rows)
	if err != nil || out.Counts != (core.LoadCounts{Added: 1, Rejected: 1}) {
		s.t.Fatalf("the load counts %+v (%v)", out.Counts, err)
	}
}
