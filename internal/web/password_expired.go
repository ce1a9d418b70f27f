package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
)

// PasswordExpiredPage is the wall before a session whose person must choose a new
// password (ux 2.9): nothing else opens until it is done, but help and signing
// out.
type PasswordExpiredPage struct {
	Frame
	Next    string // the local path to go on to
	Reason  core.PasswordReason
	Days    int    // how long passwords last, where that is the reason
	Current bool   // the current password is asked for
	Help    string // whom to ask, as the organization wrote it
	Choose  NewPassword
}

const passwordWallPath = "/password/expired"

// passwordExpiredShow is GET /password/expired. A session that owes nothing goes
// on.
func (s *Site) passwordExpiredShow(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if visitOf(r).verdict != core.VerdictPasswordDue {
		return see(w, r, onward(next))
	}
	return s.passwordExpiredRender(w, r, http.StatusOK, onward(next), Form{})
}

func (s *Site) passwordExpiredRender(w http.ResponseWriter, r *http.Request, status int, next string, form Form) error {
	v := visitOf(r).view
	page := &PasswordExpiredPage{
		Frame: Frame{Title: "account.password_due.title", Card: true, Form: form.Without("current", "password", "repeat")},
		Next:  next, Reason: v.PasswordReason(s.deps.Clock()), Days: v.Organization.Policy.PasswordDays, Help: v.Organization.Ask(),
		Current: s.deps.Passwords.PasswordAsk(v).Current, Choose: newPasswordOf(v.Account.User, v.Organization),
	}
	page.Choose.Focus = !page.Current
	if page.Reason == core.ReasonAge {
		page.Title = "account.password_due.title_expired"
	}
	return s.Render(w, r, status, page)
}

// passwordExpiredSave is POST /password/expired. The person goes on to the page
// asked for.
func (s *Site) passwordExpiredSave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readNewPassword(r, "current", "next")
	next := onward(form.Value("next"))
	if visitOf(r).verdict != core.VerdictPasswordDue {
		return see(w, r, next) // chosen meanwhile, in another tab
	}
	var token string
	if err == nil {
		token, err = s.deps.Passwords.ChangePassword(r.Context(), visitOf(r).view, origin(r), form.Value("current"), form.Value("password"))
	}
	if err == nil {
		s.renewed(w, token)
		return see(w, r, next)
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	return s.passwordExpiredRender(w, r, statusOf(w, err), next, failed)
}
