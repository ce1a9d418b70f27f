package account

import (
	"context"
	"errors"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/secret"
)

// NewUser is a person to create, as typed.
type NewUser struct {
	OrganizationID core.ID
	Email          string
	Username       string // empty: the email address
	FirstName      string
	LastName       string
	Type           core.UserType
	Groups         []string
	Password       string // empty: no password yet
	Origin         string
}

// Create stores a person. With a link kind it also makes a one-time link and
// returns its token; the account is then invited until the link is used.
func (s *Service) Create(ctx context.Context, n NewUser, org core.Organization, by core.Actor, kind core.LinkKind) (core.User, string, error) {
	now := s.Clock()
	u := core.User{
		ID: s.newID(), OrganizationID: n.OrganizationID, FirstName: strings.TrimSpace(n.FirstName), LastName: strings.TrimSpace(n.LastName),
		Type: n.Type, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, Origin: n.Origin, CreatedAt: now,
	}
	keys, err := identify(&u, n)
	if err != nil {
		return u, "", err
	}
	if n.Password != "" {
		if u.PasswordSealed, err = s.newPassword(ctx, u, org, n.Password); err != nil {
			return u, "", err
		}
		u.PasswordSetAt = now
	}
	var link *core.Link
	token := ""
	if kind != "" {
		u.Status = core.Invited
		link, token = s.link(u, kind)
	}
	e := s.event(core.EventUserCreated, u, core.Origin{}, now)
	e.Actor, e.Target = by, u.Email
	err = s.People.CreateUser(ctx, u, keys, n.Groups, link, core.Record{Events: []core.Event{e}})
	if core.CodeOf(err) == core.ErrTaken.Code {
		return u, "", core.NewError(core.Conflict, "user.taken").With("email", takenName(u, err)).Because(err)
	}
	return u, token, err
}

// takenName is what somebody else signs in with already.
func takenName(u core.User, err error) string {
	var e *core.Error
	if errors.As(err, &e) && e.Params["field"] == "username" {
		return u.Username
	}
	return u.Email
}

// identify fills the canonical names and collects what is wrong, by field.
func identify(u *core.User, n NewUser) (core.LoginKeys, error) {
	var keys core.LoginKeys
	fields := map[string]*core.Error{}
	note := func(field string, err error) {
		var e *core.Error
		if errors.As(err, &e) {
			fields[field] = e
		}
	}
	var err error
	if u.Email, keys.Email, err = identifier.Email(n.Email); err != nil {
		note("email", err)
	}
	if n.Username != "" {
		if u.Username, keys.Username, err = identifier.Username(n.Username); err != nil {
			note("username", err)
		}
	}
	var invalid *core.Error
	if errors.As(u.Validate(), &invalid) {
		for name, e := range invalid.Fields {
			if fields[name] == nil {
				fields[name] = e
			}
		}
	}
	if len(fields) > 0 {
		return keys, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return keys, nil
}

func (s *Service) link(u core.User, kind core.LinkKind) (*core.Link, string) {
	now, token := s.Clock(), core.NewToken(s.Random)
	return &core.Link{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, TokenHash: secret.Digest(token),
		CreatedAt: now, ExpiresAt: now.Add(kind.Life()),
	}, token
}

// errLinkOver is the same for used, expired and unknown links.
var errLinkOver = core.NewError(core.Gone, "link.over")

// Link returns whose welcome link this is. Looking uses nothing up (PR4).
func (s *Service) Link(ctx context.Context, token string) (core.Link, core.Account, core.Organization, error) {
	l, acc, org, err := s.People.LinkByToken(ctx, secret.Digest(token))
	if errors.Is(err, core.ErrNotFound) {
		return l, acc, org, errLinkOver
	}
	if err != nil {
		return l, acc, org, err
	}
	if !l.UsedAt.IsZero() || !s.Clock().Before(l.ExpiresAt) || acc.User.Status == core.Inactive {
		return l, acc, org, errLinkOver
	}
	return l, acc, org, nil
}

// UseLink stores the first password behind a welcome link. It signs nobody in:
// the person signs in with it next. The link came to the person's mailbox or
// from the operator's own hands, so the address counts as proved.
func (s *Service) UseLink(ctx context.Context, token, password string, o core.Origin) error {
	l, acc, org, err := s.Link(ctx, token)
	if err != nil {
		return err
	}
	sealed, err := s.newPassword(ctx, acc.User, org, password)
	if err != nil {
		return err
	}
	now := s.Clock()
	r := s.record(s.event(core.EventPasswordSet, acc.User, o, now), acc.User)
	err = s.People.UseLink(ctx, core.LinkUse{Link: l, PasswordSealed: sealed, At: now, Record: r})
	if errors.Is(err, core.ErrUsed) {
		return errLinkOver
	}
	return err
}

// Find returns a person by email address, in any organization (operator).
func (s *Service) Find(ctx context.Context, email string) (core.Account, core.Organization, error) {
	_, key, err := identifier.Email(email)
	if err != nil {
		return core.Account{}, core.Organization{}, core.InField("email", core.NewError(core.Invalid, "user.email"))
	}
	acc, org, err := s.People.UserByEmailKey(ctx, key)
	if errors.Is(err, core.ErrNotFound) {
		return acc, org, core.NewError(core.NotFound, "user.unknown").With("email", email)
	}
	return acc, org, err
}

// List returns people a page at a time.
func (s *Service) List(ctx context.Context, f core.UserFilter) ([]core.Account, error) {
	return s.People.Users(ctx, f)
}

// ResetTwoFactor removes all of a person's factors, devices and sessions in one
// transaction and tells the person. Where two-factor was on it stays on, so the
// next sign-in asks for a code by email (RC6); passwordAlone turns it off, for
// somebody whose mail does not work.
func (s *Service) ResetTwoFactor(ctx context.Context, acc core.Account, by core.Actor, reason string, passwordAlone bool) error {
	now, u := s.Clock(), acc.User
	e := s.event(core.EventTwoFactorReset, u, core.Origin{}, now)
	e.Actor, e.Detail = by, map[string]string{"reason": reason}
	return s.People.ResetTwoFactor(ctx, core.TwoFactorReset{OrganizationID: u.OrganizationID, UserID: u.ID, PasswordAlone: passwordAlone, At: now, Record: s.record(e, u)})
}

// Relink makes a fresh one-time link for an account that is still invited and
// voids the older ones.
func (s *Service) Relink(ctx context.Context, acc core.Account, by core.Actor, kind core.LinkKind) (string, error) {
	link, token := s.link(acc.User, kind)
	e := s.event(core.EventLinkMade, acc.User, core.Origin{}, s.Clock())
	e.Actor = by
	return token, s.People.CreateLink(ctx, *link, core.Record{Events: []core.Event{e}})
}
