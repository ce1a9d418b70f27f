package loadschedule_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadschedule"
)

// TestAsk: the rows of a query are taken in as a file, of which nothing is loaded yet;
// a query that is none, or takes too long, leaves no file behind and says why.
func TestAsk(t *testing.T) {
	_, address := staff(t)
	d := newDesk(t, map[string]string{"staff": address})
	if names, err := d.Databases(t.Context(), d.caller()); err != nil || len(names) != 1 || names[0] != "staff" {
		t.Fatalf("offered %q, %v", names, err)
	}
	f, err := d.Ask(t.Context(), d.caller(), core.LoadSource{Place: "staff", Query: "SELECT * FROM staff;"}, core.LoadPeople, d.mapping.ID)
	d.must(err)
	if f.Name != "staff.csv" || f.Facts.Rows != 1200 || f.PackageID != d.mapping.ID || f.Order.Target != core.LoadPeople {
		t.Errorf("took %+v", f)
	}
	d.expect(map[string]int{"load_file": 1, "load_run": 0, `event WHERE kind = 'load.file' AND detail LIKE '%"database":"staff"%'`: 1})
	for query, want := range map[string]string{
		"": "schedule.query", "DROP TABLE staff": "source.query", "SELECT * FROM staff WHERE false": "source.empty", "SELECT 1": "source.unnamed",
		"SELECT pg_sleep(60) AS a": "source.ask_slow",
	} {
		_, err := d.Ask(t.Context(), d.caller(), core.LoadSource{Place: "staff", Query: query}, core.LoadPeople, "")
		var e *core.Error
		errors.As(err, &e)
		if want != "schedule.query" {
			d.expect(map[string]int{`event WHERE kind = 'load.file' AND result = 'failed' AND detail LIKE '%"reason":"` + want + `"%'`: 1})
		}
		if core.CodeOf(err) != want && (e == nil || e.Fields["query"] == nil || e.Fields["query"].Code != want) {
			t.Errorf("%q: %v, want %s", query, err, want)
		}
	}
	d.expect(map[string]int{"load_file": 1})
}

// TestAskIsForAdministrators: of their own organization's databases, after "Confirm
// it's you".
func TestAskIsForAdministrators(t *testing.T) {
	d := newDesk(t, nil)
	from := core.LoadSource{Place: "staff", Query: "SELECT 1 AS a"}
	late := d.caller()
	late.View.Session.ProvedAt = time.Time{}
	if _, err := d.Ask(t.Context(), late, from, core.LoadPeople, ""); !errors.Is(err, loadschedule.ErrConfirm) {
		t.Errorf("not confirmed: %v", err)
	}
	plain := d.caller()
	plain.View.Account.User.Type = core.Ordinary
	if _, err := d.Ask(t.Context(), plain, from, core.LoadPeople, ""); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("no administrator: %v", err)
	}
	if _, err := d.Databases(t.Context(), plain); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("no administrator sees the names: %v", err)
	}
	stranger := d.as(d.administrator(d.organization("Third"), "stranger"))
	var e *core.Error
	if _, err := d.Ask(t.Context(), stranger, from, core.LoadPeople, ""); !errors.As(err, &e) || e.Fields["place"] == nil {
		t.Errorf("another organization's: %v", err)
	}
	if names, err := d.Databases(t.Context(), stranger); err != nil || len(names) > 0 {
		t.Errorf("another organization is offered %q, %v", names, err)
	}
	inbox := core.LoadSource{Place: "inbox", Query: "SELECT 1 AS a"}
	if _, err := d.Ask(t.Context(), d.caller(), inbox, core.LoadPeople, ""); !errors.As(err, &e) || e.Fields["place"] == nil {
		t.Errorf("a folder: %v", err)
	}
}

// TestAskTakesTurns: two wait for rows at once, and a third is told to come again.
func TestAskTakesTurns(t *testing.T) {
	_, address := staff(t)
	d := newDesk(t, map[string]string{"staff": address})
	slow := core.LoadSource{Place: "staff", Query: "SELECT 'a@example.com' AS email, pg_sleep(0.2) FROM staff LIMIT 5"}
	const callers = 6
	c := d.caller()
	got := make(chan error, callers)
	for range callers {
		go func() {
			_, err := d.Ask(t.Context(), c, slow, core.LoadPeople, "")
			got <- err
		}()
	}
	took, busy := 0, 0
	for range callers {
		switch err := <-got; {
		case err == nil:
			took++
		case core.CodeOf(err) == "source.ask_busy":
			busy++
		default:
			t.Error(err)
		}
	}
	if took < 2 || took+busy != callers {
		t.Errorf("%d took rows, %d were told to wait", took, busy)
	}
}

