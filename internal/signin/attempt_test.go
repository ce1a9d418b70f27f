package signin_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestBoundToItsBrowser: the pending cookie opens nothing beside another
// browser's, or alone (law 4).
func TestBoundToItsBrowser(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.to(h, core.StepChoose)
	for name, change := range map[string]func(*signin.Visitor){
		"another browser": func(v *signin.Visitor) { v.BrowserToken = core.NewToken(random) },
		"no browser":      func(v *signin.Visitor) { v.BrowserToken = "" },
		"no pending":      func(v *signin.Visitor) { v.PendingToken = "" },
		"made up pending": func(v *signin.Visitor) { v.PendingToken = core.NewToken(random) },
	} {
		t.Run(name, func(t *testing.T) {
			thief := b.again()
			change(&thief.visitor)
			if st := thief.show(); st.Step.StepKind != core.StepPassword || st.Account.User.ID != "" {
				t.Errorf("sees step %q of %q, want nothing", st.Step.StepKind, st.Account.User.ID)
			}
			if _, err := thief.submit(core.KindApp, d.code(h)); core.CodeOf(err) != "signin.timeout" {
				t.Errorf("a right code: %v, want signin.timeout", err)
			}
			if _, err := d.Choose(t.Context(), thief.visitor, core.KindEmail, false); core.CodeOf(err) != "signin.timeout" {
				t.Errorf("choosing: %v, want signin.timeout", err)
			}
			if _, err := d.SendAgain(t.Context(), thief.visitor); core.CodeOf(err) != "signin.timeout" {
				t.Errorf("sending: %v, want signin.timeout", err)
			}
			d.must(d.Cancel(t.Context(), thief.visitor))
		})
	}
	b.finish(core.KindApp, d.code(h))
}

// TestFourthEndsTheOldest: three half-done sign-ins at most (PS3).
func TestFourthEndsTheOldest(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	var all []*browser
	for range core.AttemptsPerUser + 1 {
		b := d.browser()
		b.to(h, core.StepChoose)
		all = append(all, b)
		d.pass(time.Second)
	}
	for i, b := range all {
		want := core.StepChoose
		if i == 0 {
			want = core.StepPassword
		}
		if st := b.show(); st.Step.StepKind != want {
			t.Errorf("sign-in %d stands at %q, want %q", i+1, st.Step.StepKind, want)
		}
	}
}

// TestAttemptLife: fifteen minutes after the last send or try, sixty in all.
func TestAttemptLife(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	stands := func(b *browser, want core.StepKind) {
		t.Helper()
		if st := b.show(); st.Step.StepKind != want {
			t.Errorf("stands at %q, want %q", st.Step.StepKind, want)
		}
	}
	idle := d.browser()
	idle.to(h, core.StepChoose)
	d.pass(core.AttemptIdle - time.Second)
	stands(idle, core.StepChoose)
	d.pass(time.Second)
	stands(idle, core.StepPassword)

	busy := d.browser()
	busy.to(h, core.StepChoose)
	for range 4 { // a try moves the end on
		d.pass(14 * time.Minute)
		_, err := busy.submit(core.KindApp, "000000")
		wants(t, err, "code", "code.wrong")
	}
	d.pass(4*time.Minute - time.Second)
	stands(busy, core.StepChoose)
	d.pass(time.Second)
	stands(busy, core.StepPassword)
}

// TestVoided: what happens to the account meanwhile ends the attempt, and a
// right code opens nothing (PS2).
func TestVoided(t *testing.T) {
	for name, change := range map[string]func(*desk, *human){
		"password set":      func(d *desk, h *human) { d.newPassword(h) },
		"factors changed":   func(d *desk, h *human) { d.moveFactors(h) },
		"two-factor reset":  func(d *desk, h *human) { d.reset(h) },
		"deactivated":       func(d *desk, h *human) { d.deactivate(h) },
		"attempt cancelled": nil,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := d.withApp("ana", core.CredentialActive)
			b := d.browser()
			b.to(h, core.StepChoose)
			if change == nil {
				d.must(d.Cancel(t.Context(), b.visitor))
				d.must(d.Cancel(t.Context(), b.visitor)) // again changes nothing
				if n := len(d.events(h, core.EventSignInAbandoned)); n != 1 {
					t.Errorf("%d cancellations recorded, want 1", n)
				}
			} else {
				change(d, h)
			}
			if st := b.show(); st.Step.StepKind != core.StepPassword {
				t.Errorf("stands at %q, want password", st.Step.StepKind)
			}
			if _, err := b.submit(core.KindApp, d.code(h)); core.CodeOf(err) != "signin.timeout" || b.session != "" {
				t.Errorf("a right code: %v with session %q, want signin.timeout and none", err, b.session)
			}
		})
	}
}

