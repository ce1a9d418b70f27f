package organization

import (
	"context"
	"errors"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Service changes organizations.
type Service struct {
	store   Store
	doors   Doors
	ahead   Foresight
	journal Journal
	clock   core.Clock
	random  core.Random
	// language reports whether there is a language.
	language func(tag string) bool
	setUp    atomic.Bool // somebody can sign in
}

// Deps are the parts a Service works with.
type Deps struct {
	Store   Store
	Doors   Doors
	Journal Journal
	Ahead   Foresight
	Clock   core.Clock
	Random  core.Random
	// Language reports whether there is a language.
	Language func(tag string) bool
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{store: d.Store, doors: d.Doors, journal: d.Journal, ahead: d.Ahead, clock: d.Clock, random: d.Random, language: d.Language}
}

// Validate checks what was typed, as [Service.Save] does.
func (s *Service) Validate(o core.Organization) error { return o.Validate(s.language) }

func (s *Service) record(kind string, org core.ID, target string, by core.Actor, detail map[string]string, change core.ChangeKind) core.Record {
	now := s.clock()
	r := core.Record{Warrant: by.Warrant(org, core.Administrator), Events: []core.Event{{
		ID: core.NewID(now, s.random), OrganizationID: org, At: now, Kind: kind, Result: "ok",
		Actor: by, Target: target, Detail: detail,
	}}}
	if change != "" {
		r.Changes = []core.Change{{ID: core.NewID(now, s.random), At: now, Kind: change, SubjectID: org}}
	}
	return r
}

// Create stores a new organization with the default policy.
func (s *Service) Create(ctx context.Context, name string, by core.Actor) (core.Organization, error) {
	now := s.clock()
	o := core.Organization{ID: core.NewID(now, s.random), Name: strings.TrimSpace(name), Policy: core.DefaultPolicy(), CreatedAt: now, Version: 1}
	if err := s.Validate(o); err != nil {
		return o, err
	}
	err := s.store.CreateOrganization(ctx, o, s.record(core.EventOrganizationAdded, o.ID, o.Name, by, nil, ""))
	if errors.Is(err, core.ErrTaken) {
		err = core.NewError(core.Conflict, "organization.taken").With("name", o.Name)
	}
	return o, err
}

// List returns all organizations, by name.
func (s *Service) List(ctx context.Context) ([]core.Organization, error) {
	return s.store.Organizations(ctx)
}

// Find returns the organization of a name, or the only one where the name is
// empty.
func (s *Service) Find(ctx context.Context, name string) (core.Organization, error) {
	all, err := s.store.Organizations(ctx)
	if err != nil {
		return core.Organization{}, err
	}
	for _, o := range all {
		if strings.EqualFold(o.Name, name) || name == "" && len(all) == 1 {
			return o, nil
		}
	}
	switch {
	case name != "":
		return core.Organization{}, core.NewError(core.NotFound, "organization.unknown").With("name", name)
	case len(all) == 0:
		return core.Organization{}, core.NewError(core.NotFound, "organization.none")
	}
	return core.Organization{}, core.NewError(core.Invalid, "organization.which")
}

// Save stores a changed organization; what says which settings changed, from
// what to what, for the audit log. ErrStale where somebody else saved first.
func (s *Service) Save(ctx context.Context, o core.Organization, by core.Actor, what map[string]string) error {
	if err := s.Validate(o); err != nil {
		return err
	}
	return s.save(ctx, o, by, core.Origin{}, what, false)
}

// save stores a valid organization with the event that tells of it. That event
// is about the organization itself: so its last change is found. Where everybody
// shall be told, the mails follow behind the save (E13).
func (s *Service) save(ctx context.Context, o core.Organization, by core.Actor, from core.Origin, what map[string]string, tell bool) error {
	r := s.record(core.EventPolicyChanged, o.ID, o.Name, by, what, core.ChangeOrganization)
	r.Events[0].SubjectID, r.Events[0].Origin = o.ID, from
	if now := s.clock(); tell {
		r.Announcements = []core.Announcement{{
			ID: core.NewID(now, s.random), OrganizationID: o.ID, Template: core.MailRequired, EventID: r.Events[0].ID, NextAt: now, StartedAt: now,
		}}
	}
	err := s.store.SaveOrganization(ctx, o, r)
	if errors.Is(err, core.ErrTaken) {
		err = core.InField("name", core.NewError(core.Conflict, "organization.taken").With("name", o.Name))
	}
	return err
}

// Require switches the requirement of two-factor on or off. It begins at from
// (now where zero); askNow also asks people who are signed in. It returns the
// organization as stored.
func (s *Service) Require(ctx context.Context, o core.Organization, on bool, from time.Time, askNow bool, by core.Actor) (core.Organization, error) {
	p := &o.Policy
	p.RequireTwoFactor, p.RequireFrom, p.EnforceExistingFrom = on, time.Time{}, time.Time{}
	what := map[string]string{"require_two_factor": "off"}
	if on {
		if from.IsZero() {
			from = s.clock()
		}
		p.RequireFrom = from
		if askNow {
			p.EnforceExistingFrom = from
		}
		what = map[string]string{"require_two_factor": "on", "from": from.UTC().Format(time.RFC3339)}
	}
	if err := s.Save(ctx, o, by, what); err != nil {
		return o, err
	}
	o.Version++
	return o, nil
}

// AddApplication registers an application.
func (s *Service) AddApplication(ctx context.Context, a core.Application, by core.Actor) (core.Application, error) {
	a, err := a.Validate()
	if err != nil {
		return a, err
	}
	a.ID, a.CreatedAt = core.NewID(s.clock(), s.random), s.clock()
	sort.Strings(a.Groups)
	err = s.store.AddApplication(ctx, a, s.record(core.EventApplicationAdded, a.OrganizationID, a.Name, by,
		added(a), core.ChangeApplications))
	if errors.Is(err, core.ErrTaken) {
		err = core.NewError(core.Conflict, "application.taken").With("url", a.URL)
	}
	return a, err
}

func added(a core.Application) map[string]string {
	d := map[string]string{"url": a.URL}
	if a.Machines {
		d["machines_after"] = "true"
	}
	return d
}

// Applications returns an organization's applications, by name.
func (s *Service) Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error) {
	return s.store.Applications(ctx, organizationID)
}

