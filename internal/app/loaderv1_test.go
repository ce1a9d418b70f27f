package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loaderv1"
)

// oldClient is what a client of Data Loader 1.0 sends, and what it is told.
func oldClient(b *browser, login, typed, method, path, file string, changes ...func(*http.Request)) (page, loaderv1.Report) {
	b.t.Helper()
	p := b.do(method, path, nil, append([]func(*http.Request){func(r *http.Request) {
		r.Header.Set("Accept", "*/*")
		r.Header.Set("Content-Type", "text/csv")
		r.SetBasicAuth(login, typed)
		if file != "" {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(file)), int64(len(file))
		}
	}}, changes...)...)
	var told loaderv1.Report
	if p.Header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal([]byte(p.Body), &told); err != nil {
			b.t.Fatalf("%s: %v", p.Body, err)
		}
	}
	if p.Header.Get("Set-Cookie") != "" || p.Header.Get("Location") != "" && p.StatusCode != http.StatusAccepted {
		b.t.Errorf("a cookie or a redirect: %v", p.Header)
	}
	return p, told
}

func refusedAs(t *testing.T, p page, status int, code string) {
	t.Helper()
	if p.StatusCode != status || !strings.HasPrefix(p.Body, `{"error":"`+code+`","message":"`) || strings.Contains(p.Body, `"message":"`+code) {
		t.Errorf("got %d %q, want %d %s", p.StatusCode, p.Body, status, code)
	}
}

const staff = "Email,First name,Last name,Job title\nbea@example.com,Bea,Novak,Clerk\ncyd@,Cyd,Ray,Clerk\n"

// TestOldClientLoadsPeople: a password loads people where two-factor is not in
// force, and in a pause; the report names rows, and the rows that could not be taken
// come back as a file that can be loaded again.
func TestOldClientLoadsPeople(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const office, email = "198.51.100.7", "ada@example.com"
		s := start(t, behindProxy)
		s.administrator(s.Org, email)
		b := s.browser().from(office)
		p, told := oldClient(b, email, password, "POST", "/loader/v1/people?name=staff.csv&dry_run=true", staff)
		if p.StatusCode != http.StatusOK || told.State != "preview" || told.Added != 1 || told.Rejected != 1 || told.Load != "" {
			t.Fatalf("a preview: %d %s", p.StatusCode, p.Body)
		}
		if runs, err := s.Store.Loads(t.Context(), s.Org.ID, core.LoadFilter{Limit: 10}); err != nil || len(runs) != 0 {
			t.Fatalf("a preview loads: %v %v", runs, err)
		}
		p, told = oldClient(b, email, password, "POST", "/loader/v1/people?name=staff.csv", staff)
		want := loaderv1.Report{
			Load: told.Load, State: "done", Rows: 2, Total: 2, Added: 1, Rejected: 1, FailedRows: "/loader/v1/loads/" + told.Load + "/failed-rows",
			Problems: []loaderv1.Problem{{Row: 3, Column: "Email", Value: "cyd@", Code: told.Problems[0].Code, Message: told.Problems[0].Message}},
		}
		if got, wanted := p.Body, mustJSON(t, want); p.StatusCode != http.StatusOK || strings.TrimSpace(got) != wanted || told.Problems[0].Message == "" {
			t.Fatalf("told %d\n%s, want\n%s", p.StatusCode, got, wanted)
		}
		if again, _ := oldClient(b, email, password, "GET", "/loader/v1/loads/"+told.Load, ""); again.Body != p.Body {
			t.Errorf("asked again: %d %s", again.StatusCode, again.Body)
		}
		failed, _ := oldClient(b, email, password, "GET", told.FailedRows, "")
		mended := strings.Replace(failed.Body, "cyd@,", "cyd@example.com,", 1)
		if _, told = oldClient(b, email, password, "POST", "/loader/v1/people?name=staff.csv", mended); told.Added != 1 || told.Rejected != 0 {
			t.Errorf("the mended rows: %+v\n%s", told, mended)
		}
		s.packageOf(email, "Staff", loader.NewOrder(core.LoadPeople, []string{"EMAIL", "FIRST NAME", "LAST NAME"})) // in any case, as on the pages
		if p, told := oldClient(b, email, password, "POST", "/loader/v1/people?package=staff", staff); told.State != "done" || told.Unchanged != 1 {
			t.Errorf("with a package: %d %s", p.StatusCode, p.Body)
		}
		s.twoFactorForOldClients(b, email)
	})
}

