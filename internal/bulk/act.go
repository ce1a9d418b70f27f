package bulk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The reasons why somebody is skipped.
const (
	whySelf        = "self"        // whoever asked
	whyAbove       = "above"       // whoever asked may not do it to them
	whyGone        = "gone"        // there is no such person any more
	whyChanged     = "changed"     // it was changed meanwhile, so that it cannot be done
	whyLast        = "last"        // nobody would be left who administers
	whyNoAddress   = "no_address"  // there is nowhere to mail to
	whyNoAccess    = "no_access"   // the type No Access
	whyNotInvited  = "not_invited" // no invitation waits
	whyCannot      = "cannot"      // does not sign in: deactivated, invited, or No Access
	whyInactive    = "inactive"    // deactivated
	whyNotInactive = "not_inactive"
	whyRequired    = "required"  // the box is ticked
	whyNoStep      = "no_step"   // neither address nor app
	whyHasApp      = "has_app"   // nothing to be reminded of
	whyNoFactor    = "no_factor" // nothing to reset
	whyWaits       = "waits"     // a reset waits
	whyHasType     = "has_type"
	whyDue         = "due" // must choose a new password already
	whyMember      = "member"
	whyNotMember   = "not_member"
)

// Reasons are all reasons, for the catalogue.
func Reasons() []string {
	return []string{
		whySelf, whyAbove, whyGone, whyChanged, whyLast, whyNoAddress, whyNoAccess, whyNotInvited, whyCannot, whyInactive, whyNotInactive,
		whyRequired, whyNoStep, whyHasApp, whyNoFactor, whyWaits, whyHasType, whyDue, whyMember, whyNotMember,
	}
}

// Why returns why somebody is skipped by an order of by; empty: they are not.
func Why(o core.BulkOrder, by core.User, a core.Account) string {
	u := a.User
	switch {
	case by.ID == u.ID:
		return whySelf
	case !by.Manages(u):
		return whyAbove
	}
	switch o.Action {
	case core.BulkInvite:
		return first(check{u.Status != core.Invited, whyNotInvited}, check{u.Type == core.NoAccess, whyNoAccess}, check{u.Email == "", whyNoAddress})
	case core.BulkRequire:
		return first(check{u.Status == core.Inactive, whyInactive}, check{u.Type == core.NoAccess, whyNoAccess},
			check{u.TwoFactor == core.TwoFactorOn, whyRequired}, check{u.Email == "" && a.Apps == 0, whyNoStep})
	case core.BulkRemind:
		return first(check{!u.MaySignIn(), whyCannot}, check{a.Apps > 0, whyHasApp}, check{u.Email == "", whyNoAddress})
	case core.BulkReset:
		return first(check{!hasFactor(a), whyNoFactor}, check{!a.ResetDue.IsZero(), whyWaits})
	case core.BulkType:
		return first(check{u.Type == o.Type, whyHasType}, check{!by.MayGrant(u, o.Type), whyAbove})
	case core.BulkSignOut:
		return first(check{!u.MaySignIn(), whyCannot})
	case core.BulkPassword:
		return first(check{!u.MaySignIn(), whyCannot}, check{u.PasswordDue != core.PasswordNotDue, whyDue})
	case core.BulkDeactivate:
		return first(check{u.Status == core.Inactive, whyInactive})
	case core.BulkReactivate:
		return first(check{u.Status != core.Inactive, whyNotInactive})
	case core.BulkJoin:
		return first(check{slices.Contains(a.Groups, o.GroupName), whyMember})
	case core.BulkLeave:
		return first(check{!slices.Contains(a.Groups, o.GroupName), whyNotMember})
	}
	return whyChanged
}

// check is a reason where it holds.
type check struct {
	holds bool
	why   string
}

func first(checks ...check) string {
	for _, c := range checks {
		if c.holds {
			return c.why
		}
	}
	return ""
}

// hasFactor reports whether there is anything that a reset takes away.
func hasFactor(a core.Account) bool {
	n := a.Apps + a.WaitingApps + a.RecoveryCodes + a.HeldCodes
	for _, more := range a.Others {
		n += more
	}
	return n > 0
}

// act does it to one person.
func (s *Service) act(ctx context.Context, v core.SessionView, o core.Origin, order core.BulkOrder, a core.Account) error {
	id := a.User.ID
	switch order.Action {
	case core.BulkInvite:
		_, err := s.Deeds.SendLink(ctx, v, o, id)
		return err
	case core.BulkRequire:
		return s.Deeds.RequireTwoFactor(ctx, v, o, id)
	case core.BulkRemind:
		return s.remind(ctx, v, o, a.User)
	case core.BulkReset:
		return s.Resets.ResetOne(ctx, v, o, id, order.How, order.Note)
	case core.BulkType:
		was := a.User.Fields()
		is := was
		is.Type = order.Type
		return s.Deeds.Save(ctx, v, o, id, is, was)
	case core.BulkSignOut:
		return s.Deeds.SignOut(ctx, v, o, id, false)
	case core.BulkPassword:
		return s.Deeds.RequirePassword(ctx, v, o, id)
	case core.BulkDeactivate:
		return s.Deeds.Deactivate(ctx, v, o, id)
	case core.BulkReactivate:
		return s.Deeds.Reactivate(ctx, v, o, id)
	case core.BulkJoin:
		return s.Memberships.Join(ctx, v, o, order.GroupID, id)
	case core.BulkLeave:
		return s.Memberships.Leave(ctx, v, o, order.GroupID, id)
	}
	return core.NewError(core.Invalid, "bulk.action")
}

// remind mails somebody how to set up an authenticator app.
func (s *Service) remind(ctx context.Context, v core.SessionView, o core.Origin, u core.User) error {
	e := s.event(v, o, core.EventTwoFactorReminded)
	e.SubjectID, e.Target = u.ID, u.Email
	return s.Store.Note(ctx, core.Record{Warrant: v.Warrant(core.Administrator, u.ID), Events: []core.Event{e}, Messages: s.Post.Notices(e, u)})
}

func (s *Service) event(v core.SessionView, o core.Origin, kind string) core.Event {
	by := v.Account.User
	return s.eventOf(core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, by.OrganizationID, o, kind)
}

func (s *Service) eventOf(by core.Actor, organizationID core.ID, o core.Origin, kind string) core.Event {
	now := s.Clock()
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: organizationID, At: now, Kind: kind, Result: "ok", Actor: by, Origin: o,
	}
}

// outcome is what an error of an action makes of a person; again is true where
// the action is to be tried once more later.
func outcome(err error, now time.Time) (item core.BulkItem, again bool) {
	item = core.BulkItem{Outcome: core.BulkItemSkipped, At: now}
	switch core.CodeOf(err) {
	case core.ErrLastAdministrator.Code:
		item.Reason = whyLast
		return item, false
	case "people.self", "help.self":
		item.Reason = whySelf
		return item, false
	case "people.above", "help.above", core.ErrAbove.Code:
		item.Reason = whyAbove
		return item, false
	}
	var own *core.Error
	switch {
	case errors.As(err, &own) && own.Kind == core.Unavailable, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return item, true
	case errors.As(err, &own) && own.Kind == core.NotFound:
		item.Reason = whyGone
	case errors.As(err, &own) && own.Kind != core.Internal:
		item.Reason = whyChanged
	default:
		item.Outcome = core.BulkItemFailed
	}
	return item, false
}
