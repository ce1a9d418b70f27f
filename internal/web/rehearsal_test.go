package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/web"
)

const whatHappens = securityPage + "/what-will-happen"

// fakeRehearsals answers for package organization.
type fakeRehearsals struct {
	report organization.Rehearsal
	stuck  []organization.Stuck
	asked  []organization.Asking
}

func (f *fakeRehearsals) Rehearse(_ context.Context, a organization.Asking) (organization.Rehearsal, error) {
	f.asked = append(f.asked, a)
	r := f.report
	r.At, r.Start, r.MailWorks = noon, a.Proposed.Policy.Begins(noon), true
	r.Stuck = len(f.stuck)
	r.List = f.stuck[min(a.Skip, len(f.stuck)):min(a.Skip+a.Limit, len(f.stuck))]
	return r, nil
}

func (f *fakeRehearsals) EachStuck(_ context.Context, a organization.Asking, each func(organization.Stuck) error) error {
	f.asked = append(f.asked, a)
	for _, s := range f.stuck {
		if err := each(s); err != nil {
			return err
		}
	}
	return nil
}

// someStuck are n people of mixed reasons; the first one's name begins a formula.
func someStuck(n int) *fakeRehearsals {
	f := &fakeRehearsals{report: organization.Rehearsal{
		People: 92, SetUp: 40, Unproved: 3, Asked: 90, Newly: 50, Invited: 4, Already: 1, Clients: 7, Exempt: 2,
		Exempted: []organization.Exempt{{ID: "bo", Name: "Bo Lind", Until: noon.AddDate(0, 0, 9)}, {ID: "cy", Name: "Cy Oda", Until: noon.AddDate(0, 0, 20)}},
		Reasons:  []organization.Reason{{Hindrance: core.HindranceNoAddress, People: n}},
	}}
	why := [][]core.Hindrance{
		{core.HindranceNoAddress}, {core.HindranceRefused}, {core.HindranceAppBlocked, core.HindranceNotAllowed}, {core.HindranceAppPaused}, {core.HindranceMailDown},
	}
	for i := range n {
		p := organization.Stuck{User: core.User{ID: core.ID(fmt.Sprintf("p%03d", i)), FirstName: "Person", LastName: fmt.Sprint(i), Email: fmt.Sprintf("p%d@example.com", i)}}
		p.Hindrances, p.From = why[i%len(why)], noon
		f.stuck = append(f.stuck, p)
	}
	if n > 3 {
		f.stuck[0].User.FirstName, f.stuck[1].Already, f.stuck[2].From, f.stuck[3].Until = "=1+1", true, noon.AddDate(0, 0, 14), noon.AddDate(0, 0, 1)
	}
	return f
}

func rehearsing(f *fakeRehearsals) func(d *web.Deps) {
	return administering(func(d *web.Deps) { d.Rehearsals = f })
}

// lookedAt is the form of the tab as it is sent to be looked at.
func lookedAt(b *browser, pairs ...string) url.Values {
	form := url.Values{"form_token": {b.token}}
	for _, s := range organization.SettingsOf(organization.Security) {
		text := s.Text(ana().Organization)
		form.Set("was_"+s.Name, text)
		form.Set(s.Name, text)
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestWhatHappens(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stuck int
		typed []string
	}{
		{"organization_security_foretold", 5, []string{"require_two_factor", "on", "tell_everybody", "on"}},
		{"organization_security_foretold_many", 30, []string{"require_two_factor", "on", "require_from", noon.AddDate(0, 0, 3).Format("2006-01-02")}},
		{"organization_security_foretold_nobody", 0, []string{"require_two_factor", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, o := someStuck(tt.stuck), &fakeOrganizations{}
			b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Rehearsals, d.Organizations = f, o }))
			b.get(securityPage)
			a := b.send(http.MethodPost, whatHappens, lookedAt(b, tt.typed...))
			if a.status != http.StatusOK || len(o.typed) != 0 {
				t.Fatalf("status %d, %d saves", a.status, len(o.typed))
			}
			if got := f.asked[0]; got.Is.ID != ana().Organization.ID || got.You != "ana" || got.Proposed.Policy.RequireTwoFactor != (tt.typed[1] != "") {
				t.Errorf("asked %+v", got)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("admin", tt.name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestWhatHappensOfABadForm: the form says what is wrong, and nobody is rehearsed.
func TestWhatHappensOfABadForm(t *testing.T) {
	f := someStuck(3)
	b, _ := live(t, ana(), rehearsing(f))
	b.get(securityPage)
	a := b.send(http.MethodPost, whatHappens, lookedAt(b, "require_two_factor", "on", "idle", "1"))
	if a.status != http.StatusUnprocessableEntity || len(f.asked) != 0 || !strings.Contains(a.body, "Choose from 5 to 480 minutes.") {
		t.Errorf("status %d, asked %d times", a.status, len(f.asked))
	}
}

func TestStuckList(t *testing.T) {
	f := someStuck(120)
	b, _ := live(t, ana(), rehearsing(f))
	a := b.get("/admin/rehearsal?require_two_factor=on&method_app=on&page=2")
	if last := f.asked[0]; a.status != http.StatusOK || last.Skip != 50 || last.Limit != 50 || !last.Proposed.Policy.RequireTwoFactor {
		t.Fatalf("status %d, asked %+v", a.status, f.asked)
	}
	body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
	golden(t, filepath.Join("admin", "rehearsal"), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
	for _, bad := range []string{"page=0", "page=x", "page=-1", "page=9999999999", "require_from=yesterday"} {
		if a := b.get("/admin/rehearsal?require_two_factor=on&" + bad); a.status != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 400", bad, a.status)
		}
	}
	a = b.get("/admin/rehearsal/file?require_two_factor=on")
	lines := strings.Split(strings.TrimSpace(a.body), "\r\n")
	if a.status != http.StatusOK || len(lines) != 121 || !strings.HasPrefix(lines[1], "'=1+1 0,") || !strings.Contains(lines[2], ",yes") {
		t.Errorf("status %d, %d lines, %q", a.status, len(lines), lines[:min(3, len(lines))])
	}
}

// TestRequiredSaysHowMany: the green banner counts by what is stored.
func TestRequiredSaysHowMany(t *testing.T) {
	f := someStuck(0)
	required := anaWith(func(v *core.SessionView) {
		v.Organization.Policy.RequireTwoFactor, v.Organization.Policy.RequireFrom = true, noon
	})
	b, _ := live(t, required, rehearsing(f))
	if a := b.get(securityPage + "?done=required"); !strings.Contains(a.body, "Two-factor authentication is now required. 90 people will be asked at their next sign-in.") {
		t.Error("the banner does not count")
	}
	offer := "Set up an app for your own account too."
	for apps, offered := range map[int]bool{0: true, 1: false} {
		required.Account.Apps = apps
		b, _ := live(t, required, rehearsing(f))
		if a := b.get(securityPage + "?done=required"); strings.Contains(a.body, offer) != offered {
			t.Errorf("with %d apps of one's own the page offers one: %t", apps, !offered)
		}
	}
	if a := b.get("/admin?done=required"); !strings.Contains(a.body, "Two-factor authentication is now required.") {
		t.Error("elsewhere the banner is gone")
	}
}
