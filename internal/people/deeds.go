package people

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Deactivate ends somebody's access at once: nothing they have open stays, and
// nobody signs in to the account until it is let in again. An invitation that was
// not used is withdrawn by it.
func (s *Service) Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	return s.deactivate(ctx, v, o, id, "")
}

// DeactivateAs is Deactivate of somebody who is still as [core.LoadPrint] says: whoever
// was changed, or has signed in, is left alone.
func (s *Service) DeactivateAs(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, print string) error {
	return s.deactivate(ctx, v, o, id, print)
}

func (s *Service) deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, print string) error {
	d, err := s.begin(ctx, v, o, id, core.EventUserDeactivated, managing())
	if errors.Is(err, errSelf) && v.Account.User.CanAdminister() {
		return s.sole(ctx, v, err)
	}
	if err != nil {
		return err
	}
	u := d.acc.User
	if u.Status == core.Inactive {
		return errChanged
	}
	if u.Status == core.Invited {
		d.kind = core.EventInvitationGone
	}
	d.print = print
	return s.setStatus(ctx, d, core.Inactive, nil, core.Record{})
}

// sole tells the only administrator, who asks to be deactivated, so.
func (s *Service) sole(ctx context.Context, v core.SessionView, err error) error {
	kind := core.Administrator
	found, failed := s.Store.SearchPeople(ctx, core.PersonFilter{
		OrganizationID: v.Account.User.OrganizationID, Type: &kind, Status: core.Active, Limit: 2, Now: s.Clock(),
	})
	if failed == nil && len(found.People) < 2 {
		return core.ErrLastAdministrator
	}
	return err
}

// Reactivate lets somebody in again: with their password, or where they never
// chose one by a new invitation.
func (s *Service) Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	d, err := s.begin(ctx, v, o, id, core.EventUserReactivated, managing())
	if err != nil {
		return err
	}
	u := d.acc.User
	switch {
	case u.Status != core.Inactive:
		return errChanged
	case u.PasswordSealed != "":
		return s.setStatus(ctx, d, core.Active, nil, core.Record{})
	case u.Type == core.NoAccess:
		return s.setStatus(ctx, d, core.Invited, nil, core.Record{})
	}
	l, made, err := s.link(d, u, core.LinkInvitation)
	if err != nil {
		return err
	}
	return s.setStatus(ctx, d, core.Invited, &l, made)
}

func (s *Service) setStatus(ctx context.Context, d deed, to core.Status, link *core.Link, made core.Record) error {
	if !d.by.Session.Confirmed(s.Clock()) {
		return ErrConfirm
	}
	u, e := d.acc.User, s.event(d)
	e.Detail = map[string]string{"status_before": string(u.Status), "status_after": string(to)}
	r := s.record(d, e, u)
	r.Join(made)
	err := s.Store.SetStatus(ctx, core.StatusChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, From: u.Status, To: to, Print: d.print, Link: link, At: e.At, Record: r,
	})
	return stale(s.refused(ctx, d, err))
}

// SendLink mails somebody a link: to choose a new password, or the invitation
// once more. The link goes to the person alone (AD1), and ends the older ones.
func (s *Service) SendLink(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) (core.LinkKind, error) {
	d, err := s.begin(ctx, v, o, id, core.EventLinkMade, helping())
	if err != nil {
		return "", err
	}
	kind := d.acc.User.ResetLink()
	if kind == "" {
		return "", core.NewError(core.Conflict, "people.no_link")
	}
	if may, err := s.Limits.SendLink(ctx, d.acc.User.ID); err != nil || !may {
		if err == nil {
			err = core.NewError(core.RateLimited, "people.links")
		}
		return "", err
	}
	l, made, err := s.link(d, d.acc.User, kind)
	if err != nil {
		return "", err
	}
	return kind, s.Accounts.CreateLink(ctx, l, made)
}

// LetTry ends somebody's waits after wrong passwords. It lets nobody in: what is
// tried next counts from the start again.
func (s *Service) LetTry(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	d, err := s.begin(ctx, v, o, id, core.EventUserUnlocked, helping())
	if err != nil {
		return err
	}
	u := d.acc.User
	return s.refused(ctx, d, s.Limits.Unlock(ctx, u.ID, identifier.LoginKeys(u), s.record(d, s.event(d), u)))
}

// RequirePassword makes somebody choose a new password at the next sign-in.
func (s *Service) RequirePassword(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	d, err := s.begin(ctx, v, o, id, core.EventPasswordRequired, managing())
	if err != nil {
		return err
	}
	u := d.acc.User
	if !u.MaySignIn() {
		return core.NewError(core.Conflict, "people.no_password")
	}
	e := s.event(d)
	err = s.Store.RequirePassword(ctx, core.PasswordDemand{
		OrganizationID: u.OrganizationID, UserID: u.ID, Due: core.PasswordTemporary, At: e.At, Record: s.record(d, e, u),
	})
	if errors.Is(err, core.ErrNotFound) {
		return errChanged.Because(err)
	}
	return err
}

// RequireTwoFactor ticks "Enable Two-Factor Authentication" for somebody. Who has
// no app is asked for a code by email; the box stays the person's own.
func (s *Service) RequireTwoFactor(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	d, err := s.begin(ctx, v, o, id, core.EventTwoFactorAsked, managing())
	if err != nil {
		return err
	}
	u := d.acc.User
	if u.Status == core.Inactive || u.Type == core.NoAccess || u.Email == "" && d.acc.Apps == 0 {
		return core.NewError(core.Conflict, "people.no_second_step")
	}
	e := s.event(d)
	return stale(s.Store.DemandSecondStep(ctx, core.SecondStepDemand{OrganizationID: u.OrganizationID, UserID: u.ID, Record: s.record(d, e, u)}))
}

// SignOut ends all that somebody has open in browsers; with forget, their
// remembered devices too.
func (s *Service) SignOut(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, forget bool) error {
	d, err := s.begin(ctx, v, o, id, core.EventSessionEnded, managing())
	if err != nil {
		return err
	}
	u, e := d.acc.User, s.event(d)
	e.Detail = map[string]string{core.DetailAll: "yes", core.DetailReason: string(core.EndAdministrator)}
	if forget {
		e.Detail["devices"] = "yes"
	}
	return s.Store.SignOutEverywhere(ctx, core.EverywhereSignOut{
		OrganizationID: u.OrganizationID, UserID: u.ID, ForgetDevices: forget, At: e.At, Record: s.record(d, e, u),
	})
}
