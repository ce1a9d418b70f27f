package signin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
)

// confirm types a password into "Confirm it's you".
func (b *browser) confirm(password string) (signin.Result, error) {
	b.d.t.Helper()
	b.signedIn()
	r, err := b.d.BeginConfirm(b.d.t.Context(), b.visitor, b.visitor.Session, password)
	b.keep(r)
	return r, err
}

// TestConfirmWithoutFactor: the password alone renews a session that has no
// second step to ask for: a new id, the same sign-in, proved now (SE3, ADR 8).
func TestConfirmWithoutFactor(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepDone)
	old, oldToken := b.view().Session, b.session
	d.pass(20 * time.Minute)
	r, err := b.confirm(right)
	d.must(err)
	if r.Step.StepKind != core.StepDone || b.session == oldToken {
		t.Fatalf("stands at %q, a new value: %v", r.Step.StepKind, b.session != oldToken)
	}
	s := b.view().Session
	if s.ID == old.ID || !s.SignedInAt.Equal(old.SignedInAt) || !s.ProvedAt.Equal(d.now) || s.Level != core.LevelPassword {
		t.Errorf("session %+v after %+v", s, old)
	}
	b.session = oldToken
	if v := b.view(); v.Verdict(d.now) != core.VerdictEnded {
		t.Errorf("the old value is %s, want ended", v.Verdict(d.now))
	}
	if _, err := d.BeginConfirm(t.Context(), b.visitor, b.view(), right); core.CodeOf(err) != "signin.timeout" {
		t.Errorf("confirming in an ended session: %v, want signin.timeout", err)
	}
}

// TestConfirmRefused: what is typed is judged as at a sign-in, and counts.
func TestConfirmRefused(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepDone)
	_, err := b.confirm("")
	wants(t, err, "password", "signin.password.empty")
	_, err = b.confirm("right\x00battery horse")
	wants(t, err, "password", "password.control")
	for range 5 {
		_, err = b.confirm("wrong battery horse")
		wants(t, err, "password", "confirm.wrong")
	}
	if _, err := b.confirm(right); core.CodeOf(err) != "signin.limited" {
		t.Errorf("after five wrong: %v, want signin.limited", err)
	}
	if last := d.door.asked[len(d.door.asked)-1]; last.UserID != h.ID || last.BrowserHash != b.view().Session.BrowserHash {
		t.Errorf("the door was asked for %+v, want the person's own browser", last)
	}
}

// TestConfirmWithFactor: who has an app, or two-factor in force, also shows a
// second factor; a remembered device never stands in (RD5, SU1).
func TestConfirmWithFactor(t *testing.T) {
	d := newDesk(t)
	h, b, _ := remembered(d, 1)
	before := b.view().Session
	if before.Level != core.LevelPassword || before.Confirmed(d.now) {
		t.Fatalf("signed in at level %d, confirmed %v", before.Level, before.Confirmed(d.now))
	}
	r, err := b.confirm(right)
	d.must(err)
	if r.Step.StepKind != core.StepChoose || r.Attempt.Purpose != core.PurposeConfirm || r.Attempt.SessionID != before.ID {
		t.Fatalf("stands at %q of a %s for %s", r.Step.StepKind, r.Attempt.Purpose, r.Attempt.SessionID)
	}
	r, err = b.submitRemember(core.KindApp, d.code(h), true)
	d.must(err)
	s := b.view().Session
	want := []string{"pwd", "otp", "mfa"}
	if diff := cmp.Diff(want, s.Methods); diff != "" || s.Level != core.LevelStrong || !s.Confirmed(d.now) {
		t.Errorf("level %d, confirmed %v, methods (-want +got):\n%s", s.Level, s.Confirmed(d.now), diff)
	}
	if !s.SignedInAt.Equal(before.SignedInAt) || s.DeviceID != before.DeviceID {
		t.Errorf("signed in at %v with %s, want %v with %s", s.SignedInAt, s.DeviceID, before.SignedInAt, before.DeviceID)
	}
	if r.Issued.Device != "" || r.Offer || len(d.events(h, core.EventConfirmed)) != 1 {
		t.Errorf("device %q, offer %v, %d confirmations recorded", r.Issued.Device, r.Offer, len(d.events(h, core.EventConfirmed)))
	}
}

// TestConfirmAsksFactor: for whom a second factor is asked.
func TestConfirmAsksFactor(t *testing.T) {
	suspended := func(n *core.NewUser) { n.User.TwoFactor = core.TwoFactorSuspended }
	tests := []struct {
		name   string
		make   func(*desk) *human
		wanted core.Level
		before func(*desk)
		want   core.StepKind
	}{
		{"no factor", func(d *desk) *human { return d.person("ana") }, 0, nil, core.StepDone},
		{"app kept while off for now", func(d *desk) *human { return d.withApp("ana", core.CredentialActive, suspended) }, 0, nil, core.StepChoose},
		{"on the way to level 2", func(d *desk) *human { return d.person("ana") }, core.LevelEmail, nil, core.StepChoose},
		{"required since", func(d *desk) *human { return d.person("ana") }, 0, func(d *desk) {
			d.set(func(o *core.Organization) { required(&o.Policy) })
		}, core.StepChoose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			h := tt.make(d)
			b := d.browser()
			b.to(h, core.StepDone)
			if tt.before != nil {
				tt.before(d)
			}
			b.visitor.Wanted = tt.wanted
			r, err := b.confirm(right)
			d.must(err)
			if r.Step.StepKind != tt.want {
				t.Errorf("stands at %q, want %q", r.Step.StepKind, tt.want)
			}
		})
	}
}

// TestConfirmBelongsToItsSession: the attempt of a confirmation works only
// beside the session it began in, and never opens one of its own.
func TestConfirmBelongsToItsSession(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.byApp(h, false)
	_, err := b.confirm(right)
	d.must(err)
	signedOut := b.again()
	signedOut.visitor.Session = core.SessionView{}
	other := b.again()
	elsewhere := d.browser()
	elsewhere.byApp(h, false)
	other.visitor.Session = elsewhere.view()
	for name, thief := range map[string]*browser{"signed out": signedOut, "another session": other} {
		if st := thief.show(); st.Step.StepKind != core.StepPassword {
			t.Errorf("%s: stands at %q, want password", name, st.Step.StepKind)
		}
		if _, err := thief.submit(core.KindApp, d.code(h)); core.CodeOf(err) != "signin.timeout" {
			t.Errorf("%s: %v, want signin.timeout", name, err)
		}
	}
	d.must(d.store.EndSession(t.Context(), core.SessionEnd{OrganizationID: h.OrganizationID, UserID: h.ID, SessionID: b.view().Session.ID, At: d.now}))
	if _, err := b.submit(core.KindApp, d.code(h)); core.CodeOf(err) != "signin.timeout" {
		t.Errorf("its session ended meanwhile: %v, want signin.timeout", err)
	}
}

// TestConfirmRaisesLevel: stepping up for an application gives the session the
// higher level and keeps what it had.
func TestConfirmRaisesLevel(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepDone)
	b.visitor.Wanted, b.visitor.ReturnTo = core.LevelEmail, "/continue"
	_, err := b.confirm(right)
	d.must(err)
	r := b.finish(core.KindEmail, d.mailed(b.choose(core.KindEmail).Challenge))
	s := b.view().Session
	if diff := cmp.Diff([]string{"pwd", "otp"}, s.Methods); diff != "" || s.Level != core.LevelEmail || r.ReturnTo != "/continue" {
		t.Errorf("level %d to %q, methods (-want +got):\n%s", s.Level, r.ReturnTo, diff)
	}
}
