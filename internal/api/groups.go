package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Group is a group of the organization.
type Group struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Members     int    `json:"members"`
	Version     string `json:"version"`
}

func group(g core.Group) Group {
	return Group{ID: string(g.ID), Name: g.Name, Description: g.Description, Members: g.Members, Version: groupVersion(g)}
}

// groupVersion changes with whatever of a group can be changed.
func groupVersion(g core.Group) string { return digest(string(g.ID), g.Name, g.Description)[:22] }

// GroupAnswer is a group with its version as an ETag.
type GroupAnswer struct {
	ETag string `header:"ETag"`
	Body Group
}

// NewGroup is what a group is made of.
type NewGroup struct {
	Name        string `json:"name" maxLength:"400"`
	Description string `json:"description,omitempty" maxLength:"2000"`
}

// GroupMade is the request for a group.
type GroupMade struct{ Body NewGroup }

// GroupMadeAnswer is a new group and where it is.
type GroupMadeAnswer struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Group
}

// GroupFields are the lines of a group.
type GroupFields struct {
	Name        *string `json:"name,omitempty" maxLength:"400"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
}

// GroupChanged is a change of a group.
type GroupChanged struct {
	Named
	IfMatch string `header:"If-Match" maxLength:"200"`
	Body    GroupFields
}

// MembersAsked is which members of a group are asked for.
type MembersAsked struct {
	Named
	Page
}

// Membership is somebody in a group.
type Membership struct {
	Named
	Person string `path:"person" maxLength:"64"`
}

// addGroups adds groups and who is in them. Their pages ask to confirm every
// change, since a group opens applications; a key does it where it was made for
// loading groups and memberships, which was confirmed then.
func (a *Resources) addGroups() {
	const one = "/groups/{id}"
	add(a, operation{"list-groups", http.MethodGet, "/groups", "groups", needRead, http.StatusOK}, a.listGroups)
	add(a, operation{"create-group", http.MethodPost, "/groups", "groups", needLoader, http.StatusCreated}, a.createGroup)
	add(a, operation{"get-group", http.MethodGet, one, "groups", needRead, http.StatusOK}, a.getGroup)
	add(a, operation{"update-group", http.MethodPatch, one, "groups", needLoader, http.StatusOK}, a.updateGroup)
	add(a, operation{"delete-group", http.MethodDelete, one, "groups", needLoader, http.StatusNoContent}, func(c *call, in *Named) (*Nothing, error) {
		return nil, a.Groups.Remove(c.ctx(), c.view, c.origin, core.ID(in.ID))
	})
	add(a, operation{"list-members", http.MethodGet, one + "/members", "groups", needRead, http.StatusOK}, a.listMembers)
	add(a, operation{"add-member", http.MethodPut, one + "/members/{person}", "groups", needLoader, http.StatusNoContent}, func(c *call, in *Membership) (*Nothing, error) {
		return nil, a.Groups.Join(c.ctx(), c.view, c.origin, core.ID(in.ID), core.ID(in.Person))
	})
	add(a, operation{"remove-member", http.MethodDelete, one + "/members/{person}", "groups", needLoader, http.StatusNoContent}, func(c *call, in *Membership) (*Nothing, error) {
		return nil, a.Groups.Leave(c.ctx(), c.view, c.origin, core.ID(in.ID), core.ID(in.Person))
	})
}

func (a *Resources) listGroups(c *call, in *Page) (*Listed[Group], error) {
	all, err := a.Groups.List(c.ctx(), c.view)
	if err != nil {
		return nil, err
	}
	list := digest("groups", string(c.view.Organization.ID))
	after, err := in.after(list)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y core.Group) int { return strings.Compare(string(x.ID), string(y.ID)) })
	from, found := slices.BinarySearchFunc(all, core.ID(after), func(g core.Group, id core.ID) int { return strings.Compare(string(g.ID), string(id)) })
	if found {
		from++
	}
	all = all[from:]
	after = ""
	if len(all) > in.Limit {
		all = all[:in.Limit]
		after = string(all[in.Limit-1].ID)
	}
	items := make([]Group, len(all))
	for i, g := range all {
		items[i] = group(g)
	}
	return listed(c, list, after, items), nil
}

// groupOf finds a group. Whoever may see the list may see one of it.
func (a *Resources) groupOf(c *call, id string) (core.Group, error) {
	all, err := a.Groups.List(c.ctx(), c.view)
	if err != nil {
		return core.Group{}, err
	}
	i := slices.IndexFunc(all, func(g core.Group) bool { return g.ID == core.ID(id) })
	if i < 0 {
		return core.Group{}, core.ErrNotFound
	}
	return all[i], nil
}

func (a *Resources) getGroup(c *call, in *Named) (*GroupAnswer, error) {
	g, err := a.groupOf(c, in.ID)
	if err != nil {
		return nil, err
	}
	body := group(g)
	return &GroupAnswer{etag(body.Version), body}, nil
}

func (a *Resources) createGroup(c *call, in *GroupMade) (*GroupMadeAnswer, error) {
	g, err := a.Groups.Create(c.ctx(), c.view, c.origin, core.GroupFields{Name: in.Body.Name, Description: in.Body.Description})
	if err != nil {
		return nil, err
	}
	body := group(g)
	return &GroupMadeAnswer{Location: httpx.APIPrefix + "groups/" + body.ID, ETag: etag(body.Version), Body: body}, nil
}

func (a *Resources) updateGroup(c *call, in *GroupChanged) (*GroupAnswer, error) {
	g, err := a.groupOf(c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := met(in.IfMatch, groupVersion(g)); err != nil {
		return nil, err
	}
	was := g.Fields()
	typed := was
	if in.Body.Name != nil {
		typed.Name = *in.Body.Name
	}
	if in.Body.Description != nil {
		typed.Description = *in.Body.Description
	}
	if _, err := a.Groups.Save(c.ctx(), c.view, c.origin, g.ID, typed, was); err != nil {
		return nil, err
	}
	return a.getGroup(c, &in.Named)
}

func (a *Resources) listMembers(c *call, in *MembersAsked) (*Listed[Person], error) {
	g, err := a.groupOf(c, in.ID)
	if err != nil {
		return nil, err
	}
	list := digest("members", string(c.view.Organization.ID), string(g.ID))
	return a.peoplePage(c, in.Page, list, core.PersonFilter{GroupID: g.ID, Sort: core.SortName})
}
