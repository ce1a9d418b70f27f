package people_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
)

// deeds are all that can be done to a person, by name.
func deeds(d *desk) map[string]func(v core.SessionView, id core.ID) error {
	ctx, o := context.Background(), here()
	return map[string]func(v core.SessionView, id core.ID) error{
		"deactivate":         func(v core.SessionView, id core.ID) error { return d.Deactivate(ctx, v, o, id) },
		"reactivate":         func(v core.SessionView, id core.ID) error { return d.Reactivate(ctx, v, o, id) },
		"link":               func(v core.SessionView, id core.ID) error { _, err := d.SendLink(ctx, v, o, id); return err },
		"require password":   func(v core.SessionView, id core.ID) error { return d.RequirePassword(ctx, v, o, id) },
		"require two-factor": func(v core.SessionView, id core.ID) error { return d.RequireTwoFactor(ctx, v, o, id) },
		"sign out":           func(v core.SessionView, id core.ID) error { return d.SignOut(ctx, v, o, id, true) },
		"save": func(v core.SessionView, id core.ID) error {
			acc, _, err := d.store.AccountByID(ctx, d.org.ID, id)
			if err != nil {
				acc.User = core.User{Email: "x@example.com", FirstName: "X", LastName: "Y", Type: core.Ordinary}
			}
			f := acc.User.Fields()
			f.Profile.Title = "Changed"
			return d.Save(ctx, v, o, id, f, acc.User.Fields())
		},
		"get": func(v core.SessionView, id core.ID) error { _, err := d.Get(ctx, v, id); return err },
		"activity": func(v core.SessionView, id core.ID) error {
			_, _, _, err := d.Activity(ctx, v, id, core.EventFilter{})
			return err
		},
	}
}

// TestRights: who may do what to whom; what is refused is written down, and
// somebody of another organization is not there.
func TestRights(t *testing.T) {
	d := newDesk(t)
	desk, user := d.person(d.org, "desk", core.HelpDesk), d.person(d.org, "user", core.Ordinary)
	chief, none := d.person(d.org, "chief", core.Administrator), d.person(d.org, "none", core.NoAccess)
	other := d.organization("Other")
	stranger, theirBoss := d.person(other, "stranger", core.Ordinary), d.person(other, "their", core.Administrator)
	const ok, missing, above, self = "", "not_found", "people.above", "people.self"
	for _, tt := range []struct {
		name    string
		by, of  core.User
		help    string // links
		manage  string // everything else
		look    string
		history string // the activity
	}{
		{"an administrator to a user", d.boss, user, ok, ok, ok, ok},
		{"an administrator to the help desk", d.boss, desk, ok, ok, ok, ok},
		{"an administrator to another", d.boss, chief, ok, ok, ok, ok},
		{"an administrator to themselves", d.boss, d.boss, self, self, ok, ok},
		{"the help desk to a user", desk, user, ok, above, ok, missing},
		{"the help desk to an administrator", desk, d.boss, above, above, ok, missing},
		{"the help desk to themselves", desk, desk, self, above, ok, missing},
		{"a user to another", user, desk, missing, missing, missing, missing},
		{"somebody without access", none, user, missing, missing, missing, missing},
		{"an administrator to a stranger", d.boss, stranger, missing, missing, missing, missing},
		{"an administrator of another organization", theirBoss, user, missing, missing, missing, missing},
		{"to nobody", d.boss, core.User{ID: "nobody"}, missing, missing, missing, missing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, do := range deeds(d) {
				want := map[string]string{"link": tt.help, "get": tt.look, "activity": tt.history}
				expect, special := want[name]
				if !special {
					expect = tt.manage
				}
				if name == "save" && tt.manage == self {
					expect = ok // one's own names are one's own
				}
				before := len(refusals(d, tt.of))
				err := do(d.view(tt.by), tt.of.ID)
				code := ""
				if err != nil {
					code = core.CodeOf(err)
				}
				if expect == ok && name == "reactivate" && code == "people.changed" {
					continue // there was nothing to do
				}
				if code != expect {
					t.Errorf("%s: got %q, want %q", name, code, expect)
				}
				written := len(refusals(d, tt.of)) - before
				if want := expect == above || expect == self; want != (written == 1) {
					t.Errorf("%s: %d refusals written down for %q", name, written, code)
				}
				if name == "deactivate" && err == nil {
					d.must(d.Reactivate(t.Context(), d.view(d.boss), here(), tt.of.ID))
				}
			}
		})
	}
	if list, err := d.Search(t.Context(), d.view(desk), core.PersonFilter{}); err != nil || len(list.People.People) != 5 || list.Total != 5 {
		t.Errorf("the help desk sees %d of %d (%v)", len(list.People.People), list.Total, err)
	}
	if _, err := d.Search(t.Context(), d.view(user), core.PersonFilter{}); core.CodeOf(err) != "not_found" {
		t.Errorf("a user sees the list: %v", err)
	}
}

