package api

import (
	"context"
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
)

// LinkSent is which link was mailed.
type LinkSent struct {
	Body struct {
		Kind string `json:"kind" enum:"invitation,reset"`
	} `nameHint:"LinkSent"`
}

// SignedOut is what of somebody's browsers is to be ended.
type SignedOut struct {
	Named
	Body struct {
		ForgetDevices bool `json:"forget_devices,omitempty"`
	} `nameHint:"SignOut"`
}

// addDeeds adds what a page does to somebody by one press of a button.
func (a *Resources) addDeeds() {
	add(a, operation{"send-link", http.MethodPost, "/people/{id}/send-link", "people", needWrite, http.StatusOK}, a.sendLink)
	type deed = func(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	plain := func(name string, need need, do deed) {
		add(a, operation{name, http.MethodPost, "/people/{id}/" + name, "people", need, http.StatusNoContent}, func(c *call, in *Named) (*Nothing, error) {
			return nil, do(c.ctx(), c.view, c.origin, core.ID(in.ID))
		})
	}
	plain("let-try", needWrite, a.People.LetTry)
	plain("require-password", needWrite, a.People.RequirePassword)
	plain("require-two-factor", needWrite, a.People.RequireTwoFactor)
	plain("deactivate", needState, a.People.Deactivate)
	plain("reactivate", needState, a.People.Reactivate)
	add(a, operation{"sign-out", http.MethodPost, "/people/{id}/sign-out", "people", needWrite, http.StatusNoContent}, func(c *call, in *SignedOut) (*Nothing, error) {
		return nil, a.People.SignOut(c.ctx(), c.view, c.origin, core.ID(in.ID), in.Body.ForgetDevices)
	})
}

func (a *Resources) sendLink(c *call, in *Named) (*LinkSent, error) {
	kind, err := a.People.SendLink(c.ctx(), c.view, c.origin, core.ID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &LinkSent{}
	if out.Body.Kind = "reset"; kind == core.LinkInvitation {
		out.Body.Kind = "invitation"
	}
	return out, nil
}
