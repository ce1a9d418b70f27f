package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const base = "https://id.example.com"

// page renders a form for a browser with a session (or none) and returns its
// token and the pre-session cookie that was set.
func page(t *testing.T, s *httpx.Site, session core.ID, pre string) (token, cookie string) {
	t.Helper()
	r := httptest.NewRequest("GET", base+"/form", nil)
	if pre != "" {
		r.Header.Set("Cookie", s.CookieName(httpx.CookiePreSession)+"="+pre)
	}
	res := answer(s, r, func(w http.ResponseWriter, r *http.Request) error {
		if session != "" {
			httpx.BindSession(r, session)
		}
		token = s.FormToken(w, r)
		if again := s.FormToken(w, r); again != token {
			t.Errorf("two forms of a page got %q and %q", token, again)
		}
		return nil
	})
	for _, c := range res.Cookies() {
		cookie = c.Value
		if !c.HttpOnly || !c.Secure || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") ||
			c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %v", c)
		}
	}
	return token, cookie
}

// post sends a form and returns the status.
func post(s *httpx.Site, body string, session core.ID, pre string) (int, httpx.Form) {
	r := httptest.NewRequest("POST", base+"/form", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if pre != "" {
		r.Header.Set("Cookie", s.CookieName(httpx.CookiePreSession)+"="+pre)
	}
	var form httpx.Form
	res := answer(s, r, func(_ http.ResponseWriter, r *http.Request) (err error) {
		if session != "" {
			httpx.BindSession(r, session)
		}
		form, err = s.ReadForm(r)
		return err
	})
	return res.StatusCode, form
}

func TestFormTokens(t *testing.T) {
	s := newSite(t, config(t, base))
	token, pre := page(t, s, "", "")
	mine, _ := page(t, s, "session1", pre)
	other, _ := page(t, s, "session2", pre)
	cases := []struct {
		name, token string
		session     core.ID
		pre         string
		want        int
	}{
		{"signed out", token, "", pre, 200},
		{"signed out, another browser", token, "", strings.Repeat("x", 52), 403},
		{"signed out, no cookie", token, "", "", 403},
		{"signed out, none", "", "", pre, 403},
		{"signed in", mine, "session1", pre, 200},
		{"of another session", other, "session1", pre, 403},
		{"from before the sign-in", token, "session1", pre, 403},
		{"from a session, signed out", mine, "", pre, 403},
		{"a pre-session named like a session", mine, "", "session1", 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, form := post(s, url.Values{httpx.FormField: {c.token}, "name": {"Ada"}}.Encode(), c.session, c.pre)
			if got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			if form.Get("name") != "Ada" {
				t.Error("what was typed is lost")
			}
		})
	}
}

// TestFormTokensOutliveTheirKey: a form that was open when the keys changed is
// taken, one under a key that is gone is not.
func TestFormTokensOutliveTheirKey(t *testing.T) {
	c := config(t, base)
	first, second := c.TokenKeys()[0], []byte(strings.Repeat("k", 32))
	keys := [][]byte{first}
	c.TokenKeys = func() [][]byte { return keys }
	s := newSite(t, c)
	token, pre := page(t, s, "", "")
	body := url.Values{httpx.FormField: {token}}.Encode()
	for _, tt := range []struct {
		name string
		keys [][]byte
		want int
	}{{"a new key signs", [][]byte{second, first}, 200}, {"the old key is gone", [][]byte{second}, 403}} {
		keys = tt.keys
		if got, _ := post(s, body, "", pre); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
		if newer, _ := page(t, s, "", pre); newer == token {
			t.Errorf("%s: the old key still signs", tt.name)
		}
	}
}

