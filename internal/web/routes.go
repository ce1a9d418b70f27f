package web

import (
	"net/http"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Access is what an address asks of a visitor before its handler runs. There
// is no default: the zero value is refused by a test.
type Access int

// The kinds of access.
const (
	// Open: everybody.
	Open Access = iota + 1
	// Pending: a sign-in that is half done; the handler finds it by its cookie
	// and nothing else (law 4).
	Pending
	// SignedIn: a session whose verdict is open.
	SignedIn
	// SignedInWall: also a session that must set up an app before anything
	// else: the set-up itself, help and signing out.
	SignedInWall
	// PasswordWall: also a session whose person must choose a new password before
	// anything else: that page, help and signing out.
	PasswordWall
	// AnySession: a session that has not ended, whatever is still asked of it:
	// "Confirm it's you".
	AnySession
	// Leaving: AnySession, also from a network where nothing else opens: signing
	// out.
	Leaving
	// Confirmed: SignedIn, and "Confirm it's you" within the last 10 minutes
	// (ux §1.7).
	Confirmed
	// ConfirmedByCode: Confirmed, and by a code too, also where the account has no
	// second factor: [core.SessionView.MayMoveMailbox].
	ConfirmedByCode
	// ConfirmedBySecondStep: Confirmed, in a session that has shown a second step,
	// also where the account has none: making API keys (AK5).
	ConfirmedBySecondStep
	// Helping: SignedIn by the help desk or an administrator; for others there is
	// no such page. Where a remembered device stood in for the second step it is
	// shown first: a device opens no page of theirs (RD5).
	Helping
	// HelpingConfirmed: Helping, and "Confirm it's you" as for Confirmed (SU2).
	HelpingConfirmed
	// Administering: Helping, for administrators alone.
	Administering
	// AdministeringConfirmed: Administering, and "Confirm it's you" (SU2).
	AdministeringConfirmed
	// AdministeringBySecondStep: AdministeringConfirmed, as ConfirmedBySecondStep is.
	AdministeringBySecondStep
)

// String returns the access as it stands in the route table's golden file.
func (a Access) String() string {
	switch a {
	case Open:
		return "open"
	case Pending:
		return "pending"
	case SignedIn:
		return "signed-in"
	case SignedInWall:
		return "signed-in-wall"
	case PasswordWall:
		return "password-wall"
	case AnySession:
		return "any-session"
	case Leaving:
		return "leaving"
	case Confirmed:
		return "confirmed"
	case ConfirmedByCode:
		return "confirmed-by-code"
	case Helping:
		return "helping"
	case HelpingConfirmed:
		return "helping-confirmed"
	case Administering:
		return "administering"
	case AdministeringConfirmed:
		return "administering-confirmed"
	case ConfirmedBySecondStep:
		return "confirmed-by-second-step"
	case AdministeringBySecondStep:
		return "administering-by-second-step"
	}
	return "undeclared"
}

// confirmed reports whether the access asks for "Confirm it's you".
func (a Access) confirmed() bool {
	return a == Confirmed || a == HelpingConfirmed || a == AdministeringConfirmed || a.bySecondStep()
}

// bySecondStep reports whether the session must have shown a second step.
func (a Access) bySecondStep() bool {
	return a == ConfirmedBySecondStep || a == AdministeringBySecondStep
}

// least is the user type from which on there is such a page.
func (a Access) least() core.UserType {
	switch a {
	case Helping, HelpingConfirmed:
		return core.HelpDesk
	case Administering, AdministeringConfirmed, AdministeringBySecondStep:
		return core.Administrator
	}
	return core.NoAccess
}

// Route is one line of the table: what is answered, to whom, by what.
type Route struct {
	Method  string // GET also answers HEAD
	Pattern string // as in net/http.ServeMux
	Access  Access
	handle  httpx.Handler
}

// Routes returns the whole table. Nothing is served that does not stand here.
func (s *Site) Routes() []Route {
	return slices.Concat(s.signedOutRoutes(), s.accountRoutes(), s.pauseRoutes(), s.profileRoutes(), s.adminRoutes(), s.mailRoutes(), s.helpRoutes(), s.groupRoutes(), s.keyRoutes(), s.helpPages(), s.userRoutes(), s.bulkRoutes(), s.loadRoutes(), s.scheduleRoutes())
}

// Register ties the pages to the edge they are served through and puts every
// route on a mux. It is called once, before the first request: the edge needs
// the pages for its errors and the pages need the edge for cookies and forms.
func (s *Site) Register(mux *http.ServeMux, edge *httpx.Site) {
	s.edge, s.shown = edge, map[string]bool{"": true} // above the root there is none
	for _, route := range s.Routes() {
		if route.Method == http.MethodGet {
			s.shown[route.Pattern] = true
		}
		mux.Handle(route.Method+" "+route.Pattern, edge.Wrap(s.guard(route.Access, route.handle)))
	}
}
