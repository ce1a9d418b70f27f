package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// live is a browser with a session of the person in v.
func live(t *testing.T, v core.SessionView, change func(*web.Deps)) (*browser, *fakeSessions) {
	t.Helper()
	sessions := &fakeSessions{views: map[string]core.SessionView{"live": v}}
	b := newBrowser(t, func(d *web.Deps) {
		d.Sessions = sessions
		if change != nil {
			change(d)
		}
	})
	b.cookies["sp_session"] = "live"
	return b, sessions
}

// TestLinkOfSomebodyElse: whoever is signed in where another's password was chosen
// is told so at the end of every way on from there.
func TestLinkOfSomebodyElse(t *testing.T) {
	b, _ := live(t, bea(), nil)
	for code, text := range map[string]string{
		"password-reset": "The password of the other account was changed.",
		"password-set":   "The password of the other account is set.",
	} {
		to := "/home?done=other-" + code
		b.get("/signin?done="+code).leadsTo(t, to)
		b.get("/help?done=other-"+code).shows(t, http.StatusOK, text, "Sign out of this one")
		due, _ := live(t, beaWith(func(v *core.SessionView) { v.Account.User.PasswordDue = core.PasswordDistrusted }), nil)
		due.get("/signin?done="+code).leadsTo(t, "/confirm?next="+url.QueryEscape(to))
	}
	b.get("/signin?done=signed-out").leadsTo(t, "/home")
}

func TestRecoveryUsed(t *testing.T) {
	tests := []struct {
		name  string
		left  int
		title string
	}{
		{"some", 7, "You have 7 recovery codes left"},
		{"one", 1, "You have 1 recovery code left"},
		{"none", 0, "You have 0 recovery codes left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := visitorAna()
			v.Account.RecoveryCodes = test.left
			b, _ := live(t, v, nil)
			b.get("/signin/recovery-used?next=/account/security").
				shows(t, http.StatusOK, test.title, "Set up a new authenticator", "Get new recovery codes", `href="/account/security">Continue`)
			b.get("/signin/recovery-used?next=//evil.example").hides(t, "evil")
		})
	}
}

func TestOffer(t *testing.T) {
	plain := visitorAna()
	plain.Account.Apps, plain.Session.Level = 0, core.LevelEmail
	t.Run("not now", func(t *testing.T) {
		f := &fakeOffers{}
		b, _ := live(t, plain, func(d *web.Deps) { d.Offers = f })
		b.get("/signin/setup-offer?next=/home").shows(t, http.StatusOK, "Add an authenticator app?", "Don&#39;t ask again")
		b.post("/signin/setup-offer", "answer", "later", "next", "/account/profile").leadsTo(t, "/account/profile")
		if !f.answered || f.never {
			t.Errorf("answered: got %v, never %v", f.answered, f.never)
		}
	})
	t.Run("never", func(t *testing.T) {
		f := &fakeOffers{}
		b, _ := live(t, plain, func(d *web.Deps) { d.Offers = f })
		b.get("/signin/setup-offer")
		b.post("/signin/setup-offer", "answer", "later", "never", "1").leadsTo(t, "/home")
		if !f.never {
			t.Error("Don't ask again was not stored")
		}
	})
	t.Run("set up", func(t *testing.T) {
		f := &fakeOffers{}
		b, _ := live(t, plain, func(d *web.Deps) { d.Offers = f })
		b.get("/signin/setup-offer")
		b.post("/signin/setup-offer", "answer", "set-up").leadsTo(t, "/account/security?step=app")
		if f.begun != core.GoalTurnOn {
			t.Errorf("begun: got %q, want %q", f.begun, core.GoalTurnOn)
		}
	})
	t.Run("proof too old", func(t *testing.T) {
		b, _ := live(t, plain, func(d *web.Deps) {
			d.Offers = &fakeOffers{err: core.NewError(core.Unauthenticated, "confirm.needed")}
		})
		b.get("/signin/setup-offer")
		b.post("/signin/setup-offer", "answer", "set-up").leadsTo(t, "/confirm?next=%2Faccount%2Fsecurity")
	})
	t.Run("no answer", func(t *testing.T) {
		b, _ := live(t, plain, nil)
		b.get("/signin/setup-offer")
		b.post("/signin/setup-offer").shows(t, http.StatusUnprocessableEntity, `<a href="#answer">`, `id="answer-problem"`)
	})
	t.Run("has an app", func(t *testing.T) {
		b, _ := live(t, visitorAna(), nil)
		b.get("/signin/setup-offer?next=/home").leadsTo(t, "/home")
	})
}

