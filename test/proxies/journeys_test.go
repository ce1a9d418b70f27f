package proxies_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func notSignedIn(t *testing.T, f *front) {
	b := f.browser(t)
	before := f.notes.seen.Load() + f.wiki.seen.Load()
	b.get(f.notes.url+"/a/b?c=d&e=%2F").asksToSignIn(t, f, http.StatusFound, f.notes.url+"/a/b?c=d&e=%2F")
	b.get(f.wiki.url+"/page").asksToSignIn(t, f, http.StatusFound, f.wiki.url+"/page")
	b.do("HEAD", f.notes.url+"/", nil).asksToSignIn(t, f, http.StatusFound, f.notes.url+"/")
	b.do("POST", f.notes.url+"/save", strings.NewReader("a=b")).asksToSignIn(t, f, http.StatusSeeOther, f.notes.url+"/save")
	b.get(f.notes.url+"/", header("Cookie", "sp_session="+strings.Repeat("a", 52))).asksToSignIn(t, f, http.StatusFound, f.notes.url+"/")
	if n := f.notes.seen.Load() + f.wiki.seen.Load() - before; n != 0 {
		t.Errorf("%d requests reached an application", n)
	}
}

func signInAndComeBack(t *testing.T, f *front) {
	f.person(t, "back@example.com")
	for _, back := range []string{f.notes.url + "/a?b=c%20d", f.wiki.url + "/page?b=c"} {
		b := f.browser(t)
		p := b.signIn(b.get(back), "back@example.com")
		p.must(t, http.StatusOK, back) // the page that leaves for the application
		if p.Request.URL.Path != "/continue" {
			t.Errorf("sign-in led to %s", p.Request.URL)
		}
		if got := b.get(back).arrived(t); "http://"+got.Host+got.URI != back {
			t.Errorf("the application saw http://%s%s, want %s", got.Host, got.URI, back)
		}
	}
}

func whoItIs(t *testing.T, f *front) {
	b := f.signedIn(t, "who@example.com", "audit", "board")
	for _, address := range []string{f.notes.url + "/", f.wiki.url + "/", f.board.url + "/"} {
		got := b.get(address).arrived(t)
		for name, want := range map[string]string{
			"Remote-User": "who@example.com", "Remote-Groups": "audit,board",
			"Remote-Name": "Ana Löwe", "Remote-Email": "who@example.com",
		} {
			if values := got.Header[name]; len(values) != 1 || values[0] != want {
				t.Errorf("%s: %s is %q, want %q", address, name, values, want)
			}
		}
		if values := got.Header["X-Forwarded-For"]; len(values) != 1 || values[0] != loopback {
			t.Errorf("%s: X-Forwarded-For is %q, want %s", address, values, loopback)
		}
	}
}

func withoutGroups(t *testing.T, f *front) {
	got := f.signedIn(t, "alone@example.com").get(f.notes.url+"/", header("Remote-Groups", "board")).arrived(t)
	if groups := strings.Join(got.Header["Remote-Groups"], ""); groups != "" {
		t.Errorf("Remote-Groups is %q, want none", groups)
	}
}

func scripts(t *testing.T, f *front) {
	b := f.browser(t)
	for _, address := range []string{f.notes.url + "/data", f.wiki.url + "/data"} {
		b.get(address, script()).must(t, http.StatusUnauthorized)
		b.get(address, header("X-Requested-With", "XMLHttpRequest")).must(t, http.StatusUnauthorized)
		b.do("POST", address, strings.NewReader("{}"), header("Accept", "application/json")).must(t, http.StatusUnauthorized)
		b.do("OPTIONS", address, nil, header("Accept", "*/*")).must(t, http.StatusUnauthorized)
	}
	f.signedIn(t, "script@example.com").get(f.notes.url+"/data", script()).arrived(t)
}

