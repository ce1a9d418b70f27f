package storetest

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func loadTests() map[string]test {
	return map[string]test{
		"a load comes back as it began":            loadColumnsRead,
		"a list leaves out what it is not for":     loadFiltered,
		"a list has each load as it stands":        loadOutcomes,
		"a batch is done once":                     loadBatchOnce,
		"a batch is done whole or not at all":      loadBatchWhole,
		"who is known, and which names are taken":  loadKnown,
		"who comes meanwhile is not somebody else": loadKnownMeanwhile,
		"who is absent":                            loadAbsent,
		"a load that is over takes nothing":        loadOver,
		"what people bring along comes first":      loadBrings,
		"a right that was lost loads nothing":      loadWarrant,
	}
}

// load is a load that has not begun.
func (w *world) load(by core.User) core.LoadRun {
	return core.LoadRun{
		ID: w.id("load"), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()},
		Origin: core.Origin{Address: "192.0.2.7", RequestID: "r"}, Name: "staff.csv", Hash: "h", Columns: []string{"Email", "ü"},
		Order: core.LoadOrder{
			Target: core.LoadPeople, Key: "email", Columns: []core.LoadColumn{{Column: "Email", Field: "email", Enabled: true}},
			OnError: core.LoadStop, Clear: true, Exact: true, Identity: true, Absent: true, Threshold: 7,
		},
		PackageID: "kept", PackageName: "Staff",
		State: core.LoadRunning, Next: 2, Total: 9, StartedAt: w.clock(),
	}
}

// loading is a load with one wrong row, that has named somebody.
func (w *world) loading(by core.User, named ...core.User) core.LoadRun {
	w.t.Helper()
	l := w.load(by)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 3)
	b.Counts.Rejected = 1
	b.Rejects = []core.LoadReject{{ID: w.id("reject"), Row: 2, CellsSealed: "v1.k1.cells", Problems: []core.LoadProblem{{Column: "Email", Code: "user.email"}}}}
	b.Result = w.result(l, 3, core.LoadRowResult{Row: 2, Did: core.LoadRejected})
	for _, u := range named {
		b.Named = append(b.Named, u.ID)
	}
	w.must(w.store.LoadBatch(w.ctx, b))
	l.Next, l.Counts = 3, b.Counts
	return l
}

// batch moves a load on to a row, and does nothing yet.
func (w *world) batch(l core.LoadRun, to int) core.LoadBatch {
	return core.LoadBatch{OrganizationID: l.OrganizationID, RunID: l.ID, From: l.Next, To: to, At: w.clock()}
}

// newcomer is somebody whom a file brings.
func (w *world) newcomer(o core.ID, name string, groups ...string) core.NewUser {
	u := core.User{
		ID: w.id("user"), OrganizationID: o, Email: name + "@example.com", FirstName: name, LastName: "New", Type: core.Ordinary,
		Status: core.Invited, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: w.clock(),
	}
	return core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}, Groups: groups}
}

func loadColumnsRead(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	got, err := w.store.LoadByID(w.ctx, l.OrganizationID, l.ID)
	w.must(err)
	same(w, got, l)
	b := w.batch(l, 8)
	b.Counts = core.LoadCounts{Added: 1, Updated: 2, Unchanged: 3, Rejected: 4}
	b.Rejects = []core.LoadReject{{
		ID: w.id("reject"), Row: 5, CellsSealed: "sealed", Problems: []core.LoadProblem{{Column: "C", Value: "ü", Code: "load.twice", Params: map[string]any{"row": 3.0}}},
	}}
	w.must(w.store.LoadBatch(w.ctx, b))
	w.must(w.store.NoteAbsent(w.ctx, w.absentees(l, "a", "b", "c", "d", "e")))
	rejects, err := w.store.LoadRejects(w.ctx, l.OrganizationID, l.ID, 4, 9)
	w.must(err)
	same(w, rejects, b.Rejects)
	if rest, err := w.store.LoadRejects(w.ctx, l.OrganizationID, l.ID, 5, 9); err != nil || len(rest) != 0 {
		w.t.Errorf("behind the last wrong row there are %v, %v", rest, err)
	}
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadFailed, Reason: "why", At: w.pass(time.Hour)}))
	second := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, second, core.Record{}))
	all, err := w.store.Loads(w.ctx, l.OrganizationID, core.LoadFilter{Limit: 9})
	w.must(err)
	l.Next, l.Counts, l.State, l.Reason, l.EndedAt = 8, b.Counts, core.LoadFailed, "why", w.clock()
	l.Counts.Deactivated = 5
	same(w, all, []core.LoadRun{second, l})
	all, err = w.store.Loads(w.ctx, l.OrganizationID, core.LoadFilter{Before: second.ID, Limit: 9})
	w.must(err)
	same(w, all, []core.LoadRun{l})
}

