package proxies_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// theirs is what a client puts into every header that might say who it is.
const theirs = "intruder"

// hostile sends headers of these names, as spelt.
func hostile(names ...string) []change {
	var all []change
	for _, name := range names {
		all = append(all, header(name, theirs))
	}
	return all
}

// noneOfTheirs fails for every header in which the client's word arrived.
func noneOfTheirs(t *testing.T, got arrived) {
	t.Helper()
	for name, values := range got.Header {
		if strings.Contains(strings.Join(values, " "), theirs) {
			t.Errorf("%s: %q reached the application", name, values)
		}
	}
}

// odd are spellings that some applications read as our names: everything but
// letters and digits becomes one mark for them.
func odd(name string) []string {
	var all []string
	for _, mark := range []string{"_", ".", "~", "+", "!", "*"} {
		all = append(all, strings.ReplaceAll(name, "-", mark))
	}
	return append(all, strings.ToLower(name), strings.ToUpper(name))
}

// hostileHeaders: what a client says of itself never reaches the application as
// who it is, and never opens it.
func hostileHeaders(t *testing.T, f *front) {
	names := []string{
		"X-Forwarded-User", "X-Forwarded-Groups", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-For",
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix",
		"X-Forwarded-Method", "X-Forwarded-Uri", "X-Original-Method", "X-Original-Url", "X-Original-Uri", "X-Original-Host",
		"X-Real-Ip", "Forwarded", "X_Forwarded_User", "X.Forwarded.User", "X_Original_Url",
	}
	for _, name := range identityNames() {
		names = append(names, name)
		names = append(names, odd(name)...)
	}
	b := f.signedIn(t, "hostile@example.com")
	for _, address := range []string{f.notes.url + "/", f.wiki.url + "/"} {
		got := b.get(address, hostile(names...)...).arrived(t)
		noneOfTheirs(t, got)
		if values := got.Header["Remote-User"]; len(values) != 1 || values[0] != "hostile@example.com" {
			t.Errorf("Remote-User is %q", values)
		}
	}
	twice := func(r *http.Request) { r.Header["Remote-User"] = []string{theirs, theirs} }
	noneOfTheirs(t, b.get(f.notes.url+"/", twice).arrived(t))

	stranger := f.browser(t)
	before := f.notes.seen.Load()
	stranger.get(f.notes.url+"/", hostile(names...)...).asksToSignIn(t, f, http.StatusFound, f.notes.url+"/")
	stranger.get(f.notes.url+"/", header("X-Forwarded-Method", "OPTIONS"), header("X-Forwarded-For", loopback),
		header("X-Forwarded-Uri", "/signin"), header("Connection", "Cookie, X-Forwarded-Host, X-Original-Url")).
		asksToSignIn(t, f, http.StatusFound, f.notes.url+"/")
	if n := f.notes.seen.Load() - before; n != 0 {
		t.Errorf("%d requests of a stranger reached the application", n)
	}
}

// cookies: the application gets its own and none of Sallyport's, wherever they
// stand and under either spelling.
func cookies(t *testing.T, f *front) {
	b := f.signedIn(t, "cookie@example.com")
	base, err := url.Parse(f.base)
	if err != nil {
		t.Fatal(err)
	}
	var session string
	for _, c := range b.http.Jar.Cookies(base) {
		if c.Name == "sp_session" {
			session = "sp_session=" + c.Value
		}
	}
	if session == "" {
		t.Fatal("no session in the browser")
	}
	for _, c := range []struct{ name, sent, want string }{
		{"alone", session, ""},
		{"first", session + "; a=1; b=2", "a=1; b=2"},
		{"last", "a=1; b=2; " + session, "a=1; b=2"},
		{"between", "a=1; " + session + "; b=2", "a=1; b=2"},
		{
			"all of them, scattered", "sp_browser=b; a=1; sp_device=d; sp_pre=p; b=2; " + session + "; c=3; sp_pending=e; d=4; sp_login=l; e=5; sp_link=k",
			"a=1; b=2; c=3; d=4; e=5",
		},
		{"with the prefix of https", "__Host-sp_session=x; a=1; " + session + "; __Host-sp_device=y; b=2", "a=1; b=2"},
		{"empty ones", "sp_pre=; a=; " + session, "a="},
		{"without spaces", "a=1;" + session + ";b=2", "a=1;b=2"},
		{"names that only look alike", session + "; xsp_session=1; sp=2; sp-a=3; a=sp_session", "xsp_session=1; sp=2; sp-a=3; a=sp_session"},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := f.browser(t)
			got := other.get(f.notes.url+"/", header("Cookie", c.sent)).arrived(t)
			if cookie := strings.Join(got.Header["Cookie"], "|"); cookie != c.want {
				t.Errorf("the application got %q, want %q", cookie, c.want)
			}
		})
	}
	var many []string
	for range 12 {
		many = append(many, "a=1", "sp_session="+theirs)
	}
	two := func(r *http.Request) { r.Header["Cookie"] = []string{session, strings.Join(many, "; ")} }
	noneOfTheirs(t, f.browser(t).get(f.notes.url+"/", two).arrived(t))
}