func TestFormRules(t *testing.T) {
	s := newSite(t, config(t, base))
	token, pre := page(t, s, "", "")
	good := httpx.FormField + "=" + token
	cases := []struct {
		name, body string
		want       int
	}{
		{"plain", good + "&a=b&c=%20d%0Ae", 200},
		{"repeated", good + "&a=b&a=c", 400},
		{"repeated token", good + "&" + good, 400},
		{"no UTF-8", good + "&a=%ff", 400},
		{"NUL", good + "&a=%00", 400},
		{"escape character", good + "&a=%1b", 400},
		{"line break in a name", good + "&a%0a=b", 400},
		{"half an escape", good + "&a=%2", 400},
		{"semicolon", good + "&a=b;c=d", 400},
		{"over-long value", good + "&a=" + strings.Repeat("x", 4097), 422},
		{"over-many fields", good + strings.Repeat("&a", 201), 400},
		{"empty", "", 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := post(s, c.body, "", pre); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestCookies(t *testing.T) {
	s := newSite(t, config(t, base))
	cases := []struct{ name, header, want string }{
		{"alone", "__Host-sp_session=abc", "abc"},
		{"among others", "x=1; __Host-sp_session=abc; y=2", "abc"},
		{"without prefix", "sp_session=abc", ""},
		{"name as a prefix", "__Host-sp_session2=abc", ""},
		{"name in a value", "x=__Host-sp_session=abc", ""},
		{"quoted", `__Host-sp_session="abc"`, ""},
		{"empty", "__Host-sp_session=", ""},
		{"over-long", "__Host-sp_session=" + strings.Repeat("a", 4000), ""},
		{"line break", "__Host-sp_session=a\nb", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", base, nil)
			r.Header["Cookie"] = []string{c.header}
			if got := s.Cookie(r, httpx.CookieSession); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	loop := newSite(t, config(t, "http://localhost:8080"))
	rec := httptest.NewRecorder()
	loop.SetCookie(rec, httpx.CookieSession, "v", noon.Add(time.Hour))
	loop.ClearCookie(rec, httpx.CookiePending)
	want := []string{
		"sp_session=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax",
		"sp_pending=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
	}
	for i, got := range rec.Header()["Set-Cookie"] {
		if got != want[i] {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
}

func TestLocalPath(t *testing.T) {
	for next, want := range map[string]string{
		"/profile?tab=security": "/profile?tab=security", "/": "/", "": "/", "profile": "/",
		"//evil.example": "/", `/\evil.example`: "/", "/%2Fevil.example": "/", "/%5cevil.example": "/",
		"https://evil.example": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=y": "/",
		"/a%0d%0ab": "/", "/\t/evil.example": "/", "/%09/evil.example": "/", "/%": "/", "/\xff": "/",
		`/a\..\b`: "/", "/" + strings.Repeat("a", 2048): "/",
	} {
		if got := httpx.LocalPath(next); got != want {
			t.Errorf("LocalPath(%.40q) = %q, want %q", next, got, want)
		}
	}
}

// FuzzLocalPath: whatever is typed, a browser that is sent there stays here.
func FuzzLocalPath(f *testing.F) {
	f.Add("//evil.example")
	f.Add(`/\evil`)
	f.Add("/a?b=//c")
	home, err := url.Parse(base + "/signin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := httpx.LocalPath(next)
		to, err := home.Parse(got)
		if err != nil || to.Host != home.Host || to.Scheme != home.Scheme {
			t.Errorf("LocalPath(%q) = %q leads to %v (%v)", next, got, to, err)
		}
	})
}

// FuzzForm: a form that is accepted has clean values, and nothing panics.
func FuzzForm(f *testing.F) {
	f.Add("a=b&c=d")
	f.Add("a=%00")
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		form, err := httpx.ReadQuery(r)
		if err != nil {
			return
		}
		for name := range r.URL.Query() {
			if v := form.Get(name); strings.ContainsAny(v, "\x00\x1b\x7f") || len(v) > 4096 {
				t.Errorf("%q let %q through", query, v)
			}
		}
	})
}

// TestCookieAgreesWithTheStandardLibrary for every value that we could have set.
func TestCookieAgreesWithTheStandardLibrary(t *testing.T) {
	s := newSite(t, config(t, base))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9._-]{1,60}`), 1, 5).Draw(t, "values")
		at := rapid.IntRange(0, len(values)-1).Draw(t, "at")
		r := &http.Request{Header: http.Header{}}
		for i, v := range values {
			name := "other"
			if i == at {
				name = s.CookieName(httpx.CookieDevice)
			}
			r.AddCookie(&http.Cookie{Name: name, Value: v})
		}
		want, err := r.Cookie(s.CookieName(httpx.CookieDevice))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Cookie(r, httpx.CookieDevice); got != want.Value {
			t.Errorf("got %q, want %q", got, want.Value)
		}
	})
}
