package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// TestConfirmNeeded: every risky change asks for a fresh proof (SU2).
func TestConfirmNeeded(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.signIn(u, core.LevelPassword).turnOn()
	b := d.signIn(u, core.LevelStrong)
	d.pass(core.ConfirmLife)
	for name, err := range map[string]error{
		"turn on": b.begin(core.GoalTurnOn), "add an app": b.begin(core.GoalAddApp), "new codes": b.begin(core.GoalNewCodes),
		"remove an app": b.remove(d.apps(u)[0].ID), "off for now": b.turnOff(true), "off for good": b.turnOff(false),
	} {
		if core.CodeOf(err) != "confirm.needed" {
			t.Errorf("%s: %v, want confirm.needed", name, err)
		}
	}
}

// TestTurnOff: for now keeps the factors, for good removes them; both end
// everything else and mail.
func TestTurnOff(t *testing.T) {
	for _, tt := range []struct {
		name   string
		forNow bool
		box    core.TwoFactor
		apps   int
		codes  int
		event  string
	}{
		{"for now", true, core.TwoFactorSuspended, 1, 10, core.EventTwoFactorOffNow},
		{"for good", false, core.TwoFactorOff, 0, 0, core.EventTwoFactorOff},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana")
			b := d.signIn(u, core.LevelPassword)
			b.turnOn()
			other := d.signIn(u, core.LevelStrong)
			old := b.view().Session
			d.must(b.turnOff(tt.forNow))
			acc, now := d.account(u), b.view().Session
			if acc.User.TwoFactor != tt.box || acc.Apps != tt.apps || acc.RecoveryCodes != tt.codes {
				t.Errorf("box %s, %d apps, %d codes", acc.User.TwoFactor, acc.Apps, acc.RecoveryCodes)
			}
			if other.view().Verdict(d.now) != core.VerdictEnded || now.ID == old.ID || now.Level != old.Level || !now.ProvedAt.Equal(old.ProvedAt) {
				t.Errorf("the other session is %s, this one %+v", other.view().Verdict(d.now), now)
			}
			if len(d.events(u, tt.event)) != 1 || count(d.notices(u), core.MailTwoFactorOff) != 1 {
				t.Errorf("%d events, %d mails", len(d.events(u, tt.event)), count(d.notices(u), core.MailTwoFactorOff))
			}
			again := map[bool]string{true: "", false: core.ErrStale.Code}[tt.forNow]
			wants(t, b.turnOff(true), "", again)
			if n := count(d.notices(u), core.MailTwoFactorOff); n != 1 {
				t.Errorf("%d mails after off for now once more, want 1", n)
			}
			wants(t, b.turnOff(false), "", again)
		})
	}
}

// TestTurnOffRequired: refused while the organization asks for it, before any
// confirmation; an exemption opens it, a date ahead does not close it.
func TestTurnOffRequired(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy func(*core.Policy)
		exempt time.Time
		want   string
	}{
		{"required", required, time.Time{}, "turn_off.required"},
		{"required from tomorrow", func(p *core.Policy) { p.RequireTwoFactor, p.RequireFrom = true, start.AddDate(0, 0, 1) }, time.Time{}, ""},
		{"exempt until tomorrow", required, start.AddDate(0, 0, 1), ""},
		{"exempt until a minute ago", required, start.Add(-time.Minute), "turn_off.required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana", func(u *core.User) { u.ExemptUntil = tt.exempt })
			b := d.signIn(u, core.LevelPassword)
			b.turnOn()
			d.set(tt.policy)
			wants(t, b.turnOff(true), "", tt.want)
		})
	}
}

// off is a person with an app, off for now.
func off(d *desk) (core.User, *tab, []byte) {
	d.t.Helper()
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	app, _ := b.turnOn()
	d.must(b.turnOff(true))
	return u, d.signIn(u, core.LevelPassword), app
}

