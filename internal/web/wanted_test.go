package web_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

const (
	vaultPage  = "https://vault.example/a?b=c"
	vaultAsks  = "Vault asks for an authenticator app. Set one up to open it."
	vaultOpens = `href="/signin?rd=https%3A%2F%2Fvault.example%2Fa%3Fb%3Dc">Open Vault`
)

// withVault is a browser of v beside an application of level 3.
func withVault(t *testing.T, v core.SessionView, app core.Application) (*browser, *fakeSessions) {
	t.Helper()
	f := &fakeAccount{security: account.Security{Account: v.Account}}
	return live(t, v, func(d *web.Deps) {
		d.Addresses = fakeAddresses{app}
		d.TwoFactor, d.SetUp, d.SetUpEnd = f, f, f
	})
}

func vault() core.Application {
	return core.Application{OrganizationID: "org", Name: "Vault", URL: "https://vault.example/", Level: core.LevelStrong}
}

// TestWantedApplication follows a person from an application that asks for an
// app, over the set-up, back to it.
func TestWantedApplication(t *testing.T) {
	b, sessions := withVault(t, bea(), vault())
	b.get("/account/security").hides(t, "Vault")
	b.get("/signin?rd="+url.QueryEscape(vaultPage)).leadsTo(t, "/account/security")
	b.get("/account/security").shows(t, http.StatusOK, vaultAsks)

	other := bea()
	other.Account.User.ID = "cal"
	sessions.views["live"] = other
	b.get("/account/security").hides(t, "Vault")

	set := beaWith(usingApp)
	sessions.views["live"] = set
	a := b.get("/account/security?done=on")
	a.shows(t, http.StatusOK, vaultOpens)
	a.hides(t, vaultAsks)
	b.get("/signin?rd="+url.QueryEscape(vaultPage)).leadsTo(t, "/continue?to="+url.QueryEscape(vaultPage))
	b.get("/account/security").hides(t, "Vault")
}

// TestWantedIsTheirOwn shows no application that the person may not open.
func TestWantedIsTheirOwn(t *testing.T) {
	for name, change := range map[string]func(*core.Application){
		"of a group":              func(a *core.Application) { a.Groups = []string{"finance"} },
		"of another organization": func(a *core.Application) { a.OrganizationID = "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			app := vault()
			change(&app)
			b, _ := withVault(t, bea(), app)
			b.get("/signin?rd="+url.QueryEscape(vaultPage)).leadsTo(t, "/account/security")
			b.get("/account/security").hides(t, "Vault")
		})
	}
}

// TestWall looks at the one page that opens until an app is set up, and at the
// way on from it.
func TestWall(t *testing.T) {
	due := beaWith(func(v *core.SessionView) { requiredNow(v); v.Organization.Policy.AppsOnly = true })
	b, sessions := withVault(t, due, vault())
	b.get("/continue?to="+url.QueryEscape(vaultPage)).leadsTo(t, "/account/security")
	a := b.get("/account/security")
	a.shows(t, http.StatusOK, "Set up an authenticator app</h1>", "Your organization requires an authenticator app.", vaultAsks,
		`action="/account/security/apps"`, `action="/signout"`, `href="/help/two-factor"`)
	a.hides(t, "Enable Two-Factor Authentication", "Edit Profile sections", "Not now")
	b.get("/help/two-factor").shows(t, http.StatusOK, "<h1")
	b.post("/account/security/apps").leadsTo(t, "/account/security")
	b.token = "of the session before"
	b.post("/account/security/apps").shows(t, http.StatusForbidden, `href="#two_factor"`, `id="two_factor"`)

	for _, target := range []string{"/signin", "/signin?rd=" + url.QueryEscape(vaultPage), "/home", "/account/profile"} {
		b.get(target).leadsTo(t, "/account/security")
	}
	done := due
	done.Account.Apps, done.Account.User.TwoFactor, done.Session.Level = 1, core.TwoFactorOn, core.LevelStrong
	sessions.views["live"] = done
	b.get("/account/security?done=on").shows(t, http.StatusOK, "Edit Profile</h1>", vaultOpens)
}

// TestEmailOnlyDuringGrace offers "Email only for now" as long as email lasts.
func TestEmailOnlyDuringGrace(t *testing.T) {
	for name, tt := range map[string]struct {
		from  time.Time
		offer bool
	}{
		"grace":      {noon.AddDate(0, 0, 14), true},
		"no grace":   {time.Time{}, false},
		"grace over": {noon, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := beaWith(func(v *core.SessionView) {
				requiredNow(v)
				v.Organization.Policy.AppsOnly, v.Organization.Policy.AppsOnlyFrom = true, tt.from
			})
			w := signedIn(t, v, &fakeAccount{panel: panelAt(core.GoalTurnOn, core.EnrolApp, nil)}).get("/account/security?step=app")
			a := answer{status: w.Code, body: w.Body.String()}
			if tt.offer {
				a.shows(t, http.StatusOK, "Email only for now")
				return
			}
			a.shows(t, http.StatusOK, "Scan the QR code")
			a.hides(t, "Email only for now")
		})
	}
}
