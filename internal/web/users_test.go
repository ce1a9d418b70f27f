package web_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/web"
)

// fakePeople answers for packages people and groups, about whoever a test puts in.
type fakePeople struct {
	list    people.List
	person  people.Person
	events  []core.Event
	groups  []core.Group
	added   core.User
	fail    error
	filters []core.PersonFilter
	typed   []core.PersonFields
	was     []core.PersonFields
	calls   []string
}

func (f *fakePeople) Search(_ context.Context, _ core.SessionView, filter core.PersonFilter) (people.List, error) {
	f.filters = append(f.filters, filter)
	return f.list, f.fail
}

func (f *fakePeople) Get(_ context.Context, v core.SessionView, id core.ID) (people.Person, error) {
	if id != f.person.Account.User.ID {
		return people.Person{}, core.ErrNotFound
	}
	p := f.person
	p.May = people.RightsOf(v.Account.User, p.Account.User)
	return p, nil
}

func (f *fakePeople) Activity(_ context.Context, v core.SessionView, id core.ID, _ core.EventFilter) (core.Account, []core.Event, bool, error) {
	p, err := f.Get(context.Background(), v, id)
	return p.Account, f.events, len(f.events) > 1, err
}

func (f *fakePeople) Add(_ context.Context, _ core.SessionView, _ core.Origin, typed core.PersonFields) (core.User, error) {
	f.typed = append(f.typed, typed)
	return f.added, f.fail
}

func (f *fakePeople) Save(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, typed, was core.PersonFields) error {
	f.calls, f.typed, f.was = append(f.calls, "save "+string(id)), append(f.typed, typed), append(f.was, was)
	return f.fail
}

func (f *fakePeople) note(what string, id core.ID) error {
	f.calls = append(f.calls, what+" "+string(id))
	return f.fail
}

func (f *fakePeople) Deactivate(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.note("deactivate", id)
}

func (f *fakePeople) Reactivate(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.note("reactivate", id)
}

func (f *fakePeople) SendLink(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) (core.LinkKind, error) {
	if f.person.Account.User.Status == core.Invited {
		return core.LinkInvitation, f.note("invite", id)
	}
	return core.LinkReset, f.note("link", id)
}

func (f *fakePeople) LetTry(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.note("let-try", id)
}

func (f *fakePeople) RequirePassword(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.note("password", id)
}

func (f *fakePeople) RequireTwoFactor(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.note("two-factor", id)
}

func (f *fakePeople) SignOut(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, forget bool) error {
	if forget {
		return f.note("sign out and forget", id)
	}
	return f.note("sign out", id)
}

func (f *fakePeople) List(context.Context, core.SessionView) ([]core.Group, error) {
	return f.groups, nil
}

// someone is a person of a list.
func someone(id, first, last string, change ...func(*core.Account)) core.Account {
	a := core.Account{User: core.User{
		ID: core.ID(id), OrganizationID: "org", FirstName: first, LastName: last, Email: id + "@example.com", Type: core.Ordinary,
		Status: core.Active, PasswordSealed: "sealed", EmailProvedAt: noon.AddDate(0, 0, -30), LastSignInAt: noon.Add(-3 * time.Hour),
	}}
	for _, c := range change {
		c(&a)
	}
	return a
}

// newPeople is about Uma and a page with somebody in each state.
func newPeople() *fakePeople {
	uma := someone("uma", "Uma", "<Silva>", func(a *core.Account) {
		a.User.TwoFactor, a.Apps, a.RecoveryCodes = core.TwoFactorOn, 1, 8
		a.User.Title, a.User.Username = "Head of Sales", "uma"
	})
	f := &fakePeople{person: people.Person{Account: uma, Step: core.SecondStepApp, Sessions: 2, Devices: 1}, groups: []core.Group{{ID: "finance", Name: "Finance & <Law>"}}}
	f.list.People.People = []core.Account{
		uma,
		someone("abe", "Abe", "Kane", func(a *core.Account) { a.User.Type, a.User.TwoFactor = core.Administrator, core.TwoFactorOn }),
		someone("des", "Des", "Help", func(a *core.Account) { a.User.Type, a.ResetDue = core.HelpDesk, noon.Add(time.Hour) }),
		someone("new", "Nia", "New", func(a *core.Account) {
			a.User.Status, a.User.PasswordSealed, a.User.EmailProvedAt, a.User.LastSignInAt = core.Invited, "", time.Time{}, time.Time{}
		}),
		someone("old", "Otto", "Old", func(a *core.Account) { a.User.Status = core.Inactive }),
		someone("off", "Nora", "Access", func(a *core.Account) { a.User.Type = core.NoAccess }),
		someone("exe", "Eve", "Exempt", func(a *core.Account) { a.User.ExemptUntil = noon.AddDate(0, 0, 3) }),
	}
	f.list.Total = 7
	f.added = core.User{ID: "added", Type: core.Ordinary}
	return f
}

