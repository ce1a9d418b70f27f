package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

const (
	agentPhone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	agentMac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"
	agentAndroid = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
	sampleURI    = "otpauth://totp/Northwind:bea%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind&algorithm=SHA1&digits=6&period=30"
)

// beaWith is bea with something else about her.
func beaWith(change func(v *core.SessionView)) core.SessionView {
	v := bea()
	change(&v)
	return v
}

// usingApp: two-factor is on with one app, and she signed in with it.
func usingApp(v *core.SessionView) {
	v.Session.Level = core.LevelStrong
	v.Account.User.TwoFactor = core.TwoFactorOn
	v.Account.Apps, v.Account.RecoveryCodes = 1, 7
}

// requiredNow: the organization asks for a second step, and she signed in by
// email.
func requiredNow(v *core.SessionView) {
	v.Session.Level = core.LevelEmail
	v.Organization.Policy.RequireTwoFactor = true
	v.Organization.Policy.RequireFrom = noon.AddDate(0, 0, -7)
}

// expired: her password is older than the organization lets one get.
func expired(v *core.SessionView) {
	v.Organization.Policy.PasswordDays, v.Account.User.PasswordSetAt = 90, noon.AddDate(0, 0, -91)
}

// due: she must choose a new password.
func due(v *core.SessionView, why core.PasswordDue) {
	v.Account.User.PasswordDue, v.Account.User.PasswordDueAt = why, noon.AddDate(0, 0, -1)
}

// panelAt is a set-up panel at a step.
func panelAt(goal core.EnrolmentGoal, step core.EnrolmentStep, change func(*account.Panel)) *account.Panel {
	p := &account.Panel{
		EnrolmentView: core.EnrolmentView{Enrolment: core.Enrolment{Goal: goal, Step: step, CreatedAt: noon, EmailProvedAt: noon}},
		Issuer:        "Northwind", AccountText: "bea@example.com",
	}
	switch step {
	case core.EnrolEmail:
		p.Enrolment.EmailProvedAt = time.Time{}
		p.Challenge = core.Challenge{ID: "challenge", Reference: "KRQD", Sends: 1}
		p.SendWait = 25 * time.Second
	case core.EnrolApp:
		p.Secret, p.URI = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", sampleURI
		p.AppleURI = "apple-" + sampleURI
	case core.EnrolCodes:
		p.Codes = []string{"7hk2-x9pq-dm4t-w3ra", "0000-1111-2222-3333"}
	}
	if change != nil {
		change(p)
	}
	return p
}

var twoApps = []core.Credential{
	{ID: "phone", Label: "My phone", State: core.CredentialActive, CreatedAt: noon.AddDate(0, -2, 0), LastUsedAt: noon.AddDate(0, 0, -1)},
	{ID: "tablet", Label: "Tablet <2>", State: core.CredentialWaiting, CreatedAt: noon},
}

// pauseRuns is a pause with a quarter of an hour left.
var pauseRuns = core.Pause{
	ID: "pause", Network: "203.0.113.0/24", Reason: "Bea <bea@example.com>", StartedAt: noon.Add(-time.Minute), Until: noon.Add(14 * time.Minute),
	SignIns: 2, LastUsedAt: noon.Add(-30 * time.Second),
}

// pausesUpTo is what an organization allows that has a cap.
func pausesUpTo(longest time.Duration) passwordclient.Standing {
	p := core.Policy{PauseCap: longest}
	return passwordclient.Standing{Needed: true, Lengths: p.PauseLengths(), Network: "203.0.113.0/24"}
}

