package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func bulkTests() map[string]test {
	return map[string]test{
		"a job comes back as it was asked for":      bulkColumnsRead,
		"one process takes a job":                   bulkTaken,
		"one start":                                 bulkStarted,
		"a person is settled with their change":     bulkSettled,
		"one process does a person":                 bulkOnce,
		"a job that was stopped does nobody":        bulkStoppedExactly,
		"gathering goes on where it stopped":        bulkGathered,
		"mails of a job wait, administrators' one":  bulkMails,
		"old jobs and those nobody started go":      bulkSwept,
		"everybody who matches is found, in orders": matchesAll,
		"activity is counted in a stretch of time":  activityCounted,
	}
}

func (w *world) bulkJob(by core.User, state core.BulkState) core.BulkJob {
	return core.BulkJob{
		ID: w.id("bulk"), OrganizationID: by.OrganizationID, By: core.Actor{ID: by.ID, Name: by.Name()},
		Origin: core.Origin{Address: "192.0.2.7", RequestID: "r"}, Order: core.BulkOrder{Action: core.BulkSignOut},
		Selection: core.BulkSelection{IDs: []core.ID{"a"}}, State: state, AskedAt: w.clock(),
	}
}

// running is a job that runs, of these people.
func (w *world) running(by core.User, people ...core.User) core.BulkJob {
	w.t.Helper()
	j := w.bulkJob(by, core.BulkGathering)
	j.Owner, j.Until = "ask", w.clock().Add(time.Minute)
	w.must(w.store.CreateBulk(w.ctx, j, core.Record{}))
	w.must(w.store.GatherBulk(w.ctx, w.gathering(j, people...)))
	w.must(w.store.MoveBulk(w.ctx, w.bulkMove(j, core.BulkReview, core.BulkRunning)))
	return j
}

func (w *world) gathering(j core.BulkJob, people ...core.User) core.BulkGatheringStep {
	g := core.BulkGatheringStep{OrganizationID: j.OrganizationID, JobID: j.ID, Owner: "ask", From: j.After, Last: true}
	for _, u := range people {
		g.Items = append(g.Items, core.BulkItem{UserID: u.ID, Name: u.Name(), Email: u.Email})
		g.After = max(g.After, u.ID)
	}
	return g
}

func (w *world) bulkMove(j core.BulkJob, from, to core.BulkState) core.BulkMove {
	return core.BulkMove{OrganizationID: j.OrganizationID, JobID: j.ID, From: from, To: to, At: w.clock()}
}

// bulkSignOut is a change of one person as a part of a job.
func (w *world) bulkSignOut(j core.BulkJob, u core.User) core.EverywhereSignOut {
	e := w.event(u, core.EventSessionEnded)
	e.Result, e.Origin.Bulk = "ok", j.ID
	return core.EverywhereSignOut{OrganizationID: u.OrganizationID, UserID: u.ID, At: w.clock(), Record: core.Record{Events: []core.Event{e}}}
}

func (w *world) bulkCounts(j core.BulkJob) core.BulkCounts {
	w.t.Helper()
	got, err := w.store.BulkByID(w.ctx, j.OrganizationID, j.ID)
	w.must(err)
	return got.Counts
}

func bulkColumnsRead(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	kind := core.HelpDesk
	j := w.bulkJob(boss, core.BulkAsking)
	j.Order = core.BulkOrder{Action: core.BulkReset, Type: 2, GroupID: "g", GroupName: "G", How: core.CheckedByVideo, Note: "ü"}
	j.Selection = core.BulkSelection{Filter: &core.PersonFilter{Text: "a", Type: &kind, Seen: core.SeenNever, Now: w.clock(), GroupID: "g"}}
	w.must(w.store.CreateBulk(w.ctx, j, core.Record{}))
	got, err := w.store.BulkByID(w.ctx, j.OrganizationID, j.ID)
	w.must(err)
	same(w, got, j)
	if all, err := w.store.Bulks(w.ctx, j.OrganizationID, w.clock().Add(-time.Hour), 9); err != nil || len(all) != 0 {
		w.t.Errorf("jobs that nobody started are listed: %v, %v", all, err)
	}
	order, origin := core.BulkOrder{Action: core.BulkJoin}, core.Origin{Address: "198.51.100.1"}
	m := w.bulkMove(j, core.BulkAsking, core.BulkRunning)
	m.Order, m.Origin = &order, &origin
	w.must(w.store.MoveBulk(w.ctx, m))
	m = w.bulkMove(j, core.BulkRunning, core.BulkStopped)
	m.StoppedBy = "Boss"
	w.must(w.store.MoveBulk(w.ctx, m))
	all, err := w.store.Bulks(w.ctx, j.OrganizationID, w.clock().Add(-time.Hour), 9)
	w.must(err)
	j.Order, j.Origin, j.State, j.StartedAt, j.EndedAt, j.StoppedBy = order, origin, core.BulkStopped, w.clock(), w.clock(), "Boss"
	same(w, all, []core.BulkJob{j})
	for i := range core.BulkDrafts + 3 {
		w.pass(time.Second)
		draft := w.bulkJob(boss, core.BulkReview)
		w.must(w.store.CreateBulk(w.ctx, draft, core.Record{}))
		w.count("drafts", w.rows("bulk_job WHERE ended_at = 0"), min(i+1, core.BulkDrafts))
	}
}

