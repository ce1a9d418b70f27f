package web_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeHelp answers for package help, about one person and one group.
type fakeHelp struct {
	person   help.Person
	exempted help.Exempted
	list     []core.Exemption
	reset    core.FactorResetView
	due      time.Time
	fail     error
	calls    []string
}

func (f *fakeHelp) Person(context.Context, core.SessionView, core.ID) (help.Person, error) {
	return f.person, f.fail
}

func (f *fakeHelp) Reset(_ context.Context, by core.SessionView, id core.ID, c help.Check, _ core.Origin) (time.Time, error) {
	f.calls = append(f.calls, strings.Join([]string{"reset", string(by.Account.User.ID), string(id), string(c.How), c.Note}, " "))
	return f.due, f.fail
}

func (f *fakeHelp) CancelReset(_ context.Context, _ core.SessionView, id, reset core.ID, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"cancel", string(id), string(reset)}, " "))
	return f.fail
}

func (f *fakeHelp) Link(_ context.Context, token string) (core.FactorResetView, error) {
	if token != "good.k1.sum" {
		return core.FactorResetView{}, core.NewError(core.Gone, "help.cancel_over")
	}
	return f.reset, f.fail
}

func (f *fakeHelp) CancelByLink(_ context.Context, token string, _ core.Origin) error {
	f.calls = append(f.calls, "cancel by link "+token)
	f.reset.Reset.Outcome, f.reset.Reset.SettledAt = core.ResetCancelled, noon
	return f.fail
}

func (f *fakeHelp) OwnReset(context.Context, core.SessionView) (core.FactorReset, error) {
	return f.reset.Reset, nil
}

func (f *fakeHelp) CancelOwnReset(_ context.Context, v core.SessionView, reset core.ID, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"cancel own", string(v.Account.User.ID), string(reset)}, " "))
	return f.fail
}

func (f *fakeHelp) ExemptPerson(context.Context, core.SessionView, core.ID) (help.Exempted, error) {
	return f.exempted, nil
}

func (f *fakeHelp) ExemptGroup(context.Context, core.SessionView, core.ID) (help.Exempted, error) {
	return f.exempted, nil
}

func (f *fakeHelp) Exempt(_ context.Context, _ core.SessionView, id core.ID, r help.Request, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"exempt", string(id), r.Until, r.Reason, string(r.Seen)}, " "))
	return f.fail
}

func (f *fakeHelp) ExemptWholeGroup(_ context.Context, _ core.SessionView, id core.ID, r help.Request, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"exempt group", string(id), r.Until, r.Reason, string(r.Seen)}, " "))
	return f.fail
}

func (f *fakeHelp) EndExemption(_ context.Context, _ core.SessionView, id, seen core.ID, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"end", string(id), string(seen)}, " "))
	return f.fail
}

func (f *fakeHelp) EndGroupExemption(_ context.Context, _ core.SessionView, id, seen core.ID, _ core.Origin) error {
	f.calls = append(f.calls, strings.Join([]string{"end group", string(id), string(seen)}, " "))
	return f.fail
}

func (f *fakeHelp) List(_ context.Context, _ core.SessionView, after core.Exemption, limit int) ([]core.Exemption, error) {
	f.calls = append(f.calls, "list after "+string(after.ID))
	return f.list[:min(len(f.list), limit)], nil
}

const (
	umaReset    = "/admin/users/uma/reset-two-factor"
	umaExempt   = "/admin/users/uma/exempt"
	groupExempt = "/admin/groups/finance/exempt"
)

