package web

import "net/http"

// HelpPage lists the help pages (ux 3.13). They are open to everybody.
type HelpPage struct {
	Frame
	Help string // whom to ask, as the organization wrote it; empty while unknown
}

// HelpTwoFactorPage tells what two-factor authentication is and how to turn it
// on.
type HelpTwoFactorPage struct {
	Frame
	Help   string
	Stores []StoreApp
}

// HelpLostPhonePage tells what to do without the phone.
type HelpLostPhonePage struct {
	Frame
	Help string
}

// HelpSigningInPage tells what to do when a code does not come or work.
type HelpSigningInPage struct {
	Frame
	Help string
}

func (s *Site) helpShow(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpPage{Frame: helpFrame("help.title"), Help: helpOf(r)})
}

func (s *Site) helpTwoFactor(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpTwoFactorPage{
		Frame: helpFrame("help.two_factor.title"), Help: helpOf(r), Stores: storeApps(deviceOf(r.UserAgent())),
	})
}

func (s *Site) helpLostPhone(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpLostPhonePage{Frame: helpFrame("help.lost_phone.title"), Help: helpOf(r)})
}

func (s *Site) helpSigningIn(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpSigningInPage{Frame: helpFrame("help.signing_in.title"), Help: helpOf(r)})
}

func helpFrame(title string) Frame { return Frame{Title: title, Section: "help", Wide: true} }

// helpOf returns the organization's own words on whom to ask. Signed out there
// is no organization yet.
func helpOf(r *http.Request) string { return visitOf(r).view.Organization.Help }
