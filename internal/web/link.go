package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// cookieLink carries the secret of a one-time link from its address to the bare
// path, so that it stays out of history, referrers and screenshots.
const cookieLink = "sp_link"

// linkKept is how long the page behind a link may stay open.
const linkKept = 30 * time.Minute

// openLink moves the token of an address into a cookie and goes on to the bare
// path. It looks nothing up and uses nothing up, so mail scanners do no harm;
// HEAD not even sets the cookie (PR4).
func (s *Site) openLink(w http.ResponseWriter, r *http.Request, to string) error {
	httpx.NoReferrer(w)
	if r.Method != http.MethodHead {
		s.edge.SetCookie(w, cookieLink, r.PathValue("token"), s.deps.Clock().Add(linkKept))
	}
	return see(w, r, to)
}

// errOtherLink is for a page whose link is not the one in the cookie any more.
var errOtherLink = core.NewError(core.Invalid, "link.other")

// useLink reads the form of a new password, typed twice, and spends the link
// whose token came with this very request (PR5). The form names its link: a page
// that says whose password it is sets no other, whatever was opened meanwhile.
func (s *Site) useLink(r *http.Request, kinds ...core.LinkKind) (Form, error) {
	form, err := s.readNewPassword(r, "link")
	if err != nil {
		return form, err
	}
	token := s.edge.Cookie(r, cookieLink)
	l, _, _, err := s.deps.Links.Link(r.Context(), token, kinds...)
	switch {
	case err != nil:
		return form, err
	case form.Value("link") != string(l.ID):
		return form, core.InField("password", errOtherLink)
	}
	return form, s.deps.Links.UseLink(r.Context(), token, form.Value("password"), httpx.OriginOf(r), kinds...)
}
