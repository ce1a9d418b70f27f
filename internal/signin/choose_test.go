package signin_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// withoutAddress takes the address away; such a person signs in by a username.
func withoutAddress(n *core.NewUser) {
	n.User.Username, n.Keys = "ana", core.LoginKeys{Username: "ana"}
	n.User.Email = ""
}

// mailIsDown makes the last handovers of mail all fail.
func (d *desk) mailIsDown() {
	d.t.Helper()
	other := d.withApp("elsewhere", core.CredentialActive)
	b := d.browser()
	b.to(other, core.StepChoose)
	b.choose(core.KindEmail)
	for _, j := range d.mails(other) {
		m := j.Message
		m.Attempts, m.LastError, m.NotBefore = 2, "connect", d.now.Add(time.Hour)
		d.must(d.store.SettleMail(d.t.Context(), m, "test"))
	}
}

// fail types n wrong codes, opening attempts as they end.
func (d *desk) fail(h *human, kind core.FactorKind, n int) {
	d.t.Helper()
	wrong := map[core.FactorKind]string{core.KindApp: "000000", core.KindRecovery: "0000-0000-0000-0000"}[kind]
	for n > 0 {
		d.pass(time.Second) // which attempt is the oldest is then no matter of luck
		b := d.browser()
		b.to(h, core.StepChoose)
		for range min(n, core.AttemptTries) {
			if _, err := b.submit(kind, wrong); err == nil {
				d.t.Fatalf("the wrong %s code was right", kind)
			}
			n--
		}
	}
}

// TestCannotBeChosen: each method that cannot be used now says why, and neither
// choosing nor a code in its name goes further.
func TestCannotBeChosen(t *testing.T) {
	active, waiting := core.CredentialActive, core.CredentialWaiting
	tests := []struct {
		name  string
		make  func(*desk) *human
		kind  core.FactorKind
		state core.MethodState
		wait  time.Duration
	}{
		{"app not set up", func(d *desk) *human { return d.person("ana") }, core.KindApp, core.MethodNotSetUp, 0},
		{"app waits for the mailbox", func(d *desk) *human { return d.withApp("ana", waiting) }, core.KindApp, core.MethodAfterEmail, 0},
		{"no recovery codes", func(d *desk) *human { return d.person("ana") }, core.KindRecovery, core.MethodNotSetUp, 0},
		{"no address", func(d *desk) *human { return d.withApp("ana", active, withoutAddress) }, core.KindEmail, core.MethodNoAddress, 0},
		{"mail is down", func(d *desk) *human {
			d.mailIsDown()
			return d.withApp("ana", active)
		}, core.KindEmail, core.MethodMailDown, 0},
		{"apps only", func(d *desk) *human {
			d.set(func(o *core.Organization) { o.Policy.AppsOnly = true })
			return d.withApp("ana", active)
		}, core.KindEmail, core.MethodNotAllowed, 0},
		{"app paused", func(d *desk) *human {
			h := d.withApp("ana", active)
			d.fail(h, core.KindApp, 10)
			return h
		}, core.KindApp, core.MethodPaused, 15 * time.Minute},
		{"recovery codes paused", func(d *desk) *human {
			h := d.withApp("ana", active)
			d.fail(h, core.KindRecovery, 10)
			return h
		}, core.KindRecovery, core.MethodPaused, time.Hour},
		{"app blocked", func(d *desk) *human {
			h := d.withApp("ana", active)
			for range 3 {
				d.fail(h, core.KindApp, 10)
				d.pass(15 * time.Minute)
			}
			return h
		}, core.KindApp, core.MethodBlocked, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, required)
			h := tt.make(d)
			b := d.browser()
			b.to(h, core.StepChoose)
			if got := b.show().Step.Method(tt.kind).State; got != tt.state {
				t.Errorf("shown as %q, want %q", got, tt.state)
			}
			_, err := d.Choose(t.Context(), b.visitor, tt.kind, false)
			wants(t, err, "method", "method."+string(tt.state))
			var e *core.Error
			if errors.As(err, &e); tt.wait > 0 && core.WaitOf(e.Fields["method"]) != tt.wait {
				t.Errorf("wait %v, want %v", core.WaitOf(e.Fields["method"]), tt.wait)
			}
			typed := "000000"
			if h.app != nil && tt.kind == core.KindApp {
				typed = d.code(h)
			}
			_, err = b.submit(tt.kind, typed)
			wants(t, err, "code", "method."+string(tt.state))
			if tt.kind == core.KindEmail {
				_, err = d.SendAgain(t.Context(), b.visitor)
				wants(t, err, "", "method."+string(tt.state))
				if n := len(d.mails(h)); n != 0 {
					t.Errorf("%d mails, want none", n)
				}
			}
			if st := b.show(); st.Step.StepKind != core.StepChoose || st.Attempt.Tries != 0 {
				t.Errorf("stands at %q after %d tries, want choose after none", st.Step.StepKind, st.Attempt.Tries)
			}
		})
	}
}

