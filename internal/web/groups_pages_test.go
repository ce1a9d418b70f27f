package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeGroups answers for package groups, about one group.
type fakeGroups struct {
	list  []core.Group
	group groups.Group
	found []core.Account
	more  bool
	met   bool
	fail  error
	calls []string
}

func (f *fakeGroups) call(parts ...string) error {
	f.calls = append(f.calls, strings.Join(parts, "|"))
	return f.fail
}

func (f *fakeGroups) List(context.Context, core.SessionView) ([]core.Group, error) {
	return f.list, nil
}

func (f *fakeGroups) Get(_ context.Context, _ core.SessionView, id, after, before core.ID) (groups.Group, error) {
	g := f.group
	switch {
	case id != g.ID, after == "stranger":
		return groups.Group{}, core.ErrNotFound
	case after == "last":
		g.Page = core.People{Earlier: true}
	case after != "" || before != "":
		g.Page.Earlier, g.Page.Later = after != "", before != ""
	}
	return g, nil
}

func (f *fakeGroups) Find(_ context.Context, _ core.SessionView, text string) ([]core.Account, bool, error) {
	return f.found, f.more, f.call("find", text)
}

func (f *fakeGroups) Create(_ context.Context, _ core.SessionView, _ core.Origin, typed core.GroupFields) (core.Group, error) {
	return f.group.Group, f.call("create", typed.Name, typed.Description)
}

func (f *fakeGroups) Save(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, typed, was core.GroupFields) (bool, error) {
	return f.met, f.call("save", string(id), typed.Name, typed.Description, was.Name, was.Description)
}

func (f *fakeGroups) Remove(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.call("remove", string(id))
}

func (f *fakeGroups) Join(_ context.Context, _ core.SessionView, _ core.Origin, id, user core.ID) error {
	return f.call("join", string(id), string(user))
}

func (f *fakeGroups) Leave(_ context.Context, _ core.SessionView, _ core.Origin, id, user core.ID) error {
	return f.call("leave", string(id), string(user))
}

const (
	groupList = "/admin/groups"
	groupNew  = "/admin/groups/new"
	finance   = "/admin/groups/finance"
)

// newGroups is about Finance, in which are Uma and Bob.
func newGroups() *fakeGroups {
	member := func(id core.ID, name, email string) core.Account {
		return core.Account{User: core.User{ID: id, FirstName: name, LastName: "<Silva>", Email: email, Status: core.Active}, Groups: []string{"Finance"}}
	}
	g := core.Group{ID: "finance", OrganizationID: "org", Name: "Finance", Description: "Money\nand <more>", Members: 2}
	gone := member("bob", "Bob", "bob@example.com")
	gone.User.Status = core.Inactive
	outside := member("eve", "Eve", "eve@example.com")
	outside.Groups = []string{"Sales"}
	return &fakeGroups{
		list:  []core.Group{g, {ID: "sales", Name: "Sales & <b>", Members: 1}},
		group: groups.Group{Group: g, Page: core.People{People: []core.Account{member("uma", "Uma", "uma@example.com"), gone}}},
		found: []core.Account{member("uma", "Uma", "uma@example.com"), outside},
	}
}

func grouping(f *fakeGroups, change func(h *fakeHelp)) func(d *web.Deps) {
	h := newHelp()
	h.exempted.Account = core.Account{}
	if change != nil {
		change(h)
	}
	return administering(func(d *web.Deps) { d.Groups, d.Exempting = f, h })
}

