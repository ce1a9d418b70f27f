package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
)

// TestTyped: what cannot be a login and a password is refused by field, before
// any slot is taken or any password hashed (PW2).
func TestTyped(t *testing.T) {
	d := newDesk(t)
	tests := []struct {
		name, login, password string
		want                  map[string]string
	}{
		{"nothing", "", "", map[string]string{"login": "signin.login.empty", "password": "signin.password.empty"}},
		{"no password", "ana", "", map[string]string{"password": "signin.password.empty"}},
		{"no login", "", right, map[string]string{"login": "signin.login.empty"}},
		{"a login of 321 bytes", strings.Repeat("a", 321), right, map[string]string{"login": "signin.login.long"}},
		{"a password of 129 letters", "ana", strings.Repeat("a", 129), map[string]string{"password": "password.long"}},
		{"a password of 516 bytes", "ana", strings.Repeat("\U0001F40E", 129), map[string]string{"password": "password.long"}},
		{"both too long", strings.Repeat("a", 321), strings.Repeat("a", 129), map[string]string{"login": "signin.login.long", "password": "password.long"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := d.browser().SubmitPassword(tt.login, tt.password)
			got := map[string]string{}
			var e *core.Error
			if errors.As(err, &e) {
				for name, f := range e.Fields {
					got[name] = f.Code
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
	if len(d.door.asked) != 0 {
		t.Errorf("%d slots taken for what was never tried", len(d.door.asked))
	}
}

// TestRefusedAlike: wrong, unknown and closed accounts get one and the same
// answer, count one failure each, and leave no trace of what was typed for a
// name (EN1, AU3).
func TestRefusedAlike(t *testing.T) {
	d := newDesk(t)
	people := map[string]*human{
		"active":       d.person("active"),
		"invited":      d.person("invited", func(n *core.NewUser) { n.User.Status = core.Invited }),
		"inactive":     d.person("inactive", func(n *core.NewUser) { n.User.Status = core.Inactive }),
		"no access":    d.person("noaccess", func(n *core.NewUser) { n.User.Type = core.NoAccess }),
		"no password":  d.person("nopassword", func(n *core.NewUser) { n.User.PasswordSealed = "" }),
		"unknown":      {User: core.User{Email: "nobody@example.com"}},
		"no such name": {User: core.User{Email: "a@b@c"}},
	}
	for name, h := range people {
		t.Run(name, func(t *testing.T) {
			typed := right
			if name == "active" {
				typed = "wrong battery horse"
			}
			b := d.browser()
			for i := range 5 {
				r, err := b.SubmitPassword(h.Login(), typed)
				if core.CodeOf(err) != "signin.wrong" || r.Issued != (signin.Issued{}) {
					t.Fatalf("try %d: %v with cookies %+v, want signin.wrong and none", i+1, err, r.Issued)
				}
			}
			if _, err := b.SubmitPassword(h.Login(), right); core.CodeOf(err) != "signin.limited" || core.WaitOf(err) != 30*time.Second {
				t.Errorf("after five: %v, want signin.limited for 30 s", err)
			}
		})
	}
	all, err := d.store.Events(t.Context(), "", core.EventFilter{Kinds: []string{core.EventPasswordWrong}})
	d.must(err)
	for _, e := range all {
		if e.Actor != (core.Actor{Kind: "nobody"}) || e.Target != "" || len(e.Detail) != 0 {
			t.Errorf("an unknown name left %+v, want nobody and nothing typed", e)
		}
	}
	if len(all) != 10 {
		t.Errorf("%d events of unknown names, want 10", len(all))
	}
}

// TestLogins: an address in any case, or the username, finds the account.
func TestLogins(t *testing.T) {
	d := newDesk(t)
	d.person("ana", func(n *core.NewUser) { n.User.Username, n.Keys.Username = "Ána.K", "ána.k" })
	for name, login := range map[string]string{
		"as stored": "ana@example.com", "upper case": "ANA@EXAMPLE.COM", "spaces around": "  ana@example.com ",
		"username": "Ána.K", "username in upper case": "ÁNA.K", "username in decomposed form": "A\u0301na.k",
	} {
		t.Run(name, func(t *testing.T) {
			if r, err := d.browser().SubmitPassword(login, right); err != nil || r.Step.StepKind != core.StepDone {
				t.Errorf("step %q, %v, want in", r.Step.StepKind, err)
			}
		})
	}
}

// TestRehash: a hash of older parameters is renewed once, at the first right
// password, whether a second step follows or not, and no version moves (PW9,
// PS2).
func TestRehash(t *testing.T) {
	for name, make := range map[string]func(*desk) *human{
		"signed in at once":  func(d *desk) *human { return d.person("ana") },
		"second step opened": func(d *desk) *human { return d.withApp("ana", core.CredentialActive) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := make(d)
			deps := d.deps()
			deps.Passwords = secret.NewPasswords(d.ring, secret.Params{MemoryKiB: 128, Time: 1, Parallelism: 1}, 2, random)
			d.Service = signin.New(deps)
			var sealed []string
			for range 3 {
				if _, err := d.browser().password(h); err != nil {
					t.Fatal(err)
				}
				acc := d.account(h)
				sealed = append(sealed, acc.User.PasswordSealed)
				if acc.User.PasswordVersion != 1 || acc.User.FactorSetVersion != 1 {
					t.Errorf("versions %d and %d moved, want 1", acc.User.PasswordVersion, acc.User.FactorSetVersion)
				}
			}
			if sealed[0] == h.PasswordSealed || sealed[1] != sealed[0] || sealed[2] != sealed[0] {
				t.Errorf("renewed %v, again %v, want once", sealed[0] != h.PasswordSealed, sealed[1] != sealed[0] || sealed[2] != sealed[0])
			}
			if _, err := d.browser().SubmitPassword(h.Login(), "wrong battery horse"); core.CodeOf(err) != "signin.wrong" {
				t.Errorf("another password after the renewal: %v", err)
			}
		})
	}
}

// busy is a gate that is full, or one that is full only for renewals.
type busy struct {
	signin.Passwords
	onlyHash bool
}

func (p busy) Verify(ctx context.Context, id core.ID, sealed, password string) (right, outdated bool, err error) {
	if p.onlyHash {
		right, _, err = p.Passwords.Verify(ctx, id, sealed, password)
		return right, true, err
	}
	return false, false, core.NewError(core.Unavailable, "busy").With("wait", 2*time.Second)
}

func (busy) Hash(context.Context, core.ID, string) (string, error) {
	return "", core.NewError(core.Unavailable, "busy").With("wait", 2*time.Second)
}

// TestBusy: a full gate is told as such and counts no failure (PW10, law 5).
func TestBusy(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	free, deps := d.Service, d.deps()
	deps.Passwords = busy{Passwords: d.hasher}
	d.Service = signin.New(deps)
	for i := range 12 {
		if _, err := d.browser().password(h); core.KindOf(err) != core.Unavailable || core.WaitOf(err) != 2*time.Second {
			t.Fatalf("try %d: %v, want busy for 2 s", i+1, err)
		}
	}
	d.Service = free
	d.browser().to(h, core.StepDone)
	if n := len(d.events(h, core.EventPasswordWrong)); n != 0 {
		t.Errorf("%d wrong passwords recorded, want none", n)
	}
	// A renewal that finds no place leaves the old hash and lets the person in.
	deps.Passwords = busy{Passwords: d.hasher, onlyHash: true}
	d.Service = signin.New(deps)
	d.browser().to(h, core.StepDone)
	if d.account(h).User.PasswordSealed != h.PasswordSealed {
		t.Error("the hash changed although none was made")
	}
}

// TestControlCharacters: a password nobody can have is told at its field and
// costs no try.
func TestControlCharacters(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	for range 10 {
		_, err := d.browser().SubmitPassword(h.Login(), "right\x00battery horse")
		wants(t, err, "password", "password.control")
	}
	d.browser().to(h, core.StepDone)
}

// TestLocked: a locked organization lets only administrators in; the right
// password says so, a wrong one does not tell (ux 12).
func TestLocked(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	admin := d.person("root", func(n *core.NewUser) { n.User.Type = core.Administrator })
	open := d.withApp("bo", core.CredentialActive)
	half := d.browser()
	half.to(open, core.StepChoose)
	d.set(func(o *core.Organization) { o.Locked = true })

	r := d.browser().to(h, core.StepPaused)
	if r.Issued != (signin.Issued{}) || r.Organization.ID != d.org.ID || r.RecoveryLeft != -1 {
		t.Errorf("paused: cookies %+v, organization %q", r.Issued, r.Organization.ID)
	}
	if _, err := d.browser().SubmitPassword(h.Login(), "wrong battery horse"); core.CodeOf(err) != "signin.wrong" {
		t.Errorf("wrong password: %v, want signin.wrong", err)
	}
	if e := d.events(h, core.EventSignInRefused); len(e) != 1 || e[0].Detail["reason"] != "organization_locked" {
		t.Errorf("refusals recorded: %+v, want one with its reason", e)
	}
	d.browser().to(admin, core.StepDone)
	if st := half.show(); st.Step.StepKind != core.StepPaused {
		t.Errorf("a half-done sign-in stands at %q, want paused", st.Step.StepKind)
	}
	if _, err := half.submit(core.KindApp, d.code(open)); core.CodeOf(err) != "signin.timeout" {
		t.Errorf("a code while locked: %v, want signin.timeout", err)
	}
	for range 6 { // a right password is never a failure
		d.browser().to(h, core.StepPaused)
	}
}

// TestWanted: an application that takes a higher level asks for a second step
// that the account alone would not need (D4).
func TestWanted(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	for _, tt := range []struct {
		name   string
		wanted core.Level
		want   core.StepKind
	}{
		{"a page of ours", core.LevelNone, core.StepDone},
		{"level 1", core.LevelPassword, core.StepDone},
		{"level 2", core.LevelEmail, core.StepChoose},
		{"level 3", core.LevelStrong, core.StepChoose},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := d.browser()
			b.visitor.Wanted, b.visitor.ReturnTo = tt.wanted, "https://app.example.com/"
			if r := b.to(h, tt.want); r.ReturnTo != "https://app.example.com/" {
				t.Errorf("leads to %q", r.ReturnTo)
			}
		})
	}
}

// TestThrottleIsAsked: the door hears of the account and of a known browser; a
// strange browser's token is nothing to it.
func TestThrottleIsAsked(t *testing.T) {
	d := newDesk(t)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepDone)
	b.to(h, core.StepDone)
	stranger := d.browser()
	stranger.visitor.BrowserToken = "made up"
	stranger.to(h, core.StepDone)
	want := []core.Knocker{
		{UserID: h.ID, Login: h.Email, Address: "192.0.2.7", Network: "192.0.2.0/24"},
		{UserID: h.ID, Login: h.Email, Address: "192.0.2.7", Network: "192.0.2.0/24", BrowserHash: secret.Digest(b.visitor.BrowserToken)},
		{UserID: h.ID, Login: h.Email, Address: "192.0.2.7", Network: "192.0.2.0/24"},
	}
	if diff := cmp.Diff(want, d.door.asked); diff != "" {
		t.Errorf("the door was asked (-want +got):\n%s", diff)
	}
}
