package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/web"
)

// pending is a browser in the middle of a sign-in.
func pending(t *testing.T, f *fakeSignIn) *browser {
	t.Helper()
	b := newBrowser(t, func(d *web.Deps) { d.SignIn = f })
	b.cookies["sp_pending"], b.cookies["sp_browser"] = "pending", "browser"
	return b
}

func TestChooseNamesBothMethods(t *testing.T) {
	states := []core.MethodState{
		core.MethodReady, core.MethodNotSetUp, core.MethodAfterEmail, core.MethodMailDown,
		core.MethodNoAddress, core.MethodPaused, core.MethodBlocked, core.MethodNotAllowed, core.MethodAppAtHand,
	}
	for _, app := range states {
		for _, email := range states {
			st := at(core.StepChoose)
			st.Step.Methods = []core.Method{{Kind: core.KindApp, State: app, Until: noon.Add(time.Minute)}, {Kind: core.KindEmail, State: email, Until: noon.Add(time.Minute)}}
			a := pending(t, &fakeSignIn{state: st}).get("/signin/verify")
			a.shows(t, http.StatusOK, "Choose how to verify it&#39;s you", "Authenticator Code", "Email", "Signing in as a•••@example.com", "Need help signing in?")
			a.hides(t, "⟦", "ana@example.com")
		}
	}
}

func TestChoose(t *testing.T) {
	t.Run("goes to the code", func(t *testing.T) {
		f := &fakeSignIn{state: at(core.StepVerify)}
		b := pending(t, f)
		b.get("/signin/verify")
		b.post("/signin/verify", "method", "email", "remember", "1").leadsTo(t, "/signin/verify/email")
		if f.kind != core.KindEmail || !f.remember || f.visitor.PendingToken != "pending" {
			t.Errorf("chosen: got %q, remember %v, pending %q", f.kind, f.remember, f.visitor.PendingToken)
		}
	})
	t.Run("nothing chosen", func(t *testing.T) {
		b := pending(t, &fakeSignIn{state: at(core.StepChoose)})
		b.get("/signin/verify")
		b.post("/signin/verify", "remember", "1").shows(t, http.StatusUnprocessableEntity, `<a href="#method">`, "checked")
	})
	t.Run("too many mails", func(t *testing.T) {
		f := &fakeSignIn{state: at(core.StepChoose), err: core.NewError(core.RateLimited, "code.sends").With("wait", 10*time.Minute)}
		b := pending(t, f)
		b.get("/signin/verify")
		a := b.post("/signin/verify", "method", "email")
		a.shows(t, http.StatusTooManyRequests, "We have sent several codes already. Check spam, or wait 10 minutes.")
		if got := a.header.Get("Retry-After"); got != "600" {
			t.Errorf("Retry-After: got %q, want 600", got)
		}
	})
	t.Run("no days to remember", func(t *testing.T) {
		st := at(core.StepChoose)
		st.Organization.Policy.RememberDays = 0
		pending(t, &fakeSignIn{state: st}).get("/signin/verify").hides(t, "Remember this device")
	})
	t.Run("nothing open", func(t *testing.T) {
		b := newBrowser(t, func(d *web.Deps) {
			d.SignIn = &fakeSignIn{state: signin.State{Step: core.Step{StepKind: core.StepPassword}}}
		})
		b.get("/signin/verify").leadsTo(t, "/signin")
		b.get("/signin/verify/email").leadsTo(t, "/signin")
	})
}

func TestCodePages(t *testing.T) {
	f := &fakeSignIn{state: at(core.StepVerify)}
	b := pending(t, f)
	field := []string{`inputmode="numeric"`, `autocomplete="one-time-code"`, `maxlength="16"`, "autofocus", "6-digit code"}
	b.get("/signin/verify/email").shows(t, http.StatusOK, append(field, "Check your email", "KRQD", "10 minutes", "The message was sent.", "30 seconds", "I can&#39;t get into this email")...)
	b.get("/signin/verify/app").shows(t, http.StatusOK, append(field, "Enter your authenticator code", "find Northwind", "Lost your phone?")...)
	a := b.get("/signin/verify/recovery")
	a.shows(t, http.StatusOK, "Use a recovery code", `autocomplete="off"`)
	a.hides(t, "Remember this device")
	b.get("/signin/verify/passkey").shows(t, http.StatusNotFound, "Page not found")
	f.state.Challenge = core.Challenge{}
	b.get("/signin/verify/email").leadsTo(t, "/signin/verify")
	f.state.Step.Recovery.State = core.MethodNotSetUp
	b.get("/signin/verify/recovery").leadsTo(t, "/signin/verify")
}

func TestCodeRight(t *testing.T) {
	tests := []struct {
		name   string
		result signin.Result
		want   string
	}{
		{"in", signin.Result{RecoveryLeft: -1, ReturnTo: "/account/security"}, "/account/security"},
		{"with a recovery code", signin.Result{RecoveryLeft: 3, ReturnTo: "/home"}, "/signin/recovery-used?next=%2Fhome"},
		{"with the offer", signin.Result{RecoveryLeft: -1, Offer: true}, "/signin/setup-offer?next=%2Fhome"},
		{"to an application", signin.Result{RecoveryLeft: -1, ReturnTo: "https://a.example/"}, "/continue?to=https%3A%2F%2Fa.example%2F"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.result.Step.StepKind = core.StepDone
			test.result.Issued = signin.Issued{Session: "s1", EndPending: true}
			f := &fakeSignIn{state: at(core.StepVerify), result: test.result}
			b := pending(t, f)
			b.get("/signin/verify/app")
			b.post("/signin/verify/app", "code", "123 456", "remember", "1").leadsTo(t, test.want)
			if f.typed != "123 456" || f.kind != core.KindApp || !f.remember {
				t.Errorf("submitted: got %q of %q, remember %v", f.typed, f.kind, f.remember)
			}
			if b.cookies["sp_session"] != "s1" || b.cookies["sp_pending"] != "" {
				t.Errorf("cookies: got %v", b.cookies)
			}
		})
	}
}

