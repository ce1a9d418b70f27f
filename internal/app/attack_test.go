package app_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// withApp creates a person and turns two-factor on with an app.
func (s *server) withApp(email string) (*browser, *authenticator, []string) {
	s.t.Helper()
	s.person(email)
	b := s.browser()
	b.signIn(email, password).must(s.t, 200, "Home")
	app, codes := b.turnOn(s, email)
	return b, app, codes
}

// again returns a second browser that holds the same cookies.
func (b *browser) again() *browser {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	jar.SetCookies(u, b.http.Jar.Cookies(u))
	c := *b.http
	c.Jar = jar
	return &browser{t: b.t, base: b.base, now: b.now, pass: b.pass, http: &c, agent: b.agent}
}

// cookie returns the value of a cookie.
func (b *browser) cookie(name string) string {
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) set(name, value string) {
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// TestHalfDoneOpensNothing: after the password alone every page, the
// applications and the API stay shut (law 4, PS1).
func TestHalfDoneOpensNothing(t *testing.T) {
	s := start(t)
	s.withApp("ed@example.com")
	b := s.browser()
	b.signIn("ed@example.com", password).must(t, 200, "Choose how to verify it's you")
	for _, path := range []string{
		"/home", "/account/profile", "/account/security", "/account/security/turn-off", "/account/security/setup/qr.png",
		"/confirm", "/signin/setup-offer", "/signin/recovery-used", "/continue?to=http://localhost",
	} {
		p := b.do("GET", path, nil)
		if p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/signin") {
			t.Errorf("GET %s: %d to %q, want 303 to /signin", path, p.StatusCode, p.Header.Get("Location"))
		}
	}
	if p := b.do("GET", "/api/session", nil); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("/api/session: %d, want 401", p.StatusCode)
	}
	// The pending cookie's value is worth nothing as a session (PS4).
	b.set("sp_session", b.cookie("sp_pending"))
	if p := b.do("GET", "/home", nil); p.StatusCode != http.StatusSeeOther {
		t.Errorf("pending value as a session: %d, want 303", p.StatusCode)
	}
}

// TestAttemptBelongsToItsBrowser: the pending cookie alone, in another browser,
// finds nothing.
func TestAttemptBelongsToItsBrowser(t *testing.T) {
	s := start(t)
	_, app, _ := s.withApp("fay@example.com")
	b := s.browser()
	b.choose(b.signIn("fay@example.com", password), "app")
	thief := s.browser()
	thief.get("/signin")
	thief.set("sp_pending", b.cookie("sp_pending"))
	thief.set("sp_browser", strings.Repeat("0", 52))
	p := thief.get("/signin/verify/app")
	if strings.Contains(p.Body, "authenticator code") {
		t.Fatalf("another browser sees the attempt: %s", p.title())
	}
	b.submit(b.get("/signin/verify/app"), "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
}

// TestOneCodeOnce: one authenticator code typed by fifty browsers at once, each
// in an attempt of its own as far as the account allows them, opens one session.
func TestOneCodeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, app, _ := s.withApp("gil@example.com")
		var pages []page
		var browsers []*browser
		for range core.AttemptsPerUser {
			b := s.browser()
			p := b.choose(b.signIn("gil@example.com", password), "app")
			for range 17 {
				browsers, pages = append(browsers, b.again()), append(pages, p)
			}
		}
		code := app.code()
		var opened atomic.Int64
		var g sync.WaitGroup
		for i := range browsers {
			g.Go(func() {
				p := browsers[i].send(pages[i], "/signin/verify/app", map[string]string{"code": code})
				if p.StatusCode == http.StatusSeeOther && browsers[i].cookie("sp_session") != "" {
					opened.Add(1)
				}
			})
		}
		g.Wait()
		if n := opened.Load(); n != 1 {
			t.Errorf("%d sessions from one code, want 1", n)
		}
	})
}

// TestGuessesCannotOutrunTheCounter: of two hundred parallel guesses of one
// attempt at most five are looked at.
func TestGuessesCannotOutrunTheCounter(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, app, _ := s.withApp("hal@example.com")
		b := s.browser()
		p := b.choose(b.signIn("hal@example.com", password), "app")
		var looked, ended atomic.Int64
		var g sync.WaitGroup
		for range 200 {
			g.Go(func() {
				got := b.again().send(p, "/signin/verify/app", map[string]string{"code": "000000"})
				switch {
				case strings.Contains(got.Body, "left."):
					looked.Add(1)
				case got.StatusCode == http.StatusSeeOther:
					ended.Add(1)
				}
			})
		}
		g.Wait()
		if n := looked.Load(); n != core.AttemptTries-1 {
			t.Errorf("%d guesses were told how many are left, want %d", n, core.AttemptTries-1)
		}
		got := b.send(p, "/signin/verify/app", map[string]string{"code": app.code()})
		if b.cookie("sp_session") != "" {
			t.Fatalf("the right code still worked after five wrong ones (%d)", got.StatusCode)
		}
		// The account itself is not shut: a new attempt takes the app's code (five
		// in a row are below the pause).
		p = b.choose(b.signIn("hal@example.com", password), "app")
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
	})
}

