package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/passwordclient"
)

// AppPasswords looks after what old programs show in place of a password (package
// passwordclient).
type AppPasswords interface {
	// OldPrograms returns the applications that the signed-in person may have one
	// for; the zero one is our own loader.
	OldPrograms(ctx context.Context, v core.SessionView) ([]core.Application, error)
	AppPasswords(ctx context.Context, v core.SessionView) (core.AppPasswords, error)
	MakeAppPassword(ctx context.Context, v core.SessionView, o core.Origin, w passwordclient.WantedAppPassword) (passwordclient.MadeAppPassword, error)
	DeleteAppPassword(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
}

const (
	appPasswordsPath = securityPath + "/app-passwords"
	appPasswordPath  = appPasswordsPath + "/{id}"
	// ownLoader is the value of our own loader in the form.
	ownLoader = "loader"
)

// AppPasswordsPage lists a person's app passwords, and makes one.
type AppPasswordsPage struct {
	Frame
	Rows     []AppPasswordRow
	Programs []AppPasswordFor
	Lives    []int  // how many days one may live
	Network  string // of the request; empty: not known
	Refused  string // text id of why none can be made; empty: one can
}

// AppPasswordRow is one as it is shown.
type AppPasswordRow struct {
	core.AppPassword
	Application string // empty: our own loader
	Gone        bool   // the application is not there any more
	State       string // "live", "soon", "expired"
	Link        string
}

// AppPasswordFor is an application that one may be made for.
type AppPasswordFor struct {
	Value  string
	Name   string // empty: our own loader
	Chosen bool
}

// appPasswordFields are those of a new one.
func appPasswordFields() []string { return []string{"name", "application", "network", "life"} }

func appPasswordLives() []int { return []int{30, 90, 365} }

func (s *Site) appPasswordsShow(w http.ResponseWriter, r *http.Request) error {
	form := Form{order: appPasswordFields()}.With("network", "here").With("life", "90")
	form, kept := s.typed(w, r, form)
	return s.appPasswordsRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) appPasswordsRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	v := visitOf(r).view
	rows, err := s.appPasswordRows(r)
	if err != nil {
		return err
	}
	page := &AppPasswordsPage{Frame: appPasswordFrame("app_passwords.title", false, form, banners...), Rows: rows, Lives: appPasswordLives(), Network: origin(r).Network}
	programs, err := s.deps.AppPasswords.OldPrograms(r.Context(), v)
	switch {
	case errors.Is(err, core.ErrClientsOff):
		page.Refused = "error.client.off"
	case err != nil:
		return err
	case len(programs) == 0:
		page.Refused = "app_passwords.no_application"
	}
	for _, a := range programs {
		value := string(a.ID)
		if value == "" {
			value = ownLoader
		}
		page.Programs = append(page.Programs, AppPasswordFor{value, a.Name, form.Value("application") == value || len(programs) == 1})
	}
	return s.Render(w, r, status, page)
}

func appPasswordFrame(title string, within bool, form Form, banners ...Banner) Frame {
	f := Frame{Title: title, Section: "account", Form: form, Banners: banners, Trail: []Crumb{{Text: "account.security.title", Link: securityPath}}}
	if within {
		f.Trail = append(f.Trail, Crumb{Text: "app_passwords.title", Link: appPasswordsPath})
	}
	return f
}