func managing(f *fakePeople) func(d *web.Deps) {
	return administering(func(d *web.Deps) { d.People, d.UserDeeds, d.GroupNames = f, f, f })
}

// helpDesk is somebody of the help desk.
func helpDesk() core.SessionView {
	return anaWith(func(v *core.SessionView) { v.Account.User.ID, v.Account.User.Type = "des", core.HelpDesk })
}

// TestUserPages renders the states of the pages.
func TestUserPages(t *testing.T) {
	invited := func(f *fakePeople) { f.person.Account = f.list.People.People[3] }
	tests := []struct {
		name, target string
		view         core.SessionView
		change       func(f *fakePeople)
	}{
		{"list", "/admin/users", ana(), func(f *fakePeople) { f.list.Later = true }},
		{"list_found", "/admin/users?q=uma&two_factor=app&status=active&type=user&group=finance&sort=-email", ana(), func(f *fakePeople) {
			f.list.People.People, f.list.Filtered, f.list.Matches, f.list.Total = f.list.People.People[:1], true, 12, 340
			f.list.Earlier, f.list.Later = true, true
		}},
		{"list_closest", "/admin/users?q=s", ana(), func(f *fakePeople) {
			f.list.Filtered, f.list.Matches, f.list.Uncounted, f.list.Closest, f.list.Total = true, 300, true, true, 100000
		}},
		{"list_many", "/admin/users?status=active", ana(), func(f *fakePeople) {
			f.list.Filtered, f.list.Matches, f.list.Uncounted, f.list.Total = true, 100, true, 100000
		}},
		{"list_none", "/admin/users?q=nobody", ana(), func(f *fakePeople) { f.list.People.People, f.list.Filtered, f.list.Total = nil, true, 340 }},
		{"list_paused", "/admin/users?two_factor=paused", ana(), func(f *fakePeople) {
			f.list.People.People, f.list.Filtered, f.list.Matches, f.list.Total = f.list.People.People[:1], true, 1, 340
			f.list.People.People[0].Pause = pauseRuns
		}},
		{"list_alone", "/admin/users", ana(), func(f *fakePeople) {
			f.list.People.People, f.list.Total, f.groups = []core.Account{ana().Account}, 1, nil
		}},
		{"list_help_desk", "/admin/users", helpDesk(), nil},
		{"new", "/admin/users/new", ana(), nil},
		{"profile", "/admin/users/uma/profile?done=user-saved", ana(), nil},
		{"profile_own", "/admin/users/ana/profile", ana(), func(f *fakePeople) { f.person.Account = ana().Account }},
		{"security", "/admin/users/uma/security", ana(), func(f *fakePeople) { f.person.Account.Groups = []string{"Finance", "Help <desk>"} }},
		{"security_help_desk", "/admin/users/uma/security", helpDesk(), nil},
		{"security_states", "/admin/users/uma/security", ana(), func(f *fakePeople) {
			a := &f.person.Account
			a.User.TwoFactor, a.Apps, a.WaitingApps, a.RecoveryCodes = core.TwoFactorOff, 0, 1, 0
			a.User.ExemptUntil, a.ResetDue, a.User.EmailProvedAt, a.User.PasswordDue = noon.AddDate(0, 0, 9), noon.Add(time.Hour), time.Time{}, core.PasswordTemporary
		}},
		{"security_paused", "/admin/users/uma/security", ana(), func(f *fakePeople) { f.person.Account.Pause = pauseRuns }},
		{"security_off_now", "/admin/users/uma/security", ana(), func(f *fakePeople) { f.person.Account.User.TwoFactor = core.TwoFactorSuspended }},
		{"security_waits", "/admin/users/uma/security", helpDesk(), func(f *fakePeople) {
			f.person.Waits = []core.PasswordWait{{Until: noon.Add(time.Hour), Network: "203.0.113.0/24"}, {Until: noon.Add(time.Minute)}}
		}},
		{"let_try", "/admin/users/uma/let-try", helpDesk(), nil},
		{"security_invited", "/admin/users/new/security", ana(), nil},
		{"activity", "/admin/users/uma/activity", ana(), func(f *fakePeople) {
			by := core.Actor{Kind: "person", ID: "abe", Name: "Abe Kane"}
			f.events = []core.Event{
				{ID: "e2", Kind: core.EventUserChanged, Result: "ok", At: noon.Add(-time.Hour), Actor: by, Detail: map[string]string{"type_after": "help-desk", "email_before": "a@x.example", "email_after": "b@x.example"}},
				{ID: "e3", Kind: core.EventSessionEnded, Result: "ok", At: noon.Add(-90 * time.Minute), Actor: by, SubjectID: "uma", Target: "uma@example.com", Detail: map[string]string{core.DetailAll: "yes"}},
				{ID: "e1", Kind: core.EventUserDeactivated, Result: "refused", At: noon.Add(-2 * time.Hour), Actor: by},
			}
		}},
		{"activity_none", "/admin/users/uma/activity", ana(), nil},
		{"deactivate", "/admin/users/uma/deactivate", ana(), nil},
		{"withdraw", "/admin/users/new/deactivate", ana(), nil},
		{"sign_out", "/admin/users/uma/sign-out", ana(), nil},
		{"invite", "/admin/users/new/send-link", helpDesk(), nil},
		{"reactivate_invited", "/admin/users/new/reactivate", ana(), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newPeople()
			if strings.Contains(tt.target, "/users/new/") {
				invited(f)
			}
			if tt.change != nil {
				tt.change(f)
			}
			b, _ := live(t, tt.view, managing(f))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d\n%s", tt.target, a.status, a.body)
			}
			golden(t, filepath.Join("users", tt.name), steady([]byte(a.body)))
		})
	}
}

