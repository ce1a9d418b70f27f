package httpx_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

func TestErrorsBecomeStatuses(t *testing.T) {
	wait := core.NewError(core.RateLimited, "limit").With("wait", 1500*time.Millisecond)
	cases := []struct {
		name  string
		err   error
		want  int
		retry string
	}{
		{"invalid", core.NewError(core.Invalid, "x"), 422, ""},
		{"not found", core.ErrNotFound, 404, ""},
		{"conflict", core.ErrStale, 409, ""},
		{"gone", core.NewError(core.Gone, "x"), 410, ""},
		{"unauthenticated", core.NewError(core.Unauthenticated, "x"), 401, ""},
		{"forbidden", core.NewError(core.Forbidden, "x"), 403, ""},
		{"rate limited", wait, 429, "2"},
		{"unavailable", core.NewError(core.Unavailable, "busy"), 503, "1"},
		{"internal", errors.New("disk on fire"), 500, ""},
		{"malformed", httpx.Malformed(errors.New("x")), 400, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "https://id.example.com/api/x", nil)
			res := answer(newSite(t, config(t, "https://id.example.com")), r,
				func(http.ResponseWriter, *http.Request) error { return c.err })
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != c.want || res.Header.Get("Retry-After") != c.retry {
				t.Errorf("got %d %q, want %d %q", res.StatusCode, res.Header.Get("Retry-After"), c.want, c.retry)
			}
			if strings.Contains(string(body), "fire") {
				t.Errorf("the cause reached the client: %s", body)
			}
			var shape struct {
				Error struct {
					Code      string `json:"code"`
					RequestID string `json:"request_id"`
				} `json:"error"`
			}
			if err := json.Unmarshal(body, &shape); err != nil || shape.Error.Code == "" ||
				shape.Error.RequestID != res.Header.Get("X-Request-Id") {
				t.Errorf("body %s: %v", body, err)
			}
		})
	}
}

func TestPanicIsAnsweredAndLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	c := config(t, "https://id.example.com")
	c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	r := httptest.NewRequest("GET", "https://id.example.com/", nil)
	res := answer(newSite(t, c), r, func(http.ResponseWriter, *http.Request) error { panic("boom") })
	if res.StatusCode != 500 {
		t.Errorf("got %d", res.StatusCode)
	}
	if got := strings.Count(log.String(), "boom"); got != 1 {
		t.Errorf("logged %d times, want once:\n%s", got, log.String())
	}
	if id := res.Header.Get("X-Request-Id"); len(id) != 13 || !strings.Contains(log.String(), id) {
		t.Errorf("the log does not name request %q", id)
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	r := httptest.NewRequest("GET", "https://id.example.com/nothing", nil)
	rec := httptest.NewRecorder()
	newSite(t, config(t, "https://id.example.com")).Serve(http.NewServeMux()).ServeHTTP(rec, r)
	if rec.Code != 404 || strings.Contains(rec.Body.String(), "404 page not found") {
		t.Errorf("got %d %q, want our own page", rec.Code, rec.Body.String())
	}
	for name, want := range map[string]string{
		"Content-Security-Policy":      httpx.ContentPolicy,
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	clear := httptest.NewRecorder()
	newSite(t, config(t, "http://localhost:8080")).Serve(http.NewServeMux()).ServeHTTP(clear,
		httptest.NewRequest("GET", "http://localhost:8080/", nil))
	if got := clear.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS on plain http: %q", got)
	}
}

func TestMuxRefusals(t *testing.T) {
	s := newSite(t, config(t, "https://id.example.com"))
	mux := http.NewServeMux()
	mux.Handle("GET /page", s.Wrap(ok))
	mux.Handle("GET /own404", s.Wrap(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(404)
		_, err := io.WriteString(w, "mine")
		return err
	}))
	cases := []struct {
		method, path string
		want         int
		body, allow  string
	}{
		{"PUT", "/page", 405, "request.method\n", "GET, HEAD"},
		{"TRACE", "/page", 405, "request.method\n", ""},
		{"GET", "/own404", 404, "mine", ""},
		{"GET", "/none", 404, "request.no_page\n", ""},
	}
	for _, c := range cases {
		rec := httptest.NewRecorder()
		s.Serve(mux).ServeHTTP(rec, httptest.NewRequest(c.method, "https://id.example.com"+c.path, nil))
		if rec.Code != c.want || rec.Body.String() != c.body || rec.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d %q allow %q, want %d %q %q", c.method, c.path, rec.Code,
				rec.Body.String(), rec.Header().Get("Allow"), c.want, c.body, c.allow)
		}
	}
}

// TestOnTheWire sends what no client library would.
func TestOnTheWire(t *testing.T) {
	c := config(t, "http://localhost:8080")
	s := newSite(t, c)
	mux := http.NewServeMux()
	mux.Handle("GET /page", s.Wrap(ok))
	mux.Handle("POST /form", s.Wrap(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := s.ReadForm(r)
		return err
	}))
	server := httptest.NewUnstartedServer(nil)
	server.Config = httpx.NewServer(s.Serve(mux), c.Logger)
	server.Start()
	defer server.Close()
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	cases := []struct {
		name, request string
		want          string
	}{
		{"plain", "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", "200"},
		{"two hosts", "GET /page HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "400"},
		{"no host", "GET /page HTTP/1.1\r\n\r\n", "400"},
		{"absolute target of another host", "GET http://evil.example/page HTTP/1.1\r\nHost: localhost\r\n\r\n", "421"},
		{"double slash stays here", "GET //evil.example HTTP/1.1\r\nHost: localhost\r\n\r\n", "307"},
		{"back slash", "GET /\\evil.example HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
		{"encoded line break", "GET /page%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
		{"huge header", "GET /page HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", "431"},
		{"huge body", "POST /form HTTP/1.1\r\nHost: localhost\r\n" + form + "Content-Length: 70000\r\n\r\n" +
			strings.Repeat("x", 70000), "413"},
		{"no form", "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n", "415"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if _, err := io.WriteString(conn, c.request); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got := res.Status[:3]; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if to := res.Header.Get("Location"); to != "" && to != "/evil.example" {
				t.Errorf("sent to %q", to)
			}
			if res.Header.Get("Set-Cookie") != "" {
				t.Error("a header was smuggled in")
			}
		})
	}
}
