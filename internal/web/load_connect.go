package web

import "net/http"

const loadConnectPath = loadPath + "/connect"

// LoadConnectPage tells how programs load, of both kinds (ux §5).
type LoadConnectPage struct {
	Frame
	Tab     string
	Server  string // our own address, as programs reach it
	Command string // as it is copied
	Old     bool   // the organization lets programs in with a password alone
	Pauses  bool   // and two-factor authentication be paused for them
}

func (s *Site) loadConnect(w http.ResponseWriter, r *http.Request) error {
	policy, server := visitOf(r).view.Organization.Policy, s.edge.Origin()
	return s.Render(w, r, http.StatusOK, &LoadConnectPage{
		Frame: Frame{Title: "loading.connect.title", Section: "load", Trail: crumbs(crumbLoad())}, Tab: "connect",
		Server: server, Command: "sallyport load run PACKAGE FILE --server " + server + " --access-key KEY",
		Old: !policy.NoPasswordClients, Pauses: len(policy.PauseLengths()) > 0,
	})
}
