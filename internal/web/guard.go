package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// visit is what is known of the visitor of one request.
type visit struct {
	view     core.SessionView
	verdict  core.Verdict
	signedIn bool // there is a session, it has not ended, and it is used from where it may be
}

type visitKey struct{}

// visitOf returns what guard found out about the visitor; nothing on requests
// that did not pass it (error pages of unknown addresses).
func visitOf(r *http.Request) visit {
	v, _ := r.Context().Value(visitKey{}).(visit)
	return v
}

// guard looks at the session, applies the route's access and hands the visit on.
// Every request is decided anew (law 2).
func (s *Site) guard(access Access, next httpx.Handler) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.visit(r, access)
		if err != nil {
			return err
		}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if v.verdict == core.VerdictElsewhere && access != Open && access != Pending && access != Leaving {
			return s.elsewhere(w, r, v.view.Organization, true)
		}
		if v.signedIn && v.view.Account.User.Type < access.least() {
			return httpx.NoPage()
		}
		if to := s.refuse(w, r, access, v); to != "" {
			s.keepTyped(w, r, v, s.here(r))
			return see(w, r, to)
		}
		return next(w, r)
	}
}

// visit reads the session cookie. A session that has ended counts as none. Pages of
// the person's own show what is stored now: after a form the answer may come from
// another replica than the one that saved it.
func (s *Site) visit(r *http.Request, access Access) (visit, error) {
	token := s.edge.Cookie(r, httpx.CookieSession)
	if token == "" {
		return visit{}, nil
	}
	lookup := s.deps.Sessions.LookupAnew
	if access == Open || access == Pending {
		lookup = s.deps.Sessions.Lookup
	}
	view, verdict, err := lookup(r.Context(), token, httpx.ClientAddr(r))
	if core.KindOf(err) == core.Unauthenticated && err != nil {
		return visit{}, nil
	}
	if err != nil {
		return visit{}, err
	}
	v := visit{view: view, verdict: verdict}
	v.signedIn = v.verdict != core.VerdictEnded && v.verdict != core.VerdictElsewhere
	if v.verdict != core.VerdictEnded {
		httpx.BindSession(r, view.Session.ID)
	}
	return v, nil
}

// refuse returns where a visitor goes who may not have this address now, or
// nothing where they may.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, access Access, v visit) string {
	if access == Open || access == Pending {
		return ""
	}
	here, back := s.here(r), ""
	if here != "" {
		back = "?next=" + url.QueryEscape(here)
	}
	switch {
	case access == Leaving && v.verdict == core.VerdictElsewhere:
		return ""
	case !v.signedIn:
		return s.signInAgain(v, here)
	case access == AnySession, access == Leaving:
		return ""
	case v.verdict == core.VerdictStepUp:
		return "/confirm" + back
	case access == PasswordWall:
		return ""
	case v.verdict == core.VerdictPasswordDue:
		return passwordWallPath + back
	case v.verdict == core.VerdictAppDue && access != SignedInWall:
		return s.toSetUp(w, v.view, here)
	case access.confirmed() && !v.view.Session.Confirmed(s.deps.Clock()),
		access.bySecondStep() && v.view.Session.Level < core.LevelEmail,
		access == ConfirmedByCode && !v.view.MayMoveMailbox(s.deps.Clock()),
		access.least() > core.NoAccess && v.view.ByDeviceAlone(s.deps.Clock()):
		return "/confirm" + back
	}
	return ""
}

// setSession gives the browser a session, after a sign-in or where a change has
// renewed it. The cookie lasts as long as the browser runs; the row behind it
// ends it sooner (SE2, SE4).
func (s *Site) setSession(w http.ResponseWriter, token string) {
	s.edge.SetCookie(w, httpx.CookieSession, token, time.Time{})
}