// TestUsersAddress: what an address asks for, and that one which makes no sense is
// refused before anybody is looked for.
func TestUsersAddress(t *testing.T) {
	kind := core.HelpDesk
	for _, tt := range []struct {
		query string
		want  core.PersonFilter
	}{
		{"", core.PersonFilter{Sort: core.SortName}},
		{"q=&two_factor=&type=&status=&seen=&group=", core.PersonFilter{Sort: core.SortName}},
		{"q=+ana++di+&sort=-last-sign-in", core.PersonFilter{Text: "ana  di", Sort: core.SortSeen, Descending: true}},
		{"two_factor=pending&type=help-desk&status=invited&group=finance&sort=type", core.PersonFilter{SecondStep: core.SecondStepPending, Type: &kind, Status: core.Invited, GroupID: "finance", Sort: core.SortType}},
		{"two_factor=paused", core.PersonFilter{Paused: true, Sort: core.SortName}},
		{"seen=7-days", core.PersonFilter{Seen: core.SeenIn7Days, Sort: core.SortSeen, Descending: true}},
		{"seen=never&after=abc", core.PersonFilter{Seen: core.SeenNever, Sort: core.SortSeen, Descending: true, After: "abc"}},
		{"before=abc", core.PersonFilter{Sort: core.SortName, Before: "abc"}},
	} {
		f := newPeople()
		b, _ := live(t, ana(), managing(f))
		b.get("/admin/users?"+tt.query).shows(t, http.StatusOK)
		if diff := cmp.Diff([]core.PersonFilter{tt.want}, f.filters); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.query, diff)
		}
	}
	for _, query := range []string{
		"two_factor=maybe", "type=root", "status=locked", "seen=1-day", "sort=phone", "sort=--name", "sort=-", "colour=red", "q=a&q=b",
		"after=a&before=b", "sort=name%00", "two_factor=app%27",
	} {
		f := newPeople()
		b, _ := live(t, ana(), managing(f))
		b.get("/admin/users?"+query).shows(t, http.StatusBadRequest)
		if len(f.filters) > 0 {
			t.Errorf("%s: looked for %+v", query, f.filters)
		}
	}
	f := newPeople()
	b, _ := live(t, ana(), managing(f))
	b.get("/admin/users?group=elsewhere").shows(t, http.StatusNotFound)
	f.fail = core.ErrNotFound
	b.get("/admin/users?status=active&after=gone").leadsTo(t, "/admin/users?status=active")
}

