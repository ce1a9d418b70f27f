package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
)

// program asks the API with a key.
type program struct {
	*server
	access, secret string
}

// told is what a program was answered.
type told struct {
	*http.Response
	text string
	body map[string]any
}

// problem is the code of a refusal, with those of its fields.
func (a told) problem() string {
	code, _ := a.body["code"].(string)
	fields, _ := a.body["errors"].([]any)
	for _, f := range fields {
		one, _ := f.(map[string]any)
		code += " " + one["field"].(string) + "=" + one["code"].(string)
	}
	return code
}

func (a told) string(names ...string) string {
	var at any = a.body
	for _, name := range names {
		m, _ := at.(map[string]any)
		at = m[name]
	}
	s, _ := at.(string)
	return s
}

func (a told) items() []map[string]any {
	list, _ := a.body["items"].([]any)
	all := make([]map[string]any, len(list))
	for i, one := range list {
		all[i], _ = one.(map[string]any)
	}
	return all
}

// program makes a key of a person.
func (s *server) program(u core.User, scopes ...core.KeyScope) program {
	s.t.Helper()
	acc, org, err := s.Store.AccountByID(s.t.Context(), u.OrganizationID, u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	v := core.SessionView{Account: acc, Organization: org, Session: core.Session{
		ID: "made", Level: core.LevelStrong, SignedInAt: s.Clock(), ProvedAt: s.Clock(),
	}}
	made, err := s.APIKeys.Create(s.t.Context(), v, core.Origin{}, apikey.Wanted{Name: "Roster", Scopes: scopes})
	if err != nil {
		s.t.Fatal(err)
	}
	return program{s, made.Key.Access, made.Secret}
}

// asked sends a request; edits change it before it goes.
func (p program) asked(method, path, body string, edits ...func(r *http.Request)) told {
	p.t.Helper()
	var sent io.Reader
	if body != "" {
		sent = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+"/api/v1"+path, sent)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.access != "" {
		r.Header.Set("Authorization", "Bearer "+p.access+"."+p.secret)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range edits {
		edit(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	a := told{Response: res, text: string(text)}
	if len(text) > 0 && json.Unmarshal(text, &a.body) != nil {
		p.t.Errorf("%s %s: no JSON: %s", method, path, text)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		p.t.Errorf("%s %s: Cache-Control %q", method, path, got)
	}
	if res.StatusCode >= 400 && res.Header.Get("Content-Type") != "application/problem+json" {
		p.t.Errorf("%s %s: a refusal as %q", method, path, res.Header.Get("Content-Type"))
	}
	return a
}

// must fails the test where the status is another.
func (a told) must(t testing.TB, status int) told {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("got %d %s, want %d", a.StatusCode, a.text, status)
	}
	return a
}

func headed(name, value string) func(r *http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// TestAPIPeople: a program adds somebody, finds, changes and helps them, and the
// log says by which key.
func TestAPIPeople(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
		p := s.program(ana, core.ScopeFull)
		me := p.asked("GET", "/me", "").must(t, 200)
		if me.string("person", "email") != "ana@example.com" || me.string("organization", "name") != s.Org.Name || strings.Contains(me.text, p.secret) {
			t.Errorf("the key is %s", me.text)
		}
		made := p.asked("POST", "/people", `{"email":"uma@example.com","first_name":"Uma","last_name":"Löwe"}`).must(t, 201)
		path := strings.TrimPrefix(made.Header.Get("Location"), "/api/v1")
		s.mail("uma@example.com", titled("invite"))
		got := p.asked("GET", path, "").must(t, 200)
		if got.string("status") != "invited" || got.string("type") != "user" || got.string("two_factor") == "" || got.Header.Get("ETag") != `"`+got.string("version")+`"` {
			t.Errorf("the person is %s", got.text)
		}
		if got := p.asked("PATCH", path, `{"title":"Dr."}`).must(t, 428).problem(); got != "api.version_needed" {
			t.Error(got)
		}
		changed := p.asked("PATCH", path, `{"title":"Dr.","manager":"Bo Ss"}`, headed("If-Match", got.Header.Get("ETag"))).must(t, 200)
		if changed.string("title") != "Dr." || changed.string("manager") != "Bo Ss" || changed.string("first_name") != "Uma" || changed.string("version") == got.string("version") {
			t.Errorf("changed to %s", changed.text)
		}
		if got := p.asked("PATCH", path, `{"title":"Prof."}`, headed("If-Match", got.Header.Get("ETag"))).must(t, 412).problem(); got != "api.changed" {
			t.Error(got)
		}
		if got := p.asked("POST", path+"/send-link", "").must(t, 200); got.string("kind") != "invitation" {
			t.Error(got.text)
		}
		for _, deed := range []string{"let-try", "require-two-factor"} {
			p.asked("POST", path+"/"+deed, "").must(t, 204)
		}
		p.asked("POST", path+"/sign-out", `{"forget_devices":true}`).must(t, 204)
		if got := p.asked("POST", path+"/require-password", "").must(t, 409).problem(); got != "people.no_password" {
			t.Error(got)
		}
		if found := p.asked("GET", "/people?q=uma", "").must(t, 200).items(); len(found) != 1 || found[0]["email"] != "uma@example.com" {
			t.Errorf("found %v", found)
		}
		events := p.asked("GET", "/audit?kind=user.created&result=ok", "").must(t, 200).items()
		if len(events) == 0 || events[0]["actor"].(map[string]any)["name"] != "Hal Young" || !strings.Contains(p.asked("GET", "/audit?kind=user.created", "").text, p.access) {
			t.Errorf("the log does not say by which key: %v", events)
		}
	})
}