// twoFactorForOldClients: the same client as two-factor is required, in a pause, and
// after it.
func (s *server) twoFactorForOldClients(b *browser, email string) {
	t := s.t.(*testing.T)
	s.require()
	p, _ := oldClient(b, email, password, "POST", "/loader/v1/people", staff)
	refusedAs(t, p, http.StatusForbidden, "two_factor_required")
	web := s.browser().from("198.51.100.7")
	web.inByMail(s, email)
	web.submit(web.get("/account/security/pause"), "/account/security/pause", map[string]string{"length": "15"}).must(t, 200, "The pause has started.")
	if p, told := oldClient(b, email, password, "POST", "/loader/v1/people", staff); told.State != "done" || told.Unchanged != 1 {
		t.Errorf("in the pause: %d %s", p.StatusCode, p.Body)
	}
	p, _ = oldClient(b.from("203.0.113.9"), email, password, "POST", "/loader/v1/people", staff)
	refusedAs(t, p, http.StatusForbidden, "two_factor_required")
	s.advance(16 * time.Minute)
	p, _ = oldClient(b, email, password, "POST", "/loader/v1/people", staff)
	refusedAs(t, p, http.StatusForbidden, "two_factor_required")
}

func mustJSON(t *testing.T, what any) string {
	t.Helper()
	b, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestOldClientIsRefused: what a client may not do, and what it is told.
func TestOldClientIsRefused(t *testing.T) {
	s := start(t)
	s.administrator(s.Org, "ada@example.com")
	s.administrator(s.Org, "bob@example.com")
	s.person("pia@example.com")
	other, err := s.Organizations.Create(t.Context(), "Elsewhere", operator)
	if err != nil {
		t.Fatal(err)
	}
	s.administrator(other, "olga@example.com")
	s.loads("olga@example.com", "theirs")
	theirs, err := s.Store.Loads(t.Context(), other.ID, core.LoadFilter{Limit: 1})
	if err != nil || len(theirs) != 1 {
		t.Fatal(theirs, err)
	}
	s.packageOf("ada@example.com", "Renames", core.LoadOrder{
		Target: core.LoadPeople, Key: "username", OnError: core.LoadSkip, Identity: true,
		Columns: []core.LoadColumn{{Column: "Email", Field: "email", Enabled: true}, {Column: "User", Field: "username", Enabled: true}},
	})
	s.packageOf("olga@example.com", "Theirs", loader.NewOrder(core.LoadPeople, []string{"Email"}))
	b := s.browser()
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	const upload = "/loader/v1/people"
	for name, c := range map[string]struct {
		login, typed, method, path, file string
		change                           func(*http.Request)
		status                           int
		code                             string
	}{
		"a wrong password":                  {"ada@example.com", "x", "POST", upload, staff, nil, 401, "client.wrong"},
		"nobody":                            {"zoe@example.com", password, "POST", upload, staff, nil, 401, "client.wrong"},
		"no password":                       {"ada@example.com", "", "POST", upload, staff, header("Authorization", ""), 401, "client.wrong"},
		"no administrator":                  {"pia@example.com", password, "POST", upload, staff, nil, 403, "client.not_administrator"},
		"another organization's load":       {"ada@example.com", password, "GET", "/loader/v1/loads/" + string(theirs[0].ID), "", nil, 404, "not_found"},
		"another organization's rows":       {"ada@example.com", password, "GET", "/loader/v1/loads/" + string(theirs[0].ID) + "/failed-rows", "", nil, 404, "not_found"},
		"another organization's package":    {"ada@example.com", password, "POST", upload + "?package=Theirs", staff, nil, 404, "load.no_package"},
		"a package that changes identities": {"ada@example.com", password, "POST", upload + "?package=Renames", "Email,User\nbob@example.com,pia@example.com\n", nil, 403, "load.identity"},
		"a package for other rows":          {"ada@example.com", password, "POST", "/loader/v1/groups?package=Renames", staff, nil, 422, "load.package_target"},
		"a package whose column is missing": {"ada@example.com", password, "POST", upload + "?package=Renames", "Email\na@b.example\n", nil, 422, "load.column_gone"},
		"an unknown parameter":              {"ada@example.com", password, "POST", upload + "?identity=true", staff, nil, 422, "client.parameter"},
		"a parameter twice":                 {"ada@example.com", password, "POST", upload + "?key=email&key=username", staff, nil, 400, "request.repeated"},
		"a wrong choice":                    {"ada@example.com", password, "POST", upload + "?on_error=ask", staff, nil, 422, "load.on_error"},
		"no file":                           {"ada@example.com", password, "POST", upload, "", nil, 422, "table.empty"},
		"no table":                          {"ada@example.com", password, "POST", upload, "PK\x03\x04broken", nil, 422, "table.damaged"},
		"a form":                            {"ada@example.com", password, "POST", upload, staff, header("Content-Type", "multipart/form-data; boundary=x"), 415, "request.media"},
		"a browser on another site":         {"ada@example.com", password, "POST", upload, staff, header("Sec-Fetch-Site", "cross-site"), 403, "request.cross_origin"},
		"another method":                    {"ada@example.com", password, "PUT", upload, staff, nil, 405, "request.method"},
		"another address":                   {"ada@example.com", password, "POST", "/loader/v1/keys", staff, nil, 404, "request.no_page"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.change == nil {
				c.change = func(*http.Request) {}
			}
			p, _ := oldClient(b, c.login, c.typed, c.method, c.path, c.file, c.change)
			refusedAs(t, p, c.status, c.code)
			if challenge := p.Header.Get("WWW-Authenticate"); (c.status == 401) != strings.HasPrefix(challenge, "Basic ") {
				t.Errorf("WWW-Authenticate: %q", challenge)
			}
		})
	}
	runs, err := s.Store.Loads(t.Context(), s.Org.ID, core.LoadFilter{Limit: 10})
	if err != nil || len(runs) != 0 {
		t.Errorf("something was loaded: %v %v", runs, err)
	}
	var kept int
	if err := s.database().QueryRow("SELECT count(*) FROM load_file").Scan(&kept); err != nil || kept != 1 {
		t.Errorf("%d files are kept, %v; want the one of the other organization", kept, err)
	}
}

