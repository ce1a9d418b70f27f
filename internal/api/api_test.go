package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/session"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// one is a store with the session of one person.
type one struct {
	view core.SessionView
	err  error
}

// SessionByToken implements session.Store.
func (o *one) SessionByToken(_ context.Context, hash string) (core.SessionView, error) {
	sum := sha256.Sum256([]byte(token()))
	if o.err == nil && hash != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return core.SessionView{}, core.ErrNotFound
	}
	return o.view, o.err
}

// TouchSessions implements session.Store.
func (o *one) TouchSessions(context.Context, []core.SessionTouch) error { return o.err }

// EndSession implements session.Store.
func (o *one) EndSession(context.Context, core.SessionEnd) error { return o.err }

// ChangesSince implements session.Store.
func (o *one) ChangesSince(context.Context, time.Time) ([]core.Change, error) { return nil, o.err }

func token() string { return strings.Repeat("a", 52) }

func ada() core.SessionView {
	return core.SessionView{
		Session: core.Session{ID: "s1", UserID: "u1", Level: core.LevelStrong, SignedInAt: noon.Add(-time.Hour), LastSeenAt: noon},
		Account: core.Account{Groups: []string{"makers", `"quoted" <b>`}, User: core.User{
			ID: "u1", Username: "ada",
			Email: "ada@example.com", FirstName: "Ada", LastName: "Löwe", Type: core.Ordinary, Status: core.Active, PasswordSealed: "x",
		}},
		Organization: core.Organization{Name: "Example & Co", Policy: core.DefaultPolicy()},
	}
}

