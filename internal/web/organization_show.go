package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/organization"
)

// Organizations changes the organization's settings (package organization).
type Organizations interface {
	// Change stores what was typed; an error of kind Conflict says what somebody
	// else changed meanwhile.
	Change(ctx context.Context, v core.SessionView, o core.Origin, typed organization.Typed) (core.Organization, error)
	// Preview returns the organization as it would be with what was typed, by the
	// name of each setting.
	Preview(o core.Organization, typed map[string]string) (core.Organization, error)
	// AskAgain ends the worth of every remembered device.
	AskAgain(ctx context.Context, v core.SessionView, o core.Origin) error
	// ResetPasswords makes everybody else choose a new password, at the next
	// sign-in or at once.
	ResetPasswords(ctx context.Context, v core.SessionView, o core.Origin, atOnce bool) error
}

// OrganizationGeneralPage is the General tab of Organizations and Security (ux
// 4.4).
type OrganizationGeneralPage struct {
	Frame
	SettingsForm
	Zones        []ZoneGroup
	LanguageList []Language
	Lock         LockPreview
}

// LockPreview is what people see while the organization is locked.
type LockPreview struct {
	Organization string
	Note         string // empty: a sentence of ours
}

// OrganizationSecurityPage is the Security tab.
type OrganizationSecurityPage struct {
	Frame
	SettingsForm
	Since time.Time // two-factor has been required since; zero: it is not, or not yet
	First time.Time // the first and the last day a requirement may begin
	Last  time.Time
	Tried *TriedPassword // nil: none was tried
	// Foretold is what the settings as typed come to; nil: nobody looked yet.
	Foretold *Foretold
	Tell     bool // "Tell everybody by email" is ticked
}

// SettingsForm is a form of settings: what it was shown with travels in it, so
// that a save never undoes another administrator's.
type SettingsForm struct {
	Tab   string // "general" or "security"
	Shown []ProfileField
}

// settingNames are the settings of a tab.
func settingNames(tab organization.Tab) []string {
	var names []string
	for _, setting := range organization.SettingsOf(tab) {
		names = append(names, setting.Name)
	}
	return names
}

// settingsSent are all fields that the form of a tab sends.
func settingsSent(tab organization.Tab) []string {
	names := settingNames(tab)
	for _, name := range settingNames(tab) {
		names = append(names, wasPrefix+name)
	}
	return names
}

// settingsForm is the form with what is stored.
func settingsForm(tab organization.Tab, o core.Organization) Form {
	form := Form{order: settingNames(tab)}
	for _, setting := range organization.SettingsOf(tab) {
		form = form.With(setting.Name, setting.Text(o))
	}
	return form
}

func (s *Site) organizationShow(tab organization.Tab) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		o := visitOf(r).view.Organization
		form, kept := s.typed(w, r, settingsForm(tab, o))
		page := s.organizationTab(tab, o, form, keptBanner(kept)...)
		done, err := s.requiredDone(r)
		if err != nil {
			return err
		}
		if done != nil {
			page.frame().Done, page.frame().DoneWith = "admin.done.required_asked", done
			page.frame().Banners = append(page.frame().Banners, ownAppBanner(visitOf(r).view.Account)...)
		}
		return s.Render(w, r, http.StatusOK, page)
	}
}

// organizationRender shows a tab with a form in it.
func (s *Site) organizationRender(w http.ResponseWriter, r *http.Request, status int, tab organization.Tab, o core.Organization, form Form, banners ...Banner) error {
	return s.Render(w, r, status, s.organizationTab(tab, o, form, banners...))
}

