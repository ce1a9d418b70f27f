package organization

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// MaxAhead is how far ahead a requirement may begin (AD3).
const MaxAhead = 30 * 24 * time.Hour

// saveTries bounds how often a save begins anew after somebody else's.
const saveTries = 5

// Journal is the audit log, for who changed the settings last.
type Journal interface {
	// Events returns an organization's events, newest first.
	Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error)
}

// Typed is what a form sent: each setting it showed by name, as it was shown and
// as it came back.
type Typed struct {
	Was map[string]string
	Now map[string]string
	// Tell mails everybody that two-factor is required, where this save begins it.
	Tell bool
}

// Foresight says what a save would come to; [Rehearser] implements it.
type Foresight interface {
	// MayRequire refuses to switch the requirement on while no email can be sent
	// and somebody would need it.
	MayRequire(ctx context.Context, is, proposed core.Organization) error
}

// Change stores what an administrator changed. Where somebody else changed any
// of the settings shown since, nothing is stored: the error, of kind Conflict,
// says for each of them what it is now (Params["value"]), who changed it and
// when (Params["by"], Params["at"]), so that the form can show it.
func (s *Service) Change(ctx context.Context, v core.SessionView, o core.Origin, typed Typed) (core.Organization, error) {
	if v.Account.User.Type != core.Administrator {
		return core.Organization{}, core.ErrNotFound
	}
	by := core.Actor{Kind: "person", ID: v.Account.User.ID, Name: v.Account.User.Name()}
	for range saveTries {
		now, err := s.store.Organization(ctx, v.Account.User.OrganizationID)
		if err != nil {
			return now, err
		}
		if clash := s.clash(ctx, now, typed); clash != nil {
			return now, clash
		}
		next, detail, err := s.changed(now, typed.Now, s.clock())
		if err != nil || len(detail) == 0 {
			return now, err
		}
		if err := keepsIn(now, next, o); err != nil {
			return now, err
		}
		if err := s.ahead.MayRequire(ctx, now, next); err != nil {
			return now, err
		}
		err = s.save(ctx, next, by, o, detail, typed.Tell && next.Policy.RequireTwoFactor && !now.Policy.RequireTwoFactor)
		if !errors.Is(err, core.ErrStale) {
			return next, err
		}
	}
	return core.Organization{}, core.ErrStale
}

// Set stores settings as the operator's command line gave them, and returns
// what they changed, for each setting before and after; nothing is no error.
func (s *Service) Set(ctx context.Context, o core.Organization, by core.Actor, typed map[string]string) (map[string]string, error) {
	next, detail, err := s.changed(o, typed, s.clock())
	if err != nil || len(detail) == 0 {
		return nil, err
	}
	return detail, s.save(ctx, next, by, core.Origin{}, detail, false)
}

// Preview returns the organization as it would be with what was typed; an error
// says by field what is wrong with that.
func (s *Service) Preview(o core.Organization, typed map[string]string) (core.Organization, error) {
	next, _, err := s.changed(o, typed, s.clock())
	return next, err
}

// keepsIn refuses a new list of networks that would shut out whoever saves it.
func keepsIn(was, next core.Organization, from core.Origin) error {
	if was.Policy.AllowedNetworks == next.Policy.AllowedNetworks {
		return nil
	}
	allowed, bad := core.ParseNetworks(next.Policy.AllowedNetworks)
	if bad != nil {
		return bad
	}
	address, _ := netip.ParseAddr(from.Address) // the zero address is in no network
	if allowed.Allow(address) {
		return nil
	}
	return core.InField("allowed_networks", core.NewError(core.Invalid, "policy.networks_self").With("ip", from.Address))
}

// clash says which of the settings shown are no longer as they were shown.
func (s *Service) clash(ctx context.Context, now core.Organization, typed Typed) error {
	fields := map[string]*core.Error{}
	for _, setting := range Settings() {
		was, shown := typed.Was[setting.Name]
		if stored := setting.Text(now); shown && stored != was && stored != typed.Now[setting.Name] {
			fields[setting.Name] = core.NewError(core.Conflict, "policy.changed").With("value", stored)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	last, err := s.journal.Events(ctx, now.ID, core.EventFilter{SubjectID: now.ID, Kinds: []string{core.EventPolicyChanged}, Limit: 1})
	if err != nil {
		return err
	}
	e := &core.Error{Kind: core.Conflict, Code: "form.invalid", Fields: fields}
	if len(last) > 0 {
		e = e.With("by", last[0].Actor.Name).With("at", last[0].At)
	}
	return e
}

// changed returns the organization with what was typed, and what that changed
// for the audit log.
func (s *Service) changed(now core.Organization, typed map[string]string, at time.Time) (core.Organization, map[string]string, error) {
	next, fields := now, map[string]*core.Error{}
	for _, setting := range Settings() {
		if text, given := typed[setting.Name]; given {
			if err := setting.put(&next, text); err != nil {
				fields[setting.Name] = err
			}
		}
	}
	if err := begin(now.Policy, &next, at); err != nil {
		fields["require_from"] = err
	}
	var problems *core.Error
	if err := s.Validate(next); errors.As(err, &problems) {
		for name, problem := range problems.Fields {
			if fields[name] == nil {
				fields[name] = problem
			}
		}
	}
	if len(fields) > 0 {
		return now, nil, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return next, differences(now, next), nil
}

// begin settles when the requirement begins. One that has begun keeps its
// moment: moving it would let off whoever signed in since.
func begin(was core.Policy, o *core.Organization, now time.Time) *core.Error {
	p := &o.Policy
	asked := !p.EnforceExistingFrom.IsZero()
	begun := was.RequireTwoFactor && !was.RequireFrom.After(now)
	switch {
	case !p.RequireTwoFactor:
		p.RequireFrom, p.EnforceExistingFrom = time.Time{}, time.Time{}
		return nil
	case begun:
		p.RequireFrom = was.RequireFrom
	case p.RequireFrom.IsZero(), p.RequireFrom.Before(now) && p.RequireFrom.AddDate(0, 0, 1).After(now):
		p.RequireFrom = now
	case p.RequireFrom.Before(now), p.RequireFrom.Sub(now) > MaxAhead:
		return core.NewError(core.Invalid, "policy.require_from_range")
	}
	switch {
	case !asked:
		p.EnforceExistingFrom = time.Time{}
	case begun && was.EnforceExistingFrom.IsZero():
		p.EnforceExistingFrom = now
	case !begun:
		p.EnforceExistingFrom = p.RequireFrom
	}
	return nil
}

// differences is what the audit log says of a save: each setting that changed,
// before and after.
func differences(was, is core.Organization) map[string]string {
	detail := map[string]string{}
	for _, setting := range Settings() {
		if before, after := setting.Text(was), setting.Text(is); before != after {
			detail[setting.Name+"_before"], detail[setting.Name+"_after"] = before, after
		}
	}
	return detail
}