func bulkTaken(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	j := w.running(boss, boss)
	take := func(s *sqlstore.Store, i int) error {
		got, err := s.TakeBulk(w.ctx, fmt.Sprintf("owner %d", i), w.clock(), w.clock().Add(time.Minute))
		if err == nil && got.ID != j.ID {
			w.t.Errorf("took %s", got.ID)
		}
		return err
	}
	w.count("taken", w.together(callers, take, core.ErrNotFound), 1)
	w.pass(2 * time.Minute) // whoever had it is gone
	w.count("taken again", w.together(callers, take, core.ErrNotFound), 1)
	w.must(w.store.LeaveBulk(w.ctx, "somebody else", j.ID, w.clock()))
	_, err := w.store.TakeBulk(w.ctx, "x", w.clock(), w.clock().Add(time.Minute))
	w.refused("a job of another owner", err, core.ErrNotFound)
	// Jobs take turns.
	w.pass(2 * time.Minute)
	second := w.running(boss, boss)
	for _, want := range []core.ID{j.ID, second.ID, j.ID, second.ID} {
		got, err := w.store.TakeBulk(w.ctx, "x", w.clock(), w.clock().Add(time.Minute))
		w.must(err)
		same(w, got.ID, want)
		w.must(w.store.LeaveBulk(w.ctx, "x", got.ID, w.pass(time.Second)))
	}
}

func bulkStarted(w *world) {
	boss := w.administrator(w.organization("One"), "boss")
	j := w.bulkJob(boss, core.BulkReview)
	w.must(w.store.CreateBulk(w.ctx, j, core.Record{}))
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		m := w.bulkMove(j, core.BulkReview, core.BulkRunning)
		m.Record = core.Record{Events: []core.Event{w.event(boss, core.EventBulkStarted)}}
		return s.MoveBulk(w.ctx, m)
	}, core.ErrStale)
	w.count("starts", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventBulkStarted), 1)
}

func bulkSettled(w *world) {
	o := w.organization("One")
	boss, u, other := w.administrator(o, "boss"), w.person(o, "ada"), w.person(o, "bo")
	j := w.running(boss, u, other)
	w.must(w.store.SignOutEverywhere(w.ctx, w.bulkSignOut(j, u)))
	same(w, w.bulkCounts(j), core.BulkCounts{Waiting: 1, Done: 1})
	refusal := w.event(other, core.EventSessionEnded)
	refusal.Result, refusal.Origin.Bulk = "refused", j.ID
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{refusal}}))
	same(w, w.bulkCounts(j), core.BulkCounts{Waiting: 1, Done: 1})
	before := w.dump()
	w.refused("done twice", w.store.SignOutEverywhere(w.ctx, w.bulkSignOut(j, u)), core.ErrBulkSettled)
	stranger := w.person(w.organization("Two"), "eve")
	delete(before, "organization")
	for _, table := range []string{"person", "login_key", "person_word"} {
		delete(before, table)
	}
	w.refused("somebody else", w.store.SignOutEverywhere(w.ctx, w.bulkSignOut(j, boss)), core.ErrBulkSettled)
	w.refused("a stranger", w.store.SignOutEverywhere(w.ctx, w.bulkSignOut(j, stranger)), core.ErrBulkSettled)
	after := w.dump()
	for table, rows := range before {
		same(w, after[table], rows)
	}
	w.must(w.store.SettleBulk(w.ctx, o.ID, j.ID, []core.BulkItem{
		{UserID: u.ID, Outcome: core.BulkItemFailed}, {UserID: other.ID, Outcome: core.BulkItemSkipped, Reason: "self", At: w.clock()},
	}))
	same(w, w.bulkCounts(j), core.BulkCounts{Done: 1, Skipped: 1})
	reasons, err := w.store.BulkReasons(w.ctx, o.ID, j.ID)
	w.must(err)
	same(w, reasons, []core.BulkReason{{Reason: "self", People: 1}})
	items, err := w.store.BulkItems(w.ctx, core.BulkItemFilter{OrganizationID: o.ID, JobID: j.ID, Outcome: core.BulkItemSkipped, Reason: "self", Limit: 9})
	w.must(err)
	same(w, items, []core.BulkItem{{UserID: other.ID, Name: other.Name(), Email: other.Email, Outcome: core.BulkItemSkipped, Reason: "self", At: w.clock()}})
}

