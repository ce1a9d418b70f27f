package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/otp"
)

func verification(u core.User, typed string, have []core.Credential, now time.Time) factor.Verification {
	return factor.Verification{Typed: typed, Now: now, UserID: u.ID, Credentials: have}
}

// TestAddApp: another app is stored by its own code at once; other sessions and
// all devices end, recovery codes stay.
func TestAddApp(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	other := d.signIn(u, core.LevelStrong)
	before := b.view().Session.ID
	d.must(b.begin(core.GoalAddApp))
	if p := b.panel(); p.Steps != 1 || p.Enrolment.Step != core.EnrolApp {
		t.Errorf("%d steps at %q", p.Steps, p.Enrolment.Step)
	}
	if err := b.emailOnly(); core.CodeOf(err) != "form.invalid" {
		t.Errorf("email only while adding: %v, want refused", err)
	}
	d.must(b.back())
	d.must(b.proveApp(d.code(b.scanned()), "Tablet"))
	apps := d.apps(u)
	if len(apps) != 2 || apps[1].Label != "Tablet" || apps[1].State != core.CredentialActive || apps[1].Mark != otp.Step(d.now) {
		t.Errorf("apps %+v", apps)
	}
	if acc := d.account(u); acc.RecoveryCodes != 10 || acc.User.FactorSetVersion != 3 {
		t.Errorf("%d codes at version %d, want 10 at 3", acc.RecoveryCodes, acc.User.FactorSetVersion)
	}
	if other.view().Verdict(d.now) != core.VerdictEnded || b.view().Session.ID == before {
		t.Errorf("the other session is %s, this one renewed: %v", other.view().Verdict(d.now), b.view().Session.ID != before)
	}
	if n := count(d.notices(u), core.MailTwoFactorOn); n != 2 {
		t.Errorf("%d mails, want one for turning on and one for the app", n)
	}
}

// TestThreeApps: a fourth is refused before anything is shown, and by the store
// where three panels were open at once.
func TestThreeApps(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	b.addApp("Tablet")
	tabs := []*tab{d.signIn(u, core.LevelStrong), d.signIn(u, core.LevelStrong), d.signIn(u, core.LevelStrong)}
	codes := make([]string, len(tabs))
	views := make([]core.SessionView, len(tabs))
	for i, tab := range tabs {
		d.must(tab.begin(core.GoalAddApp))
		codes[i], views[i] = d.code(tab.scanned()), tab.view()
	}
	var added atomic.Int64
	var g sync.WaitGroup
	for i := range tabs {
		for range 10 {
			g.Go(func() {
				switch _, err := d.ProveApp(t.Context(), views[i], here(), codes[i], "Third"); {
				case err == nil:
					added.Add(1)
				case core.KindOf(err) == core.Internal:
					t.Errorf("ProveApp: %v", err)
				}
			})
		}
	}
	g.Wait()
	if n := len(d.apps(u)); added.Load() != 1 || n != core.MaxApps {
		t.Errorf("%d added, %d apps, want 1 and %d", added.Load(), n, core.MaxApps)
	}
	b = d.signIn(u, core.LevelStrong)
	wants(t, b.begin(core.GoalAddApp), "", "app.too_many")
	wants(t, b.begin(core.GoalTurnOn), "", "app.too_many")
	d.must(b.begin(core.GoalNewCodes))
}

