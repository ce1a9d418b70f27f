package loader

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// Begin is a load that is about to begin.
type Begin struct {
	Order   core.LoadOrder
	Columns []string
	Name    string // of the file
	Hash    string // of its bytes
	First   int    // the number of its first row
	Total   int    // how many rows there are, where that is known
	// Package is whose order it is; its own, where Order names no target, and
	// otherwise as Order has it for this file.
	Package core.ID
	// Create stores the load with what else that changes; nil: it is of rows that
	// will be sent.
	Create func(ctx context.Context, l core.LoadRun, r core.Record) error
}

// Start begins a load.
func (s *Service) Start(ctx context.Context, c Caller, b Begin) (core.LoadRun, error) {
	kept, err := s.keptOrder(ctx, c, &b)
	if err != nil {
		return core.LoadRun{}, err
	}
	if err := c.may(b.Order); err != nil {
		return core.LoadRun{}, err
	}
	if err := Check(b.Order, b.Columns); err != nil {
		return core.LoadRun{}, err
	}
	now, by := s.Clock(), c.View.Account.User
	run := core.LoadRun{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()},
		Origin: c.Origin, Name: FileName(b.Name), Hash: b.Hash, Order: b.Order, Columns: b.Columns, State: core.LoadRunning,
		Next: b.First, Total: b.Total, StartedAt: now, PackageID: kept.ID, PackageName: kept.Name,
	}
	create := b.Create
	if create == nil {
		create = s.Store.CreateLoad
	}
	return run, create(ctx, run, s.record(c, run, core.EventLoadStarted, "ok", nil))
}

// record is what a write of a load carries with it.
func (s *Service) record(c Caller, run core.LoadRun, kind, result string, detail map[string]string) core.Record {
	now, by := s.Clock(), c.View.Account.User
	d := map[string]string{"load": string(run.ID)}
	maps.Copy(d, detail)
	return core.Record{
		Warrant: c.View.Warrant(core.Administrator, ""),
		Events: []core.Event{{
			ID: core.NewID(now, s.Random), OrganizationID: run.OrganizationID, At: now, Kind: kind, Result: result,
			Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Target: run.Name, Origin: c.Origin, Detail: d,
		}},
	}
}

// Loaded is what became of a batch of rows.
type Loaded struct {
	Counts  core.LoadCounts
	Rejects []Planned
	Run     core.LoadRun // as it is after it
}

// loadTries bounds how often a batch is planned anew because somebody changed what
// it is about.
const loadTries = 5

// Load does the next rows of a load: what it is at must be the first of them, or
// the error is core.ErrStale and Run says where it is. A row that cannot be taken
// stops the load, where its order says so, before that row.
func (s *Service) Load(ctx context.Context, c Caller, runID core.ID, rows []Row) (Loaded, error) {
	run, err := s.Get(ctx, c, runID)
	if err != nil {
		return Loaded{}, err
	}
	if err := s.does(ctx, c, run); err != nil {
		return Loaded{Run: run}, err
	}
	l, err := newLayout(run.Order, run.Columns)
	if err != nil {
		return Loaded{Run: run}, err
	}
	return s.load(ctx, c, run, l, rows, nil)
}

// load does rows of a load that is where run says, with the names of the rows before
// them, where those are known.
func (s *Service) load(ctx context.Context, c Caller, run core.LoadRun, l layout, rows []Row, names *Names) (Loaded, error) {
	out := Loaded{Run: run}
	switch {
	case run.State.Over():
		return out, errOver
	case len(rows) == 0:
		return out, nil
	case len(rows) > core.LoadBatchRows:
		return out, core.NewError(core.Invalid, "load.batch").With("count", core.LoadBatchRows)
	case rows[0].Number < run.Next || !rise(rows):
		return out, core.ErrStale
	}
	begun, err := s.begun(ctx, run)
	if err != nil {
		return out, err
	}
	for range loadTries {
		err := s.once(ctx, c, l, &out, rows, batchState{names, begun})
		if errors.Is(err, core.ErrLimit) { // tried again it would be no other: the load would never be over
			out.Run, err = s.end(ctx, c, out.Run, core.LoadFailed, core.LoadGroupsMany)
			return out, err
		}
		if !errors.Is(err, core.ErrStale) {
			return out, err
		}
		// The run itself may be somewhere else: then there is nothing to plan.
		if now, again := s.Get(ctx, c, run.ID); again != nil || now.Next != run.Next || now.State.Over() {
			out.Run = now
			return out, errors.Join(err, again)
		}
	}
	return out, core.ErrStale
}

// rise reports whether each row has a higher number than the one before.
func rise(rows []Row) bool {
	for i := range rows[1:] {
		if rows[i+1].Number <= rows[i].Number {
			return false
		}
	}
	return true
}

// batchState is what is known of a batch beside its rows.
type batchState struct {
	names *Names       // of the rows before it
	begun map[int]told // rows whose deeds were begun, whatever is planned anew
}

// errOver: the load has ended.
var errOver = core.NewError(core.Conflict, "load.over")

