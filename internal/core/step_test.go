package core_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// now is the moment of every test in this package.
var now = time.Date(2026, 11, 23, 10, 42, 0, 0, time.UTC)

// person returns an active account with a password and a proved mailbox.
func person(changes ...func(*core.Account)) core.Account {
	a := core.Account{User: core.User{
		ID: "u1", OrganizationID: "o1", Email: "ana@example.com", Type: core.Ordinary,
		Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1,
		EmailProvedAt: now.Add(-24 * time.Hour),
	}}
	for _, c := range changes {
		c(&a)
	}
	return a
}

func boxOn(a *core.Account)     { a.User.TwoFactor = core.TwoFactorOn }
func suspended(a *core.Account) { a.User.TwoFactor = core.TwoFactorSuspended }
func withApp(a *core.Account)   { a.Apps = 1 }
func waitingApp(a *core.Account) {
	a.WaitingApps = 1
}
func unproved(a *core.Account) { a.User.EmailProvedAt = time.Time{} }
func exempt(a *core.Account)   { a.User.ExemptUntil = now.Add(24 * time.Hour) }
func admin(a *core.Account)    { a.User.Type = core.Administrator }

func org(changes ...func(*core.Policy)) core.Organization {
	o := core.Organization{ID: "o1", Name: "Northwind", Policy: core.DefaultPolicy()}
	for _, c := range changes {
		c(&o.Policy)
	}
	return o
}

func required(p *core.Policy)      { p.RequireTwoFactor, p.RequireFrom = true, now.Add(-time.Hour) }
func requiredAhead(p *core.Policy) { p.RequireTwoFactor, p.RequireFrom = true, now.Add(72*time.Hour) }
func askNow(p *core.Policy)        { p.EnforceExistingFrom = p.RequireFrom }
func appsOnly(p *core.Policy)      { p.AppsOnly = true }
func appsOnlyLater(p *core.Policy) { p.AppsOnly, p.AppsOnlyFrom = true, now.Add(72*time.Hour) }
func noNewApps(p *core.Policy)     { p.NoNewApps = true }
func strictReset(p *core.Policy)   { p.StrictReset = true }
func wasReset(a *core.Account)     { a.User.ResetAt = now.Add(-time.Minute) }
func withCodes(a *core.Account)    { a.RecoveryCodes = 3 }
func adminsApp(p *core.Policy)     { p.AdministratorAppFrom = now.Add(-time.Minute) }

var mailWorks = core.Circumstances{MailWorks: true}

