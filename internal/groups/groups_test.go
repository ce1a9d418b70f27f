package groups_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

type desk struct {
	*groups.Service
	t     *testing.T
	store *sqlstore.Store
	now   time.Time
	boss  core.SessionView
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: start}
	clock := func() time.Time { return d.now }
	d.store, _ = storetest.Open(t, clock, random)
	d.Service = groups.New(d.store, d.store, d.store, clock, random)
	d.boss = d.person(d.organization("Acme"), "boss", core.Administrator)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) organization(name string) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(start, random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: start, Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

func (d *desk) person(o core.Organization, name string, kind core.UserType) core.SessionView {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(start, random), OrganizationID: o.ID, Email: name + "@" + string(o.ID) + ".example", FirstName: name, LastName: "Tester",
		Type: kind, Status: core.Active, PasswordSealed: "sealed", CreatedAt: start,
	}
	d.must(d.store.BulkUsers(d.t.Context(), []core.NewUser{{User: u, Keys: core.LoginKeys{Email: u.Email}}}))
	return core.SessionView{Session: core.Session{ID: "session", UserID: u.ID, ProvedAt: start}, Account: core.Account{User: u}, Organization: o}
}

func here() core.Origin { return core.Origin{Address: "192.0.2.7"} }

func field(err error, name string) string {
	var e *core.Error
	if errors.As(err, &e) && e.Fields[name] != nil {
		return e.Fields[name].Code
	}
	return core.CodeOf(err)
}

// TestGroups: a group from its making to its end, each step told.
func TestGroups(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	ana := d.person(d.boss.Organization, "ana", core.Ordinary)
	g, err := d.Create(ctx, d.boss, here(), core.GroupFields{Name: " The  Finance ", Description: " Money\r\nand more "})
	d.must(err)
	if g.Name != "The Finance" || g.Description != "Money\nand more" {
		t.Errorf("made %+v", g)
	}
	d.must(d.Join(ctx, d.boss, here(), g.ID, ana.Account.User.ID))
	got, err := d.Get(ctx, d.boss, g.ID, "", "")
	d.must(err)
	if got.Members != 1 || len(got.Page.People) != 1 || got.Page.People[0].User.ID != ana.Account.User.ID || len(got.Opens) != 0 {
		t.Errorf("shown %+v", got)
	}
	d.must(d.store.AddApplication(ctx, core.Application{ID: "app", OrganizationID: g.OrganizationID, Name: "Ledger", URL: "https://l.example", Groups: []string{g.Name}, Level: 1}, core.Record{}))
	if got, err = d.Get(ctx, d.boss, g.ID, "", ""); err != nil || len(got.Opens) != 1 || got.Opens[0] != "Ledger" {
		t.Errorf("opens %v (%v)", got.Opens, err)
	}
	if err := d.Remove(ctx, d.boss, here(), g.ID); core.CodeOf(err) != "group.in_use" {
		t.Errorf("removed while in use: %v", err)
	}
	d.must(d.store.RemoveApplication(ctx, g.OrganizationID, "app", core.Record{}))
	d.must(d.Leave(ctx, d.boss, here(), g.ID, ana.Account.User.ID))
	d.must(d.Remove(ctx, d.boss, here(), g.ID))
	for _, kind := range []string{core.EventGroupCreated, core.EventGroupJoined, core.EventGroupLeft, core.EventGroupRemoved} {
		e, err := d.store.Events(ctx, g.OrganizationID, core.EventFilter{Kinds: []string{kind}})
		d.must(err)
		if len(e) != 1 || e[0].Actor.ID != d.boss.Account.User.ID || e[0].Target != "The Finance" {
			t.Errorf("%s: %+v", kind, e)
		}
	}
}

