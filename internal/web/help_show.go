package web

import "net/http"

// HelpPage lists the help pages (ux 3.13). They are open to everybody.
type HelpPage struct {
	Frame
	Contact Contact // whom to ask; empty while unknown
}

// HelpTwoFactorPage tells what two-factor authentication is and how to turn it
// on.
type HelpTwoFactorPage struct {
	Frame
	Contact Contact
	Stores  []StoreApp
}

// HelpLostPhonePage tells what to do without the phone.
type HelpLostPhonePage struct {
	Frame
	Contact Contact
}

// HelpSigningInPage tells what to do when a code does not come or work.
type HelpSigningInPage struct {
	Frame
	Contact Contact
}

// HelpDataLoaderPage tells how the two Data Loaders get in while two-factor
// authentication is on.
type HelpDataLoaderPage struct {
	Frame
	Contact Contact
}

func (s *Site) helpShow(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpPage{Frame: helpFrame("help.title"), Contact: helpOf(r)})
}

func (s *Site) helpTwoFactor(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpTwoFactorPage{
		Frame: helpFrame("help.two_factor.title"), Contact: helpOf(r), Stores: storeApps(deviceOf(r.UserAgent())),
	})
}

func (s *Site) helpLostPhone(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpLostPhonePage{Frame: helpFrame("help.lost_phone.title"), Contact: helpOf(r)})
}

func (s *Site) helpSigningIn(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpSigningInPage{Frame: helpFrame("help.signing_in.title"), Contact: helpOf(r)})
}

// HelpKeysPage tells what API keys are and how to make and use one.
type HelpKeysPage struct {
	Frame
	Contact Contact
}

func (s *Site) helpKeys(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpKeysPage{Frame: helpFrame("help.keys.title"), Contact: helpOf(r)})
}

func (s *Site) helpDataLoader(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &HelpDataLoaderPage{Frame: helpFrame("help.data_loader.title"), Contact: helpOf(r)})
}

func helpFrame(title string) Frame { return Frame{Title: title, Section: "help", Wide: true} }

// helpOf returns whom the organization's people may ask. Signed out there is no
// organization yet, and none from a network that it does not allow.
func helpOf(r *http.Request) Contact {
	if v := visitOf(r); v.signedIn {
		return contactOf(v.view.Organization)
	}
	return Contact{}
}