// TestNextAfterPassword holds every row of ux §12.
func TestNextAfterPassword(t *testing.T) {
	tests := []struct {
		name     string
		account  core.Account
		org      core.Organization
		trusted  bool
		step     core.StepKind
		selected core.FactorKind
		app      core.MethodState
		email    core.MethodState
	}{
		{"not required, box off: straight in", person(), org(), false, core.StepDone, "", "", ""},
		{
			"not required, box on, no app: email, app named as not set up", person(boxOn), org(), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"not required, box on, app: app preselected", person(boxOn, withApp), org(), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"box on, mailbox unproved, app waits: email only, app named", person(boxOn, waitingApp, unproved), org(), false,
			core.StepChoose, core.KindEmail, core.MethodAfterEmail, core.MethodReady,
		},
		{
			"box on, address changed since, app confirmed: the app is not weakened", person(boxOn, withApp, unproved), org(), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"required, no app: email", person(), org(required), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"required, mailbox never proved by a code: email too", person(unproved), org(required), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"required, apps only, no app: email once as proof", person(), org(required, appsOnly), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"required, apps only, app: email no longer taken", person(boxOn, withApp), org(required, appsOnly), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodNotAllowed,
		},
		{
			"apps only from a date ahead: email still taken", person(boxOn, withApp), org(required, appsOnlyLater), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{"required from a date ahead, box off: straight in", person(), org(requiredAhead), false, core.StepDone, "", "", ""},
		{
			"required from a date ahead, box on: asked all the same", person(boxOn), org(requiredAhead), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{"off for now, not required: straight in", person(suspended, withApp), org(), false, core.StepDone, "", "", ""},
		{
			"off for now, required: as on", person(suspended, withApp), org(required), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"administrators must use an app, none yet: email", person(admin, boxOn), org(required, adminsApp), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"administrators must use an app, one is set up: email no longer taken", person(admin, boxOn, withApp), org(required, adminsApp), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodNotAllowed,
		},
		{"remembered device: straight in", person(boxOn, withApp), org(required), true, core.StepDone, "", "", ""},
		{"required, exempt, box off: straight in", person(exempt), org(required), false, core.StepDone, "", "", ""},
		{
			"required, exempt, box on: the own box holds", person(exempt, boxOn, withApp), org(required), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"exemption over: asked", person(func(a *core.Account) { a.User.ExemptUntil = now }), org(required), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"no new apps, none: email", person(boxOn), org(noNewApps), false,
			core.StepChoose, core.KindEmail, core.MethodNotOffered, core.MethodReady,
		},
		{
			"no new apps, one is set up: it is asked for as before (law 3)", person(boxOn, withApp), org(noNewApps), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"no new apps, one waits: it counts after the emailed code", person(boxOn, waitingApp), org(noNewApps), false,
			core.StepChoose, core.KindEmail, core.MethodAfterEmail, core.MethodReady,
		},
		{
			"reset by mail, app: the mailbox is not enough", person(boxOn, withApp, wasReset), org(strictReset), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodAfterReset,
		},
		{
			"reset by mail, recovery codes only", person(boxOn, withCodes, wasReset), org(strictReset), false,
			core.StepChoose, "", core.MethodNotSetUp, core.MethodAfterReset,
		},
		{
			"reset by mail, nothing else: email", person(boxOn, wasReset), org(strictReset), false,
			core.StepChoose, core.KindEmail, core.MethodNotSetUp, core.MethodReady,
		},
		{
			"reset by mail, not strict", person(boxOn, withApp, wasReset), org(), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
		{
			"strict, not reset", person(boxOn, withApp), org(strictReset), false,
			core.StepChoose, core.KindApp, core.MethodReady, core.MethodReady,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := mailWorks
			c.DeviceTrusted = tt.trusted
			got := core.NextAfterPassword(tt.account, tt.org, "", c, now)
			if got.StepKind != tt.step || got.Selected != tt.selected {
				t.Fatalf("step = %s, selected %q; want %s, %q", got.StepKind, got.Selected, tt.step, tt.selected)
			}
			if tt.step != core.StepChoose {
				return
			}
			if len(got.Methods) != 2 {
				t.Fatalf("%d methods named, want both always", len(got.Methods))
			}
			if s := got.Method(core.KindApp).State; s != tt.app {
				t.Errorf("app = %s, want %s", s, tt.app)
			}
			if s := got.Method(core.KindEmail).State; s != tt.email {
				t.Errorf("email = %s, want %s", s, tt.email)
			}
		})
	}
}

// TestWanted: an application may ask for more than its visitor's account does.
func TestWanted(t *testing.T) {
	tests := []struct {
		name    string
		acc     core.Account
		wanted  core.Level
		trusted bool
		want    core.StepKind
	}{
		{"level 1 asks for nothing more", person(), core.LevelPassword, false, core.StepDone},
		{"level 2, box off: an emailed code", person(), core.LevelEmail, false, core.StepChoose},
		{"level 2, remembered device", person(boxOn), core.LevelEmail, true, core.StepDone},
		{"level 3, remembered device: not enough", person(boxOn, withApp), core.LevelStrong, true, core.StepChoose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := core.Circumstances{MailWorks: true, Wanted: tt.wanted, DeviceTrusted: tt.trusted}
			if got := core.NextAfterPassword(tt.acc, org(), "", c, now); got.StepKind != tt.want {
				t.Errorf("step = %s, want %s", got.StepKind, tt.want)
			}
		})
	}
}

func TestLockedOrganization(t *testing.T) {
	locked := org(required)
	locked.Locked = true
	if got := core.NextAfterPassword(person(boxOn), locked, "", mailWorks, now); got.StepKind != core.StepPaused {
		t.Errorf("person: %s, want paused", got.StepKind)
	}
	if got := core.NextAfterPassword(person(boxOn, admin), locked, "", mailWorks, now); got.StepKind != core.StepChoose {
		t.Errorf("administrator: %s, want choose", got.StepKind)
	}
}

// TestElsewhere: whoever comes from a network that is not allowed is told so
// behind the right password, administrators too.
func TestElsewhere(t *testing.T) {
	c := mailWorks
	c.Elsewhere, c.DeviceTrusted = true, true
	attempt := core.Attempt{UserID: "u1", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now, ActiveAt: now}
	for name, acc := range map[string]core.Account{"person": person(), "with an app": person(boxOn, withApp), "administrator": person(admin)} {
		if got := core.NextAfterPassword(acc, org(), "", c, now); got.StepKind != core.StepElsewhere {
			t.Errorf("%s: %s", name, got.StepKind)
		}
		if got := attempt.Next(acc, org(), c, now); got.StepKind != core.StepElsewhere {
			t.Errorf("%s, half way: %s", name, got.StepKind)
		}
	}
}

func TestPreselection(t *testing.T) {
	tests := []struct {
		name string
		acc  core.Account
		last core.FactorKind
		mail bool
		want core.FactorKind
	}{
		{"used last in this browser", person(boxOn, withApp), core.KindEmail, true, core.KindEmail},
		{"used last but mail is down", person(boxOn, withApp), core.KindEmail, false, core.KindApp},
		{"never a recovery code", person(boxOn, withApp), core.KindRecovery, true, core.KindApp},
		{"used last but the app is gone", person(boxOn), core.KindApp, true, core.KindEmail},
		{"nothing usable", person(boxOn), "", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := core.NextAfterPassword(tt.acc, org(), tt.last, core.Circumstances{MailWorks: tt.mail}, now)
			if got.Selected != tt.want {
				t.Errorf("selected %q, want %q", got.Selected, tt.want)
			}
		})
	}
}

