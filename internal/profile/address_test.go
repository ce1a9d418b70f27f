package profile_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestChangeAddress: nothing changes before the code; then all of it at once.
func TestChangeAddress(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b, other := d.signIn(u), d.signIn(u)
	before := b.seen().Session
	d.must(b.change(core.AddressSignIn, " Ana@NEW.example "))
	if got := d.user(u); got.Email != "ana@example.com" || len(d.events(u, core.EventEmailAsked)) != 1 || b.mails() != 1 {
		t.Errorf("before the code: %+v", got)
	}
	p, err := d.Pending(t.Context(), b.seen(), core.AddressSignIn)
	d.must(err)
	if p.Address != "Ana@new.example" || len(p.Reference) != 4 || p.SendWait != core.SendGap || !p.MaySend || p.Life != core.CodeLife {
		t.Errorf("pending %+v", p)
	}
	if _, err := d.Pending(t.Context(), other.seen(), core.AddressSignIn); core.KindOf(err) != core.NotFound {
		t.Errorf("in another session: %v, want not found", err)
	}
	if err := other.prove(core.AddressSignIn, b.code(core.AddressSignIn)); core.KindOf(err) != core.Gone {
		t.Errorf("proved in another session: %v", err)
	}
	d.must(b.prove(core.AddressSignIn, b.code(core.AddressSignIn)))
	got, v := d.user(u), b.seen()
	if got.Email != "Ana@new.example" || !got.EmailProvedAt.Equal(d.now) || got.CodeAddress(d.now) != "ana@example.com" ||
		got.CodeAddress(d.now.Add(core.PreviousEmailLife)) != "Ana@new.example" {
		t.Errorf("after it: %+v", got)
	}
	if v.Session.ID == before.ID || v.Verdict(d.now) != core.VerdictOpen || other.seen().Verdict(d.now) != core.VerdictEnded {
		t.Errorf("this session %s, the other %s", v.Verdict(d.now), other.seen().Verdict(d.now))
	}
	e := d.events(u, core.EventEmailChanged)
	if len(e) != 1 || e[0].Target != "Ana@new.example" || e[0].Detail[core.DetailReplaced] != "ana@example.com" {
		t.Errorf("told %+v", e)
	}
	if err := b.prove(core.AddressSignIn, "123456"); core.KindOf(err) != core.Gone {
		t.Errorf("once more: %v", err)
	}
}

// TestChangeRefused: what is no new address is said; what is somebody else's is
// not.
func TestChangeRefused(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.NotificationEmail, u.NotificationProvedAt = "n@home.example", start })
	d.person("bo")
	for _, tt := range []struct {
		name, to string
		kind     core.AddressKind
		code     string
	}{
		{"the same", "ana@example.com", core.AddressSignIn, "address.same"},
		{"the same, in spaces", " ana@EXAMPLE.com ", core.AddressSignIn, "address.same"},
		{"no address", "ana", core.AddressSignIn, "user.email"},
		{"nothing", "", core.AddressSignIn, "user.email"},
		{"two", "a@b.example,c@d.example", core.AddressSignIn, "user.email"},
		{"a header more", "a@b.example\r\nBcc: x@y.example", core.AddressSignIn, "user.email"},
		{"NUL", "a\x00@b.example", core.AddressSignIn, "user.email"},
		{"not text", "a\xff@b.example", core.AddressSignIn, "user.email"},
		{"a megabyte", strings.Repeat("x", 1<<20) + "@b.example", core.AddressSignIn, "user.email"},
		{"notices to the sign-in address", "Ana@example.com", core.AddressNotification, "address.sign_in"},
		{"the same for notices", "n@home.example", core.AddressNotification, "address.same"},
		{"somebody else's", "bo@example.com", core.AddressSignIn, ""},
		{"somebody else's, spelled otherwise", "BO@example.com", core.AddressSignIn, ""},
		{"her own spelled otherwise", "Ana@example.com", core.AddressSignIn, ""},
		{"somebody else's for notices", "bo@example.com", core.AddressNotification, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.pass(2 * time.Hour)
			wants(t, d.signIn(u).change(tt.kind, tt.to), "email", tt.code)
		})
	}
	if d.user(u).Email != "ana@example.com" {
		t.Error("something was changed")
	}
}

// TestTakenAddress: the page, the waits and the allowances are those of a free
// address; no mail goes out, and a guessed code changes nothing.
func TestTakenAddress(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.person("bo")
	b := d.signIn(u)
	d.must(b.change(core.AddressSignIn, "bo@example.com"))
	p, err := d.Pending(t.Context(), b.seen(), core.AddressSignIn)
	d.must(err)
	if p.Reference == "" || p.Refused || !p.MaySend || b.mails() != 0 {
		t.Errorf("pending %+v", p)
	}
	d.pass(core.SendGap)
	d.must(d.SendAgain(t.Context(), b.seen(), here(), core.AddressSignIn))
	if b.mails() != 0 {
		t.Error("a mail went out")
	}
	wants(t, b.prove(core.AddressSignIn, wrong(b.code(core.AddressSignIn))), "code", "code.wrong")
	wants(t, b.prove(core.AddressSignIn, b.code(core.AddressSignIn)), "code", "address.taken")
	if d.user(u).Email != "ana@example.com" {
		t.Error("the address was taken")
	}
}

