package signin_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// params returns what the sentence about a field is filled with.
func params(err error, name string) map[string]any {
	var e *core.Error
	if errors.As(err, &e) && e.Fields[name] != nil {
		return e.Fields[name].Params
	}
	return nil
}

// TestNoGuess: what cannot be a code gives its try back, on the attempt, the
// code and the account (EM5).
func TestNoGuess(t *testing.T) {
	tests := []struct {
		name  string
		kind  core.FactorKind
		typed string
		want  string
	}{
		{"empty", core.KindApp, "", "code.empty"},
		{"spaces", core.KindApp, "  \t ", "code.empty"},
		{"five digits", core.KindApp, "12345", "code.short"},
		{"seven digits", core.KindApp, "1234567", "code.long"},
		{"letters", core.KindApp, "12a456", "code.letters"},
		{"empty by email", core.KindEmail, "", "code.empty"},
		{"letters by email", core.KindEmail, "abcdef", "code.letters"},
		{"empty recovery code", core.KindRecovery, "", "code.empty"},
		{"half a recovery code", core.KindRecovery, "7hk2-x9pq", "code.short"},
		{"a recovery code with a u", core.KindRecovery, "7hk2-x9pq-dm4t-w3ru", "code.letters"},
	}
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.to(h, core.StepChoose)
	b.choose(core.KindEmail)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 * core.AttemptTries {
				_, err := b.submit(tt.kind, tt.typed)
				wants(t, err, "code", tt.want)
			}
		})
	}
	st := b.show()
	if st.Attempt.Tries != 0 || st.Challenge.Tries != 0 {
		t.Errorf("%d tries on the attempt and %d on the code, want none", st.Attempt.Tries, st.Challenge.Tries)
	}
	for kind, g := range d.account(h).Guards {
		if g.Failures != 0 || !g.Open(d.now) {
			t.Errorf("%s: %+v, want nothing counted", kind, g)
		}
	}
	if n := len(d.events(h, core.EventCodeWrong)); n != 0 {
		t.Errorf("%d wrong codes recorded, want none", n)
	}
	b.finish(core.KindApp, d.code(h))
}

// TestFiveWrong: each wrong code says how many are left, whatever the method;
// the fifth ends the attempt, and the right code is then too late (EM5, TO4).
func TestFiveWrong(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.to(h, core.StepChoose)
	ch := b.choose(core.KindEmail).Challenge
	wrong := "000000"
	if d.mailed(ch) == wrong {
		wrong = "000001"
	}
	for i, kind := range []core.FactorKind{core.KindEmail, core.KindApp, core.KindRecovery, core.KindEmail} {
		typed := map[core.FactorKind]string{core.KindRecovery: "0000-0000-0000-0000"}[kind]
		if typed == "" {
			typed = wrong
		}
		_, err := b.submit(kind, typed)
		wants(t, err, "code", "code.wrong")
		want := map[string]any{"kind": string(kind), "left": 4 - i, "misses": i + 1, "now": d.now, "reference": ch.Reference}
		if diff := cmp.Diff(want, params(err, "code")); diff != "" {
			t.Errorf("wrong code %d (-want +got):\n%s", i+1, diff)
		}
	}
	if _, err := b.submit(core.KindEmail, wrong); core.CodeOf(err) != "signin.ended" {
		t.Errorf("the fifth: %v, want signin.ended", err)
	}
	if st := b.show(); st.Step.StepKind != core.StepPassword || st.Attempt.EndReason != "tries" {
		t.Errorf("stands at %q for %q, want password for tries", st.Step.StepKind, st.Attempt.EndReason)
	}
	for _, kind := range []core.FactorKind{core.KindEmail, core.KindApp} {
		typed := map[core.FactorKind]string{core.KindEmail: d.mailed(ch), core.KindApp: d.code(h)}[kind]
		if _, err := b.submit(kind, typed); core.CodeOf(err) != "signin.timeout" || b.session != "" {
			t.Errorf("the right %s code after five: %v, want signin.timeout", kind, err)
		}
	}
	guards := d.account(h).Guards
	got := map[core.FactorKind]int{
		core.KindEmail: guards[core.KindEmail].Failures, core.KindApp: guards[core.KindApp].Failures,
		core.KindRecovery: guards[core.KindRecovery].Failures,
	}
	if diff := cmp.Diff(map[core.FactorKind]int{core.KindEmail: 3, core.KindApp: 1, core.KindRecovery: 1}, got); diff != "" {
		t.Errorf("counted on the account (-want +got):\n%s", diff)
	}
}