// bulkOnce: of processes that all believe to have the job, one does a person.
func bulkOnce(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	j := w.running(w.administrator(o, "boss"), u)
	made := make([]core.EverywhereSignOut, callers)
	for i := range made {
		made[i] = w.bulkSignOut(j, u)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SignOutEverywhere(w.ctx, made[i]) }, core.ErrBulkSettled)
	w.count("done", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventSessionEnded), 1)
}

func bulkStoppedExactly(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	j := w.running(w.administrator(o, "boss"), u)
	w.must(w.store.MoveBulk(w.ctx, w.bulkMove(j, core.BulkRunning, core.BulkStopped)))
	w.refused("after the stop", w.store.SignOutEverywhere(w.ctx, w.bulkSignOut(j, u)), core.ErrBulkSettled)
	w.refused("stopped twice", w.store.MoveBulk(w.ctx, w.bulkMove(j, core.BulkRunning, core.BulkStopped)), core.ErrStale)
	same(w, w.bulkCounts(j), core.BulkCounts{Waiting: 1})
	_, err := w.store.TakeBulk(w.ctx, "x", w.clock(), w.clock().Add(time.Minute))
	w.refused("taken", err, core.ErrNotFound)
}

func bulkGathered(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	people := []core.User{w.person(o, "ada"), w.person(o, "bo"), w.person(o, "cy")}
	slices.SortFunc(people, func(a, b core.User) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	j := w.bulkJob(boss, core.BulkGathering)
	j.Owner, j.Until = "ask", w.clock().Add(time.Minute)
	w.must(w.store.CreateBulk(w.ctx, j, core.Record{}))
	first := w.gathering(j, people[:2]...)
	first.Last = false
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.GatherBulk(w.ctx, first) }, core.ErrStale)
	w.count("steps", won, 1)
	thief := w.gathering(j, people[2])
	thief.From, thief.Owner = first.After, "thief"
	w.refused("another owner", w.store.GatherBulk(w.ctx, thief), core.ErrStale)
	thief.Owner = "ask"
	w.must(w.store.GatherBulk(w.ctx, thief))
	got, err := w.store.BulkByID(w.ctx, o.ID, j.ID)
	w.must(err)
	same(w, []any{got.State, got.After, got.Counts.Waiting}, []any{core.BulkReview, people[2].ID, 3})
}

func bulkMails(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada")
	w.administrator(o, "abe")
	j := w.running(w.administrator(o, "boss"), u)
	out := w.bulkSignOut(j, u)
	notice := w.message(u, core.MailAdministered, out.Record.Events[0].ID)
	notice.ExpiresAt = w.clock().Add(time.Hour)
	all := w.message(u, core.MailFactorReset, out.Record.Events[0].ID)
	all.Recipient = core.ToAdministrators
	out.Record.Messages = []core.Message{notice, all}
	w.must(w.store.SignOutEverywhere(w.ctx, out))
	w.count("mails", w.rows("outbox"), 1)
	w.count("patient mails", w.rows("outbox WHERE patient"), 1)
	w.pass(2 * time.Hour)
	code := w.message(u, core.MailNewBrowser, "x")
	w.queue(u, code)
	jobs := w.lease("one")
	if len(jobs) != 2 || jobs[0].Message.ID != code.ID {
		w.t.Errorf("leased %d mails, want the other one first and then that of the job", len(jobs))
	}
}

func bulkSwept(w *world) {
	o := w.organization("One")
	boss := w.administrator(o, "boss")
	done := w.running(boss, boss)
	draft := w.bulkJob(boss, core.BulkReview)
	w.must(w.store.CreateBulk(w.ctx, draft, core.Record{}))
	w.must(w.store.MoveBulk(w.ctx, w.bulkMove(done, core.BulkRunning, core.BulkDone)))
	sweep := func(after time.Duration, jobs, items int) {
		w.t.Helper()
		w.pass(after)
		_, err := w.store.Sweep(w.ctx, w.clock())
		w.must(err)
		w.count("jobs", w.rows("bulk_job"), jobs)
		w.count("people", w.rows("bulk_item"), items)
	}
	sweep(time.Hour, 2, 1)
	sweep(25*time.Hour, 1, 1)
	sweep(core.BulkMemory, 0, 0)
}

