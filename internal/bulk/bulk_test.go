package bulk_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// TestActions: each action does to each person what their own page would, and
// says of everybody else why not.
func TestActions(t *testing.T) {
	for action, want := range map[core.BulkAction]struct {
		skipped map[string]string // by name
		done    []string
		event   string
	}{
		core.BulkInvite:     {map[string]string{"boss": "self", "user": "not_invited", "app": "not_invited", "none": "not_invited", "gone": "not_invited", "chief": "not_invited", "wait": "not_invited"}, []string{"invited"}, core.EventLinkMade},
		core.BulkRequire:    {map[string]string{"boss": "self", "app": "required", "none": "no_access", "gone": "inactive"}, []string{"chief", "invited", "user", "wait"}, core.EventTwoFactorAsked},
		core.BulkRemind:     {map[string]string{"boss": "self", "app": "has_app", "none": "cannot", "gone": "cannot", "invited": "cannot"}, []string{"chief", "user", "wait"}, core.EventTwoFactorReminded},
		core.BulkReset:      {map[string]string{"boss": "self", "chief": "no_factor", "user": "no_factor", "none": "no_factor", "gone": "no_factor", "invited": "no_factor", "wait": "no_factor"}, []string{"app"}, core.EventTwoFactorReset},
		core.BulkType:       {map[string]string{"boss": "self"}, []string{"app", "chief", "gone", "invited", "none", "user", "wait"}, core.EventUserChanged},
		core.BulkSignOut:    {map[string]string{"boss": "self", "none": "cannot", "gone": "cannot", "invited": "cannot"}, []string{"app", "chief", "user", "wait"}, core.EventSessionEnded},
		core.BulkPassword:   {map[string]string{"boss": "self", "none": "cannot", "gone": "cannot", "invited": "cannot", "wait": "due"}, []string{"app", "chief", "user"}, core.EventPasswordRequired},
		core.BulkDeactivate: {map[string]string{"boss": "self", "gone": "inactive"}, []string{"app", "chief", "invited", "none", "user", "wait"}, core.EventUserDeactivated},
		core.BulkReactivate: {map[string]string{"boss": "self", "user": "not_inactive", "app": "not_inactive", "none": "not_inactive", "chief": "not_inactive", "invited": "not_inactive", "wait": "not_inactive"}, []string{"gone"}, core.EventUserReactivated},
		core.BulkJoin:       {map[string]string{"boss": "self", "app": "member"}, []string{"chief", "gone", "invited", "none", "user", "wait"}, core.EventGroupJoined},
		core.BulkLeave:      {map[string]string{"boss": "self", "user": "not_member", "none": "not_member", "gone": "not_member", "chief": "not_member", "invited": "not_member", "wait": "not_member"}, []string{"app"}, core.EventGroupLeft},
	} {
		t.Run(string(action), func(t *testing.T) {
			d := newDesk(t)
			d.person(d.org, "user", core.Ordinary)
			d.person(d.org, "chief", core.Administrator)
			d.person(d.org, "none", core.NoAccess)
			d.person(d.org, "gone", core.Ordinary, as(core.Inactive))
			d.person(d.org, "invited", core.Ordinary, as(core.Invited))
			d.person(d.org, "wait", core.Ordinary, func(n *core.NewUser) { n.User.PasswordDue = core.PasswordTemporary })
			d.person(d.org, "app", core.Ordinary, withApp, func(n *core.NewUser) { n.Groups = []string{"Finance"} })
			d.person(d.organization("Other"), "stranger", core.Ordinary)
			id := d.ask(action)
			if action.Asks() {
				groups, err := d.store.Groups(t.Context(), d.org.ID)
				d.must(err)
				d.must(d.Choose(t.Context(), d.view(d.boss), id, bulk.Choice{Type: core.HelpDesk, GroupID: groups[0].ID}))
			}
			review := d.get(id)
			if review.State != core.BulkReview || review.Counts.Waiting != len(want.done) || review.Counts.Done != 0 {
				t.Fatalf("reviewed %+v in state %s", review.Counts, review.State)
			}
			if len(d.events(want.event)) > 0 {
				t.Fatal("something was done before the start")
			}
			d.start(id)
			d.work(d.worker())
			after := d.get(id)
			if after.State != core.BulkDone || after.Counts.Waiting+after.Counts.Failed > 0 || len(after.First) > 0 {
				t.Errorf("afterwards %s with %+v", after.State, after.Counts)
			}
			skipped, done := map[string]string{}, []string{}
			d.must(d.EachItem(t.Context(), d.view(d.boss), here(), id, func(items []core.BulkItem) error {
				for _, i := range items {
					name := i.Name[:len(i.Name)-len(" Tester")]
					if i.Outcome == core.BulkItemDone {
						done = append(done, name)
					} else {
						skipped[name] = i.Reason
					}
				}
				return nil
			}))
			slices.Sort(done)
			if diff := cmp.Diff(want.done, done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.skipped, skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
			events := d.events(want.event)
			if action == core.BulkDeactivate {
				events = append(events, d.events(core.EventInvitationGone)...)
			}
			if len(events) != len(want.done) {
				t.Errorf("%d events of people, want %d", len(events), len(want.done))
			}
			for _, e := range events {
				if e.Actor.ID != d.boss.ID || e.Origin.RequestID != "request" || e.SubjectID == "" {
					t.Errorf("event %+v", e)
				}
			}
			if begun, ended := d.events(core.EventBulkStarted), d.events(core.EventBulkEnded); len(begun) != 1 || len(ended) != 1 ||
				begun[0].Detail["people"] != ended[0].Detail["done"] || begun[0].Target != string(action) || len(d.events(core.EventPeopleExported)) != 1 {
				t.Errorf("events of the job: %+v, %+v", begun, ended)
			}
		})
	}
}

// TestRights: only administrators ask, look, start and stop; whoever asked starts
// it; who lost the right meanwhile, or lost it to somebody, does nobody any more.
func TestRights(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	user, desk := d.person(d.org, "user", core.Ordinary), d.person(d.org, "desk", core.HelpDesk)
	chief := d.person(d.org, "chief", core.Administrator)
	other := d.person(d.organization("Other"), "their", core.Administrator)
	id := d.ask(core.BulkSignOut, user)
	for name, by := range map[string]core.User{"a user": user, "the help desk": desk, "another organization": other} {
		v := d.view(by)
		_, getErr := d.Get(ctx, v, id)
		all := map[string]error{
			"get": getErr, "start": d.Start(ctx, v, here(), id, "", ""), "stop": d.Stop(ctx, v, here(), id), "choose": d.Choose(ctx, v, id, bulk.Choice{}),
			"file": d.EachItem(ctx, v, here(), id, func([]core.BulkItem) error { return errors.New("shown") }),
		}
		if by.OrganizationID == d.org.ID {
			_, all["ask"] = d.Ask(ctx, v, here(), core.BulkSignOut, core.BulkSelection{IDs: []core.ID{user.ID}})
			_, all["list"] = d.List(ctx, v)
		}
		for what, err := range all {
			if core.CodeOf(err) != "not_found" {
				t.Errorf("%s: %s: %v, want not found", name, what, err)
			}
		}
	}
	if err := d.Start(ctx, d.view(chief), here(), id, "", ""); core.CodeOf(err) != "bulk.not_yours" {
		t.Errorf("another administrator starts it: %v", err)
	}
	stale := d.view(d.boss)
	stale.Session.ProvedAt = start.Add(-time.Hour)
	if err := d.Start(ctx, stale, here(), id, "", ""); core.CodeOf(err) != "confirm.needed" {
		t.Errorf("without a confirmation: %v", err)
	}
	theirs, err := d.Ask(ctx, core.SessionView{Account: core.Account{User: other}, Organization: core.Organization{ID: other.OrganizationID}}, here(),
		core.BulkSignOut, core.BulkSelection{IDs: []core.ID{user.ID}})
	d.must(err)
	if v, err := d.Get(ctx, d.view(other), theirs); err != nil || v.Counts.Total() != 0 {
		t.Errorf("a stranger's id is in the job: %+v, %v", v.Counts, err)
	}
	d.start(id)
	d.must(d.store.SavePerson(ctx, core.PersonChange{
		OrganizationID: d.org.ID, UserID: d.boss.ID, Was: d.boss.Fields(), Is: func() core.PersonFields { f := d.boss.Fields(); f.Type = core.Ordinary; return f }(),
		WasKeys: core.LoginKeys{Email: d.boss.Email}, Keys: core.LoginKeys{Email: d.boss.Email}, At: d.clock(),
	}))
	d.work(d.worker())
	v, err := d.Get(ctx, d.view(chief), id)
	d.must(err)
	if v.State != core.BulkStopped || v.StoppedBy != "" || v.Counts.Waiting != 1 || len(d.events(core.EventSessionEnded)) != 0 {
		t.Errorf("after the right was lost: %s, %+v", v.State, v.Counts)
	}
}

// TestLastAdministrator: of administrators who are all deactivated in one job by
// two, one stays.
func TestLastAdministrator(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	chief := d.person(d.org, "chief", core.Administrator)
	id := d.ask(core.BulkDeactivate)
	second, err := d.Ask(ctx, d.view(chief), here(), core.BulkDeactivate, core.BulkSelection{Filter: &core.PersonFilter{}})
	d.must(err)
	d.start(id)
	d.must(d.Start(ctx, d.view(chief), here(), second, "", ""))
	var done sync.WaitGroup
	for _, owner := range []string{"one", "two"} {
		done.Go(func() {
			w := &bulk.Worker{Service: d.Service, Owner: owner}
			for some := true; some; {
				var err error
				if some, err = w.Turn(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	if a, b := d.account(d.boss).User, d.account(chief).User; a.CanAdminister() == b.CanAdminister() {
		t.Errorf("boss %s, chief %s", a.Status, b.Status)
	}
}

// TestFrozen: what was reviewed is what is done. Who comes later is not in it, and
// who needs it no more is skipped.
func TestFrozen(t *testing.T) {
	d := newDesk(t)
	user := d.person(d.org, "user", core.Ordinary)
	other := d.person(d.org, "other", core.Ordinary)
	id := d.ask(core.BulkDeactivate)
	late := d.person(d.org, "late", core.Ordinary)
	d.must(d.store.SetStatus(t.Context(), core.StatusChange{OrganizationID: d.org.ID, UserID: other.ID, From: core.Active, To: core.Inactive, At: d.clock()}))
	d.start(id)
	if err := d.Start(t.Context(), d.view(d.boss), here(), id, "", ""); core.CodeOf(err) != "bulk.moved" {
		t.Errorf("started twice: %v", err)
	}
	d.work(d.worker())
	v := d.get(id)
	if v.Counts != (core.BulkCounts{Done: 1, Skipped: 2}) || d.account(user).User.Status != core.Inactive || d.account(late).User.Status != core.Active {
		t.Errorf("%+v", v.Counts)
	}
}

// killed is a store that is gone in the middle of a batch: after so many people
// its process does nothing any more.
type killed struct {
	*sqlstore.Store
	left int
}

var errKilled = core.NewError(core.Unavailable, "killed")

func (k *killed) SignOutEverywhere(ctx context.Context, c core.EverywhereSignOut) error {
	if k.left--; k.left < 0 {
		return errKilled
	}
	return k.Store.SignOutEverywhere(ctx, c)
}

func (k *killed) LeaveBulk(context.Context, string, core.ID, time.Time) error { return errKilled }
func (k *killed) SettleBulk(context.Context, core.ID, core.ID, []core.BulkItem) error {
	return errKilled
}

// TestKilled: a process dies in the middle of a batch, with the lease in its hand.
// When that is over another goes on where it stopped, and nobody is done twice.
func TestKilled(t *testing.T) {
	d := newDesk(t)
	d.crowd(120)
	id := d.ask(core.BulkSignOut)
	d.start(id)
	k := &killed{Store: d.store, left: 70}
	dying := d.dying(k)
	_, _ = dying.Turn(t.Context())           // a whole batch, but it is not given back
	d.now.Add(core.BulkLease.Microseconds()) // until its lease runs out
	_, err := dying.Turn(t.Context())
	if err == nil || k.left >= 0 {
		t.Fatalf("it lives: %v, %d", err, k.left)
	}
	if v := d.get(id); v.Counts.Done != 70 || v.State != core.BulkRunning {
		t.Fatalf("killed after %+v", v.Counts)
	}
	if some, err := d.worker().Turn(t.Context()); err != nil || some {
		t.Errorf("another process works beside the lease: %v, %v", some, err)
	}
	d.now.Add(core.BulkLease.Microseconds())
	d.work(d.worker())
	v := d.get(id)
	if v.State != core.BulkDone || v.Counts != (core.BulkCounts{Done: 120, Skipped: 1}) {
		t.Errorf("%s: %+v", v.State, v.Counts)
	}
	once := map[core.ID]int{}
	for _, e := range d.events(core.EventSessionEnded) {
		once[e.SubjectID]++
	}
	for who, n := range once {
		if n != 1 {
			t.Errorf("%s was signed out %d times", who, n)
		}
	}
	if len(once) != 120 {
		t.Errorf("%d people were signed out", len(once))
	}
}

// TestReplicas: two processes work at once, and several jobs; each person of each
// job is done once.
func TestReplicas(t *testing.T) {
	d := newDesk(t)
	d.crowd(130)
	jobs := []core.ID{d.ask(core.BulkSignOut), d.ask(core.BulkRequire), d.ask(core.BulkPassword)}
	for _, id := range jobs {
		d.start(id)
	}
	var done sync.WaitGroup
	for _, owner := range []string{"one", "two", "three"} {
		done.Go(func() {
			w := &bulk.Worker{Service: d.Service, Owner: owner}
			for range 30 {
				if _, err := w.Turn(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	d.work(d.worker())
	for _, id := range jobs {
		if v := d.get(id); v.State != core.BulkDone || v.Counts.Done != 130 {
			t.Errorf("%s: %s, %+v", v.Order.Action, v.State, v.Counts)
		}
	}
	for _, kind := range []string{core.EventSessionEnded, core.EventTwoFactorAsked, core.EventPasswordRequired} {
		if n := len(d.events(kind)); n != 130 {
			t.Errorf("%d events %s", n, kind)
		}
	}
}

// TestStop: a job that is stopped between two batches does nobody more; stopping
// again changes nothing.
func TestStop(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.crowd(120)
	id := d.ask(core.BulkSignOut)
	d.start(id)
	w := d.worker()
	_, err := w.Turn(ctx)
	d.must(err)
	d.must(d.Stop(ctx, d.view(d.boss), here(), id))
	d.must(d.Stop(ctx, d.view(d.boss), here(), id))
	d.work(w)
	v := d.get(id)
	if v.State != core.BulkStopped || v.Counts.Done != core.BulkBatch || v.StoppedBy != "boss Tester" || len(d.events(core.EventBulkEnded)) != 1 {
		t.Errorf("%s by %q: %+v", v.State, v.StoppedBy, v.Counts)
	}
	list, err := d.List(ctx, d.view(d.boss))
	if err != nil || len(list) != 1 || list[0].Counts != v.Counts {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestMany: a job of more people than are gathered at once is gathered by the
// worker, and can be killed there too.
func TestMany(t *testing.T) {
	d := newDesk(t)
	d.crowd(2600)
	id := d.ask(core.BulkRemind)
	if v := d.get(id); v.State != core.BulkGathering || v.Counts.Total() != 2000 {
		t.Fatalf("%s: %+v", v.State, v.Counts)
	}
	if err := d.Start(t.Context(), d.view(d.boss), here(), id, "", ""); core.CodeOf(err) != "bulk.moved" {
		t.Errorf("started while it is gathered: %v", err)
	}
	d.work(d.worker())
	if v := d.get(id); v.State != core.BulkReview || v.Counts != (core.BulkCounts{Waiting: 2600, Skipped: 1}) || len(v.First) != 20 {
		t.Errorf("%s: %+v", v.State, v.Counts)
	}
}

// TestGroupMoves: a group that is renamed is the same; one that is gone ends the
// job.
func TestGroupMoves(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	user := d.person(d.org, "user", core.Ordinary)
	d.person(d.org, "other", core.Ordinary)
	g := core.Group{ID: core.NewID(start, random), OrganizationID: d.org.ID, Name: "A", CreatedAt: start}
	d.must(d.store.CreateGroup(ctx, g, core.Record{}))
	join := func() core.ID {
		id := d.ask(core.BulkJoin)
		d.must(d.Choose(ctx, d.view(d.boss), id, bulk.Choice{GroupID: g.ID}))
		d.start(id)
		return id
	}
	first := join()
	d.must(d.store.JoinGroup(ctx, core.GroupMember{OrganizationID: d.org.ID, GroupID: g.ID, UserID: user.ID}))
	renamed := g
	renamed.Name = "B"
	d.must(d.store.ChangeGroup(ctx, core.GroupChange{OrganizationID: d.org.ID, GroupID: g.ID, Was: g, Is: renamed}))
	d.work(d.worker())
	if v := d.get(first); v.State != core.BulkDone || v.Counts != (core.BulkCounts{Done: 1, Skipped: 2}) {
		t.Errorf("renamed: %s, %+v", v.State, v.Counts)
	}
	d.person(d.org, "third", core.Ordinary)
	second := join()
	d.must(d.store.RemoveGroup(ctx, core.GroupRemoval{OrganizationID: d.org.ID, GroupID: g.ID}))
	d.work(d.worker())
	if v := d.get(second); v.State != core.BulkStopped || v.Counts.Done != 0 {
		t.Errorf("gone: %s, %+v", v.State, v.Counts)
	}
}

// TestAsked: what makes no sense is refused.
func TestAsked(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	user := d.person(d.org, "user", core.Ordinary, withApp)
	many := make([]core.ID, 1001)
	for name, tt := range map[string]struct {
		action core.BulkAction
		of     core.BulkSelection
		code   string
	}{
		"no such action": {"explode", core.BulkSelection{IDs: []core.ID{user.ID}}, "bulk.action"},
		"nobody":         {core.BulkSignOut, core.BulkSelection{}, "bulk.nobody"},
		"too many":       {core.BulkSignOut, core.BulkSelection{IDs: many}, "bulk.too_many"},
	} {
		_, err := d.Ask(ctx, d.view(d.boss), here(), tt.action, tt.of)
		var e *core.Error
		if !errors.As(err, &e) || e.Fields["action"] == nil || e.Fields["action"].Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	kind := d.ask(core.BulkType, user)
	for _, c := range []bulk.Choice{{Type: -1}, {Type: core.Administrator + 1}} {
		if err := d.Choose(ctx, d.view(d.boss), kind, c); err == nil {
			t.Errorf("chose %+v", c)
		}
	}
	if err := d.Choose(ctx, d.view(d.boss), d.ask(core.BulkJoin, user), bulk.Choice{GroupID: "nowhere"}); err == nil {
		t.Error("chose a group that is not there")
	}
	reset := d.ask(core.BulkReset, user)
	if err := d.Start(ctx, d.view(d.boss), here(), reset, "", ""); err == nil {
		t.Error("a reset began without how it was checked")
	}
}
