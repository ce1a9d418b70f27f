package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// RecoveryUsedPage says after a sign-in with a recovery code how many are left
// (ux 2.5).
type RecoveryUsedPage struct {
	Frame
	Left int
	Next string
}

// SetupOfferPage offers an app after a required sign-in by email (ux 2.8).
type SetupOfferPage struct {
	Frame
	Next  string
	Until time.Time // an app is demanded from then on; zero: it is only offered
}

// SigninHelpPage is "None of these work" (ux 2.6). It names no account.
type SigninHelpPage struct {
	Frame
	Back     string  // to the half-done sign-in, or to /signin
	Recovery bool    // a sign-in is open that could use a recovery code
	Held     bool    // its recovery codes wait since a backup was restored
	Contact  Contact // whom to ask, once the password was right
}

// ContinuePage leaves for a registered application (law 8).
type ContinuePage struct {
	Frame
	Name string
	To   string
}

// recoveryUsed is GET /signin/recovery-used.
func (s *Site) recoveryUsed(w http.ResponseWriter, r *http.Request) error {
	left := visitOf(r).view.Account.RecoveryCodes
	return s.Render(w, r, http.StatusOK, &RecoveryUsedPage{
		Frame: Frame{Title: "signin.recovery_used.title", TitleWith: []any{"count", left}, Card: true, Step: true},
		Left:  left, Next: onward(r.URL.Query().Get("next")),
	})
}

// onward returns the address a page in between leads on to.
func onward(next string) string {
	if path := httpx.LocalPath(next); path != "/" {
		return path
	}
	return "/home"
}

// offerShow is GET /signin/setup-offer.
func (s *Site) offerShow(w http.ResponseWriter, r *http.Request) error {
	if v := visitOf(r).view; v.Account.Apps > 0 || v.Organization.Policy.NoNewApps {
		return see(w, r, onward(r.URL.Query().Get("next")))
	}
	return s.Render(w, r, http.StatusOK, s.offerPage(visitOf(r).view, onward(r.URL.Query().Get("next"))))
}

func (s *Site) offerPage(v core.SessionView, next string) *SetupOfferPage {
	page := &SetupOfferPage{Frame: Frame{Title: "signin.offer.title", Card: true, Step: true}, Next: next}
	if page.Until = appAhead(v, s.deps.Clock()); !page.Until.IsZero() {
		page.Title = "account.wall.title"
	}
	return page
}

// offerAnswer is POST /signin/setup-offer.
func (s *Site) offerAnswer(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "answer", "never", "next")
	if err != nil {
		return err
	}
	v, origin := visitOf(r).view, httpx.OriginOf(r)
	next := onward(form.Value("next"))
	switch form.Value("answer") {
	case "later":
		if err := s.deps.Offers.AnswerOffer(r.Context(), v, origin, form.Ticked("never")); err != nil {
			return err
		}
		return see(w, r, next)
	case "set-up":
		err := s.deps.Offers.Begin(r.Context(), v, origin, core.GoalTurnOn)
		if core.CodeOf(err) == "confirm.needed" {
			return see(w, r, "/confirm?next="+url.QueryEscape("/account/security"))
		}
		if err != nil {
			return err
		}
		return see(w, r, "/account/security?step=app")
	}
	page := s.offerPage(v, next)
	page.Form = form.Wrong("answer", core.NewError(core.Invalid, "account.offer"))
	return s.Render(w, r, http.StatusUnprocessableEntity, page)
}

// signinHelp is GET /signin/help.
func (s *Site) signinHelp(w http.ResponseWriter, r *http.Request) error {
	page := &SigninHelpPage{Frame: Frame{Title: "signin.help.title", Card: true, Wide: true}, Back: "/signin"}
	if visitOf(r).signedIn {
		page.Back = "/home"
	}
	st, err := s.deps.SignIn.Show(r.Context(), s.visitor(r))
	if err != nil {
		return err
	}
	if k := st.Step.StepKind; k == core.StepChoose || k == core.StepVerify {
		page.Back, page.Recovery = "/signin/verify", st.Step.Recovery.Ready()
		page.Held = st.Step.Recovery.State == core.MethodHeld
		page.Contact = contactOf(st.Organization)
		page.Organization = st.Organization.Name
	}
	return s.Render(w, r, http.StatusOK, page)
}

// continueShow is GET /continue. Only the address of a registered application
// is followed (RR1).
func (s *Site) continueShow(w http.ResponseWriter, r *http.Request) error {
	to := r.URL.Query().Get("to")
	app, err := s.deps.Addresses.ApplicationAt(r.Context(), to)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, &ContinuePage{
		Frame: Frame{Title: "signin.continue.title", TitleWith: []any{"Name", app.Name}, Card: true, Refresh: &Refresh{To: to}},
		Name:  app.Name, To: to,
	})
}

// signOut is POST /signout. The remembered device stays unless asked.
func (s *Site) signOut(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "forget")
	if err != nil {
		return err
	}
	forget := form.Ticked("forget")
	if err := s.deps.Sessions.End(r.Context(), visitOf(r).view, core.EndSignedOut, httpx.OriginOf(r), forget); err != nil {
		return err
	}
	s.leaveNothing(w)
	done := "signed-out"
	if forget {
		s.edge.ClearCookie(w, httpx.CookieDevice)
		s.keepLogin(w, "", false)
		done = "forgotten"
	}
	if to := visitOf(r).view.Organization.LogoutURL; to != "" &&
		s.edge.SetSealed(w, cookieSignedOut, signedOutOwner, to, s.deps.Clock().Add(signedOutKept)) {
		return see(w, r, signedOutPath+"?done="+done)
	}
	return see(w, r, "/signin?done="+done)
}

// SignedOutPage leaves for the organization's own address after signing out
// (law 8).
type SignedOutPage struct {
	Frame
	To string
}

// The address to leave for is sealed in a cookie: nobody but us can have a link
// of ours lead anywhere (RR1). Who signed out is nobody any more, so it has no
// owner to be sealed for.
const (
	signedOutPath   = "/continue/signed-out"
	cookieSignedOut = "sp_signed_out"
	signedOutOwner  = core.ID("signed-out")
	signedOutKept   = 2 * time.Minute
)

// signedOut is GET /continue/signed-out.
func (s *Site) signedOut(w http.ResponseWriter, r *http.Request) error {
	to, ok := s.edge.Sealed(r, cookieSignedOut, signedOutOwner)
	if !ok {
		return see(w, r, "/signin?done=signed-out")
	}
	return s.Render(w, r, http.StatusOK, &SignedOutPage{
		Frame: Frame{Title: "signin.signed_out.title", Card: true, Refresh: &Refresh{Seconds: 1, To: to}}, To: to,
	})
}

// leaveNothing takes out of the browser what a person's visit has left there,
// but the device that is remembered.
func (s *Site) leaveNothing(w http.ResponseWriter) {
	for _, cookie := range []string{httpx.CookieSession, httpx.CookiePending, cookieTyped, cookieWanted, cookieWay} {
		s.edge.ClearCookie(w, cookie)
	}
	httpx.ClearSiteData(w)
}

// root is GET /: there is nothing at the root itself.
func (s *Site) root(w http.ResponseWriter, r *http.Request) error {
	if visitOf(r).signedIn {
		return see(w, r, "/home")
	}
	return see(w, r, "/signin")
}
