package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ElsewherePage tells somebody who knows the password, or holds an open session,
// that the organization does not let people in from this network (ux 4.4).
type ElsewherePage struct {
	Frame
	Address string // where the request comes from
	Waits   bool   // a session waits here for an allowed network
	Contact Contact
}

// Contact is whom people may ask.
type Contact struct {
	Help   string // the organization's own words; may be empty
	People []core.Contact
}

func contactOf(o core.Organization) Contact {
	return Contact{Help: o.Help, People: o.PointsOfContact()}
}

// elsewhere shows that page in the place of one that was asked for.
func (s *Site) elsewhere(w http.ResponseWriter, r *http.Request, org core.Organization, waits bool) error {
	return s.Render(w, r, http.StatusForbidden, &ElsewherePage{
		Frame:   Frame{Title: "signin.elsewhere.title", Organization: org.Name, Language: org.Language, Card: true},
		Address: httpx.ClientAddress(r), Waits: waits, Contact: contactOf(org),
	})
}
