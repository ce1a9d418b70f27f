package forwardauth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/forwardauth"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/session"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// shelf is a store of sessions and applications.
type shelf struct {
	views map[string]core.SessionView
	err   error
	asked int // for keys
}

// The key of the one person of these tests.
const (
	goodAccess = "spk_abcdefghijklmnop"
	goodSecret = "sps_secret"
)

// AuthenticateShared implements forwardauth.Keys.
func (s *shelf) AuthenticateShared(_ context.Context, access, secret string, _ netip.Addr) (*core.KeyView, error) {
	s.asked++
	switch {
	case s.err != nil:
		return nil, apikey.ErrUnavailable.Because(s.err)
	case access == "spk_many":
		return nil, apikey.ErrLimited
	case access == "spk_expired":
		return nil, core.ErrKeyExpired
	case access != goodAccess || secret != goodSecret:
		return nil, apikey.ErrWrong
	}
	return &core.KeyView{
		Key: core.APIKey{OrganizationID: "o1", Scopes: []core.KeyScope{core.ScopeRead}},
		Account: core.Account{Groups: []string{"makers"}, User: core.User{
			Username: "robot", Email: "robot@example.com", FirstName: "Robot", Type: core.Ordinary, Status: core.Active,
		}},
	}, nil
}

// SessionByToken implements session.Store.
func (s *shelf) SessionByToken(_ context.Context, hash string) (core.SessionView, error) {
	v, there := s.views[hash]
	if s.err != nil {
		return v, s.err
	}
	if !there {
		return v, core.ErrNotFound
	}
	return v, nil
}

// TouchSessions implements session.Store.
func (s *shelf) TouchSessions(context.Context, []core.SessionTouch) error { return s.err }

// EndSession implements session.Store.
func (s *shelf) EndSession(context.Context, core.SessionEnd) error { return s.err }

// ChangesSince implements session.Store.
func (s *shelf) ChangesSince(context.Context, time.Time) ([]core.Change, error) { return nil, s.err }

// Applications implements gate.Store.
func (s *shelf) Applications(context.Context, core.ID) ([]core.Application, error) {
	return []core.Application{
		{ID: "a1", OrganizationID: "o1", URL: "https://score.example.com", Level: core.LevelPassword, Machines: true},
		{ID: "a2", OrganizationID: "o1", URL: "https://score.example.com/admin", Level: core.LevelPassword, Groups: []string{"admins"}},
		{ID: "a3", OrganizationID: "o1", URL: "https://vault.example.com", Level: core.LevelStrong},
	}, s.err
}

// token is the cookie of the one person of these tests.
func token() string { return strings.Repeat("a", 52) }

func (s *shelf) signIn(edit func(*core.SessionView)) {
	v := core.SessionView{
		Session: core.Session{ID: "s1", OrganizationID: "o1", UserID: "u1", Level: core.LevelPassword, SignedInAt: noon, LastSeenAt: noon},
		Account: core.Account{Groups: []string{"makers", "readers"}, User: core.User{
			ID: "u1", Email: "ada@example.com",
			FirstName: "Ada", LastName: "Löwe", Type: core.Ordinary, Status: core.Active, PasswordSealed: "x",
		}},
		Organization: core.Organization{ID: "o1", Policy: core.DefaultPolicy()},
	}
	edit(&v)
	sum := sha256.Sum256([]byte(token()))
	s.views = map[string]core.SessionView{base64.RawURLEncoding.EncodeToString(sum[:]): v}
}

func handler(t testing.TB, store *shelf) http.Handler {
	t.Helper()
	site, err := httpx.NewSite(httpx.Config{
		BaseURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Clock: clock,
		Random: func(b []byte) { copy(b, "12345678") }, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		TokenKeys: func() [][]byte { return [][]byte{bytes.Repeat([]byte{1}, 32)} }, AnyHost: forwardauth.Paths(), BehindProxy: true,
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := gate.New(store, clock, nil, false)
	sessions := session.New(session.Config{Store: store, Clock: clock, Random: func([]byte) {}, Listeners: []session.Listener{g}})
	if store.err == nil {
		if err := sessions.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	forwardauth.New(site, sessions, store, store, g).Mount(mux)
	return site.Serve(mux)
}

// ask makes a good question of a proxy; edit spoils it.
func ask(path string, edit func(*http.Request)) *http.Request {
	r := httptest.NewRequest("GET", "http://sallyport:9091"+path, nil)
	r.RemoteAddr = "10.0.0.1:4711"
	r.Header.Set("Accept", "text/html,*/*")
	if path == forwardauth.ForwardAuthPath {
		for name, v := range map[string]string{"Method": "GET", "Proto": "https", "Host": "score.example.com", "Uri": "/a?b="} {
			r.Header.Set("X-Forwarded-"+name, v)
		}
	} else {
		r.Header.Set("X-Original-Method", "GET")
		r.Header.Set("X-Original-URL", "https://score.example.com/a?b=")
	}
	r.AddCookie(&http.Cookie{Name: "__Host-sp_session", Value: token()})
	edit(r)
	return r
}

type question struct {
	name     string
	edit     func(*http.Request)
	want     int
	location string
}

const portal = "https://id.example.com/signin?rd=https%3A%2F%2Fscore.example.com%2F"

func set(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
}

func all(edits ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, edit := range edits {
			edit(r)
		}
	}
}

func signedOut(r *http.Request) { r.Header.Del("Cookie") }

func check(t *testing.T, h http.Handler, path string, questions []question) {
	t.Helper()
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, ask(path, q.edit))
			if rec.Code != q.want || rec.Header().Get("Location") != q.location {
				t.Errorf("got %d to %q, want %d to %q", rec.Code, rec.Header().Get("Location"), q.want, q.location)
			}
			for _, name := range []string{"Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email"} {
				v := rec.Header()[name]
				if len(v) != 1 || (v[0] != "") != (rec.Code == 200) {
					t.Errorf("%s is %q with status %d", name, v, rec.Code)
				}
			}
		})
	}
}