func site(t testing.TB, logger *slog.Logger) *httpx.Site {
	t.Helper()
	s, err := httpx.NewSite(httpx.Config{
		BaseURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Clock: clock,
		Random: func(b []byte) { copy(b, "12345678") }, Logger: logger, TokenKeys: func() [][]byte { return [][]byte{bytes.Repeat([]byte{1}, 32)} }, AnyHost: api.Paths(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, h http.Handler, address, cookie string) (int, string) {
	t.Helper()
	rec := ask(t, h, address, cookie)
	return rec.Code, rec.Body.String()
}

func ask(t *testing.T, h http.Handler, address, cookie string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-sp_session", Value: cookie})
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if got := rec.Header().Get("Content-Type"); strings.HasPrefix(r.URL.Path, "/api/") && got != "application/json" {
		t.Errorf("content type %q", got)
	}
	return rec
}

// TestStepUpSaysWhatIsMissing: SU3, RFC 9470 §3.
func TestStepUpSaysWhatIsMissing(t *testing.T) {
	store := &one{view: ada()}
	store.view.Session.Level, store.view.Account.User.TwoFactor = core.LevelPassword, core.TwoFactorOn
	s := site(t, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	api.NewSessions(s, session.New(session.Config{Store: store, Clock: clock, Random: func([]byte) {}}), clock).Mount(mux)
	h := s.Serve(mux)
	const want = `Bearer error="insufficient_user_authentication", acr_values="2", max_age="600"`
	if got := ask(t, h, "https://id.example.com/api/session", token()).Header().Get("WWW-Authenticate"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := ask(t, h, "https://id.example.com/api/session", "").Header().Get("WWW-Authenticate"); got != "" {
		t.Errorf("nobody is signed in, and the header says %q", got)
	}
}

func TestSession(t *testing.T) {
	cases := []struct {
		name, cookie string
		edit         func(*one)
		status       int
		code         string
	}{
		{"signed in", token(), func(*one) {}, 200, ""},
		{"no cookie", "", func(*one) {}, 401, "session.none"},
		{"unknown", strings.Repeat("b", 52), func(*one) {}, 401, "session.none"},
		{"malformed", "x", func(*one) {}, 401, "session.none"},
		{"ended", token(), func(o *one) { o.view.Session.EndedAt = noon }, 401, "session.none"},
		{"second step due", token(), func(o *one) {
			o.view.Session.Level, o.view.Account.User.TwoFactor = core.LevelPassword, core.TwoFactorOn
		}, 401, "session.step_up"},
		{"new password due", token(), func(o *one) {
			o.view.Account.User.PasswordDue, o.view.Account.User.PasswordDueAt = core.PasswordTemporary, o.view.Session.SignedInAt.Add(-time.Hour)
		}, 403, "session.password_due"},
		{"store down", token(), func(o *one) { o.err = errors.New("down") }, 503, "session.unavailable"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			store := &one{view: ada()}
			c.edit(store)
			s := site(t, slog.New(slog.DiscardHandler))
			mux := http.NewServeMux()
			api.NewSessions(s, session.New(session.Config{Store: store, Clock: clock, Random: func([]byte) {}}), clock).Mount(mux)
			status, body := get(t, s.Serve(mux), "https://id.example.com/api/session", c.cookie)
			var got struct {
				Error struct{ Code string }
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || got.Error.Code != c.code {
				t.Errorf("got %d %s (%v), want %d %q", status, body, err, c.status, c.code)
			}
		})
	}
}

func TestSessionAnswer(t *testing.T) {
	s := site(t, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	api.NewSessions(s, session.New(session.Config{Store: &one{view: ada()}, Clock: clock, Random: func([]byte) {}}), clock).Mount(mux)
	_, body := get(t, s.Serve(mux), "https://id.example.com/api/session", token())
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	want := map[string]any{
		"signed_in": true, "level": 3.0, "organization": "Example & Co", "expires": "2026-05-04T13:00:00Z",
		"user": map[string]any{
			"login": "ada", "name": "Ada Löwe", "email": "ada@example.com",
			"groups": []any{"makers", `"quoted" <b>`},
		},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

// part is a check that a test makes fail.
type part struct {
	name string
	err  error
	runs int
}

// Name implements api.Check.
func (p *part) Name() string { return p.name }

// Ready implements api.Check.
func (p *part) Ready(context.Context) error { p.runs++; return p.err }

func TestProbes(t *testing.T) {
	now := noon
	var log bytes.Buffer
	s := site(t, slog.New(slog.NewTextHandler(io.Discard, nil)))
	database, clockCheck := &part{name: "database"}, &part{name: "clock"}
	mux := http.NewServeMux()
	api.NewHealth(s, func() time.Time { return now }, func(check string, err error) {
		_, _ = io.WriteString(&log, check)
		if err != nil {
			_, _ = io.WriteString(&log, " "+err.Error())
		}
		_, _ = io.WriteString(&log, ";")
	}, database, clockCheck).Mount(mux)
	h := s.Serve(mux)
	const address = "http://10.0.0.7:8080" // a probe asks by address
	expect := func(wantStatus int, wantBody string) {
		t.Helper()
		if status, body := get(t, h, address+api.ReadyPath, ""); status != wantStatus || body != wantBody {
			t.Errorf("got %d %s, want %d %s", status, body, wantStatus, wantBody)
		}
	}
	fine := "{\"ready\":true,\"checks\":{\"clock\":\"ok\",\"database\":\"ok\"}}\n"
	expect(200, fine)
	database.err = errors.New("secret host refused")
	expect(200, fine) // a second has not passed
	if database.runs != 1 {
		t.Errorf("ran %d times within a second", database.runs)
	}
	now = now.Add(time.Second)
	expect(503, "{\"ready\":false,\"checks\":{\"clock\":\"ok\",\"database\":\"failing\"}}\n")
	if status, body := get(t, h, address+api.HealthPath, ""); status != 200 || body != "ok\n" {
		t.Errorf("got %d %q: the process runs all the same", status, body)
	}
	database.err = nil
	now = now.Add(time.Second)
	expect(200, fine)
	if got := log.String(); got != "database secret host refused;database;" {
		t.Errorf("told %q", got)
	}
}
