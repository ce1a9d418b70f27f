package signin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestSessionSays: level, methods and the time of proof are those of what
// happened; a remembered device proves nothing anew (D4, OI6, RD5).
func TestSessionSays(t *testing.T) {
	type said struct {
		Level     core.Level
		Methods   []string
		Proved    bool
		HasDevice bool
		Last      core.FactorKind // preselected at the next sign-in
	}
	bare := func(d *desk) *human { return d.person("ana") }
	withApp := func(d *desk) *human { return d.withApp("ana", core.CredentialActive) }
	suspended := func(d *desk) *human {
		return d.withApp("ana", core.CredentialActive, func(n *core.NewUser) { n.User.TwoFactor = core.TwoFactorSuspended })
	}
	device := func(t *testing.T, d *desk, h *human, b *browser) {
		b.byApp(h, true)
		b.to(h, core.StepDone)
	}
	for _, tt := range []struct {
		name string
		walk func(*testing.T, *desk, *human, *browser)
		make func(*desk) *human
		want said
	}{
		{
			"password alone", func(_ *testing.T, _ *desk, h *human, b *browser) { b.to(h, core.StepDone) }, bare,
			said{Level: 1, Methods: []string{"pwd"}, Proved: true},
		},
		{
			"emailed code of somebody who has an app", func(_ *testing.T, _ *desk, h *human, b *browser) { b.byEmail(h) }, withApp,
			said{Level: 2, Methods: []string{"pwd", "otp"}, Last: core.KindEmail},
		},
		{
			"app", func(_ *testing.T, _ *desk, h *human, b *browser) { b.byApp(h, false) }, withApp,
			said{Level: 3, Methods: []string{"pwd", "otp", "mfa"}, Proved: true, Last: core.KindApp},
		},
		{"recovery code", func(_ *testing.T, d *desk, h *human, b *browser) {
			b.to(h, core.StepChoose)
			b.finish(core.KindRecovery, h.codes[3])
		}, withApp, said{Level: 3, Methods: []string{"pwd", "otp", "mfa", "recovery"}, Proved: true}},
		{"recovery code after the app", func(_ *testing.T, d *desk, h *human, b *browser) {
			b.byApp(h, false)
			b.to(h, core.StepChoose)
			b.finish(core.KindRecovery, h.codes[3])
		}, withApp, said{Level: 3, Methods: []string{"pwd", "otp", "mfa", "recovery"}, Proved: true, Last: core.KindApp}},
		{
			"password alone, off for now with an app kept", func(_ *testing.T, _ *desk, h *human, b *browser) { b.to(h, core.StepDone) }, suspended,
			said{Level: 1, Methods: []string{"pwd"}},
		},
		{
			"remembered device", device, withApp,
			said{Level: 1, Methods: []string{"pwd"}, HasDevice: true, Last: core.KindApp},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			h := tt.make(d)
			b := d.browser()
			tt.walk(t, d, h, b)
			s := b.view().Session
			login, err := d.store.FindLogin(t.Context(), h.Email, secret.Digest(b.visitor.BrowserToken), "")
			d.must(err)
			got := said{Level: s.Level, Methods: s.Methods, Proved: !s.ProvedAt.IsZero(), HasDevice: s.DeviceID != "", Last: login.Browser.LastMethod}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("session (-want +got):\n%s", diff)
			}
			if !s.SignedInAt.Equal(s.CreatedAt) || s.Device != "Firefox on Linux" || s.Network != "192.0.2.0/24" {
				t.Errorf("session of %s in %s signed in at %v", s.Device, s.Network, s.SignedInAt)
			}
			if s.BrowserHash != secret.Digest(b.visitor.BrowserToken) {
				t.Error("the session names another browser")
			}
		})
	}
}

// TestLastSignIn: a completed sign-in moves the time of the last one; a
// confirmation does not.
func TestLastSignIn(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepDone)
	at := d.now
	d.pass(time.Minute)
	b.signedIn()
	r, err := d.BeginConfirm(t.Context(), b.visitor, b.visitor.Session, right)
	d.must(err)
	b.keep(r)
	if got := d.account(h).User.LastSignInAt; !got.Equal(at) {
		t.Errorf("last sign-in %v, want %v", got, at)
	}
}

// TestNewBrowserMail: a sign-in in a browser not seen before mails, except the
// very first sign-in of all (ML1).
func TestNewBrowserMail(t *testing.T) {
	d := newDesk(t)
	first := d.person("new", func(n *core.NewUser) { n.User.LastSignInAt = time.Time{} })
	known := d.browser()
	known.to(first, core.StepDone)
	known.to(first, core.StepDone)
	if n := count(d.notices(first), core.MailNewBrowser); n != 0 {
		t.Errorf("%d mails to somebody's only browser, want none", n)
	}
	d.browser().to(first, core.StepDone)
	if n := count(d.notices(first), core.MailNewBrowser); n != 1 {
		t.Errorf("%d mails of a second browser, want 1", n)
	}
	// The same browser is new to another person.
	h := d.withApp("ana", core.CredentialActive)
	known.visitor.PendingToken = ""
	known.byApp(h, false)
	known.byApp(h, false)
	if n := count(d.notices(h), core.MailNewBrowser); n != 1 {
		t.Errorf("%d mails to the second person at one browser, want 1", n)
	}
}

// TestCompletedAnswer: where the person goes, with what cookies.
func TestCompletedAnswer(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.visitor.ReturnTo = "/account/security"
	opened := b.to(h, core.StepChoose)
	set := map[string]bool{"pending": opened.Issued.Pending != "", "browser": opened.Issued.Browser != "", "session": opened.Issued.Session != ""}
	if diff := cmp.Diff(map[string]bool{"pending": true, "browser": true, "session": false}, set); diff != "" {
		t.Errorf("cookies after the password (-want +got):\n%s", diff)
	}
	b.visitor.ReturnTo = "/elsewhere" // the attempt keeps where it began
	r := b.finish(core.KindApp, d.code(h))
	want := signin.Result{ReturnTo: "/account/security", RecoveryLeft: -1, Issued: signin.Issued{Session: r.Issued.Session, EndPending: true}}
	want.Step.StepKind = core.StepDone
	opts := cmp.Options{
		cmpopts.IgnoreFields(signin.Result{}, "Session"), cmpopts.IgnoreFields(signin.State{}, "AttemptView"),
	}
	if diff := cmp.Diff(want, r, opts...); diff != "" || r.Issued.Session == "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if st := b.show(); st.Step.StepKind != core.StepPassword {
		t.Errorf("the finished attempt stands at %q, want password", st.Step.StepKind)
	}
}
