package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// cookieWanted holds the address of the application that sent a person to set
// up an authenticator app, sealed for that person, so that the way goes on
// there afterwards.
const cookieWanted = "sp_wanted"

// wantedKept is how long it waits: a set-up takes fifteen minutes at most, and
// confirming before it as long again.
const wantedKept = 30 * time.Minute

// Wanted is the application that waits for an authenticator app.
type Wanted struct {
	Name string // as registered, never from an address
	To   string // our own address that leads there
	Open bool   // there is an app now: it can be opened
	// Closed: there is none, and the organization takes no new ones.
	Closed bool
}

// applicationAddress returns the address that a path of ours leads out to, or
// the address itself where it is not a path; empty where it stays here.
func applicationAddress(to string) string {
	if u, err := url.Parse(to); err == nil && u.Path == "/continue" {
		to = u.Query().Get("to")
	}
	if strings.HasPrefix(to, "/") {
		return ""
	}
	return to
}

// toSetUp sends a person to the Security tab and keeps where they were going,
// if that is an application.
func (s *Site) toSetUp(w http.ResponseWriter, v core.SessionView, to string) string {
	if address := applicationAddress(to); address != "" {
		s.edge.SetSealed(w, cookieWanted, v.Account.User.ID, address, s.deps.Clock().Add(wantedKept))
	}
	return securityPath
}

// wanted returns the application that waits for this person's app; nil where
// none does. What cannot be found out is not shown: the tab works without it.
func (s *Site) wanted(r *http.Request, v core.SessionView) *Wanted {
	address, ok := s.edge.Sealed(r, cookieWanted, v.Account.User.ID)
	if !ok {
		return nil
	}
	app, err := s.deps.Addresses.ApplicationAt(r.Context(), address)
	if err != nil || app.OrganizationID != v.Account.User.OrganizationID || !app.MayOpen(v.Account.Groups) {
		return nil
	}
	return &Wanted{
		Name: app.Name, To: "/signin?rd=" + url.QueryEscape(address),
		Open:   visitOf(r).verdict == core.VerdictOpen && (v.Account.Apps > 0 || app.Level <= levelOf(v)),
		Closed: v.Organization.Policy.NoNewApps,
	}
}
