package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const sessionEndedPath = "/signin/ended"

// SessionEndedPage says that the account signed in somewhere else, where the
// organization allows one session at a time (ux 3.11).
type SessionEndedPage struct {
	Frame
	At   time.Time
	Next string // a local path to come back to; empty: Home
}

// Moment is a moment shown with its time of day when it stands in a sentence.
type Moment struct {
	At   time.Time
	Zone string
}

// sessionEnded is GET /signin/ended. It tells only the browser that holds the
// ended session's own cookie.
func (s *Site) sessionEnded(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	next := httpx.LocalPath(query.Get("next"))
	if next == "/" {
		next = ""
	}
	v := visitOf(r)
	if v.signedIn || v.view.Session.EndReason != core.EndElsewhere {
		return see(w, r, signinAt(next))
	}
	u, o := v.view.Account.User, v.view.Organization
	return s.Render(w, r, http.StatusOK, &SessionEndedPage{
		Frame: Frame{
			Title: "signin.ended.title", Card: true, Organization: o.Name,
			Language: languageOf(u, o), Zone: zoneOf(v.view),
		},
		At: v.view.Session.EndedAt, Next: next,
	})
}

func signinAt(next string) string {
	if next == "" {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(next)
}

func zoneOf(v core.SessionView) string {
	return firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
}

// endedBanner says on the sign-in page why the session of this browser is over.
// It goes by the row behind the cookie that came along, so nobody else is told
// and no address can claim it.
func endedBanner(v visit) []Banner {
	end := v.view.Session
	if v.signedIn || end.EndedAt.IsZero() {
		return nil
	}
	b := Banner{Tone: "notice"}
	switch end.EndReason {
	case core.EndByOwner:
		b.Text = "signin.again.by_owner"
	case core.EndElsewhere:
		b.Text, b.With = "signin.again.elsewhere", []any{"Time", Moment{end.EndedAt, zoneOf(v.view)}}
		b.Link, b.Act = notYouAfterSignIn(), "signin.ended.not_you"
	case core.EndTooMany:
		b.Text, b.With = "signin.again.too_many", []any{"Count", core.SessionsPerUser}
	case core.EndPasswordChanged:
		b.Text = "signin.again.password"
	case core.EndFactorsChanged:
		b.Text = "signin.again.factors"
	case core.EndEmailChanged:
		b.Text = "signin.again.email"
	case core.EndFactorsReset:
		b.Text = "signin.again.reset"
	case core.EndAdministrator:
		b.Text = "signin.again.administrator"
	case core.EndNotYou:
		b.Text = "signin.again.not_you"
	case core.EndRestored:
		b.Text = "signin.again.restored"
	default:
		return nil // the person signed out, or this browser went on under a new id
	}
	return []Banner{b}
}

// notYouAfterSignIn is where "Wasn't you?" leads from a browser whose session
// is over: whoever presses it must be able to sign in.
func notYouAfterSignIn() string { return signinAt(notYouOwnPath) }
