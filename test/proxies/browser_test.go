package proxies_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// browser is a client with cookies that follows redirects only when told.
type browser struct {
	t    *testing.T
	f    *front
	http *http.Client
}

func (f *front) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{
		Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(c.CloseIdleConnections)
	return &browser{t: t, f: f, http: c}
}

// page is an answer with its body.
type page struct {
	*http.Response
	body string
}

// change alters a request before it is sent.
type change func(*http.Request)

func header(name, value string) change {
	return func(r *http.Request) { r.Header[name] = []string{value} } // as spelt
}

// script makes a request that of a script of the application.
func script() change { return header("Accept", "*/*") }

func (b *browser) do(method, address string, body io.Reader, changes ...change) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	for _, c := range changes {
		c(r)
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res, string(raw)}
}

// get asks once.
func (b *browser) get(address string, changes ...change) page {
	b.t.Helper()
	return b.do("GET", address, nil, changes...)
}

// follow goes where an answer leads, to the end.
func (b *browser) follow(p page) page {
	b.t.Helper()
	for range 10 {
		if p.StatusCode < 300 || p.StatusCode > 399 {
			return p
		}
		to, err := p.Request.URL.Parse(p.Header.Get("Location"))
		if err != nil {
			b.t.Fatal(err)
		}
		p = b.get(to.String())
	}
	b.t.Fatalf("redirects without end at %s", p.Request.URL)
	return p
}

// submit fills and sends the form of a page whose action is named, and follows.
func (b *browser) submit(p page, action string, fill map[string]string) page {
	b.t.Helper()
	doc, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		b.t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attr(n, "action") != action {
			continue
		}
		values := url.Values{}
		for c := range n.Descendants() {
			if c.Data == "input" && attr(c, "type") == "hidden" {
				values.Set(attr(c, "name"), attr(c, "value"))
			}
		}
		for k, v := range fill {
			values.Set(k, v)
		}
		return b.follow(b.do("POST", b.f.base+action, strings.NewReader(values.Encode()),
			header("Content-Type", "application/x-www-form-urlencoded"), header("Origin", b.f.base), header("Sec-Fetch-Site", "same-origin")))
	}
	b.t.Fatalf("no form for %s at %s (%d):\n%s", action, p.Request.URL, p.StatusCode, p.body)
	return page{}
}

func attr(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

// signIn types login and password into the sign-in page that p leads to.
func (b *browser) signIn(p page, login string) page {
	b.t.Helper()
	return b.submit(b.follow(p), "/signin", map[string]string{"login": login, "password": password})
}

// signedIn returns a browser whose person is signed in.
func (f *front) signedIn(t *testing.T, email string, groups ...string) *browser {
	t.Helper()
	f.person(t, email, groups...)
	b := f.browser(t)
	b.signIn(b.get(f.base+"/signin"), email).must(t, http.StatusOK, "Home")
	return b
}

// must ends the test unless a page has this status and these texts.
func (p page) must(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("%s: status %d to %q, want %d:\n%s", p.Request.URL, p.StatusCode, p.Header.Get("Location"), status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(p.body), text) {
			t.Fatalf("%s: %q is not in:\n%s", p.Request.URL, text, p.body)
		}
	}
	return p
}

// arrived reads what the application says reached it.
func (p page) arrived(t *testing.T) arrived {
	t.Helper()
	p.must(t, http.StatusOK)
	var a arrived
	if err := json.Unmarshal([]byte(p.body), &a); err != nil {
		t.Fatalf("%s: not from an application: %v\n%s", p.Request.URL, err, p.body)
	}
	return a
}

// asksToSignIn ends the test unless an answer leads to the sign-in page and from
// there back to an address.
func (p page) asksToSignIn(t *testing.T, f *front, status int, back string) page {
	t.Helper()
	if want := f.base + "/signin?rd=" + url.QueryEscape(back); p.StatusCode != status || p.Header.Get("Location") != want {
		t.Fatalf("%s: %d to %q, want %d to %q\n%s", p.Request.URL, p.StatusCode, p.Header.Get("Location"), status, want, p.body)
	}
	return p
}