// ApplicationsFor returns those that a person of these groups may open.
func (s *Service) ApplicationsFor(ctx context.Context, organizationID core.ID, groups []string) ([]core.Application, error) {
	all, err := s.store.Applications(ctx, organizationID)
	if err != nil {
		return nil, err
	}
	mine := all[:0]
	for _, a := range all {
		if a.MayOpen(groups) {
			mine = append(mine, a)
		}
	}
	return mine, nil
}

// named returns the application of a name.
func (s *Service) named(ctx context.Context, organizationID core.ID, name string) (core.Application, error) {
	all, err := s.store.Applications(ctx, organizationID)
	if err != nil {
		return core.Application{}, err
	}
	for _, a := range all {
		if strings.EqualFold(a.Name, name) {
			return a, nil
		}
	}
	return core.Application{}, core.NewError(core.NotFound, "application.unknown").With("name", name)
}

// SetMachines says whether the application of a name lets programs in that show an
// API key. Where it is so already nothing is written down.
func (s *Service) SetMachines(ctx context.Context, organizationID core.ID, name string, allow bool, by core.Actor) (core.Application, error) {
	a, err := s.named(ctx, organizationID, name)
	if err != nil {
		return a, err
	}
	was := a.Machines
	a.Machines = allow
	err = s.doors.SetMachines(ctx, a, s.record(core.EventApplicationChange, organizationID, a.Name, by, map[string]string{
		"url": a.URL, "machines_before": strconv.FormatBool(was), "machines_after": strconv.FormatBool(allow),
	}, core.ChangeApplications))
	if errors.Is(err, core.ErrStale) {
		return a, nil
	}
	return a, err
}

// RemoveApplication removes the application of a name.
func (s *Service) RemoveApplication(ctx context.Context, organizationID core.ID, name string, by core.Actor) error {
	a, err := s.named(ctx, organizationID, name)
	if err != nil {
		return err
	}
	return s.store.RemoveApplication(ctx, organizationID, a.ID,
		s.record(core.EventApplicationGone, organizationID, a.Name, by, map[string]string{"url": a.URL}, core.ChangeApplications))
}

// SetUp reports whether anybody can sign in yet. Once somebody can it stays so
// (accounts are disabled, never removed) and the store is not asked again: every
// view of the sign-in page asks here.
func (s *Service) SetUp(ctx context.Context) (bool, error) {
	if s.setUp.Load() {
		return true, nil
	}
	n, err := s.store.CountUsers(ctx)
	if n > 0 && err == nil {
		s.setUp.Store(true)
	}
	return n > 0, err
}