// TestOldCookies: a value that was replaced, or signed out, opens nothing.
func TestOldCookies(t *testing.T) {
	s := start(t)
	b, app, _ := s.withApp("ida@example.com")
	current := b.cookie("sp_session")
	b.get("/home").must(t, 200)
	before := b.again()
	out := b.submit(b.get("/home"), "/signout", nil)
	out.must(t, 200, "You have signed out.")
	if p := before.do("GET", "/home", nil); p.StatusCode != http.StatusSeeOther {
		t.Errorf("signed-out value: %d, want 303", p.StatusCode)
	}
	p := b.choose(b.signIn("ida@example.com", password), "app")
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200)
	if b.cookie("sp_session") == current {
		t.Error("the session's value did not change with the sign-in")
	}
}

// TestAnswersLookAlike: wrong password, unknown name, deactivated, no access and
// no password yet give the same answer, headers and cookies (EN1).
func TestAnswersLookAlike(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("joe@example.com")
		logins := map[string]string{
			"wrong password": "joe@example.com", "unknown address": "nobody@example.com", "unknown name": "nobody",
			"no name that could be": "a@b@c", "spaces": "joe example",
		}
		type answer struct {
			Status  int
			Body    string
			Headers http.Header
			Cookies int
		}
		var first answer
		for _, name := range []string{"wrong password", "unknown address", "unknown name", "no name that could be", "spaces"} {
			b := s.browser()
			p := b.get("/signin")
			got := b.send(p, "/signin", map[string]string{"login": logins[name], "password": "not the password 1"})
			h := got.Header.Clone()
			for _, own := range []string{"Date", "X-Request-Id", "Content-Length"} {
				h.Del(own)
			}
			body := strings.ReplaceAll(got.Body, logins[name], "LOGIN")
			for _, f := range got.forms(t) {
				body = strings.ReplaceAll(body, f.values.Get("form_token"), "TOKEN")
			}
			a := answer{got.StatusCode, body, h, len(got.Cookies())}
			if first.Status == 0 {
				first = a
				continue
			}
			if d := cmp.Diff(first, a); d != "" {
				t.Errorf("%s differs from a wrong password (-wrong +this):\n%s", name, d)
			}
		}
		if first.Status != http.StatusUnprocessableEntity {
			t.Errorf("status %d, want 422", first.Status)
		}
	})
}

// TestThrottle: after five wrong passwords a stranger waits, known or unknown
// name alike, also with the right password; another network does not.
func TestThrottle(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("kim@example.com")
		known := s.browser()
		known.signIn("kim@example.com", password).must(t, 200, "Home")
		known.submit(known.get("/home"), "/signout", nil)
		for _, login := range []string{"kim@example.com", "nobody@example.com"} {
			b := s.browser()
			p := b.get("/signin")
			for i := range 5 {
				if got := b.send(p, "/signin", map[string]string{"login": login, "password": "not the password 1"}); got.StatusCode != 422 {
					t.Fatalf("%s, wrong password %d: %d, want 422", login, i+1, got.StatusCode)
				}
			}
			got := b.send(p, "/signin", map[string]string{"login": login, "password": password})
			if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
				t.Errorf("%s, after five: %d with Retry-After %q, want 429 with one", login, got.StatusCode, got.Header.Get("Retry-After"))
			}
		}
		// The owner's known browser has a bucket of its own (RL4).
		known.signIn("kim@example.com", password).must(t, 200, "Home")
	})
}

