package people

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Add makes an account and mails the person an invitation, with which they
// choose their password themselves (AD1). Somebody of the type No Access gets
// none: they cannot sign in.
func (s *Service) Add(ctx context.Context, v core.SessionView, o core.Origin, typed core.PersonFields) (core.User, error) {
	by := v.Account.User
	if by.Status != core.Active || by.Type != core.Administrator {
		return core.User{}, core.ErrNotFound
	}
	now := s.Clock()
	u := core.User{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, Type: typed.Type, Status: core.Invited,
		TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now,
	}
	typed, keys, err := s.canonical(typed)
	if err != nil {
		return u, err
	}
	apply(&u, typed)
	d := deed{by: v, origin: o, kind: core.EventUserCreated, least: core.Administrator, acc: core.Account{User: u}, org: v.Organization}
	if !by.MayGrant(u, u.Type) {
		return u, s.refused(ctx, d, errAbove)
	}
	if u.Type > core.Ordinary && !v.Session.Confirmed(now) {
		return u, ErrConfirm
	}
	e := s.event(d)
	e.Detail = map[string]string{"type": u.Type.Name()}
	r := core.Record{Warrant: v.Warrant(core.Administrator, u.ID), Events: []core.Event{e}}
	var link *core.Link
	if u.Type > core.NoAccess {
		l, made, err := s.link(d, u, core.LinkInvitation)
		if err != nil {
			return u, err
		}
		link = &l
		r.Join(made)
	}
	if err := s.Accounts.CreateUser(ctx, u, keys, nil, link, r); err != nil {
		return u, taken(err)
	}
	s.added(u.OrganizationID)
	return u, nil
}

// apply writes fields into a person.
func apply(u *core.User, f core.PersonFields) {
	p := f.Profile
	u.FirstName, u.LastName, u.Title, u.Phone, u.Department = p.FirstName, p.LastName, p.Title, p.Phone, p.Department
	u.Manager, u.TimeZone, u.Language = p.Manager, p.TimeZone, p.Language
	u.Email, u.Username, u.Type = f.Email, f.Username, f.Type
}

// canonical brings what was typed into the form it is stored in, with the keys
// that sign-in compares, and says what is wrong with it, by field.
func (s *Service) canonical(f core.PersonFields) (core.PersonFields, core.LoginKeys, error) {
	for _, line := range f.Profile.Fields() {
		*line.Value = identifier.Line(*line.Value)
	}
	var u core.User
	apply(&u, f)
	keys, fields := identifier.User(&u, f.Email, f.Username)
	f.Email, f.Username = u.Email, u.Username
	if zone := f.Profile.TimeZone; zone != "" && !s.Zone(zone) {
		fields["time_zone"] = core.NewError(core.Invalid, "user.time_zone").With("zone", zone)
	}
	if tag := f.Profile.Language; tag != "" && !s.Language(tag) {
		fields["language"] = core.NewError(core.Invalid, "user.language")
	}
	if len(fields) > 0 {
		return f, keys, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return f, keys, nil
}

// taken puts a name that is somebody else's beside its field.
func taken(err error) error {
	var e *core.Error
	if !errors.As(err, &e) || e.Code != core.ErrTaken.Code {
		return err
	}
	if e.Params["field"] == "username" {
		return core.InField("username", core.NewError(core.Conflict, "people.taken_username").Because(err))
	}
	return core.InField("email", core.NewError(core.Conflict, "people.taken").Because(err))
}
