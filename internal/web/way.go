package web

import (
	"net/http"
	"net/url"
	"strings"
)

// cookieWay keeps where a person was going when the password was not there,
// sealed for this browser, until a new one is chosen over a mailed link.
const cookieWay = "sp_way"

// wayKept is how long it waits: for asking, and for the link.
const wayKept = forgotKept + linkKept

// keepWay keeps where the sign-in page was to lead. What cannot be found out is
// not kept: the way is a convenience.
func (s *Site) keepWay(w http.ResponseWriter, r *http.Request, form Form) {
	to, err := s.returnAddress(r, form.Value("next"), form.Value("rd"))
	if err != nil || to == "/home" || !s.edge.SetSealed(w, cookieWay, s.browserOf(r), to, s.deps.Clock().Add(wayKept)) {
		s.edge.ClearCookie(w, cookieWay) // not that of another time
	}
}

// signinOnTheWay is the sign-in page after a password was chosen: it says what
// was done and leads to where this browser was going. It looks at that address
// again, as at any.
func (s *Site) signinOnTheWay(w http.ResponseWriter, r *http.Request, done string) string {
	query := url.Values{"done": {done}}
	if to, ok := s.edge.Sealed(r, cookieWay, s.browserOf(r)); ok {
		s.edge.ClearCookie(w, cookieWay)
		if strings.HasPrefix(to, "/") {
			query.Set("next", to)
		} else {
			query.Set("rd", to)
		}
	}
	return "/signin?" + query.Encode()
}
