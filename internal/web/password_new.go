package web

import (
	"encoding/json"
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// NewPassword is what the two fields for a new password show around them: on
// the Password tab, at the wall, and behind a link (ux 2.9). A page that holds one
// as Choose uses the partial "new-password" and reads the fields "password" and
// "repeat".
type NewPassword struct {
	Login   string  // for password managers
	Minimum int     // characters
	Message string  // what the organization says of its own rules; may be empty
	Focus   bool    // the first of the two fields has the focus
	Link    core.ID // the link whose page it is; empty: none
}

func newPasswordOf(u core.User, org core.Organization) NewPassword {
	return NewPassword{Login: u.Login(), Minimum: org.Policy.PasswordMinimum, Message: org.Policy.PasswordMessage}
}

// readNewPassword reads a form with the two fields, which must be alike, and
// further ones.
func (s *Site) readNewPassword(r *http.Request, more ...string) (Form, error) {
	form, err := s.readForm(r, append(more, "password", "repeat")...)
	if err == nil && form.Value("password") != form.Value("repeat") {
		err = core.InField("repeat", core.NewError(core.Invalid, "password.mismatch"))
	}
	return form, err
}

// passwordStrength is POST /password/strength: the meter's answer for somebody
// who is signed in or holds a link that works. What was typed is neither kept nor
// logged; only a same-origin script with the page's form token can ask.
func (s *Site) passwordStrength(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "password")
	if err != nil {
		return err
	}
	v := visitOf(r)
	user, org := v.view.Account.User, v.view.Organization
	if !v.signedIn {
		_, acc, o, err := s.deps.Links.Link(r.Context(), s.edge.Cookie(r, cookieLink), append(invitations(), core.LinkReset)...)
		if err != nil {
			return err
		}
		user, org = acc.User, o
	}
	score, err := s.deps.Passwords.PasswordStrength(r.Context(), user, org, httpx.OriginOf(r), form.Value("password"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]int{"score": score})
}

// changePasswordAddress is GET /.well-known/change-password, which password
// managers know.
func (s *Site) changePasswordAddress(w http.ResponseWriter, r *http.Request) error {
	return see(w, r, passwordPath)
}