func loadBatchOnce(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 4)
	b.Add = []core.NewUser{w.newcomer(l.OrganizationID, "ann", "Sales", "Leeds"), w.newcomer(l.OrganizationID, "bob", "Sales")}
	b.Counts.Added = 2
	try := func(s *sqlstore.Store, _ int) error { return s.LoadBatch(w.ctx, b) }
	w.count("batches", w.together(callers, try, core.ErrStale), 1)
	w.count("people", w.rows("person WHERE last_name = 'New'"), 2)
	w.count("memberships", w.rows("membership"), 3)
	w.count("words", w.rows("person_word WHERE user_id = '"+string(b.Add[0].User.ID)+"'"), 4)
	got, err := w.store.LoadByID(w.ctx, l.OrganizationID, l.ID)
	w.must(err)
	w.count("added", got.Counts.Added, 2)
	w.count("next", got.Next, 4)
}

// loadBatchWhole: what changes people is done with all the rest, or nothing is.
func loadBatchWhole(w *world) {
	o := w.organization("One")
	boss, ann := w.administrator(o, "boss"), w.person(o, "ann", "Old")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	is := ann.Profile()
	is.Department, is.Manager, is.LastName = "Works", "Bo", "Renamed"
	b := w.batch(l, 4)
	b.Add = []core.NewUser{w.newcomer(o.ID, "bob")}
	b.Change = []core.LoadChange{{UserID: ann.ID, Was: ann.Profile(), Is: is, Join: []string{"Sales"}, Leave: []string{"Old"}}}
	before := w.dump()
	for name, spoil := range map[string]func(b *core.LoadBatch){
		"a name that is taken": func(b *core.LoadBatch) { b.Add = append(b.Add, w.newcomer(o.ID, "ann")) },
		"somebody who changed": func(b *core.LoadBatch) {
			b.Change = append(b.Change, core.LoadChange{UserID: boss.ID, Was: core.Profile{Title: "No"}})
		},
		"somebody else's": func(b *core.LoadBatch) { b.Change = append(b.Change, core.LoadChange{UserID: "nobody"}) },
	} {
		spoiled := b
		spoil(&spoiled)
		w.refused(name, w.store.LoadBatch(w.ctx, spoiled), core.ErrStale)
	}
	same(w, w.dump(), before)
	w.must(w.store.LoadBatch(w.ctx, b))
	got := w.account(ann)
	same(w, got.User.Profile(), is)
	same(w, got.Groups, []string{"Sales"})
	found, err := w.store.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: o.ID, Text: "renamed", Limit: 9, Now: w.clock()})
	w.must(err)
	w.count("found by the new name", len(found.People), 1)
}