func TestCodeRefused(t *testing.T) {
	field := func(code string) *core.Error { return core.NewError(core.Invalid, code) }
	wrong := field("code.wrong").With("left", 3).With("reference", "KRQD").With("misses", 2)
	tests := []struct {
		name string
		kind string
		err  *core.Error
		text string
	}{
		{"empty email", "email", field("code.empty"), "Enter the 6-digit code from the email"},
		{"short", "app", field("code.short"), "That is fewer than 6 numbers. Type all 6."},
		{"long", "app", field("code.long"), "That is more than 6 numbers. Type only the code."},
		{"letters", "email", field("code.letters"), "Use numbers only for the code."},
		{"wrong email", "email", wrong, "That code is not right. Check it is from the message marked KRQD. 3 tries left."},
		{"wrong app", "app", field("code.wrong").With("left", 4).With("misses", 1), "Wait for a new one and try again. 4 tries left."},
		{"wrong app again", "app", wrong, "Our clock says 12:00:00."},
		{"used app", "app", field("code.used"), "That code was already used. Wait for the next one (up to 30 seconds)."},
		{"wrong recovery", "recovery", wrong, "That recovery code is not right or was already used."},
		{"used recovery", "recovery", field("code.used"), "That recovery code is not right or was already used."},
		{"empty recovery", "recovery", field("code.empty"), "Enter a recovery code"},
		{"expired", "email", field("code.expired_resent"), "That code has expired. We have sent you a new one."},
		{"paused", "app", field("method.paused").With("wait", 15*time.Minute), "Wait 15 minutes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := at(core.StepVerify)
			b := pending(t, &fakeSignIn{state: st, result: signin.Result{State: st}, err: core.InField("code", test.err)})
			b.get("/signin/verify/" + test.kind)
			a := b.post("/signin/verify/"+test.kind, "code", "987654", "remember", "1")
			a.shows(t, http.StatusUnprocessableEntity, test.text, `<a href="#code">`, `aria-invalid="true"`, "<title>Error: ")
			a.hides(t, "987654", "⟦")
			if test.kind != "recovery" {
				a.shows(t, http.StatusUnprocessableEntity, " checked")
			}
		})
	}
}

func TestCodeOver(t *testing.T) {
	for code, want := range map[string]string{"signin.ended": "/signin?why=ended", "signin.timeout": "/signin?why=timeout"} {
		f := &fakeSignIn{state: at(core.StepVerify), err: core.NewError(core.Unauthenticated, code)}
		b := pending(t, f)
		b.get("/signin/verify/app")
		b.post("/signin/verify/app", "code", "123456").leadsTo(t, want)
	}
	b := pending(t, &fakeSignIn{state: at(core.StepPassword)})
	b.get("/signin?why=ended").shows(t, http.StatusOK, "Too many wrong codes. Start signing in again.")
}

func TestSendAgain(t *testing.T) {
	t.Run("sent", func(t *testing.T) {
		b := pending(t, &fakeSignIn{state: at(core.StepVerify)})
		b.get("/signin/verify/email")
		b.post("/signin/verify/email/send").leadsTo(t, "/signin/verify/email?done=code-sent")
		b.get("/signin/verify/email?done=code-sent").shows(t, http.StatusOK, `role="status"`, "A new code was sent.")
	})
	t.Run("too soon", func(t *testing.T) {
		f := &fakeSignIn{state: at(core.StepVerify), err: core.NewError(core.RateLimited, "code.send_wait").With("wait", 20*time.Second)}
		b := pending(t, f)
		b.get("/signin/verify/email")
		a := b.post("/signin/verify/email/send")
		a.shows(t, http.StatusTooManyRequests, "You can ask for another code in 20 seconds.")
		if got := a.header.Get("Retry-After"); got != "20" {
			t.Errorf("Retry-After: got %q, want 20", got)
		}
	})
	t.Run("mail went down", func(t *testing.T) {
		st := at(core.StepChoose)
		st.Step.Methods[1].State = core.MethodMailDown
		b := pending(t, &fakeSignIn{state: st, err: core.NewError(core.Invalid, "method.mail_down")})
		b.get("/signin/verify")
		b.post("/signin/verify/email/send").shows(t, http.StatusUnprocessableEntity, "Email is not working right now. Choose another way.", "Choose how to verify")
	})
}

func TestCancel(t *testing.T) {
	f := &fakeSignIn{state: at(core.StepChoose)}
	b := pending(t, f)
	b.cookies["sp_login"] = "YW5h"
	b.get("/signin/verify")
	b.post("/signin/cancel").leadsTo(t, "/signin")
	if !f.ended || b.cookies["sp_pending"] != "" || b.cookies["sp_login"] != "" {
		t.Errorf("cancelled: got %v, cookies %v", f.ended, b.cookies)
	}
}
