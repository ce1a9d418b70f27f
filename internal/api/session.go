package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/session"
)

// SessionPath tells who is signed in.
const SessionPath = "/api/session"

// The errors of a session that may not go on as it is.
var (
	errNone   = core.NewError(core.Unauthenticated, "session.none")
	errStepUp = core.NewError(core.Unauthenticated, "session.step_up")
	errAppDue = core.NewError(core.Forbidden, "session.app_due")

	errElsewhere   = core.NewError(core.Forbidden, "session.elsewhere")
	errPasswordDue = core.NewError(core.Forbidden, "session.password_due")
)

// Sessions serves [SessionPath].
type Sessions struct {
	site     *httpx.Site
	sessions *session.Service
	clock    core.Clock
}

// NewSessions returns the endpoint.
func NewSessions(site *httpx.Site, sessions *session.Service, clock core.Clock) *Sessions {
	return &Sessions{site: site, sessions: sessions, clock: clock}
}

// Mount adds the endpoint.
func (s *Sessions) Mount(mux *http.ServeMux) {
	mux.Handle("GET "+SessionPath, s.site.Wrap(s.show))
}

// contentType is shared by all answers and never written.
func contentType() []string { return jsonType[:] }

var jsonType = [1]string{"application/json"}

// show answers 200 with the person, 401 where nobody is signed in or the second
// step is due, which a header then says, and 403 with the reason where a new
// password or an authenticator app is.
func (s *Sessions) show(w http.ResponseWriter, r *http.Request) error {
	token := s.site.Cookie(r, httpx.CookieSession)
	if token == "" {
		return errNone
	}
	view, verdict, err := s.sessions.LookupShared(r.Context(), token, httpx.ClientAddr(r))
	if err != nil {
		return err
	}
	switch verdict {
	case core.VerdictOpen:
	case core.VerdictStepUp:
		w.Header().Set("WWW-Authenticate", stepUp(core.Require(view.Account, view.Organization.Policy, s.clock()).Level))
		return errStepUp
	case core.VerdictPasswordDue:
		return errPasswordDue
	case core.VerdictAppDue:
		return errAppDue
	case core.VerdictElsewhere:
		return errElsewhere
	default:
		return errNone
	}
	body := appendSession(make([]byte, 0, 512), view, s.clock())
	w.Header()["Content-Type"] = contentType()
	_, err = w.Write(body)
	return err
}

// stepUp says what a session must show before it goes on (SU3, RFC 9470 §3): a
// level of D4, proved within the life of a confirmation.
func stepUp(level core.Level) string {
	return `Bearer error="insufficient_user_authentication", acr_values="` + strconv.Itoa(int(level)) +
		`", max_age="` + strconv.Itoa(int(core.ConfirmLife/time.Second)) + `"`
}

// appendSession writes the answer. Expires is when the session ends if it is
// not used any more; asking, which is now, is a use.
func appendSession(b []byte, v *core.SessionView, now time.Time) []byte {
	user, policy := &v.Account.User, &v.Organization.Policy
	expires := v.Session.SignedInAt.Add(policy.Absolute)
	if idle := now.Add(policy.Idle); idle.Before(expires) {
		expires = idle
	}
	b = append(b, `{"signed_in":true,"user":{"login":`...)
	b = appendText(b, user.Login())
	b = append(b, `,"name":`...)
	b = appendText(b, user.Name())
	b = append(b, `,"email":`...)
	b = appendText(b, user.Email)
	b = append(b, `,"groups":[`...)
	for i, group := range v.Account.Groups {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, group)
	}
	b = append(b, `]},"level":`...)
	b = strconv.AppendInt(b, int64(v.Session.Level), 10)
	b = append(b, `,"organization":`...)
	b = appendText(b, v.Organization.Name)
	b = append(b, `,"expires":"`...)
	b = expires.UTC().AppendFormat(b, time.RFC3339)
	return append(b, "\"}\n"...)
}

// appendText writes a JSON string; plain ASCII, the common case, as it is.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			encoded, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // a string always encodes
			}
			return append(b, encoded...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