// attempt returns an open attempt of person().
func attempt(changes ...func(*core.Attempt)) core.Attempt {
	a := core.Attempt{
		ID: "a1", UserID: "u1", OrganizationID: "o1", Purpose: core.PurposeSignIn, PasswordVersion: 1,
		FactorSetVersion: 1, CreatedAt: now.Add(-time.Minute), ActiveAt: now.Add(-time.Minute),
	}
	for _, c := range changes {
		c(&a)
	}
	return a
}

func TestAttemptNext(t *testing.T) {
	chose := func(k core.FactorKind) func(*core.Attempt) { return func(a *core.Attempt) { a.Kind = k } }
	tests := []struct {
		name     string
		attempt  core.Attempt
		account  core.Account
		mail     bool
		step     core.StepKind
		selected core.FactorKind
	}{
		{"nothing chosen", attempt(), person(boxOn, withApp), true, core.StepChoose, core.KindApp},
		{"email chosen", attempt(chose(core.KindEmail)), person(boxOn, withApp), true, core.StepVerify, core.KindEmail},
		{
			"email chosen, mail went down: the code in hand still works", attempt(chose(core.KindEmail)), person(boxOn, withApp), false,
			core.StepVerify, core.KindEmail,
		},
		{"app chosen without an app: choose again", attempt(chose(core.KindApp)), person(boxOn), true, core.StepChoose, core.KindEmail},
		{
			"recovery code chosen", attempt(chose(core.KindRecovery)), person(boxOn, withApp, func(a *core.Account) { a.RecoveryCodes = 3 }), true,
			core.StepVerify, core.KindRecovery,
		},
		{"ended", attempt(func(a *core.Attempt) { a.EndedAt = now }), person(boxOn), true, core.StepPassword, ""},
		{"five wrong codes", attempt(func(a *core.Attempt) { a.Tries = 5 }), person(boxOn), true, core.StepPassword, ""},
		{"idle for 15 minutes", attempt(func(a *core.Attempt) { a.ActiveAt = now.Add(-15 * time.Minute) }), person(boxOn), true, core.StepPassword, ""},
		{"an hour old", attempt(func(a *core.Attempt) { a.CreatedAt = now.Add(-time.Hour) }), person(boxOn), true, core.StepPassword, ""},
		{"another person's", attempt(func(a *core.Attempt) { a.UserID = "u2" }), person(boxOn), true, core.StepPassword, ""},
		{"password changed since", attempt(), person(boxOn, func(a *core.Account) { a.User.PasswordVersion = 2 }), true, core.StepPassword, ""},
		{"factor changed since", attempt(), person(boxOn, func(a *core.Account) { a.User.FactorSetVersion = 2 }), true, core.StepPassword, ""},
		{"deactivated since", attempt(), person(boxOn, func(a *core.Account) { a.User.Status = core.Inactive }), true, core.StepPassword, ""},
		{"no access since", attempt(), person(boxOn, func(a *core.Account) { a.User.Type = core.NoAccess }), true, core.StepPassword, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.attempt.Next(tt.account, org(), core.Circumstances{MailWorks: tt.mail}, now)
			if got.StepKind != tt.step || got.Selected != tt.selected {
				t.Errorf("step = %s, selected %q; want %s, %q", got.StepKind, got.Selected, tt.step, tt.selected)
			}
		})
	}
}

// TestOnlyAVerifierPromotes: whatever an attempt holds, Next never says that
// it is done (law 4, PS4).
func TestOnlyAVerifierPromotes(t *testing.T) {
	for _, kind := range []core.FactorKind{"", core.KindEmail, core.KindApp, core.KindRecovery, "bogus"} {
		for tries := range 7 {
			a := attempt(func(a *core.Attempt) { a.Kind, a.Tries = kind, tries })
			for _, acc := range []core.Account{person(), person(boxOn), person(boxOn, withApp), person(exempt)} {
				if got := a.Next(acc, org(required), mailWorks, now); got.StepKind == core.StepDone {
					t.Errorf("Next(%q, %d tries) = done", kind, tries)
				}
			}
		}
	}
}