// TestTenInARow: the tenth wrong code of a kind pauses it and mails; thirty
// block an app; a completed sign-in sets the counters back (TO4, TO5).
func TestTenInARow(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	d.fail(h, core.KindApp, 9)
	d.pass(time.Second)
	b := d.browser()
	b.to(h, core.StepChoose)
	d.pass(time.Second)
	d.browser().to(h, core.StepChoose) // a right password resets nothing
	if n := count(d.notices(h), core.MailFactorPaused); n != 0 {
		t.Fatalf("%d mails after nine, want none", n)
	}
	d.fail(h, core.KindApp, 1)
	if n := count(d.notices(h), core.MailFactorPaused); n != 1 {
		t.Errorf("%d mails after ten, want 1", n)
	}
	_, err := b.submit(core.KindApp, d.code(h))
	wants(t, err, "code", "method.paused")
	b.finish(core.KindRecovery, h.codes[0])
	if g := d.account(h).Guards[core.KindApp]; g.Failures != 0 || !g.Open(d.now) {
		t.Errorf("after a completed sign-in: %+v, want nothing", g)
	}
	for range 3 {
		d.fail(h, core.KindApp, 10)
		d.pass(15 * time.Minute)
	}
	all := d.events(h, core.EventFactorPaused)
	if len(all) != 4 || all[0].Detail[core.DetailBlocked] == "" || all[1].Detail[core.DetailBlocked] != "" {
		t.Errorf("%d pauses recorded, the last %v", len(all), all[0].Detail)
	}
	b = d.browser()
	b.byEmail(h)
	if g := d.account(h).Guards[core.KindApp]; !g.Blocked {
		t.Error("an emailed code lifted the block of the app")
	}
}

// TestExpired: a code typed after its ten minutes is no guess. A new one goes
// out by itself, once; where none may be sent the page says so.
func TestExpired(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	first := b.choose(core.KindEmail).Challenge
	d.pass(core.CodeLife)
	_, err := b.submit(core.KindEmail, d.mailed(first))
	wants(t, err, "code", "code.expired_resent")
	st := b.show()
	if st.Challenge.Issue != 2 || st.Attempt.Tries != 0 || st.Challenge.Tries != 0 || len(d.mails(h)) != 2 {
		t.Errorf("issue %d after %d tries and %d mails, want 2, none and 2", st.Challenge.Issue, st.Attempt.Tries, len(d.mails(h)))
	}
	_, err = b.submit(core.KindEmail, d.mailed(first)) // dead for good
	wants(t, err, "code", "code.wrong")
	d.pass(core.CodeLife)
	_, err = b.submit(core.KindEmail, "123456")
	wants(t, err, "code", "code.expired_resent")
	d.pass(core.CodeLife)
	_, err = b.submit(core.KindEmail, d.mailed(b.show().Challenge))
	wants(t, err, "code", "code.expired_unsent")
	if n := len(d.mails(h)); n != 3 {
		t.Errorf("%d mails, want the three of an attempt", n)
	}
	if b.session != "" {
		t.Error("an expired code signed in")
	}
}

// TestNothingSent: a code by email before any was asked for is no guess.
func TestNothingSent(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	_, err := b.submit(core.KindEmail, "123456")
	wants(t, err, "code", "code.expired_unsent")
	if st := b.show(); st.Attempt.Tries != 0 || len(d.mails(h)) != 0 {
		t.Errorf("%d tries, %d mails, want none", st.Attempt.Tries, len(d.mails(h)))
	}
}

