package api

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Browser is a session of the key's person: a browser that is signed in.
type Browser struct {
	ID         string    `json:"id"`
	Device     string    `json:"device"`
	Network    string    `json:"network"`
	SignedInAt time.Time `json:"signed_in_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
}

// addSessions adds where the key's person is signed in. A key does not end its
// own person's sessions (AK4); those of others an administrator ends by sign-out.
func (a *Resources) addSessions() {
	add(a, operation{"list-sessions", http.MethodGet, "/me/sessions", "sessions", needRead, http.StatusOK}, func(c *call, _ *Nothing) (*Listed[Browser], error) {
		own, err := a.Sessions.Own(c.ctx(), c.view)
		if err != nil {
			return nil, err
		}
		all := make([]Browser, len(own.Sessions))
		for i, s := range own.Sessions {
			all[i] = browser(s)
		}
		return listed(c, "", "", all), nil
	})
}

func browser(s core.Session) Browser {
	return Browser{ID: string(s.ID), Device: s.Device, Network: s.Network, SignedInAt: s.SignedInAt.UTC(), LastSeenAt: s.LastSeenAt.UTC()}
}
