package core_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
)

// world is one state an account can reach.
type world struct {
	acc   core.Account
	org   core.Organization
	mail  bool
	alone bool // the only administrator
}

func anyWorld(t *rapid.T) world {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	w := world{acc: person(), org: org(), mail: flag("mail works")}
	u := &w.acc.User
	u.TwoFactor = rapid.SampledFrom([]core.TwoFactor{core.TwoFactorOff, core.TwoFactorOn, core.TwoFactorSuspended}).Draw(t, "box")
	if flag("mailbox unproved") {
		u.EmailProvedAt = time.Time{}
	}
	w.acc.Apps = rapid.IntRange(0, core.MaxApps).Draw(t, "apps")
	w.acc.WaitingApps = rapid.IntRange(0, core.MaxApps-w.acc.Apps).Draw(t, "waiting")
	w.acc.RecoveryCodes = rapid.IntRange(0, core.RecoveryCodeCount).Draw(t, "codes")
	w.acc.HeldCodes = rapid.IntRange(0, core.RecoveryCodeCount-w.acc.RecoveryCodes).Draw(t, "held since a restore")
	if flag("administrator") {
		u.Type, w.alone = core.Administrator, flag("the only one")
	}
	if flag("exempt") {
		u.ExemptUntil = now.Add(time.Hour)
	}
	w.acc.Guards = map[core.FactorKind]core.Guard{}
	for _, k := range []core.FactorKind{core.KindApp, core.KindEmail, core.KindRecovery} {
		var g core.Guard
		for range rapid.IntRange(0, 31).Draw(t, "wrong "+string(k)) {
			g = g.After(core.GuardRuleOf(k), now)
		}
		w.acc.Guards[k] = g
	}
	u.PasswordDue = rapid.SampledFrom([]core.PasswordDue{core.PasswordNotDue, core.PasswordTemporary, core.PasswordDistrusted}).Draw(t, "password due")
	if u.PasswordDue != core.PasswordNotDue {
		u.PasswordDueAt = now.Add(-time.Hour)
	}
	p := &w.org.Policy
	if flag("passwords last 90 days") {
		p.PasswordDays = 90
	}
	if flag("all passwords reset") {
		p.PasswordsFrom = now.Add(-time.Minute)
	}
	if flag("password is old") {
		u.PasswordSetAt = now.AddDate(-1, 0, 0)
	} else {
		u.PasswordSetAt = now
	}
	if flag("required") {
		required(p)
	}
	p.AppsOnly = flag("apps only")
	if flag("administrators need an app") {
		adminsApp(p)
	}
	return w
}

// helper says which way out is on screen for a person who is not let in.
func (w world) helper(s core.Step) string {
	for _, m := range append([]core.Method{s.Recovery}, s.Methods...) {
		switch m.State {
		case core.MethodReady:
			return "a method works"
		case core.MethodPaused:
			return "waiting ends by itself"
		}
	}
	if w.alone {
		return "the operator: admin reset-2fa" // a sole administrator can always be helped on the server
	}
	return "an administrator resets two-factor" // "None of these work" names the contact
}

// TestNoDeadEnds walks states: behind a right password there is always a way
// in, a wait that ends by itself, or a named human; and a throttled kind of
// code never takes another kind along.
func TestNoDeadEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		if w.acc.User.ResetLink() != core.LinkReset {
			t.Fatal("a forgotten password cannot be chosen anew")
		}
		c := core.Circumstances{MailWorks: w.mail}
		s := core.NextAfterPassword(w.acc, w.org, "", c, now)
		switch s.StepKind {
		case core.StepDone:
			return
		case core.StepChoose:
		default:
			t.Fatalf("step %s: not a way on", s.StepKind)
		}
		if w.acc.RecoveryCodes > 0 && w.acc.Guards[core.KindRecovery].Open(now) && !s.Recovery.Ready() {
			t.Fatalf("a good recovery code is not taken: %+v", s.Recovery)
		}
		if w.acc.RecoveryCodes == 0 && s.Recovery.Ready() {
			t.Fatal("codes held since a restore are taken (BK2)")
		}
		if held := s.Recovery.State == core.MethodHeld; held != (w.acc.HeldCodes > 0 && w.acc.RecoveryCodes == 0) {
			t.Fatalf("held codes are said to be %s", s.Recovery.State)
		}
		bare := w.acc
		bare.HeldCodes = 0
		if got := core.NextAfterPassword(bare, w.org, "", c, now); got.Selected != s.Selected || got.StepKind != s.StepKind {
			t.Fatalf("held codes change the way in: %+v and without them %+v", s, got)
		}
		if w.acc.Apps > 0 && w.acc.Guards[core.KindApp].Open(now) && !s.Method(core.KindApp).Ready() {
			t.Fatal("a confirmed app is not taken (law 3)")
		}
		if g := w.acc.Guards[core.KindEmail]; g.Blocked {
			t.Fatal("emailed codes were blocked for good")
		}
		if w.helper(s) == "" {
			t.Fatalf("no way on from %+v", s)
		}
		if s.Selected != "" && !s.Method(s.Selected).Ready() {
			t.Fatalf("preselected %s is %s", s.Selected, s.Method(s.Selected).State)
		}
		later := now.Add(2 * time.Hour)
		if w.mail && w.acc.Apps == 0 && !core.NextAfterPassword(w.acc, w.org, "", c, later).Method(core.KindEmail).Ready() {
			t.Fatal("email stays shut for somebody who has nothing else")
		}
	})
}

// TestWayThrough: whoever gets a code right arrives at a session whose verdict
// is open, or that opens the set-up it demands; never in a loop.
func TestWayThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		s := core.NextAfterPassword(w.acc, w.org, "", core.Circumstances{MailWorks: w.mail}, now)
		level, acc := core.LevelPassword, w.acc
		if s.StepKind == core.StepChoose {
			kind := s.Selected
			if kind == "" && s.Recovery.Ready() {
				kind = core.KindRecovery
			}
			if kind == "" {
				return // helped by a human
			}
			level = core.LevelStrong
			if kind == core.KindEmail {
				level = core.LevelEmail
			}
			if kind == core.KindEmail {
				acc.Apps, acc.WaitingApps = acc.Apps+acc.WaitingApps, 0 // a proved mailbox activates them
			}
		}
		session := core.Session{ID: "s1", UserID: acc.User.ID, Level: level, SignedInAt: now, LastSeenAt: now, ProvedAt: now}
		v := session.Verdict(acc, w.org, core.LevelNone, now)
		if v == core.VerdictPasswordDue {
			view := core.SessionView{Session: session, Account: acc, Organization: w.org}
			if acc.User.PasswordDue == core.PasswordDistrusted && level < core.LevelEmail {
				t.Fatal("a password that somebody else may know chooses its successor alone")
			}
			if view.PasswordReason(now) == "" {
				t.Fatalf("a new password is due for no reason: %+v", acc.User)
			}
			acc.User.PasswordSetAt, acc.User.PasswordDue, acc.User.PasswordDueAt = now, core.PasswordNotDue, time.Time{}
			v = session.Verdict(acc, w.org, core.LevelNone, now) // chosen: the way goes on
		}
		switch v {
		case core.VerdictOpen, core.VerdictAppDue:
		case core.VerdictStepUp:
			// Only where email just made a waiting app active under "apps only":
			// the next step is that app's code, which is at hand.
			if acc.Apps == 0 {
				t.Fatalf("level %d must step up but has no app: %+v", level, core.Require(acc, w.org.Policy, now))
			}
		default:
			t.Fatalf("verdict %s right after a completed sign-in", v)
		}
	})
}