// organizationTab is a tab with a form in it.
func (s *Site) organizationTab(tab organization.Tab, o core.Organization, form Form, banners ...Banner) Page {
	settings := SettingsForm{Tab: string(tab)}
	for _, setting := range organization.SettingsOf(tab) {
		was := setting.Text(o)
		if form.Ticked(wasPrefix + setting.Name) {
			was = form.Value(wasPrefix + setting.Name)
		}
		settings.Shown = append(settings.Shown, ProfileField{setting.Name, was})
	}
	frame := Frame{
		Title: "admin.organization.title", Section: "admin", Form: form, Banners: banners,
		Trail: crumbs(crumbAdmin(), crumbSettings(), crumbSetup()),
	}
	if tab == organization.General {
		return &OrganizationGeneralPage{
			Frame: frame, SettingsForm: settings, Zones: zoneGroups(o.TimeZone), LanguageList: s.languagesWith(o.Language),
			Lock: LockPreview{Organization: o.Name, Note: form.Value("lock_note")},
		}
	}
	now := s.deps.Clock()
	page := &OrganizationSecurityPage{Frame: frame, SettingsForm: settings, First: now, Last: now.Add(organization.MaxAhead), Tell: form.Ticked(fieldTell)}
	if o.Policy.Requires(now) {
		page.Since = o.Policy.RequireFrom
	}
	return page
}

// organizationSave is the one Save of a tab.
func (s *Site) organizationSave(tab organization.Tab) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readSettings(r, tab, fieldTell)
		v := visitOf(r).view
		stored := v.Organization
		if err == nil {
			stored, err = s.deps.Organizations.Change(r.Context(), v, origin(r), typedSettings(tab, form))
		}
		if err == nil {
			return see(w, r, organizationPath+"/"+string(tab)+"?done="+settingsSavedCode(v.Organization.Policy, stored.Policy))
		}
		failed, here := form.Failed(err, settingNames(tab)[0])
		if !here {
			return err
		}
		if core.KindOf(err) == core.Conflict && stored.ID != "" {
			return s.organizationRender(w, r, http.StatusConflict, tab, stored, merged(tab, failed, stored), changedBanner(err, v)...)
		}
		return s.organizationRender(w, r, statusOf(w, err), tab, v.Organization, failed)
	}
}

// readSettings reads the form of a tab and further fields. Browsers send other
// line ends than those that are stored.
func (s *Site) readSettings(r *http.Request, tab organization.Tab, more ...string) (Form, error) {
	form, err := s.readForm(r, append(settingsSent(tab), more...)...)
	form.order = settingNames(tab)
	for name, value := range form.values {
		form.values[name] = strings.ReplaceAll(value, "\r\n", "\n")
	}
	return form, err
}

// typedSettings is what the form sent; a box that came without its tick was
// unticked.
func typedSettings(tab organization.Tab, form Form) organization.Typed {
	typed := organization.Typed{Was: map[string]string{}, Now: map[string]string{}, Tell: form.Ticked(fieldTell)}
	for _, name := range settingNames(tab) {
		if form.Ticked(wasPrefix + name) {
			typed.Was[name], typed.Now[name] = form.Value(wasPrefix+name), form.Value(name)
		}
	}
	return typed
}

// merged is the form after two administrators met: what this one did not touch
// shows what is stored, what this one typed stays, and saving again means it.
func merged(tab organization.Tab, form Form, stored core.Organization) Form {
	for _, setting := range organization.SettingsOf(tab) {
		was := wasPrefix + setting.Name
		if !form.Ticked(was) {
			continue
		}
		if form.Value(setting.Name) == form.Value(was) {
			form = form.With(setting.Name, setting.Text(stored))
		} else if form.Error(setting.Name) != nil {
			form = form.Wrong(setting.Name, core.NewError(core.Conflict, "policy.changed_too"))
		}
		form = form.With(was, setting.Text(stored))
	}
	return form
}

// changedBanner says who changed the settings meanwhile.
func changedBanner(err error, v core.SessionView) []Banner {
	var e *core.Error
	if !errors.As(err, &e) {
		return nil
	}
	by, _ := e.Params["by"].(string)
	at, known := e.Params["at"].(time.Time)
	if by == "" || !known {
		return []Banner{{Tone: "notice", Text: "admin.organization.changed"}}
	}
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	return []Banner{{Tone: "notice", Text: "admin.organization.changed_by", With: []any{"Name", by, "Time", Moment{at, zone}}}}
}

// settingsSavedCode is what the green banner tells after a save.
func settingsSavedCode(was, is core.Policy) string {
	switch {
	case is.RequireTwoFactor && !was.RequireTwoFactor:
		return "required"
	case was.RequireTwoFactor && !is.RequireTwoFactor:
		return "not-required"
	}
	return "settings-saved"
}
