package web

import (
	"errors"
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Nothing on this tab asks for "Confirm it's you": ending takes rights away, and
// a name gives none (ADR on ending sessions).

// sessionEnd ends one of the person's sessions. Ending the one that asks is
// signing out.
func (s *Site) sessionEnd(w http.ResponseWriter, r *http.Request) error {
	id := core.ID(r.PathValue("id"))
	if id == visitOf(r).view.Session.ID {
		return s.signOut(w, r)
	}
	if form, err := s.readForm(r); err != nil {
		return s.sessionsFailed(w, r, form, err, "sessions")
	}
	if err := s.deps.OwnSessions.EndOne(r.Context(), visitOf(r).view, origin(r), id); err != nil {
		return err
	}
	return see(w, r, sessionsPath+"?done=session-ended")
}

// sessionsEndOthers is "Sign out everywhere else".
func (s *Site) sessionsEndOthers(w http.ResponseWriter, r *http.Request) error {
	if form, err := s.readForm(r); err != nil {
		return s.sessionsFailed(w, r, form, err, "sessions")
	}
	err := s.deps.OwnSessions.EndOthers(r.Context(), visitOf(r).view, origin(r))
	if errors.Is(err, core.ErrStale) {
		return see(w, r, sessionsPath) // this session ended meanwhile: that page says so
	}
	if err != nil {
		return err
	}
	return see(w, r, sessionsPath+"?done=others-ended")
}

// sessionsFailed shows the tab with what is wrong beside the part of it that
// was used.
func (s *Site) sessionsFailed(w http.ResponseWriter, r *http.Request, form Form, err error, field string) error {
	failed, ok := form.Failed(err, field)
	if !ok {
		return err
	}
	return s.sessionsRender(w, r, statusOf(w, err), failed)
}

func (s *Site) deviceOf(r *http.Request) (core.Device, error) {
	return s.deps.OwnSessions.Device(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
}

func (s *Site) deviceRenameShow(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deviceOf(r)
	if err != nil {
		return err
	}
	label := s.printer(r, visitOf(r).view).Device(d.Label)
	form, kept := s.typed(w, r, Form{}.With("label", label))
	return s.deviceRenameRender(w, r, http.StatusOK, d, form, keptBanner(kept)...)
}

func (s *Site) deviceRenameRender(w http.ResponseWriter, r *http.Request, status int, d core.Device, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &DeviceRenamePage{
		Frame: Frame{Title: "account.device_rename.title", Section: "account", Form: form, Banners: banners}, ID: d.ID,
	})
}

func (s *Site) deviceRename(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deviceOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, "label")
	if err == nil {
		err = s.deps.OwnSessions.RenameDevice(r.Context(), visitOf(r).view, origin(r), d.ID, form.Value("label"))
	}
	if err == nil {
		return see(w, r, sessionsPath+"?done=device-renamed#devices")
	}
	failed, ok := form.Failed(err, "label")
	if !ok {
		return err
	}
	return s.deviceRenameRender(w, r, statusOf(w, err), d, failed)
}

// deviceForget forgets one remembered device. A second press finds it gone
// already, which is what was asked for: only another person's is not found.
func (s *Site) deviceForget(w http.ResponseWriter, r *http.Request) error {
	if form, err := s.readForm(r); err != nil {
		return s.sessionsFailed(w, r, form, err, "devices")
	}
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	if err := s.deps.OwnSessions.ForgetDevice(r.Context(), v, origin(r), id); err != nil {
		return err
	}
	if id == v.Session.DeviceID {
		s.edge.ClearCookie(w, httpx.CookieDevice)
	}
	return see(w, r, sessionsPath+"?done=device-forgotten#devices")
}

// devicesForget is "Forget all".
func (s *Site) devicesForget(w http.ResponseWriter, r *http.Request) error {
	if form, err := s.readForm(r); err != nil {
		return s.sessionsFailed(w, r, form, err, "devices")
	}
	if err := s.deps.OwnSessions.ForgetDevices(r.Context(), visitOf(r).view, origin(r)); err != nil {
		return err
	}
	s.edge.ClearCookie(w, httpx.CookieDevice)
	return see(w, r, sessionsPath+"?done=devices-forgotten#devices")
}
