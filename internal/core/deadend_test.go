package core_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
)

// world is one state an account can reach.
type world struct {
	acc   core.Account
	org   core.Organization
	mail  bool
	away  bool // from a network that is not allowed
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
	if flag("a group is exempt") {
		w.acc.GroupExemptUntil = now.Add(time.Hour)
	}
	if flag("a reset waits") {
		w.acc.ResetDue = now.Add(24 * time.Hour)
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
	w.settings(flag)
	return w
}

// settings draws what an administrator can set besides the requirement.
func (w *world) settings(flag func(string) bool) {
	p := &w.org.Policy
	p.NoNewApps = flag("no new apps") && !p.AppsOnly && p.AdministratorAppFrom.IsZero()
	p.StrictReset = flag("strict reset")
	if flag("reset by mail") {
		w.acc.User.ResetAt = now.Add(-time.Minute)
	}
	if flag("reset bites now") {
		p.PasswordsNow = true
	}
	if flag("by this person") {
		p.PasswordsExcept = w.acc.User.ID
	}
	if flag("ask again now") {
		p.DevicesFrom = now
	}
	w.org.Locked = flag("locked")
	w.away = flag("elsewhere")
}

// circumstances are those around the world's sign-in.
func (w world) circumstances() core.Circumstances {
	return core.Circumstances{MailWorks: w.mail, Elsewhere: w.away}
}

// helper says which way out is on screen for a person who is not let in.
func (w world) helper(s core.Step) string {
	switch {
	case s.StepKind == core.StepElsewhere && w.alone:
		return "the operator: org set --allowed-networks ''"
	case s.StepKind == core.StepElsewhere:
		return "from an allowed network, or an administrator" // the page names the contacts
	case s.StepKind == core.StepPaused && w.acc.User.Type != core.Administrator:
		return "an administrator unlocks the organization"
	case s.StepKind == core.StepPaused:
		return "" // nobody but administrators could unlock it
	}
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
		c := w.circumstances()
		s := core.NextAfterPassword(w.acc, w.org, "", c, now)
		switch s.StepKind {
		case core.StepDone:
			return
		case core.StepPaused, core.StepElsewhere:
			if w.helper(s) == "" {
				t.Fatalf("no way on from %s", s.StepKind)
			}
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
		bars := w.org.Policy.StrictReset && !w.acc.User.ResetAt.IsZero() && w.acc.RecoveryCodes > 0
		if w.mail && w.acc.Apps == 0 && !bars && !core.NextAfterPassword(w.acc, w.org, "", c, later).Method(core.KindEmail).Ready() {
			t.Fatal("email stays shut for somebody who has nothing else")
		}
	})
}

// TestWayThrough: whoever gets a code right arrives at a session whose verdict
// is open, or that opens the set-up it demands; never in a loop.
func TestWayThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		s := core.NextAfterPassword(w.acc, w.org, "", w.circumstances(), now)
		if s.StepKind == core.StepPaused || s.StepKind == core.StepElsewhere {
			return // nobody gets that far
		}
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

// TestNoPolicyLocksTheLastAdministratorOut: whatever is set, the sole
// administrator who has something to show gets in from an allowed network (a list
// without it is not saved), or to the set-up that is demanded, which is then open.
func TestNoPolicyLocksTheLastAdministratorOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		w.acc.User.Type, w.alone, w.away = core.Administrator, true, false
		if w.org.Validate(func(string) bool { return true }) != nil {
			return
		}
		s := core.NextAfterPassword(w.acc, w.org, "", w.circumstances(), now)
		if s.StepKind != core.StepDone && s.StepKind != core.StepChoose {
			t.Fatalf("step %s", s.StepKind)
		}
		level := core.LevelPassword
		if s.StepKind == core.StepChoose {
			open := func(k core.FactorKind) bool { return w.acc.Guards[k].Open(now) }
			can := w.acc.Apps > 0 && open(core.KindApp) || w.acc.RecoveryCodes > 0 && open(core.KindRecovery) ||
				w.acc.Apps == 0 && w.acc.RecoveryCodes == 0 && w.mail && open(core.KindEmail)
			ready := s.Selected != "" || s.Recovery.Ready()
			if can && !ready {
				t.Fatalf("no method is ready: %+v", s)
			}
			if !ready {
				return // helped by the operator, as with any policy
			}
			level = core.LevelStrong
			if s.Selected == core.KindEmail {
				level = core.LevelEmail
			}
		}
		acc := w.acc
		acc.User.PasswordSetAt, acc.User.PasswordDue = now, core.PasswordNotDue // the wall lets one be chosen
		session := core.Session{ID: "s1", UserID: acc.User.ID, Level: level, SignedInAt: now, LastSeenAt: now}
		switch v := session.Verdict(acc, w.org, core.LevelNone, now); {
		case v == core.VerdictOpen:
		case v == core.VerdictAppDue && !w.org.Policy.NoNewApps:
		default:
			t.Fatalf("%s at level %d of %+v", v, level, core.Require(acc, w.org.Policy, now))
		}
	})
}

// TestWaitingResetChangesNothing: a reset that waits opens and closes nothing until
// it is carried out; then the account is one whose way in is email, and everything
// that was shut by wrong codes is open again.
func TestWaitingResetChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		c := core.Circumstances{MailWorks: true}
		waits, bare := w.acc, w.acc
		waits.ResetDue, bare.ResetDue = now.Add(time.Hour), time.Time{}
		a, b := core.NextAfterPassword(waits, w.org, "", c, now), core.NextAfterPassword(bare, w.org, "", c, now)
		if d := cmp.Diff(b, a); d != "" {
			t.Fatalf("it changes the way in (-without +with):\n%s", d)
		}
		done := w.acc // as the store leaves it
		done.Apps, done.WaitingApps, done.RecoveryCodes, done.HeldCodes, done.Guards, done.ResetDue = 0, 0, 0, 0, nil, time.Time{}
		if done.User.TwoFactor != core.TwoFactorOff {
			done.User.TwoFactor = core.TwoFactorOn
		}
		s := core.NextAfterPassword(done, w.org, "", c, now)
		if s.StepKind == core.StepChoose && (s.Selected != core.KindEmail || !s.Method(core.KindEmail).Ready()) {
			t.Fatalf("after a reset: %+v", s)
		}
	})
}

// TestGroupExemption: a group's exemption lets in whom a person's own would, the
// later of both ends, and no administrator (AD2).
func TestGroupExemption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		hours := func(name string) time.Time {
			if n := rapid.IntRange(-2, 2).Draw(t, name); n != 0 {
				return now.Add(time.Duration(n) * time.Hour)
			}
			return time.Time{}
		}
		w.acc.User.ExemptUntil, w.acc.GroupExemptUntil = hours("own"), hours("group's")
		later := w.acc.User.ExemptUntil
		if w.acc.User.Type < core.Administrator && w.acc.GroupExemptUntil.After(later) {
			later = w.acc.GroupExemptUntil
		}
		one := w.acc
		one.User.ExemptUntil, one.GroupExemptUntil = later, time.Time{}
		if got, want := core.Require(w.acc, w.org.Policy, now), core.Require(one, w.org.Policy, now); got != want {
			t.Fatalf("with both %+v, with the later alone %+v", got, want)
		}
		if got := w.acc.Exempt(now); got != now.Before(later) {
			t.Fatalf("exempt: %v", got)
		}
		if got, want := w.org.Policy.AppDueFrom(w.acc), w.org.Policy.AppDueFrom(one); !got.Equal(want) {
			t.Fatalf("an app is due from %v, want %v", got, want)
		}
	})
}