func groups(t *testing.T, f *front) {
	before := f.board.seen.Load()
	b := f.signedIn(t, "nomember@example.com", "audit")
	b.get(f.board.url+"/").must(t, http.StatusForbidden)
	b.get(f.board.url+"/", script()).must(t, http.StatusForbidden)
	b.get(f.board.url+"/", header("Remote-Groups", "board")).must(t, http.StatusForbidden)
	if n := f.board.seen.Load() - before; n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
	f.signedIn(t, "member@example.com", "board").get(f.board.url + "/").arrived(t)
}

func notRegistered(t *testing.T, f *front) {
	f.browser(t).get(f.stray.url+"/").must(t, http.StatusForbidden)
	f.signedIn(t, "stray@example.com", "board").get(f.stray.url+"/").must(t, http.StatusForbidden)
	if n := f.stray.seen.Load(); n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
}

// borrowedName asks one application under the name of another, which the person
// may open: the proxy must say where it is itself, not what the client says.
func borrowedName(t *testing.T, f *front) {
	b := f.signedIn(t, "borrow@example.com")
	other, err := url.Parse(f.notes.url)
	if err != nil {
		t.Fatal(err)
	}
	as := func(r *http.Request) { r.Host = other.Host }
	before := f.board.seen.Load()
	b.get(f.board.url+"/", as).must(t, http.StatusForbidden)
	b.get(f.board.url+"/", as, header("X-Forwarded-Host", other.Host), header("X-Original-Url", f.notes.url+"/")).must(t, http.StatusForbidden)
	if n := f.board.seen.Load() - before; n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
}

// spellings of a path never lead past the check, whoever is signed in: no proxy
// reads a path as another one than Sallyport does, and passes.
func spellings(t *testing.T, f *front) {
	b := f.signedIn(t, "spell@example.com")
	before := f.wiki.seen.Load()
	for _, path := range []string{
		"/WIKI/page", "/wiki/%2e%2e/wiki/page", "/x/../wiki/page", "/%77iki/..%2fpage", "/wiki/%2e%2e%2fpage",
		"//wiki/page", "/wiki/a%5cb", "/wiki/%00",
	} {
		p := b.raw(path)
		if strings.HasPrefix(p, "HTTP/1.1 200") {
			t.Errorf("%s passed: %s", path, p)
		}
	}
	if n := f.wiki.seen.Load() - before; n != 0 {
		t.Errorf("%d requests reached the application", n)
	}
}

// raw sends a path as it is written, with the cookies of the browser, and returns
// the first line of the answer.
func (b *browser) raw(path string) string {
	b.t.Helper()
	base, err := url.Parse(b.f.base)
	if err != nil {
		b.t.Fatal(err)
	}
	var cookies []string
	for _, c := range b.http.Jar.Cookies(base) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	conn, err := net.Dial("tcp", loopback+":"+base.Port())
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nCookie: %s\r\nConnection: close\r\n\r\n",
		path, base.Host, strings.Join(cookies, "; ")); err != nil {
		b.t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		b.t.Fatal(err)
	}
	return line
}

func bodies(t *testing.T, f *front) {
	b := f.signedIn(t, "body@example.com")
	form := "name=" + strings.Repeat("x", 200<<10)
	got := b.do("POST", f.notes.url+"/save", strings.NewReader(form), header("Content-Type", "application/x-www-form-urlencoded")).arrived(t)
	if got.Method != "POST" || got.Digest != digest(form) || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s with %s of %q arrived, want POST with %s of a form", got.Method, got.Digest, got.Header.Get("Content-Type"), digest(form))
	}
	unknownLength := struct{ io.Reader }{strings.NewReader("in chunks")}
	if got := b.do("PUT", f.wiki.url+"/file", unknownLength).arrived(t); got.Method != "PUT" || got.Digest != digest("in chunks") {
		t.Errorf("%s with %s arrived, want PUT in chunks", got.Method, got.Digest)
	}
}