// refusals are the events about somebody that tell of a refusal.
func refusals(d *desk, u core.User) []core.Event {
	all, err := d.store.Events(d.t.Context(), d.org.ID, core.EventFilter{SubjectID: u.ID, Limit: 1000})
	d.must(err)
	var out []core.Event
	for _, e := range all {
		if e.Result == "refused" {
			out = append(out, e)
		}
	}
	return out
}

func added(name string, kind core.UserType) core.PersonFields {
	return core.PersonFields{Profile: core.Profile{FirstName: name, LastName: "New"}, Email: name + "@new.example", Type: kind}
}

// TestAdd: the person gets a link by mail, and nobody a password.
func TestAdd(t *testing.T) {
	d := newDesk(t)
	f := added(" Ana ", core.Ordinary)
	f.Email, f.Username, f.Profile.TimeZone, f.Profile.Language = " Ana@NEW.example ", "ana", "Europe/Madrid", "es"
	u, err := d.Add(t.Context(), d.long(d.boss), here(), f)
	d.must(err)
	got := d.user(u)
	if got.Email != "Ana@new.example" || got.FirstName != "Ana" || got.Username != "ana" || got.Status != core.Invited || got.PasswordSealed != "" ||
		got.TimeZone != "Europe/Madrid" || got.Language != "es" || !got.EmailProvedAt.IsZero() {
		t.Errorf("stored %+v", got)
	}
	made := d.events(u, core.EventLinkMade)
	if e := d.events(u, core.EventUserCreated); len(e) != 1 || e[0].Actor.ID != d.boss.ID || e[0].Detail["type"] != "user" || len(made) != 1 {
		t.Errorf("told %+v, %+v", e, made)
	}
	none, err := d.Add(t.Context(), d.view(d.boss), here(), added("none", core.NoAccess))
	d.must(err)
	if len(d.events(none, core.EventLinkMade)) != 0 {
		t.Error("somebody without access got a link")
	}
	if _, err := d.Add(t.Context(), d.long(d.boss), here(), added("chief", core.Administrator)); core.CodeOf(err) != "confirm.needed" {
		t.Errorf("an administrator without confirming: %v", err)
	}
	_, err = d.Add(t.Context(), d.view(d.boss), here(), added("chief", core.Administrator))
	d.must(err)
	for name, by := range map[string]core.User{"the help desk": d.person(d.org, "desk", core.HelpDesk), "a user": got} {
		if _, err := d.Add(t.Context(), d.view(by), here(), added("x", core.Ordinary)); core.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAddRefused: what is wrong is said beside its field, and nobody is stored.
func TestAddRefused(t *testing.T) {
	d := newDesk(t)
	other := d.person(d.organization("Other"), "theirs", core.Ordinary)
	for _, tt := range []struct {
		name, field, code string
		change            func(*core.PersonFields)
	}{
		{"no name", "first_name", "user.first_name", func(f *core.PersonFields) { f.Profile.FirstName = " " }},
		{"no address", "email", "user.email", func(f *core.PersonFields) { f.Email = "" }},
		{"two addresses", "email", "user.email", func(f *core.PersonFields) { f.Email = "a@b.example,c@d.example" }},
		{"somebody else's address", "email", "people.taken", func(f *core.PersonFields) { f.Email = strings.ToUpper(other.Email) }},
		{"an address for a username", "username", "user.username", func(f *core.PersonFields) { f.Username = "a@b.example" }},
		{"no type", "type", "user.type", func(f *core.PersonFields) { people.Put(f, "type", "root") }},
		{"above all types", "type", "user.type", func(f *core.PersonFields) { f.Type = core.Administrator + 1 }},
		{"no zone", "time_zone", "user.time_zone", func(f *core.PersonFields) { f.Profile.TimeZone = "Mars/Base" }},
		{"no language", "language", "user.language", func(f *core.PersonFields) { f.Profile.Language = "tlh" }},
		{"a megabyte of name", "last_name", "user.last_name", func(f *core.PersonFields) { f.Profile.LastName = strings.Repeat("x", 1<<20) }},
		{"a header more", "last_name", "user.last_name", func(f *core.PersonFields) { f.Profile.LastName = "x\x00\u202e" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := added("x", core.Ordinary)
			tt.change(&f)
			_, err := d.Add(t.Context(), d.view(d.boss), here(), f)
			d.wants(tt.name, err, tt.field, tt.code)
		})
	}
	if n, err := d.store.CountPeople(t.Context(), d.org.ID, 100); err != nil || n != 1 {
		t.Errorf("%d people (%v), want the administrator alone", n, err)
	}
}

// TestSave: an administrator's address change asks for a confirmation, ends what
// went to the old one and is told to both.
func TestSave(t *testing.T) {
	d := newDesk(t)
	u := d.person(d.org, "ana", core.Ordinary)
	f := d.fields(u)
	f.Profile.Title, f.Profile.Phone = " Head of Sales ", "+34 600"
	d.must(d.Save(t.Context(), d.long(d.boss), here(), u.ID, f, d.fields(u)))
	e := d.events(u, core.EventUserChanged)
	if got := d.user(u); got.Title != "Head of Sales" || len(e) != 1 || e[0].Detail["title_after"] != "Head of Sales" || e[0].Detail["phone_before"] != "" {
		t.Errorf("stored %q, told %+v", got.Title, e)
	}
	f = d.fields(u)
	f.Email = "ana@moved.example"
	d.wants("without confirming", d.Save(t.Context(), d.long(d.boss), here(), u.ID, f, d.fields(u)), "", "confirm.needed")
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, f, d.fields(u)))
	got := d.user(u)
	e = d.events(u, core.EventUserChanged)
	if got.Email != "ana@moved.example" || !got.EmailProvedAt.IsZero() || e[0].Detail[core.DetailReplaced] != u.Email || e[0].Detail["email_before"] != u.Email {
		t.Errorf("stored %+v, told %+v", got, e[0])
	}
	f = got.Fields()
	f.Type = core.HelpDesk
	d.wants("a type without confirming", d.Save(t.Context(), d.long(d.boss), here(), u.ID, f, got.Fields()), "", "confirm.needed")
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, f, got.Fields()))
	if e = d.events(u, core.EventUserChanged); e[0].Detail["type_before"] != "user" || e[0].Detail["type_after"] != "help-desk" {
		t.Errorf("told %+v", e[0])
	}
	n := len(e)
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, f, f))
	if e = d.events(u, core.EventUserChanged); len(e) != n {
		t.Error("nothing was changed, and told")
	}
	own := d.fields(d.boss)
	own.Type = core.Ordinary
	d.wants("one's own rights", d.Save(t.Context(), d.view(d.boss), here(), d.boss.ID, own, d.fields(d.boss)), "", "people.self")
	own = d.fields(d.boss)
	own.Email = "me@elsewhere.example"
	d.wants("one's own address", d.Save(t.Context(), d.view(d.boss), here(), d.boss.ID, own, d.fields(d.boss)), "", "people.self")
}