// newPassword gives a person another password, by a link.
func (d *desk) newPassword(h *human) {
	d.t.Helper()
	token := core.NewToken(random)
	l := core.Link{
		ID: core.NewID(d.now, random), OrganizationID: h.OrganizationID, UserID: h.ID, Kind: core.LinkInvitation,
		TokenHash: secret.Digest(token), CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour),
	}
	d.must(d.store.CreateLink(d.t.Context(), l, core.Record{}))
	sealed, err := d.hasher.Hash(d.t.Context(), h.ID, right)
	d.must(err)
	d.must(d.store.UseLink(d.t.Context(), core.LinkUse{Link: l, PasswordSealed: sealed, At: d.now}))
}

// moveFactors changes the person's factor set without touching the app.
func (d *desk) moveFactors(h *human) {
	d.t.Helper()
	d.must(d.store.ChangeFactors(d.t.Context(), core.FactorChange{
		OrganizationID: h.OrganizationID, UserID: h.ID, FactorSetVersion: d.account(h).User.FactorSetVersion, Moves: true, At: d.now,
	}))
}

func (d *desk) reset(h *human) {
	d.t.Helper()
	d.must(d.store.ResetTwoFactor(d.t.Context(), core.TwoFactorReset{OrganizationID: h.OrganizationID, UserID: h.ID, At: d.now}))
}

// meanwhile is the real store, in which something happens between the check of
// a code and what follows from it.
type meanwhile struct {
	signin.Tries
	then func()
}

func (m meanwhile) TakeTry(ctx context.Context, y core.Try) (core.TryTaken, error) {
	taken, err := m.Tries.TakeTry(ctx, y)
	m.then()
	return taken, err
}

// TestMovedMeanwhile: a change that commits while the code is being checked
// wins, and the person starts over.
func TestMovedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(*desk, *human, *browser){
		"password set":     func(d *desk, h *human, _ *browser) { d.newPassword(h) },
		"factors changed":  func(d *desk, h *human, _ *browser) { d.moveFactors(h) },
		"two-factor reset": func(d *desk, h *human, _ *browser) { d.reset(h) },
		"deactivated":      func(d *desk, h *human, _ *browser) { d.deactivate(h) },
		"cancelled":        func(d *desk, _ *human, b *browser) { d.must(d.Cancel(d.t.Context(), b.visitor)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := d.withApp("ana", core.CredentialActive)
			b := d.browser()
			b.to(h, core.StepChoose)
			deps := d.deps()
			deps.Tries = meanwhile{Tries: d.store, then: func() { change(d, h, b) }}
			d.Service = signin.New(deps)
			if _, err := b.submit(core.KindApp, d.code(h)); core.CodeOf(err) != "signin.timeout" || b.session != "" {
				t.Errorf("%v with session %q, want signin.timeout and none", err, b.session)
			}
			if n := len(d.events(h, core.EventSignInCompleted)); n != 0 {
				t.Errorf("%d sign-ins recorded, want none", n)
			}
			if g := d.account(h).Guards[core.KindApp]; g.Failures != 0 {
				t.Errorf("%d wrong codes counted for a right one, want none", g.Failures)
			}
		})
	}
}

// TestWarnedOfUnfinished: the fourth sign-in within an hour whose forerunners
// all stopped at the second step warns the owner, once an hour (E12).
func TestWarnedOfUnfinished(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	var after []int
	for range 6 {
		d.browser().to(h, core.StepChoose)
		d.pass(time.Minute)
		after = append(after, count(d.notices(h), core.MailCodeWrong))
	}
	d.pass(time.Hour)
	for range 4 {
		d.browser().to(h, core.StepChoose)
		d.pass(time.Minute)
		after = append(after, count(d.notices(h), core.MailCodeWrong))
	}
	if diff := cmp.Diff([]int{0, 0, 0, 1, 1, 1, 1, 1, 1, 2}, after); diff != "" {
		t.Errorf("warnings after each sign-in (-want +got):\n%s", diff)
	}
	if n := len(d.events(h, core.EventSecondStepsFailed)); n != 2 {
		t.Errorf("%d warnings recorded, want 2", n)
	}
	// Who finishes is not warned of.
	other := d.withApp("bo", core.CredentialActive)
	for range 6 {
		d.browser().byApp(other, false)
	}
	if n := count(d.notices(other), core.MailCodeWrong); n != 0 {
		t.Errorf("%d warnings to somebody who always finished, want none", n)
	}
}

func count[T comparable](all []T, of T) int {
	return len(slices.DeleteFunc(slices.Clone(all), func(v T) bool { return v != of }))
}
