package web_test

import (
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/web"
)

const (
	orgPath      = "/admin/system-settings/setup/organizations-and-security"
	securityPage = orgPath + "/security"
	generalPage  = orgPath + "/general"
)

// TestAdminPages renders the states of administrators' pages.
func TestAdminPages(t *testing.T) {
	required := func(v *core.SessionView) {
		v.Organization.Policy.RequireTwoFactor, v.Organization.Policy.RequireFrom = true, noon.AddDate(0, 0, -3)
	}
	tests := []struct {
		name   string
		view   core.SessionView
		target string
		health fakeHealth
	}{
		{"control_panel", ana(), "/admin", fakeHealth{{BackedUpAt: noon.Add(-time.Hour), DiskFree: 40 << 30, DiskKnown: true}}},
		{"control_panel_fix", ana(), "/admin", fakeHealth{{Apart: 90 * time.Second, DiskKnown: true}}},
		{"control_panel_several", ana(), "/admin", nil},
		{"system_settings", ana(), "/admin/system-settings", nil},
		{"system_settings_found", ana(), "/admin/system-settings?q=Two-Step", nil},
		{"system_settings_none", ana(), "/admin/system-settings?q=%3Cb%3E", nil},
		{"system_setup", ana(), "/admin/system-settings/setup", nil},
		{"organization_general", ana(), generalPage, nil},
		{"organization_security", ana(), securityPage, nil},
		{"ask_again", ana(), securityPage + "/ask-again", nil},
		{"reset_passwords", ana(), securityPage + "/reset-passwords", nil},
		{"organization_security_required", anaWith(required), securityPage + "?done=required", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := live(t, tt.view, administering(func(d *web.Deps) { d.Health = tt.health }))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("admin", tt.name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestOnlyAdministrators asks for every address of administrators as everybody
// else: there is no such page, and it looks as any address without a page does.
func TestOnlyAdministrators(t *testing.T) {
	kinds := []struct {
		name string
		kind core.UserType
		sees web.Access // the highest access
	}{
		{"a person", core.Ordinary, web.ConfirmedBySecondStep},
		{"the help desk", core.HelpDesk, web.HelpingConfirmed},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			b, _ := live(t, anaWith(func(v *core.SessionView) { v.Account.User.Type = kind.kind }), administering(nil))
			nowhere := b.get("/nowhere")
			site, _ := newSite(t, nil)
			for _, r := range site.Routes() {
				if r.Access <= kind.sees {
					continue
				}
				path := strings.NewReplacer("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "{name}", "x", "{token}", "x", "{member}", "x").Replace(r.Pattern)
				var form url.Values
				if r.Method == http.MethodPost {
					form = url.Values{"form_token": {b.token}}
				}
				a := b.send(r.Method, path, form)
				if a.status != http.StatusNotFound {
					t.Errorf("%s %s: got %d, want 404", r.Method, path, a.status)
				}
				if r.Method == http.MethodGet && len(a.body) != len(nowhere.body) {
					t.Errorf("%s looks different from an address without a page", path)
				}
			}
		})
	}
}

// TestAdministratorsProveThemselves: an old proof is not enough to save, a
// remembered device not even to look, and whoever is signed out signs in first.
func TestAdministratorsProveThemselves(t *testing.T) {
	stale := anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	device := anaWith(func(v *core.SessionView) {
		v.Session.Level, v.Session.DeviceID, v.DeviceLive, v.DeviceLevel = core.LevelPassword, "device", true, core.LevelStrong
	})
	plain := anaWith(func(v *core.SessionView) {
		v.Session.Level, v.Session.DeviceID, v.Account.User.TwoFactor, v.Account.Apps = core.LevelPassword, "gone", core.TwoFactorOff, 0
	})
	confirm := "/confirm?next=" + url.QueryEscape(securityPage)
	b, _ := live(t, stale, administering(nil))
	b.get(securityPage).shows(t, http.StatusOK, "Require Two-Factor Authentication")
	b.post(securityPage, "was_remember_days", "30", "remember_days", "14").leadsTo(t, confirm)
	b, _ = live(t, device, administering(nil))
	b.get(securityPage).leadsTo(t, confirm)
	b, _ = live(t, plain, administering(nil))
	b.get(securityPage).shows(t, http.StatusOK, "Require Two-Factor Authentication") // there is no second step to show
	b.cookies = map[string]string{}
	b.get(securityPage).leadsTo(t, "/signin?next="+url.QueryEscape(securityPage))
}

// TestSavingSettings sends the Security tab: what is stored, what is told, and
// what another administrator changed meanwhile.
func TestSavingSettings(t *testing.T) {
	required := core.DefaultPolicy()
	required.RequireTwoFactor, required.RequireFrom = true, noon
	sent := []string{"was_require_two_factor", "", "require_two_factor", "on", "was_remember_days", "30", "remember_days", "14", "was_method_email", "on", "made_up", "x"}
	f := &fakeOrganizations{stored: core.Organization{ID: "org", Policy: required}}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Organizations = f }))
	b.get(securityPage)
	b.post(securityPage, sent...).leadsTo(t, securityPage+"?done=required")
	want := organization.Typed{
		Was: map[string]string{"require_two_factor": "", "remember_days": "30", "method_email": "on"},
		Now: map[string]string{"require_two_factor": "on", "remember_days": "14", "method_email": ""},
	}
	if diff := cmp.Diff([]organization.Typed{want}, f.typed); diff != "" {
		t.Errorf("typed (want -, got +):\n%s", diff)
	}
	f.stored.Policy.RememberDays, f.stored.Policy.Idle = 7, 30*time.Minute
	f.fail = changedByAbe("remember_days", "idle")
	a := b.post(securityPage, append(sent, "was_idle", "60", "idle", "60")...)
	a.shows(t, http.StatusConflict, "Abe Kane changed these settings at", "Review them before saving.",
		`name="remember_days" type="text" inputmode="numeric" maxlength="5" autocomplete="off" value="14"`, `name="was_remember_days" value="7"`,
		`name="idle" type="text" inputmode="numeric" maxlength="5" autocomplete="off" value="30"`, `name="was_idle" value="30"`,
		"Saving again stores what you see.", "You see what is stored now.")
	f.fail = core.InField("remember_days", core.NewError(core.Invalid, "policy.remember_days"))
	b.post(securityPage, sent...).shows(t, http.StatusUnprocessableEntity, "Choose from 0 to 30 days.", `value="14"`, "Error:")
}

