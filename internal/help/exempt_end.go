package help

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// errNotExempt is the early end of an exemption that is over.
var errNotExempt = core.NewError(core.Conflict, "help.not_exempt")

// EndExemption ends the exemption of a person before its time.
func (s *Service) EndExemption(ctx context.Context, by core.SessionView, userID, seen core.ID, o core.Origin) error {
	acc, _, err := s.whom(ctx, by, userID, exempts)
	if err != nil {
		return s.refused(ctx, by, core.EventExemptionEnded, acc.User, o, err)
	}
	err = s.end(ctx, acc.User.OrganizationID, acc.User.ID, "", seen, actorOf(by), o)
	return s.refused(ctx, by, core.EventExemptionEnded, acc.User, o, err)
}

// EndGroupExemption ends that of a group.
func (s *Service) EndGroupExemption(ctx context.Context, by core.SessionView, groupID, seen core.ID, o core.Origin) error {
	g, err := s.group(ctx, by, groupID)
	if err != nil {
		return err
	}
	err = s.end(ctx, g.OrganizationID, "", g.ID, seen, actorOf(by), o)
	return s.refused(ctx, by, core.EventExemptionEnded, core.User{OrganizationID: g.OrganizationID}, o, err)
}

// OperatorEndExemption ends that of a person at the command line.
func (s *Service) OperatorEndExemption(ctx context.Context, acc core.Account, by core.Actor) error {
	x, err := s.running(ctx, acc.User.OrganizationID, acc.User.ID, "")
	if err != nil {
		return err
	}
	return s.end(ctx, acc.User.OrganizationID, acc.User.ID, "", x.ID, by, core.Origin{})
}

// end ends the exemption that was on the page, and no other one.
func (s *Service) end(ctx context.Context, organizationID, userID, groupID, seen core.ID, by core.Actor, o core.Origin) error {
	x, err := s.running(ctx, organizationID, userID, groupID)
	switch {
	case err != nil:
		return err
	case x.ID == "":
		return errNotExempt
	case x.ID != seen:
		return errChanged
	}
	now := s.Clock()
	end := core.ExemptionEnd{
		Exemption: x, HelperID: by.ID, At: now, Early: true,
		Record: core.Record{Events: []core.Event{s.ended(x, by, o)}, Changes: s.changes(x, now)},
	}
	err = s.Exemptions.EndExemption(ctx, end)
	switch {
	case errors.Is(err, core.ErrUsed):
		return errNotExempt
	case errors.Is(err, core.ErrNotFound):
		return errAbove
	}
	return err
}

// ended is the event of an end. It happens when it is written down; the details
// say when the exemption itself began and ended.
func (s *Service) ended(x core.Exemption, by core.Actor, o core.Origin) core.Event {
	e := s.event(core.EventExemptionEnded, core.User{ID: x.UserID, OrganizationID: x.OrganizationID}, by, o)
	if e.Target = x.Email; x.GroupID != "" {
		e.Target = x.Name
	}
	end := e.At
	if x.Until.Before(end) {
		end = x.Until
	}
	e.Detail = details(x)
	e.Detail[core.DetailReason], e.Detail["started"], e.Detail["ended"] = x.Reason, stamp(x.StartedAt), stamp(end)
	return e
}

// List returns a page of the exemptions that hold in the signed-in
// administrator's organization, the first to end first; after is the last one of
// the page before.
func (s *Service) List(ctx context.Context, by core.SessionView, after core.Exemption, limit int) ([]core.Exemption, error) {
	return s.Exemptions.Exemptions(ctx, core.ExemptionFilter{
		OrganizationID: by.Account.User.OrganizationID, Now: s.Clock(), After: after, Limit: limit,
	})
}

// CloseExemptions writes down the ends of exemptions whose time is over, also
// where that was while no server ran.
func (s *Service) CloseExemptions(ctx context.Context) error {
	now := s.Clock()
	for {
		n, err := s.closeSome(ctx, now)
		if err != nil || n < batch {
			return err
		}
	}
}

func (s *Service) closeSome(ctx context.Context, now time.Time) (int, error) {
	over, err := s.Exemptions.OverExemptions(ctx, now, batch)
	if err != nil {
		return 0, err
	}
	for _, x := range over {
		end := core.ExemptionEnd{Exemption: x, At: x.Until, Record: core.Record{Events: []core.Event{s.ended(x, core.Actor{Kind: "system"}, core.Origin{})}}}
		if now.Before(x.Until) {
			end.At = now // its group is gone
		}
		if err := s.Exemptions.EndExemption(ctx, end); err != nil && !errors.Is(err, core.ErrUsed) {
			return 0, err
		}
	}
	return len(over), nil
}
