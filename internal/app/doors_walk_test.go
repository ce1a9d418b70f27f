package app_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// TestNoOtherDoorToAdministrators walks every page and form of administrators and
// of the help desk by every door but the right one: half of a sign-in, a session
// that was left, a remembered device in the place of the second step, and forms
// that come straight where "Confirm it's you" stands before them. None opens, and
// nothing is done.
func TestNoOtherDoorToAdministrators(t *testing.T) {
	w := twoOrganizations(t)
	const ana = "ana@southwind-b.example"
	w.bob = w.browser()
	w.bob.signIn(ana, password).must(t, 200, "Home")
	app, _ := w.bob.turnOn(w.server, ana)
	w.signed = ""
	forms := w.preparedForms()
	left := w.browser()
	here, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	left.http.Jar.SetCookies(here, w.bob.http.Jar.Cookies(here))
	left.get("/admin").must(t, 200, "Control Panel")
	w.bob.signOut()
	half := w.browser()
	half.signIn(ana, password).must(t, 200, "Choose how to verify it's you")
	device := w.browser()
	w.advance(time.Minute) // another code of the app
	p := device.submit(device.signIn(ana, password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
	device.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
	device.signOut()
	device.signIn(ana, password).must(t, 200, "Home")
	before := w.rowsOf(w.other)
	for name, door := range map[string]struct {
		b  *browser
		to string
	}{"half a sign-in": {half, "/signin"}, "a session that was left": {left, "/signin"}, "a remembered device": {device, "/confirm"}} {
		token := door.b.get("/signin").forms(t)[0].values.Get("form_token")
		if door.to == "/confirm" {
			token = door.b.get("/home").forms(t)[0].values.Get("form_token")
		}
		for _, r := range w.Routes() {
			if r.Access < web.Helping {
				continue
			}
			for _, path := range pathsOf(withOwnNames(r.Pattern), w.own) {
				f := prepared{path, nil}
				for _, one := range forms {
					if one.path == path && r.Method == http.MethodPost {
						f.values = maps.Clone(one.values)
						f.values.Set("form_token", token)
					}
				}
				p := door.b.do(r.Method, f.path, f.values)
				if p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), door.to) {
					t.Errorf("%s: %s %s: got %d to %q, want %s", name, r.Method, path, p.StatusCode, p.Header.Get("Location"), door.to)
				}
			}
		}
	}
	if d := cmp.Diff(before, w.rowsOf(w.other)); d != "" {
		t.Errorf("something was done (-before +after):\n%s", d)
	}
	w.unconfirmed(app, ana)
}

// unconfirmed sends every form that asks for a confirmation without one.
func (w *apart) unconfirmed(app *authenticator, login string) {
	w.t.Helper()
	w.advance(time.Minute)
	w.bob, w.signed = w.browser(), ""
	w.bob.withCode(login, app.code()).must(w.t, 200, "Home")
	forms := w.preparedForms()
	w.advance(core.ConfirmLife + time.Minute)
	before := w.rowsOf(w.other)
	asked := 0
	for _, r := range w.Routes() {
		if r.Access != web.HelpingConfirmed && r.Access != web.AdministeringConfirmed && r.Access != web.AdministeringBySecondStep || r.Method != http.MethodPost {
			continue
		}
		for _, f := range forms {
			if parameterised(r.Pattern, f.path) {
				asked++
				if p := w.bob.do(http.MethodPost, f.path, f.values); p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/confirm") {
					w.t.Errorf("POST %s without a confirmation: got %d to %q", f.path, p.StatusCode, p.Header.Get("Location"))
				}
			}
		}
	}
	if asked < 20 {
		w.t.Errorf("%d forms were sent without a confirmation, want at least 20", asked)
	}
	if d := cmp.Diff(before, w.rowsOf(w.other)); d != "" {
		w.t.Errorf("something was done without a confirmation (-before +after):\n%s", d)
	}
}

// parameterised reports whether a path is of a pattern.
func parameterised(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}
