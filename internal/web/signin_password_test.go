package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/web"
)

const wrongPassword = "That username and password do not match an account that can sign in."

// at returns a state of Ana's sign-in.
func at(kind core.StepKind) signin.State {
	v := visitorAna()
	st := signin.State{
		AttemptView: core.AttemptView{
			Attempt: core.Attempt{ID: "attempt", Purpose: core.PurposeSignIn}, Account: v.Account, Organization: v.Organization,
		},
		Step: core.Step{
			StepKind: kind, Selected: core.KindApp,
			Methods:  []core.Method{{Kind: core.KindApp, State: core.MethodReady}, {Kind: core.KindEmail, State: core.MethodReady}},
			Recovery: core.Method{Kind: core.KindRecovery, State: core.MethodReady},
		},
	}
	if kind == core.StepVerify {
		st.Challenge = core.Challenge{
			ID: "challenge", Address: "ana@example.com", Reference: "KRQD", IssuedAt: noon, Sends: 1, LastSentAt: noon, Delivery: core.DeliverySent,
		}
	}
	return st
}

// over returns a fake whose next step has a result.
func withResult(r signin.Result) *fakeSignIn { return &fakeSignIn{state: r.State, result: r} }

func TestPasswordLeadsOn(t *testing.T) {
	done := func(change func(*signin.Result)) signin.Result {
		r := signin.Result{State: at(core.StepDone), RecoveryLeft: -1, Issued: signin.Issued{Session: "new-session", Browser: "new-browser"}}
		change(&r)
		return r
	}
	scorecard := fakeAddresses{core.Application{Name: "Scorecard", URL: "https://scorecard.example", Level: core.LevelPassword}}
	tests := []struct {
		name   string
		result signin.Result
		form   []string
		want   string
	}{
		{"home", done(func(*signin.Result) {}), nil, "/home"},
		{"the page asked for", done(func(*signin.Result) {}), []string{"next", "/account/security"}, "/account/security"},
		{"never another site", done(func(*signin.Result) {}), []string{"next", "//evil.example"}, "/home"},
		{"never another site with a backslash", done(func(*signin.Result) {}), []string{"next", `/\evil.example`}, "/home"},
		{"a registered application", done(func(*signin.Result) {}), []string{"rd", "https://scorecard.example/q?x=1"}, "/continue?to=https%3A%2F%2Fscorecard.example%2Fq%3Fx%3D1"},
		{"never an unknown application", done(func(*signin.Result) {}), []string{"rd", "https://evil.example/"}, "/home"},
		{"the offer of an app", done(func(r *signin.Result) { r.Offer = true }), []string{"next", "/account/security"}, "/signin/setup-offer?next=%2Faccount%2Fsecurity"},
		{"the second step", signin.Result{State: at(core.StepChoose), RecoveryLeft: -1, Issued: signin.Issued{Pending: "pending"}}, nil, "/signin/verify"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBrowser(t, func(d *web.Deps) { d.SignIn, d.Addresses = withResult(test.result), scorecard })
			b.get("/signin")
			b.post("/signin", append([]string{"login", " ana ", "password", "right"}, test.form...)...).leadsTo(t, test.want)
		})
	}
}

func TestPasswordSetsCookies(t *testing.T) {
	f := withResult(signin.Result{
		State: at(core.StepDone), RecoveryLeft: -1,
		Issued: signin.Issued{Session: "s1", Browser: "b1", Device: "d1", DeviceUntil: noon.Add(time.Hour), EndPending: true},
	})
	b := newBrowser(t, func(d *web.Deps) { d.SignIn = f })
	b.cookies["sp_pending"] = "old"
	b.get("/signin")
	b.post("/signin", "login", "ana", "password", "right", "keep", "1")
	for name, want := range map[string]string{"sp_session": "s1", "sp_browser": "b1", "sp_device": "d1", "sp_pending": ""} {
		if got := b.cookies[name]; got != want {
			t.Errorf("cookie %s: got %q, want %q", name, got, want)
		}
	}
	if f.login != "ana" || f.password != "right" || f.visitor.PendingToken != "old" {
		t.Errorf("submitted: got %q, %q, pending %q", f.login, f.password, f.visitor.PendingToken)
	}
	delete(b.cookies, "sp_session")
	b.get("/signin").shows(t, http.StatusOK, `value="ana"`, "checked")
	b.post("/signin", "login", "ana", "password", "right")
	if got := b.cookies["sp_login"]; got != "" {
		t.Errorf("the login is kept although the box is empty: %q", got)
	}
}

