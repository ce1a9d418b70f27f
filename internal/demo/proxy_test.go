package demo_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/demo"
)

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// house is a proxy between a Sallyport that gives one answer and an
// application that keeps what it was asked.
type house struct {
	address  string
	question *http.Request
	passed   *http.Request
	body     string
}

func open(t *testing.T, answer http.HandlerFunc) *house {
	t.Helper()
	h := &house{}
	sallyport := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.question = r
		answer(w, r)
	}))
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.passed, h.body = r, string(body)
		w.Header().Set("X-From", "application")
		w.WriteHeader(http.StatusTeapot)
	}))
	front := httptest.NewServer(demo.NewProxy(demo.ProxyConfig{
		Sallyport: parse(t, sallyport.URL), Application: parse(t, application.URL),
		Logger: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(func() { front.Close(); application.Close(); sallyport.Close() })
	h.address = strings.Replace(front.URL, "127.0.0.1", "localhost", 1)
	return h
}

// send asks the proxy with the headers exactly as spelled.
func (h *house) send(t *testing.T, method, path, body string, headers http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, h.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		if name == "Host" {
			r.Host = values[0]
			continue
		}
		r.Header[name] = values
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func yes(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Remote-User", "ana")
	h.Set("Remote-Groups", "Finance,Operations")
	h.Set("Remote-Name", "Ana Díaz")
	h.Set("Remote-Email", "ana@northwind.example")
	h.Set("Remote-Level", "9")
}

func TestProxyPassesOnWhatSallyportSays(t *testing.T) {
	h := open(t, yes)
	answer := h.send(t, http.MethodPost, "/upload?a=b%20c", "the body", http.Header{
		"Remote-User": {"eve"}, "Remote_user": {"eve"}, "REMOTE_GROUPS": {"Administrators"}, "remote.Name": {"Eve"}, "Remote.User": {"eve"},
		"Remote-Anything": {"eve"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Host": {"evil.example"}, "X_Forwarded_Host": {"evil.example"},
		"X-Forwarded-Prefix": {"/evil"}, "X-Original-Url": {"http://evil.example/"}, "Forwarded": {"host=evil.example"}, "X-Real-Ip": {"192.0.2.1"},
		"Connection": {"Remote-User, Remote-Name"},
		"Cookie":     {"a=1; sp_session=secret; b=2", "__Host-sp_device=secret; sp_pre=x;c=3"}, "Accept-Language": {"en"},
	})
	if answer.StatusCode != http.StatusTeapot || answer.Header.Get("X-From") != "application" || h.body != "the body" {
		t.Fatalf("got %d and body %q, want the application's answer to the whole body", answer.StatusCode, h.body)
	}
	got := map[string][]string{}
	for name, values := range h.passed.Header {
		if n := strings.ToLower(name); strings.HasPrefix(n, "remote") || strings.Contains(n, "forwarded") || strings.HasPrefix(n, "x-") || n == "cookie" {
			got[name] = values
		}
	}
	want := map[string][]string{
		"Remote-User": {"ana"}, "Remote-Groups": {"Finance,Operations"}, "Remote-Name": {"Ana Díaz"}, "Remote-Email": {"ana@northwind.example"},
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {h.passed.Host}, "X-Forwarded-Proto": {"http"}, "Cookie": {"a=1; b=2; c=3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers of the application (-want +got):\n%s", diff)
	}
	if h.passed.URL.RequestURI() != "/upload?a=b%20c" || h.passed.Host != strings.TrimPrefix(h.address, "http://") {
		t.Errorf("the application was asked for %s at %s", h.passed.URL.RequestURI(), h.passed.Host)
	}
}

func TestProxyAsksAsOthersDo(t *testing.T) {
	h := open(t, yes)
	h.send(t, http.MethodPost, "/upload?a=b%20c", "the body", http.Header{
		"Host": {"localhost:49152"}, "Cookie": {"sp_session=secret"}, "Accept": {"text/html"}, "X-Requested-With": {"XMLHttpRequest"},
		"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {"/"}, "X_Forwarded_Uri": {"/"},
	})
	q := h.question
	if q.Method != http.MethodGet || q.URL.Path != "/api/authz/forward-auth" || q.ContentLength > 0 {
		t.Errorf("got %s %s with %d bytes, want a GET without a body", q.Method, q.URL.Path, q.ContentLength)
	}
	for name, want := range map[string]string{
		"X-Forwarded-Method": "POST", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "localhost:49152", "X-Forwarded-Uri": "/upload?a=b%20c",
		"X-Forwarded-For": "127.0.0.1", "Cookie": "sp_session=secret", "Accept": "text/html", "X-Requested-With": "XMLHttpRequest",
		"X_Forwarded_Uri": "",
	} {
		if got := strings.Join(q.Header[name], "|"); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestProxyRelaysRefusals(t *testing.T) {
	for name, status := range map[string]int{"sign in": 302, "sign in after a form": 303, "not signed in, asked by a script": 401, "not allowed": 403, "busy": 503, "moved": 304} {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://localhost:8080/signin?next=x")
				w.Header().Add("Set-Cookie", "sp_pre=1; Path=/")
				w.Header().Add("Set-Cookie", "sp_browser=2; Path=/")
				w.Header().Set("Remote-User", "ana")
				w.WriteHeader(status)
			})
			answer := h.send(t, http.MethodGet, "/", "", nil)
			if answer.StatusCode != status || answer.Header.Get("Location") != "http://localhost:8080/signin?next=x" ||
				!slices.Equal(answer.Header.Values("Set-Cookie"), []string{"sp_pre=1; Path=/", "sp_browser=2; Path=/"}) {
				t.Errorf("got %d with %v", answer.StatusCode, answer.Header)
			}
			if h.passed != nil {
				t.Error("the application was asked all the same")
			}
		})
	}
}

func TestProxyTakesNoNameFromAnybodyElse(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no header at all": func(http.ResponseWriter, *http.Request) {},
		"two names": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Remote-User"] = []string{"ana", "eve"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, answer)
			h.send(t, http.MethodGet, "/", "", http.Header{"Remote-User": {"eve"}})
			if h.passed == nil || h.passed.Header["Remote-User"] != nil {
				t.Errorf("got %v, want a request without a name", h.passed)
			}
		})
	}
	h := open(t, yes)
	for _, host := range []string{"evil.example", "localhost.evil.example", "192.0.2.1:8081", "127.0.0.1.evil.example:8081"} {
		if answer := h.send(t, http.MethodGet, "/", "", http.Header{"Host": {host}}); answer.StatusCode != http.StatusMisdirectedRequest || h.passed != nil {
			t.Errorf("%s: got %d, want 421", host, answer.StatusCode)
		}
	}
}