// TestUsersAreForAdministrators: others get 404 everywhere; the help desk sees the
// list and Security alone.
func TestUsersAreForAdministrators(t *testing.T) {
	desk := map[string]bool{"/admin/users": true, "/admin/users/uma": true, "/admin/users/uma/security": true, "/admin/users/uma/send-link": true, "/admin/users/uma/let-try": true}
	pages := []string{
		"", "/new", "/uma", "/uma/profile", "/uma/security", "/uma/activity", "/uma/deactivate", "/uma/reactivate", "/uma/send-link", "/uma/require-password",
		"/uma/enable-two-factor", "/uma/sign-out", "/uma/let-try",
	}
	for _, page := range pages {
		target := "/admin/users" + page
		user, _ := live(t, beaWith(usingApp), managing(newPeople()))
		user.get(target).shows(t, http.StatusNotFound)
		if got := user.post(target, "first_name", "x").status; got != http.StatusNotFound && got != http.StatusMethodNotAllowed {
			t.Errorf("a user gets %d for a form to %s", got, target)
		}
		helper, _ := live(t, helpDesk(), managing(newPeople()))
		if got := helper.get(target).status; (got == http.StatusNotFound) == desk[target] {
			t.Errorf("the help desk gets %d for %s", got, target)
		}
	}
	b, _ := live(t, ana(), managing(newPeople()))
	for _, page := range pages[2:] {
		b.get("/admin/users"+strings.Replace(page, "uma", "stranger", 1)).shows(t, http.StatusNotFound)
	}
}