func loadKnown(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ann := w.person(o, "ann", "Sales", "Leeds")
	w.person(other, "theirs")
	u, _, _ := w.enrol(w.person(o, "app"), 0)
	known, err := w.store.Known(w.ctx, o.ID, []string{"ann@example.com", "theirs@example.com", "nobody@example.com", "app@example.com"})
	w.must(err)
	got := map[string]core.LoadKnown{}
	for _, k := range known {
		got[k.Key] = k
	}
	w.count("known", len(known), 3)
	same(w, got["ann@example.com"].Groups, []string{"Leeds", "Sales"})
	same(w, got["ann@example.com"].User.ID, ann.ID)
	same(w, got["app@example.com"].User.ID, u.ID)
	w.count("apps", got["app@example.com"].Apps, w.account(u).Apps)
	same(w, got["theirs@example.com"].User, core.User{})
}

// loadKnownMeanwhile: while another load adds the same people, they are known or not there
// yet, and never somebody whose names are not to be had.
func loadKnownMeanwhile(w *world) {
	o := w.organization("One")
	for round := range 20 {
		people, keys := make([]core.NewUser, 50), make([]string, 50)
		for i := range people {
			people[i] = w.newcomer(o.ID, fmt.Sprintf("p%d.%d", round, i))
			keys[i] = people[i].Keys.Email
		}
		added := make(chan error, 1)
		go func() { added <- w.store.BulkUsers(w.ctx, people) }()
		for n := 0; n < len(keys); {
			known, err := w.store.Known(w.ctx, o.ID, keys)
			w.must(err)
			n = len(known)
			for _, k := range known {
				if k.User.ID == "" {
					w.t.Fatalf("%s is not to be had", k.Key)
				}
			}
		}
		w.must(<-added)
	}
}

func loadAbsent(w *world) {
	o := w.organization("One")
	boss, ann, bob := w.administrator(o, "boss"), w.person(o, "ann"), w.person(o, "bob")
	l := w.loading(boss, ann)
	active, missing, err := w.store.CountAbsent(w.ctx, o.ID, l.ID)
	w.must(err)
	w.count("active", active, 2)
	w.count("absent", missing, 1)
	ids, err := w.store.Absent(w.ctx, o.ID, l.ID, 9)
	w.must(err)
	same(w, ids, []core.ID{bob.ID})
	w.pass(time.Minute)
	w.person(o, "new")
	_, missing, err = w.store.CountAbsent(w.ctx, o.ID, l.ID)
	w.must(err)
	w.count("absent, and were there when it began", missing, 1)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: o.ID, RunID: l.ID, State: core.LoadStopped, At: w.clock()}))
	ids, err = w.store.Absent(w.ctx, o.ID, l.ID, 9)
	w.must(err)
	w.count("absent from a load that is over", len(ids), 0)
}

func loadOver(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	l := w.loading(boss, boss)
	end := core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}
	w.count("ended", w.together(callers, func(s *sqlstore.Store, _ int) error { return s.EndLoad(w.ctx, end) }, core.ErrStale), 1)
	w.refused("a batch of it", w.store.LoadBatch(w.ctx, w.batch(l, 9)), core.ErrStale)
	w.count("named", w.rows("load_named"), 0)
	w.pass(8 * 24 * time.Hour)
	_, err := w.store.Sweep(w.ctx, w.clock())
	w.must(err)
	w.count("wrong rows", w.rows("load_reject"), 0)
	w.count("loads", w.rows("load_run"), 1)
}

