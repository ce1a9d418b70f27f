package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
)

// origin says from where a request of a signed-in person comes.
func origin(r *http.Request) core.Origin {
	o := httpx.OriginOf(r)
	o.Session = visitOf(r).view.Session.ID
	return o
}

// renewed puts the value of a renewed session into its cookie.
func (s *Site) renewed(w http.ResponseWriter, token string) {
	if token != "" {
		s.setSession(w, token)
	}
}

// confirmFirst sends a person whose last full proof is too old to "Confirm it's
// you", from where they come back to a local path (ux §1.7). It reports whether
// err asked for that.
func confirmFirst(w http.ResponseWriter, r *http.Request, err error, back string) bool {
	if core.CodeOf(err) != "confirm.needed" {
		return false
	}
	http.Redirect(w, r, "/confirm?next="+url.QueryEscape(back), http.StatusSeeOther)
	return true
}

// outcome says how a POST of the Security tab ends.
type outcome struct {
	to    string          // where success leads
	back  string          // where "Confirm it's you" leads back to
	field string          // where a problem without a field of its own is shown
	kind  core.FactorKind // of the code that was typed; empty: none was
	setUp bool            // the code is of an app that is only being set up
}

// securityDone ends a POST of the Security tab: with the page asked for, with
// "Confirm it's you", or with the same tab and what is wrong beside its field. A
// panel that is over leads back to the tab, which says so.
func (s *Site) securityDone(w http.ResponseWriter, r *http.Request, form Form, err error, o outcome) error {
	if err == nil {
		return see(w, r, o.to)
	}
	if confirmFirst(w, r, err, firstOf(o.back, securityPath)) {
		return nil
	}
	switch {
	case core.KindOf(err) == core.Gone:
		return see(w, r, securityPath+"?over=1")
	case errors.Is(err, core.ErrStale):
		return see(w, r, securityPath) // another tab moved on: show where it is
	}
	failed, here := form.Without("code").Failed(err, o.field)
	if !here {
		return err
	}
	if e := failed.Error("code"); e != nil && o.kind != "" {
		failed = failed.Wrong("code", codeSentence(e, o.kind, o.setUp))
	}
	page, problem := s.securityPage(r, failed)
	if problem != nil {
		return problem
	}
	if httpx.FormExpired(err) && page.step == "" { // its field may be gone; the box is always there
		page.Form, _ = form.Without("code").Failed(err, "two_factor")
	}
	return s.Render(w, r, statusOf(w, err), page)
}

// codeSentence picks the sentence for a wrong code by where it was typed. For
// an app that is being set up nothing is counted, so no number of tries is told
// (ux 3.6).
func codeSentence(e *core.Error, kind core.FactorKind, setUp bool) *core.Error {
	offset, _ := e.Params["offset"].(time.Duration)
	switch {
	case e.Code == "code.clock" && offset < 0:
		return core.NewError(core.Invalid, "code.clock.slow").With("offset", -offset)
	case e.Code == "code.clock":
		return core.NewError(core.Invalid, "code.clock.fast").With("offset", offset)
	case e.Code == "code.wrong" && setUp:
		return core.NewError(core.Invalid, "code.wrong.enrol")
	}
	return ofKind(e, kind)
}

// securitySave takes the box: ticked it opens the panel (or asks for one code
// after "off for now"), unticked it asks how to turn two-factor off.
func (s *Site) securitySave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "two_factor")
	if err != nil {
		return s.securityDone(w, r, form, err, outcome{field: "two_factor"})
	}
	v := visitOf(r).view
	ticked, state := form.Ticked("two_factor"), v.Account.User.TwoFactor
	switch {
	case ticked && state == core.TwoFactorSuspended:
		return see(w, r, securityPath+"?step="+stepResume)
	case ticked && state == core.TwoFactorOff:
		err = s.deps.SetUp.Begin(r.Context(), v, origin(r), core.GoalTurnOn)
		return s.securityDone(w, r, form, err, outcome{to: securityPath, back: securityPath + "?box=on", field: "two_factor"})
	case !ticked && state == core.TwoFactorOn:
		return see(w, r, turnOffPath)
	}
	return see(w, r, securityPath)
}