// TestDeedsOfPages: each button does its one thing, what ends access asks for a
// confirmation, and what cannot be is said on the page.
func TestDeedsOfPages(t *testing.T) {
	for path, done := range map[string]string{
		"deactivate": "user-deactivated", "reactivate": "user-reactivated", "send-link": "user-link-sent", "require-password": "user-password-due",
		"enable-two-factor": "user-two-factor-on", "sign-out": "user-signed-out", "let-try": "user-may-try",
	} {
		f := newPeople()
		b, _ := live(t, ana(), managing(f))
		target := "/admin/users/uma/" + path
		b.get(target).shows(t, http.StatusOK, "Uma &lt;Silva&gt;", `method="post" action="`+target+`"`)
		if len(f.calls) > 0 {
			t.Errorf("looking did %v", f.calls)
		}
		b.post(target).leadsTo(t, "/admin/users/uma/security?done="+done)
		b.get("/admin/users/uma/security?done="+done).shows(t, http.StatusOK, `class="banner banner-done"`)
		f.fail = core.NewError(core.Conflict, "people.changed")
		b.post(target).shows(t, http.StatusUnprocessableEntity, "Somebody else changed this account meanwhile.")
		f.fail = core.NewError(core.Forbidden, "people.above")
		b.post(target).shows(t, http.StatusForbidden, "Your rights")
		stale, _ := live(t, anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) }), managing(newPeople()))
		stale.get(target)
		a := stale.post(target)
		if confirms := path == "deactivate" || path == "reactivate"; confirms != strings.HasPrefix(a.header.Get("Location"), "/confirm?next=") {
			t.Errorf("%s long after the last proof leads to %q", path, a.header.Get("Location"))
		}
	}
	f := newPeople()
	b, _ := live(t, ana(), managing(f))
	b.get("/admin/users/uma/sign-out")
	b.post("/admin/users/uma/sign-out", "forget", "on")
	b.get("/admin/users/ana/deactivate").shows(t, http.StatusForbidden, "You cannot do this to your own account.")
	f.fail = core.ErrLastAdministrator
	b.get("/admin/users/uma/deactivate")
	b.post("/admin/users/uma/deactivate").shows(t, http.StatusUnprocessableEntity, "You cannot deactivate the only administrator.")
	if diff := cmp.Diff([]string{"sign out and forget uma", "deactivate uma"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestAddingSomebody: Save leads to the list, Save and Edit to the person; what is
// wrong keeps what was typed, also over "Confirm it's you".
func TestAddingSomebody(t *testing.T) {
	f := newPeople()
	b, sessions := live(t, ana(), managing(f))
	b.get("/admin/users/new")
	typed := []string{"first_name", "Nia", "last_name", "New", "email", "nia@example.com", "type", "administrator", "username", "", "title", "", "department", "", "phone", "", "time_zone", "", "language", ""}
	b.post("/admin/users/new", typed...).leadsTo(t, "/admin/users?done=user-added")
	b.post("/admin/users/new", append(typed, "then", "edit")...).leadsTo(t, "/admin/users/added/profile?done=user-added")
	want := core.PersonFields{Profile: core.Profile{FirstName: "Nia", LastName: "New"}, Email: "nia@example.com", Type: core.Administrator}
	if diff := cmp.Diff([]core.PersonFields{want, want}, f.typed); diff != "" {
		t.Errorf("typed (-want +got):\n%s", diff)
	}
	f.fail = core.InField("email", core.NewError(core.Conflict, "people.taken"))
	b.post("/admin/users/new", typed...).shows(t, http.StatusUnprocessableEntity, "Someone already uses this email address.", `value="nia@example.com"`, `value="administrator" checked`)
	f.fail = people.ErrConfirm
	b.post("/admin/users/new", typed...).leadsTo(t, "/confirm?next="+url.QueryEscape("/admin/users/new"))
	sessions.views["live"] = ana()
	b.get("/admin/users/new").shows(t, http.StatusOK, `value="nia@example.com"`, "What you typed before is still here.")
}

// TestEditingSomebody: what the form was shown with travels in it; after two
// administrators met, the second sees who was first; one's own address and type
// are not in one's own form, whatever is sent.
func TestEditingSomebody(t *testing.T) {
	f := newPeople()
	b, _ := live(t, ana(), managing(f))
	b.get("/admin/users/uma/profile").shows(t, http.StatusOK, `name="was_title" value="Head of Sales"`, `name="was_type" value="user"`)
	typed := []string{
		"first_name", "Uma", "last_name", "Silva", "email", "uma@example.com", "type", "user", "username", "uma", "title", "Chief", "department", "", "phone", "", "time_zone", "", "language", "",
		"was_first_name", "Uma", "was_last_name", "Silva", "was_email", "uma@example.com", "was_type", "user", "was_username", "uma", "was_title", "Head of Sales", "was_department", "", "was_phone", "", "was_time_zone", "", "was_language", "",
	}
	b.post("/admin/users/uma/profile", typed...).leadsTo(t, "/admin/users?done=user-saved")
	b.post("/admin/users/uma/profile", append(typed, "then", "edit")...).leadsTo(t, "/admin/users/uma/profile?done=user-saved")
	if f.typed[0].Profile.Title != "Chief" || f.was[0].Profile.Title != "Head of Sales" || f.was[0].Type != core.Ordinary {
		t.Errorf("typed %+v, shown with %+v", f.typed[0], f.was[0])
	}
	clash := core.InField("title", core.NewError(core.Conflict, "people.field_changed").With("value", "President"))
	clash.Kind = core.Conflict
	f.fail = clash.With("by", "Abe Kane").With("at", noon.Add(-time.Minute))
	b.post("/admin/users/uma/profile", typed...).shows(t, http.StatusUnprocessableEntity,
		"Somebody changed this to President meanwhile.", "Abe Kane changed this account at", `value="Chief"`, `name="was_title" value="President"`)
	f.fail = people.ErrConfirm
	b.post("/admin/users/uma/profile", typed...).leadsTo(t, "/confirm?next="+url.QueryEscape("/admin/users/uma/profile"))
	b.get("/admin/users/uma/profile").shows(t, http.StatusOK, `value="Chief"`, "What you typed before is still here.")
	f.fail, f.person.Account = nil, ana().Account
	page := b.get("/admin/users/ana/profile")
	if strings.Contains(page.body, `name="email"`) || strings.Contains(page.body, `name="type"`) {
		t.Error("one's own address or type can be typed")
	}
	b.post("/admin/users/ana/profile", "first_name", "Ana", "last_name", "Diaz", "email", "eve@example.com", "type", "no-access", "was_email", "x@example.com")
	if last := f.typed[len(f.typed)-1]; last.Email != ana().Account.User.Email || last.Type != core.Administrator {
		t.Errorf("one's own rights: %+v", last)
	}
	b.post("/admin/users/ana/profile", "title", strings.Repeat("x", 1<<20)).shows(t, http.StatusRequestEntityTooLarge)
}
