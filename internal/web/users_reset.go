package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
)

// UserResetPage is "Reset two-factor authentication for {Name}?" (ux 4.5): what
// warns, what goes, and how it was checked who asks; or the reset that waits.
type UserResetPage struct {
	Frame
	ID            core.ID
	Name          string
	Email         string
	Apps          int
	RecoveryCodes int
	Warnings      []help.Warning
	Wait          time.Duration // how long the organization lets it wait; 0: at once
	Waiting       core.FactorReset
	Back          string
}

func (s *Site) resetOtherShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{order: []string{"how", "note"}})
	return s.resetOtherRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) resetOtherRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	p, err := s.deps.FactorResets.Person(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	u := p.Account.User
	page := &UserResetPage{
		Frame: Frame{
			Title: "helping.reset.title", TitleWith: []any{"Name", u.Name()}, Section: "admin", Form: form, Banners: banners, Trail: s.userTrail(r, u),
		},
		ID: u.ID, Name: u.Name(), Email: u.Email, Apps: p.Account.Apps + p.Account.WaitingApps,
		RecoveryCodes: p.Account.RecoveryCodes + p.Account.HeldCodes, Warnings: p.Warnings,
		Wait: p.Organization.Policy.ResetWait, Waiting: p.Waiting, Back: s.userPage(u),
	}
	return s.Render(w, r, status, page)
}

// resetOther is POST: at once, or after the time that the organization set.
func (s *Site) resetOther(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "how", "note")
	if err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	due, err := s.deps.FactorResets.Reset(r.Context(), visitOf(r).view, id, help.Check{How: core.IdentityCheck(form.Value("how")), Note: form.Value("note")}, origin(r))
	if err != nil {
		failed, ok := form.Failed(err, "how")
		if !ok {
			return err
		}
		return s.resetOtherRender(w, r, statusOf(w, err), failed)
	}
	if !due.IsZero() { // this page tells until when, and cancels it
		return see(w, r, r.URL.EscapedPath()+"?done=reset-waits")
	}
	return see(w, r, s.userPage(core.User{ID: id})+"?done=two-factor-reset")
}

// resetOtherCancel cancels a reset that waits.
func (s *Site) resetOtherCancel(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "reset")
	if err != nil {
		return err
	}
	err = s.deps.FactorResets.CancelReset(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")), core.ID(form.Value("reset")), origin(r))
	if err != nil && core.KindOf(err) != core.Conflict { // it was settled meanwhile: the page says how things are
		return err
	}
	done := "reset-cancelled"
	if err != nil {
		done = "reset-settled"
	}
	return see(w, r, above(r.URL.EscapedPath())+"?done="+done)
}

// userPage is the page of a person; the list of people where pages of one are not
// for who asks.
func (s *Site) userPage(u core.User) string {
	if s.shown[usersPath+"/{id}/security"] {
		return usersPath + "/" + string(u.ID) + "/security"
	}
	return adminPath
}

// userTrail are the pages above what is done to a person.
func (s *Site) userTrail(r *http.Request, u core.User) []Crumb {
	_, trail := s.usersSection(r)
	trail = append(trail, crumbUsers())
	if s.shown[usersPath+"/{id}/security"] {
		trail = append(trail, Crumb{Name: u.Name(), Link: s.userPage(u)})
	}
	return trail
}
