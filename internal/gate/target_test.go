package gate_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
)

func TestParseTarget(t *testing.T) {
	type parts struct{ method, scheme, host, uri string }
	good := parts{"GET", "https", "app.example.com", "/a/b?c=d"}
	with := func(edit func(*parts)) parts { p := good; edit(&p); return p }
	uri := func(u string) parts { return with(func(p *parts) { p.uri = u }) }
	host := func(h string) parts { return with(func(p *parts) { p.host = h }) }
	cases := []struct {
		name string
		in   parts
		want string // scheme://host + path, or empty: refused
	}{
		{"plain", good, "https://app.example.com/a/b"},
		{"upper case", host("APP.Example.com"), "https://app.example.com/a/b"},
		{"trailing dot", host("app.example.com."), "https://app.example.com/a/b"},
		{"default port", host("app.example.com:443"), "https://app.example.com/a/b"},
		{"dot and port", host("app.example.com.:443"), "https://app.example.com/a/b"},
		{"other port", host("app.example.com:8443"), "https://app.example.com:8443/a/b"},
		{"IPv6", host("[2001:DB8::1]:8443"), "https://[2001:db8::1]:8443/a/b"},
		{"web socket", with(func(p *parts) { p.scheme = "wss" }), "https://app.example.com/a/b"},
		{"escaped text", uri("/caf%C3%A9/100%25"), "https://app.example.com/café/100%"},
		{"root", uri("/"), "https://app.example.com/"},
		{"query with slashes", uri("/?next=//x/../y"), "https://app.example.com/"},
		{"encoded dot in a name", uri("/a%2Etxt"), "https://app.example.com/a.txt"},

		{"no method", with(func(p *parts) { p.method = "" }), ""},
		{"odd method", with(func(p *parts) { p.method = "GET /" }), ""},
		{"no scheme", with(func(p *parts) { p.scheme = "" }), ""},
		{"scheme list", with(func(p *parts) { p.scheme = "https,http" }), ""},
		{"no host", host(""), ""},
		{"host list", host("app.example.com, evil.example"), ""},
		{"user name", host("app.example.com@evil.example"), ""},
		{"host with path", host("app.example.com/x"), ""},
		{"host with line break", host("app.example.com\r\nX: y"), ""},
		{"port 0", host("app.example.com:0"), ""},
		{"port of six digits", host("app.example.com:100000"), ""},
		{"no port after colon", host("app.example.com:"), ""},
		{"letters beyond ASCII", host("äpp.example.com"), ""},
		{"empty label", host("app..example.com"), ""},
		{"half a bracket", host("[::1"), ""},
		{"bracketed name", host("[app.example.com]"), ""},
		{"two brackets", host("[::1[]"), ""},

		{"no URI", uri(""), ""},
		{"relative", uri("a"), ""},
		{"another authority", uri("//evil.example/"), ""},
		{"backslash", uri(`/\evil.example`), ""},
		{"encoded backslash", uri("/%5cevil.example"), ""},
		{"NUL", uri("/a%00"), ""},
		{"line break", uri("/a\r\nX: y"), ""},
		{"encoded line break", uri("/a%0d%0aX:%20y"), ""},
		{"fragment", uri("/a#b"), ""},
		{"encoded slash", uri("/a%2fb"), ""},
		{"encoded slash, upper case", uri("/a%2Fb"), ""},
		{"slash encoded twice", uri("/a%252fb"), ""},
		{"dot-segment", uri("/a/../b"), ""},
		{"dot-segment at the end", uri("/a/.."), ""},
		{"single dot", uri("/./a"), ""},
		{"encoded dots", uri("/%2e%2e/b"), ""},
		{"half-encoded dots", uri("/.%2e/b"), ""},
		{"dots encoded twice", uri("/%252e%252e/b"), ""},
		{"dots with a parameter", uri("/..;x/b"), ""},
		{"half an escape", uri("/%4"), ""},
		{"no escape", uri("/%zz"), ""},
		{"no UTF-8", uri("/%ff"), ""},
		{"over-long", uri("/" + strings.Repeat("a", 9000)), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			target, err := gate.ParseTarget(c.in.method, c.in.scheme, c.in.host, c.in.uri)
			got := ""
			if err == nil {
				got = target.Scheme + "://" + target.Host + target.Path
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// FuzzParseURL: what is accepted, the standard library reads as the same place,
// and reading it again changes nothing.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"https://app.example.com/a?b=c", "http://[::1]:80/", "https://a@b/", "https://a/%2e",
		"https://a.:443/..;/", "https://a/%252f", `https://a\@b/`, "http://[::0[]", "http://[[::1]]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := gate.ParseURL("GET", raw)
		if err != nil {
			return
		}
		// Addresses are also followed as they were typed.
		if typed, err := url.Parse(raw); err != nil || core.CanonicalHost(typed.Scheme, typed.Host) != target.Host {
			t.Errorf("%q: the standard library reads %v (%v), we %q", raw, typed, err, target.Host)
		}
		u, err := url.Parse(target.URL())
		if err != nil {
			t.Fatalf("%q gave %q: %v", raw, target.URL(), err)
		}
		if u.Scheme != target.Scheme || u.Host != target.Host || u.User != nil || u.Path != target.Path || u.Fragment != "" {
			t.Errorf("%q: we read %+v, the standard library %q %q %q", raw, target, u.Scheme, u.Host, u.Path)
		}
		again, err := gate.ParseURL("GET", target.URL())
		if err != nil || again != target {
			t.Errorf("%q: read again %+v, first %+v (%v)", raw, again, target, err)
		}
	})
}
