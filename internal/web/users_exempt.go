package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/httpx"
)

// UserExemptPage exempts a person or a group from two-factor authentication until
// a date, or ends that (ux 4.5).
type UserExemptPage struct {
	Frame
	Action   string // where the form goes
	Name     string
	Email    string // of a person
	Group    bool
	Members  int
	Required bool // the organization asks for it now
	OwnBox   bool // the person has turned it on, which holds
	Running  core.Exemption
	First    string // days that may be named, as 2030-01-31
	Last     string
	Place    string // the time zone that days are of
	Back     string
}

func (s *Site) exemptShow(group bool) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, kept := s.typed(w, r, Form{order: []string{"until", "reason"}})
		return s.exemptRender(w, r, http.StatusOK, group, form, keptBanner(kept)...)
	}
}

func (s *Site) exempted(r *http.Request, group bool) (help.Exempted, error) {
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	if group {
		return s.deps.Exempting.ExemptGroup(r.Context(), v, id)
	}
	return s.deps.Exempting.ExemptPerson(r.Context(), v, id)
}

func (s *Site) exemptRender(w http.ResponseWriter, r *http.Request, status int, group bool, form Form, banners ...Banner) error {
	x, err := s.exempted(r, group)
	if err != nil {
		return err
	}
	u := x.Account.User
	page := &UserExemptPage{
		Frame: Frame{Title: "helping.exempt.title", Section: "admin", Form: form, Banners: banners},
		Name:  u.Name(), Email: u.Email, Group: group, Required: x.Organization.Policy.RequireTwoFactor, OwnBox: u.TwoFactor == core.TwoFactorOn,
		Running: x.Running, First: x.First, Last: x.Last, Place: firstOf(x.Organization.TimeZone, "UTC"),
	}
	if group {
		page.Name, page.Members, page.OwnBox = x.Group.Name, x.Group.Members, false
		page.Back = groupPlace{}.path(x.Group.ID, "")
		page.Action = page.Back + "/exempt"
		page.Trail = crumbs(crumbAdmin(), crumbSettings(), crumbGroups(), Crumb{Name: page.Name, Link: page.Back})
	} else {
		page.Action, page.Back = usersPath+"/"+string(u.ID)+"/exempt", s.userPage(u)
		page.Trail = s.userTrail(r, u)
	}
	page.TitleWith = []any{"Name", page.Name}
	return s.Render(w, r, status, page)
}

// exempt is POST. The form names the exemption it was shown with, so that two
// administrators never undo each other unseen.
func (s *Site) exempt(group bool) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "until", "reason", "seen")
		if err != nil {
			return err
		}
		v, id := visitOf(r).view, core.ID(r.PathValue("id"))
		request := help.Request{Until: form.Value("until"), Reason: form.Value("reason"), Seen: core.ID(form.Value("seen"))}
		if group {
			err = s.deps.Exempting.ExemptWholeGroup(r.Context(), v, id, request, origin(r))
		} else {
			err = s.deps.Exempting.Exempt(r.Context(), v, id, request, origin(r))
		}
		if err != nil {
			failed, ok := form.Failed(err, "until")
			if !ok {
				return err
			}
			return s.exemptRender(w, r, statusOf(w, err), group, failed)
		}
		return see(w, r, r.URL.EscapedPath()+"?done=exempted")
	}
}

// exemptEnd ends an exemption before its time.
func (s *Site) exemptEnd(group bool) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "seen")
		if err != nil {
			return err
		}
		v, id, seen := visitOf(r).view, core.ID(r.PathValue("id")), core.ID(form.Value("seen"))
		if group {
			err = s.deps.Exempting.EndGroupExemption(r.Context(), v, id, seen, origin(r))
		} else {
			err = s.deps.Exempting.EndExemption(r.Context(), v, id, seen, origin(r))
		}
		done := "exemption-ended"
		if core.KindOf(err) == core.Conflict && err != nil { // it ended, or is another one: the page shows it
			done, err = "exemption-changed", nil
		}
		if err != nil {
			return err
		}
		return see(w, r, above(r.URL.EscapedPath())+"?done="+done)
	}
}