// TestAccountPages renders every state of every signed-in page through its
// handler and compares it with its golden file.
func TestAccountPages(t *testing.T) {
	scorecard := core.Application{Name: "Scorecard", URL: "http://localhost:8081", Level: core.LevelEmail}
	vault := core.Application{Name: "Vault", URL: "https://vault.example", Level: core.LevelStrong}
	hidden := core.Application{Name: "Payroll", URL: "https://pay.example", Level: core.LevelPassword, Groups: []string{"finance"}}
	tests := []struct {
		name   string
		view   core.SessionView
		fake   fakeAccount
		target string
		agent  string
	}{
		{name: "home_new", view: bea(), target: "/home"},
		{
			name: "home_on", view: beaWith(usingApp), target: "/home",
			fake: fakeAccount{apps: []core.Application{hidden, scorecard, vault}, events: signIns(time.Minute, 27*time.Hour)},
		},
		{name: "home_administrator", view: ana(), target: "/home"},
		{name: "home_demo", view: beaWith(func(v *core.SessionView) { v.Account.User.Origin = "demo" }), target: "/home"},
		{name: "home_needs_more", view: beaWith(func(v *core.SessionView) {
			v.Session.SignedInAt = noon.Add(-time.Hour)
			v.Organization.Policy.RequireTwoFactor = true
			v.Organization.Policy.RequireFrom = noon.AddDate(0, 0, 7)
		}), fake: fakeAccount{apps: []core.Application{scorecard, vault}, events: signIns(time.Second, time.Hour)}, target: "/home"},
		{name: "home_few_codes", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Account.RecoveryCodes = 1 }), target: "/home"},
		{name: "home_suspended", view: beaWith(func(v *core.SessionView) { v.Account.User.TwoFactor = core.TwoFactorSuspended; v.Account.Apps = 1 }), target: "/home"},
		{name: "profile", view: beaWith(func(v *core.SessionView) { v.Account.User.TimeZone = "Europe/London" }), target: "/account/profile"},
		{name: "profile_photo", view: beaWith(func(v *core.SessionView) { v.Account.User.Photo = portraitName }), target: "/account/profile"},
		{name: "profile_unverified", view: beaWith(func(v *core.SessionView) {
			v.Account.User.EmailProvedAt, v.Account.User.Username = time.Time{}, "adiaz"
			v.Organization.Help, v.Account.User.Type = "", core.Administrator
		}), target: "/account/profile"},
		{name: "password", view: bea(), fake: fakeAccount{ask: account.PasswordAsk{Current: true}}, target: "/account/password"},
		{name: "password_confirmed", view: beaWith(usingApp), target: "/account/password?done=password-changed"},
		{name: "password_expired", view: beaWith(expired), target: "/password/expired?next=/account/profile"},
		{name: "password_expired_reset", view: beaWith(func(v *core.SessionView) {
			v.Account.User.CreatedAt, v.Organization.Policy.PasswordsFrom, v.Organization.Help = noon.AddDate(0, -3, 0), noon.AddDate(0, 0, -1), ""
		}), target: "/password/expired"},
		{
			name: "password_expired_temporary", view: beaWith(func(v *core.SessionView) { due(v, core.PasswordTemporary) }),
			fake: fakeAccount{ask: account.PasswordAsk{Current: true}}, target: "/password/expired?next=//elsewhere.example",
		},
		{name: "password_expired_distrusted", view: beaWith(func(v *core.SessionView) { requiredNow(v); due(v, core.PasswordDistrusted) }), target: "/password/expired"},
		{name: "security_off", view: bea(), target: "/account/security"},
		{name: "security_off_over", view: bea(), target: "/account/security?over=1"},
		{name: "security_off_confirmed", view: bea(), target: "/account/security?box=on"},
		{name: "security_on", view: beaWith(usingApp), fake: fakeAccount{security: account.Security{Apps: twoApps, RecoveryMadeAt: noon}}, target: "/account/security?done=on"},
		{
			name: "security_codes_held", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Account.RecoveryCodes, v.Account.HeldCodes = 0, 8 }),
			fake: fakeAccount{security: account.Security{Apps: twoApps[:1], RecoveryMadeAt: noon, RecoveryHeld: true}}, target: "/account/security",
		},
		{
			name: "recovery_codes_held", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Account.RecoveryCodes, v.Account.HeldCodes = 0, 8 }),
			fake: fakeAccount{security: account.Security{Apps: twoApps[:1], RecoveryMadeAt: noon, RecoveryHeld: true}}, target: "/account/security/recovery-codes",
		},
		{name: "security_on_email", view: beaWith(func(v *core.SessionView) {
			usingApp(v)
			v.Session.Level, v.Account.Apps, v.Account.RecoveryCodes = core.LevelEmail, 0, 0
		}), target: "/account/security"},
		{
			name: "security_suspended", view: beaWith(func(v *core.SessionView) { v.Account.User.TwoFactor = core.TwoFactorSuspended; v.Account.Apps = 1 }),
			fake: fakeAccount{security: account.Security{Apps: twoApps[:1]}}, target: "/account/security",
		},
		{name: "security_required", view: beaWith(requiredNow), target: "/account/security"},
		{name: "security_required_suspended", view: beaWith(func(v *core.SessionView) { requiredNow(v); v.Account.User.TwoFactor = core.TwoFactorSuspended }), target: "/account/security"},
		{name: "security_wall", view: beaWith(func(v *core.SessionView) { requiredNow(v); v.Organization.Policy.AppsOnly = true }), target: "/account/security"},
		{name: "security_wall_waiting", view: beaWith(func(v *core.SessionView) {
			requiredNow(v)
			v.Organization.Policy.AppsOnly, v.Account.WaitingApps = true, 1
		}), target: "/account/security"},
		{
			name: "setup_app_wall", view: beaWith(func(v *core.SessionView) { requiredNow(v); v.Organization.Policy.AppsOnly = true }),
			fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)}, target: "/account/security?step=app",
		},
		{name: "home_app_ahead", view: beaWith(func(v *core.SessionView) {
			requiredNow(v)
			v.Organization.Policy.AppsOnly, v.Organization.Policy.AppsOnlyFrom = true, noon.AddDate(0, 0, 14)
		}), target: "/home"},
		{name: "security_exempt", view: beaWith(func(v *core.SessionView) { requiredNow(v); v.Account.User.ExemptUntil = noon.AddDate(0, 0, 30) }), target: "/account/security"},
		{name: "setup_email", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolEmail, nil)}, target: "/account/security?step=email"},
		{name: "setup_email_refused", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolEmail, func(p *account.Panel) {
			p.Challenge.Delivery, p.SendWait = core.DeliveryRefused, 0
		})}, target: "/account/security?step=email"},
		{name: "setup_app", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)}, target: "/account/security?step=app"},
		{name: "setup_app_iphone", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)}, target: "/account/security?step=app", agent: agentPhone},
		{name: "setup_app_mac", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)}, target: "/account/security?step=app", agent: agentMac},
		{name: "setup_app_android", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, func(p *account.Panel) {
			p.Enrolment.EmailProvedAt, p.Enrolment.EmailDeferred, p.Enrolment.Label = time.Time{}, true, "Pixel"
		})}, target: "/account/security?step=app", agent: agentAndroid},
		{name: "setup_add_app", view: beaWith(usingApp), fake: fakeAccount{panel: panelAt(core.GoalAddApp, core.EnrolApp, nil)}, target: "/account/security?step=app"},
		{name: "setup_codes", view: bea(), fake: fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolCodes, nil)}, target: "/account/security?step=codes"},
		{name: "setup_new_codes", view: beaWith(usingApp), fake: fakeAccount{panel: panelAt(core.GoalNewCodes, core.EnrolCodes, nil)}, target: "/account/security?step=codes"},
		{name: "resume", view: beaWith(func(v *core.SessionView) { v.Account.User.TwoFactor = core.TwoFactorSuspended; v.Account.Apps = 1 }), target: "/account/security?step=resume"},
		{
			name: "resume_sent", view: beaWith(func(v *core.SessionView) { v.Account.User.TwoFactor = core.TwoFactorSuspended; v.Account.Apps = 1 }),
			fake: fakeAccount{panel: panelAt(core.GoalResume, core.EnrolEmail, nil)}, target: "/account/security?step=resume",
		},
		{name: "turn_off", view: beaWith(usingApp), target: "/account/security/turn-off"},
		{name: "turn_off_refused", view: beaWith(func(v *core.SessionView) { usingApp(v); requiredNow(v) }), target: "/account/security/turn-off"},
		{name: "pause", view: beaWith(usingApp), fake: fakeAccount{pause: pausesUpTo(time.Hour)}, target: "/account/security/pause"},
		{name: "pause_running", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Account.Pause = pauseRuns }), fake: fakeAccount{pause: passwordclient.Standing{
			Needed: true, Lengths: core.PauseLengths(), Network: "203.0.113.0/24", Running: pauseRuns,
		}}, target: "/account/security/pause?done=pause-started"},
		{name: "pause_not_allowed", view: beaWith(usingApp), fake: fakeAccount{pause: passwordclient.Standing{Needed: true}}, target: "/account/security/pause"},
		{name: "pause_not_needed", view: bea(), fake: fakeAccount{pause: passwordclient.Standing{Lengths: core.PauseLengths()}}, target: "/account/security/pause"},
		{name: "home_paused", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Account.Pause = pauseRuns }), target: "/home"},
		{name: "app_rename", view: beaWith(usingApp), fake: fakeAccount{security: account.Security{Apps: twoApps}}, target: "/account/security/apps/phone/rename"},
		{name: "app_remove", view: beaWith(usingApp), fake: fakeAccount{security: account.Security{Apps: twoApps}}, target: "/account/security/apps/tablet/remove"},
		{name: "confirm", view: beaWith(usingApp), target: "/confirm?next=/account/security/turn-off%3Fhow%3Dremove"},
		{name: "confirm_step_up", view: beaWith(func(v *core.SessionView) { usingApp(v); v.Session.Level = core.LevelPassword }), target: "/confirm?next=//elsewhere.example"},
		{name: "confirm_application", view: bea(), target: "/confirm?next=/continue%3Fto%3Dhttps%253A%252F%252Fvault.example"},
		{name: "help", view: bea(), target: "/help"},
		{name: "help_two_factor", view: bea(), target: "/help/two-factor"},
		{name: "help_lost_phone", view: bea(), target: "/help/lost-phone"},
		{name: "help_data_loader", view: bea(), target: "/help/data-loader"},
		{name: "help_signing_in", view: bea(), target: "/help/signing-in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := signedIn(t, tt.view, &tt.fake)
			p.agent = tt.agent
			w := p.get(tt.target)
			if w.Code != http.StatusOK {
				t.Fatalf("got %d to %q, want 200", w.Code, w.Header().Get("Location"))
			}
			english := steady(w.Body.Bytes())
			golden(t, "account/"+tt.name, english)
			p.languages = "es"
			spanish := steady(p.get(tt.target).Body.Bytes())
			compareLanguages(t, english, spanish)
			if keptInSpanish()[tt.name] {
				golden(t, "es/"+tt.name, spanish)
			}
			if len(p.account.calls) > 0 {
				t.Errorf("a GET changed something: %q", p.account.calls)
			}
		})
	}
}

// manyZones are time zones of a list that are not the one chosen.
var manyZones = regexp.MustCompile(`(?:<option value="[A-Z][^"]*">[^<]*</option>\n){3,}`)

// steady takes out what differs from run to run, and of a long list of time
// zones all but the first and their number.
func steady(body []byte) []byte {
	body = manyZones.ReplaceAllFunc(body, func(zones []byte) []byte {
		first, rest, _ := bytes.Cut(zones, []byte("\n"))
		return fmt.Appendf(first[:len(first):len(first)], "\n(%d more)\n", bytes.Count(rest, []byte("\n")))
	})
	body = formToken.ReplaceAll(body, []byte(`name="form_token" value="token"`))
	return assetHash.ReplaceAll(body, []byte("/static/hash/"))
}

// signIns are sign-ins completed so long before noon, each from elsewhere.
func signIns(ago ...time.Duration) []core.Event {
	var all []core.Event
	for i, d := range ago {
		all = append(all, core.Event{
			ID: core.NewID(noon, func(b []byte) { b[0] = byte(i) }), Kind: core.EventSignInCompleted, At: noon.Add(-d), Result: "ok",
			Origin: core.Origin{Device: "Firefox on Windows", Network: "198.51.100.0/24"},
		})
	}
	return all
}
