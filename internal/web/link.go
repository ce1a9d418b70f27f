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

// useLink reads the form of a new password, typed twice, and spends the link
// whose token came with this very request (PR5).
func (s *Site) useLink(r *http.Request, kinds ...core.LinkKind) (Form, error) {
	form, err := s.readNewPassword(r)
	if err == nil {
		err = s.deps.Links.UseLink(r.Context(), s.edge.Cookie(r, cookieLink), form.Value("password"), httpx.OriginOf(r), kinds...)
	}
	return form, err
}
