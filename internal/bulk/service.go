package bulk

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// Deps are the parts a Service works with.
type Deps struct {
	Store       Store
	Queue       Queue
	People      People
	Deeds       Deeds
	Memberships Memberships
	Resets      Resets
	Post        Post
	Reporting   Reporting
	Clock       core.Clock
	Random      core.Random
	Logger      *slog.Logger
}

// Service is one action for many people. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// The bounds of a request.
const (
	// maxSelected is how many people can be ticked: those of some pages.
	maxSelected = 1000
	// gatherNow is how many steps are gathered while whoever asks waits; what is
	// left the worker gathers.
	gatherNow = 4
	// named is how many people of a list are shown by name.
	named = 20
	// listed is how many jobs are listed.
	listed = 100
)

// The errors of asking.
var (
	errMoved    = core.NewError(core.Conflict, "bulk.moved")
	errNotYours = core.NewError(core.Forbidden, "bulk.not_yours")
)

// wrong is what is wrong with a field.
func wrong(field, code string) error { return core.InField(field, core.NewError(core.Invalid, code)) }

// administers returns core.ErrNotFound for everybody but administrators.
func administers(v core.SessionView) error {
	if u := v.Account.User; u.Status != core.Active || u.Type != core.Administrator {
		return core.ErrNotFound
	}
	return nil
}

// Ask writes down what shall be done to whom, and returns the job. It is not
// started: that takes a review. Who matches a filter is whoever does so now.
func (s *Service) Ask(ctx context.Context, v core.SessionView, o core.Origin, action core.BulkAction, of core.BulkSelection) (core.ID, error) {
	if err := administers(v); err != nil {
		return "", err
	}
	switch {
	case !slices.Contains(core.BulkActions(), action):
		return "", wrong("action", "bulk.action")
	case of.Filter == nil && len(of.IDs) == 0:
		return "", wrong("action", "bulk.nobody")
	case len(of.IDs) > maxSelected:
		return "", wrong("action", "bulk.too_many")
	}
	now, by := s.Clock(), v.Account.User
	if of.Filter != nil {
		f := *of.Filter
		f.OrganizationID, f.Now, f.Required, f.After, f.Before = by.OrganizationID, now, v.Organization.Policy.Requires(now), "", ""
		of = core.BulkSelection{Filter: &f}
	} else {
		ids := slices.Clone(of.IDs)
		slices.Sort(ids)
		of.IDs = slices.Compact(ids)
	}
	j := core.BulkJob{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Origin: o,
		Order: core.BulkOrder{Action: action}, Selection: of, State: core.BulkGathering, AskedAt: now,
	}
	warrant := v.Warrant(core.Administrator, "")
	if action.Asks() {
		j.State = core.BulkAsking
		return j.ID, s.Store.CreateBulk(ctx, j, core.Record{Warrant: warrant})
	}
	j.Owner, j.Until = "ask "+string(j.ID), now.Add(core.BulkLease)
	if err := s.Store.CreateBulk(ctx, j, core.Record{Warrant: warrant}); err != nil {
		return "", err
	}
	return j.ID, s.gatherSome(ctx, j)
}

// Choice is what an action needs to know before it is clear whom it concerns.
type Choice struct {
	Type    core.UserType
	GroupID core.ID
}

// Choose says to which type, or which group.
func (s *Service) Choose(ctx context.Context, v core.SessionView, id core.ID, c Choice) error {
	j, err := s.own(ctx, v, id)
	if err != nil {
		return err
	}
	order := j.Order
	switch order.Action {
	case core.BulkType:
		if c.Type < core.NoAccess || c.Type > v.Account.User.Type {
			return wrong("type", "bulk.type")
		}
		order.Type = c.Type
	case core.BulkJoin, core.BulkLeave:
		g, err := s.People.GroupByID(ctx, j.OrganizationID, c.GroupID)
		if errors.Is(err, core.ErrNotFound) {
			return wrong("group", "bulk.group")
		}
		if err != nil {
			return err
		}
		order.GroupID, order.GroupName = g.ID, g.Name
	}
	now := s.Clock()
	j.Order, j.Owner, j.Until = order, "ask "+string(j.ID), now.Add(core.BulkLease)
	err = s.Store.MoveBulk(ctx, core.BulkMove{
		OrganizationID: j.OrganizationID, JobID: j.ID, From: core.BulkAsking, To: core.BulkGathering, Order: &order,
		Owner: j.Owner, Until: j.Until, At: now, Record: core.Record{Warrant: v.Warrant(core.Administrator, "")},
	})
	if err != nil {
		return moved(err)
	}
	return s.gatherSome(ctx, j)
}

// own returns a job that the signed-in person asked for. A job that somebody else
// prepares is theirs to start.
func (s *Service) own(ctx context.Context, v core.SessionView, id core.ID) (core.BulkJob, error) {
	if err := administers(v); err != nil {
		return core.BulkJob{}, err
	}
	j, err := s.Store.BulkByID(ctx, v.Account.User.OrganizationID, id)
	if err == nil && j.By.ID != v.Account.User.ID {
		err = errNotYours
	}
	return j, err
}

func moved(err error) error {
	if errors.Is(err, core.ErrStale) {
		return errMoved.Because(err)
	}
	return err
}

// Reason is a reason with how many are skipped for it, and the first of them.
type Reason struct {
	core.BulkReason
	First []core.BulkItem
}

// View is a job as it is shown.
type View struct {
	core.BulkJob
	Reasons []Reason
	First   []core.BulkItem // who waits, or where it is over who failed
	Own     bool            // the signed-in person asked for it
}

