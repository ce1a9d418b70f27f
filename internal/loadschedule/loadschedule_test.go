package loadschedule_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

const header = "Email,First name,Last name\n"

// TestWatchedFolder: a file that has come to rest is loaded once, as the key's person,
// and moved; a file that comes again as it was is moved without being loaded.
func TestWatchedFolder(t *testing.T) {
	d := newDesk(t, nil)
	id := d.save(d.want(watching("*.csv"), ""))
	d.turn()
	d.put("notes.txt", header+"x@example.com,X,Y\n")
	d.put(".hidden.csv", header+"x@example.com,X,Y\n")
	fresh := filepath.Join(d.folder, "fresh.csv")
	d.put("fresh.csv", header+"x@example.com,X,Y\n")
	now := d.clock().Add(time.Hour)
	d.must(os.Chtimes(fresh, now, now))
	d.put("staff.csv", strings.ToUpper(header)+"ana@example.com,Ana,Diaz\nbea@example.com,Bea,Novak\n") // names as on the pages, in any case
	d.pass(11 * time.Second)
	d.turn()
	d.turn() // what became of the load
	is := d.stored(id)
	if !is.Settled || is.Failures != 0 || is.LastRun == "" || is.Stopped {
		t.Errorf("the schedule is %+v", is)
	}
	d.expect(map[string]int{
		"person WHERE email LIKE '%@example.com'": 2, "load_run WHERE state = 'done' AND package_name = 'Staff'": 1, "outbox": 0,
		"event WHERE kind = 'load.started' AND detail LIKE '%" + d.key.Access + "%'": 1,
	})
	d.put("again.csv", strings.ToUpper(header)+"ana@example.com,Ana,Diaz\nbea@example.com,Bea,Novak\n")
	d.pass(11 * time.Second)
	d.turn()
	d.expect(map[string]int{"load_run": 1})
	left := names(t, d.folder)
	if want := []string{".hidden.csv", "fresh.csv", "notes.txt", "taken"}; !slices.Equal(left, want) {
		t.Errorf("the folder has %q", left)
	}
	if moved := names(t, filepath.Join(d.folder, "taken")); len(moved) != 2 || !strings.HasSuffix(moved[0], "-staff.csv") || !strings.HasSuffix(moved[1], "-again.csv") {
		t.Errorf("taken has %q", moved)
	}
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Name())
	}
	return out
}

// TestMissedTurn: turns that were missed while no server ran are one.
func TestMissedTurn(t *testing.T) {
	d := newDesk(t, nil)
	d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, "0 6 * * *"))
	if d.turn() {
		t.Error("it had a turn before its time")
	}
	list, err := d.List(t.Context(), d.caller())
	d.must(err)
	var next []string
	for _, at := range list[0].Next {
		next = append(next, at.UTC().Format("02 15:04"))
	}
	if want := []string{"24 05:00", "25 05:00", "26 05:00"}; !slices.Equal(next, want) || list[0].Package != "Staff" || list[0].Key != "Loader" {
		t.Errorf("listed as %+v", list[0])
	}
	d.pass(73 * time.Hour)
	for range 4 {
		d.turn()
	}
	d.expect(map[string]int{"load_run": 1, "person WHERE email = 'ana@example.com'": 1})
	if is := d.stored(id); !is.NextAt.Equal(time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("the next turn is at %v", is.NextAt)
	}
}

// TestFiveFailures: each failure is told by email with why, the fifth stops the
// schedule, and whoever mends it lets it go on.
func TestFiveFailures(t *testing.T) {
	d := newDesk(t, nil)
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, "0 * * * *"))
	for n := range 7 {
		d.pass(time.Hour)
		if some := d.turn(); some != (n < core.LoadScheduleFailures) {
			t.Errorf("turn %d: %v", n, some)
		}
	}
	is := d.stored(id)
	if !is.Stopped || is.Failures != core.LoadScheduleFailures || is.Fault.Code != "schedule.file_gone" || is.Fault.Params["name"] != "staff.csv" {
		t.Errorf("the schedule is %+v", is)
	}
	d.expect(map[string]int{
		"event WHERE kind = 'load.schedule_failed'": core.LoadScheduleFailures - 1, "event WHERE kind = 'load.schedule_stopped'": 1,
		"outbox WHERE template = 'E18'": core.LoadScheduleFailures,
	})
	d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
	d.must(d.Resume(t.Context(), d.caller(), id))
	d.pass(time.Hour)
	d.turn()
	d.turn()
	if is := d.stored(id); is.Stopped || is.Failures != 0 || is.Fault.Code != "" {
		t.Errorf("after it goes on the schedule is %+v", is)
	}
}

