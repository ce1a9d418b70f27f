package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// TestProveEmailWrong: wrong codes are counted on the code; the fifth is the
// last, and then only beginning anew helps. What was no guess counts nothing.
func TestProveEmailWrong(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	d.must(b.begin(core.GoalTurnOn))
	right := b.mailed()
	for typed, code := range map[string]string{"": "code.empty", "12": "code.short", "1234567": "code.long", "12345a": "code.letters"} {
		for range 3 {
			wants(t, b.proveEmail(typed), "code", code)
		}
	}
	for i := range core.CodeTries - 1 {
		err := b.proveEmail(wrong(right))
		wants(t, err, "code", "code.wrong")
		var e *core.Error
		if errors.As(err, &e); e.Fields["code"].Params["left"] != core.CodeTries-1-i || e.Fields["code"].Params["reference"] != b.panel().Challenge.Reference {
			t.Errorf("wrong code %d: %v", i+1, e.Fields["code"].Params)
		}
	}
	wants(t, b.proveEmail(wrong(right)), "code", "panel.tries")
	wants(t, b.proveEmail(right), "code", "panel.tries")
	d.pass(core.SendGap)
	if err := b.sendAgain(); core.KindOf(err) != core.RateLimited {
		t.Errorf("sending again refills: %v, want limited", err)
	}
	if g := d.account(u).Guards[core.KindEmail]; g.Failures != core.CodeTries {
		t.Errorf("%d counted on the account, want %d", g.Failures, core.CodeTries)
	}
	d.must(b.begin(core.GoalTurnOn))
	d.must(b.proveEmail(b.mailed()))
}

// TestRightCodesAreNoFailures: proving the mailbox over and over, without ever
// saving, counts nothing against the account (law 5, TO4).
func TestRightCodesAreNoFailures(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	for range 12 {
		b := d.signIn(u, core.LevelPassword)
		b.toApp()
		d.must(b.cancel())
		d.pass(15 * time.Minute)
	}
	if g := d.account(u).Guards[core.KindEmail]; g.Failures != 0 || !g.Open(d.now) {
		t.Errorf("after twelve right codes: %+v, want nothing counted", g)
	}
}

// TestPauseInPanel: ten wrong codes in a row pause the kind wherever they are
// typed, and the owner is told (TO4, ML1).
func TestPauseInPanel(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	for range 2 {
		b := d.signIn(u, core.LevelPassword)
		d.must(b.begin(core.GoalTurnOn))
		right := b.mailed()
		for range core.CodeTries {
			if err := b.proveEmail(wrong(right)); err == nil {
				t.Fatal("a wrong code was right")
			}
		}
	}
	if n := count(d.notices(u), core.MailFactorPaused); n != 1 || len(d.events(u, core.EventFactorPaused)) != 1 {
		t.Errorf("%d mails and %d events of the pause, want one each", n, len(d.events(u, core.EventFactorPaused)))
	}
	b := d.signIn(u, core.LevelPassword)
	d.must(b.begin(core.GoalTurnOn))
	err := b.proveEmail(b.mailed())
	wants(t, err, "code", "method.paused")
	var e *core.Error
	if errors.As(err, &e); core.WaitOf(e.Fields["code"]) != 15*time.Minute {
		t.Errorf("wait %v, want 15 minutes", core.WaitOf(e.Fields["code"]))
	}
}

// TestProveEmailExpired: an expired code is no guess; a new one goes out by
// itself while the allowance lasts.
func TestProveEmailExpired(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	d.must(b.begin(core.GoalTurnOn))
	first := b.mailed()
	d.pass(core.CodeLife)
	wants(t, b.proveEmail(first), "code", "code.expired_resent")
	if ch := b.panel().Challenge; ch.Issue != 2 || ch.Tries != 0 || ch.Sends != 2 {
		t.Errorf("issue %d after %d tries and %d sends", ch.Issue, ch.Tries, ch.Sends)
	}
	wants(t, b.proveEmail(first), "code", "code.wrong")
	d.must(b.proveEmail(b.mailed()))
}

// TestPanelSends: thirty seconds apart and three a panel, like a sign-in's.
func TestPanelSends(t *testing.T) {
	d := newDesk(t)
	b := d.signIn(d.person("ana"), core.LevelPassword)
	d.must(b.begin(core.GoalTurnOn))
	first := b.mailed()
	wants(t, b.sendAgain(), "", "code.send_wait")
	if wait := b.panel().SendWait; wait != core.SendGap {
		t.Errorf("the page says %v, want %v", wait, core.SendGap)
	}
	for range 2 {
		d.pass(core.SendGap)
		d.must(b.sendAgain())
	}
	if b.mailed() != first {
		t.Error("sent again within its life: another code")
	}
	d.pass(core.SendGap)
	wants(t, b.sendAgain(), "", "code.sends_attempt")
	d.must(b.proveEmail(first))
}