// TestOldClientChangesNoWayIn: a file changes nobody's address, type, state or
// password, whatever its columns are (AK4).
func TestOldClientChangesNoWayIn(t *testing.T) {
	s := start(t)
	s.administrator(s.Org, "ada@example.com")
	bob := s.administrator(s.Org, "bob@example.com")
	file := "Username,Email,First name,Last name,Type,Active,Password hash,Title\n" +
		"bob@example.com,mallory@example.com,Bob,Diaz,,,,\n" +
		"bob@example.com,,Bob,Diaz,User,,,\n" +
		"bob@example.com,,Bob,Diaz,,no,,\n" +
		"bob@example.com,,Bob,Diaz,,,{SSHA}1234,\n" +
		",new@example.com,Nia,New,Administrator,,,\n"
	for i, row := range strings.Split(strings.TrimSpace(file), "\n")[1:] {
		t.Run(strconv.Itoa(i+2), func(t *testing.T) {
			head, _, _ := strings.Cut(file, "\n")
			p, told := oldClient(s.browser(), "ada@example.com", password, "POST", "/loader/v1/people?key=username", head+"\n"+row+"\n")
			if told.Rejected != 1 || told.Rows != 1 {
				t.Errorf("told %d %s", p.StatusCode, p.Body)
			}
		})
	}
	acc, _, err := s.Store.AccountByID(t.Context(), s.Org.ID, bob.ID)
	if err != nil || acc.User.Email != bob.Email || acc.User.Type != core.Administrator || acc.User.Status != core.Active {
		t.Errorf("Bob is %+v, %v", acc.User, err)
	}
}

// TestOldClientReadsItsOwnLoads: rows that could not be taken may hold hashes and
// secrets of apps. On a page they are handed over to whoever confirms that it's them;
// a password alone gives back no more than was sent with that password.
func TestOldClientReadsItsOwnLoads(t *testing.T) {
	s := start(t)
	s.administrator(s.Org, "ada@example.com")
	s.administrator(s.Org, "bob@example.com")
	b := s.browser()
	const file = "Email,First name,Last name,Password hash,App secret\ncyd@,Cyd,Ray,$6$salt$hash,JBSWY3DPEHPK3PXP\n"
	_, told := oldClient(b, "bob@example.com", password, "POST", "/loader/v1/people", file)
	for name, id := range map[string]string{
		"by somebody else": told.Load,
		"on a page":        s.loadOnPage("ada@example.com", file, core.Origin{Session: "s1"}),
		"by a key":         s.loadOnPage("ada@example.com", file, core.Origin{Key: "spk_a"}),
	} {
		for _, path := range []string{"", "/failed-rows"} {
			p, _ := oldClient(b, "ada@example.com", password, "GET", "/loader/v1/loads/"+id+path, "")
			if p.StatusCode != http.StatusNotFound || strings.Contains(p.Body, "JBSWY3DPEHPK3PXP") {
				t.Errorf("%s%s: %d %s", name, path, p.StatusCode, p.Body)
			}
		}
	}
	if p, _ := oldClient(b, "bob@example.com", password, "GET", told.FailedRows, ""); !strings.Contains(p.Body, "JBSWY3DPEHPK3PXP") {
		t.Errorf("their own: %d %s", p.StatusCode, p.Body)
	}
}

// loadOnPage is a load of a file whose first row cannot be taken, asked for from
// somewhere else than an old client.
func (s *server) loadOnPage(email, file string, from core.Origin) string {
	s.t.Helper()
	acc, org, err := s.Store.UserByEmailKey(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true, Origin: from}
	lines := strings.Split(strings.TrimSpace(file), "\n")
	columns := strings.Split(lines[0], ",")
	run, err := s.Loader.Start(s.t.Context(), c, loader.Begin{Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns, Name: "f", First: 2, Total: 1})
	if err == nil {
		_, err = s.Loader.Load(s.t.Context(), c, run.ID, []loader.Row{{Number: 2, Cells: strings.Split(lines[1], ",")}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return string(run.ID)
}

// packageOf keeps an order under a name.
func (s *server) packageOf(email, name string, o core.LoadOrder) {
	s.t.Helper()
	acc, org, err := s.Store.UserByEmailKey(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true}
	if _, err := s.Loader.SavePackage(s.t.Context(), c, core.LoadPackage{Name: name, Order: o}); err != nil {
		s.t.Fatal(err)
	}
}