// newHelp is about Uma, who has an app, and the group Finance.
func newHelp() *fakeHelp {
	org := ana().Organization
	uma := core.User{ID: "uma", OrganizationID: "org", Email: "uma@example.com", FirstName: "Uma", LastName: "<Silva>", TwoFactor: core.TwoFactorOn}
	acc := core.Account{User: uma, Apps: 1, RecoveryCodes: 8}
	by := core.Actor{Kind: "person", ID: "abe", Name: "Abe Kane"}
	reset := core.FactorReset{
		ID: "r1", UserID: "uma", By: by, How: core.CheckedByPhone, Note: "called back", AskedAt: noon.Add(-time.Hour), DueAt: noon.Add(23 * time.Hour),
	}
	return &fakeHelp{
		person:   help.Person{Account: acc, Organization: org},
		exempted: help.Exempted{Account: acc, Organization: org, Group: core.ExemptGroup{ID: "finance", Name: "Finance", Members: 12}, First: "2026-11-23", Last: "2027-02-21"},
		reset:    core.FactorResetView{Reset: reset, Account: acc, Organization: org},
	}
}

func helping(f *fakeHelp) func(d *web.Deps) {
	return administering(func(d *web.Deps) { d.FactorResets, d.ResetStops, d.Exempting = f, f, f })
}

func running() core.Exemption {
	return core.Exemption{
		ID: "x1", UserID: "uma", Name: "Uma <Silva>", Email: "uma@example.com", Reason: "has no phone <yet>", By: core.Actor{Kind: "person", ID: "abe", Name: "Abe Kane"},
		StartedAt: noon.AddDate(0, 0, -3), Until: noon.AddDate(0, 0, 8),
	}
}

