package loadundo_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// everything is a file that does all that a file of people can.
const everything = `Username,Email,First Name,Last Name,Title,Groups,Type,Active,TOTP secret
new,new@example.com,New,One,,Sales; Fresh,,,abcdefghabcdefgh
ann,,,,Cook,Sales,,,
bob,bob.new@example.com,,,,,,,
cid,,,,,,help-desk,,
dot,,,,,,,no,
eve,,,,,,,yes,
fay,,,,Baker,,,,abcdefghabcdefgh
gus,,,,,,,,abcdefghabcdefgh
hal,,,,,,,,
ill,@,,,,,,,
`

func byName(o *core.LoadOrder) { o.Key, o.Absent, o.Threshold = "username", false, 100 }

// staffed is a desk with the people that everything is about.
func staffed(t *testing.T) *desk {
	d := newDesk(t)
	for _, name := range []string{"ann", "bob", "cid", "dot", "eve", "fay", "gus", "hal", "ill"} {
		u := d.person(d.org, name, core.Ordinary, "Old")
		if name == "eve" {
			d.must(d.people.Deactivate(t.Context(), d.view(d.boss), here(), u.ID))
		}
	}
	return d
}

// facts are what an undo brings back, of everybody.
func (d *desk) facts() map[string]core.PersonFields {
	d.t.Helper()
	found, err := d.store.SearchPeople(d.t.Context(), core.PersonFilter{OrganizationID: d.org.ID, Limit: 100, Now: d.clock()})
	d.must(err)
	out := map[string]core.PersonFields{}
	for _, p := range found.People {
		f := p.User.Fields()
		f.Profile.Phone = string(p.User.Status) // in the place of what no file here has
		for _, g := range slices.Sorted(slices.Values(p.Groups)) {
			f.Profile.TimeZone += g + ";"
		}
		out[p.User.Username] = f
	}
	return out
}

func TestAllIsTakenBack(t *testing.T) {
	for _, batch := range []int{1, 3, 500} {
		d := staffed(t)
		before := d.facts()
		run := d.load(everything, batch, byName)
		if run.Counts != (core.LoadCounts{Added: 1, Updated: 7, Unchanged: 1, Rejected: 1}) {
			t.Fatalf("the load counts %+v", run.Counts)
		}
		p, err := d.Preview(t.Context(), d.view(d.boss), run.ID)
		d.must(err)
		want := core.LoadUndoCounts{Deactivated: 1, Restored: 6, Kept: 1}
		if p.Counts != want || p.Brought != 2 || p.More || len(p.Kept) != 1 {
			t.Errorf("the preview says %+v", p)
		}
		run = d.undo(run)
		want.Removed = 2
		if run.Undo.State != core.LoadUndone || run.Undo.Counts != want || run.Undo.By.ID != d.boss.ID {
			t.Errorf("by %d, the undo is %+v", batch, run.Undo)
		}
		after := d.facts()
		if is := after["new"]; is.Profile.Phone != "inactive" || is.Profile.TimeZone != "" {
			t.Errorf("whom the load added is %+v", is)
		}
		delete(after, "new")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("by %d, people (-before +after):\n%s", batch, diff)
		}
		if diff := cmp.Diff(map[string]string{"Gus Tester": "brought"}, d.kept(run)); diff != "" {
			t.Error(diff)
		}
		if gus := d.who("gus@example.com"); gus.Apps != 1 || d.who("fay@example.com").Apps != 1 {
			t.Errorf("an app that the load brought is gone: %+v", gus)
		}
		if n := d.count("person_group"); n != 1 {
			t.Errorf("there are %d groups", n)
		}
		started, batches, ended := d.count("event WHERE kind = 'load.undo_started'"), d.count("event WHERE kind = 'load.undo_batch'"), d.count("event WHERE kind = 'load.undo_ended'")
		if started != 1 || batches != (10+batch-1)/batch || ended != 1 {
			t.Errorf("by %d the log has %d, %d and %d events", batch, started, batches, ended)
		}
		d.refused("an undo of it", d.Begin(t.Context(), d.view(d.boss), here(), run.ID), "load.undo.once")
	}
}

// TestNothingSecretIsKept: of a password or an app a mark alone, and of whom the load
// added not even their name.
func TestNothingSecretIsKept(t *testing.T) {
	d := staffed(t)
	d.load(everything, 4, byName)
	for _, secret := range []string{"abcdefgh", "sealed-", "brought-", "One", `"new@example.com`} {
		if n := d.count("load_result WHERE before_sealed LIKE '%" + secret + "%' OR row_results LIKE '%" + secret + "%' OR kept LIKE '%" + secret + "%'"); n != 0 {
			t.Errorf("%q is in %d rows of results", secret, n)
		}
	}
	if n := d.count("load_result WHERE before_sealed LIKE '%bob@example.com%' AND row_results NOT LIKE '%bob%'"); n != 1 {
		t.Errorf("an earlier address is in %d rows, sealed", n)
	}
}

