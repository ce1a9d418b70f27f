package web

import (
	"errors"
	"maps"
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// The addresses of what the Security tab leads to.
const (
	askAgainPath       = orgSecurityPath + "/ask-again"
	resetPasswordsPath = orgSecurityPath + "/reset-passwords"
	tryPasswordPath    = orgSecurityPath + "/try-password"
)

// AskAgainPage asks before all remembered devices are forgotten (ux 4.4).
type AskAgainPage struct{ Frame }

// ResetPasswordsPage asks before everybody must choose a new password.
type ResetPasswordsPage struct{ Frame }

// TriedPassword is what the rules as they are typed say of a password that was
// tried. The password itself is not in it.
type TriedPassword struct {
	Err *core.Error // what people will see; nil: accepted
}

func (s *Site) orgSecurityFrame(title string, form Form) Frame {
	return Frame{Title: title, Section: "admin", Form: form, Trail: crumbs(crumbAdmin(), crumbSettings(), crumbSetup(), crumbSecurity())}
}

func (s *Site) askAgainShow(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &AskAgainPage{s.orgSecurityFrame("admin.ask_again.title", Form{})})
}

// askAgain is "Ask again now".
func (s *Site) askAgain(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.Organizations.AskAgain(r.Context(), visitOf(r).view, origin(r))
	}
	if err == nil {
		return see(w, r, orgSecurityPath+"?done=asked-again")
	}
	failed, here := form.Failed(err, "ask")
	if !here {
		return err
	}
	return s.Render(w, r, statusOf(w, err), &AskAgainPage{s.orgSecurityFrame("admin.ask_again.title", failed)})
}

func (s *Site) resetPasswordsShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{})
	frame := s.orgSecurityFrame("admin.reset_passwords.title", form)
	frame.Banners = keptBanner(kept)
	return s.Render(w, r, http.StatusOK, &ResetPasswordsPage{frame})
}

// resetPasswords is "Reset All Passwords".
func (s *Site) resetPasswords(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "when")
	when := form.Value("when")
	if err == nil && when != "next" && when != "now" {
		err = core.InField("when", core.NewError(core.Invalid, "policy.reset_when"))
	}
	if err == nil {
		err = s.deps.Organizations.ResetPasswords(r.Context(), visitOf(r).view, origin(r), when == "now")
	}
	if err == nil {
		return see(w, r, orgSecurityPath+"?done=passwords-reset")
	}
	failed, here := form.Failed(err, "when")
	if !here {
		return err
	}
	return s.Render(w, r, statusOf(w, err), &ResetPasswordsPage{s.orgSecurityFrame("admin.reset_passwords.title", failed)})
}

// passwordSettings are those that say what a new password must be.
func passwordSettings() []string {
	return []string{"password_minimum", "password_pattern", "password_message", "block_leaked"}
}

// tryPassword is the box "Try a password": the tab comes back with everything
// that was typed but the password, which is neither kept nor logged, and with
// what people would be told of it. All rules count as they are typed, not as they
// are stored. Nothing is written.
func (s *Site) tryPassword(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readSettings(r, organization.Security, "try_password")
	tried := form.Value("try_password")
	form = form.Without("try_password")
	v := visitOf(r).view
	var would core.Organization
	if err == nil {
		typed := typedSettings(organization.Security, form).Now
		rules := map[string]string{}
		for _, name := range passwordSettings() {
			if value, sent := typed[name]; sent {
				rules[name] = value
			}
		}
		would, err = s.deps.Organizations.Preview(v.Organization, rules)
	}
	if err != nil {
		failed, here := form.Failed(err, "try_password")
		if !here {
			return err
		}
		return s.organizationRender(w, r, statusOf(w, err), organization.Security, v.Organization, failed)
	}
	refused := s.deps.Passwords.TryPassword(r.Context(), would, origin(r), tried)
	verdict, ok := triedPassword(refused)
	if !ok {
		return refused
	}
	page := s.organizationTab(organization.Security, v.Organization, form)
	if tab, isTab := page.(*OrganizationSecurityPage); isTab {
		tab.Tried = verdict
	}
	return s.Render(w, r, http.StatusOK, page)
}

// triedPassword reads what the rules say; false for an error that is not theirs.
func triedPassword(err error) (*TriedPassword, bool) {
	var e *core.Error
	switch {
	case err == nil:
		return &TriedPassword{}, true
	case !errors.As(err, &e), e.Kind != core.Invalid:
		return nil, false
	}
	for field := range maps.Values(e.Fields) {
		return &TriedPassword{Err: field}, true // Screen tells one thing at a time
	}
	return &TriedPassword{Err: e}, true
}