// TestLoadsThatFail: a load that ends before its end counts too, one that goes well
// makes good for those before.
func TestLoadsThatFail(t *testing.T) {
	d := newDesk(t, nil)
	id := d.save(d.want(watching("*.csv"), ""))
	for n := range core.LoadScheduleFailures + 1 {
		row := "b@,A,B\n"
		if n == 0 {
			row = "ana@example.com,Ana,Diaz\n"
		}
		d.put("staff.csv", header+row+strings.Repeat("\n", n))
		d.pass(11 * time.Second)
		d.turn()
		d.turn()
		if is := d.stored(id); is.Failures != n || n > 0 && is.Fault.Code != core.LoadRowWrong {
			t.Errorf("after load %d the schedule is %+v", n, is)
		}
	}
	d.expect(map[string]int{"load_schedule WHERE stopped": 1, "event WHERE kind = 'load.schedule_stopped'": 1, "load_run WHERE state = 'stopped'": core.LoadScheduleFailures})
}

// TestNeedsThatAreLost: what a schedule was made of is asked again at every turn.
func TestNeedsThatAreLost(t *testing.T) {
	for want, lose := range map[string]func(d *desk){
		"schedule.key_gone": func(d *desk) {
			d.must(d.store.RemoveAPIKey(t.Context(), core.APIKeyRemoval{OrganizationID: d.org.ID, KeyID: d.key.ID}))
		},
		"key.expired": func(d *desk) { d.pass(365 * 24 * time.Hour) },
		"key.held":    func(d *desk) { d.exec("UPDATE api_key SET held = TRUE") },
		"key.scope":   func(d *desk) { d.exec(`UPDATE api_key SET scopes = '["read"]'`) },
		core.LoadRightLost: func(d *desk) {
			d.exec("UPDATE person SET user_type = " + strconv.Itoa(int(core.HelpDesk)))
		},
		"schedule.package_gone": func(d *desk) { d.must(d.store.DropLoadPackage(t.Context(), d.org.ID, d.mapping.ID, core.Record{})) },
		"schedule.place":        func(d *desk) { d.organization("Second") },
		"schedule.folder":       func(d *desk) { d.must(os.RemoveAll(d.folder)) },
	} {
		t.Run(want, func(t *testing.T) {
			d := newDesk(t, nil)
			d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
			d.save(d.want(watching("*.csv"), ""))
			lose(d)
			d.turn()
			d.expect(map[string]int{"load_run": 0, `load_schedule WHERE failures = 1 AND fault LIKE '%"` + want + `"%'`: 1})
		})
	}
}