// appAdd opens the panel for one more app. Where the organization alone asks
// for a second step and nothing is set up yet, it is the whole set-up: recovery
// codes come with it.
func (s *Site) appAdd(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err != nil {
		return s.securityDone(w, r, form, err, outcome{field: "apps-add"})
	}
	v, goal := visitOf(r).view, core.GoalAddApp
	fresh := v.Account.User.TwoFactor != core.TwoFactorOn || v.Account.RecoveryCodes == 0
	if fresh && v.Account.Apps+v.Account.WaitingApps == 0 {
		goal = core.GoalTurnOn // all steps, so that recovery codes come with it
	}
	err = s.deps.SetUp.Begin(r.Context(), v, origin(r), goal)
	return s.securityDone(w, r, form, err, outcome{to: securityPath, back: securityPath + "#apps", field: "apps-add"})
}

func (s *Site) setupEmail(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "code")
	if err == nil {
		err = s.deps.SetUp.ProveEmail(r.Context(), visitOf(r).view, origin(r), form.Value("code"))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath, field: "code", kind: core.KindEmail})
}

func (s *Site) setupEmailAgain(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "code")
	if err == nil {
		err = s.deps.SetUp.SendAgain(r.Context(), visitOf(r).view, origin(r))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath + "?done=code-sent", field: "code"})
}

func (s *Site) setupEmailLater(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "code")
	if err == nil {
		err = s.deps.SetUp.DeferEmail(r.Context(), visitOf(r).view, origin(r))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath, field: "code"})
}

// setupApp takes step 2: the code of the app, or "Email only for now".
func (s *Site) setupApp(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "method", "code", "label")
	if err != nil {
		return s.securityDone(w, r, form, err, outcome{field: "code"})
	}
	v := visitOf(r).view
	if form.Value("method") == "email" {
		err = s.deps.SetUp.ChooseEmailOnly(r.Context(), v, origin(r))
		return s.securityDone(w, r, form, err, outcome{to: securityPath, field: "method"})
	}
	token, err := s.deps.SetUp.ProveApp(r.Context(), v, origin(r), form.Value("code"), appName(s.printer(r, v), v.Account, form.Value("label")))
	to := securityPath
	if err == nil && token != "" {
		s.renewed(w, token)
		to += "?done=app-added"
	}
	return s.securityDone(w, r, form, err, outcome{to: to, field: "code", kind: core.KindApp, setUp: true})
}

// appName is the name of an app: as typed, or in the person's language with its
// number.
func appName(p words.Printer, acc core.Account, typed string) string {
	if name := strings.TrimSpace(typed); name != "" {
		return name
	}
	if have := acc.Apps + acc.WaitingApps; have > 0 {
		return p.T("account.app.name_number", "number", have+1)
	}
	return p.T("account.app.name")
}

// setupName changes the name shown in the app.
func (s *Site) setupName(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "display_name")
	if err == nil {
		err = s.deps.SetUp.ShowAs(r.Context(), visitOf(r).view, origin(r), strings.TrimSpace(form.Value("display_name")))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath + "?done=named", field: "display_name"})
}

func (s *Site) setupBack(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.SetUpEnd.Back(r.Context(), visitOf(r).view, origin(r))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath, field: "two_factor"})
}

func (s *Site) setupCancel(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.SetUpEnd.Cancel(r.Context(), visitOf(r).view, origin(r))
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath + "?done=nothing-changed", field: "two_factor"})
}

// setupSave is the article's Save: it turns two-factor on, or makes the new
// recovery codes count.
func (s *Site) setupSave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "saved")
	if err != nil {
		return s.securityDone(w, r, form, err, outcome{field: "saved"})
	}
	v := visitOf(r).view
	panel, err := s.deps.SetUp.Panel(r.Context(), v)
	if errors.Is(err, core.ErrNotFound) {
		return see(w, r, securityPath+"?over=1")
	}
	if err != nil {
		return err
	}
	token, err := s.deps.SetUpEnd.Save(r.Context(), v, origin(r), form.Ticked("saved"))
	if err == nil {
		s.renewed(w, token)
	}
	return s.securityDone(w, r, form, err, outcome{to: securityPath + "?done=" + savedCode(panel.Enrolment), field: "saved"})
}

// savedCode returns which green banner follows Save.
func savedCode(e core.Enrolment) string {
	switch {
	case e.Goal != core.GoalTurnOn:
		return "codes-saved"
	case e.EmailDeferred:
		return "on-waiting"
	case e.EmailOnly:
		return "on-email"
	}
	return "on"
}
