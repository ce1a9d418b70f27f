package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Cookies that carry the secret of a link in a mail from its address to the bare
// path, so that it stays out of history, referrers and screenshots. Each kind has
// its own: two mails may be open in two tabs.
const (
	cookieLink  = "sp_link"  // a one-time link to a password
	cookieAlarm = "sp_alarm" // "Wasn't you?"
	cookieUndo  = "sp_undo"  // the way back from a change of address

	cookieCancel = "sp_cancel" // cancelling a reset of two-factor authentication
)

// linkKept is how long the page behind a link may stay open.
const linkKept = 30 * time.Minute

// openLink moves the token of an address into a cookie and goes on to the bare
// path. It looks nothing up and uses nothing up, so mail scanners do no harm;
// HEAD not even sets the cookie (PR4).
func (s *Site) openLink(cookie, to string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		httpx.NoReferrer(w)
		token := r.PathValue("token")
		switch {
		case r.Method == http.MethodHead:
		case tokenShaped(token):
			s.edge.SetCookie(w, cookie, token, s.deps.Clock().Add(linkKept))
		default:
			s.edge.ClearCookie(w, cookie) // not that of an earlier mail
		}
		return see(w, r, to)
	}
}

// tokenShaped reports whether a text can be a token of ours. Of any other, a
// cookie would drop characters, and what is left might be one.
func tokenShaped(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.' && r != '-' && r != '_'
	})
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
