package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/signin"
)

// PausedPage tells a person with the right password that the organization is
// locked (ux 2.1).
type PausedPage struct {
	Frame
	Note    string // the organization's own words; may be empty
	Contact Contact
}

// CookiesPage says that the browser keeps no cookies for us.
type CookiesPage struct {
	Frame
	Host string
}

// signinSubmit is POST /signin.
func (s *Site) signinSubmit(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "login", "password", "keep", "next", "rd")
	if httpx.FormExpired(err) && s.edge.Cookie(r, httpx.CookiePreSession) == "" && !visitOf(r).signedIn {
		return s.Render(w, r, http.StatusForbidden, &CookiesPage{Frame: Frame{Title: "signin.cookies.title"}, Host: r.Host})
	}
	next, unknown := s.returnAddress(r, form.Value("next"), form.Value("rd"))
	if unknown != nil {
		return unknown
	}
	login := strings.TrimSpace(form.Value("login"))
	var res signin.Result
	if err == nil {
		v := s.visitor(r)
		v.ReturnTo, v.Wanted = next, s.levelWanted(r, next)
		res, err = s.deps.SignIn.SubmitPassword(r.Context(), v, login, form.Value("password"))
	}
	if err != nil {
		failed, here := form.Failed(err, "login")
		if !here {
			return err
		}
		page := s.signinPage(next)
		page.Form = failed.Without("password")
		return s.Render(w, r, statusOf(w, err), page)
	}
	s.keepLogin(w, login, form.Ticked("keep"))
	return s.advance(w, r, res)
}

// advance sets the cookies a step has issued and goes on to what it led to.
func (s *Site) advance(w http.ResponseWriter, r *http.Request, res signin.Result) error {
	s.issue(w, res.Issued)
	if v := visitOf(r); v.signedIn && res.Issued.Session != "" {
		// The browser holds a new session now; the one it came with must not live
		// on without a cookie (SE3). A confirmation has ended it already.
		if err := s.deps.Sessions.End(r.Context(), v.view, core.EndReplaced, httpx.OriginOf(r), false); err != nil {
			return err
		}
	}
	switch res.Step.StepKind {
	case core.StepPaused, core.StepElsewhere:
		return s.paused(w, r, res.State)
	case core.StepDone:
		return see(w, r, afterSignIn(res))
	case core.StepChoose, core.StepVerify:
		return see(w, r, "/signin/verify")
	}
	return see(w, r, "/signin?why=timeout")
}

// afterSignIn returns where a completed sign-in goes: over the page that a used
// recovery code or the offer of an app puts in between.
func afterSignIn(res signin.Result) string {
	to := local(firstOf(res.ReturnTo, "/home"))
	switch {
	case res.RecoveryLeft >= 0:
		return "/signin/recovery-used?next=" + url.QueryEscape(to)
	case res.Offer:
		return "/signin/setup-offer?next=" + url.QueryEscape(to)
	}
	return to
}

// issue sets and clears the cookies of a step. The session's lasts as long as
// the browser runs; the row behind it ends it sooner.
func (s *Site) issue(w http.ResponseWriter, c signin.Issued) {
	now := s.deps.Clock()
	if c.Browser != "" {
		s.edge.SetCookie(w, httpx.CookieBrowser, c.Browser, now.Add(browserKept))
	}
	if c.Pending != "" {
		s.edge.SetCookie(w, httpx.CookiePending, c.Pending, now.Add(core.AttemptLife))
	}
	if c.EndPending {
		s.edge.ClearCookie(w, httpx.CookiePending)
	}
	if c.Session != "" {
		s.setSession(w, c.Session)
	}
	if c.EndDevice {
		s.edge.ClearCookie(w, httpx.CookieDevice)
	}
	if c.Device != "" {
		s.edge.SetCookie(w, httpx.CookieDevice, c.Device, c.DeviceUntil)
	}
}

// paused shows why the organization turns a right password away: it is locked,
// or does not let people in from here.
func (s *Site) paused(w http.ResponseWriter, r *http.Request, st signin.State) error {
	if st.Step.StepKind == core.StepElsewhere {
		return s.elsewhere(w, r, st.Organization, false)
	}
	return s.Render(w, r, http.StatusForbidden, &PausedPage{
		Frame: Frame{Title: "signin.paused.title", Organization: st.Organization.Name, Language: languageOf(st.Account.User, st.Organization)},
		Note:  st.Organization.LockNote, Contact: contactOf(st.Organization),
	})
}
