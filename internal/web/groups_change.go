package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
)

// GroupNewPage makes a group.
type GroupNewPage struct{ Frame }

// GroupDeletePage asks before a group is deleted, or says why it cannot be.
type GroupDeletePage struct {
	Frame
	Group   groups.Group
	Running core.Exemption // zero: the group is not exempt
}

func (s *Site) groupNewShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{order: groupFields()})
	return s.groupNewRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) groupNewRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &GroupNewPage{Frame{
		Title: "groups.new.title", Section: "admin", Form: form, Banners: banners,
		Trail: crumbs(crumbAdmin(), crumbSettings(), crumbGroups()),
	}})
}

// groupNew makes a group and goes to it, where people are added.
func (s *Site) groupNew(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, groupFields()...)
	var made core.Group
	if err == nil {
		made, err = s.deps.Groups.Create(r.Context(), visitOf(r).view, origin(r), core.GroupFields{Name: form.Value("name"), Description: form.Value("description")})
	}
	if err == nil {
		return see(w, r, groupPlace{}.path(made.ID, "group-made"))
	}
	failed, here := form.Failed(err, "name")
	if !here {
		return err
	}
	return s.groupNewRender(w, r, statusOf(w, err), failed)
}

// groupSave stores another name or description.
func (s *Site) groupSave(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, groupSent()...)
	form.order = groupFields()
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	typed := core.GroupFields{Name: form.Value("name"), Description: lines(form.Value("description"))}
	was := core.GroupFields{Name: form.Value(wasPrefix + "name"), Description: lines(form.Value(wasPrefix + "description"))}
	met := false
	if err == nil {
		met, err = s.deps.Groups.Save(r.Context(), v, origin(r), id, typed, was)
	}
	switch {
	case err == nil && met:
		return see(w, r, groupPlace{}.path(id, "group-saved-too"))
	case err == nil:
		return see(w, r, groupPlace{}.path(id, "group-saved"))
	}
	failed, here := form.Failed(err, "name")
	if !here {
		return err
	}
	g, failure := s.deps.Groups.Get(r.Context(), v, id, "", "")
	if failure != nil {
		return failure
	}
	if by := changedBy(err, v); by != nil {
		return s.groupRender(w, r, http.StatusConflict, g, mergedGroup(failed, typed, was, g.Group), groupPlace{}, by...)
	}
	return s.groupRender(w, r, statusOf(w, err), g, failed, groupPlace{})
}

// lines are several lines of text as they are stored: browsers send other ends.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// mergedGroup is the form after two administrators met: what this one did not
// touch shows what is stored, what this one typed stays, and saving again means
// it.
func mergedGroup(form Form, typed, was core.GroupFields, stored core.Group) Form {
	if typed.Name == was.Name {
		form = form.With("name", stored.Name)
	}
	if typed.Description == was.Description {
		form = form.With("description", stored.Description)
	}
	return form.With(wasPrefix+"name", stored.Name).With(wasPrefix+"description", stored.Description)
}

// changedBy says who changed a group meanwhile; nothing where err is about
// something else.
func changedBy(err error, v core.SessionView) []Banner {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind != core.Conflict || e.Params["by"] == nil {
		return nil
	}
	by, _ := e.Params["by"].(string)
	at, _ := e.Params["at"].(time.Time)
	if by == "" {
		return []Banner{{Tone: "notice", Text: "groups.changed"}}
	}
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	return []Banner{{Tone: "notice", Text: "groups.changed_by", With: []any{"Name", by, "Time", Moment{at, zone}}}}
}

// groupJoin adds a person that was found.
func (s *Site) groupJoin(w http.ResponseWriter, r *http.Request) error {
	return s.groupMember(w, r, "member-added", func(v core.SessionView, id, user core.ID) error {
		return s.deps.Groups.Join(r.Context(), v, origin(r), id, user)
	})
}

// groupLeave takes a member out.
func (s *Site) groupLeave(w http.ResponseWriter, r *http.Request) error {
	return s.groupMember(w, r, "member-removed", func(v core.SessionView, id, user core.ID) error {
		return s.deps.Groups.Leave(r.Context(), v, origin(r), id, user)
	})
}

// groupMember changes a membership and goes back to where that was asked.
func (s *Site) groupMember(w http.ResponseWriter, r *http.Request, done string, change func(v core.SessionView, id, user core.ID) error) error {
	form, err := s.readForm(r, "user", "q", "after", "before")
	if err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	if err := change(visitOf(r).view, id, core.ID(form.Value("user"))); err != nil {
		return err
	}
	place := groupPlace{After: core.ID(form.Value("after")), Before: core.ID(form.Value("before")), Query: strings.TrimSpace(form.Value("q"))}
	return see(w, r, place.path(id, done))
}

func (s *Site) groupDeleteShow(w http.ResponseWriter, r *http.Request) error {
	return s.groupDeleteRender(w, r, http.StatusOK, Form{})
}

func (s *Site) groupDeleteRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	g, err := s.deps.Groups.Get(r.Context(), v, id, "", "")
	if err != nil {
		return err
	}
	exempted, err := s.deps.Exempting.ExemptGroup(r.Context(), v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, status, &GroupDeletePage{
		Frame: Frame{
			Title: "groups.delete.title", TitleWith: []any{"Name", g.Name}, Section: "admin", Form: form,
			Trail: crumbs(crumbAdmin(), crumbSettings(), crumbGroups(), Crumb{Name: g.Name, Link: groupPlace{}.path(g.ID, "")}),
		},
		Group: g, Running: exempted.Running,
	})
}

// groupDelete deletes a group. Where an application was limited to it meanwhile
// the page says so.
func (s *Site) groupDelete(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.Groups.Remove(r.Context(), visitOf(r).view, origin(r), core.ID(r.PathValue("id")))
	}
	if err == nil {
		return see(w, r, groupsPath+"?done=group-deleted")
	}
	failed, here := form.Failed(err, "delete")
	if !here {
		return err
	}
	return s.groupDeleteRender(w, r, statusOf(w, err), failed)
}
