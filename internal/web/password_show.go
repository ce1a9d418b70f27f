package web

import (
	"net/http"
	"net/url"
)

// PasswordPage is the Password tab (ux 3.4).
type PasswordPage struct {
	Frame
	Tab     string // "password"
	Current bool   // the current password is asked for
	Choose  NewPassword
}

const passwordPath = "/account/password"

// passwordShow is GET /account/password. A person who must confirm does so before
// anything is typed: passwords are never kept.
func (s *Site) passwordShow(w http.ResponseWriter, r *http.Request) error {
	if s.deps.Passwords.PasswordAsk(visitOf(r).view).Confirm {
		return see(w, r, "/confirm?next="+url.QueryEscape(passwordPath))
	}
	return s.passwordRender(w, r, http.StatusOK, Form{})
}

func (s *Site) passwordRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	v := visitOf(r).view
	return s.Render(w, r, status, &PasswordPage{
		Frame: Frame{Title: "account.profile.title", Section: "account", Form: form.Without("current", "password", "repeat")}, Tab: "password",
		Current: s.deps.Passwords.PasswordAsk(v).Current, Choose: newPasswordOf(v.Account.User, v.Organization),
	})
}

// passwordSave is POST /account/password.
func (s *Site) passwordSave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readNewPassword(r, "current")
	var token string
	if err == nil {
		token, err = s.deps.Passwords.ChangePassword(r.Context(), visitOf(r).view, origin(r), form.Value("current"), form.Value("password"))
	}
	if err == nil {
		s.renewed(w, token)
		return see(w, r, passwordPath+"?done=password-changed")
	}
	if confirmFirst(w, r, err, passwordPath) {
		return nil
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	return s.passwordRender(w, r, statusOf(w, err), failed)
}