// TestResumeByApp: one code of the kept app turns it on again; its time step is
// spent by that (TO3).
func TestResumeByApp(t *testing.T) {
	d := newDesk(t)
	u, b, app := off(d)
	other := d.signIn(u, core.LevelPassword)
	wants(t, b.resume("carrier pigeon", "123456"), "method", "method.unknown")
	wants(t, b.resume(core.KindRecovery, "123456"), "method", "method.unknown")
	wants(t, b.resume(core.KindApp, ""), "code", "code.empty")
	wants(t, b.resume(core.KindApp, wrong(d.code(app))), "code", "code.wrong")
	d.must(b.resume(core.KindApp, d.code(app)))
	acc, s := d.account(u), b.view().Session
	if acc.User.TwoFactor != core.TwoFactorOn || acc.Apps != 1 || acc.RecoveryCodes != 10 || acc.Guards[core.KindApp].Failures != 0 {
		t.Errorf("account %+v", acc)
	}
	if diff := cmp.Diff([]string{"pwd", "otp", "mfa"}, s.Methods); diff != "" || s.Level != core.LevelStrong || other.view().Verdict(d.now) != core.VerdictEnded {
		t.Errorf("level %d, the other session %s, methods (-want +got):\n%s", s.Level, other.view().Verdict(d.now), diff)
	}
	if d.apps(u)[0].Mark != otp.Step(d.now) {
		t.Error("the code's time step may be used again")
	}
	wants(t, b.resume(core.KindApp, d.code(app)), "", core.ErrStale.Code)
}

// TestResumeByEmail: one emailed code does it too; the same code does not work
// twice, and no other panel's code works.
func TestResumeByEmail(t *testing.T) {
	d := newDesk(t)
	u, b, _ := off(d)
	wants(t, b.resume(core.KindEmail, "123456"), "code", "code.expired_unsent")
	d.must(b.sendResume())
	wants(t, b.sendResume(), "", "code.send_wait")
	right := b.mailed()
	if p := b.panel().Challenge.Purpose; p != core.PurposeResume {
		t.Errorf("a code for %s, want for resume", p)
	}
	wants(t, b.resume(core.KindEmail, wrong(right)), "code", "code.wrong")
	d.must(b.resume(core.KindEmail, right))
	if acc := d.account(u); acc.User.TwoFactor != core.TwoFactorOn || b.view().Session.Level != core.LevelEmail {
		t.Errorf("box %s at level %d", acc.User.TwoFactor, b.view().Session.Level)
	}
	if _, err := d.Panel(t.Context(), b.view()); core.KindOf(err) != core.NotFound {
		t.Errorf("the panel stays: %v", err)
	}
}

// TestResumeExpired: a code that has expired is told as such, and another can be
// asked for.
func TestResumeExpired(t *testing.T) {
	d := newDesk(t)
	_, b, _ := off(d)
	d.must(b.sendResume())
	late := b.mailed()
	d.pass(core.CodeLife)
	if err := b.resume(core.KindEmail, late); core.KindOf(err) != core.Invalid {
		t.Errorf("an expired code: %v, want refused", err)
	}
	d.must(b.sendResume())
	d.must(b.resume(core.KindEmail, b.mailed()))
}

// TestResumePanelIsNoSetUp: the one step of "turn on again" needs no fresh
// confirmation, so it must lead nowhere else: not to a new app, not to a raised
// session (SU2, TO7).
func TestResumePanelIsNoSetUp(t *testing.T) {
	d := newDesk(t)
	u, b, _ := off(d)
	d.pass(stale)
	d.must(b.sendResume())
	for name, err := range map[string]error{
		"put off": b.deferEmail(), "prove the mailbox": b.proveEmail(b.mailed()), "send the panel's code": b.sendAgain(),
		"change the name": b.showAs("x"), "prove an app": b.proveApp("123456", "Mine"), "save": b.save(true),
	} {
		if core.CodeOf(err) != core.ErrStale.Code {
			t.Errorf("%s: %v, want stale", name, err)
		}
	}
	if s := b.view().Session; s.Level != core.LevelPassword || s.Confirmed(d.now) || len(d.apps(u)) != 1 {
		t.Errorf("session of level %d, confirmed %v, %d apps", s.Level, s.Confirmed(d.now), len(d.apps(u)))
	}
}

