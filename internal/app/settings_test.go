package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// effect is one setting: what is typed, and what people then meet at their next
// request. Begin runs before the save and returns what shows afterwards.
type effect struct {
	tab   organization.Tab
	typed []string
	begin func(w *pair) (shows func() bool)
}

func homeShows(text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return b.shows("/home", text) }
	}
}

func pageShows(path, text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return b.shows(path, text) }
	}
}

func newEmail() string {
	return strings.ToLower(string(core.NewID(time.Now(), random))) + "@example.com"
}

// choosing shows a text where a person with an app chooses how to verify.
func choosing(text string, has bool) func(*pair) func() bool {
	return func(w *pair) func() bool {
		email := newEmail()
		w.withApp(email)
		return func() bool { return strings.Contains(w.browser().signIn(email, password).Body, text) == has }
	}
}

// refusing answers a new password with a text.
func refusing(next, text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return strings.Contains(b.changes(password, next).Body, text) }
	}
}

func effects() map[string]effect {
	const general, security = organization.General, organization.Security
	require := func(more ...string) []string { return append([]string{"require_two_factor", "on"}, more...) }
	tomorrow := time.Now().AddDate(0, 0, 2).UTC().Format(time.DateOnly)
	return map[string]effect{
		"name":       {general, []string{"name", "Southwind"}, homeShows("Southwind")},
		"help":       {general, []string{"help", "Ask the desk.\nExtension 4411"}, pageShows("/help", "Extension 4411")},
		"contacts":   {general, []string{"contacts", "Kim Lee <kim@example.com>"}, pageShows("/help", `<a href="mailto:kim@example.com">`)},
		"language":   {general, []string{"language", "es"}, homeShows(`<html lang="es"`)},
		"app_name":   {general, []string{"app_name", "South Wind"}, appName},
		"time_zone":  {general, []string{"time_zone", "Pacific/Kiritimati"}, zoneMoves},
		"locked":     {general, []string{"locked", "on"}, lockedOut("has paused sign-in")},
		"lock_note":  {general, []string{"locked", "on", "lock_note", "We are moving house."}, lockedOut("We are moving house.")},
		"logout_url": {general, []string{"logout_url", "https://www.example.com/bye?x=1"}, signedOutTo},

		"require_two_factor": {security, require(), asksAtNextSignIn},
		"require_from":       {security, require("require_from", tomorrow), homeShows("Two-factor authentication will be required from")},
		"ask_now":            {security, require("ask_now", "on"), asksNow},
		"method_email":       {security, []string{"method_email", ""}, choosing("your organization takes codes from an app only", true)},
		"method_app":         {security, []string{"method_app", ""}, noNewApp},
		"apps_only_from":     {security, require("ask_now", "on", "method_email", "", "apps_only_from", tomorrow), homeAfterCode("An authenticator app will be required from")},
		"administrators_app_from": {security, require("administrators_app_from", "2026-01-01"), func(w *pair) func() bool {
			return func() bool {
				b := w.browser()
				p := b.signIn("admin@example.com", password)
				if p.At != "/signin/verify" {
					return false
				}
				p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
				b.submit(p, "/signin/verify/email", map[string]string{"code": w.one.code("admin@example.com")})
				return b.leads("/home", "/account/security")
			}
		}},
		"remember_days":    {security, []string{"remember_days", "0"}, choosing("Remember this device", false)},
		"password_minimum": {security, []string{"password_minimum", "30"}, refusing("four gray walls", "Use at least 30 characters.")},
		"password_pattern": {security, []string{"password_pattern", "[A-Z]\n[0-9]"}, refusing("four gray walls 4", "does not follow your organization")},
		"password_message": {security, []string{"password_pattern", "[A-Z]", "password_message", "Use a capital letter."}, refusing("four gray walls 4", "Use a capital letter.")},
		"block_leaked":     {security, []string{"block_leaked", ""}, refusing("passwordpassword", passwordChanged)},
		"password_history": {security, []string{"password_history", "0"}, oldPasswordAgain},
		"password_days":    {security, []string{"password_days", "30"}, passwordOld},
		"strict_reset":     {security, []string{"strict_reset", "on"}, resetByMail},
		"single_session":   {security, []string{"single_session", "on"}, oneAtATime},
		"idle":             {security, []string{"idle", "5"}, lapses(6*time.Minute, "/signin?")},
		"absolute":         {security, []string{"idle", "480", "absolute", "1"}, lapses(61*time.Minute, "/signin?")},
		"allowed_networks": {security, []string{"allowed_networks", "127.0.0.0/8\n2001:db8::/32"}, elsewhere},
		"code_in_subject":  {security, require("code_in_subject", "on"), codeInSubject},
	}
}

// TestSettingsBite saves each setting on the page of one replica and looks for its
// effect at the next request on another, within 5 seconds; a setting without an
// effect here fails the test.
func TestSettingsBite(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := startPair(t)
		all := effects()
		proved := map[string]string{ // by a test of its own, which moves days on
			"reset_wait": "TestResetWaits of package help", "audit_days": "the retention tests of package audit",
			"pause_cap": "TestWhoMayPause of package passwordclient", "password_clients": "TestPasswordClientRefusals of package core",
		}
		for _, setting := range organization.Settings() {
			e, known := all[setting.Name]
			if !known && proved[setting.Name] != "" {
				continue
			}
			if !known {
				t.Errorf("%s: show its effect in this test", setting.Name)
				continue
			}
			t.Run(setting.Name, func(t *testing.T) {
				w.t, w.one.t, w.two.t = t, t, t
				defer w.standard()
				shows := e.begin(w)
				if shows() {
					t.Fatal("it shows before it is set")
				}
				w.save(e.tab, e.typed...).must(t, 200, "")
				w.within5(shows)
			})
		}
		w.t, w.one.t, w.two.t = t, t, t
	})
}
