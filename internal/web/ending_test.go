package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// TestEnds looks at what the warning before the end counts from.
func TestEnds(t *testing.T) {
	b, _ := live(t, beaWith(func(v *core.SessionView) {
		v.Session.SignedInAt = noon.Add(-23*time.Hour - 30*time.Minute)
		v.Session.LastSeenAt = noon.Add(-10 * time.Minute)
	}), nil)
	a := b.get("/help")
	a.shows(t, http.StatusOK, ` data-idle="3600" data-last="1800" data-minutes="You will be signed out in 2 minutes."`, "Stay signed in", "Sign out now")
	a.hides(t, "data-here")
	b.get("/nowhere").shows(t, http.StatusNotFound, ` data-idle="3600"`)
	newBrowser(t, nil).get("/help").hides(t, "data-idle")
}

// TestHere looks at where a page leads back to that was shown in answer to a
// form.
func TestHere(t *testing.T) {
	refused := &fakeAccount{security: account.Security{Apps: twoApps}, fail: core.InField("code", core.NewError(core.Invalid, "code.short"))}
	tests := []struct{ path, here string }{
		{"/account/security/setup/email", "/account/security"},
		{"/account/security/apps/phone/rename", "/account/security/apps/phone/rename"},
		{"/account/security/turn-off", "/account/security/turn-off"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			w := signedIn(t, beaWith(usingApp), refused).post(tt.path, "how", "now")
			answer{status: w.Code, body: w.Body.String()}.shows(t, http.StatusUnprocessableEntity, ` data-here="`+tt.here+`"`)
		})
	}
}

// TestSignInAgain follows a request of a session that is over to the sign-in
// page and its reason.
func TestSignInAgain(t *testing.T) {
	idle := beaWith(func(v *core.SessionView) {
		v.Session.SignedInAt, v.Session.LastSeenAt = noon.Add(-3*time.Hour), noon.Add(-time.Hour)
	})
	long := beaWith(func(v *core.SessionView) { v.Session.SignedInAt = noon.Add(-24 * time.Hour) })
	ended := beaWith(func(v *core.SessionView) { v.Session.EndedAt, v.Session.LastSeenAt = noon, noon.Add(-2*time.Hour) })
	const reason = "You were signed out because "
	tests := []struct {
		name, method, path string
		view               core.SessionView
		to, text           string
	}{
		{"idle", http.MethodGet, "/account/profile?a=b", idle, "/signin?next=%2Faccount%2Fprofile%3Fa%3Db&why=idle", reason + "nothing happened for a while."},
		{"long", http.MethodGet, "/home", long, "/signin?next=%2Fhome&why=long", reason + "you had been signed in for as long as your organization allows."},
		{"ended elsewhere", http.MethodGet, "/home", ended, "/signin?next=%2Fhome", ""},
		{"a form", http.MethodPost, "/account/security/apps/phone/remove", idle, "/signin?next=%2Faccount%2Fsecurity%2Fapps%2Fphone%2Fremove&why=idle", reason},
		{"a form without a page", http.MethodPost, "/account/security/setup/save", idle, "/signin?next=%2Faccount%2Fsecurity&why=idle", reason},
		{"signing out", http.MethodPost, "/signout", idle, "/signin?why=idle", reason},
		{"confirming", http.MethodPost, "/confirm", idle, "/signin?why=idle", reason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := live(t, tt.view, nil)
			var a answer
			if tt.method == http.MethodGet {
				a = b.get(tt.path)
			} else {
				a = b.post(tt.path)
			}
			a.leadsTo(t, tt.to)
			page := b.get(a.header.Get("Location"))
			page.shows(t, http.StatusOK, tt.text)
			if tt.text == "" {
				page.hides(t, reason)
			}
		})
	}
	b, _ := live(t, bea(), nil)
	b.get("/signin?why=idle&next=/account/profile").leadsTo(t, "/account/profile") // used meanwhile, in another tab
	b.get("/signin?why=<b>&next=/help").leadsTo(t, "/help")
}