// TestHelpPages renders the states of the pages.
func TestHelpPages(t *testing.T) {
	tests := []struct {
		name, target string
		change       func(f *fakeHelp)
	}{
		{"reset", umaReset, nil},
		{"reset_warned", umaReset, func(f *fakeHelp) {
			f.person.Organization.Policy.ResetWait = 24 * time.Hour
			for i, kind := range []help.WarningKind{help.WarnAlarm, help.WarnEmail, help.WarnPassword, help.WarnAppUsed, help.WarnCodes, help.WarnBrowser} {
				f.person.Warnings = append(f.person.Warnings, help.Warning{Kind: kind, At: noon.Add(-time.Duration(i+1) * time.Hour)})
			}
		}},
		{"reset_waiting", umaReset + "?done=reset-waits", func(f *fakeHelp) { f.person.Waiting = f.reset.Reset }},
		{"exempt", umaExempt, nil},
		{"exempt_running", umaExempt + "?done=exempted", func(f *fakeHelp) { f.exempted.Running = running() }},
		{"exempt_group", groupExempt, func(f *fakeHelp) {
			f.exempted.Account = core.Account{}
			f.exempted.Running = running()
			f.exempted.Running.By = core.Actor{Kind: "operator", Name: "root"}
		}},
		{"exemptions", "/admin/exemptions", func(f *fakeHelp) {
			group := running()
			group.ID, group.UserID, group.GroupID, group.Name, group.Email = "x2", "", "finance", "Finance", ""
			f.list = []core.Exemption{running(), group}
		}},
		{"exemptions_none", "/admin/exemptions", nil},
		{"reset_own", "/account/security/reset", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newHelp()
			if tt.change != nil {
				tt.change(f)
			}
			b, _ := live(t, ana(), helping(f))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("helping", tt.name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestResettingSomebody: what is missing stays on the page with what was typed;
// done, it says whether it waits.
func TestResettingSomebody(t *testing.T) {
	f := newHelp()
	b, _ := live(t, ana(), helping(f))
	b.get(umaReset).shows(t, http.StatusOK, "Reset two-factor authentication for Uma &lt;Silva&gt;?", "1 authenticator app", "8 recovery codes")
	b.post(umaReset, "how", "phone", "note", "called back").leadsTo(t, "/admin/users/uma/security?done=two-factor-reset")
	f.due = noon.Add(time.Hour)
	b.post(umaReset, "how", "person", "note", "").leadsTo(t, umaReset+"?done=reset-waits")
	if diff := cmp.Diff([]string{"reset ana uma phone called back", "reset ana uma person "}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	b.post(umaReset+"/cancel", "reset", "r1").leadsTo(t, umaReset+"?done=reset-cancelled")
	b.get(umaReset+"?done=reset-cancelled").shows(t, http.StatusOK, "The reset was cancelled.")
	f.fail = core.NewError(core.Conflict, "help.reset_settled")
	b.post(umaReset+"/cancel", "reset", "r1").leadsTo(t, umaReset+"?done=reset-settled")
}

// TestResetRefusals: one's own account and people above one's own rights are
// refused with a sentence; nobody at all is not found.
func TestResetRefusals(t *testing.T) {
	for code, want := range map[string]struct {
		kind   core.Kind
		status int
		text   string
	}{
		"help.self":   {core.Forbidden, http.StatusForbidden, "You cannot do this to your own account. Ask another administrator, or whoever runs the server."},
		"help.above":  {core.Forbidden, http.StatusForbidden, "Your rights do not reach this account. Ask an administrator."},
		"help.nobody": {core.NotFound, http.StatusNotFound, "Page not found"},
	} {
		f := newHelp()
		b, _ := live(t, ana(), helping(f))
		b.get(umaReset)
		f.fail = core.NewError(want.kind, code)
		b.get(umaReset).shows(t, want.status, want.text)
		b.post(umaReset, "how", "phone").shows(t, want.status, want.text)
		b.post(umaReset+"/cancel", "reset", "r1").shows(t, want.status, want.text)
	}
}

// TestHelpFormsSurviveConfirming: what was typed waits over "Confirm it's you",
// for the help desk too.
func TestHelpFormsSurviveConfirming(t *testing.T) {
	stale := anaWith(func(v *core.SessionView) {
		v.Account.User.Type, v.Session.ProvedAt = core.HelpDesk, noon.Add(-core.ConfirmLife)
	})
	f := newHelp()
	b, sessions := live(t, stale, helping(f))
	b.get(umaReset)
	b.post(umaReset, "how", "video", "note", "showed her passport").leadsTo(t, "/confirm?next="+url.QueryEscape(umaReset))
	if len(f.calls) > 0 {
		t.Errorf("done without a confirmation: %v", f.calls)
	}
	sessions.views["live"] = anaWith(func(v *core.SessionView) { v.Account.User.Type = core.HelpDesk })
	b.get(umaReset).shows(t, http.StatusOK, `value="video" checked`, `value="showed her passport"`, "What you typed before is still here.")
	b.get(umaExempt).shows(t, http.StatusNotFound) // exempting is for administrators
}

// TestExemptingForms: the form names what it was shown with; ending goes to the
// page that says so.
func TestExemptingForms(t *testing.T) {
	f := newHelp()
	f.exempted.Running = running()
	b, _ := live(t, ana(), helping(f))
	b.get(umaExempt).shows(t, http.StatusOK, `name="seen" value="x1"`, "has no phone &lt;yet&gt;", "is asked all the same", `min="2026-11-23"`, `max="2027-02-21"`)
	b.post(umaExempt, "until", "2026-12-01", "reason", "on leave", "seen", "x1").leadsTo(t, umaExempt+"?done=exempted")
	b.post(groupExempt, "until", "2026-12-01", "reason", "on leave", "seen", "").leadsTo(t, groupExempt+"?done=exempted")
	b.post(umaExempt+"/end", "seen", "x1").leadsTo(t, umaExempt+"?done=exemption-ended")
	b.post(groupExempt+"/end", "seen", "x2").leadsTo(t, groupExempt+"?done=exemption-ended")
	want := []string{"exempt uma 2026-12-01 on leave x1", "exempt group finance 2026-12-01 on leave ", "end uma x1", "end group finance x2"}
	if diff := cmp.Diff(want, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.fail = core.NewError(core.Conflict, "help.exempt_changed")
	b.post(umaExempt, "until", "2026-12-01", "reason", "on leave", "seen", "x0").shows(t, http.StatusUnprocessableEntity, "Somebody changed this exemption meanwhile.", `value="on leave"`, `value="x1"`)
	b.post(umaExempt+"/end", "seen", "x0").leadsTo(t, umaExempt+"?done=exemption-changed")
	f.fail = core.InField("until", core.NewError(core.Invalid, "help.until.past"))
	b.post(groupExempt, "until", "2020-12-01", "reason", "x").shows(t, http.StatusUnprocessableEntity, "Choose today or a later day.", `value="2020-12-01"`)
}

// TestExemptionPages: fifty a page, and an address that makes no sense is none.
func TestExemptionPages(t *testing.T) {
	f := newHelp()
	for range 51 {
		f.list = append(f.list, running())
	}
	b, _ := live(t, ana(), helping(f))
	a := b.get("/admin/exemptions")
	a.shows(t, http.StatusOK, "Those that end later", `/admin/exemptions?after=x1&amp;until=`)
	if n := strings.Count(a.body, ">Change<"); n != 50 {
		t.Errorf("%d rows, want 50", n)
	}
	f.list = f.list[:1]
	b.get("/admin/exemptions?after=x1&until=1795600000000000").shows(t, http.StatusOK, "Back to the first ones")
	b.get("/admin/exemptions?until=soon").shows(t, http.StatusBadRequest)
	b.get("/admin/exemptions?until=1&until=2").shows(t, http.StatusBadRequest)
}

// TestCancelLink: the address gives its secret to a cookie and the button alone
// cancels; a page of another link cancels nothing.
func TestCancelLink(t *testing.T) {
	f := newHelp()
	b, _ := live(t, ana(), helping(f))
	delete(b.cookies, "sp_session")
	a := b.get("/reset/cancel/good.k1.sum")
	a.leadsTo(t, "/reset/cancel")
	page := b.get("/reset/cancel")
	page.shows(t, http.StatusOK, "Cancel the reset of your two-factor authentication?", "u•••@example.com", "Abe Kane", `name="reset" value="r1"`, "By phone")
	if strings.Contains(page.body, "called back") {
		t.Error("the note is shown to whoever has the mail")
	}
	if len(f.calls) > 0 {
		t.Errorf("looking did %v", f.calls)
	}
	b.post("/reset/cancel", "reset", "another").leadsTo(t, "/reset/cancel")
	if len(f.calls) > 0 {
		t.Errorf("another page's button did %v", f.calls)
	}
	b.post("/reset/cancel", "reset", "r1").leadsTo(t, "/reset/cancel")
	b.get("/reset/cancel").shows(t, http.StatusOK, "The reset was cancelled", "are as they were")
	f.reset.Reset.Outcome = core.ResetDone
	b.get("/reset/cancel").shows(t, http.StatusOK, "The reset was carried out", "too late")
	b.get("/reset/cancel/forged").leadsTo(t, "/reset/cancel")
	b.get("/reset/cancel").shows(t, http.StatusGone, "There is no reset to cancel with this link.")
}

// TestCancelOwnReset: a person who is signed in is told on every page and needs no
// confirmation to cancel.
func TestCancelOwnReset(t *testing.T) {
	v := anaWith(func(v *core.SessionView) {
		v.Account.ResetDue, v.Session.ProvedAt = noon.Add(23*time.Hour), time.Time{}
	})
	f := newHelp()
	b, _ := live(t, v, helping(f))
	b.get("/account/security/reset").shows(t, http.StatusOK, "will be reset on", `href="/account/security/reset"`, "Keep the reset")
	b.post("/account/security/reset", "reset", "r1").leadsTo(t, "/account/security?done=own-reset-cancelled")
	f.fail = core.NewError(core.Conflict, "help.reset_settled")
	b.post("/account/security/reset", "reset", "r1").leadsTo(t, "/account/security?done=reset-settled")
	if diff := cmp.Diff([]string{"cancel own ana r1", "cancel own ana r1"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.reset.Reset = core.FactorReset{}
	b.get("/account/security/reset").leadsTo(t, "/account/security")
}
