package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestAPIKeyIsShownInHeaders: AK6, AK7. Nowhere else, not twice, not too long; and
// what is wrong with it is the same whatever it is.
func TestAPIKeyIsShownInHeaders(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeRead)
	pair := func(r *http.Request) {
		r.Header.Del("Authorization")
		r.Header.Set("Sallyport-Access-Key", p.access)
		r.Header.Set("Sallyport-Secret-Key", p.secret)
	}
	p.asked("GET", "/me", "", pair).must(t, 200)
	none := program{server: s}
	for name, edit := range map[string]func(r *http.Request){
		"half a pair":    headed("Sallyport-Access-Key", p.access),
		"both ways":      func(r *http.Request) { pair(r); r.Header.Set("Authorization", "Bearer "+p.access+"."+p.secret) },
		"twice":          func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer a.b", "Bearer a.b"} },
		"a long header":  headed("Authorization", "Bearer "+strings.Repeat("a", 300)),
		"another method": func(r *http.Request) { pair(r); r.Header.Set("X-HTTP-Method-Override", "DELETE") },
	} {
		if got := none.asked("GET", "/me", "", edit); got.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
	value := p.access + "." + p.secret
	for name, ask := range map[string]func() told{
		"in the address": func() told { return none.asked("GET", "/me?access_token="+value, "") },
		"in a cookie":    func() told { return none.asked("GET", "/me", "", headed("Cookie", "sp_session="+value)) },
		"as Basic": func() told {
			return none.asked("GET", "/me", "", func(r *http.Request) { r.SetBasicAuth(p.access, p.secret) })
		},
		"no key": func() told { return none.asked("GET", "/me", "") },
	} {
		got := ask()
		if got.StatusCode != 401 || got.problem() != "api.key_none" || got.Header.Get("WWW-Authenticate") == "" || strings.Contains(got.text, p.secret) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
	wrong, unknown := p, p
	wrong.secret, unknown.access = p.secret[:len(p.secret)-1]+"x", "spk_"+strings.Repeat("a", 16)
	a, b := wrong.asked("GET", "/me", ""), unknown.asked("GET", "/me", "")
	if a.StatusCode != 401 || a.problem() != b.problem() || a.StatusCode != b.StatusCode {
		t.Errorf("a wrong secret %d %s, an unknown key %d %s", a.StatusCode, a.text, b.StatusCode, b.text)
	}
	if got := p.asked("GET", "/me?access_token="+value, ""); got.StatusCode != 422 || strings.Contains(got.text, p.secret) {
		t.Errorf("a key in the address beside one in the headers: %d %s", got.StatusCode, got.text)
	}
}

// TestAPIScopesAndRights: AK3. What a key may do is its scopes and what its person
// may do at that moment.
func TestAPIScopesAndRights(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		_, hal := s.helper(s.Org, "hal@example.com", core.HelpDesk)
		uma := s.person("uma@example.com")
		path := "/people/" + string(uma.ID)
		read, full, loader := s.program(ana, core.ScopeRead), s.program(ana, core.ScopeFull), s.program(ana, core.ScopeLoader)
		for name, got := range map[string]told{
			"a read key writes":            read.asked("POST", "/people", `{"email":"x@example.com"}`),
			"a read key makes a group":     read.asked("POST", "/groups", `{"name":"x"}`),
			"full deactivates":             full.asked("POST", path+"/deactivate", ""),
			"loader deactivates":           loader.asked("POST", path+"/deactivate", ""),
			"full makes a group":           full.asked("POST", "/groups", `{"name":"x"}`),
			"a loader key reads":           loader.asked("GET", "/people", ""),
			"a loader key mails a link":    loader.asked("POST", path+"/send-link", ""),
			"a read key ends all of Uma's": read.asked("POST", path+"/sign-out", `{}`),
		} {
			if got.StatusCode != 403 || got.problem() != "key.scope" {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
			}
		}
		desk, own := s.program(hal, core.ScopeFull), s.program(uma, core.ScopeFull)
		for name, got := range map[string]told{
			"the help desk adds":         desk.asked("POST", "/people", somebody("x")),
			"the help desk reads events": desk.asked("GET", "/audit", ""),
			"the help desk lists keys":   desk.asked("GET", "/keys", ""),
			"a person lists people":      own.asked("GET", "/people", ""),
			"a person looks at one":      own.asked("GET", path, ""),
			"a person reads groups":      own.asked("GET", "/groups", ""),
		} {
			if got.StatusCode != 404 && got.StatusCode != 403 {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
			}
		}
		seen := desk.asked("GET", path, "").must(t, 200)
		if seen.string("version") != "" || seen.string("phone") != "" {
			t.Errorf("the help desk sees the Profile tab: %s", seen.text)
		}
		if got := desk.asked("POST", "/people/"+string(ana.ID)+"/send-link", ""); got.StatusCode != 403 {
			t.Errorf("the help desk mails an administrator a link: %d", got.StatusCode)
		}
		if got := full.asked("POST", "/people/"+string(ana.ID)+"/require-password", ""); got.problem() != "people.self" {
			t.Errorf("a key touches its own person's password: %s", got.text)
		}
		for _, field := range []string{`"type":"administrator"`, `"email":"y@example.com"`, `"status":"active"`, `"Title":"x"`} {
			got := full.asked("PATCH", path, "{"+field+"}", headed("If-Match", "*"))
			if got.StatusCode != 422 || !strings.Contains(got.problem(), "=api.field_unknown") {
				t.Errorf("%s: %d %s", field, got.StatusCode, got.text)
			}
		}
		if got := full.asked("POST", "/people", `{"email":"z@example.com","first_name":"Z","last_name":"Z","type":"administrator"}`); got.problem() != "form.invalid type=api.field_choice" {
			t.Errorf("an administrator is made: %s", got.text)
		}
		state := s.program(ana, core.ScopeLoader, core.ScopeLoaderIdentity)
		state.asked("POST", path+"/deactivate", "").must(t, 204)
		if got := read.asked("GET", path, "").string("status"); got != "inactive" {
			t.Errorf("somebody deactivated is %s", got)
		}
		state.asked("POST", path+"/reactivate", "").must(t, 204)
		if got := state.asked("POST", "/people/"+string(ana.ID)+"/deactivate", ""); got.StatusCode < 400 {
			t.Errorf("a key deactivates its own person: %d", got.StatusCode)
		}
		refused := read.asked("GET", "/audit?result=refused&kind=password.required", "").items()
		if len(refused) != 1 || refused[0]["detail"].(map[string]any)[core.DetailKey] != full.access {
			t.Errorf("what a key was refused is recorded as %v", refused)
		}
		s.rightsMove(ana, read, full, path)
	})
}

