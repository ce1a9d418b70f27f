package loadundo

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps loads, what they did, and how far their undo is.
type Store interface {
	// LoadByID returns a load of an organization.
	LoadByID(ctx context.Context, organizationID, id core.ID) (core.LoadRun, error)
	// BeginUndo begins an undo; core.ErrStale, core.ErrUndoing, core.ErrLoading.
	BeginUndo(ctx context.Context, b core.LoadUndoBegin) error
	// LoadResultBelow returns what the last batch did that begins below a row.
	LoadResultBelow(ctx context.Context, organizationID, runID core.ID, below int) (core.LoadResult, error)
	// UndoBatch takes a batch back and moves the undo before it; core.ErrStale.
	UndoBatch(ctx context.Context, b core.LoadUndoBatch) error
	// EndUndo ends an undo; core.ErrStale.
	EndUndo(ctx context.Context, e core.LoadUndoEnd) error
	// LoadKept returns whom an undo has left as they were.
	LoadKept(ctx context.Context, organizationID, runID core.ID, limit int) ([]core.LoadKept, error)
	// PeopleByID returns those of some people whom an organization has.
	PeopleByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.LoadKnown, error)
	// Groups returns an organization's groups.
	Groups(ctx context.Context, organizationID core.ID) ([]core.Group, error)
}

// Queue gives undos to workers.
type Queue interface {
	// TakeUndo leases a load that is being undone; core.ErrNotFound where none is due.
	TakeUndo(ctx context.Context, owner string, now, until time.Time) (core.LoadRun, error)
	// HoldUndo moves the end of a lease; core.ErrStale where somebody else has it.
	HoldUndo(ctx context.Context, owner string, runID core.ID, until time.Time) error
}

// Accounts says who somebody is now.
type Accounts interface {
	// AccountByID returns somebody of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
}

// People is what administrators do to one person.
type People interface {
	// Save stores what was typed of somebody where it differs from what was.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error
	// DeactivateAs takes somebody's access away who still is as a print says.
	DeactivateAs(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, print string) error
	// Reactivate gives it back.
	Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
}

// Groups is what administrators do to groups.
type Groups interface {
	// Save stores what was typed of a group where it differs from what was.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.GroupFields) (met bool, err error)
}

// Secrets opens what was there before rows were done.
type Secrets interface {
	OpenBefore(id core.ID, sealed string) ([]core.LoadBefore, error)
}

// Deps are the parts a Service works with.
type Deps struct {
	Store    Store
	Queue    Queue
	Accounts Accounts
	People   People
	Groups   Groups
	Secrets  Secrets
	Clock    core.Clock
	Random   core.Random
	Logger   *slog.Logger
}

// Service takes loads back. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// get returns a load of the organization of an administrator.
func (s *Service) get(ctx context.Context, v core.SessionView, id core.ID) (core.LoadRun, error) {
	if !v.Account.User.CanAdminister() {
		return core.LoadRun{}, core.ErrNotFound
	}
	return s.Store.LoadByID(ctx, v.Account.User.OrganizationID, id)
}

// Begin begins to undo a load; a worker does it. It needs a fresh confirmation (SU2).
func (s *Service) Begin(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	run, err := s.get(ctx, v, id)
	if err != nil {
		return err
	}
	now := s.Clock()
	if err := run.MayUndo(now); err != nil {
		return err
	}
	if !v.Session.Confirmed(now) {
		return core.NewError(core.Unauthenticated, "confirm.needed")
	}
	by := v.Account.User
	err = s.Store.BeginUndo(ctx, core.LoadUndoBegin{
		OrganizationID: run.OrganizationID, RunID: run.ID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Origin: o, At: now,
		Record: s.record(v, o, run, core.EventLoadUndoStarted, "ok", nil),
	})
	if !errors.Is(err, core.ErrStale) {
		return err
	}
	if run, err = s.get(ctx, v, id); err == nil { // somebody was quicker
		err = run.MayUndo(s.Clock())
	}
	if err == nil {
		err = core.ErrStale
	}
	return err
}

// record is what a write of an undo carries with it.
func (s *Service) record(v core.SessionView, o core.Origin, run core.LoadRun, kind, result string, detail map[string]string) core.Record {
	d := map[string]string{"load": string(run.ID)}
	maps.Copy(d, detail)
	return core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{s.event(v, o, kind, result, run.Name, d)}}
}