// TestSettingsSurviveConfirming: what was changed, and nothing else, waits over
// "Confirm it's you".
func TestSettingsSurviveConfirming(t *testing.T) {
	stale := anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b, sessions := live(t, stale, administering(nil))
	b.get(securityPage)
	b.post(securityPage, "was_require_two_factor", "", "require_two_factor", "on", "was_method_email", "on",
		"was_remember_days", "30", "remember_days", "30", "was_idle", "60", "idle", "60").leadsTo(t, "/confirm?next="+url.QueryEscape(securityPage))
	fresh := ana()
	fresh.Organization.Policy.Idle = 10 * time.Minute // somebody else's, meanwhile
	sessions.views["live"] = fresh
	b.get(securityPage).shows(t, http.StatusOK, "What you typed before is still here.",
		`id="require_two_factor" name="require_two_factor" value="on" checked`,
		`id="method_email" name="method_email" value="on" aria`, `name="was_method_email" value="on"`,
		`autocomplete="off" value="10"`, `name="was_idle" value="10"`)
}

// TestFindSetting finds settings by the names they have and those they had.
func TestFindSetting(t *testing.T) {
	b, _ := live(t, ana(), administering(nil))
	for query, want := range map[string]string{
		"two-factor": "Require Two-Factor Authentication", "MFA": "Require Two-Factor Authentication", "multiple logins": "Prevent Multiple Logins",
		"Organization and Security": "Organizations and Security", "expire 90": "Passwords expire after", "  LOCK  account ": "Lock Account", "teams": "Groups",
	} {
		a := b.get("/admin/system-settings?q=" + url.QueryEscape(query))
		a.shows(t, http.StatusOK, want, "found")
	}
	b.get("/admin/system-settings?q=a&q=b").shows(t, http.StatusBadRequest)
	b.get("/admin/system-settings?q=zzz").shows(t, http.StatusOK, "No setting has that name.", "0 settings found")
	for _, setting := range organization.Settings() {
		a := b.get(orgPath + "/" + string(setting.Tab))
		a.shows(t, http.StatusOK, `name="`+setting.Name+`"`, `name="was_`+setting.Name+`"`)
		found := b.get("/admin/system-settings?q=" + url.QueryEscape(nameOf(t, a.body, setting.Name)))
		found.shows(t, http.StatusOK, "#"+setting.Name+`"`)
	}
}

// nameOf returns the label of a field.
func nameOf(t *testing.T, body, field string) string {
	t.Helper()
	_, after, ok := strings.Cut(body, `<label for="`+field+`">`)
	if !ok {
		t.Fatalf("no label for %s", field)
	}
	label, _, _ := strings.Cut(after, "</label>")
	return label
}