// TestInvitedMoves: an invitation follows the address, and the old link is dead.
func TestInvitedMoves(t *testing.T) {
	d := newDesk(t)
	u := d.invited(d.org, "new", core.Ordinary)
	kind, err := d.SendLink(t.Context(), d.view(d.boss), here(), u.ID)
	d.must(err)
	if kind != core.LinkInvitation {
		t.Errorf("sent %s", kind)
	}
	old := d.events(u, core.EventLinkMade)[0]
	f := d.fields(u)
	f.Email = "right@new.example"
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, f, d.fields(u)))
	made := d.events(u, core.EventLinkMade)
	if len(made) != 2 || made[0].Target != "right@new.example" {
		t.Fatalf("links %+v", made)
	}
	for id, works := range map[core.ID]bool{old.ID: false, made[0].ID: true} {
		l, _, _, err := d.store.LinkByToken(t.Context(), "digest-"+string(id))
		d.must(err)
		if l.Over(d.now) == works {
			t.Errorf("the link of %s works: %v", l.Address, !works)
		}
	}
}

// TestTooManyLinks: nobody is flooded with links, each of which ends the one
// before.
func TestTooManyLinks(t *testing.T) {
	d := newDesk(t)
	u, other := d.person(d.org, "ada", core.Ordinary), d.person(d.org, "bob", core.Ordinary)
	for range 5 {
		_, err := d.SendLink(t.Context(), d.view(d.boss), here(), u.ID)
		d.must(err)
	}
	_, err := d.SendLink(t.Context(), d.view(d.boss), here(), u.ID)
	d.wants("the sixth within an hour", err, "", "people.links")
	if n := len(d.events(u, core.EventLinkMade)); n != 5 {
		t.Errorf("%d links were made", n)
	}
	_, err = d.SendLink(t.Context(), d.view(d.boss), here(), other.ID)
	d.must(err)
}