// TestRename: a name changes, no session ends, no confirmation is needed; what
// cannot be a name is refused, and another person's app is not found.
func TestRename(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	stranger := d.signIn(d.person("bo"), core.LevelPassword)
	id := d.apps(u)[0].ID
	d.pass(stale)
	for _, tt := range []struct{ name, label, want string }{
		{"empty", "  ", "app.label_empty"},
		{"41 letters", strings.Repeat("x", 41), "app.label"},
		{"control", "a\x07", "app.label"},
		{"spaces around", "  Old phone ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) { wants(t, b.rename(id, tt.label), "label", tt.want) })
	}
	app, err := d.App(t.Context(), b.view(), id)
	d.must(err)
	if app.Label != "Old phone" || b.view().Verdict(d.now) != core.VerdictOpen {
		t.Errorf("named %q, session %s", app.Label, b.view().Verdict(d.now))
	}
	if e := d.events(u, core.EventAppRenamed); len(e) != 1 || e[0].Target != "Phone" || e[0].Detail["to"] != "Old phone" {
		t.Errorf("recorded %+v", e)
	}
	stranger = d.signIn(stranger.view().Account.User, core.LevelPassword)
	for name, err := range map[string]error{
		"rename": stranger.rename(id, "Mine"), "remove": stranger.remove(id), "no such": b.rename("nowhere", "x"),
	} {
		if core.KindOf(err) != core.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	if _, err := d.App(t.Context(), stranger.view(), id); core.KindOf(err) != core.NotFound {
		t.Errorf("looking: %v, want not found", err)
	}
}

// TestRemove: an app goes with a fresh confirmation; two-factor stays on.
func TestRemove(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	other := d.signIn(u, core.LevelStrong)
	id := d.apps(u)[0].ID
	d.pass(stale)
	wants(t, b.remove(id), "", "confirm.needed")
	b = d.signIn(u, core.LevelStrong)
	old := b.view().Session.ID
	d.must(b.remove(id))
	acc := d.account(u)
	if acc.Apps != 0 || acc.RecoveryCodes != 10 || acc.User.TwoFactor != core.TwoFactorOn {
		t.Errorf("%d apps, %d codes, box %s", acc.Apps, acc.RecoveryCodes, acc.User.TwoFactor)
	}
	if other.view().Verdict(d.now) != core.VerdictEnded || b.view().Session.ID == old || b.view().Verdict(d.now) != core.VerdictOpen {
		t.Errorf("the other session is %s, this one %s", other.view().Verdict(d.now), b.view().Verdict(d.now))
	}
	if e := d.events(u, core.EventAppRemoved); len(e) != 1 || e[0].Target != "Phone" || count(d.notices(u), core.MailTwoFactorOff) != 1 {
		t.Errorf("recorded %+v with %d mails", e, count(d.notices(u), core.MailTwoFactorOff))
	}
	if err := b.remove(id); core.KindOf(err) != core.NotFound {
		t.Errorf("once more: %v, want not found", err)
	}
}

// TestLastApp: where apps alone are taken the last one stays; another is not in
// the way.
func TestLastApp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy func(*core.Policy)
		user   func(*core.User)
		want   string
	}{
		{"apps only", func(p *core.Policy) { required(p); p.AppsOnly = true }, nil, "app.last_required"},
		{"apps only from tomorrow", func(p *core.Policy) { required(p); p.AppsOnly, p.AppsOnlyFrom = true, start.AddDate(0, 0, 1) }, nil, ""},
		{"required", required, nil, ""},
		{"administrators need one", func(p *core.Policy) { p.AdministratorAppFrom = start }, func(u *core.User) { u.Type = core.Administrator }, "app.last_required"},
		{"administrators need one, a user", func(p *core.Policy) { p.AdministratorAppFrom = start }, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.policy)
			u := d.person("ana", func(u *core.User) {
				if tt.user != nil {
					tt.user(u)
				}
			})
			b := d.signIn(u, core.LevelEmail)
			d.must(b.begin(core.GoalTurnOn))
			d.must(b.proveApp(d.code(b.scanned()), "Phone"))
			d.must(b.save(true))
			b.addApp("Tablet")
			d.must(b.remove(d.apps(u)[0].ID))
			wants(t, b.remove(d.apps(u)[0].ID), "", tt.want)
		})
	}
}

// TestRemoveBothAtOnce: two tabs that remove the two apps at once leave one
// where apps alone are taken.
func TestRemoveBothAtOnce(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	b := d.signIn(u, core.LevelPassword)
	b.turnOn()
	b.addApp("Tablet")
	d.set(func(p *core.Policy) { required(p); p.AppsOnly = true })
	one, two := d.signIn(u, core.LevelStrong).view(), d.signIn(u, core.LevelStrong).view()
	apps := d.apps(u)
	_, err := d.RemoveApp(t.Context(), one, here(), apps[0].ID)
	d.must(err)
	if _, err := d.RemoveApp(t.Context(), two, here(), apps[1].ID); core.CodeOf(err) != core.ErrStale.Code {
		t.Errorf("the second: %v, want stale", err)
	}
	if n := len(d.apps(u)); n != 1 {
		t.Errorf("%d apps, want 1", n)
	}
}
