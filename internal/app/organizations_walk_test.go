package app_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/web"
)

// TestOrganizationsAreApart walks every route of the site as an administrator of
// one organization, with every id of another one in every parameter of an address
// and in every field that takes an id: there is no such thing, no page tells
// anything of the other organization, and not a row of it changes (law 10).
//
// A new route is walked by itself. It fails here where no id of the fixtures opens
// it even for its own organization: such a walk would prove nothing, so add what it
// needs to twoOrganizations.
func TestOrganizationsAreApart(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := twoOrganizations(t)
		before := w.rowsOf(w.Org.ID)
		for _, r := range w.Routes() {
			w.walkPath(r)
			w.walkFields(r)
		}
		w.unchanged(before)
		w.mingled()
		for _, r := range w.Routes() { // last: this one may change what it likes
			w.opens(r)
		}
	})
}

// apart is a deployment of two organizations, each with one of everything.
type apart struct {
	*server
	other  core.ID
	bob    *browser            // an administrator of the other organization
	own    map[string][]string // ids of the other organization, by table
	ids    map[string][]string // ids of the first organization, by table
	signed string              // the token of the forms of bob's session
	others []*browser          // people of the first organization, an administrator first
}

// idFields are fields of forms that take an id, beside those whose value on the
// page is one.
func idFields() []string {
	return []string{"reset", "seen", "user", "member", "person", "group", "after", "before", "id", "job", "return", "into", "package"}
}

// texts are words that only the first organization has.
func (w *apart) texts() []string { return []string{"Zebulon", "Quokka", "northwind-a.example"} }

var (
	parameter = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)
	anyName   = regexp.MustCompile(`^[0-9A-Za-z_-]{10,64}$`)
	anyID     = regexp.MustCompile(`^[0-9a-z]{26}$`)
)

func twoOrganizations(t *testing.T) *apart {
	t.Helper()
	s := start(t)
	w := &apart{server: s}
	admin, person := w.fill("northwind-a.example", "Zebulon", "Quokka")
	w.others = []*browser{admin, person}
	other, err := s.Organizations.Create(t.Context(), "Southwind", operator)
	if err != nil {
		t.Fatal(err)
	}
	first := s.Org
	s.Org, w.other = other, other.ID
	w.bob, _ = w.fill("southwind-b.example", "Bernard", "Beaver")
	s.Org = first
	w.until("no mail is on its way", func() bool {
		return len(rowsOf(t, w.database(), `SELECT id FROM outbox WHERE delivery = 'queued'`)) == 0
	})
	w.ids, w.own = w.idsOf(first.ID), w.idsOf(other.ID)
	for _, table := range []string{"person", "person_group", "bulk_job", "session", "remembered_device", "credential", "factor_reset", "exemption", "event", "link", "outbox", "photo", "api_key", "app_password", "load_run", "load_file", "load_package", "load_schedule"} {
		if len(w.ids[table]) == 0 || len(w.own[table]) == 0 {
			t.Errorf("an organization has no row in %s: the walk says nothing about it", table)
		}
	}
	return w
}

