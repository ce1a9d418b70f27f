package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/httpx"
)

// cookieLink carries the secret of a welcome link from its address to the bare
// path, so that it stays out of history, referrers and screenshots.
const cookieLink = "sp_link"

// linkKept is how long the page behind a link may stay open.
const linkKept = 30 * time.Minute

// WelcomePage lets the owner of a welcome link choose the first password (ux
// 2.9).
type WelcomePage struct {
	Frame
	Name   string
	Email  string
	Choose NewPassword
}

// welcomeOpen is GET /welcome/{token}: it moves the token into a cookie. It
// looks nothing up and uses nothing up, so mail scanners do no harm; HEAD not
// even sets the cookie.
func (s *Site) welcomeOpen(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	if r.Method != http.MethodHead {
		s.edge.SetCookie(w, cookieLink, r.PathValue("token"), s.deps.Clock().Add(linkKept))
	}
	return see(w, r, "/welcome")
}

// welcomeShow is GET /welcome.
func (s *Site) welcomeShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	page, err := s.welcomePage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) welcomePage(r *http.Request) (*WelcomePage, error) {
	_, acc, org, err := s.deps.Links.Link(r.Context(), s.edge.Cookie(r, cookieLink))
	if err != nil {
		return nil, err
	}
	page := &WelcomePage{
		Frame: Frame{Title: "welcome.title", TitleWith: []any{"Organization", org.Name}, Organization: org.Name},
		Name:  acc.User.Name(), Email: acc.User.Email, Choose: newPasswordOf(acc.User, org),
	}
	page.Choose.Focus = true
	return page, nil
}

// welcomeSubmit is POST /welcome. It signs nobody in.
func (s *Site) welcomeSubmit(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.readNewPassword(r)
	if err == nil {
		err = s.deps.Links.UseLink(r.Context(), s.edge.Cookie(r, cookieLink), form.Value("password"), httpx.OriginOf(r))
	}
	if err == nil {
		s.edge.ClearCookie(w, cookieLink)
		return see(w, r, "/signin?done=password-set")
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	page, gone := s.welcomePage(r)
	if gone != nil {
		return gone
	}
	page.Form = failed.Without("password", "repeat")
	return s.Render(w, r, statusOf(w, err), page)
}