// TestUnknownMethod: a kind this build does not have is refused at its field.
func TestUnknownMethod(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	_, err := d.Choose(t.Context(), b.visitor, "carrier pigeon", false)
	wants(t, err, "method", "method.unknown")
	if _, err := b.submit("carrier pigeon", "000000"); core.KindOf(err) != core.NotFound {
		t.Errorf("a code of it: %v, want not found", err)
	}
}

// TestBackAndForth: changing one's mind mails nothing new while the code in the
// mailbox can still be typed; once it has expired, choosing email sends another.
func TestBackAndForth(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.to(h, core.StepChoose)
	first := b.choose(core.KindEmail).Challenge
	for range 3 {
		d.pass(2 * time.Minute)
		if st := b.choose(core.KindApp); st.Step.StepKind != core.StepVerify || st.Step.Selected != core.KindApp {
			t.Errorf("stands at %q of %q, want verify of app", st.Step.StepKind, st.Step.Selected)
		}
		b.choose(core.KindEmail)
		b.show()
	}
	if n := len(d.mails(h)); n != 1 {
		t.Fatalf("%d mails, want 1", n)
	}
	if diff := cmp.Diff(first, b.show().Challenge); diff != "" {
		t.Errorf("the code changed (-was +is):\n%s", diff)
	}
	d.pass(4 * time.Minute)
	second := b.choose(core.KindEmail).Challenge
	if second.Issue != 2 || second.Reference == "" || second.ID != first.ID || d.mailed(second) == d.mailed(first) {
		t.Errorf("after its ten minutes: issue %d, want a second one", second.Issue)
	}
	b.finish(core.KindEmail, d.mailed(second))
}

// TestSendLimits: thirty seconds apart, three an attempt, five an hour from a
// strange browser and twenty from a known one, forty a day (EM6). Nothing goes
// out over a limit, and the answer says how long to wait.
func TestSendLimits(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	b.choose(core.KindEmail)
	again := func(b *browser, code string, wait time.Duration) {
		t.Helper()
		_, err := d.SendAgain(t.Context(), b.visitor)
		if core.CodeOf(err) != code && (err != nil || code != "") || core.WaitOf(err) != wait {
			t.Errorf("sending again: %v (wait %v), want %q and %v", err, core.WaitOf(err), code, wait)
		}
	}
	d.pass(10 * time.Second)
	again(b, "code.send_wait", 20*time.Second)
	d.pass(20 * time.Second)
	again(b, "", 0)
	d.pass(30 * time.Second)
	again(b, "", 0)
	d.pass(30 * time.Second)
	again(b, "code.sends_attempt", 0)
	if n := len(d.mails(h)); n != 3 {
		t.Fatalf("%d mails, want 3", n)
	}
	// A second attempt takes the two that are left of the hour.
	other := d.browser()
	other.to(h, core.StepChoose)
	other.choose(core.KindEmail)
	d.pass(30 * time.Second)
	again(other, "", 0)
	d.pass(30 * time.Second)
	again(other, "code.sends", time.Hour-150*time.Second)
	if n := len(d.mails(h)); n != 5 {
		t.Fatalf("%d mails, want 5", n)
	}
	// The code that is there still works, and makes the browser a known one.
	other.finish(core.KindEmail, d.mailed(other.show().Challenge))
	other.to(h, core.StepChoose)
	if _, err := d.Choose(t.Context(), other.visitor, core.KindEmail, false); err != nil {
		t.Errorf("a known browser is held to a stranger's allowance: %v", err)
	}
}

// TestDayLimit: forty mails with codes a day, known browser or not.
func TestDayLimit(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.byEmail(h)
	for range core.SendsPerDay - 1 {
		d.pass(10 * time.Minute)
		b.to(h, core.StepChoose)
		b.choose(core.KindEmail)
	}
	d.pass(10 * time.Minute)
	b.to(h, core.StepChoose)
	_, err := d.Choose(t.Context(), b.visitor, core.KindEmail, false)
	if core.CodeOf(err) != "code.sends" || core.WaitOf(err) != 24*time.Hour-400*time.Minute {
		t.Errorf("the forty-first: %v for %v, want code.sends for the rest of the day", err, core.WaitOf(err))
	}
	d.pass(24*time.Hour - 400*time.Minute)
	b.to(h, core.StepChoose)
	b.choose(core.KindEmail)
}

// TestSentCodeSays: the event names the reference and the purpose, the row what
// the code is good for; neither holds the code.
func TestSentCodeSays(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	ch := b.choose(core.KindEmail).Challenge
	if e := d.events(h, core.EventCodeSent); len(e) != 1 || e[0].Detail["reference"] != ch.Reference || e[0].Detail["purpose"] != "signin" || len(e[0].Detail) != 2 {
		t.Errorf("recorded %+v", e)
	}
	if ch.Address != h.Email || ch.OwnerID != b.show().Attempt.ID || ch.KeyID != d.ring.ActiveKey() || ch.Delivery != core.DeliveryQueued {
		t.Errorf("code to %s of %s with key %s: %s", ch.Address, ch.OwnerID, ch.KeyID, ch.Delivery)
	}
}