func TestForwardAuth(t *testing.T) {
	store := &shelf{}
	store.signIn(func(*core.SessionView) {})
	check(t, handler(t, store), forwardauth.ForwardAuthPath, []question{
		{"signed in", func(*http.Request) {}, 200, ""},
		{"asked with POST", func(r *http.Request) { r.Method = "POST" }, 200, ""},
		{"signed out", signedOut, 302, portal + "a%3Fb%3D"},
		{"signed out, HEAD", all(signedOut, set("X-Forwarded-Method", "HEAD")), 302, portal + "a%3Fb%3D"},
		{"signed out, POST", all(signedOut, set("X-Forwarded-Method", "POST")), 303, portal + "a%3Fb%3D"},
		{"signed out, script", all(signedOut, set("X-Requested-With", "XMLHttpRequest")), 401, ""},
		{"signed out, no page wanted", all(signedOut, set("Accept", "application/json")), 401, ""},
		{"signed out, no Accept", all(signedOut, set("Accept")), 401, ""},
		{"unknown cookie", set("Cookie", "__Host-sp_session="+strings.Repeat("b", 52)), 302, portal + "a%3Fb%3D"},
		{"not in the group", set("X-Forwarded-Uri", "/admin"), 403, ""},
		{"not in the group, script", all(set("X-Forwarded-Uri", "/admin"), set("Accept", "*/*")), 403, ""},
		{
			"level too low", all(set("X-Forwarded-Host", "vault.example.com"), set("X-Forwarded-Uri", "/")), 302,
			"https://id.example.com/signin?rd=https%3A%2F%2Fvault.example.com%2F",
		},
		{"unknown application", set("X-Forwarded-Host", "evil.example"), 403, ""},
		{"unknown application, signed out", all(signedOut, set("X-Forwarded-Host", "evil.example")), 403, ""},

		{"untrusted peer", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:4711" }, 401, ""},
		{"untrusted peer names a trusted one", func(r *http.Request) {
			r.RemoteAddr = "192.0.2.1:4711"
			r.Header.Set("X-Forwarded-For", "10.0.0.1")
		}, 401, ""},
		{"no method", set("X-Forwarded-Method"), 400, ""},
		{"no scheme", set("X-Forwarded-Proto"), 400, ""},
		{"no host", set("X-Forwarded-Host"), 400, ""},
		{"no address", set("X-Forwarded-Uri"), 400, ""},
		{"empty host", set("X-Forwarded-Host", ""), 400, ""},
		{"two hosts", set("X-Forwarded-Host", "score.example.com", "vault.example.com"), 400, ""},
		{"the same host twice", set("X-Forwarded-Host", "score.example.com", "score.example.com"), 400, ""},
		{"list of hosts", set("X-Forwarded-Host", "score.example.com, vault.example.com"), 400, ""},
		{"two addresses", set("X-Forwarded-Uri", "/", "/admin"), 400, ""},
		{"two schemes", set("X-Forwarded-Proto", "https", "http"), 400, ""},
		{"another authority", set("X-Forwarded-Uri", "//evil"), 400, ""},
		{"backslash", set("X-Forwarded-Uri", `/\evil`), 400, ""},
		{"line break", set("X-Forwarded-Uri", "/a\r\nSet-Cookie: a=b"), 400, ""},
		{"dot-segments", set("X-Forwarded-Uri", "/x/%2e%2e/admin"), 400, ""},
		{"names that mean nothing here", all(set("X-Original-Url", "https://vault.example.com/"),
			set("Forwarded", "host=vault.example.com"), set("X-Forwarded-Prefix", "/admin")), 200, ""},
	})
}

func TestAuthRequest(t *testing.T) {
	store := &shelf{}
	store.signIn(func(*core.SessionView) {})
	check(t, handler(t, store), forwardauth.AuthRequestPath, []question{
		{"signed in", func(*http.Request) {}, 200, ""},
		{"signed out", signedOut, 401, portal + "a%3Fb%3D"},
		{"signed out, POST", all(signedOut, set("X-Original-Method", "POST")), 401, portal + "a%3Fb%3D"},
		{"signed out, script", all(signedOut, set("Accept", "*/*")), 401, portal + "a%3Fb%3D"},
		{"not in the group", set("X-Original-Url", "https://score.example.com/admin"), 403, ""},
		{"unknown application", set("X-Original-Url", "https://evil.example/"), 403, ""},
		{"untrusted peer", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:4711" }, 401, ""},
		{"no address", set("X-Original-Url"), 400, ""},
		{"two addresses", set("X-Original-Url", "https://score.example.com/", "https://vault.example.com/"), 400, ""},
		{"no method", set("X-Original-Method"), 400, ""},
		{"relative", set("X-Original-Url", "/a"), 400, ""},
		{"user name", set("X-Original-Url", "https://score.example.com@evil.example/"), 400, ""},
		{"what the client said of itself", set("X-Forwarded-Host", "evil.example"), 200, ""},
	})
}

func TestIdentityHeaders(t *testing.T) {
	store := &shelf{}
	store.signIn(func(*core.SessionView) {})
	rec := httptest.NewRecorder()
	handler(t, store).ServeHTTP(rec, ask(forwardauth.ForwardAuthPath, set("Remote-User", "root")))
	for name, want := range map[string]string{
		"Remote-User": "ada@example.com", "Remote-Groups": "makers,readers",
		"Remote-Name": "Ada Löwe", "Remote-Email": "ada@example.com",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestSessionsThatMayNotGoOn(t *testing.T) {
	cases := []struct {
		name string
		edit func(*core.SessionView)
		want int
	}{
		{"idle", func(v *core.SessionView) { v.Session.LastSeenAt = noon.Add(-2 * time.Hour) }, 302},
		{"disabled", func(v *core.SessionView) { v.Account.User.Status = core.Inactive }, 302},
		{"second step due", func(v *core.SessionView) { v.Account.User.TwoFactor = core.TwoFactorOn }, 302},
		{"other organization", func(v *core.SessionView) { v.Session.OrganizationID = "o2" }, 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			store := &shelf{}
			store.signIn(c.edit)
			rec := httptest.NewRecorder()
			handler(t, store).ServeHTTP(rec, ask(forwardauth.ForwardAuthPath, func(*http.Request) {}))
			if rec.Code != c.want || rec.Header().Get("Remote-User") != "" {
				t.Errorf("got %d as %q, want %d", rec.Code, rec.Header().Get("Remote-User"), c.want)
			}
		})
	}
}

func TestStoreDownNeverAllows(t *testing.T) {
	rec := httptest.NewRecorder()
	handler(t, &shelf{err: errors.New("down")}).ServeHTTP(rec, ask(forwardauth.ForwardAuthPath, func(*http.Request) {}))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("got %d", rec.Code)
	}
}

// TestAllowedNetworks: from elsewhere an application is not opened, whatever the
// session, and the answer says why; nothing says who it was.
func TestAllowedNetworks(t *testing.T) {
	store := &shelf{}
	store.signIn(func(v *core.SessionView) { v.Organization.Policy.AllowedNetworks = "203.0.113.0/24\n2001:db8::/32" })
	h := handler(t, store)
	for _, tt := range []struct {
		name, hop string
		want      int
	}{
		{"an allowed network", "203.0.113.9", http.StatusOK},
		{"another one, IPv6", "2001:db8::9", http.StatusOK},
		{"elsewhere", "198.51.100.1", http.StatusForbidden},
		{"elsewhere, with an allowed hop before it", "203.0.113.9, 198.51.100.1", http.StatusForbidden},
		{"no hop: the proxy itself", "", http.StatusForbidden},
	} {
		for _, path := range forwardauth.Paths() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, ask(path, func(r *http.Request) {
				if tt.hop != "" {
					r.Header.Set("X-Forwarded-For", tt.hop)
				}
			}))
			if w.Code != tt.want {
				t.Errorf("%s, %s: %d, want %d", tt.name, path, w.Code, tt.want)
			}
			if tt.want == http.StatusForbidden && w.Header().Get("Remote-User") != "" {
				t.Errorf("%s, %s: it says who it is", tt.name, path)
			}
		}
	}
}