// TestCodeOfAnotherPanel: a code works only in the panel it was mailed for.
func TestCodeOfAnotherPanel(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	one, two := d.signIn(u, core.LevelPassword), d.signIn(u, core.LevelPassword)
	d.must(one.begin(core.GoalTurnOn))
	d.must(two.begin(core.GoalTurnOn))
	if one.mailed() == two.mailed() {
		t.Skip("not run: the two codes are the same by chance, one in a million")
	}
	wants(t, one.proveEmail(two.mailed()), "code", "code.wrong")
	d.must(one.proveEmail(one.mailed()))
}

// TestProveApp: what is typed in step 2. Nothing is counted: the secret is on
// the same page.
func TestProveApp(t *testing.T) {
	d := newDesk(t)
	b := d.signIn(d.person("ana"), core.LevelEmail)
	d.must(b.begin(core.GoalTurnOn))
	app := b.scanned()
	at := func(by time.Duration) string { return otp.TOTP(app, d.now.Add(by)).String() }
	tests := []struct{ name, typed, label, field, want string }{
		{"empty", "", "Phone", "code", "code.empty"},
		{"letters", "abcdef", "Phone", "code", "code.letters"},
		{"a clock five minutes slow", at(-5 * time.Minute), "Phone", "code", "code.clock"},
		{"an hour away", at(time.Hour), "Phone", "code", "code.wrong"},
		{"a name of 41 letters", at(0), strings.Repeat("é", 41), "label", "app.label"},
		{"a name with a line break", at(0), "a\nb", "label", "app.label"},
		{"a name that is not UTF-8", at(0), "\xff", "label", "app.label"},
		{"right, with a name of 40 letters", at(-otp.Period), strings.Repeat("é", 40), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wants(t, b.proveApp(tt.typed, tt.label), tt.field, tt.want) })
	}
	if p := b.panel(); p.Enrolment.Step != core.EnrolCodes || p.Enrolment.AppTries != 0 {
		t.Errorf("at %q after %d tries", p.Enrolment.Step, p.Enrolment.AppTries)
	}
}

// TestNewCodes: "Get new codes" voids the old ones only when saved, and ends the
// other sessions.
func TestNewCodes(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	_, old := b.turnOn()
	other := d.signIn(u, core.LevelStrong)
	d.must(b.begin(core.GoalNewCodes))
	p := b.panel()
	if p.Steps != 1 || p.Enrolment.Step != core.EnrolCodes || cmp.Diff(old, p.Codes) == "" {
		t.Errorf("%d steps at %q with the old codes: %v", p.Steps, p.Enrolment.Step, cmp.Diff(old, p.Codes) == "")
	}
	d.must(b.back()) // there is nothing before it
	d.must(b.cancel())
	if !d.recovers(u, old[0]) {
		t.Fatal("a cancelled panel voided the codes")
	}
	d.must(b.begin(core.GoalNewCodes))
	fresh := b.panel().Codes
	d.must(b.save(true))
	if d.recovers(u, old[0]) || !d.recovers(u, fresh[9]) {
		t.Errorf("the old code works: %v, the new one: %v", d.recovers(u, old[0]), d.recovers(u, fresh[9]))
	}
	acc := d.account(u)
	if acc.RecoveryCodes != 10 || acc.Apps != 1 || acc.User.TwoFactor != core.TwoFactorOn || other.view().Verdict(d.now) != core.VerdictEnded {
		t.Errorf("%d codes, %d apps, box %s, the other session %s", acc.RecoveryCodes, acc.Apps, acc.User.TwoFactor, other.view().Verdict(d.now))
	}
	if n := len(d.events(u, core.EventRecoveryRenewed)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// recovers reports whether a recovery code would be taken.
func (d *desk) recovers(u core.User, typed string) bool {
	d.t.Helper()
	f, _ := d.factors.Get(core.KindRecovery)
	have, err := d.store.FactorCredentials(d.t.Context(), u.OrganizationID, u.ID, core.KindRecovery)
	d.must(err)
	_, err = f.Check(verification(u, typed, have, d.now))
	return err == nil
}
