package web

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/signin"
)

// cookieLogin holds the login of "Remember my email on this device". It is a
// convenience for typing and says nothing about who is there.
const cookieLogin = "sp_login"

// How long the cookies that survive a sign-in are kept; 400 days is the most
// that browsers allow.
const (
	loginKept   = 365 * 24 * time.Hour
	browserKept = 400 * 24 * time.Hour
)

// SigninPage asks for username and password (ux 2.1).
type SigninPage struct {
	Frame
	Next string // where to go afterwards: a local path; empty: Home
	App  string // the address of the application to go to instead; empty: none
}

// NotSetUpPage stands in the place of the sign-in page while there is nobody
// who could sign in.
type NotSetUpPage struct{ Frame }

// signinShow is GET /signin.
func (s *Site) signinShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	next, err := s.returnAddress(r, query.Get("next"), query.Get("rd"))
	if err != nil {
		return err
	}
	if v := visitOf(r); v.signedIn {
		if done := doneForAnother(query.Get("done")); done != "" {
			next = "/home?done=" + done
		}
		return s.arrivedSignedIn(w, r, next, v)
	}
	ready, err := s.deps.Readiness.SetUp(r.Context())
	if err != nil {
		return err
	}
	if !ready {
		return s.Render(w, r, http.StatusOK, &NotSetUpPage{Frame{Title: "signin.not_set_up.title"}})
	}
	page := s.signinPage(next)
	if login := s.rememberedLogin(r); login != "" {
		page.Form = page.Form.With("login", login).With("keep", "1")
	}
	page.Banners = endedBanner(visitOf(r))
	switch why := query.Get("why"); why {
	case "timeout", "ended":
		return s.signinAgain(w, r, page, why)
	case string(core.LapseIdle):
		page.Banners = []Banner{{Tone: "notice", Text: "signin.again.idle"}}
	case string(core.LapseLong):
		page.Banners = []Banner{{Tone: "notice", Text: "signin.again.long"}}
	}
	return s.Render(w, r, http.StatusOK, page)
}

// signinPage returns an empty sign-in page that leads to next.
func (s *Site) signinPage(next string) *SigninPage {
	page := &SigninPage{Frame: Frame{Title: "signin.title"}}
	if strings.HasPrefix(next, "/") {
		page.Next, page.Here = next, signinAt(next)
	} else if next != "" {
		page.App, page.Here = next, "/signin?rd="+url.QueryEscape(next)
	}
	return page
}

// signinAgain shows the sign-in page after a second step that is over, with the
// login in it: whoever holds the attempt's two cookies typed it themselves.
func (s *Site) signinAgain(w http.ResponseWriter, r *http.Request, page *SigninPage, why string) error {
	st, err := s.deps.SignIn.Show(r.Context(), s.visitor(r))
	if err != nil {
		return err
	}
	if login := st.Account.User.Login(); login != "" {
		page.Form = page.Form.With("login", login)
	}
	banner := Banner{Tone: "notice", Text: "signin.again.timeout"}
	if why == "ended" {
		banner = Banner{Tone: "danger", Text: "signin.again.ended"}
	}
	page.Banners = []Banner{banner}
	return s.Render(w, r, http.StatusOK, page)
}

// visitor collects what a request brings along for the sign-in.
func (s *Site) visitor(r *http.Request) signin.Visitor {
	return signin.Visitor{
		PendingToken: s.edge.Cookie(r, httpx.CookiePending),
		BrowserToken: s.edge.Cookie(r, httpx.CookieBrowser),
		DeviceToken:  s.edge.Cookie(r, httpx.CookieDevice),
		Origin:       httpx.OriginOf(r),
		Session:      visitOf(r).view,
	}
}

// returnAddress decides where a sign-in leads: to a registered application, to
// a local path, or Home. Nothing else is ever followed (RR1).
func (s *Site) returnAddress(r *http.Request, next, app string) (string, error) {
	if app != "" {
		_, err := s.deps.Addresses.ApplicationAt(r.Context(), app)
		if err == nil || !errors.Is(err, core.ErrNotFound) {
			return app, err
		}
	}
	if path := httpx.LocalPath(next); path != "/" {
		return path, nil
	}
	return "/home", nil
}

