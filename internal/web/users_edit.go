package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
)

// UserNewPage adds a person (ux 4.5).
type UserNewPage struct {
	Frame
	PersonForm
}

// UserProfilePage is the Profile tab of a person, for administrators.
type UserProfilePage struct {
	Frame
	PersonForm
	UserTabs
}

// PersonForm is what an administrator may write of somebody. What the form was
// shown with travels in it, so that a save never undoes another's.
type PersonForm struct {
	Shown         []ProfileField
	Zones         []ZoneGroup
	ZoneOfAll     string
	LanguageList  []Language
	LanguageOfAll string // by its own name; empty: the browser says
	Own           bool   // it is the reader's own account
}

// UserTabs are the pages of one person.
type UserTabs struct {
	ID   core.ID
	Mail string
	Tab  string // "profile", "security" or "activity"
	All  bool   // whoever looks sees more than Security
}

// personSent are all fields that the form sends.
func personSent() []string {
	names := append(people.FieldNames(), "then")
	for _, name := range people.FieldNames() {
		names = append(names, wasPrefix+name)
	}
	return names
}

// personForm is the form with somebody in it.
func personForm(f core.PersonFields) Form {
	form := Form{order: people.FieldNames()}
	for _, name := range form.order {
		form = form.With(name, people.Text(f, name))
	}
	return form
}

// typedPerson is what the form sent, and what it was shown with.
func typedPerson(form Form) (typed, was core.PersonFields) {
	for _, name := range people.FieldNames() {
		people.Put(&typed, name, form.Value(name))
		people.Put(&was, name, form.Value(wasPrefix+name))
	}
	return typed, was
}

// personFormOf is what a page shows around the form. What the form was shown with
// stays where it was kept with it; otherwise it is what is stored now.
func (s *Site) personFormOf(r *http.Request, form Form, stored core.PersonFields, own bool) PersonForm {
	v := visitOf(r).view
	p := PersonForm{
		Zones: zoneGroups(form.Value("time_zone")), ZoneOfAll: firstOf(v.Organization.TimeZone, "UTC"), Own: own,
		LanguageList: s.languagesWith(form.Value("language")),
	}
	if tag := v.Organization.Language; tag != "" {
		p.LanguageOfAll = s.deps.Words.Name(tag)
	}
	for _, name := range people.FieldNames() {
		was := people.Text(stored, name)
		if form.Ticked(wasPrefix + name) {
			was = form.Value(wasPrefix + name)
		}
		p.Shown = append(p.Shown, ProfileField{name, was})
	}
	return p
}

func (s *Site) userNewShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, personForm(core.PersonFields{Type: core.Ordinary}))
	return s.userNewRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) userNewRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &UserNewPage{
		Frame:      Frame{Title: "users.new.title", Section: "admin", Form: form, Banners: banners, Trail: crumbs(crumbAdmin(), crumbSettings(), crumbUsers())},
		PersonForm: s.personFormOf(r, form, core.PersonFields{}, false),
	})
}

func crumbUsers() Crumb { return Crumb{Text: "users.title", Link: usersPath} }

// userNew is POST /admin/users/new: the person gets an invitation by mail.
func (s *Site) userNew(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, personSent()...)
	form.order = people.FieldNames()
	var u core.User
	if err == nil {
		typed, _ := typedPerson(form)
		u, err = s.deps.People.Add(r.Context(), visitOf(r).view, origin(r), typed)
	}
	if err == nil {
		done := "?done=user-added"
		if u.Type == core.NoAccess {
			done = "?done=user-added-quietly"
		}
		if form.Value("then") == "edit" {
			return see(w, r, usersPath+"/"+string(u.ID)+"/profile"+done)
		}
		return see(w, r, usersPath+done)
	}
	if s.confirmKept(w, r, form, err) {
		return nil
	}
	failed, here := form.Failed(err, "first_name")
	if !here {
		return err
	}
	return s.userNewRender(w, r, statusOf(w, err), failed)
}