// TestGroupPages renders the states of the pages.
func TestGroupPages(t *testing.T) {
	exempt := func(h *fakeHelp) { h.exempted.Running = running() }
	opens := func(f *fakeGroups) { f.group.Opens = []string{"Ledger", "Travel & <more>"} }
	spanish := anaWith(func(v *core.SessionView) { v.Account.User.Language = "es" })
	tests := []struct {
		name, target string
		view         core.SessionView
		change       func(f *fakeGroups)
		help         func(h *fakeHelp)
	}{
		{"groups", groupList, ana(), nil, nil},
		{"groups_none", groupList + "?done=group-deleted", ana(), func(f *fakeGroups) { f.list = nil }, nil},
		{"groups_found", groupList + "?q=fin", ana(), func(f *fakeGroups) { f.list = f.list[:1] }, nil},
		{"group_new", groupNew, ana(), nil, nil},
		{"group", finance, ana(), nil, nil},
		{"group_empty", finance + "?done=group-made", ana(), func(f *fakeGroups) { f.group.Members, f.group.Page, f.group.Description = 0, core.People{}, "" }, nil},
		{"group_found", finance + "?q=silva&after=abe", ana(), func(f *fakeGroups) { f.more = true }, nil},
		{"group_found_none", finance + "?q=%3Cb%3E", ana(), func(f *fakeGroups) { f.found = nil }, nil},
		{"group_opens", finance, ana(), opens, exempt},
		{"group_delete", finance + "/delete", ana(), nil, exempt},
		{"group_delete_refused", finance + "/delete", ana(), opens, nil},
		{"group_spanish", finance + "?q=silva", spanish, opens, exempt},
		{"group_delete_spanish", finance + "/delete", spanish, nil, exempt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newGroups()
			if tt.change != nil {
				tt.change(f)
			}
			b, _ := live(t, tt.view, grouping(f, tt.help))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("groups", tt.name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestManyGroups: fifty a page, found by any part of name or description, in any
// case and without accents.
func TestManyGroups(t *testing.T) {
	f := newGroups()
	f.list = nil
	for i := range 120 {
		f.list = append(f.list, core.Group{ID: core.ID(fmt.Sprintf("g%03d", i)), Name: fmt.Sprintf("Team %03d", i), Description: map[bool]string{true: "Área norte"}[i%40 == 0]})
	}
	b, _ := live(t, ana(), grouping(f, nil))
	page := func(query string, first, last, n int, shows ...string) {
		t.Helper()
		a := b.get(groupList + query)
		a.shows(t, http.StatusOK, append(shows, fmt.Sprintf("Team %03d", first), fmt.Sprintf("Team %03d", last))...)
		if got := strings.Count(a.body, "<strong>Team "); got != n {
			t.Errorf("%s: %d groups, want %d", query, got, n)
		}
	}
	page("", 0, 49, 50, `href="/admin/groups?after=g049">More groups`, "Find a group")
	page("?after=g049", 50, 99, 50, `href="/admin/groups?after=g099">More groups`, `href="/admin/groups">Back`)
	page("?after=g099", 100, 119, 20)
	page("?after=gone", 0, 49, 50)
	page("?q=AREA+team", 0, 80, 3, "3 groups found", `value="AREA team"`, "Show all groups")
	page("?q=team&after=g049", 50, 99, 50, `after=g099&amp;q=team`)
	b.get(groupList+"?q=%3Cb%3E").shows(t, http.StatusOK, "No group has that", "0 groups found")
	b.get(groupList+"?q=a&q=b").shows(t, http.StatusBadRequest)
}

// TestMakingGroups: made, one goes to where members are added; what is wrong
// stays on the page with what was typed.
func TestMakingGroups(t *testing.T) {
	f := newGroups()
	b, _ := live(t, ana(), grouping(f, nil))
	b.get(groupNew)
	b.post(groupNew, "name", "Finance", "description", "Money").leadsTo(t, finance+"?done=group-made")
	if diff := cmp.Diff([]string{"create|Finance|Money"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.fail = core.InField("name", core.NewError(core.Conflict, "group.taken"))
	b.post(groupNew, "name", "FINANCE", "description", "<x>").shows(t, http.StatusUnprocessableEntity,
		"There is a group with this name already.", `value="FINANCE"`, "&lt;x&gt;</textarea>", "Error:")
	f.calls, f.fail = nil, nil
	b.post(groupNew, "name", "Finance", "description", strings.Repeat("x", 5000)).shows(t, http.StatusUnprocessableEntity, `id="description-problem"`, `value="Finance"`)
	b.post(groupNew, "name", "Finance", "description", strings.Repeat("x", 1<<20)).shows(t, http.StatusRequestEntityTooLarge)
	if len(f.calls) > 0 {
		t.Errorf("made all the same: %v", f.calls)
	}
}

// TestSavingGroups: both lines travel as they were shown; where another
// administrator was first the page says what is stored, and by whom.
func TestSavingGroups(t *testing.T) {
	f := newGroups()
	b, _ := live(t, ana(), grouping(f, nil))
	b.get(finance).shows(t, http.StatusOK, `name="was_name" value="Finance"`, "name=\"was_description\" value=\"Money\nand &lt;more&gt;\"")
	sent := []string{"was_name", "Finance", "name", "Treasury", "was_description", "Money\r\nand <more>", "description", "Money\r\nand <more>"}
	b.post(finance, sent...).leadsTo(t, finance+"?done=group-saved")
	if diff := cmp.Diff([]string{"save|finance|Treasury|Money\nand <more>|Finance|Money\nand <more>"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.met = true
	b.post(finance, sent...).leadsTo(t, finance+"?done=group-saved-too")
	f.fail = changedByAbe()
	f.fail.(*core.Error).Fields["name"] = core.NewError(core.Conflict, "group.changed").With("value", "Purse")
	f.group.Name, f.group.Description = "Purse", "Coins"
	b.post(finance, sent...).shows(t, http.StatusConflict, "Abe Kane changed this group at", "Somebody changed this to Purse meanwhile.",
		"Group Purse", `autocomplete="off" value="Treasury"`, `name="was_name" value="Purse"`, ">Coins</textarea>", `name="was_description" value="Coins"`)
	f.fail = core.InField("name", core.NewError(core.Invalid, "group.name"))
	b.post(finance, sent...).shows(t, http.StatusUnprocessableEntity, "Enter a name of at most 80 characters", `value="Treasury"`, `name="was_name" value="Finance"`)
}

// TestMembers: adding and removing come back to the same search and page.
func TestMembers(t *testing.T) {
	f := newGroups()
	b, _ := live(t, ana(), grouping(f, nil))
	b.get(finance + "?q=silva")
	b.post(finance+"/members", "user", "eve", "q", "silva & co").leadsTo(t, finance+"?done=member-added&q=silva+%26+co")
	b.post(finance+"/members/remove", "user", "bob", "after", "abe").leadsTo(t, finance+"?after=abe&done=member-removed")
	if diff := cmp.Diff([]string{"find|silva", "join|finance|eve", "leave|finance|bob"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.group.Page.Later = true
	b.get(finance).shows(t, http.StatusOK, `href="/admin/groups/finance?after=bob#members"`)
	b.get(finance+"?after=abe").shows(t, http.StatusOK, `href="/admin/groups/finance?before=uma#members"`, `name="after" value="abe"`)
	b.get(finance+"?after=last&q=x").leadsTo(t, finance+"?q=x")
	b.get(finance+"?after=stranger").leadsTo(t, finance)
	b.get(finance+"?q=a&q=b").shows(t, http.StatusBadRequest)
	b.get(finance+"?q="+strings.Repeat("x", 5000)).shows(t, http.StatusUnprocessableEntity)
}

// TestDeletingGroups: deleted by its POST alone; where an application was limited
// to it meanwhile, the page that asked says so.
func TestDeletingGroups(t *testing.T) {
	f := newGroups()
	b, _ := live(t, ana(), grouping(f, nil))
	b.get(finance + "/delete")
	b.post(finance+"/delete").leadsTo(t, groupList+"?done=group-deleted")
	f.fail, f.group.Opens = core.ErrGroupInUse.With("application", "Ledger"), []string{"Ledger"}
	a := b.post(finance + "/delete")
	a.shows(t, http.StatusUnprocessableEntity, "Ledger is open to this group only.", "It cannot be deleted while that is so")
	if strings.Contains(a.body, "button-danger") {
		t.Error("the button is still there")
	}
	if diff := cmp.Diff([]string{"remove|finance", "remove|finance"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestGroupsOfOthers: a group that is not the organization's, or no group, has no
// page, and nothing is done to it.
func TestGroupsOfOthers(t *testing.T) {
	f := newGroups()
	b, _ := live(t, ana(), grouping(f, func(h *fakeHelp) { h.exempted = help.Exempted{} }))
	b.get(finance)
	f.fail = core.ErrNotFound
	for _, path := range []string{"/admin/groups/theirs", "/admin/groups/theirs/delete", "/admin/groups/..%2f", "/admin/groups/" + strings.Repeat("x", 3000)} {
		b.get(path).shows(t, http.StatusNotFound)
		b.post(path, "name", "x", "was_name", "y").shows(t, http.StatusNotFound)
	}
	for _, path := range []string{"/members", "/members/remove"} {
		b.post(finance+path, "user", "stranger").shows(t, http.StatusNotFound)
	}
}

// TestGroupFormsSurviveConfirming: a membership opens applications, so each
// change asks for a fresh proof, and what was typed or sought waits for it.
func TestGroupFormsSurviveConfirming(t *testing.T) {
	stale := anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	f := newGroups()
	b, sessions := live(t, stale, grouping(f, nil))
	for _, tt := range []struct {
		post, back string
		form       []string
		shows      []string
	}{
		{groupNew, groupNew, []string{"name", "Board", "description", "Who decides"}, []string{`value="Board"`, "Who decides</textarea>", "What you typed before is still here."}},
		{finance, finance, []string{"was_name", "Finance", "name", "Board", "was_description", "a", "description", "a"}, []string{`value="Board"`, `name="was_name" value="Finance"`, "&lt;more&gt;</textarea>"}},
		{finance + "/members", finance, []string{"user", "eve", "q", "silva"}, []string{`value="silva"`, "People found", "eve@example.com"}},
		{finance + "/members/remove", finance, []string{"user", "bob"}, []string{"bob@example.com"}},
		{finance + "/delete", finance + "/delete", nil, []string{"Delete group"}},
	} {
		sessions.views["live"] = stale
		b.get(groupNew)
		b.post(tt.post, tt.form...).leadsTo(t, "/confirm?next="+url.QueryEscape(tt.back))
		sessions.views["live"] = ana()
		b.get(tt.back).shows(t, http.StatusOK, tt.shows...)
	}
	for _, call := range f.calls {
		if !strings.HasPrefix(call, "find|") {
			t.Errorf("done without a proof: %s", call)
		}
	}
}