// once plans a batch and does it. With an order that stops at a wrong row, the batch
// ends before it.
func (s *Service) once(ctx context.Context, c Caller, l layout, out *Loaded, rows []Row, known batchState) error {
	p, wrong, err := s.prepare(ctx, c, out.Run, l, rows, known)
	if err != nil {
		return err
	}
	b := core.LoadBatch{
		OrganizationID: p.org, RunID: out.Run.ID, From: out.Run.Next, To: rows[len(rows)-1].Number + 1,
		Add: p.adds, Change: p.changes, Named: p.named(), At: s.Clock(),
	}
	steps := p.steps
	if wrong != nil {
		b.To = wrong.person.row.Number
		steps = append(steps, *wrong)
	}
	var rejects []Planned
	did := make([]told, len(steps))
	for i := range steps {
		st := &steps[i]
		did[i] = st.told().behind(known.begun)
		count(&b.Counts, did[i].row.Did)
		if st.action != Reject {
			continue
		}
		j, err := s.reject(st)
		if err != nil {
			return err
		}
		b.Rejects, rejects = append(b.Rejects, j), append(rejects, st.planned())
	}
	if b.Result, err = s.result(out.Run, b.To, did); err != nil {
		return err
	}
	b.Record = s.record(c, out.Run, core.EventLoadBatch, "ok", counted(b))
	s.tell(c, out.Run, p, &b)
	if err := s.Store.LoadBatch(ctx, b); err != nil {
		return err
	}
	for i := range steps {
		who := &steps[i].person
		known.names.Note(who.row.Number, who.keys.Email, who.keys.Username)
	}
	out.Counts, out.Rejects, out.Run.Next = b.Counts, rejects, b.To
	out.Run.Counts = sum(out.Run.Counts, b.Counts)
	if wrong != nil {
		out.Run, err = s.end(ctx, c, out.Run, core.LoadStopped, core.LoadRowWrong)
	}
	return err
}

// prepare plans rows and does their deeds. Where the order stops at a wrong row it
// plans those before the first one, and returns it.
func (s *Service) prepare(ctx context.Context, c Caller, run core.LoadRun, l layout, rows []Row, known batchState) (*plan, *step, error) {
	var wrong *step
	for {
		p, err := s.plan(ctx, c, l, rows, known.names)
		if err != nil {
			return nil, nil, err
		}
		first := p.firstWrong()
		if first < 0 || l.order.OnError != core.LoadStop {
			if err := s.deeds(ctx, run, p, known.begun); err != nil {
				return nil, nil, err
			}
			first = p.firstWrong()
		}
		if first < 0 || l.order.OnError != core.LoadStop {
			return p, wrong, nil
		}
		wrong, rows = &p.steps[first], rows[:first]
	}
}

// firstWrong is the first step that cannot be taken; -1 where all can.
func (p *plan) firstWrong() int {
	return slices.IndexFunc(p.steps, func(st step) bool { return st.action == Reject })
}

// deeds does what goes through the calls of an administrator. What one of them
// refuses is wrong with that row; a fault ends the batch, before any of it is
// stored.
//
// What was there before is stored first: a server that stops among them must not leave
// changes that nobody could take back.
func (s *Service) deeds(ctx context.Context, run core.LoadRun, p *plan, begun map[int]told) error {
	if err := s.begin(ctx, run, p, begun); err != nil {
		return err
	}
	v := s.confirmed(p.caller)
	for i := range p.steps {
		st := &p.steps[i]
		for _, do := range st.deeds {
			err := do(ctx, s, v, p.caller.Origin)
			switch kind := core.KindOf(err); {
			case err == nil:
			case kind == core.Internal || kind == core.Unavailable || errors.Is(err, core.ErrStale):
				return err
			default:
				p.refuse(st, err)
			}
			if err != nil {
				break
			}
		}
		if st.action == Reject && len(st.deeds) > 0 && p.layout.order.OnError == core.LoadStop {
			return nil // what comes after it is not done
		}
	}
	return nil
}

// refuse makes a row of the plan one that cannot be taken.
func (p *plan) refuse(st *step, err error) {
	e := asError(err)
	for name, in := range e.Fields {
		st.person.note(p.layout, name, in)
	}
	if len(e.Fields) == 0 {
		st.person.note(p.layout, p.layout.order.Key, e)
	}
	st.action = Reject
	for i, c := range p.changes {
		if c.UserID == st.known.User.ID {
			p.changes = append(p.changes[:i], p.changes[i+1:]...)
			break
		}
	}
}

// reject is a row as the report keeps it.
func (s *Service) reject(st *step) (core.LoadReject, error) {
	id := core.NewID(s.Clock(), s.Random)
	sealed, err := s.Secrets.Row(id, st.person.row.Cells)
	return core.LoadReject{ID: id, Row: st.person.row.Number, CellsSealed: sealed, Problems: st.person.wrong}, err
}

// named are the people whom the rows name, where the others will be deactivated.
func (p *plan) named() []core.ID {
	if !p.layout.order.Absent {
		return nil
	}
	var ids []core.ID
	for _, st := range p.steps {
		if st.known.User.ID != "" {
			ids = append(ids, st.known.User.ID)
		}
	}
	for _, n := range p.adds {
		ids = append(ids, n.User.ID)
	}
	return ids
}

func counted(b core.LoadBatch) map[string]string {
	c := b.Counts
	return map[string]string{
		"rows": strconv.Itoa(b.From) + "-" + strconv.Itoa(b.To-1), "added": strconv.Itoa(c.Added), "updated": strconv.Itoa(c.Updated),
		"unchanged": strconv.Itoa(c.Unchanged), "rejected": strconv.Itoa(c.Rejected),
	}
}

func count(c *core.LoadCounts, did core.LoadDid) {
	switch did {
	case core.LoadRejected:
		c.Rejected++
	case core.LoadAdded:
		c.Added++
	case core.LoadUpdated:
		c.Updated++
	default:
		c.Unchanged++
	}
}

func sum(a, b core.LoadCounts) core.LoadCounts {
	return core.LoadCounts{
		Added: a.Added + b.Added, Updated: a.Updated + b.Updated, Unchanged: a.Unchanged + b.Unchanged,
		Rejected: a.Rejected + b.Rejected, Deactivated: a.Deactivated + b.Deactivated,
	}
}
