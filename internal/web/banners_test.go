package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestPolicyBanners shows what each person is told on every page.
func TestPolicyBanners(t *testing.T) {
	const second, app = "Two-factor authentication will be required from ", "An authenticator app will be required from "
	requiredFrom := func(from time.Time) func(*core.SessionView) {
		return func(v *core.SessionView) {
			v.Organization.Policy.RequireTwoFactor, v.Organization.Policy.RequireFrom = true, from
		}
	}
	appsFrom := func(from time.Time) func(*core.SessionView) {
		return func(v *core.SessionView) {
			v.Organization.Policy.AppsOnly, v.Organization.Policy.AppsOnlyFrom = true, from
		}
	}
	week := noon.AddDate(0, 0, 7)
	tests := []struct {
		name   string
		change []func(*core.SessionView)
		tone   string // empty: no banner
		text   string
	}{
		{"nothing ahead", nil, "", ""},
		{"a second step", []func(*core.SessionView){requiredFrom(week)}, "notice", second + "30 November 2026."},
		{"a second step, more than a day", []func(*core.SessionView){requiredFrom(noon.Add(24*time.Hour + time.Second))}, "notice", second},
		{"a second step, the last day", []func(*core.SessionView){requiredFrom(noon.Add(24 * time.Hour))}, "danger", second},
		{"a second step, on already", []func(*core.SessionView){usingApp, requiredFrom(week)}, "", ""},
		{"a second step, exempt for longer", []func(*core.SessionView){requiredFrom(week), func(v *core.SessionView) {
			v.Account.User.ExemptUntil = noon.AddDate(0, 0, 30)
		}}, "notice", second + "23 December 2026."},
		{"an app", []func(*core.SessionView){requiredNow, appsFrom(week)}, "notice", app + "30 November 2026."},
		{"an app, the last day", []func(*core.SessionView){requiredNow, appsFrom(noon.Add(time.Hour))}, "danger", app},
		{"an app, set up", []func(*core.SessionView){usingApp, requiredFrom(noon.AddDate(0, 0, -7)), appsFrom(week)}, "", ""},
		{"an app, waiting for the mailbox", []func(*core.SessionView){requiredNow, appsFrom(week), func(v *core.SessionView) { v.Account.WaitingApps = 1 }}, "", ""},
		{"both on one day", []func(*core.SessionView){requiredFrom(week), appsFrom(week)}, "notice", app},
		{"the second step first", []func(*core.SessionView){requiredFrom(week), appsFrom(noon.AddDate(0, 0, 14))}, "notice", second},
		{"administrators", []func(*core.SessionView){requiredNow, func(v *core.SessionView) {
			v.Account.User.Type, v.Organization.Policy.AdministratorAppFrom = core.Administrator, week
		}}, "notice", app},
		{"administrators, not this person", []func(*core.SessionView){requiredNow, func(v *core.SessionView) {
			v.Organization.Policy.AdministratorAppFrom = week
		}}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := bea()
			for _, change := range tt.change {
				change(&v)
			}
			b, _ := live(t, v, nil)
			for _, path := range []string{"/account/profile", "/nowhere"} {
				body := b.get(path).body
				if tt.tone == "" {
					if strings.Contains(body, " will be required from ") {
						t.Errorf("%s tells of something ahead:\n%s", path, body)
					}
					continue
				}
				want := `<p class="banner banner-` + tt.tone + `">` + tt.text
				if !strings.Contains(body, want) || !strings.Contains(body, `href="/account/security">Set it up now.`) {
					t.Errorf("%s does not show %q:\n%s", path, want, body)
				}
			}
		})
	}
}

// TestOfferWithADate looks at the offer while an app may still wait.
func TestOfferWithADate(t *testing.T) {
	people := map[string]func(*core.SessionView){
		"apps only": func(v *core.SessionView) {
			v.Organization.Policy.AppsOnly, v.Organization.Policy.AppsOnlyFrom = true, noon.AddDate(0, 0, 14)
		},
		"an administrator": func(v *core.SessionView) {
			v.Account.User.Type, v.Organization.Policy.AdministratorAppFrom = core.Administrator, noon.AddDate(0, 0, 14)
		},
	}
	for name, change := range people {
		t.Run(name, func(t *testing.T) {
			b, _ := live(t, beaWith(func(v *core.SessionView) { requiredNow(v); change(v) }), nil)
			b.get("/signin/setup-offer").shows(t, http.StatusOK, "Set up an authenticator app</h1>",
				"Your organization requires an authenticator app. You can wait until 7 December 2026.", "Not now")
		})
	}
}
