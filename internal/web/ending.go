package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Ends says when a session will end by itself, in seconds from the making of
// the page: a browser's clock need not be right (ux §1.10).
type Ends struct {
	Idle int // if nothing happens from now on
	Last int // whatever happens
}

// endsOf counts from now: the request for the page was a use of the session.
func endsOf(v core.SessionView, now time.Time) *Ends {
	p := v.Organization.Policy
	return &Ends{
		Idle: int(p.Idle / time.Second),
		Last: int(v.Session.SignedInAt.Add(p.Absolute).Sub(now) / time.Second),
	}
}

// here returns the address of the page that a request shows or belongs to,
// for coming back to after signing in again; empty where there is none. A form
// that is sent to an address without a page of its own stands on the nearest one
// above it.
func (s *Site) here(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	_, pattern, _ := strings.Cut(r.Pattern, " ")
	if pattern == "/confirm" { // the page that asked for it asks again
		return ""
	}
	path := r.URL.EscapedPath()
	for !s.shown[pattern] {
		pattern, path = above(pattern), above(path)
	}
	return path
}

// above is the address one step up; that of a page at the root is empty.
func above(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

// signInAgain returns the sign-in page for a visitor whose session is over, with
// the reason where the session ended by itself and the way back.
func (s *Site) signInAgain(v visit, here string) string {
	if v.view.Session.EndReason == core.EndElsewhere {
		if here == "" {
			return sessionEndedPath
		}
		return sessionEndedPath + "?next=" + url.QueryEscape(here)
	}
	q := url.Values{}
	if here != "" {
		q.Set("next", here)
	}
	if why := v.view.Session.Lapsed(v.view.Organization.Policy, s.deps.Clock()); v.view.Session.ID != "" && why != "" {
		q.Set("why", string(why))
	}
	if len(q) == 0 {
		return "/signin"
	}
	return "/signin?" + q.Encode()
}