func TestPasswordRefused(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		texts  []string
		retry  string
	}{
		{"wrong", core.NewError(core.Invalid, "signin.wrong"), http.StatusUnprocessableEntity, []string{wrongPassword}, ""},
		{"empty", &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: map[string]*core.Error{
			"login": core.NewError(core.Invalid, "signin.login.empty"), "password": core.NewError(core.Invalid, "signin.password.empty"),
		}}, http.StatusUnprocessableEntity, []string{`<a href="#login">Enter your username or email</a>`, `<a href="#password">Enter your password</a>`}, ""},
		{"limited", core.NewError(core.RateLimited, "signin.limited").With("wait", 90*time.Second), http.StatusTooManyRequests, []string{"Too many tries. Wait 2 minutes"}, "90"},
		{"busy", core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second), http.StatusServiceUnavailable, []string{"5 seconds"}, "5"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBrowser(t, func(d *web.Deps) { d.SignIn = &fakeSignIn{err: test.err} })
			b.get("/signin?next=/account/security")
			a := b.post("/signin", "login", "ana@example.com", "password", "hunter2hunter2", "next", "/account/security")
			a.shows(t, test.status, append(test.texts, "<title>Error: Sign in", "Something needs fixing", `value="ana@example.com"`, `value="/account/security"`, `aria-invalid="true"`)...)
			a.hides(t, "hunter2", "⟦")
			if got := a.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After: got %q, want %q", got, test.retry)
			}
		})
	}
}

func TestSigninStates(t *testing.T) {
	t.Run("nobody can sign in yet", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) { d.Readiness = fakeReadiness(false) })
		b.get("/signin").shows(t, http.StatusOK, "Sallyport is not set up yet", "sallyport admin create")
	})
	t.Run("signed in already", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) {
			d.Sessions = &fakeSessions{views: map[string]core.SessionView{"live": visitorAna()}}
		})
		b.cookies["sp_session"] = "live"
		b.get("/signin?next=/account/security").leadsTo(t, "/account/security")
		b.get("/").leadsTo(t, "/home")
	})
	t.Run("no cookies", func(t *testing.T) {
		b := newBrowser(t, nil)
		b.post("/signin", "login", "ana", "password", "right").shows(t, http.StatusForbidden, "blocking cookies", "localhost:8080")
	})
	t.Run("open too long", func(t *testing.T) {
		f := &fakeSignIn{}
		b := newBrowser(t, func(d *web.Deps) { d.SignIn = f })
		b.get("/signin")
		b.token = "of another visit"
		b.post("/signin", "login", "ana", "password", "right").shows(t, http.StatusForbidden, "This page was open too long.", `value="ana"`)
		if f.login != "" {
			t.Error("the password was tried although the form token was wrong")
		}
	})
	t.Run("paused organization", func(t *testing.T) {
		st := at(core.StepPaused)
		st.Organization.LockNote = "Back on Monday."
		b := newBrowser(t, func(d *web.Deps) { d.SignIn = withResult(signin.Result{State: st, RecoveryLeft: -1}) })
		b.get("/signin")
		b.post("/signin", "login", "ana", "password", "right").shows(t, http.StatusForbidden, "<h1", "Sign-in is paused", "Back on Monday.")
	})
	t.Run("timed out", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) { d.SignIn = &fakeSignIn{state: at(core.StepPassword)} })
		b.cookies["sp_pending"] = "old"
		b.get("/signin/verify").leadsTo(t, "/signin?why=timeout")
		b.get("/signin?why=timeout").shows(t, http.StatusOK, "Your sign-in timed out. Start again.", `value="ana@example.com"`)
	})
	t.Run("an invented banner", func(t *testing.T) {
		b := newBrowser(t, nil)
		if got := strings.Count(b.get("/signin?done=you-won").body, "banner"); got != 0 {
			t.Errorf("banners: got %d, want none", got)
		}
	})
}