func TestSignOut(t *testing.T) {
	for _, forget := range []bool{false, true} {
		b, sessions := live(t, visitorAna(), nil)
		b.cookies["sp_device"], b.cookies["sp_login"] = "device", "YW5h"
		b.get("/signin/recovery-used")
		form, want := []string{}, "/signin?done=signed-out"
		if forget {
			form, want = []string{"forget", "1"}, "/signin?done=forgotten"
		}
		a := b.post("/signout", form...)
		a.leadsTo(t, want)
		if got := a.header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
			t.Errorf("Clear-Site-Data: got %q", got)
		}
		if len(sessions.signedOut) != 1 || sessions.forgot != forget {
			t.Errorf("ended: got %v, forgot %v, want one and %v", sessions.signedOut, sessions.forgot, forget)
		}
		if b.cookies["sp_session"] != "" || (b.cookies["sp_device"] == "") != forget {
			t.Errorf("cookies after signing out: got %v", b.cookies)
		}
		b.get(want).shows(t, http.StatusOK, `role="status"`, "You have signed out.")
	}
	b, sessions := live(t, visitorAna(), nil)
	b.get("/signin/recovery-used")
	b.token = "of somebody else"
	b.post("/signout").shows(t, http.StatusForbidden, "This page was open too long")
	if len(sessions.signedOut) != 0 {
		t.Error("a form with a wrong token signed the person out")
	}
}

func TestContinue(t *testing.T) {
	scorecard := func(d *web.Deps) {
		d.Addresses = fakeAddresses{core.Application{Name: "Scorecard", URL: "https://scorecard.example", Level: core.LevelPassword}}
	}
	b, _ := live(t, visitorAna(), scorecard)
	b.get("/continue?to="+url.QueryEscape(`https://scorecard.example/?q="><script>`)).
		shows(t, http.StatusOK, "Continue to Scorecard", `http-equiv="refresh"`, "Open Scorecard")
	b.get("/continue?to=https://evil.example/").shows(t, http.StatusNotFound, "Page not found")
	b.get("/continue").shows(t, http.StatusNotFound)
	if got := strings.Count(b.get("/continue?to="+url.QueryEscape(`https://scorecard.example/"><script>`)).body, "<script>"); got != 0 {
		t.Error("an address became markup")
	}
	b.get("/signin?rd=https://scorecard.example/a").leadsTo(t, "/continue?to=https%3A%2F%2Fscorecard.example%2Fa")
}

func TestGuard(t *testing.T) {
	stepUp := visitorAna()
	stepUp.Session.Level = core.LevelPassword
	gone := visitorAna()
	gone.Session.EndedAt = noon.Add(-time.Hour)
	due := visitorAna()
	due.Account.Apps, due.Account.User.Type = 0, core.Administrator
	due.Organization.Policy.AdministratorAppFrom = noon.Add(-time.Hour)
	tests := []struct {
		name string
		view core.SessionView
		path string
		want string // empty: the page itself
	}{
		{"open", visitorAna(), "/signin/recovery-used", ""},
		{"ended", gone, "/signin/recovery-used?next=/home", "/signin?next=%2Fsignin%2Frecovery-used%3Fnext%3D%2Fhome"},
		{"second step due", stepUp, "/signin/recovery-used", "/confirm?next=%2Fsignin%2Frecovery-used"},
		{"second step due, at the sign-in page", stepUp, "/signin?next=/help", "/confirm?next=%2Fhelp"},
		{"app due, at the sign-in page", due, "/signin", "/account/security"},
		{"app due", due, "/signin/recovery-used", "/account/security"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, _ := live(t, test.view, nil)
			a := b.get(test.path)
			if test.want == "" {
				a.shows(t, http.StatusOK, "<h1")
				return
			}
			a.leadsTo(t, test.want)
		})
	}
	newBrowser(t, nil).post("/signout").leadsTo(t, "/signin")
}