// TestAccessInvites: who gets access later is invited then.
func TestAccessInvites(t *testing.T) {
	d := newDesk(t)
	u, err := d.Add(t.Context(), d.view(d.boss), here(), added("later", core.NoAccess))
	d.must(err)
	f := d.fields(u)
	f.Type = core.Ordinary
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, f, d.fields(u)))
	if n := len(d.events(u, core.EventLinkMade)); n != 1 {
		t.Errorf("%d invitations, want 1", n)
	}
}

// TestTwoAdministrators: different lines are both heard; of the same line the
// second sees what the first stored and who it was, and then may mean it.
func TestTwoAdministrators(t *testing.T) {
	d := newDesk(t)
	chief, u := d.person(d.org, "chief", core.Administrator), d.person(d.org, "ana", core.Ordinary)
	shown := d.fields(u)
	first, second := shown, shown
	first.Profile.Title, first.Profile.Department, first.Profile.Manager = "Head", "Sales", "Bo Ss"
	second.Profile.Title, second.Profile.Phone = "Chief", "600"
	d.must(d.Save(t.Context(), d.view(d.boss), here(), u.ID, first, shown))
	err := d.Save(t.Context(), d.view(chief), here(), u.ID, second, shown)
	d.wants("the same line", err, "title", "people.field_changed")
	var e *core.Error
	if !asError(err, &e) || e.Fields["title"].Params["value"] != "Head" || e.Params["by"] != d.boss.Name() || len(e.Fields) != 1 {
		t.Errorf("told %+v", e)
	}
	if got := d.user(u); got.Phone != "" || got.Title != "Head" {
		t.Errorf("half of it was stored: %+v", got)
	}
	shown.Profile.Title = "Head" // the second form shows it now
	d.must(d.Save(t.Context(), d.view(chief), here(), u.ID, second, shown))
	if got := d.user(u); got.Title != "Chief" || got.Phone != "600" || got.Department != "Sales" || got.Manager != "Bo Ss" {
		t.Errorf("stored %+v", got)
	}
}

func asError(err error, e **core.Error) bool { return errors.As(err, e) }

// TestOnlyAdministrator: alone, an administrator is told so in these words, and
// of many who deactivate and demote each other one stays.
func TestOnlyAdministrator(t *testing.T) {
	d := newDesk(t)
	d.invited(d.org, "soon", core.Administrator)
	d.person(d.org, "gone", core.Administrator, func(u *core.User) { u.Status = core.Inactive })
	d.wants("the only one", d.Deactivate(t.Context(), d.view(d.boss), here(), d.boss.ID), "", "user.last_administrator")
	var bosses []core.User
	for i := range 10 {
		bosses = append(bosses, d.person(d.org, fmt.Sprintf("boss%d", i), core.Administrator))
	}
	d.wants("one of many", d.Deactivate(t.Context(), d.view(d.boss), here(), d.boss.ID), "", "people.self")
	bosses = append(bosses, d.boss)
	views := make([]core.SessionView, len(bosses))
	for i, u := range bosses {
		views[i] = d.view(u)
	}
	var g sync.WaitGroup
	for i := range 50 {
		g.Go(func() {
			by, of := views[i%len(bosses)], bosses[(i+1+i/len(bosses))%len(bosses)]
			if i%2 == 0 {
				_ = d.Deactivate(context.Background(), by, here(), of.ID) // that one is left is the test
				return
			}
			f := of.Fields()
			f.Type = core.Ordinary
			_ = d.Save(context.Background(), by, here(), of.ID, f, of.Fields())
		})
	}
	g.Wait()
	kind := core.Administrator
	left, err := d.store.SearchPeople(t.Context(), core.PersonFilter{OrganizationID: d.org.ID, Type: &kind, Status: core.Active, Limit: 50, Now: d.now})
	d.must(err)
	if len(left.People) == 0 {
		t.Error("nobody is left who administers")
	}
}

