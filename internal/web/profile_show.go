package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

const profilePath = "/account/profile"

// ProfilePage is the Profile tab of Edit Profile (ux 3.3): one form for what
// people say about themselves, and beside it what has a page of its own.
type ProfilePage struct {
	Frame
	Tab       string         // "profile"
	Shown     []ProfileField // what the form was shown with, for merging
	Zones     []ZoneGroup
	ZoneOfAll string // the organization's time zone
	// LanguageList are the languages to choose from; LanguageOfAll is the name of
	// the organization's, empty where it has none.
	LanguageList  []Language
	LanguageOfAll string
	Email         string
	VerifiedAt    time.Time // zero: never
	// HeldAddress is where codes go until HeldUntil after a change, masked;
	// empty: to the address itself.
	HeldAddress    string
	HeldUntil      time.Time
	Notification   string
	NotificationAt time.Time // when it was verified; zero: never
	Username       string    // empty: the email address
	UserType       string    // text id
	Help           string    // whom to ask, as the organization wrote it
}

// ProfileField is one line as it was when the form was shown.
type ProfileField struct{ Name, Value string }

// ZoneGroup is the time zones of one part of the world.
type ZoneGroup struct {
	Part  string
	Zones []Zone
}

// Zone is one time zone to choose.
type Zone struct{ Name, Place string }

// wasPrefix is how the fields begin that carry the profile as shown.
const wasPrefix = "was_"

// profileFields are the names of the form's fields, in their order.
func profileFields() []string {
	var names []string
	for _, f := range new(core.Profile).Fields() {
		names = append(names, f.Name)
	}
	return names
}

// profileSent are all fields that the form sends.
func profileSent() []string {
	names := profileFields()
	for _, name := range profileFields() {
		names = append(names, wasPrefix+name)
	}
	return names
}

func (s *Site) profileShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, s.profileForm(r))
	return s.profileRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

// profileForm is the form with what is stored now.
func (s *Site) profileForm(r *http.Request) Form {
	p := visitOf(r).view.Account.User.Profile()
	form := Form{order: profileFields()}
	for _, f := range p.Fields() {
		form = form.With(f.Name, *f.Value)
	}
	return form
}

// profileRender shows the tab with a form in it. What the form was shown with
// stays where it was kept with it; otherwise it is what is stored now.
func (s *Site) profileRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	v := visitOf(r).view
	u := v.Account.User
	page := &ProfilePage{
		Frame: Frame{Title: "account.profile.title", Section: "account", Form: form, Banners: banners}, Tab: "profile",
		Zones: zoneGroups(u.TimeZone), ZoneOfAll: firstOf(v.Organization.TimeZone, "UTC"),
		Email: u.Email, VerifiedAt: u.EmailProvedAt, Username: u.Username,
		UserType: userTypeText(u.Type), Help: v.Organization.Ask(),
		Notification: u.NotificationEmail, NotificationAt: u.NotificationProvedAt,
	}
	if held := u.CodeAddress(s.deps.Clock()); held != u.Email {
		page.HeldAddress, page.HeldUntil = core.MaskedEmail(held), u.PreviousEmailUntil
	}
	page.LanguageList = s.languagesWith(u.Language)
	if of := v.Organization.Language; of != "" {
		page.LanguageOfAll = s.deps.Words.Name(of)
	}
	p := u.Profile()
	for _, f := range p.Fields() {
		value := *f.Value
		if form.Ticked(wasPrefix + f.Name) {
			value = form.Value(wasPrefix + f.Name)
		}
		page.Shown = append(page.Shown, ProfileField{f.Name, value})
	}
	return s.Render(w, r, status, page)
}

// zoneGroups are the time zones by the part of the world, and the person's own
// where it is not in the list.
func zoneGroups(own string) []ZoneGroup {
	names := words.Zones()
	if own != "" && !words.KnownZone(own) {
		names = append([]string{own}, names...)
	}
	var groups []ZoneGroup
	for _, name := range names {
		part, place := words.ZonePlace(name)
		if len(groups) == 0 || groups[len(groups)-1].Part != part {
			groups = append(groups, ZoneGroup{Part: part})
		}
		last := &groups[len(groups)-1]
		last.Zones = append(last.Zones, Zone{Name: name, Place: place})
	}
	return groups
}

// profileSave is POST /account/profile.
func (s *Site) profileSave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, profileSent()...)
	if err == nil {
		var typed, was core.Profile
		before := was.Fields()
		for i, f := range typed.Fields() {
			*f.Value, *before[i].Value = form.Value(f.Name), form.Value(wasPrefix+f.Name)
		}
		err = s.deps.Profiles.Save(r.Context(), visitOf(r).view, origin(r), typed, was)
	}
	if err == nil {
		return see(w, r, profilePath+"?done=profile-saved")
	}
	failed, here := form.Failed(err, "first_name")
	if !here {
		return err
	}
	return s.profileRender(w, r, statusOf(w, err), settled(failed, err))
}

// settled is the form after two tabs met: what another one stored is on screen
// now, so saving again means it.
func settled(form Form, err error) Form {
	var e *core.Error
	if !errors.As(err, &e) {
		return form
	}
	for name, problem := range e.Fields {
		if problem.Kind == core.Conflict {
			now, _ := problem.Params["value"].(string)
			form = form.With(wasPrefix+name, now)
		}
	}
	return form
}

func userTypeText(t core.UserType) string {
	switch t {
	case core.Ordinary:
		return "account.profile.type_ordinary"
	case core.HelpDesk:
		return "account.profile.type_help_desk"
	case core.Administrator:
		return "account.profile.type_administrator"
	}
	return "account.profile.type_none"
}
