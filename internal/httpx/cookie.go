package httpx

import (
	"net/http"
	"strings"
	"time"
)

// The cookies of this server. On https their names carry the __Host- prefix.
const (
	CookieSession    = "sp_session"  // the session
	CookiePending    = "sp_pending"  // the half-done sign-in
	CookieDevice     = "sp_device"   // the remembered device
	CookieBrowser    = "sp_browser"  // the known browser; survives signing out
	CookiePreSession = "sp_pre"      // what form tokens of signed-out pages are tied to
	CookieLanguage   = "sp_language" // the language that was chosen in the browser
)

// hostPrefix makes browsers refuse the cookie unless it is Secure, for all
// paths, and without a Domain (RFC 6265bis §4.1.3.2).
const hostPrefix = "__Host-"

// CookieName returns the name under which a cookie travels.
func (s *Site) CookieName(name string) string {
	if s.loopback {
		return name
	}
	return hostPrefix + name
}

// SetCookie sets one of our cookies: HttpOnly, SameSite=Lax, Path=/, no Domain,
// and Secure but for plain http on loopback (SE2). The zero time makes it last
// as long as the browser runs.
func (s *Site) SetCookie(w http.ResponseWriter, name, value string, until time.Time) {
	c := http.Cookie{
		Name: s.CookieName(name), Value: value, Path: "/", HttpOnly: true,
		Secure: !s.loopback, SameSite: http.SameSiteLaxMode,
	}
	if !until.IsZero() {
		seconds := int(until.Sub(s.Now()) / time.Second)
		if seconds <= 0 {
			seconds = -1
		}
		c.MaxAge = seconds
	}
	http.SetCookie(w, &c)
}

// ClearCookie makes the browser forget one of our cookies.
func (s *Site) ClearCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: s.CookieName(name), Path: "/", HttpOnly: true,
		Secure: !s.loopback, SameSite: http.SameSiteLaxMode, MaxAge: -1,
	})
}

// Cookie returns the value of one of our cookies, the first of that name, empty
// where there is none. It allocates nothing.
func (s *Site) Cookie(r *http.Request, name string) string {
	prefixed := !s.loopback
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			pair = strings.Trim(pair, " \t")
			if prefixed {
				if !strings.HasPrefix(pair, hostPrefix) {
					continue
				}
				pair = pair[len(hostPrefix):]
			}
			if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
				if value := pair[len(name)+1:]; cookieValue(value) {
					return value
				}
			}
		}
	}
	return ""
}

// cookieLimit is the longest value looked at; with its name and attributes it is
// within the 4096 bytes that browsers keep (RFC 6265 §6.1).
const cookieLimit = 3800

// cookieValue reports whether a value can be one that we set: letters, digits
// and a few marks. Everything else is somebody else's and counts as absent.
func cookieValue(s string) bool {
	if s == "" || len(s) > cookieLimit {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c < '!' || c > '~' || c == '"' || c == ',' || c == '\\' {
			return false
		}
	}
	return true
}
