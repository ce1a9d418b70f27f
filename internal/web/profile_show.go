package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// ProfilePage shows what is known of the person (ux 3.3). Nothing on it can be
// edited yet, so it has no form.
type ProfilePage struct {
	Frame
	Tab        string // "profile"
	Name       string
	Email      string
	VerifiedAt time.Time // zero: never
	Username   string    // empty: the email address
	UserType   string    // text id
	Help       string    // whom to ask, as the organization wrote it
}

func (s *Site) profileShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	u := v.Account.User
	return s.Render(w, r, http.StatusOK, &ProfilePage{
		Frame: Frame{Title: "account.profile.title", Section: "account"}, Tab: "profile",
		Name: u.Name(), Email: u.Email, VerifiedAt: u.EmailProvedAt, Username: u.Username,
		UserType: userTypeText(u.Type), Help: v.Organization.Help,
	})
}

func userTypeText(t core.UserType) string {
	switch t {
	case core.Ordinary:
		return "account.profile.type_ordinary"
	case core.HelpDesk:
		return "account.profile.type_help_desk"
	case core.Administrator:
		return "account.profile.type_administrator"
	}
	return "account.profile.type_none"
}
