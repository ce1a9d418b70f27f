package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// TurnOffPage asks how to turn two-factor off (ux 3.7).
type TurnOffPage struct{ Frame }

// TurnOffRefusedPage says that the organization does not allow it and whom to
// ask.
type TurnOffRefusedPage struct {
	Frame
	Help string
}

const turnOffPath = securityPath + "/turn-off"

func (s *Site) turnOffShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	if v.Organization.Policy.Requires(s.deps.Clock()) && !v.Account.Exempt(s.deps.Clock()) {
		return s.Render(w, r, http.StatusOK, &TurnOffRefusedPage{
			Frame: Frame{Title: "account.turn_off.title", Section: "account"}, Help: v.Organization.Ask(),
		})
	}
	if v.Account.User.TwoFactor == core.TwoFactorOff {
		return see(w, r, securityPath)
	}
	form, kept := s.typed(w, r, Form{})
	return s.turnOffRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) turnOffRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &TurnOffPage{Frame: Frame{Title: "account.turn_off.title", Section: "account", Form: form, Banners: banners}})
}

func (s *Site) turnOff(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "how")
	how := form.Value("how")
	if err == nil && how != "now" && how != "remove" {
		err = core.InField("how", core.NewError(core.Invalid, "turn_off.how"))
	}
	var token string
	if err == nil {
		token, err = s.deps.TwoFactor.TurnOff(r.Context(), visitOf(r).view, origin(r), how == "now")
	}
	if err == nil {
		s.renewed(w, token)
		if how == "now" {
			return see(w, r, securityPath+"?done=off-now")
		}
		return see(w, r, securityPath+"?done=off")
	}
	if confirmFirst(w, r, err, turnOffPath) {
		return nil
	}
	if core.KindOf(err) == core.Forbidden && !httpx.FormExpired(err) {
		return see(w, r, turnOffPath) // required since the page was shown: it says so
	}
	failed, ok := form.Failed(err, "how")
	if !ok {
		return err
	}
	return s.turnOffRender(w, r, statusOf(w, err), failed)
}
