package proxies_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

// key makes an API key of a person who is there.
func (f *front) key(t *testing.T, email string, scope core.KeyScope) apikey.Made {
	t.Helper()
	acc, org, err := f.Store.UserByEmailKey(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	v := core.SessionView{Session: core.Session{Level: core.LevelEmail, ProvedAt: time.Now()}, Account: acc, Organization: org}
	m, err := f.APIKeys.Create(t.Context(), v, core.Origin{}, apikey.Wanted{Name: "Loader", Scopes: []core.KeyScope{scope}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func pair(access, secret string) change {
	return func(r *http.Request) {
		r.Header.Set("Sallyport-Access-Key", access)
		r.Header.Set("Sallyport-Secret-Key", secret)
	}
}

func bearer(value string) change { return header("Authorization", "Bearer "+value) }

// programs show a key in place of a person: the application learns who it is, and
// not the key; a refusal is JSON and never a page to sign in at.
func programs(t *testing.T, f *front) {
	f.person(t, "robot@example.com", "audit")
	m, reader := f.key(t, "robot@example.com", core.ScopeLoader), f.key(t, "robot@example.com", core.ScopeRead)
	b := f.browser(t)
	both := m.Key.Access + "." + m.Secret
	for name, show := range map[string]change{"the pair": pair(m.Key.Access, m.Secret), "a bearer": bearer(both), "a bearer in small letters": header("Authorization", "bearer  "+both)} {
		got := b.do("POST", f.notes.url+"/upload", strings.NewReader("a,b"), script(), show).arrived(t)
		if who := got.Header.Get("Remote-User"); who != "robot@example.com" || got.Header.Get("Remote-Groups") != "audit" || got.Digest != digest("a,b") {
			t.Errorf("%s: arrived as %q with %s", name, who, got.Digest)
		}
		for header, values := range got.Header {
			if text := strings.Join(values, " "); strings.Contains(text, "spk_") || strings.Contains(text, "sps_") || strings.HasPrefix(header, "Sallyport") {
				t.Errorf("%s: the application sees %s", name, header)
			}
		}
	}
	// The application's own bearer is its own business.
	signedIn := f.signedIn(t, "token@example.com")
	if got := signedIn.get(f.notes.url+"/", bearer("of-the-application")).arrived(t); got.Header.Get("Authorization") != "Bearer of-the-application" {
		t.Errorf("the application's own Authorization is %q", got.Header["Authorization"])
	}
	f.refusesKeys(t, []*browser{b, signedIn}, m, reader)
	inAddress := f.notes.url + "/?access_key=" + m.Key.Access + "&secret_key=" + m.Secret
	b.get(inAddress).asksToSignIn(t, f, http.StatusFound, inAddress)
}

func (f *front) refusesKeys(t *testing.T, browsers []*browser, m, reader apikey.Made) {
	t.Helper()
	seen := f.notes.seen.Load() + f.wiki.seen.Load()
	for _, c := range []struct {
		name, method, url string
		show              change
		status            int
		code              string
	}{
		{"a wrong secret", "GET", f.notes.url + "/", pair(m.Key.Access, reader.Secret), 401, "key.wrong"},
		{"nobody's", "POST", f.notes.url + "/", bearer("spk_aaaaaaaaaaaaaaaa." + m.Secret), 401, "key.wrong"},
		{"a reader writes", "POST", f.notes.url + "/", pair(reader.Key.Access, reader.Secret), 403, "key.scope"},
		{"no programs there", "GET", f.wiki.url + "/", pair(m.Key.Access, m.Secret), 403, "key.machines"},
	} {
		for _, who := range browsers { // a cookie changes nothing
			for _, accept := range []change{script(), header("Accept", "text/html")} {
				p := who.do(c.method, c.url, nil, c.show, accept)
				var body struct{ Error struct{ Code string } }
				if err := json.Unmarshal([]byte(p.body), &body); err != nil || p.StatusCode != c.status || body.Error.Code != c.code {
					t.Errorf("%s: got %d %s, want %d %s", c.name, p.StatusCode, p.body, c.status, c.code)
				}
				if kind := p.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") || p.Header.Get("Location") != "" {
					t.Errorf("%s: %q leads to %q", c.name, kind, p.Header.Get("Location"))
				}
			}
		}
	}
	if n := f.notes.seen.Load() + f.wiki.seen.Load() - seen; n != 0 {
		t.Errorf("%d refused requests reached an application", n)
	}
}

// oldPrograms show a name and an app password, or a password: the application learns
// who it is, and neither of the two.
func oldPrograms(t *testing.T, f *front) {
	const email = "loader@example.com"
	f.person(t, email, "audit")
	b := f.browser(t)
	shows := func(what, typed string, change change) {
		t.Helper()
		got := b.do("POST", f.notes.url+"/upload", strings.NewReader("a,b"), script(), func(r *http.Request) { r.SetBasicAuth(email, typed) }, change).arrived(t)
		if who := got.Header.Get("Remote-User"); who != email || got.Digest != digest("a,b") {
			t.Errorf("%s: arrived as %q with %s", what, who, got.Digest)
		}
		if values := got.Header["Authorization"]; len(values) > 0 {
			t.Errorf("%s: the application sees %q", what, values)
		}
	}
	inSmall := func(r *http.Request) {
		r.Header.Set("Authorization", "basic"+strings.TrimPrefix(r.Header.Get("Authorization"), "Basic"))
	}
	shows("a password", password, func(*http.Request) {})
	text := f.appPassword(t, email)
	shows("an app password", text, func(*http.Request) {})
	shows("in small letters", text, inSmall)
	seen := f.notes.seen.Load()
	for typed, want := range map[string]string{password: "client.app_password_set", "0000-0000-0000-0000": "client.wrong"} {
		p := b.do("POST", f.notes.url+"/upload", nil, script(), func(r *http.Request) { r.SetBasicAuth(email, typed) })
		var body struct{ Error string }
		if err := json.Unmarshal([]byte(p.body), &body); err != nil || p.StatusCode == http.StatusOK || body.Error != want {
			t.Errorf("got %d %s, want %s", p.StatusCode, p.body, want)
		}
	}
	if n := f.notes.seen.Load() - seen; n != 0 {
		t.Errorf("%d refused requests reached the application", n)
	}
}

// appPassword makes one of a person for the application of notes, from where the
// tests ask.
func (f *front) appPassword(t *testing.T, email string) string {
	t.Helper()
	acc, org, err := f.Store.UserByEmailKey(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	v := core.SessionView{Session: core.Session{Level: core.LevelEmail, ProvedAt: time.Now()}, Account: acc, Organization: org}
	programs, err := f.PassClients.OldPrograms(t.Context(), v)
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d applications for old programs, %v", len(programs), err)
	}
	made, err := f.PassClients.MakeAppPassword(t.Context(), v, core.Origin{Address: "127.0.0.1", Network: "127.0.0.0/24"}, passwordclient.WantedAppPassword{
		Name: "Old loader", Application: programs[0].ID, Life: core.AppPasswordDefault,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.Text
}