// TestConfirmFirst: neither a change nor a removal goes on an old proof; the
// code may be typed while the change itself lasts.
func TestConfirmFirst(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.NotificationEmail, u.NotificationProvedAt = "n@home.example", start })
	b := d.signIn(u)
	d.must(b.change(core.AddressSignIn, "ana@new.example"))
	code := b.code(core.AddressSignIn)
	d.pass(core.ConfirmLife)
	wants(t, b.change(core.AddressSignIn, "x@new.example"), "", "confirm.needed")
	alone := d.signIn(u).seen()
	alone.Session.Level = core.LevelPassword
	wants(t, d.Change(t.Context(), alone, here(), core.AddressSignIn, "x@new.example"), "", "confirm.needed")
	wants(t, d.RemoveNotification(t.Context(), b.seen(), here()), "", "confirm.needed")
	wants(t, b.prove(core.AddressSignIn, code), "code", "code.expired_resent")
	d.must(b.prove(core.AddressSignIn, b.code(core.AddressSignIn)))
	if d.user(u).Email != "ana@new.example" {
		t.Error("it was not changed")
	}
	late := d.signIn(u)
	d.must(late.change(core.AddressSignIn, "y@new.example"))
	d.pass(core.AddressChangeLife)
	if err := late.prove(core.AddressSignIn, "123456"); core.KindOf(err) != core.Gone {
		t.Errorf("after half an hour: %v", err)
	}
}

// TestTriesAndSends: five tries and three sends of a change, as at a sign-in.
func TestTriesAndSends(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u)
	again := func() error { return d.SendAgain(t.Context(), b.seen(), here(), core.AddressSignIn) }
	if err := again(); core.KindOf(err) != core.Gone {
		t.Errorf("nothing begun: %v", err)
	}
	d.must(b.change(core.AddressSignIn, "ana@new.example"))
	wants(t, again(), "", "code.send_wait")
	code := b.code(core.AddressSignIn)
	for range 2 {
		d.pass(core.SendGap)
		d.must(again())
	}
	if b.code(core.AddressSignIn) != code {
		t.Error("sending again made the code in hand wrong")
	}
	d.pass(core.SendGap)
	wants(t, again(), "", "address.sends")
	for _, typed := range []string{"", "12", "abcdef", "1234567"} { // no guesses
		if err := b.prove(core.AddressSignIn, typed); core.KindOf(err) != core.Invalid {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for i := range core.CodeTries {
		want := "code.wrong"
		if i == core.CodeTries-1 {
			want = "address.tries"
		}
		wants(t, b.prove(core.AddressSignIn, wrong(code)), "code", want)
	}
	wants(t, b.prove(core.AddressSignIn, code), "code", "address.tries")
	d.must(d.GiveUp(t.Context(), b.seen(), core.AddressSignIn))
	if _, err := d.Pending(t.Context(), b.seen(), core.AddressSignIn); core.KindOf(err) != core.NotFound {
		t.Errorf("given up: %v", err)
	}
	for i := range 3 {
		d.pass(time.Second)
		err := b.change(core.AddressSignIn, strings.Repeat("x", i+1)+"@new.example")
		if want := i == 2; (core.CodeOf(err) == "address.sends_hour") != want {
			t.Errorf("mail %d within the hour: %v", i+4, err)
		}
	}
}

// TestManyCodes: of fifty right codes at once one changes the address.
func TestManyCodes(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u)
	d.must(b.change(core.AddressSignIn, "ana@new.example"))
	code, v := b.code(core.AddressSignIn), b.seen()
	var won atomic.Int64
	var g sync.WaitGroup
	for range 50 {
		g.Go(func() {
			switch _, err := d.Prove(t.Context(), v, here(), core.AddressSignIn, code); {
			case err == nil:
				won.Add(1)
			case core.KindOf(err) == core.Internal:
				t.Errorf("Prove: %v", err)
			}
		})
	}
	g.Wait()
	if won.Load() != 1 || len(d.events(u, core.EventEmailChanged)) != 1 {
		t.Errorf("%d proofs, %d events", won.Load(), len(d.events(u, core.EventEmailChanged)))
	}
}

// TestHold: who gets codes after which changes.
func TestHold(t *testing.T) {
	for _, tt := range []struct {
		name  string
		user  func(*core.User)
		moves func(d *desk, b *tab)
		want  string
	}{
		{"one change", func(*core.User) {}, func(_ *desk, b *tab) { b.moves("b@new.example") }, "ana@example.com"},
		{"a day later", func(*core.User) {}, func(d *desk, b *tab) { b.moves("b@new.example"); d.pass(24 * time.Hour) }, "b@new.example"},
		{"two at once stay with the first", func(*core.User) {}, func(_ *desk, b *tab) { b.moves("b@new.example"); b.moves("c@new.example") }, "ana@example.com"},
		{
			"the second renews the day", func(*core.User) {},
			func(d *desk, b *tab) {
				b.moves("b@new.example")
				d.pass(23 * time.Hour)
				d.signIn(b.seen().Account.User).moves("c@new.example")
				d.pass(23 * time.Hour)
			}, "ana@example.com",
		},
		{
			"two with a day between", func(*core.User) {},
			func(d *desk, b *tab) {
				b.moves("b@new.example")
				d.pass(24 * time.Hour)
				d.signIn(b.seen().Account.User).moves("c@new.example")
			}, "b@new.example",
		},
		{"one that was never proved is not held", func(u *core.User) { u.EmailProvedAt = time.Time{} }, func(_ *desk, b *tab) { b.moves("b@new.example") }, "b@new.example"},
		{"and back", func(*core.User) {}, func(_ *desk, b *tab) { b.moves("b@new.example"); b.moves("ana@example.com") }, "ana@example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana", tt.user)
			tt.moves(d, d.signIn(u))
			if got := d.user(u).CodeAddress(d.now); got != tt.want {
				t.Errorf("codes go to %s, want %s", got, tt.want)
			}
		})
	}
}
