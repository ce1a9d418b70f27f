package web_test

import (
	"net/http"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

func TestInvite(t *testing.T) {
	const token = "f7hk2x9pqdm4tw3ra"
	open := func(t *testing.T, f *fakeLinks) *browser {
		t.Helper()
		b := newBrowser(t, func(d *web.Deps) { d.Links = f })
		a := b.get("/invite/" + token)
		a.leadsTo(t, "/invite")
		if got := a.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy: got %q, want no-referrer", got)
		}
		return b
	}
	t.Run("chosen", func(t *testing.T) {
		f := &fakeLinks{token: token}
		b := open(t, f)
		a := b.get("/invite")
		a.shows(t, http.StatusOK, "Welcome to Northwind", "Ana Diaz", "At least 12 characters.", `autocomplete="new-password"`)
		a.hides(t, token)
		if f.used {
			t.Fatal("looking at the page used the link up")
		}
		b.post("/invite", "password", "a long enough one", "repeat", "a long enough one").leadsTo(t, "/signin?done=password-set")
		b.get("/signin?done=password-set").shows(t, http.StatusOK, "Your password is set.")
		if !f.used || b.cookies["sp_link"] != "" {
			t.Errorf("used %v, cookies %v", f.used, b.cookies)
		}
	})
	t.Run("on the way to somewhere", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) { d.Links = &fakeLinks{token: token} })
		b.get("/signin")
		b.post("/password/forgot/start", "login", "ana", "next", "/account/activity").leadsTo(t, "/password/forgot")
		b.get("/invite/" + token)
		b.get("/invite")
		b.post("/invite", "password", "a long enough one", "repeat", "a long enough one").leadsTo(t, "/signin?done=password-set&next=%2Faccount%2Factivity")
	})
	t.Run("HEAD leaves nothing behind", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) { d.Links = &fakeLinks{token: token} })
		b.send(http.MethodHead, "/invite/"+token, nil)
		if len(b.cookies) != 0 {
			t.Errorf("cookies: got %v, want none", b.cookies)
		}
	})
	t.Run("not the same", func(t *testing.T) {
		f := &fakeLinks{token: token}
		b := open(t, f)
		b.get("/invite")
		a := b.post("/invite", "password", "a long enough one", "repeat", "another long one")
		a.shows(t, http.StatusUnprocessableEntity, `<a href="#repeat">The two passwords do not match.</a>`)
		a.hides(t, "long enough", "another long")
		if f.used {
			t.Error("the link was used up")
		}
	})
	t.Run("refused", func(t *testing.T) {
		f := &fakeLinks{token: token, err: core.InField("password", core.NewError(core.Invalid, "password.common"))}
		b := open(t, f)
		b.get("/invite")
		b.post("/invite", "password", "password1234", "repeat", "password1234").
			shows(t, http.StatusUnprocessableEntity, `<a href="#password">`, "lists of leaked passwords")
	})
	t.Run("over", func(t *testing.T) {
		b := open(t, &fakeLinks{token: "another"})
		b.get("/invite").shows(t, http.StatusGone, "This link no longer works", "Reference ")
	})
	t.Run("expired", func(t *testing.T) {
		expired := core.NewError(core.Gone, "link.invitation_expired")
		b := open(t, &fakeLinks{gone: expired.With("inviter", "Ben <b>")})
		b.get("/invite").shows(t, http.StatusGone, "This invitation has expired. Ask Ben &lt;b&gt; for a new one.")
		b = open(t, &fakeLinks{gone: expired.With("inviter", "")})
		b.get("/invite").shows(t, http.StatusGone, "This invitation has expired. Ask your administrator for a new one.")
	})
	t.Run("printed under the old name", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) { d.Links = &fakeLinks{token: token} })
		b.get("/welcome/"+token).leadsTo(t, "/invite")
		b.get("/invite").shows(t, http.StatusOK, "Welcome to Northwind")
	})
}