// arrivedSignedIn sends a person with a session on: to the page asked for, or
// over what the session still lacks.
func (s *Site) arrivedSignedIn(w http.ResponseWriter, r *http.Request, next string, v visit) error {
	switch v.verdict {
	case core.VerdictStepUp:
		return see(w, r, "/confirm?next="+url.QueryEscape(local(next)))
	case core.VerdictPasswordDue:
		return see(w, r, passwordWallPath+"?next="+url.QueryEscape(local(next)))
	case core.VerdictAppDue:
		return see(w, r, s.toSetUp(w, v.view, next))
	}
	return s.leave(w, r, next, v.view)
}

// local returns the path that leads to an address: itself, or the page that
// leaves for the application it belongs to (law 8).
func local(to string) string {
	if strings.HasPrefix(to, "/") {
		return to
	}
	return "/continue?to=" + url.QueryEscape(to)
}

// leave sends a person who is signed in to where they wanted to go. An
// application that asks for more than the session has is reached over
// "Confirm it's you", or over the Security tab while the account has nothing
// more to show: without this its door and our page would send the browser back
// and forth.
func (s *Site) leave(w http.ResponseWriter, r *http.Request, to string, v core.SessionView) error {
	if strings.HasPrefix(to, "/") {
		return see(w, r, to)
	}
	app, err := s.deps.Addresses.ApplicationAt(r.Context(), to)
	if err != nil {
		return err
	}
	onward := local(to)
	switch {
	case app.Level <= levelOf(v):
		s.edge.ClearCookie(w, cookieWanted)
		return see(w, r, onward)
	case canReach(v, app.Level):
		return see(w, r, "/confirm?next="+url.QueryEscape(onward))
	}
	return see(w, r, s.toSetUp(w, v, to))
}

// levelOf counts a live remembered device as level 2 (law 2).
func levelOf(v core.SessionView) core.Level {
	if v.Session.DeviceID != "" && v.DeviceLive {
		return max(v.Session.Level, core.LevelEmail)
	}
	return v.Session.Level
}

// canReach reports whether the account has what raises a session to a level:
// everybody with an address can be mailed a code.
func canReach(v core.SessionView, level core.Level) bool {
	strong := v.Account.Apps > 0 || v.Account.RecoveryCodes > 0
	return strong || level < core.LevelStrong && v.Account.User.Email != ""
}

// levelWanted returns the least level of the application that an address to go
// to belongs to, also behind the page that leaves for it; zero where it is a
// page of ours. Where the application cannot be found, going there will say so.
func (s *Site) levelWanted(r *http.Request, to string) core.Level {
	address := applicationAddress(to)
	if address == "" {
		return core.LevelNone
	}
	app, err := s.deps.Addresses.ApplicationAt(r.Context(), address)
	if err != nil {
		return core.LevelNone
	}
	return app.Level
}

// rememberedLogin reads what "Remember my email on this device" kept.
func (s *Site) rememberedLogin(r *http.Request) string {
	raw, err := base64.RawURLEncoding.DecodeString(s.edge.Cookie(r, cookieLogin))
	if err != nil || len(raw) > 320 || !utf8.Valid(raw) {
		return ""
	}
	return string(raw)
}

// keepLogin stores or forgets the login, as the box says.
func (s *Site) keepLogin(w http.ResponseWriter, login string, keep bool) {
	if !keep {
		s.edge.ClearCookie(w, cookieLogin)
		return
	}
	value := base64.RawURLEncoding.EncodeToString([]byte(login))
	s.edge.SetCookie(w, cookieLogin, value, s.deps.Clock().Add(loginKept))
}

// over returns why a second step cannot go on, for /signin?why=; empty for any
// other error.
func over(err error) string {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind != core.Unauthenticated {
		return ""
	}
	if e.Code == "signin.ended" {
		return "ended"
	}
	return "timeout"
}
