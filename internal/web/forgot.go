package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// cookieForgot carries what was typed on the sign-in page over to this one,
// sealed for this browser, so that it is not typed twice (ux §1.4) and stands in
// no address.
const cookieForgot = "sp_forgot"

// forgotKept is how long it waits.
const forgotKept = 10 * time.Minute

// ForgotPage mails a link to choose a new password (ux 2.9).
type ForgotPage struct{ Frame }

// forgotStart is POST /password/forgot/start: the button below the sign-in form.
// It keeps the name, and where the person was going, and looks nobody up.
func (s *Site) forgotStart(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "login", "next", "rd")
	if err != nil {
		return see(w, r, "/password/forgot")
	}
	if login := strings.TrimSpace(form.Value("login")); login != "" {
		s.edge.SetSealed(w, cookieForgot, s.browserOf(r), login, s.deps.Clock().Add(forgotKept))
	}
	s.keepWay(w, r, form)
	return see(w, r, "/password/forgot")
}

// browserOf names the browser of somebody who is signed out.
func (s *Site) browserOf(r *http.Request) core.ID {
	return core.ID(s.edge.Cookie(r, httpx.CookiePreSession))
}

// forgotShow is GET /password/forgot.
func (s *Site) forgotShow(w http.ResponseWriter, r *http.Request) error {
	page := forgotPage()
	if login, ok := s.edge.Sealed(r, cookieForgot, s.browserOf(r)); ok {
		page.Form = page.Form.With("login", login)
	}
	return s.Render(w, r, http.StatusOK, page)
}

func forgotPage() *ForgotPage {
	return &ForgotPage{Frame: Frame{Title: "forgot.title", Card: true}}
}

// forgotSubmit is POST /password/forgot. Whoever the name belongs to, the answer
// is the same (PR2).
func (s *Site) forgotSubmit(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "login")
	if err == nil {
		err = s.deps.Resets.AskReset(r.Context(), strings.TrimSpace(form.Value("login")), httpx.OriginOf(r))
	}
	if err == nil {
		s.edge.ClearCookie(w, cookieForgot)
		return see(w, r, "/password/forgot?done=link-sent")
	}
	failed, here := form.Failed(err, "login")
	if !here {
		return err
	}
	page := forgotPage()
	page.Form = failed
	return s.Render(w, r, statusOf(w, err), page)
}
