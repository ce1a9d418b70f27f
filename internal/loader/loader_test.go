package loader_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

const staff = `Email,First Name,Last Name,Groups,Department,Reports to,Password hash
ana@example.com,Ana,Díaz,Sales; Leeds,Sales,Ben Ode,$6$x
ben@example.com,Ben,Ode,Leeds,Works,,
cy@example.com,Cy,Roe,,,Ana Díaz,`

func counts(added, updated, unchanged, rejected int) core.LoadCounts {
	return core.LoadCounts{Added: added, Updated: updated, Unchanged: unchanged, Rejected: rejected}
}

func TestPeopleAreLoadedAndLoadedAgain(t *testing.T) {
	d := newDesk(t)
	run, rejects := d.run(d.caller(), staff, 2, nil)
	if run.State != core.LoadDone || run.Counts != counts(3, 0, 0, 0) || len(rejects) > 0 || run.Next != 5 {
		t.Fatalf("the load is %+v, %v", run, rejects)
	}
	ana, ben := d.who("ana@example.com"), d.who("ben@example.com")
	if diff := cmp.Diff([]string{"Leeds", "Sales"}, ana.Groups); diff != "" {
		t.Error(diff)
	}
	if ana.User.Status != core.Active || ana.User.PasswordSealed != "sealed:"+string(ana.User.ID) || ana.User.Department != "Sales" || ana.User.Manager != "Ben Ode" {
		t.Errorf("ana is %+v", ana.User)
	}
	if ben.User.Status != core.Invited || !ben.User.EmailProvedAt.IsZero() {
		t.Errorf("ben is %+v", ben.User)
	}
	if run, _ := d.run(d.caller(), staff, 500, nil); run.Counts != counts(0, 0, 3, 0) {
		t.Errorf("the second load counts %+v", run.Counts)
	}
	changed := strings.Replace(staff, "Ana,Díaz,Sales; Leeds,Sales,Ben Ode", "Anna,Díaz,Sales; York,,", 1)
	run, _ = d.run(d.caller(), changed, 500, nil)
	ana = d.who("ana@example.com")
	if run.Counts != counts(0, 1, 2, 0) || ana.User.FirstName != "Anna" || ana.User.Department != "Sales" || ana.User.Manager != "Ben Ode" ||
		!slices.Equal(ana.Groups, []string{"Leeds", "Sales", "York"}) {
		t.Errorf("the third load counts %+v and ana is %+v", run.Counts, ana)
	}
	run, _ = d.run(d.caller(), changed, 500, func(o *core.LoadOrder) { o.Exact, o.Clear = true, true })
	if ana = d.who("ana@example.com"); ana.User.Department != "" || ana.User.Manager != "" || !slices.Equal(ana.Groups, []string{"Sales", "York"}) {
		t.Errorf("the exact load counts %+v and ana is %+v", run.Counts, ana)
	}
}

func TestWrongRowsAreNamed(t *testing.T) {
	d := newDesk(t)
	other := d.organization("Other")
	d.person(other, "theirs", core.Ordinary)
	text := `Email,First Name,Last Name,Type,Time zone,Password hash,TOTP secret,Active
ana@,Ana,Díaz,,,,,
ben@example.com,Ben,,,,,,
cy@example.com,Cy,Roe,emperor,,,,
di@example.com,Di,Roe,,Mars/Base,,,
ed@example.com,Ed,Roe,,,md5,,
flo@example.com,Flo,Roe,,,,short,
gus@example.com,Gus,Roe,,,,,perhaps
hal@example.com,Hal,Roe,,,,,
hal@example.com,Hal,Roe,,,,,
theirs@example.com,The,Irs,,,,,
,No,Key,,,,,
ida@example.com,I@da,Roe,,,,,`
	run, rejects := d.run(d.caller(), strings.Replace(text, "I@da", "I\u202eda", 1), 500, nil)
	if run.State != core.LoadDone || run.Counts != counts(1, 0, 0, 11) {
		t.Fatalf("the load is %s and counts %+v", run.State, run.Counts)
	}
	var got []string
	for _, r := range rejects {
		for _, p := range r.Problems {
			got = append(got, strings.TrimSpace(strings.Join([]string{p.Column, p.Code, p.Value}, " ")))
		}
	}
	want := []string{
		"Email user.email ana@", "Last Name load.new_needs", "Type load.type emperor", "Time zone user.time_zone Mars/Base",
		"Password hash load.hash", "TOTP secret load.app", "Active load.active perhaps", "Email load.twice hal@example.com",
		"Email people.taken theirs@example.com", "Email load.no_key", "First Name user.first_name I\u202eda",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wrong are (-want +got):\n%s", diff)
	}
	rows, err := d.Rejects(t.Context(), d.caller(), run.ID, 0, 100)
	if err != nil || len(rows) != 11 || rows[4].Cells[5] != "md5" || rows[4].Row != 6 || rows[4].Problems[0].Value != "" {
		t.Errorf("the report has %d rows (%v): %+v", len(rows), err, rows)
	}
	all, err := d.Problems(t.Context(), d.caller(), run.ID, "", 3)
	if err != nil || len(all.Kinds) != 11 || len(all.Rows) != 3 || !all.More {
		t.Errorf("what is wrong is %+v, %v", all, err)
	}
	one, err := d.Problems(t.Context(), d.caller(), run.ID, "load.twice", 3)
	if err != nil || len(one.Kinds) != 11 || len(one.Rows) != 1 || one.Rows[0].Row != 10 || one.More {
		t.Errorf("twice there is %+v, %v", one, err)
	}
}