// TestSourcesThatAreRefused: what a person may not use is refused when it is saved.
func TestSourcesThatAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	colleague := d.administrator(d.org, "colleague")
	reads := d.newKey(d.boss, core.ScopeRead)
	theirs := d.newKey(colleague, core.ScopeLoader)
	file := func(name string) core.LoadSource {
		return core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: name}
	}
	query := core.LoadSource{Kind: core.LoadFromQuery, Place: "staff", Query: " "}
	tests := []struct {
		name, field, code string
		spoil             func(is *core.LoadSchedule)
	}{
		{"a name that leads out", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = file("../x") }},
		{"a full path", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = file("/etc/passwd") }},
		{"a path of another system", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = file(`C:\x`) }},
		{"a hidden file", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = file(".x") }},
		{"a pattern where a file is meant", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = file("*") }},
		{"a pattern that leads out", "file", "schedule.file", func(is *core.LoadSchedule) { is.Source = watching("../*") }},
		{"no query", "query", "schedule.query", func(is *core.LoadSchedule) { is.Source = query }},
		{"another organization's folder", "place", "schedule.place", func(is *core.LoadSchedule) { is.Source.Place = "theirs" }},
		{"a folder that nobody named", "place", "schedule.place", func(is *core.LoadSchedule) { is.Source.Place = "/tmp" }},
		{"a folder as a database", "place", "schedule.place", func(is *core.LoadSchedule) { is.Source = query; is.Source.Query, is.Source.Place = "SELECT 1", "inbox" }},
		{"no kind", "kind", "schedule.kind", func(is *core.LoadSchedule) { is.Source.Kind = "url" }},
		{"no package", "package", "schedule.package", func(is *core.LoadSchedule) { is.PackageID = "x" }},
		{"a package by its name", "package", "schedule.package", func(is *core.LoadSchedule) { is.PackageID = "Staff" }},
		{"a colleague's key", "key", "schedule.key", func(is *core.LoadSchedule) { is.KeyID = theirs.ID }},
		{"no key", "key", "schedule.key", func(is *core.LoadSchedule) { is.KeyID = "" }},
		{"a key that only reads", "key", "key.scope", func(is *core.LoadSchedule) { is.KeyID = reads.ID }},
		{"too often", "cron", "schedule.often", func(is *core.LoadSchedule) { is.Source, is.Cron = file("x"), "* * * * *" }},
	}
	for _, tt := range tests {
		is := d.want(watching("*.csv"), "")
		tt.spoil(&is)
		_, err := d.Save(t.Context(), d.caller(), is)
		var e *core.Error
		if !errors.As(err, &e) || e.Fields[tt.field] == nil || e.Fields[tt.field].Code != tt.code {
			t.Errorf("%s: %v, want %s at %s", tt.name, err, tt.code, tt.field)
		}
	}
	d.expect(map[string]int{"load_schedule": 0})
}

// TestAPlaceIsNoNames: administrators name their organization themselves. One that
// calls itself as another one did, or as a place says, gets nothing of it, and one that
// is called otherwise keeps what it has.
func TestAPlaceIsNoNames(t *testing.T) {
	d := newDesk(t, nil)
	own := core.LoadSource{Kind: core.LoadFromFile, Place: "gone", Name: "staff.csv"}
	id := d.save(d.want(own, "0 * * * *"))
	d.organization("Second")
	rename := func(o core.Organization, name string) {
		o, err := d.store.Organization(t.Context(), o.ID)
		d.must(err)
		o.Name = name
		d.must(d.store.SaveOrganization(t.Context(), o, core.Record{}))
	}
	for _, name := range []string{"Other", "other", "Theirs"} {
		rename(d.org, name)
		offers, err := d.Offers(t.Context(), d.caller())
		d.must(err)
		for _, p := range offers.Places {
			if p.Name == "theirs" {
				t.Errorf("called %s it is offered another one's folder", name)
			}
		}
		is := d.want(core.LoadSource{Kind: core.LoadFromWatch, Place: "theirs", Name: "*"}, "")
		if _, err := d.Save(t.Context(), d.caller(), is); core.KindOf(err) != core.Invalid {
			t.Errorf("called %s it saves a schedule of another one's folder: %v", name, err)
		}
	}
	d.pass(time.Hour)
	d.turn()
	if is := d.stored(id); is.Fault.Code != "schedule.folder" { // it is its own, and not there
		t.Errorf("under another name its own folder is refused: %+v", is.Fault)
	}
	thief := d.administrator(d.organization("Acme"), "thief")
	offers, err := d.Offers(t.Context(), d.as(thief))
	d.must(err)
	if len(offers.Places) > 0 {
		t.Errorf("who took the name is offered %v", offers.Places)
	}
}

