package loadschedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/sqlsource"
)

// Store keeps schedules.
type Store interface {
	// LoadSchedules returns those of an organization, the oldest first.
	LoadSchedules(ctx context.Context, organizationID core.ID) ([]core.LoadSchedule, error)
	// LoadScheduleByID returns one of them.
	LoadScheduleByID(ctx context.Context, organizationID, id core.ID) (core.LoadSchedule, error)
	// CreateLoadSchedule stores a new one; ErrLimit, ErrNotFound.
	CreateLoadSchedule(ctx context.Context, c core.LoadSchedule, r core.Record) error
	// ChangeLoadSchedule stores what a person says of one; ErrStale, ErrNotFound.
	ChangeLoadSchedule(ctx context.Context, c core.LoadSchedule, r core.Record) error
	// DropLoadSchedule removes one.
	DropLoadSchedule(ctx context.Context, organizationID, id core.ID, r core.Record) error
}

// Queue gives turns to workers.
type Queue interface {
	// TakeLoadSchedule leases one that is due and has one of the places; ErrNotFound.
	TakeLoadSchedule(ctx context.Context, owner string, places []core.LoadPlace, now, until time.Time) (core.LoadSchedule, error)
	// NoteLoadSchedule stores what became of a turn; ErrStale.
	NoteLoadSchedule(ctx context.Context, n core.LoadScheduleTurn) error
}

// Needs is what a schedule needs and may have lost since.
type Needs interface {
	// APIKeyByID returns a key with its person as they are now.
	APIKeyByID(ctx context.Context, organizationID, id core.ID) (core.KeyView, error)
	// APIKeys returns keys of an organization.
	APIKeys(ctx context.Context, f core.APIKeyFilter) ([]core.KeyView, error)
	// AccountByID returns somebody of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// LoadByID returns a load.
	LoadByID(ctx context.Context, organizationID, id core.ID) (core.LoadRun, error)
	// OnlyOrganization reports whether there is no other organization.
	OnlyOrganization(ctx context.Context, organizationID core.ID) (bool, error)
	// Note stores events alone.
	Note(ctx context.Context, r core.Record) error
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}

// Deps are the parts a Service works with.
type Deps struct {
	Store   Store
	Queue   Queue
	Needs   Needs
	Files   *loadfile.Service
	Loads   *loader.Service
	Places  []Place
	Sources *sqlsource.Sources
	AskTime time.Duration // how long a query may take while somebody waits
	Post    Post
	Clock   core.Clock
	Random  core.Random
	Logger  *slog.Logger
}

// Service keeps schedules. It is safe for concurrent use.
type Service struct {
	Deps
	askers *askers
}

// New returns a Service.
func New(d Deps) *Service { return &Service{d, &askers{of: map[core.ID]int{}}} }

// Listed is a schedule as it stands in the list.
type Listed struct {
	core.LoadSchedule
	Package string      // its name; empty: it is gone
	Key     string      // its name; empty: it is gone
	Next    []time.Time // the next three turns; none where it is stopped, or a folder is watched
	Run     core.LoadRun
}

// shown is how many turns are shown in advance.
const shown = 3

// List returns the schedules of the caller's organization.
func (s *Service) List(ctx context.Context, c loader.Caller) ([]Listed, error) {
	by := c.View.Account.User
	packages, err := s.Loads.Packages(ctx, c)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.LoadSchedules(ctx, by.OrganizationID)
	if err != nil {
		return nil, err
	}
	keys, err := s.Needs.APIKeys(ctx, core.APIKeyFilter{OrganizationID: by.OrganizationID})
	if err != nil {
		return nil, err
	}
	out := make([]Listed, len(all))
	for i, is := range all {
		out[i] = Listed{LoadSchedule: is, Next: s.next(is)}
		for _, p := range packages {
			if p.ID == is.PackageID {
				out[i].Package = p.Name
			}
		}
		for _, k := range keys {
			if k.Key.ID == is.KeyID {
				out[i].Key = k.Key.Name
			}
		}
		if is.LastRun == "" {
			continue
		}
		out[i].Run, err = s.Needs.LoadByID(ctx, by.OrganizationID, is.LastRun)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return nil, err
		}
	}
	return out, nil
}

// next are the turns that are shown: the first is the one that is stored, which may be
// in the past where no server ran.
func (s *Service) next(is core.LoadSchedule) []time.Time {
	if is.Stopped || is.Cron == "" {
		return nil
	}
	t, err := timesOf(is)
	if err != nil {
		return nil // it was checked when it was saved; a zone that is gone shows none
	}
	return append([]time.Time{is.NextAt}, t.After(is.NextAt, shown-1)...)
}

func timesOf(is core.LoadSchedule) (Times, error) {
	zone, err := time.LoadLocation(is.Zone)
	if err != nil {
		return Times{}, errCron.Because(err)
	}
	return ParseTimes(is.Cron, zone)
}

// Get returns a schedule of the caller's organization.
func (s *Service) Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadSchedule, error) {
	if !c.View.Account.User.CanAdminister() {
		return core.LoadSchedule{}, core.ErrNotFound
	}
	return s.Store.LoadScheduleByID(ctx, c.View.Account.User.OrganizationID, id)
}

// Offers are what a schedule can be made of.
type Offers struct {
	Packages []core.LoadPackage
	Keys     []core.APIKey // of whoever asks, that may load now
	Places   []core.LoadPlace
}

// Offers returns what the caller can make a schedule of.
func (s *Service) Offers(ctx context.Context, c loader.Caller) (Offers, error) {
	var o Offers
	var err error
	if o.Packages, err = s.Loads.Packages(ctx, c); err != nil {
		return o, err
	}
	by := c.View.Account.User
	keys, err := s.Needs.APIKeys(ctx, core.APIKeyFilter{OrganizationID: by.OrganizationID, UserID: by.ID})
	if err != nil {
		return o, err
	}
	for _, k := range keys {
		if s.refusal(k) == nil {
			o.Keys = append(o.Keys, k.Key)
		}
	}
	o.Places, err = s.offered(ctx, c.View.Organization)
	return o, err
}

// refusal is why a key loads nothing now. Where its networks let it be shown from does
// not matter: here nobody shows it.
func (s *Service) refusal(k core.KeyView) error {
	switch {
	case k.Key.Expired(s.Clock()):
		return core.ErrKeyExpired
	case k.Key.Held:
		return core.ErrKeyHeld
	case !k.Key.Has(core.ScopeLoader) && !k.Key.Has(core.ScopeFull):
		return core.ErrKeyScope
	case !k.Account.User.MaySignIn() || !k.Account.User.CanAdminister():
		return core.NewError(core.Forbidden, core.LoadRightLost)
	}
	return nil
}