// appPasswordRows are the visitor's app passwords with what they are for.
func (s *Site) appPasswordRows(r *http.Request) ([]AppPasswordRow, error) {
	v, now := visitOf(r).view, s.deps.Clock()
	all, err := s.deps.AppPasswords.AppPasswords(r.Context(), v)
	if err != nil {
		return nil, err
	}
	applications, err := s.deps.Applications.Applications(r.Context(), v.Account.User.OrganizationID)
	if err != nil {
		return nil, err
	}
	names := map[core.ID]string{}
	for _, a := range applications {
		names[a.ID] = a.Name
	}
	var rows []AppPasswordRow
	for _, p := range all {
		name, there := names[p.ApplicationID]
		row := AppPasswordRow{p, name, p.ApplicationID != "" && !there, "live", appPasswordsPath + "/" + url.PathEscape(string(p.ID))}
		switch {
		case p.Expired(now):
			row.State = "expired"
		case p.Expired(now.Add(appPasswordSoon)):
			row.State = "soon"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// appPasswordSoon is how long before its end one is shown in amber.
const appPasswordSoon = 14 * 24 * time.Hour

// appPasswordOf returns the visitor's app password that an address names.
func (s *Site) appPasswordOf(r *http.Request) (AppPasswordRow, error) {
	rows, err := s.appPasswordRows(r)
	for _, row := range rows {
		if string(row.ID) == r.PathValue("id") {
			return row, nil
		}
	}
	if err == nil {
		err = httpx.NoPage()
	}
	return AppPasswordRow{}, err
}

// forAppPasswords reports whether a page leads to making an app password, for which
// a second step is shown.
func forAppPasswords(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	path, err := url.PathUnescape(path)
	return err == nil && path == appPasswordsPath
}

func (s *Site) appPasswordMake(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, appPasswordFields()...)
	var made passwordclient.MadeAppPassword
	if err == nil {
		days, _ := strconv.ParseInt(form.Value("life"), 10, 16) // what is no number is no life
		wanted := passwordclient.WantedAppPassword{
			Name: form.Value("name"), Application: core.ID(form.Value("application")), Anywhere: form.Value("network") == "any", Life: time.Duration(days) * 24 * time.Hour,
		}
		switch wanted.Application {
		case "":
			wanted.Application = "none" // nothing was chosen
		case ownLoader:
			wanted.Application = ""
		}
		made, err = s.deps.AppPasswords.MakeAppPassword(r.Context(), visitOf(r).view, origin(r), wanted)
	}
	if err == nil {
		return s.appPasswordMade(w, r, made)
	}
	if confirmFirst(w, r, err, appPasswordsPath) {
		return nil
	}
	failed, here := form.Failed(err, "name")
	if code := core.CodeOf(err); !here && (code == "app_password.level" || errors.Is(err, core.ErrClientsOff)) {
		var known *core.Error
		errors.As(err, &known)
		failed, here = form.Wrong("name", known), true
	}
	if !here {
		return err
	}
	return s.appPasswordsRender(w, r, statusOf(w, err), failed)
}

// appPasswordMade leads to the page that shows a new one, as a new key's secret is
// shown.
func (s *Site) appPasswordMade(w http.ResponseWriter, r *http.Request, made passwordclient.MadeAppPassword) error {
	text, err := json.Marshal(newKey{ID: string(made.AppPassword.ID), Secret: made.Text})
	if err != nil {
		return err
	}
	if !s.edge.SetSealed(w, cookieKey, visitOf(r).view.Account.User.ID, string(text), s.deps.Clock().Add(keyShown)) {
		return errors.New("the app password does not fit into a cookie")
	}
	return see(w, r, appPasswordsPath+"/"+url.PathEscape(string(made.AppPassword.ID))+"/saved")
}

// AppPasswordSavedPage shows a new one, once, or says that it cannot be shown again.
type AppPasswordSavedPage struct {
	Frame
	Row   AppPasswordRow
	Text  string // empty: it is over
	Login string // what the program shows beside it
}

func (s *Site) appPasswordSavedShow(w http.ResponseWriter, r *http.Request) error {
	return s.appPasswordSavedRender(w, r, http.StatusOK, Form{order: []string{"saved"}})
}

func (s *Site) appPasswordSavedRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	row, err := s.appPasswordOf(r)
	if err != nil {
		return err
	}
	page := &AppPasswordSavedPage{Frame: appPasswordFrame("app_passwords.saved.title", true, form), Row: row, Login: visitOf(r).view.Account.User.Login()}
	if k, there := s.shownKey(r); there {
		page.Text = k.Secret
	} else {
		page.Title = "app_passwords.saved.title_over"
	}
	return s.Render(w, r, status, page)
}

// errAppPasswordSaved asks to tick that it is in the program.
var errAppPasswordSaved = core.NewError(core.Invalid, "app_password.saved")

// appPasswordSaved ends the showing.
func (s *Site) appPasswordSaved(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "saved")
	if err == nil {
		_, err = s.appPasswordOf(r)
	}
	if err != nil {
		return err
	}
	if _, there := s.shownKey(r); there && form.Value("saved") == "" {
		failed, _ := form.Failed(core.InField("saved", errAppPasswordSaved), "saved")
		return s.appPasswordSavedRender(w, r, http.StatusUnprocessableEntity, failed)
	}
	s.edge.ClearCookie(w, cookieKey)
	return see(w, r, appPasswordsPath+"?done=app-password-saved")
}

// AppPasswordDeletePage asks before one is deleted.
type AppPasswordDeletePage struct {
	Frame
	Row AppPasswordRow
}

func (s *Site) appPasswordDeleteShow(w http.ResponseWriter, r *http.Request) error {
	return s.appPasswordDeleteRender(w, r, http.StatusOK, Form{})
}

func (s *Site) appPasswordDeleteRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	row, err := s.appPasswordOf(r)
	if err != nil {
		return err
	}
	f := appPasswordFrame("app_passwords.delete.title", true, form)
	f.TitleWith = []any{"Name", row.Name}
	return s.Render(w, r, status, &AppPasswordDeletePage{f, row})
}

func (s *Site) appPasswordDelete(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.AppPasswords.DeleteAppPassword(r.Context(), visitOf(r).view, origin(r), core.ID(r.PathValue("id")))
	}
	if err == nil {
		return see(w, r, appPasswordsPath+"?done=app-password-deleted")
	}
	failed, here := form.Failed(err, "delete")
	if !here {
		return err
	}
	return s.appPasswordDeleteRender(w, r, statusOf(w, err), failed)
}
