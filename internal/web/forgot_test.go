package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// TestForgot: what was typed on the sign-in page is carried over, and stands in
// no address; the answer is one redirect to one page.
func TestForgot(t *testing.T) {
	asked := &fakeResets{}
	b := newBrowser(t, func(d *web.Deps) { d.Resets = asked })
	b.get("/signin").shows(t, http.StatusOK, `formaction="/password/forgot/start"`, "Forgot your password?")
	b.post("/password/forgot/start", "login", " ana@example.com ", "password", "typed by the way").leadsTo(t, "/password/forgot")
	for name, value := range b.cookies {
		if strings.Contains(value, "ana") || strings.Contains(value, "typed") {
			t.Errorf("cookie %s shows what was typed: %s", name, value)
		}
	}
	b.get("/password/forgot").shows(t, http.StatusOK, "Reset your password", `value="ana@example.com"`)
	thief := newBrowser(t, nil)
	thief.cookies["sp_forgot"], thief.cookies["sp_pre"] = b.cookies["sp_forgot"], "another-browser"
	thief.get("/password/forgot").hides(t, "ana@example.com")
	if len(asked.asked) != 0 {
		t.Errorf("looking at the page asked for %v", asked.asked)
	}
	b.post("/password/forgot", "login", "ana@example.com").leadsTo(t, "/password/forgot?done=link-sent")
	a := b.get("/password/forgot?done=link-sent")
	a.shows(t, http.StatusOK, `role="status"`, "If that address has an account, a link is on its way. It works for 30 minutes.")
	a.hides(t, "ana@example.com")
	if diff := cmp.Diff([]string{"ana@example.com"}, asked.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestForgotRefused(t *testing.T) {
	tests := []struct {
		name   string
		form   []string
		status int
		text   string
	}{
		{"nothing typed", []string{"login", "  "}, http.StatusUnprocessableEntity, `<a href="#login">Enter your username or email</a>`},
		{"no field", nil, http.StatusUnprocessableEntity, "Enter your username or email"},
		{"a list", []string{"login[]", "ana@example.com"}, http.StatusUnprocessableEntity, "Enter your username or email"},
		{"five thousand letters", []string{"login", strings.Repeat("a", 5000)}, http.StatusUnprocessableEntity, "too long"},
		{"NUL", []string{"login", "a\x00b"}, http.StatusBadRequest, "did not make sense"},
		{"not UTF-8", []string{"login", "\xff"}, http.StatusBadRequest, "did not make sense"},
		{"a megabyte", []string{"login", strings.Repeat("a", 1<<20)}, http.StatusRequestEntityTooLarge, "too much"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := &fakeResets{}
			b := newBrowser(t, func(d *web.Deps) { d.Resets = asked })
			b.get("/password/forgot")
			b.post("/password/forgot", tt.form...).shows(t, tt.status, tt.text)
			if len(asked.asked) != 0 {
				t.Errorf("asked for %q", asked.asked)
			}
		})
	}
	t.Run("two names", func(t *testing.T) {
		asked := &fakeResets{}
		b := newBrowser(t, func(d *web.Deps) { d.Resets = asked })
		b.get("/password/forgot")
		form := map[string][]string{"form_token": {b.token}, "login": {"ana@example.com", "eve@example.com"}}
		b.send(http.MethodPost, "/password/forgot", form).shows(t, http.StatusBadRequest)
		if len(asked.asked) != 0 {
			t.Errorf("asked for %q", asked.asked)
		}
	})
	t.Run("without the form's token", func(t *testing.T) {
		b := newBrowser(t, nil)
		b.get("/password/forgot")
		b.token = "another"
		b.post("/password/forgot", "login", "ana@example.com").shows(t, http.StatusForbidden, "open too long")
	})
}

// TestReset is the page behind a reset link.
func TestReset(t *testing.T) {
	const token = "f7hk2x9pqdm4tw3ra"
	open := func(t *testing.T, f *fakeLinks) *browser {
		t.Helper()
		f.kind = core.LinkReset
		b := newBrowser(t, func(d *web.Deps) { d.Links = f })
		a := b.get("/password/reset/" + token)
		a.leadsTo(t, "/password/reset")
		if got := a.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy: got %q, want no-referrer", got)
		}
		return b
	}
	t.Run("chosen", func(t *testing.T) {
		f := &fakeLinks{token: token}
		b := open(t, f)
		a := b.get("/password/reset")
		a.shows(t, http.StatusOK, "Choose a new password", "a•••@example.com", `autocomplete="new-password"`)
		a.hides(t, token)
		if a.header.Get("Referrer-Policy") != "no-referrer" || f.used {
			t.Errorf("referrer %q, used %v", a.header.Get("Referrer-Policy"), f.used)
		}
		b.post("/password/reset", "password", "a long enough one", "repeat", "a long enough one").leadsTo(t, "/signin?done=password-reset")
		b.get("/signin?done=password-reset").shows(t, http.StatusOK, "Your password was changed and you were signed out everywhere.")
		if b.cookies["sp_session"] != "" || b.cookies["sp_link"] != "" {
			t.Errorf("cookies %v: a reset signs nobody in", b.cookies)
		}
		b.post("/password/reset", "password", "a long enough one", "repeat", "a long enough one").shows(t, http.StatusGone, "This link no longer works")
	})
	for name, way := range map[string]struct {
		typed []string // hidden in the sign-in page
		again bool     // and forgotten once more, on the way to nowhere
		want  string
	}{
		"an application":       {[]string{"rd", "https://scorecard.example/a?b=c&d"}, false, "&rd=https%3A%2F%2Fscorecard.example%2Fa%3Fb%3Dc%26d"},
		"a page of ours":       {[]string{"next", "/account/activity?kind=signin"}, false, "&next=%2Faccount%2Factivity%3Fkind%3Dsignin"},
		"nowhere":              {nil, false, ""},
		"a foreign address":    {[]string{"rd", "https://evil.example/"}, false, ""},
		"a foreign path":       {[]string{"next", "//evil.example/"}, false, ""},
		"asked for once again": {[]string{"next", "/account/activity"}, true, ""},
	} {
		t.Run("on the way to "+name, func(t *testing.T) {
			f := &fakeLinks{kind: core.LinkReset, token: token}
			b := newBrowser(t, func(d *web.Deps) {
				d.Links = f
				d.Addresses = fakeAddresses{core.Application{URL: "https://scorecard.example"}}
			})
			b.get("/signin")
			b.post("/password/forgot/start", append([]string{"login", "ana"}, way.typed...)...).leadsTo(t, "/password/forgot")
			if way.again {
				b.get("/signin")
				b.post("/password/forgot/start", "login", "ana").leadsTo(t, "/password/forgot")
			}
			b.get("/password/reset/" + token)
			b.get("/password/reset")
			b.post("/password/reset", "password", "a long enough one", "repeat", "a long enough one").leadsTo(t, "/signin?done=password-reset"+way.want)
			if b.cookies["sp_way"] != "" {
				t.Error("the way waits for another reset")
			}
		})
	}
	t.Run("HEAD leaves nothing behind", func(t *testing.T) {
		b := newBrowser(t, nil)
		b.send(http.MethodHead, "/password/reset/"+token, nil)
		if len(b.cookies) != 0 {
			t.Errorf("cookies: got %v, want none", b.cookies)
		}
	})
	t.Run("refused", func(t *testing.T) {
		f := &fakeLinks{token: token, err: core.InField("password", core.NewError(core.Invalid, "password.used_recently"))}
		b := open(t, f)
		b.get("/password/reset")
		a := b.post("/password/reset", "password", "an older password", "repeat", "an older password")
		a.shows(t, http.StatusUnprocessableEntity, `<a href="#password">You used this password recently. Choose another.</a>`)
		a.hides(t, "an older")
	})
	t.Run("over", func(t *testing.T) {
		b := open(t, &fakeLinks{token: "another"})
		b.get("/password/reset").shows(t, http.StatusGone, "This link no longer works", "or a newer one was sent. Open the newest message", `href="/password/forgot"`, "Send a new link")
	})
	t.Run("too many passwords", func(t *testing.T) {
		b := open(t, &fakeLinks{token: token, err: core.NewError(core.Gone, "link.tries")})
		b.get("/password/reset")
		b.post("/password/reset", "password", "a long enough one", "repeat", "a long enough one").
			shows(t, http.StatusGone, "Too many passwords were tried", "Send a new link")
	})
	t.Run("without a link", func(t *testing.T) {
		b := newBrowser(t, nil)
		b.get("/password/reset").shows(t, http.StatusGone, "This link no longer works")
	})
	t.Run("another kind of link opens another page", func(t *testing.T) {
		b := open(t, &fakeLinks{token: token})
		b.get("/invite").shows(t, http.StatusGone, "This link no longer works")
		b.get("/signin")
		b.post("/invite", "password", "a long enough one", "repeat", "a long enough one").shows(t, http.StatusGone)
	})
}
