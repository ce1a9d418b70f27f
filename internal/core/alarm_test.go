package core_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
)

// alarmed is any world a moment after "Wasn't you?" was pressed in it.
func alarmed(t *rapid.T) world {
	w := anyWorld(t)
	w.org.Locked = false // which comes before the rest
	u := &w.acc.User
	u.PasswordDue, u.PasswordDueAt, u.AlarmedAt = core.PasswordDistrusted, now, now
	if rapid.Bool().Draw(t, "no address") {
		u.Email = ""
	}
	return w
}

// helped is the account after a human who is named on screen did what they can.
func (w world) helped() core.Account {
	acc := w.acc
	acc.Apps, acc.WaitingApps, acc.RecoveryCodes, acc.Guards = 0, 0, 0, nil
	acc.User.TwoFactor, acc.User.PasswordDue = core.TwoFactorOff, core.PasswordTemporary
	return acc
}

// TestAlarmLeavesAWayIn: after an alarm the password alone never opens anything,
// and from every state its owner gets in: by a code, after a wait, or with a
// named human's help; over the choice of a new password, and then as before.
func TestAlarmLeavesAWayIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := alarmed(t)
		c := core.Circumstances{MailWorks: w.mail}
		s := core.NextAfterPassword(w.acc, w.org, "", c, now)
		if s.StepKind != core.StepChoose {
			t.Fatalf("after the password: %s, want a code to be asked for", s.StepKind)
		}
		if w.acc.Apps > 0 && w.acc.Guards[core.KindApp].Open(now) && !s.Method(core.KindApp).Ready() {
			t.Fatal("a confirmed app is not taken after an alarm (law 3)")
		}
		acc, level := w.acc, core.LevelPassword
		kind := s.Selected
		if kind == "" && s.Recovery.Ready() {
			kind = core.KindRecovery
		}
		switch {
		case kind != "":
			level = core.LevelStrong
			if kind == core.KindEmail {
				level = core.LevelEmail
				acc.Apps, acc.WaitingApps = acc.Apps+acc.WaitingApps, 0
			}
		case w.org.Policy.Requires(now), !w.org.Policy.AdministratorAppFrom.IsZero():
			return // a code is asked for with and without an alarm: helped as in TestNoDeadEnds
		default:
			acc = w.helped()
			if got := core.NextAfterPassword(acc, w.org, "", c, now).StepKind; got != core.StepDone {
				t.Fatalf("help leads to %s, want in", got)
			}
		}
		w.acc = acc
		w.arrives(t, level)
	})
}

// arrives fails unless a session of that level must choose a new password, after
// an app's code at most, and is where it would have been once it has.
func (w world) arrives(t *rapid.T, level core.Level) {
	session := core.Session{ID: "s1", UserID: w.acc.User.ID, Level: level, SignedInAt: now, LastSeenAt: now, ProvedAt: now}
	v := session.Verdict(w.acc, w.org, core.LevelNone, now)
	if v == core.VerdictStepUp && w.acc.Apps > 0 {
		session.Level = core.LevelStrong // email made a waiting app active under "apps only"
		v = session.Verdict(w.acc, w.org, core.LevelNone, now)
	}
	if v != core.VerdictPasswordDue {
		t.Fatalf("verdict %s, want a new password to be chosen", v)
	}
	chosen := w.acc
	chosen.User.PasswordDue, chosen.User.PasswordDueAt, chosen.User.PasswordSetAt = "", time.Time{}, now
	switch v := session.Verdict(chosen, w.org, core.LevelNone, now); v {
	case core.VerdictOpen, core.VerdictAppDue:
	default:
		t.Fatalf("verdict %s after the new password was chosen", v)
	}
}

// TestSessionsDoNotOutliveAnAlarm: a session that was not ended in time (it began
// in the same moment) must show a code, whatever the policy says of sessions
// from before.
func TestSessionsDoNotOutliveAnAlarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := alarmed(t)
		session := core.Session{
			ID: "s1", UserID: w.acc.User.ID, Level: core.LevelPassword, SignedInAt: now.Add(-time.Second), LastSeenAt: now,
		}
		if v := session.Verdict(w.acc, w.org, core.LevelNone, now); v != core.VerdictStepUp {
			t.Fatalf("verdict %s, want %s", v, core.VerdictStepUp)
		}
	})
}

func TestAlarmSettled(t *testing.T) {
	u := core.User{AlarmedAt: now}
	for name, tt := range map[string]struct {
		at   time.Time
		want time.Time
	}{
		"before the alarm":      {now.Add(-time.Hour), now},
		"in the same moment":    {now, now},
		"after it":              {now.Add(time.Microsecond), time.Time{}},
		"long before the alarm": {now.AddDate(0, 0, -7), now},
	} {
		t.Run(name, func(t *testing.T) {
			if got := u.AlarmSettled(tt.at); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := (core.User{}).AlarmSettled(now); !got.IsZero() {
		t.Errorf("without any alarm: got %v, want none", got)
	}
}
