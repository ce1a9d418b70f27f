package web

// How administrators and the help desk help a person, and how the person cancels
// a reset that was asked for in their name (ux 4.5).
const (
	usersPath      = adminPath + "/users"
	groupsPath     = adminPath + "/groups"
	exemptionsPath = adminPath + "/exemptions"
	cancelPath     = "/reset/cancel"         // behind the link of a mail
	cancelOwnPath  = securityPath + "/reset" // for a person who is signed in
)

const (
	resetPattern       = usersPath + "/{id}/reset-two-factor"
	exemptPattern      = usersPath + "/{id}/exempt"
	exemptGroupPattern = groupsPath + "/{id}/exempt"
)

// helpRoutes are those pages. What only takes something away from somebody asks
// for no confirmation where it makes them safer: a reset cancelled, an exemption
// ended.
func (s *Site) helpRoutes() []Route {
	return []Route{
		{"GET", resetPattern, Helping, s.resetOtherShow},
		{"POST", resetPattern, HelpingConfirmed, s.resetOther},
		{"POST", resetPattern + "/cancel", Helping, s.resetOtherCancel},
		{"GET", exemptPattern, Administering, s.exemptShow(false)},
		{"POST", exemptPattern, AdministeringConfirmed, s.exempt(false)},
		{"POST", exemptPattern + "/end", Administering, s.exemptEnd(false)},
		{"GET", exemptGroupPattern, Administering, s.exemptShow(true)},
		{"POST", exemptGroupPattern, AdministeringConfirmed, s.exempt(true)},
		{"POST", exemptGroupPattern + "/end", Administering, s.exemptEnd(true)},
		{"GET", exemptionsPath, Administering, s.exemptionsShow},
		{"GET", cancelPath, Open, s.cancelShow},
		{"POST", cancelPath, Open, s.cancelPress},
		{"GET", cancelPath + "/{token}", Open, s.openLink(cookieCancel, cancelPath)},
		{"GET", cancelOwnPath, SignedIn, s.cancelOwnShow},
		{"POST", cancelOwnPath, SignedIn, s.cancelOwnPress},
	}
}
