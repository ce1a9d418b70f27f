package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
)

// Groups looks after groups and who is in them (package groups). Groups and
// people of other organizations are core.ErrNotFound.
type Groups interface {
	// List returns the organization's groups by name.
	List(ctx context.Context, v core.SessionView) ([]core.Group, error)
	// Get returns a group and the members after one of them, or before.
	Get(ctx context.Context, v core.SessionView, id, after, before core.ID) (groups.Group, error)
	// Find returns people to add, and whether there are more.
	Find(ctx context.Context, v core.SessionView, text string) ([]core.Account, bool, error)
	Create(ctx context.Context, v core.SessionView, o core.Origin, typed core.GroupFields) (core.Group, error)
	// Save stores what was typed where that differs from was, which the form was
	// shown with; met says that somebody else changed the rest meanwhile. An error
	// of kind Conflict says what of the same somebody else changed.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.GroupFields) (met bool, err error)
	Remove(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	Join(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error
	Leave(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error
}

// GroupsPage lists the groups, a page at a time where there are many (ux 4.2).
type GroupsPage struct {
	Frame
	Groups []core.Group
	Many   bool   // there are more than fit on a page
	Query  string // what was searched for
	Found  int    // how many that finds
	First  string // address of the first page; empty: this is it
	Later  string // of the next one; empty: none
}

// PersonFind is the form that looks for somebody by the beginning of a name.
type PersonFind struct {
	ID          string // of the form; empty: none
	Address     string
	Label, Hint string // texts
	Text        string // what was looked for
}

// GroupPage is one group: what it is called, what hangs on it, who is in it.
type GroupPage struct {
	Frame
	Group   groups.Group
	Shown   []ProfileField // what the form was shown with
	Running core.Exemption // zero: the group is not exempt
	Members []MemberRow
	Earlier string // address of the members before; empty: none
	Later   string // of those after
	Query   string // whom to add was searched for
	Found   []MemberRow
	More    bool // there are more than were found
	Place   groupPlace
}

// Find is the form that looks for whom to add.
func (p *GroupPage) Find() PersonFind {
	return PersonFind{ID: "add", Address: "/admin/groups/" + string(p.Group.ID) + "#add", Label: "groups.find", Hint: "groups.find_hint", Text: p.Query}
}

// MemberRow is a person in a list.
type MemberRow struct {
	core.User
	Inside bool   // is a member
	Link   string // the page of the person; empty: there is none
}

// groupPlace is where on the page of a group somebody is, to come back to.
type groupPlace struct {
	After, Before core.ID
	Query         string
}

// path is the address of that place.
func (p groupPlace) path(id core.ID, done string) string {
	q := url.Values{}
	for name, value := range map[string]string{"after": string(p.After), "before": string(p.Before), "q": p.Query, "done": done} {
		if value != "" {
			q.Set(name, value)
		}
	}
	path := groupsPath + "/" + url.PathEscape(string(id))
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

func crumbGroups() Crumb { return Crumb{Text: "groups.title", Link: groupsPath} }

// groupFields are the fields of a group, each of which is sent as it was shown
// too.
func groupFields() []string { return []string{"name", "description"} }

// groupSent are all fields that the form of a group sends.
func groupSent() []string { return append(groupFields(), wasPrefix+"name", wasPrefix+"description") }

// groupsShown is how many groups a page shows.
const groupsShown = 50

// groupsShow is GET /admin/groups, with ?q= a search in names and descriptions,
// and ?after= the last group of the page before.
func (s *Site) groupsShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	all, err := s.deps.Groups.List(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	page := &GroupsPage{
		Frame: Frame{Title: "groups.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings())},
		Many:  len(all) > groupsShown, Query: query.Trimmed("q"),
	}
	found := groupsNamed(all, page.Query)
	page.Found = len(found)
	after := core.ID(query.Get("after"))
	begin := 1 + slices.IndexFunc(found, func(g core.Group) bool { return g.ID == after }) // one that is gone: the first page
	page.Groups = found[begin:min(begin+groupsShown, len(found))]
	if begin > 0 {
		page.First = groupsAddress(page.Query, "")
	}
	if end := begin + len(page.Groups); end < len(found) {
		page.Later = groupsAddress(page.Query, found[end-1].ID)
	}
	return s.Render(w, r, http.StatusOK, page)
}

// groupsNamed returns the groups with all words of a search in their name or
// description.
func groupsNamed(all []core.Group, query string) []core.Group {
	var found []core.Group
	sought := strings.Fields(words.Plain(query))
	for _, g := range all {
		known := words.Plain(g.Name + " " + g.Description)
		if !slices.ContainsFunc(sought, func(word string) bool { return !strings.Contains(known, word) }) {
			found = append(found, g)
		}
	}
	return found
}

// groupsAddress is the address of a page of the list.
func groupsAddress(query string, after core.ID) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if after != "" {
		q.Set("after", string(after))
	}
	if len(q) == 0 {
		return groupsPath
	}
	return groupsPath + "?" + q.Encode()
}

// groupShow is GET /admin/groups/{id}, with ?after= or ?before= a member of the
// page before or after, and ?q= a search for people to add.
func (s *Site) groupShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	place := groupPlace{After: core.ID(query.Get("after")), Before: core.ID(query.Get("before")), Query: query.Trimmed("q")}
	if place.After != "" {
		place.Before = ""
	}
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	g, err := s.deps.Groups.Get(r.Context(), v, id, place.After, place.Before)
	gone := errors.Is(err, core.ErrNotFound) || err == nil && len(g.Page.People) == 0
	if gone && (place.After != "" || place.Before != "") { // whom the page follows is gone, or was the last: begin anew
		return see(w, r, groupPlace{Query: place.Query}.path(id, ""))
	}
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, groupForm(g.Group))
	if place.Query == "" && form.Value("q") != "" { // a search waited over "Confirm it's you"
		place.Query, kept = form.Value("q"), false
	}
	return s.groupRender(w, r, http.StatusOK, g, form, place, keptBanner(kept)...)
}

// groupForm is the form with what is stored.
func groupForm(g core.Group) Form {
	return Form{order: groupFields()}.With("name", g.Name).With("description", g.Description)
}

// groupRender shows a group with a form in it.
func (s *Site) groupRender(w http.ResponseWriter, r *http.Request, status int, g groups.Group, form Form, place groupPlace, banners ...Banner) error {
	v := visitOf(r).view
	exempted, err := s.deps.Exempting.ExemptGroup(r.Context(), v, g.ID)
	if err != nil {
		return err
	}
	page := &GroupPage{
		Frame: Frame{
			Title: "groups.group.title", TitleWith: []any{"Name", g.Name}, Section: "admin", Form: form, Banners: banners,
			Trail: crumbs(crumbAdmin(), crumbSettings(), crumbGroups()),
		},
		Group: g, Running: exempted.Running, Query: place.Query, Place: place,
		Members: s.memberRows(g.Page.People, g.Name),
	}
	for _, field := range []ProfileField{{"name", g.Name}, {"description", g.Description}} {
		if form.Ticked(wasPrefix + field.Name) {
			field.Value = form.Value(wasPrefix + field.Name)
		}
		page.Shown = append(page.Shown, field)
	}
	if n := len(g.Page.People); n > 0 && g.Page.Earlier {
		page.Earlier = groupPlace{Before: g.Page.People[0].User.ID, Query: place.Query}.path(g.ID, "")
	}
	if n := len(g.Page.People); n > 0 && g.Page.Later {
		page.Later = groupPlace{After: g.Page.People[n-1].User.ID, Query: place.Query}.path(g.ID, "")
	}
	if place.Query != "" {
		found, more, err := s.deps.Groups.Find(r.Context(), v, place.Query)
		if err != nil {
			return err
		}
		page.Found, page.More = s.memberRows(found, g.Name), more
	}
	return s.Render(w, r, status, page)
}

// memberRows are people in a list of a group's page.
func (s *Site) memberRows(people []core.Account, group string) []MemberRow {
	rows := make([]MemberRow, len(people))
	for i, p := range people {
		rows[i] = MemberRow{User: p.User, Inside: slices.Contains(p.Groups, group)}
		if s.shown[usersPath+"/{id}/security"] {
			rows[i].Link = s.userPage(p.User)
		}
	}
	return rows
}