// rightsMove takes an administrator's rights away, and then the account: their key
// has none any more either.
func (s *server) rightsMove(ana core.User, read, full program, path string) {
	s.t.Helper()
	_, zoe := s.helper(s.Org, "zoe@example.com", core.Administrator)
	acc, org, err := s.Store.AccountByID(s.t.Context(), zoe.OrganizationID, zoe.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	by := core.SessionView{Account: acc, Organization: org, Session: core.Session{ID: "zoe", Level: core.LevelStrong, ProvedAt: s.Clock()}}
	was, err := s.People.Get(s.t.Context(), by, ana.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	is := was.Account.User.Fields()
	is.Type = core.Ordinary
	if err := s.People.Save(s.t.Context(), by, core.Origin{}, ana.ID, is, was.Account.User.Fields()); err != nil {
		s.t.Fatal(err)
	}
	if got := read.asked("GET", "/people", ""); got.StatusCode != 404 {
		s.t.Errorf("the key of somebody who was an administrator lists people: %d", got.StatusCode)
	}
	if got := full.asked("POST", path+"/send-link", ""); got.StatusCode != 404 && got.StatusCode != 403 {
		s.t.Errorf("the key of somebody who was an administrator mails a link: %d", got.StatusCode)
	}
	if err := s.People.Deactivate(s.t.Context(), by, core.Origin{}, ana.ID); err != nil {
		s.t.Fatal(err)
	}
	read.asked("GET", "/me", "").must(s.t, 401) // keys end with the account
}

// TestAPIBadBodies: IN1, IN2. Each is refused, the field named, nothing echoed.
func TestAPIBadBodies(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeFull)
	deep := strings.Repeat(`{"email":`, 17) + "1" + strings.Repeat("}", 17)
	for _, c := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"email":"a@example.com","email":"b@example.com"}`, 422, "form.invalid email=api.field_twice"},
		{`{"email":["a@example.com"],"first_name":"A","last_name":"B"}`, 422, "form.invalid email=api.field_kind"},
		{`{"email":"a@example.com","first_name":"A","last_name":"B","admin":true}`, 422, "form.invalid admin=api.field_unknown"},
		{`{"email":"a@example.com","EMAIL":"b@example.com"}`, 422, "form.invalid EMAIL=api.field_unknown"},
		{`{"email":"a@example.com"}`, 422, "form.invalid first_name=api.field_missing last_name=api.field_missing"},
		{`{"email":"a@example.com"} {}`, 400, "api.body"},
		{`{"email":"a@example.com"`, 400, "api.body"},
		{`{"email":"` + "\xff" + `"}`, 400, "api.body"},
		{`{"email":"a` + `\u0000` + `@example.com"}`, 422, "form.invalid email=api.field_characters"},
		{deep, 422, "form.invalid " + strings.TrimSuffix(strings.Repeat("email.", 16), ".") + "=api.field_deep"},
		{`[]`, 422, "form.invalid body=api.field_kind"},
		{`{"email":"no address","first_name":"A","last_name":"B"}`, 422, "form.invalid email=user.email"},
		{`{"first_name":"A","last_name":"B","email":"` + strings.Repeat("a", 400) + `"}`, 422, "form.invalid email=api.field_range"},
		{`{"email":"` + strings.Repeat("a", 70<<10) + `"}`, 413, "request.too_large"},
	} {
		got := p.asked("POST", "/people", c.body)
		if got.StatusCode != c.status || c.want != "" && got.problem() != c.want || strings.Contains(got.text, "a@example.com") && c.want != "form.invalid email=user.email" {
			t.Errorf("%.60s: %d %s, want %d %s", c.body, got.StatusCode, got.text, c.status, c.want)
		}
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16", ""} {
		if got := p.asked("POST", "/people", `{"email":"a@example.com"}`, headed("Content-Type", kind)); got.StatusCode != 415 {
			t.Errorf("Content-Type %q: %d %s", kind, got.StatusCode, got.text)
		}
	}
	for path, want := range map[string]string{
		"/people?limit=0": "form.invalid limit=api.field_range", "/people?limit=x": "form.invalid limit=api.field_kind", "/people?limit=1&limit=2": "request.repeated",
		"/people?wildcard=1": "form.invalid wildcard=api.field_unknown", "/people?status=alive": "form.invalid status=api.field_choice",
		"/audit?from=yesterday": "form.invalid from=api.field_kind", "/people?cursor=!": "form.invalid cursor=api.cursor", "/nothing": "request.no_page",
	} {
		if got := p.asked("GET", path, ""); got.problem() != want {
			t.Errorf("%s: %d %s, want %s", path, got.StatusCode, got.text, want)
		}
	}
	if got := p.asked("PUT", "/people", `{}`); got.StatusCode != 405 {
		t.Errorf("PUT /people: %d", got.StatusCode)
	}
	if got := p.asked("GET", "/me", "", headed("Accept", "json")).must(t, 200).Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("an answer as %q", got)
	}
	if got := p.asked("GET", "/people?cursor=!", "", headed("Accept-Language", "es")); !strings.Contains(got.text, "cursor no es") {
		t.Errorf("in Spanish: %s", got.text)
	}
}

// somebody is the body that adds a person.
func somebody(name string) string {
	return `{"email":"` + name + `@example.com","first_name":"Some","last_name":"Body"}`
}

// TestAPICallsOnce: the same request under one name is done once, whoever asks how
// often, and answered alike; 50 at once too.
func TestAPICallsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		p, other := s.program(ana, core.ScopeFull), s.program(ana, core.ScopeFull)
		name := headed("Idempotency-Key", "one")
		first := p.asked("POST", "/people", somebody("uma"), name).must(t, 201)
		second := p.asked("POST", "/people", somebody("uma"), name).must(t, 201)
		if first.text != second.text || first.Header.Get("Location") != second.Header.Get("Location") || second.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("first %s, then %s", first.text, second.text)
		}
		if got := p.asked("POST", "/people", somebody("ben"), name).must(t, 422).problem(); got != "api.call_fingerprint" {
			t.Error(got)
		}
		if got := other.asked("POST", "/people", somebody("uma"), name).must(t, 422).problem(); got != "form.invalid email=people.taken" {
			t.Errorf("another key gets the answer of the first one: %s", got)
		}
		if got := p.asked("POST", "/people", somebody("cyd"), headed("Idempotency-Key", "a b")).must(t, 422).problem(); got != "form.invalid Idempotency-Key=api.field_form" {
			t.Error(got)
		}
		var answers [50]told
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range answers {
			done.Go(func() {
				start.Wait()
				answers[i] = p.asked("POST", "/people", somebody("dan"), headed("Idempotency-Key", "many"))
			})
		}
		start.Done()
		done.Wait()
		made := map[string]int{}
		for _, a := range answers {
			switch {
			case a.StatusCode == 201:
				made[a.string("id")]++
			case a.problem() != "api.call_open":
				t.Errorf("one of many at once: %d %s", a.StatusCode, a.text)
			}
		}
		if len(made) != 1 {
			t.Errorf("made %v", made)
		}
		if n := len(p.asked("GET", "/people?q=dan@example.com", "").items()); n != 1 {
			t.Errorf("%d people", n)
		}
	})
}

// TestAPILosesNoChange: of many that change the same line of what they all read,
// one does; the others hear of it.
func TestAPILosesNoChange(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		p := s.program(ana, core.ScopeFull)
		path := "/people/" + string(s.person("uma@example.com").ID)
		read := p.asked("GET", path, "").must(t, 200)
		var answers [50]told
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range answers {
			done.Go(func() {
				start.Wait()
				answers[i] = p.asked("PATCH", path, fmt.Sprintf(`{"title":"Title %d"}`, i), headed("If-Match", read.Header.Get("ETag")))
			})
		}
		start.Done()
		done.Wait()
		var won []string
		for i, a := range answers {
			switch a.StatusCode {
			case 200:
				won = append(won, fmt.Sprintf("Title %d", i))
			case 409, 412:
			default:
				t.Errorf("one of many at once: %d %s", a.StatusCode, a.text)
			}
		}
		if now := p.asked("GET", path, "").string("title"); len(won) != 1 || now != won[0] {
			t.Errorf("%v won, and the title is %q", won, now)
		}
	})
}

// TestAPICallAfterACrash: what was done and never answered is not done again, and
// what was begun and never done may be.
func TestAPICallAfterACrash(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		p := s.program(ana, core.ScopeRead, core.ScopeLoader)
		db := (&deployment{t, s.Config}).database()
		crashed := func(state string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), `UPDATE api_call SET state = '`+state+`', status = 0, body = '', lease_until = 0`); err != nil {
				t.Fatal(err)
			}
		}
		name := headed("Idempotency-Key", "crash")
		made := p.asked("POST", "/groups", `{"name":"Crew"}`, name).must(t, 201)
		crashed("done")
		if got := p.asked("POST", "/groups", `{"name":"Crew"}`, name).must(t, 409).problem(); got != "api.call_lost" {
			t.Error(got)
		}
		crashed("open")
		if got := p.asked("POST", "/groups", `{"name":"Crew"}`, name).must(t, 422).problem(); got != "form.invalid name=group.taken" {
			t.Error(got)
		}
		if rows := rowsOf(t, db, `SELECT id FROM api_call`); len(rows) != 0 {
			t.Errorf("a refusal is kept: %v", rows)
		}
		path := "/groups/" + made.string("id")
		member := path + "/members/" + string(s.person("uma@example.com").ID)
		for range 2 {
			p.asked("PUT", member, "", headed("Idempotency-Key", "join")).must(t, 204)
		}
		p.asked("DELETE", member, "").must(t, 204)
		if n := len(p.asked("GET", path+"/members", "").items()); n != 0 {
			t.Errorf("%d members", n)
		}
		p.asked("PUT", member, "", headed("Idempotency-Key", "join")).must(t, 204) // the answer of before: nothing is done
		if n := len(p.asked("GET", path+"/members", "").items()); n != 0 {
			t.Errorf("%d members after the answer was told again", n)
		}
		version := p.asked("GET", path, "").must(t, 200).Header.Get("ETag")
		p.asked("PATCH", path, `{"name":"Watch"}`, headed("If-Match", version)).must(t, 200)
		p.asked("PATCH", path, `{"name":"Deck"}`, headed("If-Match", version)).must(t, 412)
		p.asked("DELETE", path, "").must(t, 204)
		p.asked("GET", path, "").must(t, 404)
	})
}

// TestAPIPages: every page once, nobody twice, in any order; a cursor of another
// list or organization leads nowhere.
func TestAPIPages(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		for i := range 7 {
			s.person(fmt.Sprintf("p%d@example.com", i), "Makers")
		}
		p, loader := s.program(ana, core.ScopeRead), s.program(ana, core.ScopeRead, core.ScopeLoader)
		for i := range 4 {
			loader.asked("POST", "/groups", fmt.Sprintf(`{"name":"Group %d"}`, i)).must(t, 201)
		}
		walk := func(path string) (all []string, cursor string) {
			t.Helper()
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			for next := path + sep + "limit=2"; next != ""; {
				got := p.asked("GET", next, "").must(t, 200)
				for _, one := range got.items() {
					all = append(all, one["id"].(string))
				}
				next = ""
				if c := got.string("next_cursor"); c != "" {
					cursor = c
					link := got.Header.Get("Link")
					next = strings.TrimPrefix(link[1:strings.Index(link, ">")], "/api/v1")
				}
			}
			return all, cursor
		}
		for path, want := range map[string]int{
			"/people": 8, "/people?sort=-email": 8, "/people?q=p": 7, "/groups": 5, "/audit": -1,
			"/groups/" + s.groupNamed("Makers") + "/members": 7,
		} {
			all, _ := walk(path)
			slices.Sort(all)
			if n := len(all); n != len(slices.Compact(all)) || want >= 0 && n != want || n < 3 {
				t.Errorf("%s: %d of %d, or some twice", path, n, want)
			}
		}
		_, cursor := walk("/people")
		other, err := s.Organizations.Create(t.Context(), "Southwind", operator)
		if err != nil {
			t.Fatal(err)
		}
		_, bob := s.helper(other, "bob@example.com", core.Administrator)
		for name, got := range map[string]told{
			"another organization's": s.program(bob, core.ScopeRead).asked("GET", "/people?cursor="+cursor, ""),
			"another list's":         p.asked("GET", "/groups?cursor="+cursor, ""),
			"another order's":        p.asked("GET", "/people?sort=email&cursor="+cursor, ""),
		} {
			if got.problem() != "form.invalid cursor=api.cursor" {
				t.Errorf("%s cursor: %d %s", name, got.StatusCode, got.text)
			}
		}
	})
}

// TestAPIRation: a key that asks too often waits, and is told how long.
func TestAPIRation(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p, other := s.program(ana, core.ScopeRead), s.program(ana, core.ScopeRead)
	first := p.asked("GET", "/me", "").must(t, 200)
	if got := first.Header.Get("RateLimit-Policy"); got != `"key";q=600;w=60` || first.Header.Get("RateLimit") == "" {
		t.Errorf("the ration is told as %q, %q", got, first.Header.Get("RateLimit"))
	}
	for range 900 {
		if got := p.asked("GET", "/me", ""); got.StatusCode == 429 {
			if got.problem() != "api.ration" || got.Header.Get("Retry-After") == "" {
				t.Errorf("refused with %s", got.text)
			}
			other.asked("GET", "/me", "").must(t, 200)
			return
		}
	}
	t.Error("900 requests at once were let through")
}

// TestAPIAnswersOfBeforeAreNoRights: AK3. What was answered to an administrator's
// program is not told again once its person is none, whatever name the call has.
func TestAPIAnswersOfBeforeAreNoRights(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		s.person("uma@example.com")
		p := s.program(ana, core.ScopeFull, core.ScopeLoader)
		preview := `{"target":"people","column_names":["Email","Title"],"rows":[{"row":2,"cells":["uma@example.com","x"]}]}`
		calls := map[string]string{"/load-previews": preview, "/groups": `{"name":"Sales"}`, "/people": somebody("bob")}
		for path, body := range calls {
			p.asked("POST", path, body, headed("Idempotency-Key", path))
			if got := p.asked("POST", path, body, headed("Idempotency-Key", path)); got.Header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%s is not told again: %d %s", path, got.StatusCode, got.text)
			}
		}
		if _, err := s.database().ExecContext(t.Context(), "UPDATE person SET user_type = 1 WHERE id = $1", string(ana.ID)); err != nil {
			t.Fatal(err)
		}
		s.APIKeys.Forget(core.ChangeUser, ana.ID)
		for path, body := range calls {
			got := p.asked("POST", path, body, headed("Idempotency-Key", path))
			if got.StatusCode < 400 || got.Header.Get("Idempotency-Replayed") != "" || strings.Contains(got.text, "@example.com") {
				t.Errorf("%s is told to somebody who may not ask for it: %d %s", path, got.StatusCode, got.text)
			}
		}
	})
}
