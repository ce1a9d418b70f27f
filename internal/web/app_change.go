package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
)

// AppRenamePage asks for another name for an authenticator app.
type AppRenamePage struct {
	Frame
	ID core.ID
}

// AppRemovePage asks before an authenticator app is removed.
type AppRemovePage struct {
	Frame
	ID       core.ID
	Name     string
	Last     bool // codes come by email afterwards
	Recovery bool // there are recovery codes
	ForGood  bool // the organization takes no new apps
}

func (s *Site) appOf(r *http.Request) (core.Credential, error) {
	return s.deps.TwoFactor.App(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
}

func (s *Site) appRenameShow(w http.ResponseWriter, r *http.Request) error {
	app, err := s.appOf(r)
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, Form{}.With("label", app.Label))
	return s.appRenameRender(w, r, http.StatusOK, app, form, keptBanner(kept)...)
}

func (s *Site) appRenameRender(w http.ResponseWriter, r *http.Request, status int, app core.Credential, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &AppRenamePage{
		Frame: Frame{Title: "account.app_rename.title", Section: "account", Form: form, Banners: banners}, ID: app.ID,
	})
}

func (s *Site) appRename(w http.ResponseWriter, r *http.Request) error {
	app, err := s.appOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, "label")
	if err == nil {
		err = s.deps.TwoFactor.RenameApp(r.Context(), visitOf(r).view, origin(r), app.ID, form.Value("label"))
	}
	if err == nil {
		return see(w, r, securityPath+"?done=app-renamed#apps")
	}
	failed, ok := form.Failed(err, "label")
	if !ok {
		return err
	}
	return s.appRenameRender(w, r, statusOf(w, err), app, failed)
}

func (s *Site) appRemoveShow(w http.ResponseWriter, r *http.Request) error {
	app, err := s.appOf(r)
	if err != nil {
		return err
	}
	return s.appRemoveRender(w, r, http.StatusOK, app, Form{})
}

func (s *Site) appRemoveRender(w http.ResponseWriter, r *http.Request, status int, app core.Credential, form Form) error {
	acc := visitOf(r).view.Account
	return s.Render(w, r, status, &AppRemovePage{
		Frame: Frame{
			Title: "account.app_remove.title", TitleWith: []any{"name", app.Label}, Section: "account", Form: form,
		},
		ID: app.ID, Name: app.Label, Last: acc.Apps+acc.WaitingApps == 1, Recovery: acc.RecoveryCodes > 0,
		ForGood: visitOf(r).view.Organization.Policy.NoNewApps,
	})
}

func (s *Site) appRemove(w http.ResponseWriter, r *http.Request) error {
	app, err := s.appOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r)
	if err != nil {
		return err
	}
	token, err := s.deps.TwoFactor.RemoveApp(r.Context(), visitOf(r).view, origin(r), app.ID)
	if err == nil {
		s.renewed(w, token)
		return see(w, r, securityPath+"?done=app-removed#apps")
	}
	if confirmFirst(w, r, err, securityPath+"/apps/"+string(app.ID)+"/remove") {
		return nil
	}
	failed, ok := form.Failed(err, "remove")
	if !ok {
		return err
	}
	return s.appRemoveRender(w, r, statusOf(w, err), app, failed)
}