func (s *Service) event(v core.SessionView, o core.Origin, kind, result, target string, detail map[string]string) core.Event {
	now, by := s.Clock(), v.Account.User
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, At: now, Kind: kind, Result: result,
		Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Target: target, Origin: o, Detail: detail,
	}
}

func counted(c core.LoadUndoCounts) map[string]string {
	return map[string]string{
		"deactivated": strconv.Itoa(c.Deactivated), "returned": strconv.Itoa(c.Returned), "restored": strconv.Itoa(c.Restored),
		"removed": strconv.Itoa(c.Removed), "kept": strconv.Itoa(c.Kept),
	}
}

// Kept is somebody, or a group, who stays as they are.
type Kept struct {
	Row  int // 0: not of the file
	ID   core.ID
	Name string // of now; empty: gone
	Why  string // a code
}

// Preview is what an undo would do now.
type Preview struct {
	Run     core.LoadRun
	Counts  core.LoadUndoCounts
	Brought int    // people who keep a password or an app that the load gave them
	Kept    []Kept // the first of those who stay
	Rows    int    // how many rows were looked at
	More    bool   // the load has more than those
}

// The bounds of a preview: somebody waits for it.
const (
	previewRows = 20_000
	previewKept = 50
)

// Preview says what undoing a load would do, and does nothing.
func (s *Service) Preview(ctx context.Context, v core.SessionView, id core.ID) (Preview, error) {
	run, err := s.get(ctx, v, id)
	out := Preview{Run: run}
	if err == nil {
		err = run.MayUndo(s.Clock())
	}
	below := math.MaxInt32
	if run.Undo.State == core.LoadUndoHalted {
		below = run.Undo.Below
	}
	for err == nil {
		var r core.LoadResult
		r, err = s.Store.LoadResultBelow(ctx, run.OrganizationID, run.ID, below)
		if errors.Is(err, core.ErrNotFound) {
			return out, nil
		}
		if err != nil {
			break
		}
		if out.Rows >= previewRows {
			out.More = true
			return out, nil
		}
		var p *plan
		if p, err = s.plan(ctx, v, run, r, nil); err == nil {
			out.note(p)
		}
		below = r.From
	}
	return out, err
}

func (out *Preview) note(p *plan) {
	counts, _ := p.settled()
	out.Counts = sum(out.Counts, counts)
	out.Rows += len(p.items)
	for i := range p.items {
		it := &p.items[i]
		if it.brought {
			out.Brought++
		}
		if it.outcome == kept && len(out.Kept) < previewKept {
			out.Kept = append(out.Kept, Kept{inFile(it.row), it.row.ID, it.name, it.why})
		}
	}
}

func inFile(row core.LoadRowResult) int {
	if row.Did == core.LoadDeactivated {
		return 0
	}
	return row.Row
}

func sum(a, b core.LoadUndoCounts) core.LoadUndoCounts {
	return core.LoadUndoCounts{
		Deactivated: a.Deactivated + b.Deactivated, Returned: a.Returned + b.Returned, Restored: a.Restored + b.Restored,
		Removed: a.Removed + b.Removed, Kept: a.Kept + b.Kept,
	}
}

// Kept returns whom the undo of a load has left as they were, so many at most.
func (s *Service) Kept(ctx context.Context, v core.SessionView, id core.ID, limit int) ([]Kept, error) {
	run, err := s.get(ctx, v, id)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.LoadKept(ctx, run.OrganizationID, run.ID, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	names, err := s.names(ctx, run, list)
	out := make([]Kept, len(list))
	for i, k := range list {
		out[i] = Kept{ID: k.ID, Name: names[k.ID], Why: k.Why}
		if k.Row < run.Next {
			out[i].Row = k.Row
		}
	}
	return out, err
}

// names are those of now.
func (s *Service) names(ctx context.Context, run core.LoadRun, list []core.LoadKept) (map[core.ID]string, error) {
	names := map[core.ID]string{}
	if run.Order.Target == core.LoadGroups {
		groups, err := s.Store.Groups(ctx, run.OrganizationID)
		for _, g := range groups {
			names[g.ID] = g.Name
		}
		return names, err
	}
	var ids []core.ID
	for _, k := range list {
		ids = append(ids, k.ID)
	}
	people, err := s.Store.PeopleByID(ctx, run.OrganizationID, ids)
	for _, p := range people {
		names[p.User.ID] = p.User.Name()
	}
	return names, err
}