// confirmKept sends to "Confirm it's you" where err asks for it, and keeps what
// was typed for afterwards.
func (s *Site) confirmKept(w http.ResponseWriter, r *http.Request, form Form, err error) bool {
	if core.CodeOf(err) == "confirm.needed" {
		s.keepForm(w, r, visitOf(r), r.URL.EscapedPath(), form)
	}
	return confirmFirst(w, r, err, r.URL.EscapedPath())
}

// userOf returns the person of an address.
func (s *Site) userOf(r *http.Request) (people.Person, error) {
	return s.deps.People.Get(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
}

// userFrame is the frame of a page of one person.
func (s *Site) userFrame(r *http.Request, u core.User) Frame {
	f := Frame{Title: "users.person.title", TitleWith: []any{"Name", u.Name()}}
	f.Section, f.Trail = s.usersSection(r)
	f.Trail = append(f.Trail, crumbUsers())
	return f
}

func (s *Site) userTabs(r *http.Request, u core.User, tab string) UserTabs {
	return UserTabs{ID: u.ID, Mail: u.Email, Tab: tab, All: visitOf(r).view.Account.User.Type == core.Administrator}
}

// userFirstTab leads to the page of a person that whoever looks may see.
func (s *Site) userFirstTab(w http.ResponseWriter, r *http.Request) error {
	p, err := s.userOf(r)
	if err != nil {
		return err
	}
	tab := "/security"
	if p.May.Edit {
		tab = "/profile"
	}
	return see(w, r, usersPath+"/"+string(p.Account.User.ID)+tab)
}

func (s *Site) userProfileShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.userOf(r)
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, personForm(p.Account.User.Fields()))
	return s.userProfileRender(w, r, http.StatusOK, p.Account.User, form, keptBanner(kept)...)
}

func (s *Site) userProfileRender(w http.ResponseWriter, r *http.Request, status int, u core.User, form Form, banners ...Banner) error {
	own := u.ID == visitOf(r).view.Account.User.ID
	page := &UserProfilePage{Frame: s.userFrame(r, u), PersonForm: s.personFormOf(r, form, u.Fields(), own), UserTabs: s.userTabs(r, u, "profile")}
	page.Form, page.Banners = form, banners
	return s.Render(w, r, status, page)
}

// userProfileSave is the one Save of the tab. One's own address and type are not
// in one's own form: they stay as they are.
func (s *Site) userProfileSave(w http.ResponseWriter, r *http.Request) error {
	p, err := s.userOf(r)
	if err != nil {
		return err
	}
	u, v := p.Account.User, visitOf(r).view
	form, err := s.readForm(r, personSent()...)
	form.order = people.FieldNames()
	if err == nil {
		typed, was := typedPerson(form)
		if u.ID == v.Account.User.ID {
			typed.Email, typed.Type, was.Email, was.Type = u.Email, u.Type, u.Email, u.Type
		}
		err = s.deps.People.Save(r.Context(), v, origin(r), u.ID, typed, was)
	}
	if err == nil {
		if form.Value("then") == "edit" {
			return see(w, r, r.URL.EscapedPath()+"?done=user-saved")
		}
		return see(w, r, usersPath+"?done=user-saved")
	}
	if s.confirmKept(w, r, form, err) {
		return nil
	}
	failed, here := form.Failed(err, "first_name")
	if !here {
		return err
	}
	return s.userProfileRender(w, r, statusOf(w, err), u, settled(failed, err), changedPersonBanner(err, v)...)
}

// changedPersonBanner says who changed the person meanwhile.
func changedPersonBanner(err error, v core.SessionView) []Banner {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind != core.Conflict {
		return nil
	}
	by, _ := e.Params["by"].(string)
	at, known := e.Params["at"].(time.Time)
	if by == "" || !known {
		return nil
	}
	return []Banner{{Tone: "notice", Text: "users.person.changed_by", With: []any{"Name", by, "Time", Moment{at, zoneOf(v)}}}}
}
