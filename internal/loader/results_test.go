package loader_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// results are what a load did, a line for each row.
func (d *desk) results(run core.LoadRun, limit int) []string {
	d.t.Helper()
	var all []string
	for after := 0; ; {
		rows, err := d.Results(d.t.Context(), d.caller(), run.ID, after, limit)
		d.must(err)
		if len(rows) == 0 {
			return all
		}
		for _, row := range rows {
			line := fmt.Sprint(row.Row, " ", row.Did)
			if !row.InFile() {
				line = string(row.Did)
			}
			for _, text := range []string{row.Email, strings.Join(row.Fields, "+")} {
				if text != "" {
					line += " " + text
				}
			}
			for _, p := range row.Problems {
				line += " " + p.Code
			}
			all, after = append(all, line), row.Row
		}
	}
}

func TestResultsOfEachRow(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"ann", "bob", "cid", "gone"} {
		d.person(d.org, name, core.Ordinary)
	}
	run, _ := d.run(d.caller(), `Email,First Name,Last Name,Title,Groups,Active,TOTP secret
ann@example.com,Ann,,Cook,Sales,,
bob@example.com,,,,,,
zoe@example.com,Zoe,New,,Sales,,abcdefghabcdefgh
bad@,,,,,,
cid@example.com,,,,,no,abcdefghabcdefgh`, 2, byIdentity)
	want := []string{
		"2 updated ann@example.com title+groups", "3 unchanged bob@example.com", "4 added zoe@example.com", "5 rejected user.email",
		"6 updated cid@example.com active+app_secret",
	}
	for _, limit := range []int{1, 2, 3, 500} {
		if diff := cmp.Diff(want, d.results(run, limit)); diff != "" {
			t.Errorf("by %d (-want +got):\n%s", limit, diff)
		}
	}
	run, _ = d.run(d.caller(), "Email\nann@example.com\nbob@example.com\ncid@example.com\nzoe@example.com", 500, func(o *core.LoadOrder) { o.Absent, o.Threshold = true, 50 })
	want = []string{"2 unchanged ann@example.com", "3 unchanged bob@example.com", "4 unchanged cid@example.com", "5 unchanged zoe@example.com", "deactivated gone@example.com"}
	if diff := cmp.Diff(want, d.results(run, 500)); diff != "" {
		t.Errorf("with somebody absent (-want +got):\n%s", diff)
	}
	calls := 0
	d.must(d.AllResults(t.Context(), d.caller(), run.ID, func(rows []loader.ResultRow) error { calls += 1 + len(rows); return nil }))
	events, err := d.store.Events(t.Context(), d.org.ID, core.EventFilter{Kinds: []string{core.EventPeopleExported}})
	if err != nil || calls != 7 || len(events) != 1 || events[0].Detail["people"] != "5" {
		t.Errorf("%d calls and rows, and the log has %+v (%v)", calls, events, err)
	}
}

// dying is the calls of an administrator of a server that is killed after some.
type dying struct {
	loader.People
	left int
}

var errKilled = errors.New("killed")

func (k *dying) step(do func() error) error {
	if k.left--; k.left < 0 {
		return errKilled
	}
	return do()
}

func (k *dying) Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error {
	return k.step(func() error { return k.People.Save(ctx, v, o, id, typed, was) })
}

func (k *dying) Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	return k.step(func() error { return k.People.Deactivate(ctx, v, o, id) })
}

// tidy brings lines, and the fields in each, into an order.
func tidy(lines []string) []string {
	out := slices.Clone(lines)
	for i, line := range out {
		at := strings.LastIndex(line, " ") + 1
		names := strings.Split(line[at:], "+")
		slices.Sort(names)
		out[i] = line[:at] + strings.Join(names, "+")
	}
	slices.Sort(out)
	return out
}

// TestKilledAmongDeeds: a server that is killed wherever among what goes through an
// administrator's calls forgets nothing of what was there before: what the load
// counts, and tells of each row, is as if it had never been interrupted.
func TestKilledAmongDeeds(t *testing.T) {
	const text = "Username,Email,Title,Active\nann,ann.new@example.com,Cook,\nbob,bob.new@example.com,,no\ncid,,Baker,no\n"
	want := []string{"2 updated ann.new@example.com email+title", "3 updated bob.new@example.com email+active", "4 updated cid@example.com title+active", "deactivated dot@example.com", "deactivated eve@example.com"}
	for deeds := range 6 {
		d := newDesk(t)
		for _, name := range []string{"ann", "bob", "cid", "dot", "eve"} {
			u := core.User{
				ID: core.NewID(d.clock(), random), OrganizationID: d.org.ID, Email: name + "@example.com", Username: name, FirstName: name, LastName: "T",
				Type: core.Ordinary, Status: core.Active, PasswordSealed: "s", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
			}
			d.must(d.store.CreateUser(t.Context(), u, core.LoginKeys{Email: u.Email, Username: name}, nil, nil, core.Record{}))
		}
		columns, rows := file(text)
		o := loader.NewOrder(core.LoadPeople, columns)
		o.Key, o.Identity, o.Absent, o.Threshold = "username", true, true, 70
		run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: o, Columns: columns, First: 2})
		d.must(err)
		deps := d.Deps
		deps.People = &dying{d.People, deeds}
		if _, err := loader.New(deps).File(t.Context(), d.caller(), run.ID, &reel{rows: rows}, nil); !errors.Is(err, errKilled) {
			t.Fatalf("after %d deeds it is not killed: %v", deeds, err)
		}
		run, err = d.File(t.Context(), d.caller(), run.ID, &reel{rows: rows}, nil)
		d.must(err)
		wantCounts := counts(0, 3, 0, 0)
		wantCounts.Deactivated = 2
		if run.State != core.LoadDone || run.Counts != wantCounts {
			t.Errorf("killed after %d deeds it is %s (%s) and counts %+v", deeds, run.State, run.Reason, run.Counts)
		}
		if diff := cmp.Diff(tidy(want), tidy(d.results(run, 500))); diff != "" {
			t.Errorf("killed after %d deeds it tells (-want +got):\n%s", deeds, diff)
		}
		before, err := d.store.LoadResult(t.Context(), d.org.ID, run.ID, 2)
		if err != nil || !strings.Contains(before.BeforeSealed, `"bob@example.com"`) || !strings.Contains(before.BeforeSealed, `"ann@example.com"`) {
			t.Errorf("killed after %d deeds, before it was %+v (%v)", deeds, before, err)
		}
	}
}