// TestAskLeavesPlacesToOthers: an organization whose queries take as long as they may
// does not keep another one's people from theirs.
func TestAskLeavesPlacesToOthers(t *testing.T) {
	db, address := staff(t)
	d := newDesk(t, map[string]string{"staff": address, "theirs": address})
	other := core.Organization{ID: "other", Name: "Other", Policy: core.DefaultPolicy(), CreatedAt: d.clock(), Version: 1}
	d.must(d.store.CreateOrganization(t.Context(), other, core.Record{}))
	theirs := d.as(d.administrator(other, "stranger"))
	ctx, stop := context.WithCancel(t.Context())
	const slow = 6
	c, done := d.caller(), make(chan error, slow)
	for range slow {
		go func() {
			_, err := d.Ask(ctx, c, core.LoadSource{Place: "staff", Query: "SELECT pg_sleep(20) AS a"}, core.LoadPeople, "")
			done <- err
		}()
	}
	for range slow - 2 {
		if err := <-done; core.CodeOf(err) != "source.ask_busy" {
			t.Error(err)
		}
	}
	for asked := 0; asked < 2; {
		d.must(db.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'FETCH%'`).Scan(&asked))
	}
	_, err := d.Ask(t.Context(), theirs, core.LoadSource{Place: "theirs", Query: "SELECT * FROM staff"}, core.LoadPeople, "")
	if err != nil {
		t.Errorf("another organization's: %v", err)
	}
	stop()
	for range 2 {
		<-done
	}
}

// TestRunNowMidway: whoever runs or changes a schedule in the middle of its turn waits for
// no lease: the worker of before begins and notes nothing any more, and the next one does.
func TestRunNowMidway(t *testing.T) {
	d := newDesk(t, nil)
	d.put("staff.csv", "Email,First name,Last name\nada@example.com,Ada,Lovelace\n")
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, "0 6 * * *"))
	d.must(d.RunNow(t.Context(), d.caller(), id))
	now := d.clock()
	places := []core.LoadPlace{{Name: "inbox"}}
	midway, err := d.store.TakeLoadSchedule(t.Context(), "midway", places, now, now.Add(core.LoadScheduleLease))
	d.must(err)
	d.must(d.RunNow(t.Context(), d.caller(), id))
	if !d.turn() {
		t.Error("its turn waits for the lease of the one before")
	}
	midway.NextAt = now.Add(time.Hour)
	if err := d.store.NoteLoadSchedule(t.Context(), core.LoadScheduleTurn{Is: midway, Owner: "midway"}); !errors.Is(err, core.ErrStale) {
		t.Errorf("the worker of before notes its turn: %v", err)
	}
	d.turn()
	d.expect(map[string]int{"person WHERE email = 'ada@example.com'": 1, "load_run": 1})
}

// TestRunNow: a schedule has its turn when its person says so, and its next one when
// its times say; nobody runs another one's, or one that is stopped.
func TestRunNow(t *testing.T) {
	d := newDesk(t, nil)
	d.put("staff.csv", "Email,First name,Last name\nada@example.com,Ada,Lovelace\n")
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, "0 6 * * *"))
	next := d.stored(id).NextAt
	if d.turn() {
		t.Error("it had its turn before its time")
	}
	d.must(d.RunNow(t.Context(), d.caller(), id))
	d.turn()
	d.turn() // what became of it is counted
	if is := d.stored(id); is.LastRun == "" || !is.NextAt.Equal(next) {
		t.Errorf("ran %q, next %v, want %v", is.LastRun, is.NextAt, next)
	}
	d.expect(map[string]int{"person WHERE email = 'ada@example.com'": 1, "load_run": 1, "event WHERE kind = 'load.schedule_run'": 1})
	var e *core.Error
	if err := d.RunNow(t.Context(), d.as(d.administrator(d.org, "colleague")), id); !errors.As(err, &e) || e.Fields["key"] == nil {
		t.Errorf("another one's: %v", err)
	}
	if err := d.RunNow(t.Context(), d.as(d.administrator(d.organization("Other"), "stranger")), id); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("another organization's: %v", err)
	}
	d.must(d.Stop(t.Context(), d.caller(), id))
	if err := d.RunNow(t.Context(), d.caller(), id); core.CodeOf(err) != "schedule.is_stopped" {
		t.Errorf("one that is stopped: %v", err)
	}
}