// TestBadInput: what cannot be right gets a clear 4xx and changes nothing.
func TestBadInput(t *testing.T) {
	s := start(t)
	s.person("meg@example.com")
	b := s.browser()
	token := b.get("/signin").forms(t)[0].values.Get("form_token")
	good := url.Values{"form_token": {token}, "login": {"x"}, "password": {"y"}}.Encode()
	tests := []struct {
		name, body, kind string
		want             int
	}{
		{"a megabyte", good + "&pad=" + strings.Repeat("a", 1<<20), "", 413},
		{"repeated field", good + "&login=z", "", 400},
		{"broken percent", good + "&a=%zz", "", 400},
		{"not UTF-8", "form_token=" + token + "&login=%ff%fe&password=y", "", 400},
		{"NUL in a field", "form_token=" + token + "&login=a%00b&password=y", "", 400},
		{"JSON", `{"login":"x"}`, "application/json", 415},
		{"multipart", "--x--", "multipart/form-data; boundary=x", 415},
		{"no token", "login=x&password=y", "", 403},
		{"a token made up", "form_token=AAAA&login=x&password=y", "", 403},
		{"a very long name", good[:0] + url.Values{"form_token": {token}, "login": {strings.Repeat("a", 5000)}, "password": {"y"}}.Encode(), "", 422},
		{"a very long password", url.Values{"form_token": {token}, "login": {"x"}, "password": {strings.Repeat("a", 5000)}}.Encode(), "", 422},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := b.do("POST", "/signin", url.Values{}, func(r *http.Request) {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(tt.body)), int64(len(tt.body))
				if tt.kind != "" {
					r.Header.Set("Content-Type", tt.kind)
				}
			})
			if p.StatusCode != tt.want {
				t.Errorf("status %d, want %d (%s)", p.StatusCode, tt.want, p.title())
			}
		})
	}
}

// TestOtherOrigins: a form sent by another site, or by nobody knows whom, is
// refused also with the right token (CS1, CS2).
func TestOtherOrigins(t *testing.T) {
	s := start(t)
	s.person("ned@example.com")
	b := s.browser()
	p := b.get("/signin")
	form := p.forms(t)[0].values
	form.Set("login", "x")
	form.Set("password", "y")
	tests := []struct {
		name, site, origin string
		want               int
	}{
		{"own", "same-origin", s.URL, 422},
		{"cross-site", "cross-site", "https://evil.example", 403},
		{"same site, another origin", "same-site", "http://evil.localhost", 403},
		{"old browser, own origin", "", s.URL, 422},
		{"old browser, another origin", "", "https://evil.example", 403},
		{"neither header", "", "", 403},
		{"opaque origin", "", "null", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := b.do("POST", "/signin", form, func(r *http.Request) {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Del("Origin")
				if tt.site != "" {
					r.Header.Set("Sec-Fetch-Site", tt.site)
				}
				if tt.origin != "" {
					r.Header.Set("Origin", tt.origin)
				}
			})
			if got.StatusCode != tt.want {
				t.Errorf("status %d, want %d", got.StatusCode, tt.want)
			}
		})
	}
}

// TestTighteningBites: a requirement that also asks who is signed in holds at
// the next request after a poll, on this replica and on another one.
func TestTighteningBites(t *testing.T) {
	s := start(t)
	s.person("lou@example.com")
	b := s.browser()
	b.signIn("lou@example.com", password).must(t, 200, "Home")
	if _, err := s.Organizations.Require(t.Context(), s.Org, true, time.Time{}, true, operator); err != nil {
		t.Fatal(err)
	}
	if err := s.Sessions.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := b.do("GET", "/home", nil)
	if p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/confirm") {
		t.Fatalf("after the tightening: %d to %q, want 303 to /confirm", p.StatusCode, p.Header.Get("Location"))
	}
	p = b.submit(b.get("/home"), "/confirm", map[string]string{"password": password})
	p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("lou@example.com")}).must(t, 200, "Home")
}

// TestMailServerDown: the step is never skipped and the code never shown; once
// handing over failed, the page says so and names what else there is (EM10).
func TestMailServerDown(t *testing.T) {
	s := start(t, func(c *config.Config) { c.SMTP.URL = "smtp://127.0.0.1:1" }, withoutMailbox)
	s.person("oda@example.com")
	s.require()
	b := s.browser()
	p := b.signIn("oda@example.com", password).must(t, 200, "Email")
	p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	p.must(t, 200, "Check your email")
	for _, code := range []string{"000000", "123456"} {
		p = b.send(p, "/signin/verify/email", map[string]string{"code": code})
		if b.cookie("sp_session") != "" {
			t.Fatal("signed in without the code")
		}
	}
	if regexp.MustCompile(`\b\d{6}\b`).MatchString(p.Body) {
		t.Error("six digits on the page while mail is down")
	}
	s.until("mail is known to be down", func() bool {
		works, err := s.Store.MailWorks(t.Context(), time.Now().Add(-time.Minute))
		return err == nil && !works
	})
	again := s.browser()
	again.signIn("oda@example.com", password).must(t, 200, "Email is not working right now")
}
