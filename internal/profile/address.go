package profile

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// ErrConfirm is returned by changes of an address while the last full proof is
// older than core.ConfirmLife, or has no code in it where one is needed; the
// caller asks to confirm and tries again (SU2).
var ErrConfirm = core.NewError(core.Unauthenticated, "confirm.needed")

// errOver says that the change is over or was finished elsewhere.
var errOver = core.NewError(core.Gone, "address.over")

// Pending is a change of an address that waits for its code.
type Pending struct {
	Address   string // in full: the person typed it a moment ago
	Reference string
	Life      time.Duration // how long the code still works
	Refused   bool          // a mail server refused the address
	SendWait  time.Duration
	MaySend   bool // another code may be asked for at all
}

// Pending returns the change of a kind that the session has begun;
// core.ErrNotFound where there is none.
func (s *Service) Pending(ctx context.Context, v core.SessionView, kind core.AddressKind) (Pending, error) {
	a, err := s.open(ctx, v, kind)
	if errors.Is(err, errOver) {
		return Pending{}, core.ErrNotFound
	}
	if err != nil {
		return Pending{}, err
	}
	now, c := s.Clock(), a.Challenge
	return Pending{
		Address: a.Change.NewAddress, Reference: c.Reference, Life: max(0, c.IssuedAt.Add(core.CodeLife).Sub(now)),
		Refused: c.Delivery == core.DeliveryRefused, SendWait: c.SendWait(now), MaySend: c.Sends < core.SendsPerAttempt,
	}, nil
}

// open loads the change that the session has begun.
func (s *Service) open(ctx context.Context, v core.SessionView, kind core.AddressKind) (core.AddressView, error) {
	u := v.Account.User
	a, err := s.Addresses.OpenAddressChange(ctx, u.OrganizationID, u.ID, v.Session.ID, kind)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return a, errOver
	case err == nil && !a.Change.Open(v.Session.ID, s.Clock()):
		return a, errOver
	}
	return a, err
}

// Change begins the change of an address: a code goes to the new one, and until
// it is typed nothing else happens (SU4). Whether the address is somebody else's
// is told by nothing, not even by how long it takes.
func (s *Service) Change(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind, typed string) error {
	now, u := s.Clock(), v.Account.User
	address, key, err := identifier.Email(typed)
	if err != nil {
		return fieldError("email", err)
	}
	old := u.Email
	switch {
	case kind == core.AddressNotification && strings.EqualFold(address, u.Email):
		return core.InField("email", core.NewError(core.Invalid, "address.sign_in"))
	case kind == core.AddressNotification:
		old = u.NotificationEmail
	}
	if address == old && !(kind == core.AddressNotification && u.NotificationProvedAt.IsZero()) {
		return core.InField("email", core.NewError(core.Invalid, "address.same"))
	}
	if !v.Session.Confirmed(now) || kind == core.AddressSignIn && !v.MayMoveMailbox(now) {
		return ErrConfirm
	}
	c := core.AddressChange{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, OldAddress: old, OldKey: strings.ToLower(old),
		NewAddress: address, NewKey: key, SessionID: v.Session.ID, KeyID: s.Ring.ActiveKey(),
		StartedAt: now, ExpiresAt: now.Add(core.AddressChangeLife),
	}
	if kind == core.AddressSignIn {
		c.OldProvedAt = u.EmailProvedAt
	}
	return s.send(ctx, v, o, core.AddressView{Change: c})
}

// SendAgain mails the code once more, with the allowances of a sign-in.
func (s *Service) SendAgain(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind) error {
	a, err := s.open(ctx, v, kind)
	if err != nil {
		return err
	}
	return s.send(ctx, v, o, a)
}

// purposes and kinds of what a change of a kind asks for.
func purpose(kind core.AddressKind) (core.Purpose, string) {
	if kind == core.AddressNotification {
		return core.PurposeNotify, core.EventNotifyAsked
	}
	return core.PurposeAddress, core.EventEmailAsked
}

func (s *Service) send(ctx context.Context, v core.SessionView, o core.Origin, a core.AddressView) error {
	now, u := s.Clock(), v.Account.User
	ch, fresh := a.Challenge, a.Challenge.ID == ""
	purpose, asked := purpose(a.Change.Kind)
	if fresh {
		ch = core.Challenge{
			ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, OwnerID: a.Change.ID, Purpose: purpose,
			Address: a.Change.NewAddress, KeyID: a.Change.KeyID, Issue: 1, Reference: core.NewReference(s.Random), IssuedAt: now,
		}
	} else if wait := ch.SendWait(now); wait > 0 {
		return core.NewError(core.RateLimited, "code.send_wait").With("wait", wait)
	} else if ch.Sends >= core.SendsPerAttempt {
		return core.NewError(core.RateLimited, "address.sends")
	} else if !ch.Repeats(now) {
		ch.Issue, ch.Reference, ch.IssuedAt = ch.Issue+1, core.NewReference(s.Random), now
	}
	ch.Sends, ch.LastSentAt = ch.Sends+1, now
	message := s.Post.Code(ch, u, now)
	ch.MessageID = message.ID
	event := s.event(asked, u, o, now)
	event.Target, event.Detail = a.Change.NewAddress, map[string]string{"reference": ch.Reference}
	err := s.Addresses.SendAddressCode(ctx, core.AddressSend{
		Change: a.Change, Begin: fresh,
		Code: core.CodeSend{
			Challenge: ch, Fresh: fresh, Message: message, PerHour: core.SendsPerHour, PerDay: core.SendsPerDayStrange, At: now,
			Record: core.Record{Events: []core.Event{event}},
		},
	})
	switch core.CodeOf(err) {
	case core.ErrLimit.Code:
		return core.NewError(core.RateLimited, "address.sends_hour").With("wait", core.WaitOf(err))
	case core.ErrStale.Code:
		return errOver
	}
	return err
}

// GiveUp ends a change that was not proved; nothing was changed.
func (s *Service) GiveUp(ctx context.Context, v core.SessionView, kind core.AddressKind) error {
	u := v.Account.User
	return s.Addresses.EndAddressChange(ctx, core.AddressChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, EndedAt: s.Clock(),
	})
}

// RemoveNotification removes the address that notices also go to; it and the
// sign-in address are told.
func (s *Service) RemoveNotification(ctx context.Context, v core.SessionView, o core.Origin) error {
	now, u := s.Clock(), v.Account.User
	switch {
	case u.NotificationEmail == "":
		return nil
	case !v.Session.Confirmed(now):
		return ErrConfirm
	}
	e := s.event(core.EventNotifyRemoved, u, o, now)
	e.Target = u.NotificationEmail
	if !u.NotificationProvedAt.IsZero() {
		e.Detail = map[string]string{core.DetailReplaced: u.NotificationEmail}
	}
	after := u
	after.NotificationEmail, after.NotificationProvedAt = "", time.Time{}
	err := s.Addresses.RemoveNotificationEmail(ctx, core.AddressRemoval{
		OrganizationID: u.OrganizationID, UserID: u.ID, Address: u.NotificationEmail, At: now, Record: s.record(e, after),
	})
	if errors.Is(err, core.ErrStale) {
		return nil // another tab was first
	}
	return err
}

// fieldError puts a refusal of what was typed beside its field; anything else
// passes through.
func fieldError(field string, err error) error {
	var e *core.Error
	if errors.As(err, &e) && e.Kind == core.Invalid && e.Fields == nil {
		return core.InField(field, e)
	}
	return err
}
