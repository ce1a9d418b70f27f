package loadschedule

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// The errors of saving; what is wrong with a field is told at it: package, kind,
// place, file, query, cron, key.
var (
	// ErrConfirm: the proof of who is asking is too old (SU2).
	ErrConfirm = core.NewError(core.Unauthenticated, "confirm.needed")
	// ErrMoved: it was changed since the page showed it.
	ErrMoved = core.NewError(core.Conflict, "schedule.moved")

	errLimit   = core.NewError(core.Conflict, "schedule.limit")
	errPackage = core.NewError(core.Invalid, "schedule.package")
	errKey     = core.NewError(core.Invalid, "schedule.key")
)

// Save stores what a person says of a schedule: a new one where it has no id, and
// otherwise the one of that id as it was at that version, which goes on then. It is
// theirs from there on, and their key's.
func (s *Service) Save(ctx context.Context, c loader.Caller, is core.LoadSchedule) (core.ID, error) {
	if err := s.may(c); err != nil {
		return "", err
	}
	if is.ID != "" {
		if _, err := s.Get(ctx, c, is.ID); err != nil {
			return "", err
		}
	}
	by, now := c.View.Account.User, s.Clock()
	if err := s.check(ctx, c, &is); err != nil {
		return "", err
	}
	is.OrganizationID, is.By, is.Stopped = by.OrganizationID, core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, false
	if is.ID != "" {
		return is.ID, told(s.Store.ChangeLoadSchedule(ctx, is, s.record(c, is, core.EventScheduleSaved)))
	}
	is.ID, is.CreatedAt = core.NewID(now, s.Random), now
	return is.ID, told(s.Store.CreateLoadSchedule(ctx, is, s.record(c, is, core.EventScheduleSaved)))
}

// may refuses whoever is no administrator, and whose proof is too old.
func (s *Service) may(c loader.Caller) error {
	switch {
	case !c.View.Account.User.CanAdminister():
		return core.ErrNotFound
	case !c.View.Session.Confirmed(s.Clock()):
		return ErrConfirm
	}
	return nil
}

// check looks at what a person says, and notes when it is the first turn.
func (s *Service) check(ctx context.Context, c loader.Caller, is *core.LoadSchedule) error {
	kept, err := s.Loads.Package(ctx, c, string(is.PackageID))
	if errors.Is(err, core.ErrNotFound) || err == nil && kept.ID != is.PackageID {
		return core.InField("package", errPackage)
	}
	if err != nil {
		return err
	}
	if err := is.Source.Check(); err != nil {
		return err
	}
	if _, err := s.place(ctx, c.View.Organization, is.Source.In()); errors.Is(err, errPlace) {
		return core.InField("place", errPlace)
	} else if err != nil {
		return err
	}
	if err := s.plan(is); err != nil {
		return err
	}
	return s.checkKey(ctx, c, is.KeyID, kept.Order)
}

// plan notes the first turn: of a watched folder it is now.
func (s *Service) plan(is *core.LoadSchedule) error {
	is.NextAt = s.Clock()
	if is.Source.Kind == core.LoadFromWatch {
		is.Cron = ""
		return nil
	}
	t, err := timesOf(*is)
	if err != nil {
		var e *core.Error
		errors.As(err, &e)
		return core.InField("cron", e)
	}
	is.NextAt = t.After(s.Clock(), 1)[0]
	return nil
}

// checkKey refuses a key that is not the caller's own, or that may not load this.
func (s *Service) checkKey(ctx context.Context, c loader.Caller, id core.ID, o core.LoadOrder) error {
	by := c.View.Account.User
	k, err := s.Needs.APIKeyByID(ctx, by.OrganizationID, id)
	if errors.Is(err, core.ErrNotFound) || err == nil && k.Key.UserID != by.ID {
		return core.InField("key", errKey)
	}
	if err != nil {
		return err
	}
	why := s.refusal(k)
	if why == nil && (o.Identity || o.Absent) && !k.Key.Has(core.ScopeLoaderIdentity) {
		why = loader.ErrIdentity
	}
	var e *core.Error
	if errors.As(why, &e) {
		return core.InField("key", e)
	}
	return why
}

// Stop stops a schedule; what it loads at the moment goes on.
func (s *Service) Stop(ctx context.Context, c loader.Caller, id core.ID) error {
	is, err := s.mine(ctx, c, id)
	if err != nil || is.Stopped {
		return err
	}
	is.Stopped = true
	return told(s.Store.ChangeLoadSchedule(ctx, is, s.record(c, is, core.EventScheduleStopped)))
}

// Resume lets a schedule that is stopped go on, from now on. It must be the caller's
// own: whoever resumes another one's makes it theirs first, with a key of theirs.
func (s *Service) Resume(ctx context.Context, c loader.Caller, id core.ID) error {
	is, err := s.mine(ctx, c, id)
	if err != nil || !is.Stopped {
		return err
	}
	_, err = s.Save(ctx, c, is)
	return err
}

// Delete removes a schedule.
func (s *Service) Delete(ctx context.Context, c loader.Caller, id core.ID) error {
	is, err := s.mine(ctx, c, id)
	if err != nil {
		return err
	}
	return s.Store.DropLoadSchedule(ctx, is.OrganizationID, is.ID, s.record(c, is, core.EventScheduleGone))
}

// mine returns a schedule that the caller may change.
func (s *Service) mine(ctx context.Context, c loader.Caller, id core.ID) (core.LoadSchedule, error) {
	if err := s.may(c); err != nil {
		return core.LoadSchedule{}, err
	}
	return s.Get(ctx, c, id)
}

// record is what a person's write of a schedule carries with it.
func (s *Service) record(c loader.Caller, is core.LoadSchedule, kind string) core.Record {
	e := s.event(is, kind, "ok", s.Clock())
	by := c.View.Account.User
	e.Actor, e.Origin = core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, c.Origin
	return core.Record{Warrant: c.View.Warrant(core.Administrator, ""), Events: []core.Event{e}}
}

// event is something that happened to a schedule. The place and the name say which it
// is; a query may be long, and is left out.
func (s *Service) event(is core.LoadSchedule, kind, result string, at time.Time) core.Event {
	return core.Event{
		ID: core.NewID(at, s.Random), OrganizationID: is.OrganizationID, At: at, Kind: kind, Result: result, Actor: is.By,
		Target: is.Source.Title(), Detail: map[string]string{"schedule": string(is.ID), "package": string(is.PackageID), "api_key": string(is.KeyID)},
	}
}

// told puts the store's refusals into words.
func told(err error) error {
	switch {
	case errors.Is(err, core.ErrStale):
		return ErrMoved.Because(err)
	case errors.Is(err, core.ErrLimit):
		return errLimit.With("count", core.LoadSchedulesPerOrganization).Because(err)
	}
	return err
}
