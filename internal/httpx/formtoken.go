package httpx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// FormField is the name of the hidden field that carries the form token.
const FormField = "form_token"

// FormToken returns the token for a form of this answer (CS3): an HMAC of the
// session's id after [BindSession], else of the pre-session's, which is made
// and set as a cookie where there is none yet. No row stands behind it.
func (s *Site) FormToken(w http.ResponseWriter, r *http.Request) string {
	x := exchangeOf(r)
	if x != nil && x.bound != "" {
		return s.sign(s.config.TokenKeys()[0], "session", x.bound)
	}
	pre := s.Cookie(r, CookiePreSession)
	if pre == "" && x != nil {
		pre = x.preValue
	}
	if pre == "" {
		pre = core.NewToken(s.config.Random)
		if x != nil {
			x.preValue = pre
		}
		s.SetCookie(w, CookiePreSession, pre, time.Time{})
	}
	return s.sign(s.config.TokenKeys()[0], "pre", pre)
}

// checkToken compares in constant time. A token of another session, of another
// browser, or of before the sign-in is wrong.
func (s *Site) checkToken(r *http.Request, token string) bool {
	kind, id := "pre", s.Cookie(r, CookiePreSession)
	if x := exchangeOf(r); x != nil && x.bound != "" {
		kind, id = "session", x.bound
	}
	return id != "" && slices.ContainsFunc(s.config.TokenKeys(), func(key []byte) bool {
		return hmac.Equal([]byte(token), []byte(s.sign(key, kind, id)))
	})
}

// sign keeps the two kinds apart: neither contains the separator.
func (s *Site) sign(key []byte, kind, id string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("form token\x00" + kind + "\x00" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
