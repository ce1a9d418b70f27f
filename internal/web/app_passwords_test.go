package web_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/web"
)

const appPasswords = "/account/security/app-passwords"

// oldPrograms are some app passwords of Bea's, and what she may have more for.
func oldPrograms() *fakeAccount {
	made := func(id core.ID, name string, application core.ID, until time.Time) core.AppPassword {
		return core.AppPassword{ID: id, Name: name, ApplicationID: application, Network: "203.0.113.0/24", CreatedAt: noon.AddDate(0, -1, 0), ExpiresAt: until}
	}
	scorecard := core.Application{ID: "score", Name: "Scorecard & co", Machines: true}
	f := &fakeAccount{apps: []core.Application{scorecard}, programs: []core.Application{scorecard, {}}}
	f.passes = core.AppPasswords{
		made("p1", "Old <loader>", "score", noon.AddDate(0, 2, 0)), made("p2", "Elsewhere", "gone", noon.AddDate(0, 0, 3)), made("p3", "Staff", "", noon),
	}
	f.passes[0].LastUsedAt, f.passes[0].LastUsedFrom, f.passes[1].Network = noon.Add(-time.Hour), "203.0.113.9", ""
	return f
}

func withPrograms(f *fakeAccount) func(d *web.Deps) {
	return func(d *web.Deps) { d.AppPasswords, d.Applications = f, f }
}

func goldenAppPassword(t *testing.T, name, body string) {
	t.Helper()
	golden(t, filepath.Join("apppass", name), steady([]byte(body)))
}

// TestAppPasswordPages renders the states of the pages.
func TestAppPasswordPages(t *testing.T) {
	spanish := beaWith(func(v *core.SessionView) { usingApp(v); v.Account.User.Language = "es" })
	for _, tt := range []struct {
		name, target string
		view         core.SessionView
		change       func(f *fakeAccount)
	}{
		{"list", appPasswords, beaWith(usingApp), nil},
		{"list_spanish", appPasswords, spanish, nil},
		{"none", appPasswords + "?done=app-password-deleted", beaWith(usingApp), func(f *fakeAccount) { f.passes, f.programs = nil, f.apps }},
		{"no_application", appPasswords, beaWith(usingApp), func(f *fakeAccount) { f.passes, f.programs = nil, []core.Application{} }},
		{"off", appPasswords, beaWith(usingApp), func(f *fakeAccount) { f.programs = nil }},
		{"saved_over", appPasswords + "/p1/saved", beaWith(usingApp), nil},
		{"delete", appPasswords + "/p1/delete", beaWith(usingApp), nil},
		{"delete_spanish", appPasswords + "/p1/delete", spanish, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := oldPrograms()
			if tt.change != nil {
				tt.change(f)
			}
			b, _ := live(t, tt.view, withPrograms(f))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			goldenAppPassword(t, tt.name, a.body)
			if len(f.calls) > 0 {
				t.Errorf("a GET changed something: %q", f.calls)
			}
		})
	}
}

// TestAppPasswordIsShownOnce: it stands in no address, is shown until the box is
// ticked, and then never again.
func TestAppPasswordIsShownOnce(t *testing.T) {
	const text = "k7qm-22tz-w9h4-c6ve"
	f := oldPrograms()
	b, _ := live(t, beaWith(usingApp), withPrograms(f))
	b.get(appPasswords)
	b.post(appPasswords, "name", "Old loader", "application", "score", "network", "here", "life", "90").leadsTo(t, appPasswords+"/p1/saved")
	want := passwordclient.WantedAppPassword{Name: "Old loader", Application: "score", Life: core.AppPasswordDefault}
	if diff := cmp.Diff(want, f.wanted); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	shown := b.get(appPasswords + "/p1/saved")
	shown.shows(t, http.StatusOK, text, "bea@example.com")
	goldenAppPassword(t, "saved", shown.body)
	if a := b.get(appPasswords + "/p2/saved"); strings.Contains(a.body, text) {
		t.Error("shown as another's")
	}
	b.post(appPasswords+"/p1/saved").shows(t, http.StatusUnprocessableEntity, "Tick the box when the app password is in the program.", text)
	b.post(appPasswords+"/p1/saved", "saved", "on").leadsTo(t, appPasswords+"?done=app-password-saved")
	if a := b.get(appPasswords + "/p1/saved"); strings.Contains(a.body, text) || !strings.Contains(a.body, "cannot be shown again") {
		t.Error("it is shown again")
	}
	b.post(appPasswords, "name", "Staff", "application", "loader", "network", "any", "life", "365").leadsTo(t, appPasswords+"/p1/saved")
	if !f.wanted.Anywhere || f.wanted.Application != "" || f.wanted.Life != core.AppPasswordLife {
		t.Errorf("asked for %+v", f.wanted)
	}
	b.post(appPasswords, "name", "Nothing chosen", "life", "x").leadsTo(t, appPasswords+"/p1/saved")
	if f.wanted.Application == "" || f.wanted.Life != 0 || f.wanted.Anywhere {
		t.Errorf("asked for %+v", f.wanted)
	}
	b.post(appPasswords+"/p1/delete").leadsTo(t, appPasswords+"?done=app-password-deleted")
	for _, page := range []string{"/stranger/saved", "/stranger/delete"} {
		b.get(appPasswords+page).shows(t, http.StatusNotFound)
	}
}

// TestAppPasswordRefused: what is wrong stands beside what was typed.
func TestAppPasswordRefused(t *testing.T) {
	f := oldPrograms()
	b, _ := live(t, beaWith(usingApp), withPrograms(f))
	b.get(appPasswords)
	for _, tt := range []struct {
		fail   error
		status int
		text   string
	}{
		{core.InField("name", core.NewError(core.Invalid, "app_password.name")), 422, "Enter a name of at most 80 characters"},
		{core.InField("application", core.NewError(core.Invalid, "app_password.application")), 422, "Choose the application that the program signs in to."},
		{core.NewError(core.Conflict, "app_password.limit").With("count", 10), 422, "You have 10 app passwords"},
		{core.NewError(core.Forbidden, "app_password.level"), 403, "sign in with a second step"},
		{core.ErrClientsOff, 403, "Your organization takes no programs that sign in with a password."},
	} {
		f.fail = tt.fail
		a := b.post(appPasswords, "name", "Typed <name>", "application", "loader", "network", "any", "life", "30")
		a.shows(t, tt.status, tt.text, `value="Typed &lt;name&gt;"`, `value="loader" checked`, `value="any" checked`, `value="30" checked`)
	}
	f.fail = errConfirm
	b.post(appPasswords, "name", "Old").leadsTo(t, "/confirm?next=%2Faccount%2Fsecurity%2Fapp-passwords")
}

// TestAppPasswordsAskForASecondStep: a confirmed session of level 1 confirms once
// more, by a code; deleting asks for no level.
func TestAppPasswordsAskForASecondStep(t *testing.T) {
	f := oldPrograms()
	b, _ := live(t, beaWith(func(v *core.SessionView) { v.Session.Level = core.LevelPassword }), withPrograms(f))
	b.get(appPasswords)
	b.post(appPasswords, "name", "Old", "application", "score").leadsTo(t, "/confirm?next=%2Faccount%2Fsecurity%2Fapp-passwords")
	b.get(appPasswords).shows(t, http.StatusOK, `value="Old"`, `value="score" checked`)
	b.get("/confirm?next="+appPasswords).shows(t, http.StatusOK, `href="/account/security"`)
	b.post(appPasswords+"/p1/delete").leadsTo(t, appPasswords+"?done=app-password-deleted")
	if diff := cmp.Diff([]string{"delete app password p1"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
