package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ResetPage lets the owner of a reset link choose a new password (ux 2.9).
type ResetPage struct {
	Frame
	Masked string // whose password it is
	Choose NewPassword
}

// resetShow is GET /password/reset.
func (s *Site) resetShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	page, err := s.resetPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) resetPage(r *http.Request) (*ResetPage, error) {
	l, acc, org, err := s.deps.Links.Link(r.Context(), s.edge.Cookie(r, cookieLink), core.LinkReset)
	if err != nil {
		return nil, err
	}
	page := &ResetPage{
		Frame:  Frame{Title: "reset.title", Organization: org.Name, Language: languageOf(acc.User, org), Card: true},
		Masked: core.MaskedEmail(acc.User.Email), Choose: newPasswordOf(acc.User, org),
	}
	page.Choose.Link, page.Choose.Focus = l.ID, true
	return page, nil
}

// resetSubmit is POST /password/reset. It signs nobody in and asks for no
// factor: the next sign-in does (PR6).
func (s *Site) resetSubmit(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.useLink(r, core.LinkReset)
	if err == nil {
		s.edge.ClearCookie(w, cookieLink)
		return see(w, r, s.signinOnTheWay(w, r, "password-reset"))
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	page, gone := s.resetPage(r)
	if gone != nil {
		return gone
	}
	page.Form = failed.Without("password", "repeat")
	return s.Render(w, r, statusOf(w, err), page)
}
