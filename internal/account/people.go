package account

import (
	"context"
	"errors"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
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
	Mail           bool   // the link is mailed
	Origin         string
	Language       string // BCP 47; empty: the organization's
}

// Create stores a person. With a link kind it also makes a one-time link and
// returns its token; the account is then invited until the link is used. With
// n.Mail the link is mailed to the person and its token not told.
func (s *Service) Create(ctx context.Context, n NewUser, org core.Organization, by core.Actor, kind core.LinkKind) (core.User, string, error) {
	now := s.Clock()
	u := core.User{
		ID: s.newID(), OrganizationID: n.OrganizationID, FirstName: strings.TrimSpace(n.FirstName), LastName: strings.TrimSpace(n.LastName),
		Type: n.Type, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, Origin: n.Origin, CreatedAt: now,
		Language: n.Language,
	}
	keys, err := identify(&u, n)
	if err != nil {
		return u, "", err
	}
	if u.Language != "" && !s.Language(u.Language) {
		return u, "", core.InField("language", core.NewError(core.Invalid, "user.language"))
	}
	if n.Password != "" {
		if u.PasswordSealed, err = s.newPassword(ctx, u, org, n.Password); err != nil {
			return u, "", err
		}
		u.PasswordSetAt = now
	}
	var link *core.Link
	token := ""
	e := s.event(core.EventUserCreated, u, core.Origin{}, now)
	e.Actor, e.Target = by, u.Email
	r := core.Record{Events: []core.Event{e}}
	if kind != "" {
		u.Status = core.Invited
		l, t, made, err := s.handOut(u, kind, by, n.Mail)
		if err != nil {
			return u, "", err
		}
		link, token = &l, t
		r.Join(made)
	}
	err = s.People.CreateUser(ctx, u, keys, n.Groups, link, r)
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

// identify fills the canonical names; the error says what is wrong, by field.
func identify(u *core.User, n NewUser) (core.LoginKeys, error) {
	keys, fields := identifier.User(u, n.Email, n.Username)
	if len(fields) > 0 {
		return keys, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return keys, nil
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