// TestAPreviewSaysWhoIsAbsent: as many as the load then deactivates, or the reason why it
// would be nobody.
func TestAPreviewSaysWhoIsAbsent(t *testing.T) {
	d := newDesk(t)
	text := "Email,First Name,Last Name,Active,Type\n"
	for _, who := range []string{"ana", "bea", "cy", "di", "ed"} {
		text += who + "@example.com,A,B,yes,user\n"
	}
	d.run(d.caller(), text, 500, nil)
	look := func(text string, threshold int) loader.Preview {
		columns, rows := file(text)
		o := loader.NewOrder(core.LoadPeople, columns)
		o.Identity, o.Absent, o.Threshold = true, true, threshold
		p, err := d.Preview(t.Context(), d.caller(), loader.Look{Order: o, Columns: columns, Keep: 9}, &reel{rows: rows})
		d.must(err)
		return p
	}
	left := "Email,First Name,Last Name,Active,Type\nana@example.com,A,B,no,user\nbea@example.com,A,B,yes,user\nbea@example.com,A,B,yes,user\nnew@example.com,N,B,yes,user\nout@example.com,N,B,no,user\n"
	if p := look(left, 75); p.Counts.Deactivated != 3 || p.Active != 5 || p.TooMany || p.Counts.Rejected != 1 {
		t.Errorf("the preview says %+v, %d active, too many: %t", p.Counts, p.Active, p.TooMany)
	}
	left = strings.Replace(left, "bea@example.com,A,B,yes,user\n", "", 1)
	if p := look(left, 59); !p.TooMany {
		t.Errorf("three of five are not more than 59 percent: %+v", p.Counts)
	}
	run, _ := d.run(d.caller(), left, 500, func(o *core.LoadOrder) { o.Identity, o.Absent, o.Threshold = true, true, 60 })
	if run.State != core.LoadDone || run.Counts.Deactivated != 3 {
		t.Errorf("the load is %s, %+v", run.State, run.Counts)
	}
}

func TestALoadThatStopsAtAWrongRow(t *testing.T) {
	d := newDesk(t)
	run, rejects := d.run(d.caller(), strings.Replace(staff, "ben@", "ben", 1), 500, func(o *core.LoadOrder) { o.OnError = core.LoadStop })
	if run.State != core.LoadStopped || run.Reason != "load.row_wrong" || run.Counts != counts(1, 0, 0, 1) || run.Next != 3 || len(rejects) != 1 {
		t.Fatalf("the load is %+v", run)
	}
	d.who("ana@example.com")
	if _, _, err := d.store.UserByEmailKey(t.Context(), "cy@example.com"); core.KindOf(err) != core.NotFound {
		t.Errorf("a row behind the wrong one was loaded: %v", err)
	}
}

