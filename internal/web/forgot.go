package web

import (
	"net/http"
	"net/url"
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

// cookieForgotWay keeps where a person was going when the password was not there,
// sealed for this browser, until the new one is chosen.
const cookieForgotWay = "sp_forgot_way"

// ForgotPage mails a link to choose a new password (ux 2.9).
type ForgotPage struct{ Frame }

// forgotStart is POST /password/forgot/start: the button below the sign-in form.
// It looks at nothing but the name.
func (s *Site) forgotStart(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "login", "next", "rd")
	if err != nil {
		return see(w, r, "/password/forgot")
	}
	now := s.deps.Clock()
	if login := strings.TrimSpace(form.Value("login")); login != "" {
		s.edge.SetSealed(w, cookieForgot, s.browserOf(r), login, now.Add(forgotKept))
	}
	s.edge.ClearCookie(w, cookieForgotWay)
	if to, err := s.returnAddress(r, form.Value("next"), form.Value("rd")); err == nil && to != "/home" {
		s.edge.SetSealed(w, cookieForgotWay, s.browserOf(r), to, now.Add(forgotKept+core.LinkReset.Life()))
	}
	return see(w, r, "/password/forgot")
}

// signinAfterReset is the sign-in page that leads to where this browser was going.
// The page looks at the address again as at any.
func (s *Site) signinAfterReset(w http.ResponseWriter, r *http.Request) string {
	page := "/signin?done=password-reset"
	to, ok := s.edge.Sealed(r, cookieForgotWay, s.browserOf(r))
	s.edge.ClearCookie(w, cookieForgotWay)
	switch {
	case !ok:
		return page
	case strings.HasPrefix(to, "/"):
		return page + "&next=" + url.QueryEscape(to)
	}
	return page + "&rd=" + url.QueryEscape(to)
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