// TestTwoSaves: two administrators who change different lines are both heard, and
// the second is told; of the same one the second sees what the first made of it,
// and who that was.
func TestTwoSaves(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	g, err := d.Create(ctx, d.boss, here(), core.GroupFields{Name: "A", Description: "B\nC"})
	d.must(err)
	chief := d.person(d.boss.Organization, "chief", core.Administrator)
	was := core.GroupFields{Name: "A", Description: "B\nC"}
	save := func(v core.SessionView, name, description string, wantMet bool) {
		t.Helper()
		d.now = d.now.Add(time.Minute)
		met, err := d.Save(ctx, v, here(), g.ID, core.GroupFields{Name: name, Description: description}, was)
		if err != nil || met != wantMet {
			t.Errorf("saving %q, %q: met %v (%v)", name, description, met, err)
		}
	}
	save(d.boss, "A", "B\r\nC", false) // nothing
	save(d.boss, "A1", "B\nC", false)
	save(chief, "A", "B1", true)
	save(chief, "A1", "B1", true) // the same as is stored
	_, err = d.Save(ctx, d.boss, here(), g.ID, core.GroupFields{Name: "A2", Description: "B2"}, was)
	var e *core.Error
	if !errors.As(err, &e) || field(err, "name") != "group.changed" || field(err, "description") != "group.changed" {
		t.Fatalf("the same line: %v", err)
	}
	if e.Fields["name"].Params["value"] != "A1" || e.Params["by"] != "chief Tester" || !start.Add(3*time.Minute).Equal(e.Params["at"].(time.Time)) {
		t.Errorf("told %v, %v", e.Params, e.Fields["name"].Params)
	}
	got, err := d.Get(ctx, d.boss, g.ID, "", "")
	d.must(err)
	if got.Name != "A1" || got.Description != "B1" {
		t.Errorf("stored %+v", got.Group)
	}
	events, err := d.store.Events(ctx, g.OrganizationID, core.EventFilter{Kinds: []string{core.EventGroupChanged}})
	d.must(err)
	if len(events) != 2 || events[1].Detail["name_before"] != "A" || events[1].Detail["name_after"] != "A1" {
		t.Errorf("recorded %+v", events)
	}
}

// TestFind: people of the organization, by beginnings; what is cut off is still
// text.
func TestFind(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	ana := d.person(d.boss.Organization, "ana", core.Ordinary)
	d.person(d.organization("Other"), "anabel", core.Ordinary)
	for _, tt := range []struct {
		name, text string
		want       core.ID
	}{
		{"a beginning", " an", ana.Account.User.ID},
		{"nothing", " ", ""},
		{"nobody", "zoe", ""},
		{"cut inside of a letter", "x" + strings.Repeat("é", 200), ""},
		{"a megabyte", strings.Repeat("ana ", 1<<18), ana.Account.User.ID},
		{"what is no text", "ana\x00\xff", ana.Account.User.ID},
	} {
		found, more, err := d.Find(ctx, d.boss, tt.text)
		var first core.ID
		if len(found) > 0 {
			first = found[0].User.ID
		}
		if err != nil || more || first != tt.want {
			t.Errorf("%s: found %v, more %v (%v)", tt.name, found, more, err)
		}
	}
}

// TestRefused: what is typed wrong, and who may not.
func TestRefused(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	g, err := d.Create(ctx, d.boss, here(), core.GroupFields{Name: "Finance"})
	d.must(err)
	for _, tt := range []struct{ name, group, description, field, code string }{
		{"no name", " ", "", "name", "group.name"},
		{"a long name", strings.Repeat("x", 81), "", "name", "group.name"},
		{"a megabyte", strings.Repeat("x", 1<<20), strings.Repeat("y", 1<<20), "description", "group.description"},
		{"a name that turns around", "a\u202eb", "", "name", "group.name"},
		{"the same in other letters", "FINANCE", "", "name", "group.taken"},
	} {
		if _, err := d.Create(ctx, d.boss, here(), core.GroupFields{Name: tt.group, Description: tt.description}); field(err, tt.field) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	other := d.organization("Other")
	for name, v := range map[string]core.SessionView{
		"a user": d.person(d.boss.Organization, "user", core.Ordinary), "the help desk": d.person(d.boss.Organization, "desk", core.HelpDesk),
		"an administrator of another organization": d.person(other, "their", core.Administrator),
	} {
		_, getErr := d.Get(ctx, v, g.ID, "", "")
		_, saveErr := d.Save(ctx, v, here(), g.ID, core.GroupFields{Name: "X"}, core.GroupFields{Name: "Finance"})
		all := map[string]error{
			"get": getErr, "save": saveErr,
			"remove": d.Remove(ctx, v, here(), g.ID), "join": d.Join(ctx, v, here(), g.ID, d.boss.Account.User.ID),
			"leave": d.Leave(ctx, v, here(), g.ID, d.boss.Account.User.ID),
		}
		for what, err := range all {
			if core.CodeOf(err) != "not_found" {
				t.Errorf("%s: %s: %v, want not found", name, what, err)
			}
		}
		found, _, err := d.Find(ctx, v, "boss")
		if err == nil && len(found) > 0 && v.Account.User.OrganizationID == g.OrganizationID {
			t.Errorf("%s finds people", name)
		}
	}
	stranger := d.person(other, "stranger", core.Ordinary)
	if err := d.Join(ctx, d.boss, here(), g.ID, stranger.Account.User.ID); core.CodeOf(err) != "not_found" {
		t.Errorf("a stranger joined: %v", err)
	}
}