// Get returns a job of the organization.
func (s *Service) Get(ctx context.Context, v core.SessionView, id core.ID) (View, error) {
	if err := administers(v); err != nil {
		return View{}, err
	}
	j, err := s.Store.BulkByID(ctx, v.Account.User.OrganizationID, id)
	if err != nil {
		return View{}, err
	}
	view := View{BulkJob: j, Own: j.By.ID == v.Account.User.ID}
	if j.State.Open() || j.State == core.BulkAsking {
		return view, nil
	}
	counts, err := s.Store.BulkReasons(ctx, j.OrganizationID, id)
	if err != nil {
		return view, err
	}
	f := core.BulkItemFilter{OrganizationID: j.OrganizationID, JobID: id, Outcome: core.BulkItemSkipped, Limit: named}
	for _, c := range counts {
		f.Reason = c.Reason
		some, err := s.Store.BulkItems(ctx, f)
		if err != nil {
			return view, err
		}
		view.Reasons = append(view.Reasons, Reason{c, some})
	}
	f.Reason, f.Outcome = "", core.BulkWaiting
	if j.State.Over() {
		f.Outcome = core.BulkItemFailed
	}
	view.First, err = s.Store.BulkItems(ctx, f)
	return view, err
}

// List returns the organization's jobs of the last days that were started.
func (s *Service) List(ctx context.Context, v core.SessionView) ([]core.BulkJob, error) {
	if err := administers(v); err != nil {
		return nil, err
	}
	return s.Store.Bulks(ctx, v.Account.User.OrganizationID, s.Clock().Add(-core.BulkMemory), listed)
}

// Start begins a job that was reviewed. How it was checked who asks is for resets
// of two-factor. It needs a fresh confirmation (SU2), which is good for all people
// of the job.
func (s *Service) Start(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, how core.IdentityCheck, note string) error {
	j, err := s.own(ctx, v, id)
	if err != nil {
		return err
	}
	order := j.Order
	if order.Action == core.BulkReset {
		note = strings.Join(strings.Fields(note), " ")
		if err := s.Resets.CheckReset(how, note); err != nil {
			return err
		}
		order.How, order.Note = how, note
	}
	if !v.Session.Confirmed(s.Clock()) {
		return core.NewError(core.Unauthenticated, "confirm.needed")
	}
	e := s.event(v, o, core.EventBulkStarted)
	e.Target, e.Detail = string(order.Action), details(order, j.Counts)
	return moved(s.Store.MoveBulk(ctx, core.BulkMove{
		OrganizationID: j.OrganizationID, JobID: id, From: core.BulkReview, To: core.BulkRunning, Order: &order, Origin: &o, At: e.At,
		Record: core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{e}, Messages: s.Post.Notices(e, v.Account.User)},
	}))
}

// details are what the events of a job say.
func details(o core.BulkOrder, c core.BulkCounts) map[string]string {
	d := map[string]string{"action": string(o.Action), "people": strconv.Itoa(c.Waiting + c.Done + c.Failed), "skipped": strconv.Itoa(c.Skipped)}
	switch {
	case o.Action == core.BulkType:
		d["type"] = strconv.Itoa(int(o.Type))
	case o.GroupID != "":
		d["group_name"] = o.GroupName
	}
	if o.How != "" {
		d[core.DetailHow] = string(o.How)
	}
	if o.Note != "" {
		d[core.DetailNote] = o.Note
	}
	return d
}

// Stop ends a job before it is done; who was done stays so. Any administrator may.
func (s *Service) Stop(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	if err := administers(v); err != nil {
		return err
	}
	j, err := s.Store.BulkByID(ctx, v.Account.User.OrganizationID, id)
	if err != nil {
		return err
	}
	if j.State.Over() {
		return nil
	}
	return moved(s.end(ctx, j, core.BulkStopped, core.Actor{Kind: "person", ID: v.Account.User.ID, Name: v.Account.User.Name()}, o))
}

// end closes a job; one that ran is told of.
func (s *Service) end(ctx context.Context, j core.BulkJob, to core.BulkState, by core.Actor, o core.Origin) error {
	m := core.BulkMove{OrganizationID: j.OrganizationID, JobID: j.ID, From: j.State, To: to, At: s.Clock()}
	if to == core.BulkStopped {
		m.StoppedBy = by.Name
	}
	m.Record.Warrant = by.Warrant(j.OrganizationID, core.Administrator)
	if j.State == core.BulkRunning {
		e := s.eventOf(by, j.OrganizationID, o, core.EventBulkEnded)
		e.Target, e.Detail = string(j.Order.Action), map[string]string{
			"action": string(j.Order.Action), "done": strconv.Itoa(j.Counts.Done), "skipped": strconv.Itoa(j.Counts.Skipped),
			"failed": strconv.Itoa(j.Counts.Failed), "left": strconv.Itoa(j.Counts.Waiting),
		}
		m.Record.Events = []core.Event{e}
	}
	return s.Store.MoveBulk(ctx, m)
}

// EachItem hands over everybody of a job, for its file. That it was taken is
// recorded before.
func (s *Service) EachItem(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, each func([]core.BulkItem) error) error {
	view, err := s.Get(ctx, v, id)
	if err != nil {
		return err
	}
	e := s.event(v, o, core.EventPeopleExported)
	e.Target, e.Detail = "bulk", map[string]string{"action": string(view.Order.Action), "people": strconv.Itoa(view.Counts.Total())}
	if err := s.Store.Note(ctx, core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{e}}); err != nil {
		return err
	}
	f := core.BulkItemFilter{OrganizationID: view.OrganizationID, JobID: id, Any: true, Limit: core.BulkGatherStep}
	for {
		some, err := s.Store.BulkItems(ctx, f)
		if err != nil || len(some) == 0 {
			return err
		}
		if err := each(some); err != nil {
			return err
		}
		f.After = some[len(some)-1].UserID
	}
}