// TestMailWentDownAfterwards: a code that is in the mailbox already stays good.
func TestMailWentDownAfterwards(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	ch := b.choose(core.KindEmail).Challenge
	d.mailIsDown()
	if st := b.show(); st.Step.StepKind != core.StepVerify || st.Step.Method(core.KindEmail).State != core.MethodMailDown {
		t.Errorf("stands at %q with email %q", st.Step.StepKind, st.Step.Method(core.KindEmail).State)
	}
	b.finish(core.KindEmail, d.mailed(ch))
}

// TestCodeOfSomethingElse: a code is good only for the attempt, purpose,
// address and person it was issued for (EM4, RC2).
func TestCodeOfSomethingElse(t *testing.T) {
	d := newDesk(t, required)
	ana, bo := d.withApp("ana", core.CredentialActive), d.withApp("bo", core.CredentialActive)
	one, two := d.browser(), d.browser()
	one.to(ana, core.StepChoose)
	two.to(ana, core.StepChoose)
	mine, other := one.choose(core.KindEmail).Challenge, two.choose(core.KindEmail).Challenge
	confirm, moved := mine, mine
	confirm.Purpose, moved.Address = core.PurposeConfirm, "elsewhere@example.com"
	tests := []struct {
		name  string
		kind  core.FactorKind
		typed string
	}{
		{"another attempt's", core.KindEmail, d.mailed(other)},
		{"for another purpose", core.KindEmail, d.mailed(confirm)},
		{"to another address", core.KindEmail, d.mailed(moved)},
		{"another person's app", core.KindApp, d.code(bo)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.typed == d.mailed(mine) || tt.typed == d.code(ana) {
				t.Skip("not run: the two codes are the same by chance, one in a million")
			}
			_, err := one.submit(tt.kind, tt.typed)
			wants(t, err, "code", "code.wrong")
		})
	}
	three := d.browser()
	three.to(ana, core.StepChoose)
	_, err := three.submit(core.KindRecovery, bo.codes[0])
	wants(t, err, "code", "code.wrong")
	two.finish(core.KindEmail, d.mailed(other))
	if left := d.account(bo).RecoveryCodes; left != core.RecoveryCodeCount {
		t.Errorf("bo has %d recovery codes, want all", left)
	}
}

// TestTimeStepOnce: a time step is good once, over all attempts; steps beside
// the present one are taken, older ones than the last accepted are not (TO3).
func TestTimeStepOnce(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	begin := d.now
	at := func(steps int) string { return otp.TOTP(h.app, begin.Add(time.Duration(steps)*otp.Period)).String() }
	for _, tt := range []struct {
		name  string
		steps int
		want  string
	}{
		{"two steps old", -2, "code.wrong"},
		{"this step", 0, ""},
		{"this step again", 0, "code.used"},
		{"the step before it", -1, "code.used"},
		{"the next step", 1, ""},
		{"the next step again", 1, "code.used"},
		{"two steps ahead", 2, "code.wrong"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := d.browser()
			b.to(h, core.StepChoose)
			_, err := b.submit(core.KindApp, at(tt.steps))
			wants(t, err, "code", tt.want)
		})
	}
}

// TestRecoveryCodeUsed: it works once, ends remembered devices, mails, and says
// how many are left (RC3, RC5).
func TestRecoveryCodeUsed(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	remembered := d.browser()
	remembered.byApp(h, true)
	b := d.browser()
	b.to(h, core.StepChoose)
	r, err := b.submitRemember(core.KindRecovery, h.codes[0], true)
	d.must(err)
	if r.RecoveryLeft != 9 || r.Issued.Device != "" || r.Offer {
		t.Errorf("%d left, device %q, offer %v, want 9, none and none", r.RecoveryLeft, r.Issued.Device, r.Offer)
	}
	if n := count(d.notices(h), core.MailRecoveryUsed); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
	remembered.to(h, core.StepChoose)
	again := d.browser()
	again.to(h, core.StepChoose)
	_, err = again.submit(core.KindRecovery, h.codes[0])
	wants(t, err, "code", "code.wrong") // as one that never was
	if r := again.finish(core.KindRecovery, h.codes[1]); r.RecoveryLeft != 8 {
		t.Errorf("%d left, want 8", r.RecoveryLeft)
	}
}