// TestIdentityNeedsTheRight: AK4, UP5.
func TestIdentityNeedsTheRight(t *testing.T) {
	const text = `Username,Email,Type,Active,Password hash,TOTP secret
ann,ann.new@example.com,,,,
bob,,administrator,,,
cid,,,no,,
dot,,,,$6$x,
eve,,,,,abcdefghabcdefgh`
	people := func(d *desk) {
		for _, name := range []string{"ann", "bob", "cid", "dot", "eve"} {
			u := core.User{
				ID: core.NewID(d.clock(), random), OrganizationID: d.org.ID, Email: name + "@example.com", Username: name, FirstName: name, LastName: "T",
				Type: core.Ordinary, Status: core.Active, PasswordSealed: "s", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
			}
			if name == "dot" {
				u.PasswordSealed, u.Status = "", core.Invited
			}
			d.must(d.store.CreateUser(t.Context(), u, core.LoginKeys{Email: u.Email, Username: name}, nil, nil, core.Record{}))
		}
	}
	byName := func(identity bool) func(o *core.LoadOrder) {
		return func(o *core.LoadOrder) { o.Key, o.Identity = "username", identity }
	}
	t.Run("without it no such row is taken", func(t *testing.T) {
		d := newDesk(t)
		people(d)
		c := d.caller()
		c.Identity = false
		run, rejects := d.run(c, text, 500, byName(false))
		if run.Counts != counts(0, 0, 0, 5) {
			t.Errorf("the load counts %+v", run.Counts)
		}
		for _, r := range rejects {
			if r.Problems[0].Code != "load.identity" {
				t.Errorf("row %d: %+v", r.Row, r.Problems)
			}
		}
		columns, _ := file(text)
		o := loader.NewOrder(core.LoadPeople, columns)
		o.Key, o.Identity = "username", true
		if _, err := d.Start(t.Context(), c, loader.Begin{Order: o, Columns: columns}); core.CodeOf(err) != "load.identity" {
			t.Errorf("such a load began: %v", err)
		}
		const boss = "Email,First Name,Last Name,Type\nnew@example.com,New,Boss,administrator"
		if run, rejects := d.run(c, boss, 500, nil); run.Counts != counts(0, 0, 0, 1) || rejects[0].Problems[0].Code != "load.identity" {
			t.Errorf("a key without the right made an administrator: %+v", run.Counts)
		}
	})
	t.Run("with it they go through an administrator's calls", func(t *testing.T) {
		d := newDesk(t)
		people(d)
		run, rejects := d.run(d.caller(), text, 500, byName(true))
		if run.Counts != counts(0, 5, 0, 0) {
			t.Fatalf("the load counts %+v: %+v", run.Counts, rejects)
		}
		if bob := d.who("bob@example.com"); bob.User.Type != core.Administrator {
			t.Errorf("bob is %+v", bob.User)
		}
		if cid := d.who("cid@example.com"); cid.User.Status != core.Inactive {
			t.Errorf("cid is %+v", cid.User)
		}
		if dot := d.who("dot@example.com"); dot.User.Status != core.Active || dot.User.PasswordSealed == "" {
			t.Errorf("dot is %+v", dot.User)
		}
		if eve := d.who("eve@example.com"); eve.Apps != 1 {
			t.Errorf("eve has %d apps", eve.Apps)
		}
		events, err := d.store.Events(t.Context(), d.org.ID, core.EventFilter{Kinds: []string{core.EventUserChanged}, Limit: 9})
		if ann := d.who("ann.new@example.com"); err != nil || ann.User.Username != "ann" || len(events) != 2 {
			t.Errorf("ann is %+v, and there are %d events (%v)", ann.User, len(events), err)
		}
		if run, _ := d.run(d.caller(), strings.Replace(text, "administrator", "", 1), 500, byName(true)); run.Counts != counts(0, 0, 5, 0) {
			t.Errorf("loaded again it counts %+v", run.Counts)
		}
	})
	t.Run("never one's own", func(t *testing.T) {
		d := newDesk(t)
		d.person(d.org, "second", core.Administrator)
		for _, row := range []string{"boss@example.com,user,", "boss@example.com,,no"} {
			run, rejects := d.run(d.caller(), "Email,Type,Active\n"+row, 500, byIdentity)
			if run.Counts != counts(0, 0, 0, 1) || rejects[0].Problems[0].Code != "people.self" {
				t.Errorf("%s: %+v", row, rejects)
			}
		}
	})
}

func byIdentity(o *core.LoadOrder) { o.Identity = true }

