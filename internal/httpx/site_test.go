package httpx_test

import (
	"bytes"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func seeded() core.Random {
	src := rand.NewChaCha8([32]byte{1})
	return func(b []byte) { _, _ = src.Read(b) }
}

func config(t testing.TB, base string) httpx.Config {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return httpx.Config{
		BaseURL: u, Clock: func() time.Time { return noon }, Random: seeded(),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), TokenKeys: func() [][]byte { return [][]byte{bytes.Repeat([]byte{7}, 32)} },
		AnyHost: []string{"/healthz"},
	}
}

func newSite(t testing.TB, c httpx.Config) *httpx.Site {
	t.Helper()
	s, err := httpx.NewSite(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answer sends one request through the chain to a handler on every path.
func answer(s *httpx.Site, r *http.Request, h httpx.Handler) *http.Response {
	mux := http.NewServeMux()
	mux.Handle("/", s.Wrap(h))
	rec := httptest.NewRecorder()
	s.Serve(mux).ServeHTTP(rec, r)
	return rec.Result()
}

func ok(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "fine")
	return err
}

func TestNewSiteRefusesUnsafeConfigurations(t *testing.T) {
	good := config(t, "https://id.example.com")
	cases := map[string]func(*httpx.Config){
		"no base URL":  func(c *httpx.Config) { c.BaseURL = nil },
		"other scheme": func(c *httpx.Config) { c.BaseURL = &url.URL{Scheme: "ftp", Host: "x"} },
		"a path":       func(c *httpx.Config) { c.BaseURL = &url.URL{Scheme: "https", Host: "x", Path: "/id"} },
		"a user":       func(c *httpx.Config) { c.BaseURL = &url.URL{Scheme: "https", Host: "x", User: url.User("u")} },
		"short key": func(c *httpx.Config) {
			c.TokenKeys = func() [][]byte { return [][]byte{bytes.Repeat([]byte{7}, 32), []byte("short")} }
		},
		"proxy without trust":  func(c *httpx.Config) { c.BehindProxy = true },
		"no clock":             func(c *httpx.Config) { c.Clock = nil },
		"no source of random":  func(c *httpx.Config) { c.Random = nil },
		"nowhere to write log": func(c *httpx.Config) { c.Logger = nil },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			c := good
			spoil(&c)
			if _, err := httpx.NewSite(c); err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestHostGuard(t *testing.T) {
	cases := []struct {
		name, base, host string
		want             int
	}{
		{"own", "https://id.example.com", "id.example.com", 200},
		{"upper case and dot", "https://id.example.com", "ID.example.com.", 200},
		{"default port", "https://id.example.com", "id.example.com:443", 200},
		{"other port", "https://id.example.com", "id.example.com:8443", 421},
		{"other name", "https://id.example.com", "evil.example", 421},
		{"bare address", "https://id.example.com", "192.0.2.1", 421},
		{"own name as a prefix", "https://id.example.com", "id.example.com.evil.example", 421},
		{"empty", "https://id.example.com", "", 421},
		{"loopback, forwarded port", "http://localhost:8080", "127.0.0.1:9999", 200},
		{"loopback, six", "http://localhost:8080", "[::1]:8080", 200},
		{"loopback, rebound name", "http://localhost:8080", "evil.example:8080", 421},
		{"loopback, look-alike", "http://localhost:8080", "localhost.evil.example", 421},
		{"plain http elsewhere", "http://192.0.2.9:8080", "localhost:8080", 421},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host = c.host
			s := newSite(t, config(t, c.base))
			if got := answer(s, r, ok).StatusCode; got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestPathsOfProbesTakeAnyHost(t *testing.T) {
	r := httptest.NewRequest("GET", "/healthz", nil)
	r.Host = "10.0.0.7:8080"
	if got := answer(newSite(t, config(t, "https://id.example.com")), r, ok).StatusCode; got != 200 {
		t.Errorf("got %d", got)
	}
}

func TestOriginGuard(t *testing.T) {
	const https, loop = "https://id.example.com", "http://localhost:8080"
	cases := []struct {
		name, base, method    string
		site, origin, cookies string
		want                  int
	}{
		{"same origin", https, "POST", "same-origin", "", "a=b", 200},
		{"typed address", https, "POST", "none", "", "a=b", 200},
		{"same site, another origin", https, "POST", "same-site", "", "a=b", 403},
		{"same site says our origin", https, "POST", "same-site", https, "a=b", 403},
		{"cross site", https, "POST", "cross-site", "", "", 403},
		{"unknown word", https, "POST", "maybe", "", "", 403},
		{"own origin", https, "POST", "", https, "a=b", 200},
		{"sibling origin", https, "POST", "", "https://app.example.com", "a=b", 403},
		{"origin in clear", https, "POST", "", "http://id.example.com", "a=b", 403},
		{"null origin", https, "POST", "", "null", "a=b", 403},
		{"neither, with cookie", https, "POST", "", "", "a=b", 403},
		{"neither, without cookie", https, "POST", "", "", "", 200},
		{"delete too", https, "DELETE", "cross-site", "", "", 403},
		{"reading is free", https, "GET", "cross-site", "", "a=b", 200},
		{"loopback, forwarded port", loop, "POST", "", "http://127.0.0.1:9000", "a=b", 200},
		{"loopback, sibling port by a browser that tells", loop, "POST", "same-site", "http://localhost:9000", "a=b", 403},
		{"loopback, stranger", loop, "POST", "", "http://evil.example", "a=b", 403},
		{"loopback, look-alike", loop, "POST", "", "http://localhost.evil.example", "a=b", 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.base+"/", nil)
			for name, v := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin, "Cookie": c.cookies} {
				if v != "" {
					r.Header.Set(name, v)
				}
			}
			if got := answer(newSite(t, config(t, c.base)), r, ok).StatusCode; got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	r := httptest.NewRequest("POST", https+"/", nil)
	r.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
	if got := answer(newSite(t, config(t, https)), r, ok).StatusCode; got != 403 {
		t.Errorf("repeated Sec-Fetch-Site: got %d, want 403", got)
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.7:5", nil, "192.0.2.7"},
		{"forged by an untrusted peer", "192.0.2.7:5", []string{"203.0.113.1"}, "192.0.2.7"},
		{"through the proxy", "10.0.0.1:5", []string{"203.0.113.1"}, "203.0.113.1"},
		{"client's own hop before", "10.0.0.1:5", []string{"198.51.100.9, 203.0.113.1"}, "203.0.113.1"},
		{"two proxies", "10.0.0.1:5", []string{"198.51.100.9, 203.0.113.1, 10.2.0.1"}, "203.0.113.1"},
		{"client claims to be a proxy", "10.0.0.1:5", []string{"198.51.100.9, 10.9.9.9, 203.0.113.1"}, "203.0.113.1"},
		{"two lines", "10.0.0.1:5", []string{"198.51.100.9", "203.0.113.1"}, "203.0.113.1"},
		{"garbage", "10.0.0.1:5", []string{"203.0.113.1, <script>"}, "10.0.0.1"},
		{"with port", "10.0.0.1:5", []string{"203.0.113.1:4711"}, "203.0.113.1"},
		{"only proxies", "10.0.0.1:5", []string{"10.2.0.1"}, "10.2.0.1"},
		{"mapped", "[::ffff:10.0.0.1]:5", []string{"::ffff:203.0.113.1"}, "203.0.113.1"},
		{"six", "[fd00::1]:5", []string{"2001:db8::7"}, "2001:db8::7"},
		{"empty", "10.0.0.1:5", []string{""}, "10.0.0.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conf := config(t, "https://id.example.com")
			conf.Trusted = trusted
			r := httptest.NewRequest("GET", "https://id.example.com/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != nil {
				r.Header["X-Forwarded-For"] = c.forwarded
			}
			var got string
			answer(newSite(t, conf), r, func(_ http.ResponseWriter, r *http.Request) error {
				got = httpx.OriginOf(r).Address
				return nil
			})
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "x": "",
	} {
		if got := httpx.Network(addr); got != want {
			t.Errorf("Network(%q) = %q, want %q", addr, got, want)
		}
	}
}

func TestDeviceLabel(t *testing.T) {
	cases := map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0":                                                        "Firefox on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1": "Safari on iOS",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36":                           "Chrome on Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0":     "Edge on macOS",
		"Call 555-1234 now/1.0":   "",
		"":                        "",
		"curl/8.5.0":              "",
		strings.Repeat("A", 9000): "",
	}
	for agent, want := range cases {
		if got := httpx.DeviceLabel(agent); got != want {
			t.Errorf("DeviceLabel(%.60q) = %q, want %q", agent, got, want)
		}
	}
}
