package account_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// TestTurnOn walks the panel to its end and looks at all that Save leaves: the
// factors, the proof, this session renewed, and everything else ended (SE10).
func TestTurnOn(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	other, b := d.signIn(u, core.LevelPassword), d.signIn(u, core.LevelPassword)
	stranger := d.signIn(d.person("bo"), core.LevelPassword)
	before := b.view().Session
	app := b.toCodes()
	shown := b.panel()
	if len(shown.Codes) != core.RecoveryCodeCount || shown.Secret != "" || shown.Steps != 3 {
		t.Errorf("step 3 of %d shows %d codes and a secret of %d", shown.Steps, len(shown.Codes), len(shown.Secret))
	}
	d.must(b.save(true))

	acc := d.account(u)
	if acc.User.TwoFactor != core.TwoFactorOn || acc.Apps != 1 || acc.WaitingApps != 0 || acc.RecoveryCodes != 10 ||
		!acc.User.EmailProvedAt.Equal(d.now) || acc.User.FactorSetVersion != 2 {
		t.Errorf("account %+v", acc)
	}
	v := b.view()
	if v.Session.ID == before.ID || v.Session.Level != core.LevelStrong || !v.Session.SignedInAt.Equal(before.SignedInAt) ||
		!v.Session.Confirmed(d.now) || v.Session.DeviceID != "" || v.Verdict(d.now) != core.VerdictOpen {
		t.Errorf("session %+v", v.Session)
	}
	if diff := cmp.Diff([]string{"pwd", "otp", "mfa"}, v.Session.Methods); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	if got := other.view().Verdict(d.now); got != core.VerdictEnded {
		t.Errorf("the other session is %s, want ended", got)
	}
	if got := stranger.view().Verdict(d.now); got != core.VerdictOpen {
		t.Errorf("another person's session is %s, want open", got)
	}
	if n := count(d.notices(u), core.MailTwoFactorOn); n != 1 || len(d.events(u, core.EventTwoFactorOn)) != 1 {
		t.Errorf("%d mails and %d events, want one each", n, len(d.events(u, core.EventTwoFactorOn)))
	}
	if _, err := d.Panel(t.Context(), b.view()); core.KindOf(err) != core.NotFound {
		t.Errorf("a panel after Save: %v, want not found", err)
	}
	made := d.apps(u)
	if len(made) != 1 || made[0].Label != "Phone" || made[0].Mark != otp.Step(d.now) {
		t.Errorf("app %+v, want Phone whose proving code cannot sign in", made)
	}
	if d.code(app) == "" {
		t.Error("no secret was shown")
	}
}

// TestStepsInOrder: at each step, only what belongs to it goes on (ux 3.6).
func TestStepsInOrder(t *testing.T) {
	calls := map[string]func(*tab) error{
		"send again":   func(b *tab) error { return b.sendAgain() },
		"prove email":  func(b *tab) error { return b.proveEmail("123456") },
		"defer email":  func(b *tab) error { return b.deferEmail() },
		"email only":   func(b *tab) error { return b.emailOnly() },
		"change name":  func(b *tab) error { return b.showAs("Work") },
		"prove app":    func(b *tab) error { return b.proveApp("123456", "Phone") },
		"save":         func(b *tab) error { return b.save(true) },
		"resume email": func(b *tab) error { return b.resume(core.KindEmail, "123456") },
	}
	steps := []struct {
		name string
		at   func(*tab)
		own  []string
	}{
		{"step 1", func(b *tab) { b.d.must(b.begin(core.GoalTurnOn)) }, []string{"send again", "prove email", "defer email"}},
		{"step 2", func(b *tab) { b.toApp() }, []string{"email only", "change name", "prove app"}},
		{"step 3", func(b *tab) { b.toCodes() }, []string{"save"}},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			d := newDesk(t)
			b := d.signIn(d.person("ana"), core.LevelPassword)
			step.at(b)
			before := b.panel().Enrolment
			for name, call := range calls {
				if slices.Contains(step.own, name) {
					continue
				}
				if err := call(b); core.CodeOf(err) != core.ErrStale.Code {
					t.Errorf("%s: %v, want stale", name, err)
				}
			}
			if diff := cmp.Diff(before, b.panel().Enrolment); diff != "" {
				t.Errorf("the panel moved (-was +is):\n%s", diff)
			}
		})
	}
}