// TestEmailActivatesWaitingApps: the emailed code proves the mailbox, and apps
// that waited for it count from then on (TO7). An app or recovery code proves
// no mailbox.
func TestEmailActivatesWaitingApps(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialWaiting)
	b := d.browser()
	b.to(h, core.StepChoose)
	b.finish(core.KindRecovery, h.codes[0])
	if acc := d.account(h); acc.Apps != 0 || acc.WaitingApps != 1 || !acc.User.EmailProvedAt.IsZero() {
		t.Errorf("after a recovery code: %d apps, %d waiting, proved %v", acc.Apps, acc.WaitingApps, acc.User.EmailProvedAt)
	}
	b.to(h, core.StepChoose)
	ch := b.choose(core.KindEmail).Challenge
	d.rows(`UPDATE person SET email = 'new@example.com' WHERE id = $1`, string(h.ID))
	b.finish(core.KindEmail, d.mailed(ch))
	if acc := d.account(h); acc.Apps != 0 || !acc.User.EmailProvedAt.IsZero() {
		t.Errorf("a code to the old address proved the new one: %d apps, %v", acc.Apps, acc.User.EmailProvedAt)
	}
	b.byEmail(h)
	acc := d.account(h)
	if acc.Apps != 1 || acc.WaitingApps != 0 || !acc.User.EmailProvedAt.Equal(d.now) {
		t.Errorf("%d apps, %d waiting, proved %v, want 1, none and now", acc.Apps, acc.WaitingApps, acc.User.EmailProvedAt)
	}
	d.pass(otp.Period)
	d.browser().byApp(h, false)
}

// TestOffer: "Add an authenticator app?" follows a required sign-in by email of
// somebody without one, until it is answered for good (ux 2.8).
func TestOffer(t *testing.T) {
	boxOn := func(n *core.NewUser) { n.User.TwoFactor = core.TwoFactorOn }
	ahead := time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		policy func(*core.Policy)
		change func(*desk, *core.NewUser)
		want   bool
	}{
		{"required, never asked", required, nil, true},
		{"own box, not required", func(*core.Policy) {}, func(_ *desk, n *core.NewUser) { boxOn(n) }, false},
		{"asked a moment ago", required, func(d *desk, n *core.NewUser) { n.User.Offer = core.Offer{Times: 1, Next: d.now.Add(time.Second)} }, false},
		{"asked a week ago", required, func(d *desk, n *core.NewUser) { n.User.Offer = core.Offer{Times: 2, Next: d.now} }, true},
		{"asked three times", required, func(_ *desk, n *core.NewUser) { n.User.Offer = core.Offer{Times: 3} }, false},
		{"never again", required, func(_ *desk, n *core.NewUser) { n.User.Offer = core.Offer{Never: true} }, false},
		{"an app waits", required, func(d *desk, n *core.NewUser) {
			n.Credentials, _, _ = d.credentials(n.User, core.CredentialWaiting)
		}, false},
		{"has an app", required, func(d *desk, n *core.NewUser) {
			n.Credentials, _, _ = d.credentials(n.User, core.CredentialActive)
		}, false},
		{"own box, administrators must use an app soon", func(p *core.Policy) { p.AdministratorAppFrom = ahead }, func(_ *desk, n *core.NewUser) {
			boxOn(n)
			n.User.Type = core.Administrator
		}, true},
		{"... which does not bind others", func(p *core.Policy) { p.AdministratorAppFrom = ahead }, func(_ *desk, n *core.NewUser) { boxOn(n) }, false},
		{"required, apps only later", func(p *core.Policy) { required(p); p.AppsOnly, p.AppsOnlyFrom = true, ahead }, nil, true},
		{"apps only: the set-up wall asks anyway", func(p *core.Policy) { required(p); p.AppsOnly = true }, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.policy)
			h := d.person("ana", func(n *core.NewUser) {
				if tt.change != nil {
					tt.change(d, n)
				}
			})
			if got := d.browser().byEmail(h).Offer; got != tt.want {
				t.Errorf("offered %v, want %v", got, tt.want)
			}
		})
	}
}