func loadBrings(w *world) {
	o := w.organization("One")
	boss, has := w.administrator(o, "boss"), w.person(o, "has")
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 3)
	b.Add = []core.NewUser{w.newcomer(o.ID, "new")}
	w.must(w.store.LoadBatch(w.ctx, b))
	invited := b.Add[0].User
	w.must(w.store.CreateLink(w.ctx, w.link(invited), core.Record{}))
	l.Next = 3
	b = w.batch(l, 4)
	app := func() []core.Credential {
		return []core.Credential{{ID: w.id("app"), Kind: core.KindApp, State: core.CredentialActive, Sealed: "s", KeyID: "k1", CreatedAt: w.clock()}}
	}
	brings := func(u core.User) core.LoadChange {
		return core.LoadChange{UserID: u.ID, Was: u.Profile(), Is: u.Profile(), PasswordSealed: "brought", Credentials: app()}
	}
	b.Change = []core.LoadChange{brings(has)}
	w.refused("a second password", w.store.LoadBatch(w.ctx, b), core.ErrStale)
	b.Change = []core.LoadChange{brings(invited)}
	w.must(w.store.LoadBatch(w.ctx, b))
	got := w.account(invited)
	if got.User.Status != core.Active || got.User.PasswordSealed != "brought" || got.Apps != 1 || !got.User.PasswordSetAt.Equal(w.clock()) {
		w.t.Errorf("whoever brought a password is %+v", got)
	}
	w.count("invitations that are good", w.rows("link WHERE used_at = 0 AND expires_at > "+micros(w.clock())), 0)
	l.Next = 4
	b = w.batch(l, 5)
	b.Change = []core.LoadChange{{UserID: invited.ID, Was: invited.Profile(), Is: invited.Profile(), Credentials: app()}}
	w.refused("a second app", w.store.LoadBatch(w.ctx, b), core.ErrStale)
	w.session(has)
	b.Change = []core.LoadChange{{UserID: has.ID, Was: has.Profile(), Is: has.Profile(), Credentials: app()}}
	w.must(w.store.LoadBatch(w.ctx, b))
	w.count("sessions from before the app", w.rows("session WHERE ended_at = 0 AND user_id = '"+string(has.ID)+"'"), 0)
}

func loadWarrant(w *world) {
	o := w.organization("One")
	boss := w.ofType(o, "boss", core.HelpDesk)
	l := w.load(boss)
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	b := w.batch(l, 3)
	b.Add = []core.NewUser{w.newcomer(o.ID, "new")}
	b.Record = core.Record{
		Warrant: core.Warrant{OrganizationID: o.ID, ActorID: boss.ID, Least: core.Administrator}, Events: []core.Event{w.event(boss, core.EventLoadBatch)},
	}
	if err := w.store.LoadBatch(w.ctx, b); !errors.Is(err, core.ErrNotAdministrator) {
		w.t.Errorf("the help desk loads: %v", err)
	}
	w.count("people", w.rows("person WHERE last_name = 'New'"), 0)
}

// loadCalls are those of loads.
func (v *victim) loadCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	l := v.load
	l.OrganizationID = org
	all := map[string]func() error{
		"CreateLoad": func() error {
			mine := l
			mine.ID = w.id("load")
			return s.CreateLoad(w.ctx, mine, v.stolen)
		},
		"LoadByID": func() error { _, err := s.LoadByID(w.ctx, org, l.ID); return err },
		"Loads":    func() error { return empty(s.Loads(w.ctx, org, core.LoadFilter{Limit: 9})) },
		"LoadBatch": func() error {
			b := w.batch(l, 9)
			b.Record = v.stolen
			return s.LoadBatch(w.ctx, b)
		},
		"EndLoad": func() error {
			return s.EndLoad(w.ctx, core.LoadEnd{OrganizationID: org, RunID: l.ID, State: core.LoadDone, At: w.clock(), Record: v.stolen})
		},
		"LoadRejects": func() error { return empty(s.LoadRejects(w.ctx, org, l.ID, 0, 9)) },
		"Known": func() error {
			known, err := s.Known(w.ctx, org, []string{v.u.Email})
			if err == nil && len(known) == 1 && known[0].User.ID == "" {
				err = core.ErrNotFound // that the name is taken is all that is told
			}
			return err
		},
		"CountAbsent": func() error {
			active, _, err := s.CountAbsent(w.ctx, org, l.ID)
			if err == nil && active == 0 {
				err = core.ErrNotFound
			}
			return err
		},
		"Absent":     func() error { return empty(s.Absent(w.ctx, org, l.ID, 9)) },
		"NoteAbsent": func() error { return s.NoteAbsent(w.ctx, w.absentees(l, "a")) },
	}
	maps.Copy(all, v.loadResultCalls())
	return all
}