// TestPanelOver: a panel that timed out, was left, was finished elsewhere, or
// belongs to another session takes nothing and shows nothing (TO8).
func TestPanelOver(t *testing.T) {
	for name, end := range map[string]func(*desk, *tab) *tab{
		"timed out":  func(d *desk, b *tab) *tab { d.pass(core.EnrolmentLife); return b },
		"cancelled":  func(d *desk, b *tab) *tab { d.must(b.cancel()); return b },
		"never open": func(d *desk, b *tab) *tab { return d.signIn(b.view().Account.User, core.LevelPassword) },
		"the factors changed elsewhere": func(d *desk, b *tab) *tab {
			u := b.view().Account.User
			d.must(d.store.ChangeFactors(d.t.Context(), core.FactorChange{
				OrganizationID: u.OrganizationID, UserID: u.ID,
				FactorSetVersion: u.FactorSetVersion, Moves: true, KeepSession: b.view().Session.ID, At: d.now,
			}))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana")
			b := d.signIn(u, core.LevelPassword)
			b.toCodes()
			b = end(d, b)
			if _, err := d.Panel(t.Context(), b.view()); core.KindOf(err) != core.NotFound {
				t.Errorf("shows %v, want not found", err)
			}
			for call, err := range map[string]error{
				"send again": b.sendAgain(), "prove email": b.proveEmail("123456"), "defer": b.deferEmail(), "email only": b.emailOnly(),
				"name": b.showAs("x"), "prove app": b.proveApp("123456", ""), "save": b.save(true), "back": b.back(),
			} {
				if core.CodeOf(err) != "panel.over" {
					t.Errorf("%s: %v, want panel.over", call, err)
				}
			}
			d.must(b.cancel())
			if acc := d.account(u); acc.User.TwoFactor != core.TwoFactorOff || acc.Apps+acc.WaitingApps+acc.RecoveryCodes != 0 {
				t.Errorf("account %+v, want nothing changed", acc)
			}
		})
	}
}

// TestBegin: what the panel begins with, by what was proved lately.
func TestBegin(t *testing.T) {
	tests := []struct {
		name  string
		level core.Level
		user  func(*core.User)
		after time.Duration
		want  core.EnrolmentStep
		code  string
	}{
		{"password alone", core.LevelPassword, nil, 0, core.EnrolEmail, ""},
		{"signed in by an emailed code", core.LevelEmail, nil, 0, core.EnrolApp, ""},
		{"signed in by a recovery code", core.LevelStrong, nil, 0, core.EnrolApp, ""},
		{"mailbox proved a minute ago, in another session", core.LevelPassword, func(u *core.User) { u.EmailProvedAt = start.Add(-time.Minute) }, 0, core.EnrolEmail, ""},
		{"last proof too old", core.LevelStrong, nil, core.ConfirmLife, "", "confirm.needed"},
		{"no address", core.LevelPassword, func(u *core.User) { u.Email = "" }, 0, core.EnrolEmail, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana", func(u *core.User) {
				u.Username = "ana"
				if tt.user != nil {
					tt.user(u)
				}
			})
			b := d.signIn(u, tt.level)
			d.pass(tt.after)
			wants(t, b.begin(core.GoalTurnOn), "", tt.code)
			if tt.want == "" {
				return
			}
			p := b.panel()
			if p.Enrolment.Step != tt.want {
				t.Errorf("begins at %q, want %q", p.Enrolment.Step, tt.want)
			}
			if sent := p.Challenge.Sends == 1; sent != (tt.want == core.EnrolEmail && u.Email != "") {
				t.Errorf("a code was sent: %v", sent)
			}
			if tt.want == core.EnrolEmail && u.Email == "" {
				wants(t, b.sendAgain(), "", "method.no_address")
				wants(t, b.proveEmail("123456"), "code", "code.expired_unsent")
			}
		})
	}
}

// TestBeginAgain: beginning anew forgets what was shown before.
func TestBeginAgain(t *testing.T) {
	d := newDesk(t)
	b := d.signIn(d.person("ana"), core.LevelEmail)
	d.must(b.begin(core.GoalTurnOn))
	first := b.panel().Secret
	d.must(b.begin(core.GoalTurnOn))
	if again := b.panel().Secret; again == first || again == "" {
		t.Error("the same secret is shown after beginning anew")
	}
}

// TestDeferred: "Do this at my next sign-in instead" ticks the box, and the app
// waits; the session is raised to nothing (TO7).
func TestDeferred(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	d.must(b.begin(core.GoalTurnOn))
	d.must(b.deferEmail())
	wants(t, b.emailOnly(), "method", "panel.email_unproved")
	d.must(b.back()) // it may be thought over
	if p := b.panel(); p.Enrolment.Step != core.EnrolEmail || p.Enrolment.EmailDeferred {
		t.Errorf("back at %q, deferred %v", p.Enrolment.Step, p.Enrolment.EmailDeferred)
	}
	d.must(b.deferEmail())
	d.must(b.proveApp(d.code(b.scanned()), "Phone"))
	d.must(b.save(true))
	acc, v := d.account(u), b.view()
	if acc.User.TwoFactor != core.TwoFactorOn || acc.Apps != 0 || acc.WaitingApps != 1 || !acc.User.EmailProvedAt.IsZero() {
		t.Errorf("account %+v, want the box on and an app that waits", acc)
	}
	if v.Session.Level != core.LevelPassword || v.Verdict(d.now) != core.VerdictOpen || len(v.Session.Methods) != 1 {
		t.Errorf("session of level %d by %v: %s, want as before and open", v.Session.Level, v.Session.Methods, v.Verdict(d.now))
	}
	if e := d.events(u, core.EventTwoFactorOn); len(e) != 1 || e[0].Detail["deferred"] != "true" || e[0].Detail["app"] != "true" {
		t.Errorf("recorded %+v", e)
	}
}

