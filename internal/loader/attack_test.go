package loader_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// TestNothingOfOnesOwn: whoever loads gives themselves no password and no app
// either: a key touches neither of its own person (AK4).
func TestNothingOfOnesOwn(t *testing.T) {
	d := newDesk(t)
	run, rejects := d.run(d.caller(), "Email,App secret\nboss@example.com,ABCDEFGHIJKLMNOP", 500, byIdentity)
	if run.Counts != counts(0, 0, 0, 1) || len(rejects) != 1 || rejects[0].Problems[0].Code != "people.self" {
		t.Errorf("the load counts %+v: %+v", run.Counts, rejects)
	}
	if boss := d.who(d.boss.Email); boss.Apps != 0 {
		t.Errorf("who loads has %d apps now", boss.Apps)
	}
	run, _ = d.run(d.caller(), "Email,Department\nboss@example.com,Works", 500, byIdentity)
	if run.Counts != counts(0, 1, 0, 0) {
		t.Errorf("their own department counts %+v", run.Counts)
	}
}

// TestWhoGetsAnAppIsTold: somebody who exists hears by email of an app that a load
// gave them, and the log has it; new people have nothing to be warned of.
func TestWhoGetsAnAppIsTold(t *testing.T) {
	d := newDesk(t)
	d.person(d.org, "ida", core.Ordinary)
	const text = "Email,First Name,Last Name,App secret\nida@example.com,,,ABCDEFGHIJKLMNOP\nnew@example.com,New,One,ABCDEFGHIJKLMNOP\n"
	for range 2 { // the second time it is there already
		if run, rejects := d.run(d.caller(), text, 500, byIdentity); run.Counts.Rejected != 0 {
			t.Fatalf("the load is %+v: %+v", run, rejects)
		}
	}
	ida := d.who("ida@example.com").User
	events, err := d.store.Events(t.Context(), d.org.ID, core.EventFilter{Kinds: []string{core.EventAppAdded}})
	if err != nil || len(events) != 1 || events[0].SubjectID != ida.ID || events[0].Actor.ID != d.boss.ID {
		t.Errorf("the log has %+v, %v", events, err)
	}
	var mails int
	d.must(d.raw.QueryRowContext(t.Context(), "SELECT count(*) FROM outbox WHERE template = 'E7' AND user_id = $1", string(ida.ID)).Scan(&mails))
	if mails != 1 || len(events) != 1 {
		t.Errorf("%d mails", mails)
	}
}

// TestMoreGroupsThanThereMayBe: a load that would make too many ends, and says why:
// tried again for ever it would never be over.
func TestMoreGroupsThanThereMayBe(t *testing.T) {
	d := newDesk(t)
	text := "Email,First Name,Last Name,Groups\n"
	for i := range 11 {
		var names []string
		for j := range core.GroupsPerOrganization / 10 {
			names = append(names, fmt.Sprintf("G%d-%d", i, j))
		}
		text += fmt.Sprintf("p%d@example.com,P,Q,%s\n", i, strings.Join(names, ";"))
	}
	run, _ := d.run(d.caller(), text, 2, nil)
	if run.State != core.LoadFailed || run.Reason != core.LoadGroupsMany || run.Counts != counts(10, 0, 0, 0) {
		t.Errorf("the load is %s (%s) and counts %+v", run.State, run.Reason, run.Counts)
	}
}

// stopping is the calls of an administrator, during the first of which another one
// stops the load.
type stopping struct {
	loader.People
	once sync.Once
	stop func()
}

func (s *stopping) Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	s.once.Do(s.stop)
	return s.People.Deactivate(ctx, v, o, id)
}

// TestStoppedWhileItDeactivates: whom a load has named is forgotten when it is over.
// One that is stopped while it deactivates the others must not take everybody for
// one of them.
func TestStoppedWhileItDeactivates(t *testing.T) {
	d := newDesk(t)
	const absentees = 60 // more than are read at once
	text := "Email"
	for i := range absentees + 10 {
		name := fmt.Sprintf("p%02d", i)
		d.person(d.org, name, core.Ordinary)
		if i >= absentees {
			text += "\n" + name + "@example.com"
		}
	}
	columns, rows := file(text)
	o := loader.NewOrder(core.LoadPeople, columns)
	o.Absent, o.Threshold = true, 100
	run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: o, Columns: columns, Name: "staff.csv", First: 2, Total: len(rows)})
	d.must(err)
	_, err = d.Load(t.Context(), d.caller(), run.ID, rows)
	d.must(err)
	deps := d.Deps
	deps.People = &stopping{People: d.People, stop: func() {
		_, err := d.Stop(t.Context(), d.caller(), run.ID, core.LoadByPerson)
		d.must(err)
	}}
	run, err = loader.New(deps).Finish(t.Context(), d.caller(), run.ID)
	if err != nil || run.State != core.LoadStopped {
		t.Errorf("the load is %s, %v", run.State, err)
	}
	for i := absentees; i < absentees+10; i++ {
		if who := d.who(fmt.Sprintf("p%02d@example.com", i)); who.User.Status != core.Active {
			t.Errorf("%s stands in the file, and is %s", who.User.Email, who.User.Status)
		}
	}
}