func TestWhoIsAbsentComesBack(t *testing.T) {
	d := staffed(t)
	before := d.facts()
	run := d.load("Username\nann\nbob\n", 500, func(o *core.LoadOrder) { o.Key, o.Absent, o.Threshold = "username", true, 100 })
	if run.Counts.Deactivated != 6 {
		t.Fatalf("the load is %+v", run)
	}
	if run = d.undo(run); run.Undo.Counts != (core.LoadUndoCounts{Returned: 6}) {
		t.Errorf("the undo is %+v", run.Undo)
	}
	if diff := cmp.Diff(before, d.facts()); diff != "" {
		t.Errorf("people (-before +after):\n%s", diff)
	}
}

// TestWhatWasChangedSinceStays: of whom the load added anything that happened to them,
// of others what it had changed.
func TestWhatWasChangedSinceStays(t *testing.T) {
	d := newDesk(t)
	old := d.person(d.org, "old", core.Ordinary)
	text := "Username,Email,First Name,Last Name,Title,Type,Groups\nold,,,,Cook,,Sales\n"
	for _, name := range []string{"signed", "renamed", "grouped", "raised", "proved", "moved", "plain"} {
		text += name + "," + name + "@example.com," + name + ",New,,,Sales\n"
	}
	text += "root,root@example.com,root,New,,administrator,\n"
	run := d.load(text, 3, byName)
	boss := d.view(d.boss)
	ctx := t.Context()
	change := func(name string, edit func(f *core.PersonFields)) {
		u := d.who(name + "@example.com").User
		was, is := u.Fields(), u.Fields()
		edit(&is)
		d.must(d.people.Save(ctx, boss, here(), u.ID, is, was))
	}
	for name, column := range map[string]string{"signed": "last_sign_in_at", "proved": "email_proved_at"} {
		_, err := d.raw.ExecContext(ctx, "UPDATE person SET "+column+" = 5 WHERE username = $1", name)
		d.must(err)
	}
	change("renamed", func(f *core.PersonFields) { f.Profile.LastName = "Else" })
	change("raised", func(f *core.PersonFields) { f.Type = core.HelpDesk })
	change("moved", func(f *core.PersonFields) { f.Email = "else@example.com" })
	change("old", func(f *core.PersonFields) { f.Profile.Title = "Chef" })
	g, err := d.groups.Create(ctx, boss, here(), core.GroupFields{Name: "Else"})
	d.must(err)
	d.must(d.groups.Join(ctx, boss, here(), g.ID, d.who("grouped@example.com").User.ID))
	run = d.undo(run)
	if run.Undo.Counts != (core.LoadUndoCounts{Deactivated: 1, Kept: 8}) {
		t.Errorf("the undo is %+v", run.Undo)
	}
	want := map[string]string{
		"signed New": "changed", "renamed Else": "changed", "grouped New": "changed", "raised New": "changed", "proved New": "changed", "moved New": "changed",
		"root New": "administrator", "Old Tester": "changed",
	}
	if diff := cmp.Diff(want, d.kept(run)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if plain := d.who("plain@example.com"); plain.User.Status != core.Inactive || len(plain.Groups) > 0 {
		t.Errorf("whom nobody touched is %+v", plain)
	}
	if now := d.who(old.Email); now.User.Title != "Chef" || !slices.Equal(now.Groups, []string{"Sales"}) {
		t.Errorf("whom somebody changed is %+v", now)
	}
}

func TestGroupsAndMembershipsAreTakenBack(t *testing.T) {
	d := newDesk(t)
	ctx, boss := t.Context(), d.view(d.boss)
	d.person(d.org, "ann", core.Ordinary, "Sales")
	d.person(d.org, "bob", core.Ordinary)
	toGroups := func(o *core.LoadOrder) { o.Target, o.Key, o.Identity = core.LoadGroups, "name", false }
	run := d.load("Name,Description\nSales,All who sell\nEmpty,\nFull,\nUsed,By an application\nMoved,\n", 2, toGroups)
	members := d.load("Group,Person\nFull,bob\nSales,bob\nSales,ann\n", 2, func(o *core.LoadOrder) { o.Target, o.Key, o.Identity = core.LoadMemberships, "", false })
	all, err := d.groups.List(ctx, boss)
	d.must(err)
	for _, g := range all {
		if g.Name == "Moved" {
			_, err := d.groups.Save(ctx, boss, here(), g.ID, core.GroupFields{Name: "Gone"}, g.Fields())
			d.must(err)
		}
	}
	d.must(d.store.AddApplication(ctx, core.Application{ID: "app", OrganizationID: d.org.ID, Name: "Ledger", URL: "https://l.example", Groups: []string{"Used"}, Level: 1}, core.Record{}))
	run = d.undo(run)
	if run.Undo.Counts != (core.LoadUndoCounts{Removed: 1, Restored: 1, Kept: 3}) {
		t.Errorf("the groups: %+v", run.Undo)
	}
	if diff := cmp.Diff(map[string]string{"Full": "members", "Used": "in_use", "Gone": "changed"}, d.kept(run)); diff != "" {
		t.Error(diff)
	}
	if members = d.undo(members); members.Undo.Counts != (core.LoadUndoCounts{Restored: 2}) {
		t.Errorf("the memberships: %+v", members.Undo)
	}
	if ann, bob := d.who("ann@example.com"), d.who("bob@example.com"); !slices.Equal(ann.Groups, []string{"Sales"}) || len(bob.Groups) > 0 {
		t.Errorf("ann is in %v, bob in %v", ann.Groups, bob.Groups)
	}
}

func TestWhoMayUndoAndWhen(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	run := d.load("Email,First Name,Last Name\nann@example.com,Ann,One\n", 500, nil)
	other := d.person(d.organization("Other"), "their", core.Administrator)
	desk := d.person(d.org, "desk", core.HelpDesk)
	for name, who := range map[string]core.User{"another organization": other, "the help desk": desk} {
		d.refused(name, d.Begin(ctx, d.view(who), here(), run.ID), "not_found")
		_, err := d.Preview(ctx, d.view(who), run.ID)
		d.refused(name+" looks", err, "not_found")
		_, err = d.Kept(ctx, d.view(who), run.ID, 9)
		d.refused(name+" reads", err, "not_found")
	}
	stale := d.view(d.boss)
	stale.Session.ProvedAt = time.Time{}
	d.refused("without a confirmation", d.Begin(ctx, stale, here(), run.ID), "confirm.needed")
	c := loader.Caller{View: d.view(d.boss), Origin: here(), Identity: true}
	begin := loader.Begin{Order: loader.NewOrder(core.LoadPeople, []string{"Email"}), Columns: []string{"Email"}, First: 2}
	open, err := d.loads.Start(ctx, c, begin)
	d.must(err)
	d.refused("one that runs", d.Begin(ctx, d.view(d.boss), here(), open.ID), "load.undo.running")
	d.refused("while another one runs", d.Begin(ctx, d.view(d.boss), here(), run.ID), "load.undo.others")
	_, err = d.loads.Stop(ctx, c, open.ID, core.LoadByPerson)
	d.must(err)
	d.must(d.Begin(ctx, d.view(d.boss), here(), run.ID))
	d.refused("twice", d.Begin(ctx, d.view(d.boss), here(), run.ID), "load.undo.once")
	d.refused("another one meanwhile", d.Begin(ctx, d.view(d.boss), here(), open.ID), "load.undoing")
	_, err = d.loads.Start(ctx, c, begin)
	d.refused("a load meanwhile", err, "load.undoing")
	d.now.Add(core.LoadUndoLife.Microseconds())
	d.refused("a day later", d.Begin(ctx, d.view(d.boss), here(), open.ID), "load.undo.late")
	if _, err := d.store.Sweep(ctx, d.clock()); err != nil || d.count("load_result WHERE before_sealed <> ''") != 1 {
		t.Errorf("what an undo under way needs was swept (%v)", err)
	}
}

// TestManyUndoAtOnce: of 50 who begin it one does, and of 50 workers each batch is
// taken back by one.
func TestManyUndoAtOnce(t *testing.T) {
	d := staffed(t)
	before := d.facts()
	run := d.load(everything, 2, byName)
	together := func(do func() error, but ...string) int {
		var wg sync.WaitGroup
		var mu sync.Mutex
		n := 0
		for range 50 {
			wg.Go(func() {
				err := do()
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					n++
				} else if !slices.Contains(but, core.CodeOf(err)) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		return n
	}
	view := d.view(d.boss)
	if n := together(func() error { return d.Begin(t.Context(), view, here(), run.ID) }, "load.undo.once", "load.undoing", core.ErrStale.Code); n != 1 {
		t.Errorf("%d began it", n)
	}
	together(func() error {
		mine := d.run(run)
		for over := false; !over; {
			var err error
			if over, err = d.Next(t.Context(), view, &mine); err != nil {
				return err
			}
		}
		return nil
	}, core.ErrStale.Code)
	run = d.undo2(run)
	if run.Undo.State != core.LoadUndone || run.Undo.Counts != (core.LoadUndoCounts{Deactivated: 1, Restored: 6, Removed: 2, Kept: 1}) {
		t.Errorf("the undo is %+v", run.Undo)
	}
	after := d.facts()
	delete(after, "new")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("people (-before +after):\n%s", diff)
	}
	if n := d.count("event WHERE kind = 'load.undo_batch'"); n != 5 {
		t.Errorf("%d batches are in the log", n)
	}
}