func TestProxyKeepsToOneName(t *testing.T) {
	h := open(t, yes)
	for host, want := range map[string]string{
		"127.0.0.1:49153": "http://localhost:49153/a?b=%20c", "[::1]:8081": "http://localhost:8081/a?b=%20c", "127.0.0.1": "http://localhost/a?b=%20c",
		"app.localhost:8081": "http://localhost:8081/a?b=%20c",
	} {
		answer := h.send(t, http.MethodPost, "/a?b=%20c", "x", http.Header{"Host": {host}})
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusTemporaryRedirect || got != want || h.question != nil {
			t.Errorf("%s: got %d to %q, want 307 to %q", host, answer.StatusCode, got, want)
		}
	}
}

func TestProxyWithoutAnswers(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	here := httptest.NewServer(http.HandlerFunc(yes))
	defer here.Close()
	for name, c := range map[string]demo.ProxyConfig{
		"Sallyport is away":       {Sallyport: parse(t, gone.URL), Application: parse(t, here.URL)},
		"the application is away": {Sallyport: parse(t, here.URL), Application: parse(t, gone.URL)},
	} {
		t.Run(name, func(t *testing.T) {
			c.Logger = slog.New(slog.DiscardHandler)
			r := httptest.NewRequest(http.MethodGet, "http://localhost:8081/", nil)
			w := httptest.NewRecorder()
			demo.NewProxy(c).ServeHTTP(w, r)
			if w.Code != http.StatusBadGateway {
				t.Errorf("got %d, want 502", w.Code)
			}
		})
	}
}

// TestProxyKeepsKeys: Sallyport sees the key that a program shows, the application
// does not.
func TestProxyKeepsKeys(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		kept   []string
	}{
		"the pair":              {http.Header{"Sallyport-Access-Key": {"spk_a"}, "Sallyport-Secret-Key": {"sps_b"}}, nil},
		"a bearer":              {http.Header{"Authorization": {"bearer  spk_a.sps_b"}}, nil},
		"another spelling":      {http.Header{"Sallyport_secret_key": {"sps_b"}}, nil},
		"the application's own": {http.Header{"Authorization": {"Bearer abc"}}, []string{"Bearer abc"}},
		"a password":            {http.Header{"Authorization": {"Basic YTpi"}}, nil},
	} {
		h := open(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Remote-User", "ana") })
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.address+"/upload", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = c.header.Clone()
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for header, values := range c.header {
			if !slices.Equal(h.question.Header[http.CanonicalHeaderKey(header)], values) {
				t.Errorf("%s: Sallyport was not shown %s", name, header)
			}
			if got := h.passed.Header[http.CanonicalHeaderKey(header)]; !slices.Equal(got, c.kept) {
				t.Errorf("%s: the application sees %s: %q", name, header, got)
			}
		}
	}
}