// TestOthers: an administrator of another organization sees and changes nothing; a
// colleague may stop and delete, but goes on with a key of their own only.
func TestOthers(t *testing.T) {
	d := newDesk(t, nil)
	id := d.save(d.want(watching("*.csv"), ""))
	stranger := d.as(d.administrator(d.organization("Other"), "stranger"))
	theirs := d.want(core.LoadSource{Kind: core.LoadFromWatch, Place: "theirs", Name: "*"}, "")
	theirs.ID = id
	_, saved := d.Save(t.Context(), stranger, theirs)
	_, got := d.Get(t.Context(), stranger, id)
	for what, err := range map[string]error{"get": got, "stop": d.Stop(t.Context(), stranger, id), "resume": d.Resume(t.Context(), stranger, id), "delete": d.Delete(t.Context(), stranger, id)} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !errors.Is(saved, core.ErrNotFound) {
		t.Errorf("save: %v", saved)
	}
	colleague := d.administrator(d.org, "colleague")
	late := d.as(colleague)
	late.View.Session.ProvedAt = time.Time{}
	if err := d.Stop(t.Context(), late, id); core.CodeOf(err) != "confirm.needed" {
		t.Errorf("without a confirmation: %v", err)
	}
	d.must(d.Stop(t.Context(), d.as(colleague), id))
	var e *core.Error
	if err := d.Resume(t.Context(), d.as(colleague), id); !errors.As(err, &e) || e.Fields["key"] == nil && e.Fields["place"] == nil {
		t.Errorf("going on with another one's key: %v", err)
	}
	d.must(d.Delete(t.Context(), d.as(colleague), id))
	d.expect(map[string]int{"load_schedule": 0, "event WHERE kind = 'load.schedule_deleted'": 1})
}

// TestLinksLeadNowhere: no link in a folder is followed, not for a file and not for
// where files are moved to.
func TestLinksLeadNowhere(t *testing.T) {
	d := newDesk(t, nil)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.csv")
	d.must(os.WriteFile(secret, []byte(header+"eve@example.com,Eve,Out\n"), 0o600))
	old := d.clock().Add(-time.Hour)
	d.must(os.Chtimes(secret, old, old))
	d.must(os.Symlink(secret, filepath.Join(d.folder, "link.csv")))
	watch := d.save(d.want(watching("*.csv"), ""))
	d.turn()
	d.expect(map[string]int{"load_run": 0, "load_schedule WHERE failures = 0": 1})
	d.must(d.Stop(t.Context(), d.caller(), watch))
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "link.csv"}, "0 * * * *"))
	d.pass(time.Hour)
	d.turn()
	if is := d.stored(id); is.Fault.Code != "schedule.file_gone" {
		t.Errorf("a link as a file: %+v", is)
	}
	d.must(os.Symlink(outside, filepath.Join(d.folder, "taken")))
	d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
	d.must(d.Resume(t.Context(), d.caller(), watch))
	d.turn()
	d.turn()
	if moved := names(t, outside); !slices.Equal(moved, []string{"secret.csv"}) {
		t.Errorf("outside there is %q", moved)
	}
	d.pass(time.Hour)
	d.turn()
	d.turn()
	d.expect(map[string]int{"load_run": 1, "person WHERE email = 'eve@example.com'": 0, `load_schedule WHERE fault LIKE '%"schedule.not_moved"%'`: 1})
}

// staff is a database with 1,200 people in it.
func staff(t *testing.T) (c *pgx.Conn, address string) {
	t.Helper()
	storetest.NeedServer(t)
	address = storetest.EmptyDatabase(t)
	c, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Log(err)
		}
	})
	_, err = c.Exec(t.Context(), `CREATE TABLE staff AS SELECT 'p' || n || '@example.com' AS "Email", 'Söhne; "Åse"' AS "First name", E'two, lines' AS "Last name" FROM generate_series(1, 1200) AS n`)
	if err != nil {
		t.Fatal(err)
	}
	return c, address
}