// matchesAll: filters find the same people as the list, all of them, in both
// orders and by pages; a text finds all it matches.
func matchesAll(w *world) {
	o := w.organization("One")
	all := w.crowd(o, 60)
	w.crowd(w.organization("Two"), 10)
	kind := core.HelpDesk
	for name, f := range map[string]core.PersonFilter{
		"everybody": {}, "type": {Type: &kind}, "status": {Status: core.Invited}, "step": {SecondStep: core.SecondStepApp, Required: true},
		"seen": {Seen: core.SeenNever}, "text": {Text: "e"},
	} {
		f.OrganizationID, f.Now, f.Limit = o.ID, w.clock(), 300
		page, err := w.store.SearchPeople(w.ctx, f)
		w.must(err)
		want := len(page.People)
		if f.Text == "" {
			want = 0
			for _, a := range all {
				if shows(f, a) {
					want++
				}
			}
		}
		for _, by := range []core.PersonSort{core.SortName, core.SortMade} {
			f.Sort, f.Limit, f.After = by, 7, ""
			seen := map[core.ID]bool{}
			for {
				some, err := w.store.MatchPeople(w.ctx, f)
				w.must(err)
				if len(some) == 0 {
					break
				}
				for _, a := range some {
					if seen[a.User.ID] || a.User.OrganizationID != o.ID {
						w.t.Errorf("%s by %s: %s again, or of another organization", name, by, a.User.ID)
					}
					seen[a.User.ID] = true
				}
				f.After = some[len(some)-1].User.ID
			}
			if len(seen) != want {
				w.t.Errorf("%s by %s: %d people, want %d", name, by, len(seen), want)
			}
		}
	}
}

func activityCounted(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "bo")
	from := w.clock()
	tell := func(u core.User, kind string) {
		w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{w.event(u, kind)}}))
	}
	for _, kind := range []string{core.EventSignInCompleted, core.EventSignInCompleted, core.EventPasswordWrong, core.EventCodeWrong, core.EventSignedOut} {
		tell(u, kind)
	}
	until := w.pass(time.Hour)
	tell(u, core.EventSignInCompleted)
	got, err := w.store.PeopleActivity(w.ctx, o.ID, []core.ID{u.ID, other.ID}, from, until)
	w.must(err)
	same(w, got, map[core.ID]core.PersonActivity{u.ID: {SignIns: 2, WrongPasswords: 1, WrongCodes: 1}})
}

// bulkCalls are the calls about bulk jobs for the test of scope.
func (v *victim) bulkCalls() map[string]func() error {
	w, s, org, r := v.w, v.w.store, v.u.OrganizationID, v.stolen
	j := v.job
	j.OrganizationID = org
	moves := func(from core.BulkState) core.BulkMove {
		m := w.bulkMove(j, from, core.BulkStopped)
		m.Record = r
		return m
	}
	return map[string]func() error{
		"BulkByID": func() error { _, err := s.BulkByID(w.ctx, org, j.ID); return err },
		"Bulks":    func() error { return empty(s.Bulks(w.ctx, org, time.Time{}, 9)) },
		"MoveBulk": func() error { return s.MoveBulk(w.ctx, moves(core.BulkRunning)) },
		"BulkItems": func() error {
			return empty(s.BulkItems(w.ctx, core.BulkItemFilter{OrganizationID: org, JobID: j.ID, Any: true, Limit: 9}))
		},
		"BulkReasons": func() error { return empty(s.BulkReasons(w.ctx, org, v.job.ID)) },
		"GatherBulk":  func() error { return s.GatherBulk(w.ctx, w.gathering(j, v.u)) },
		"SettleBulk": func() error {
			w.must(s.SettleBulk(w.ctx, org, j.ID, []core.BulkItem{{UserID: v.u.ID, Outcome: core.BulkItemFailed}}))
			return core.ErrNotFound // there is nothing to refuse with; that nothing changed is the proof
		},
		"CreateBulk": func() error {
			mine := j
			mine.ID, mine.By.ID = w.id("bulk"), v.u.ID
			return s.CreateBulk(w.ctx, mine, r)
		},
		"MatchPeople": func() error {
			return empty(s.MatchPeople(w.ctx, core.PersonFilter{OrganizationID: org, Limit: 9, Now: w.clock()}))
		},
		"PeopleActivity": func() error {
			got, err := s.PeopleActivity(w.ctx, org, []core.ID{v.u.ID}, time.Time{}, w.clock().Add(time.Hour))
			if err == nil && len(got) == 0 {
				err = core.ErrNotFound
			}
			return err
		},
	}
}