// TestResumeOnlyWhenOff: there is nothing to turn on again where two-factor is
// on or was never set up; no code goes out.
func TestResumeOnlyWhenOff(t *testing.T) {
	d := newDesk(t)
	never := d.signIn(d.person("bo"), core.LevelPassword)
	u := d.person("ana")
	on := d.signIn(u, core.LevelPassword)
	app, _ := on.turnOn()
	for name, err := range map[string]error{
		"never set up": never.sendResume(), "on": on.sendResume(), "on, by the app": on.resume(core.KindApp, d.code(app)),
	} {
		if core.CodeOf(err) != core.ErrStale.Code {
			t.Errorf("%s: %v, want stale", name, err)
		}
	}
	if _, err := d.Panel(t.Context(), never.view()); core.KindOf(err) != core.NotFound {
		t.Errorf("a panel was opened: %v", err)
	}
}

// TestWrongAppCodesPause: guesses at the kept app count as those of a sign-in.
func TestWrongAppCodesPause(t *testing.T) {
	d := newDesk(t)
	u, b, app := off(d)
	for range 10 {
		wants(t, b.resume(core.KindApp, wrong(d.code(app))), "code", "code.wrong")
	}
	err := b.resume(core.KindApp, d.code(app))
	wants(t, err, "code", "method.paused")
	var e *core.Error
	if errors.As(err, &e); core.WaitOf(e.Fields["code"]) != 15*time.Minute || count(d.notices(u), core.MailFactorPaused) != 1 {
		t.Errorf("wait %v, %d mails", core.WaitOf(e.Fields["code"]), count(d.notices(u), core.MailFactorPaused))
	}
	d.must(b.sendResume()) // the other way stays open
	d.must(b.resume(core.KindEmail, b.mailed()))
}

// TestPasswordAloneAddsNothing: whoever has shown only the password, however
// freshly, makes neither an app nor recovery codes that count (TO7).
func TestPasswordAloneAddsNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(*desk) *tab
		want string
	}{
		{"two-factor off", func(d *desk) *tab { return d.signIn(d.person("ana"), core.LevelPassword) }, core.ErrStale.Code},
		{"off for now, no app", func(d *desk) *tab {
			u := d.person("ana", func(u *core.User) { u.TwoFactor = core.TwoFactorSuspended })
			return d.signIn(u, core.LevelPassword)
		}, core.ErrStale.Code},
		{"off for now, an app is kept", func(d *desk) *tab { _, b, _ := off(d); return b }, "confirm.needed"},
		{"on, the app waits for the mailbox", func(d *desk) *tab {
			b := d.signIn(d.person("ana"), core.LevelPassword)
			d.must(b.begin(core.GoalTurnOn))
			d.must(b.deferEmail())
			d.must(b.proveApp(d.code(b.scanned()), "Phone"))
			d.must(b.save(true))
			return b
		}, "confirm.needed"},
		{"required since the sign-in", func(d *desk) *tab {
			b := d.signIn(d.person("ana"), core.LevelPassword)
			d.set(required)
			return b
		}, "confirm.needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			b := tt.make(d)
			for _, goal := range []core.EnrolmentGoal{core.GoalAddApp, core.GoalNewCodes} {
				if err := b.begin(goal); core.CodeOf(err) != tt.want {
					t.Errorf("%s: %v, want %s", goal, err, tt.want)
				}
			}
		})
	}
}

// TestAnswerOffer: "Not now" keeps the offer away for a week, three answers or
// "Don't ask again" for good (ux 2.8).
func TestAnswerOffer(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelEmail)
	answer := func(never bool) core.Offer {
		d.must(d.AnswerOffer(t.Context(), b.view(), here(), never))
		return d.account(u).User.Offer
	}
	if got := answer(false); got != (core.Offer{Times: 1, Next: d.now.AddDate(0, 0, 7)}) || got.Due(d.now) {
		t.Errorf("after not now: %+v", got)
	}
	answer(false)
	d.pass(8 * 24 * time.Hour)
	if got := answer(false); got.Due(d.now.AddDate(1, 0, 0)) {
		t.Errorf("after three answers: %+v is due again", got)
	}
	if got := answer(true); !got.Never {
		t.Errorf("after never: %+v", got)
	}
	if got := answer(false); !got.Never {
		t.Errorf("a later not now forgot the never: %+v", got)
	}
	if n := len(d.events(u, core.EventOffered)); n != 5 {
		t.Errorf("%d answers recorded, want 5", n)
	}
}