// TestEmailOnly: "Email only for now" has recovery codes and no app.
func TestEmailOnly(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelEmail)
	b.d.must(b.begin(core.GoalTurnOn))
	d.must(b.emailOnly())
	d.must(b.save(true))
	acc, v := d.account(u), b.view()
	if acc.User.TwoFactor != core.TwoFactorOn || acc.Apps+acc.WaitingApps != 0 || acc.RecoveryCodes != 10 {
		t.Errorf("account %+v", acc)
	}
	if diff := cmp.Diff([]string{"pwd", "otp"}, v.Session.Methods); diff != "" || v.Session.Level != core.LevelEmail {
		t.Errorf("level %d, methods (-want +got):\n%s", v.Session.Level, diff)
	}
}

// TestBack: the step before keeps its answers; a choice made on the way is
// forgotten.
func TestBack(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	app := b.toCodes()
	d.must(b.back())
	if p := b.panel(); p.Enrolment.Step != core.EnrolApp || string(b.scanned()) != string(app) || p.Enrolment.Label != "Phone" {
		t.Errorf("back at %q with %q and the same secret: %v", p.Enrolment.Step, p.Enrolment.Label, string(b.scanned()) == string(app))
	}
	d.must(b.back()) // the mailbox is proved: no further back
	d.must(b.emailOnly())
	d.must(b.back())
	d.must(b.proveApp(d.code(app), "Tablet"))
	d.must(b.save(true))
	if acc := d.account(u); acc.Apps != 1 || d.apps(u)[0].Label != "Tablet" {
		t.Errorf("%d apps, %q", acc.Apps, d.apps(u)[0].Label)
	}
}

// TestBackForgetsTheApp: an app that was proved and then left for "Email only"
// is not stored.
func TestBackForgetsTheApp(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.toCodes()
	d.must(b.back())
	d.must(b.emailOnly())
	d.must(b.save(true))
	if acc := d.account(u); acc.Apps+acc.WaitingApps != 0 {
		t.Errorf("%d apps, want none", acc.Apps+acc.WaitingApps)
	}
}

// TestSave: the box must be ticked, the panel may be saved for as long as it
// lives, and two Saves at once save once (law 5).
func TestSave(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.toCodes()
	codes := b.panel().Codes
	wants(t, b.save(false), "saved", "panel.not_saved")
	if diff := cmp.Diff(codes, b.panel().Codes); diff != "" {
		t.Errorf("other codes after a forgotten tick (-was +is):\n%s", diff)
	}
	d.pass(core.EnrolmentLife - time.Second) // the confirmation is over by now
	v := b.view()
	var saved, refused atomic.Int64
	var g sync.WaitGroup
	for range 50 {
		g.Go(func() {
			switch _, err := d.Save(t.Context(), v, here(), true); {
			case err == nil:
				saved.Add(1)
			case core.CodeOf(err) == core.ErrStale.Code, core.CodeOf(err) == "panel.over":
				refused.Add(1)
			default:
				t.Errorf("Save: %v", err)
			}
		})
	}
	g.Wait()
	if acc := d.account(u); saved.Load() != 1 || acc.Apps != 1 || acc.RecoveryCodes != 10 {
		t.Errorf("saved %d times: %d apps, %d codes", saved.Load(), acc.Apps, acc.RecoveryCodes)
	}
	if n := len(d.events(u, core.EventTwoFactorOn)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// TestNameInApp: the organization's name, or the person's own for it.
func TestNameInApp(t *testing.T) {
	d := newDesk(t)
	b := d.signIn(d.person("ana"), core.LevelEmail)
	d.must(b.begin(core.GoalTurnOn))
	for _, tt := range []struct{ name, want, code string }{
		{"", "Acme", ""},
		{"Work account", "Work account", ""},
		{"a:b", "Work account", "organization.app_name"},
		{strings.Repeat("x", 100), "Work account", "organization.app_name"},
		{"", "Acme", ""},
	} {
		wants(t, b.showAs(tt.name), "display_name", tt.code)
		if p := b.panel(); p.Issuer != tt.want || !strings.Contains(p.URI, strings.ReplaceAll(tt.want, " ", "%20")) || p.AppleURI == "" {
			t.Errorf("after %q: %q in %s, want %q", tt.name, p.Issuer, p.URI, tt.want)
		}
	}
}
