package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// SecurityPage is the Security tab: the box, the set-up panel while one is
// open, and what verifies the person (ux 3.5). At most one of EmailStep,
// AppStep, CodesStep and Resume is there.
type SecurityPage struct {
	Frame
	Tab         string // "security"
	Ticked      bool
	Disabled    bool
	BoxHint     string    // text id
	Pause       bool      // it cannot be turned off, but paused for one old program
	Suspended   string    // text id of what "off for now" means here; may be empty
	ExemptUntil time.Time // zero: not exempt
	Wall        bool      // nothing else opens until an app is set up
	Waiting     bool      // the app counts after the next emailed code
	NoNewApps   bool      // the organization takes none
	Wanted      *Wanted   // the application that waits for an app
	Over        bool      // a step was asked for whose panel is over
	EmailStep   *EmailStep
	AppStep     *AppStep
	CodesStep   *CodesStep
	Resume      *ResumeStep
	Rows        *SecurityRows

	step string // what ?step= must say
}

// SecurityRows lists the ways to verify it is the person.
type SecurityRows struct {
	Address     string
	EmailUse    string    // text id, takes address
	VerifiedAt  time.Time // zero: never
	Apps        []AppRow
	MayAdd      bool
	NoNewApps   bool // the organization takes none
	CodesLeft   int
	CodesTotal  int
	CodesFew    bool
	CodesHeld   bool      // some wait since a backup was restored
	CodesMadeAt time.Time // zero: there are none
}

// AppRow is one authenticator app.
type AppRow struct {
	ID         core.ID
	Label      string
	Waiting    bool // counts only after the next emailed code (TO7)
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// stepResume is the step of "turn on again"; the others are those of core.
const stepResume = "resume"

// securityShow shows the tab. The step shown is decided by what is stored: an
// address that asks for another is sent to the right one, so none is skipped.
func (s *Site) securityShow(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	form := Form{}
	if q.Get("box") == "on" { // back from "Confirm it's you"
		form = form.With("two_factor", "on")
	}
	form, kept := s.typed(w, r, form)
	page, err := s.securityPage(r, form)
	if err != nil {
		return err
	}
	page.Banners = keptBanner(kept)
	asked := q.Get("step")
	switch {
	case asked == page.step:
		page.Over = q.Get("over") != ""
		return s.Render(w, r, http.StatusOK, page)
	case page.step == "" && asked != stepResume:
		return see(w, r, securityPath+"?over=1")
	case page.step == "":
		return see(w, r, securityPath)
	}
	to := url.Values{"step": {page.step}}
	if done := q.Get("done"); done != "" {
		to.Set("done", done)
	}
	return see(w, r, securityPath+"?"+to.Encode())
}

const securityPath = "/account/security"

// securityPage gathers the tab around a form.
func (s *Site) securityPage(r *http.Request, form Form) (*SecurityPage, error) {
	v, now := visitOf(r).view, s.deps.Clock()
	sec, err := s.deps.TwoFactor.Security(r.Context(), v)
	if err != nil {
		return nil, err
	}
	page := &SecurityPage{
		Frame: Frame{Title: "account.security.title", Section: "account", Form: form}, Tab: "security",
		ExemptUntil: sec.ExemptUntil, Wall: visitOf(r).verdict == core.VerdictAppDue,
		Waiting: v.Account.WaitingApps > 0, NoNewApps: v.Organization.Policy.NoNewApps, Wanted: s.wanted(r, v),
	}
	if page.Wall {
		page.Title = "account.wall.title"
	}
	panel, err := s.deps.SetUp.Panel(r.Context(), v)
	switch {
	case err == nil:
		s.openPanel(page, panel, sec, r)
	case !errors.Is(err, core.ErrNotFound):
		return nil, err
	case sec.Account.User.TwoFactor == core.TwoFactorSuspended && r.URL.Query().Get("step") == stepResume:
		page.resume(sec, account.Panel{}, s.deps.Clock())
	}
	page.describeBox(sec)
	if page.step == "" && !page.Wall && sec.Requirement.Level > core.LevelPassword {
		page.Rows = securityRows(sec, v.Organization.Policy, now)
	}
	return page, nil
}

// describeBox sets the box and the sentences around it.
func (p *SecurityPage) describeBox(sec account.Security) {
	state := sec.Account.User.TwoFactor
	p.Ticked = state == core.TwoFactorOn || sec.RequiredByOrganization || p.step != "" || p.Form.Ticked("two_factor")
	p.Disabled = sec.RequiredByOrganization || p.step != ""
	if state == core.TwoFactorSuspended {
		switch {
		case sec.RequiredByOrganization:
			p.Suspended = "account.security.suspended_but_required"
		case len(sec.Apps) == 0:
			p.Suspended = "account.security.suspended_no_app"
		default:
			p.Suspended = "account.security.suspended"
		}
	}
	switch {
	case sec.RequiredByOrganization:
		p.BoxHint, p.Pause = "account.security.required", true
	case state == core.TwoFactorOn:
		p.BoxHint = "account.security.box_hint_on"
	case p.step != "":
		p.BoxHint = "account.security.box_hint_panel"
	case state == core.TwoFactorSuspended:
		p.BoxHint = "account.security.suspended_hint"
	default:
		p.BoxHint = "account.security.box_hint_off"
	}
	if state == core.TwoFactorOn {
		p.ExemptUntil = time.Time{} // the person's own box holds; the exemption changes nothing
	}
}

func securityRows(sec account.Security, policy core.Policy, now time.Time) *SecurityRows {
	u := sec.Account.User
	rows := &SecurityRows{
		Address: u.Email, VerifiedAt: u.EmailProvedAt, MayAdd: len(sec.Apps) < core.MaxApps && !policy.NoNewApps, NoNewApps: policy.NoNewApps,
		CodesLeft: sec.RecoveryLeft, CodesTotal: core.RecoveryCodeCount,
		CodesMadeAt: sec.RecoveryMadeAt, CodesFew: sec.RecoveryLeft <= fewCodes && !sec.RecoveryHeld, CodesHeld: sec.RecoveryHeld,
	}
	switch {
	case sec.Account.Apps > 0 && policy.AppsOnly && !now.Before(policy.AppsOnlyFrom):
		rows.EmailUse = "account.security.email_not_allowed"
	case sec.Account.Apps > 0:
		rows.EmailUse = "account.security.email_when_app"
	default:
		rows.EmailUse = "account.security.email_when_only"
	}
	for _, c := range sec.Apps {
		rows.Apps = append(rows.Apps, AppRow{
			ID: c.ID, Label: c.Label, Waiting: c.State == core.CredentialWaiting,
			CreatedAt: c.CreatedAt, LastUsedAt: c.LastUsedAt,
		})
	}
	return rows
}