// TestTryPassword: the verdict is that of the rules as they are typed, everything
// typed comes back but the password, and nothing is stored.
func TestTryPassword(t *testing.T) {
	f := &fakeOrganizations{}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Organizations, d.Passwords = f, &fakeAccount{} }))
	b.get(securityPage)
	path, secret := securityPage+"/try-password", "four gray walls and towers"
	sent := []string{
		"was_remember_days", "30", "remember_days", "14", "was_password_minimum", "12", "password_minimum", "20", "was_password_pattern", "",
		"password_pattern", "[a-z]\r\n[ ]", "was_block_leaked", "on", "was_require_two_factor", "", "require_two_factor", "on",
	}
	for _, tt := range []struct {
		name, typed, verdict string
		status               int
		change               []string
	}{
		{"accepted", secret, "Accepted", http.StatusOK, nil},
		{"refused", "four gray walls", "Refused: That password is too short. Use at least 20 characters.", http.StatusOK, nil},
		{"an expression that is none", secret, "This expression does not compile: missing closing ): `(`", http.StatusUnprocessableEntity, []string{"password_pattern", "("}},
		{"no number", secret, "Enter a whole number.", http.StatusUnprocessableEntity, []string{"password_minimum", "many"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := append(slices.Clone(sent), "try_password", tt.typed)
			for i := 0; i < len(tt.change); i += 2 {
				form[slices.Index(form, tt.change[i])+1] = tt.change[i+1]
			}
			a := b.post(path, form...)
			a.shows(t, tt.status, html.EscapeString(tt.verdict), `autocomplete="off" value="14"`, `name="was_remember_days" value="30"`,
				`id="require_two_factor" name="require_two_factor" value="on" checked`)
			if strings.Contains(a.body, tt.typed) {
				t.Error("the password came back")
			}
			if strings.Contains(a.body, `id="block_leaked" name="block_leaked" value="on" checked`) {
				t.Error("the tick came back")
			}
		})
	}
	if len(f.typed) != 0 {
		t.Errorf("stored %v", f.typed)
	}
}

// TestActsAsk: each act has a page of its own, is done by its POST alone, and
// asks for a fresh proof.
func TestActsAsk(t *testing.T) {
	f := &fakeOrganizations{}
	b, sessions := live(t, ana(), administering(func(d *web.Deps) { d.Organizations = f }))
	again, reset := securityPage+"/ask-again", securityPage+"/reset-passwords"
	b.get(again).shows(t, http.StatusOK, "Ask again now?", "Nobody is signed out.")
	b.get(reset).shows(t, http.StatusOK, "Reset all passwords?", "Everybody in your organization except you")
	b.post(reset).shows(t, http.StatusUnprocessableEntity, "Choose when passwords are reset.")
	b.post(reset, "when", "later").shows(t, http.StatusUnprocessableEntity, "Choose when passwords are reset.")
	if len(f.acts) != 0 {
		t.Fatalf("done already: %v", f.acts)
	}
	b.post(again).leadsTo(t, securityPage+"?done=asked-again")
	b.post(reset, "when", "next").leadsTo(t, securityPage+"?done=passwords-reset")
	b.post(reset, "when", "now").leadsTo(t, securityPage+"?done=passwords-reset")
	if diff := cmp.Diff([]string{"ask again", "reset passwords false", "reset passwords true"}, f.acts); diff != "" {
		t.Errorf("acts:\n%s", diff)
	}
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	b.post(again).leadsTo(t, "/confirm?next="+url.QueryEscape(again))
	b.post(reset, "when", "now").leadsTo(t, "/confirm?next="+url.QueryEscape(reset))
	sessions.views["live"] = ana()
	b.get(reset).shows(t, http.StatusOK, `value="now" checked`)
	if len(f.acts) != 3 {
		t.Errorf("done without a proof: %v", f.acts)
	}
}

// TestLinesOfText: browsers end lines with two characters; a form that was shown
// as it is stored changes nothing.
func TestLinesOfText(t *testing.T) {
	f := &fakeOrganizations{}
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Organizations = f }))
	b.get(generalPage)
	b.post(generalPage, "was_help", "one\r\ntwo", "help", "one\r\ntwo").leadsTo(t, generalPage+"?done=settings-saved")
	if diff := cmp.Diff([]organization.Typed{{Was: map[string]string{"help": "one\ntwo"}, Now: map[string]string{"help": "one\ntwo"}}}, f.typed); diff != "" {
		t.Errorf("typed:\n%s", diff)
	}
}