// TestDeeds: what each does, to whom it cannot be done, and that each is told.
func TestDeeds(t *testing.T) {
	d := newDesk(t)
	v := d.view(d.boss)
	u, fresh := d.person(d.org, "ana", core.Ordinary), d.invited(d.org, "new", core.Ordinary)
	none := d.person(d.org, "none", core.NoAccess)
	ctx := t.Context()
	d.wants("deactivating without confirming", d.Deactivate(ctx, d.long(d.boss), here(), u.ID), "", "confirm.needed")
	d.must(d.RequirePassword(ctx, v, here(), u.ID))
	d.must(d.RequireTwoFactor(ctx, v, here(), u.ID))
	d.must(d.SignOut(ctx, v, here(), u.ID, true))
	if got := d.user(u); got.PasswordDue != core.PasswordTemporary || got.TwoFactor != core.TwoFactorOn {
		t.Errorf("stored %+v", got)
	}
	d.wants("ticked already", d.RequireTwoFactor(ctx, v, here(), u.ID), "", "people.changed")
	d.must(d.Deactivate(ctx, v, here(), u.ID))
	d.wants("again", d.Deactivate(ctx, v, here(), u.ID), "", "people.changed")
	_, err := d.SendLink(ctx, v, here(), u.ID)
	d.wants("a link to somebody deactivated", err, "", "people.no_link")
	d.wants("two-factor of somebody deactivated", d.RequireTwoFactor(ctx, v, here(), u.ID), "", "people.no_second_step")
	d.must(d.Reactivate(ctx, v, here(), u.ID))
	if got := d.user(u); got.Status != core.Active || len(d.events(u, core.EventLinkMade)) != 0 {
		t.Errorf("let in again: %+v", got)
	}
	d.wants("a password of somebody invited", d.RequirePassword(ctx, v, here(), fresh.ID), "", "people.no_password")
	d.must(d.Deactivate(ctx, v, here(), fresh.ID))
	if len(d.events(fresh, core.EventInvitationGone)) != 1 {
		t.Error("a withdrawn invitation is told as one")
	}
	d.must(d.Reactivate(ctx, v, here(), fresh.ID))
	if got := d.user(fresh); got.Status != core.Invited || len(d.events(fresh, core.EventLinkMade)) != 1 {
		t.Errorf("invited again: %+v", got)
	}
	_, err = d.SendLink(ctx, v, here(), none.ID)
	d.wants("a link without access", err, "", "people.no_link")
	for _, kind := range []string{core.EventUserDeactivated, core.EventUserReactivated, core.EventPasswordRequired, core.EventTwoFactorAsked, core.EventSessionEnded} {
		if e := d.events(u, kind); len(e) != 1 || e[0].Actor.ID != d.boss.ID || e[0].Result != "ok" || e[0].Origin.Address != here().Address {
			t.Errorf("%s told %+v", kind, e)
		}
	}
}

// TestTotal: a small organization is counted anew, a large one once a minute and
// after somebody was added.
func TestTotal(t *testing.T) {
	d := newDesk(t)
	many := make([]core.NewUser, 2100)
	for i := range many {
		u := core.User{ID: core.ID(fmt.Sprintf("p%05d", i)), OrganizationID: d.org.ID, FirstName: "P", LastName: "Q", Email: fmt.Sprintf("p%d@many.example", i), Status: core.Active, Type: core.Ordinary, CreatedAt: start}
		many[i] = core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}}
	}
	total := func() int {
		list, err := d.Search(t.Context(), d.view(d.boss), core.PersonFilter{})
		d.must(err)
		return list.Total
	}
	if got := total(); got != 1 {
		t.Errorf("alone: %d", got)
	}
	d.must(d.store.BulkUsers(t.Context(), many[:2050]))
	if got := total(); got != 2051 {
		t.Errorf("many: %d", got)
	}
	d.must(d.store.BulkUsers(t.Context(), many[2050:]))
	if got := total(); got != 2051 {
		t.Errorf("within a minute: %d", got)
	}
	_, err := d.Add(t.Context(), d.view(d.boss), here(), added("ana", core.Ordinary))
	d.must(err)
	if got := total(); got != 2102 {
		t.Errorf("after adding: %d", got)
	}
	page, err := d.Search(t.Context(), d.view(d.boss), core.PersonFilter{Text: strings.Repeat("p", 1<<20)})
	d.must(err)
	if !page.Filtered || page.Matches != 0 {
		t.Errorf("a megabyte finds %d", page.Matches)
	}
}