// TestQueries: the rows of a query are loaded as they are; one that writes is refused,
// and says why.
func TestQueries(t *testing.T) {
	c, address := staff(t)
	d := newDesk(t, map[string]string{"staff": address})
	ask := func(query string) core.LoadSource {
		return core.LoadSource{Kind: core.LoadFromQuery, Place: "staff", Query: query}
	}
	id := d.save(d.want(ask("SELECT * FROM staff"), "0 * * * *"))
	d.pass(time.Hour)
	d.turn()
	d.turn()
	d.expect(map[string]int{`person WHERE first_name = 'Söhne; "Åse"'`: 1200, "load_run WHERE state = 'done'": 1})
	for query, want := range map[string]string{
		"DELETE FROM staff RETURNING *": "source.query", "SELECT 1 AS a; DROP TABLE staff": "source.query", "SELECT * FROM staff WHERE false": "source.empty",
		`SELECT "Email" AS mail FROM staff`: "load.column_gone",
	} {
		is := d.stored(id)
		is.Source.Query = query
		d.save(is)
		d.pass(time.Hour)
		d.turn()
		if is := d.stored(id); is.Fault.Code != want || is.Failures != 1 {
			t.Errorf("%s: %+v", query, is.Fault)
		}
	}
	var n int
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM staff").Scan(&n); err != nil || n != 1200 {
		t.Errorf("%d rows are left, %v", n, err)
	}
	d.expect(map[string]int{"load_file": 1}) // what was not loaded is not kept
}

// TestIdentity: only a key that may changes what leads into accounts.
func TestIdentity(t *testing.T) {
	d := newDesk(t, nil)
	d.mapping.Order.Identity = true
	d.must(d.store.ChangeLoadPackage(t.Context(), d.mapping, core.Record{}))
	is := d.want(watching("*.csv"), "")
	_, err := d.Save(t.Context(), d.caller(), is)
	var e *core.Error
	if !errors.As(err, &e) || !slices.Equal(slices.Collect(maps.Keys(e.Fields)), []string{"key"}) {
		t.Errorf("a key that may not: %v", err)
	}
	is.KeyID = d.newKey(d.boss, core.ScopeLoader, core.ScopeLoaderIdentity).ID
	d.save(is)
	d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
	d.turn()
	d.expect(map[string]int{"load_run WHERE state = 'done'": 1, "load_file WHERE confirmed": 1})
	d.exec(`UPDATE api_key SET scopes = '["loader"]'`)
	d.put("more.csv", header+"bea@example.com,Bea,Novak\n")
	d.turn()
	d.pass(time.Minute)
	d.turn()
	d.expect(map[string]int{"load_run": 1, `load_schedule WHERE fault LIKE '%"load.identity"%'`: 1})
}

// TestWaitsForAnUndo: no load begins while one is undone, and that is no failure of a
// schedule.
func TestWaitsForAnUndo(t *testing.T) {
	d := newDesk(t, nil)
	id := d.save(d.want(watching("*.csv"), ""))
	d.turn()
	d.put("staff.csv", strings.ToUpper(header)+"ana@example.com,Ana,Diaz\n")
	d.pass(11 * time.Second)
	d.turn()
	d.turn()
	_, err := d.raw.ExecContext(t.Context(), `INSERT INTO load_undo (run_id, organization_id, state, reason, actor_id, actor_name, origin, below,
			deactivated, returned, restored, removed, kept, started_at, ended_at, lease_owner, lease_until)
		SELECT id, organization_id, 'undoing', '', '', '', '{}', 0, 0, 0, 0, 0, 0, 0, 0, '', 0 FROM load_run`)
	d.must(err)
	d.put("more.csv", strings.ToUpper(header)+"bea@example.com,Bea,Novak\n")
	for range core.LoadScheduleFailures + 1 {
		d.pass(11 * time.Second)
		d.turn()
	}
	if is := d.stored(id); is.Failures != 0 || is.Stopped || is.Fault.Code != "" {
		t.Errorf("the schedule is %+v", is)
	}
	d.expect(map[string]int{"load_run": 1})
	_, err = d.raw.ExecContext(t.Context(), `UPDATE load_undo SET state = 'undone'`)
	d.must(err)
	d.pass(11 * time.Second)
	d.turn()
	d.expect(map[string]int{"load_run": 2})
}