func levelTwo(t *testing.T, f *front) {
	b := f.signedIn(t, "level@example.com")
	b.get(f.notes.url + "/").arrived(t)
	before := f.vault.seen.Load()
	p := b.get(f.vault.url+"/safe").asksToSignIn(t, f, http.StatusFound, f.vault.url+"/safe")
	b.get(f.vault.url+"/safe", script()).must(t, http.StatusUnauthorized)
	if n := f.vault.seen.Load() - before; n != 0 {
		t.Fatalf("%d requests reached the application at level 1", n)
	}
	p = b.submit(b.follow(p), "/confirm", map[string]string{"password": password})
	if strings.Contains(p.body, `name="method"`) {
		p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	}
	p = b.submit(p, "/signin/verify/email", map[string]string{"code": f.code(t, "level@example.com")})
	p.must(t, http.StatusOK, f.vault.url+"/safe")
	if got := b.get(f.vault.url + "/safe").arrived(t); got.App != "vault" {
		t.Errorf("%s answered", got.App)
	}
}

// signingOut: the session that was taken from the browser is no good within 5 s
// of its end, nor is it in another browser.
func signingOut(t *testing.T, f *front) {
	b := f.signedIn(t, "out@example.com")
	b.get(f.notes.url + "/").arrived(t)
	base, err := url.Parse(f.base)
	if err != nil {
		t.Fatal(err)
	}
	thief := f.browser(t)
	thief.http.Jar.SetCookies(base, b.http.Jar.Cookies(base))
	thief.get(f.notes.url + "/").arrived(t)
	b.submit(b.get(f.base+"/home"), "/signout", nil).must(t, http.StatusOK, "You have signed out.")
	ended := time.Now()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for thief.get(f.notes.url+"/").StatusCode == http.StatusOK {
		if time.Since(ended) > 5*time.Second {
			t.Fatal("the session still opens the application 5 s after signing out")
		}
		<-look.C
	}
	for _, one := range []*browser{b, thief} {
		one.get(f.notes.url+"/").asksToSignIn(t, f, http.StatusFound, f.notes.url+"/")
	}
}

// ownAnswers are the application's and stay as they are, refusals too.
func ownAnswers(t *testing.T, f *front) {
	b := f.signedIn(t, "own@example.com")
	for _, address := range []string{f.notes.url, f.wiki.url} {
		p := b.get(address+"/own-401").must(t, http.StatusUnauthorized, "the application's own refusal")
		if got := p.Header.Get("WWW-Authenticate"); got != `Basic realm="own"` {
			t.Errorf("WWW-Authenticate is %q", got)
		}
	}
}

func webSockets(t *testing.T, f *front) {
	b := f.signedIn(t, "socket@example.com")
	r, err := http.NewRequestWithContext(t.Context(), "GET", f.notes.url+"/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "echo")
	patient := http.Client{Transport: b.http.Transport, Jar: b.http.Jar} // a limit of time would hide the writer
	res, err := patient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	both, ok := res.Body.(io.ReadWriter)
	if res.StatusCode != http.StatusSwitchingProtocols || !ok {
		t.Fatalf("status %d, want 101", res.StatusCode)
	}
	if _, err := io.WriteString(both, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(both).ReadString('\n'); line != "hello\n" {
		t.Errorf("%q came back: %v", line, err)
	}
}

// longAddresses come back after signing in; very long ones are no failure.
func longAddresses(t *testing.T, f *front) {
	long := f.notes.url + "/?q=" + strings.Repeat("%20", 500)
	f.browser(t).get(long).asksToSignIn(t, f, http.StatusFound, long)
	f.person(t, "long@example.com")
	b := f.browser(t)
	if p := b.signIn(b.get(long), "long@example.com"); p.Request.URL.Path != "/continue" {
		t.Errorf("sign-in led to %s", p.Request.URL)
	}
	if got := b.get(long).arrived(t); f.notes.url+got.URI != long {
		t.Errorf("the application saw %s", got.URI)
	}
	longer := f.notes.url + "/?q=" + strings.Repeat("%20", 2000)
	b.get(longer).arrived(t)
	f.browser(t).get(longer).asksToSignIn(t, f, http.StatusFound, longer)
}