// TestAPasswordThatExistsStays: what somebody chose here is newer than any file.
func TestAPasswordThatExistsStays(t *testing.T) {
	d := newDesk(t)
	ana := d.person(d.org, "ana", core.Ordinary)
	run, _ := d.run(d.caller(), "Email,Password hash\nana@example.com,$6$other", 500, byIdentity)
	if now := d.who(ana.Email); run.Counts != counts(0, 0, 1, 0) || now.User.PasswordSealed != ana.PasswordSealed {
		t.Errorf("the load counts %+v, ana has %q", run.Counts, now.User.PasswordSealed)
	}
}

// TestOneBatchManyTimes: of 50 callers with one batch exactly one does it.
func TestOneBatchManyTimes(t *testing.T) {
	d := newDesk(t)
	columns, rows := file(staff)
	c := d.caller()
	run, err := d.Start(t.Context(), c, loader.Begin{Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns, First: 2})
	d.must(err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 50 {
		wg.Go(func() {
			_, err := d.Load(t.Context(), c, run.ID, rows)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if core.CodeOf(err) != core.ErrStale.Code {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	run, err = d.Finish(t.Context(), c, run.ID)
	if err != nil || won != 1 || run.Counts != counts(3, 0, 0, 0) {
		t.Errorf("%d did it, and it counts %+v (%v)", won, run.Counts, err)
	}
	events, err := d.store.Events(t.Context(), d.org.ID, core.EventFilter{Kinds: []string{core.EventLoadBatch}, Limit: 9})
	if err != nil || len(events) != 1 {
		t.Errorf("there are %d events of batches (%v)", len(events), err)
	}
}

func TestWhoIsAbsentIsDeactivated(t *testing.T) {
	names := []string{"ann", "bob", "cid", "dot", "eve", "fay", "gus", "hal", "ida", "jon"}
	text := func(but int) string {
		return "Email\n" + strings.Join(names[but:], "@example.com\n") + "@example.com"
	}
	absent := func(o *core.LoadOrder) { o.Absent = true }
	d := newDesk(t)
	for _, name := range names {
		d.person(d.org, name, core.Ordinary)
	}
	if run, _ := d.run(d.caller(), text(2), 3, absent); run.State != core.LoadStopped || run.Reason != "load.absent_many" || run.Counts.Deactivated != 0 {
		t.Errorf("two of ten are absent, and the load is %+v", run)
	}
	run, _ := d.run(d.caller(), text(1), 3, absent)
	if run.State != core.LoadDone || run.Counts.Deactivated != 1 || d.who("ann@example.com").User.Status != core.Inactive {
		t.Errorf("one of ten is absent, and the load is %+v", run)
	}
	if d.who("boss@example.com").User.Status != core.Active {
		t.Error("the administrator is deactivated")
	}
	// Rows that cannot be taken may be about anybody.
	for name, wrong := range map[string]string{
		"a value":   strings.Replace(text(1), "bob@example.com", "bob@example.com,no phone", 1),
		"the key":   strings.Replace(text(1), "bob@example.com", "bob@", 1),
		"no key":    strings.Replace(text(1), "bob@example.com", "", 1),
		"is nobody": text(1) + "\nzoe@example.com",
	} {
		wrong = strings.Replace(wrong, "Email", "Email,Phone", 1)
		run, rejects := d.run(d.caller(), wrong, 3, absent)
		if len(rejects) != 1 || run.State != core.LoadStopped || run.Reason != core.LoadAbsentRows || run.Counts.Deactivated != 0 || d.who("bob@example.com").User.Status != core.Active {
			t.Errorf("%s is wrong, and the load is %+v: %+v", name, run, rejects)
		}
	}
	c := d.caller()
	c.Identity = false
	columns, _ := file(text(0))
	o := loader.NewOrder(core.LoadPeople, columns)
	o.Absent = true
	if _, err := d.Start(t.Context(), c, loader.Begin{Order: o, Columns: columns}); core.CodeOf(err) != "load.identity" {
		t.Errorf("it began without the right: %v", err)
	}
}

func TestGroupsAndMemberships(t *testing.T) {
	d := newDesk(t)
	d.person(d.org, "ana", core.Ordinary)
	groupsOf := func(o *core.LoadOrder) { o.Target, o.Key = core.LoadGroups, "name" }
	const list = "Name,Description\nSales,Who sells\nleeds,\nLeeds,twice\n,none"
	run, rejects := d.run(d.caller(), list, 500, groupsOf)
	if run.Counts != counts(2, 0, 0, 2) || rejects[0].Problems[0].Code != "load.twice" || rejects[1].Problems[0].Code != "load.empty" {
		t.Errorf("the groups count %+v: %+v", run.Counts, rejects)
	}
	if run, _ := d.run(d.caller(), "Name,Description\nsales,All who sell\nLeeds,", 500, groupsOf); run.Counts != counts(0, 1, 1, 0) {
		t.Errorf("the groups count %+v", run.Counts)
	}
	members := func(o *core.LoadOrder) { o.Target, o.Key = core.LoadMemberships, "" }
	const in = "Group,Person\nSales,ana@example.com\nSALES,ana@example.com\nYork,ana@example.com\nSales,nobody@example.com"
	run, rejects = d.run(d.caller(), in, 500, members)
	if run.Counts != counts(0, 1, 1, 2) || rejects[0].Problems[0].Code != "load.no_group" || rejects[1].Problems[0].Code != "load.no_person" {
		t.Errorf("the memberships count %+v: %+v", run.Counts, rejects)
	}
	if ana := d.who("ana@example.com"); !slices.Equal(ana.Groups, []string{"Sales"}) {
		t.Errorf("ana is in %v", ana.Groups)
	}
}

func TestOrders(t *testing.T) {
	columns := []string{"E-Mail", "Vorname", "Surname", "Job Title", "Email address", "Line Manager"}
	var got []string
	for _, c := range loader.Suggest(core.LoadPeople, columns) {
		got = append(got, c.Field)
	}
	if diff := cmp.Diff([]string{"email", "", "last_name", "title", "", "manager"}, got); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		edit func(*core.LoadOrder)
		want string
	}{
		"twice": {func(o *core.LoadOrder) {
			o.Columns[4] = core.LoadColumn{Column: "Email address", Field: "email", Enabled: true}
		}, "email=load.field_twice"},
		"no key":    {func(o *core.LoadOrder) { o.Key = "username" }, "username=load.field_missing"},
		"bad key":   {func(o *core.LoadOrder) { o.Key = "title" }, "key=load.key"},
		"gone":      {func(o *core.LoadOrder) { o.Columns[0].Column = "Mail" }, "email=load.column_gone"},
		"target":    {func(o *core.LoadOrder) { o.Target = "planets" }, "target=load.target"},
		"field":     {func(o *core.LoadOrder) { o.Columns[0].Field = "status_secret" }, "columns=load.field"},
		"threshold": {func(o *core.LoadOrder) { o.Absent, o.Threshold = true, 101 }, "threshold=load.threshold"},
		"errors":    {func(o *core.LoadOrder) { o.OnError = "" }, "on_error=load.on_error"},
		"good":      {func(*core.LoadOrder) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := loader.NewOrder(core.LoadPeople, columns)
			c.edit(&o)
			err := loader.Check(o, columns)
			if err == nil && c.want == "" {
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || c.want == "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOfAnotherOrganization(t *testing.T) {
	d := newDesk(t)
	run, _ := d.run(d.caller(), staff, 500, nil)
	other := d.organization("Other")
	theirs := d.person(other, "theirs", core.Administrator)
	acc, org, err := d.store.AccountByID(t.Context(), other.ID, theirs.ID)
	d.must(err)
	c := loader.Caller{View: core.SessionView{Account: acc, Organization: org}, Identity: true}
	if _, err := d.Get(t.Context(), c, run.ID); core.KindOf(err) != core.NotFound {
		t.Errorf("another organization sees the load: %v", err)
	}
	if _, err := d.Problems(t.Context(), c, run.ID, "", 9); core.KindOf(err) != core.NotFound {
		t.Errorf("the problems: %v", err)
	}
	if _, err := d.Rejects(t.Context(), c, run.ID, 0, 9); core.KindOf(err) != core.NotFound {
		t.Errorf("another organization sees its rows: %v", err)
	}
	if all, err := d.List(t.Context(), c, core.LoadFilter{}); err != nil || len(all) > 0 {
		t.Errorf("another organization lists %v (%v)", all, err)
	}
	c.View.Account.User.Type = core.HelpDesk
	columns, _ := file(staff)
	if _, err := d.Start(t.Context(), c, loader.Begin{Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns}); core.KindOf(err) != core.NotFound {
		t.Errorf("the help desk began a load: %v", err)
	}
}