// fill gives an organization one of everything.
func (w *apart) fill(domain, name, group string) (admin, person *browser) {
	w.t.Helper()
	s, email := w.server, "uma@"+domain
	u := s.person(email, group)
	_, err := w.database().ExecContext(w.t.Context(), `UPDATE person SET first_name = '`+name+`' WHERE id = '`+string(u.ID)+`'`)
	if err != nil {
		w.t.Fatal(err)
	}
	person = s.browser()
	person.signIn(email, password).must(w.t, 200, "Home")
	app, _ := person.turnOn(s, email)
	device := s.browser()
	p := device.submit(device.signIn(email, password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
	device.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(w.t, 200, "Home")
	person.photo(name)
	s.keys(u, name)
	_, _, err = s.Accounts.Create(w.t.Context(), account.NewUser{
		OrganizationID: s.Org.ID, Email: "ida@" + domain, FirstName: name, LastName: "Diaz", Type: core.Ordinary,
	}, s.Org, operator, core.LinkInvitation)
	if err != nil {
		w.t.Fatal(err)
	}
	admin, boss := s.helper(s.Org, "ana@"+domain, core.Administrator)
	s.appPassword(boss, "", core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24"})
	users, groups := "/admin/users/"+string(u.ID), "/admin/groups/"+s.groupNamed(group)
	until := s.now().AddDate(0, 0, 5).UTC().Format(time.DateOnly)
	for _, path := range []string{users + "/exempt", groups + "/exempt"} {
		admin.submit(admin.get(path), path, map[string]string{"until": until, "reason": name}).must(w.t, 200, "Exempt")
	}
	token := admin.get("/home").forms(w.t)[0].values.Get("form_token")
	admin.follow(admin.do("POST", "/admin/users/bulk", url.Values{"form_token": {token}, "action": {string(core.BulkJoin)}, "id_" + string(u.ID): {"on"}})).must(w.t, 200)
	s.waiting()
	s.loads("ana@"+domain, name)
	s.packageOf("ana@"+domain, name, loader.NewOrder(core.LoadPeople, []string{"Email"}))
	path := users + "/reset-two-factor"
	admin.submit(admin.get(path), path, map[string]string{"how": "phone", "note": name}).must(w.t, 200, "The reset waits.")
	return admin, person
}

// keys gives somebody two API keys, one of which is held.
func (s *server) keys(u core.User, name string) {
	s.t.Helper()
	acc, org, err := s.Store.AccountByID(s.t.Context(), u.OrganizationID, u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	v := core.SessionView{Session: core.Session{Level: core.LevelEmail, ProvedAt: s.now()}, Account: acc, Organization: org}
	for _, held := range []bool{false, true} {
		made, err := s.APIKeys.Create(s.t.Context(), v, core.Origin{}, apikey.Wanted{Name: name, Scopes: []core.KeyScope{core.ScopeLoader}})
		if err != nil {
			s.t.Fatal(err)
		}
		if made.Key.Held = held; held {
			if err := s.Store.SaveAPIKey(s.t.Context(), core.APIKeyChange{Is: made.Key}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func (w *apart) database() *sql.DB { return (&deployment{w.t, w.Config}).database() }

func (s *server) groupNamed(name string) string {
	s.t.Helper()
	rows := rowsOf(s.t, (&deployment{s.t, s.Config}).database(), `SELECT id FROM person_group WHERE name = '`+name+`'`)
	if len(rows) != 1 {
		s.t.Fatalf("%d groups named %s", len(rows), name)
	}
	return fmt.Sprint(rows[0][0])
}

// idsOf returns up to two ids of each table that has rows of an organization.
func (w *apart) idsOf(organization core.ID) map[string][]string {
	w.t.Helper()
	ids := map[string][]string{"organization": {string(organization)}}
	for key, row := range w.rowsOf(organization) {
		table, id, _ := strings.Cut(key, " ")
		if strings.Contains(row, "|recovery|") { // no address names one of them
			continue
		}
		if len(ids[table]) < 2 && anyName.MatchString(id) {
			ids[table] = append(ids[table], id)
		}
	}
	return ids
}

// pathsOf are a pattern's addresses with each id of an organization in its
// parameters; the pattern alone where it has none.
func pathsOf(pattern string, ids map[string][]string) []string {
	if pattern = strings.TrimSuffix(pattern, "{$}"); !strings.Contains(pattern, "{") {
		return []string{pattern}
	}
	var all []string
	for _, table := range slices.Sorted(maps.Keys(ids)) {
		for _, id := range ids[table] {
			all = append(all, parameter.ReplaceAllString(pattern, id))
		}
	}
	return all
}

// ownNames are parameters that name nothing of an organization's.
func ownNames() map[string]string {
	return map[string]string{
		"{kind}": "email", "{hash}": "x", "{name...}": "x", "{token}": "x",
		"/servers/{name}": "/servers/first",
	}
}

// withOwnNames puts what is no id into a pattern.
func withOwnNames(pattern string) string {
	for parameter, value := range ownNames() {
		pattern = strings.ReplaceAll(pattern, parameter, strings.Replace(value, "{name}", "first", 1))
	}
	return pattern
}

// walkPath asks for a route with each id of the first organization in its address,
// and as each thing that an address may be asked with: it is not there.
func (w *apart) walkPath(r web.Route) {
	w.t.Helper()
	pattern := strings.TrimSuffix(withOwnNames(r.Pattern), "{$}")
	for _, path := range pathsOf(pattern, w.ids) {
		if path != pattern {
			p := w.ask(r, path, url.Values{})
			if p.StatusCode != http.StatusNotFound && !gone(r, p) {
				w.t.Errorf("%s %s: got %d to %q, want 404", r.Method, path, p.StatusCode, p.Header.Get("Location"))
			}
			w.tellsNothing(r, path, p)
			continue
		}
		if r.Method != http.MethodGet {
			continue
		}
		for _, table := range []string{"person", "person_group", "event", "session", "factor_reset", "exemption"} {
			for _, field := range append(idFields(), "q", "kind", "next") {
				asked := path + "?" + url.Values{field: {w.ids[table][0]}}.Encode()
				w.tellsNothing(r, asked, w.ask(r, asked, nil))
			}
		}
	}
}

// gone are routes that say of what is not there that it is over already.
func gone(r web.Route, p page) bool {
	return r.Access == web.SignedIn && p.StatusCode == http.StatusSeeOther && strings.HasSuffix(p.Header.Get("Location"), "gone")
}

// walkFields sends the form of a route as the walker's own page has it, with each
// id of the first organization in every field that takes one.
func (w *apart) walkFields(r web.Route) {
	w.t.Helper()
	if r.Method != http.MethodPost || r.Access < web.Helping && !strings.Contains(r.Pattern, "{") {
		return
	}
	for _, table := range slices.Sorted(maps.Keys(w.own)) {
		for _, path := range pathsOf(withOwnNames(r.Pattern), map[string][]string{table: w.own[table][:1]}) {
			for _, foreign := range slices.Sorted(maps.Keys(w.ids)) {
				form := w.filled(path)
				for _, field := range idFields() {
					form.Set(field, w.ids[foreign][0])
				}
				form.Set("id_"+w.ids[foreign][0], "on") // a box of a list
				for field, values := range form {
					if anyID.MatchString(values[0]) {
						form.Set(field, w.ids[foreign][0])
					}
				}
				p := w.ask(r, path, form)
				w.tellsNothing(r, path, p)
				if p.StatusCode == http.StatusNotFound {
					break // the address names nothing, whatever the form says
				}
			}
			if !strings.Contains(r.Pattern, "{") {
				return
			}
		}
	}
}

// filled is what the walker's page sends to an address, filled in.
func (w *apart) filled(path string) url.Values {
	w.t.Helper()
	form := url.Values{}
	for _, at := range []string{path, path[:strings.LastIndex(path, "/")]} {
		p := w.bob.do("GET", at, nil)
		if p.StatusCode != http.StatusOK {
			continue
		}
		for _, f := range p.forms(w.t) {
			if f.action == path || slices.Contains(f.others, path) {
				form = f.values
			}
		}
	}
	for name, value := range map[string]string{
		"how": "phone", "note": "walk", "reason": "walk", "until": w.now().AddDate(0, 0, 3).UTC().Format(time.DateOnly), "when": "next", "form": "csv", "name": "walk", "action": string(core.BulkJoin),
	} {
		form.Set(name, value)
	}
	return form
}

// ask sends a request as the walker, who signs in again where that is needed.
func (w *apart) ask(r web.Route, path string, form url.Values) page {
	w.t.Helper()
	for range 2 {
		if form != nil && r.Method == http.MethodPost {
			form.Set("form_token", w.token())
		} else {
			form = nil
		}
		p := w.bob.do(r.Method, path, form)
		to := p.Header.Get("Location")
		if !strings.HasPrefix(to, "/signin") && !strings.HasPrefix(to, "/confirm") || r.Access == web.Open || r.Access == web.Pending {
			return p
		}
		w.bob, w.signed = w.browser(), ""
		w.bob.signIn("ana@southwind-b.example", password).must(w.t, 200, "Home")
		w.stronger()
	}
	w.t.Errorf("%s %s: signing in leads nowhere", r.Method, path)
	return page{}
}

// stronger makes the walker's session one that has shown a second step, as routes
// of API keys want it.
func (w *apart) stronger() {
	w.t.Helper()
	w.until("the session is stronger", func() bool { // the server may be writing
		_, err := w.database().ExecContext(w.t.Context(), `UPDATE session SET level = 2 WHERE ended_at = 0 AND level = 1 AND organization_id = '`+string(w.other)+`'`)
		return err == nil
	})
}

// token is the one that the forms of the walker's session carry.
func (w *apart) token() string {
	w.t.Helper()
	if w.signed == "" {
		w.signed = w.bob.get("/home").must(w.t, 200).forms(w.t)[0].values.Get("form_token")
	}
	return w.signed
}

// tellsNothing: no answer holds a word of the first organization.
func (w *apart) tellsNothing(r web.Route, path string, p page) {
	w.t.Helper()
	if p.StatusCode >= 500 {
		w.t.Errorf("%s %s: got %d", r.Method, path, p.StatusCode)
	}
	for _, text := range w.texts() {
		if strings.Contains(p.Body, text) {
			w.t.Errorf("%s %s shows %q of the other organization", r.Method, path, text)
		}
	}
}

// opens: some id of the fixtures opens the route for their own organization.
func (w *apart) opens(r web.Route) {
	w.t.Helper()
	pattern := withOwnNames(r.Pattern)
	if !strings.Contains(pattern, "{") || r.Method != http.MethodGet || strings.HasSuffix(pattern, "/sallyport.env") { // that is for the browser that has just made a key
		return
	}
	for _, path := range pathsOf(pattern, w.ids) {
		for _, b := range w.others {
			p := b.do(r.Method, path, nil)
			if p.StatusCode != http.StatusNotFound && !gone(r, p) {
				return
			}
		}
	}
	w.t.Errorf("%s %s: no id of the fixtures opens it, so the walk proves nothing: add what it shows to twoOrganizations", r.Method, r.Pattern)
}
