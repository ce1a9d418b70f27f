package core_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

func TestRehearse(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	soon, later := now.Add(10*time.Minute), now.AddDate(0, 0, 14)
	wrong := func(k core.FactorKind, g core.Guard) func(*core.Rehearsed) {
		return func(r *core.Rehearsed) { r.Account.Guards = map[core.FactorKind]core.Guard{k: g} }
	}
	appOf := func(r *core.Rehearsed) { r.Account.Apps, r.Account.User.TwoFactor = 1, core.TwoFactorOn }
	noMail := func(r *core.Rehearsed) { r.Account.User.Email = "" }
	refused := func(r *core.Rehearsed) { r.Refused = []string{"ANA@example.com"} }
	blocked := wrong(core.KindApp, core.Guard{Blocked: true})
	appsOnly := func(from time.Time) func(*core.Policy) {
		return func(p *core.Policy) { p.AppsOnly, p.AppsOnlyFrom = true, from }
	}
	type account = []func(*core.Rehearsed)
	tests := []struct {
		name   string
		is     account
		policy func(*core.Policy)
		locked bool
		down   bool
		want   core.Outlook
	}{
		{name: "an unproved mailbox is enough", want: asked(true)},
		{name: "no address", is: account{noMail}, want: stuck(now, core.HindranceNoAddress)},
		{name: "no address, and an app", is: account{noMail, appOf}, want: asked(false)},
		{name: "no address, and an app that waits for it", is: account{noMail, func(r *core.Rehearsed) { r.Account.WaitingApps = 1 }}, want: stuck(now, core.HindranceNoAddress)},
		{name: "no address, and a recovery code", is: account{noMail, func(r *core.Rehearsed) { r.Account.RecoveryCodes = 1 }}, want: asked(true)},
		{
			name: "no address, and recovery codes that are held", is: account{noMail, func(r *core.Rehearsed) { r.Account.HeldCodes = 9 }},
			want: stuck(now, core.HindranceNoAddress, core.HindranceRecoveryHeld),
		},
		{name: "a refused address", is: account{refused}, want: stuck(now, core.HindranceRefused)},
		{name: "a refused address, and an app", is: account{refused, appOf}, want: asked(false)},
		{
			name: "a refused address, while codes go to the one before",
			is: account{refused, func(r *core.Rehearsed) {
				r.Account.User.PreviousEmail, r.Account.User.PreviousEmailUntil = "old@example.com", soon
			}}, want: asked(true),
		},
		{name: "another address was refused", is: account{func(r *core.Rehearsed) { r.Refused = []string{"old@example.com"} }}, want: asked(true)},
		{name: "no email at all", down: true, want: stuck(now, core.HindranceMailDown)},
		{name: "no email at all, and an app", down: true, is: account{appOf}, want: asked(false)},
		{name: "an app that is blocked", is: account{appOf, blocked}, want: asked(false)},
		{name: "an app that is blocked, and no address", is: account{appOf, blocked, noMail}, want: already(stuck(now, core.HindranceAppBlocked, core.HindranceNoAddress))},
		{
			name: "an app that is blocked, and email not allowed", is: account{appOf, blocked}, policy: appsOnly(now),
			want: stuck(now, core.HindranceAppBlocked, core.HindranceNotAllowed),
		},
		{
			name: "an app that is blocked, and email not allowed from a date", is: account{appOf, blocked}, policy: appsOnly(later),
			want: stuck(later, core.HindranceAppBlocked, core.HindranceNotAllowed),
		},
		{
			name: "an app that waits and is blocked, and email not allowed",
			is:   account{blocked, func(r *core.Rehearsed) { r.Account.WaitingApps = 1 }}, policy: appsOnly(now),
			want: stuck(now, core.HindranceNotAllowed),
		},
		{name: "an app that waits, and email not allowed", is: account{func(r *core.Rehearsed) { r.Account.WaitingApps = 1 }}, policy: appsOnly(now), want: asked(true)},
		{name: "no app, and email not allowed: the emailed code leads to the set-up", policy: appsOnly(now), want: asked(true)},
		{
			name: "an app that is paused, and email not allowed until then", policy: appsOnly(now),
			is:   account{appOf, wrong(core.KindApp, core.Guard{PausedUntil: soon})},
			want: until(stuck(now, core.HindranceAppPaused, core.HindranceNotAllowed), soon),
		},
		{
			name: "emailed codes that are paused", is: account{wrong(core.KindEmail, core.Guard{PausedUntil: soon})},
			want: until(stuck(now, core.HindranceEmailPaused), soon),
		},
		{
			name: "emailed codes that are paused until the requirement begins",
			is:   account{wrong(core.KindEmail, core.Guard{PausedUntil: soon})}, policy: func(p *core.Policy) { p.RequireFrom = later },
			want: asked(true),
		},
		{name: "no address, from a date", is: account{noMail}, policy: func(p *core.Policy) { p.RequireFrom = later }, want: stuck(later, core.HindranceNoAddress)},
		{name: "no address, exempt until a date", is: account{noMail, func(r *core.Rehearsed) { r.Account.User.ExemptUntil = later }}, want: withExemption(stuck(later, core.HindranceNoAddress))},
		{name: "exempt", is: account{func(r *core.Rehearsed) { r.Account.User.ExemptUntil = later }}, want: core.Outlook{Prospect: core.ProspectIn}},
		{name: "not required", policy: func(p *core.Policy) { p.RequireTwoFactor = false }, want: core.Outlook{Prospect: core.ProspectIn}},
		{
			name: "not required, own box on and no address", is: account{noMail, func(r *core.Rehearsed) { r.Account.User.TwoFactor = core.TwoFactorOn }},
			policy: func(p *core.Policy) { p.RequireTwoFactor = false }, want: already(stuck(now, core.HindranceNoAddress)),
		},
		{
			name: "a blocked app after a reset by mail", is: account{appOf, blocked, func(r *core.Rehearsed) { r.Account.User.ResetAt = now }},
			policy: func(p *core.Policy) { p.StrictReset = true }, want: stuck(now, core.HindranceAppBlocked, core.HindranceAfterReset),
		},
		{
			name: "an app after a reset by mail", is: account{appOf, func(r *core.Rehearsed) { r.Account.User.ResetAt = now }},
			policy: func(p *core.Policy) { p.StrictReset = true }, want: asked(false),
		},
		{name: "no new apps", policy: func(p *core.Policy) { p.NoNewApps = true }, want: asked(true)},
		{name: "no new apps, and no address", is: account{noMail}, policy: func(p *core.Policy) { p.NoNewApps = true }, want: stuck(now, core.HindranceNoAddress)},
		{name: "a locked organization", locked: true, want: stuck(now, core.HindranceLocked)},
		{name: "a locked organization, an administrator", locked: true, is: account{func(r *core.Rehearsed) { r.Account.User.Type = core.Administrator }}, want: asked(true)},
		{
			name: "an administrator with a blocked app, from the date of administrators",
			is:   account{appOf, blocked, func(r *core.Rehearsed) { r.Account.User.Type = core.Administrator }},
			policy: func(p *core.Policy) {
				p.AdministratorAppFrom = later
			}, want: stuck(later, core.HindranceAppBlocked, core.HindranceNotAllowed),
		},
		{
			name: "invited", is: account{func(r *core.Rehearsed) { r.Account.User.Status, r.Account.User.PasswordSealed = core.Invited, "" }},
			want: core.Outlook{Prospect: core.ProspectInvited},
		},
		{name: "deactivated", is: account{noMail, func(r *core.Rehearsed) { r.Account.User.Status = core.Inactive }}, want: core.Outlook{Prospect: core.ProspectOutside}},
		{name: "without access", is: account{noMail, func(r *core.Rehearsed) { r.Account.User.Type = core.NoAccess }}, want: core.Outlook{Prospect: core.ProspectOutside}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := core.Rehearsed{Account: core.Account{User: core.User{
				Email: "ana@example.com", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "x",
			}}}
			for _, change := range tt.is {
				change(&r)
			}
			is := core.Organization{Policy: core.DefaultPolicy()}
			proposed := is
			proposed.Locked = tt.locked
			proposed.Policy.RequireTwoFactor, proposed.Policy.RequireFrom = true, now
			if tt.policy != nil {
				tt.policy(&proposed.Policy)
			}
			got := core.Rehearse(r, is, proposed, core.Circumstances{MailWorks: !tt.down}, now)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("outlook (-want +got):\n%s", diff)
			}
		})
	}
}

func asked(newly bool) core.Outlook {
	return core.Outlook{Prospect: core.ProspectAsked, Newly: newly}
}

func stuck(from time.Time, why ...core.Hindrance) core.Outlook {
	o := core.Outlook{Prospect: core.ProspectStuck, Hindrances: why, From: from, Newly: true}
	if why[0] == core.HindranceAppBlocked || why[0] == core.HindranceAppPaused {
		o.Newly = false // who has an app has the box on
	}
	return o
}

func until(o core.Outlook, at time.Time) core.Outlook {
	o.Until = at
	return o
}

func already(o core.Outlook) core.Outlook {
	o.Already, o.Newly = true, false
	return o
}

func withExemption(o core.Outlook) core.Outlook {
	o.Newly = false
	return o
}
