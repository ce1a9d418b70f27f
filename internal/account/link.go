package account

import (
	"context"
	"encoding/base32"
	"errors"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// The errors of links that are over. Used, expired, voided and unknown ones are
// the same, but that an invitation which ran out says whom to ask.
var (
	errLinkOver   = core.NewError(core.Gone, "link.over")
	errInvitation = core.NewError(core.Gone, "link.invitation_expired") // Params["inviter"], may be empty
	errLinkTries  = core.NewError(core.Gone, "link.tries")
)

// MailedLink returns a link whose token LinkToken derives when its mail is sent,
// so that nothing secret waits in the queue (law 6). It is not stored yet. Its
// event has its id: the mail tells where it was asked for.
func (s *Service) MailedLink(u core.User, kind core.LinkKind) (core.Link, error) {
	now := s.Clock()
	l := core.Link{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, KeyID: s.Ring.ActiveKey(),
		Address: u.CodeAddress(now), CreatedAt: now, ExpiresAt: now.Add(kind.Life()),
	}
	token, err := s.LinkToken(l)
	l.TokenHash = secret.Digest(token)
	return l, err
}

// LinkToken derives the secret of a mailed link (PR1): 256 bits that only the
// key ring and the link's id give.
func (s *Service) LinkToken(l core.Link) (string, error) {
	sum, err := s.Ring.MAC(l.KeyID, "link", string(l.Kind), string(l.ID))
	if err != nil {
		return "", err
	}
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)), nil
}

// printedLink is a link whose random token is shown once, to whoever asked.
func (s *Service) printedLink(u core.User, kind core.LinkKind) (core.Link, string) {
	now, token := s.Clock(), core.NewToken(s.Random)
	return core.Link{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, Kind: kind, TokenHash: secret.Digest(token),
		CreatedAt: now, ExpiresAt: now.Add(kind.Life()),
	}, token
}

// handOut makes a link for somebody, with what is to be recorded and mailed. It
// has a token to tell where it is not mailed.
func (s *Service) handOut(u core.User, kind core.LinkKind, by core.Actor, mail bool) (l core.Link, token string, r core.Record, err error) {
	if mail {
		l, err = s.MailedLink(u, kind)
		r.Messages = []core.Message{s.Post.Link(l)}
	} else {
		l, token = s.printedLink(u, kind)
	}
	if by.Kind == "person" {
		l.Inviter = by.Name
	}
	e := s.event(core.EventLinkMade, u, core.Origin{}, l.CreatedAt)
	e.ID, e.Actor, e.Target, e.Detail = l.ID, by, l.Address, map[string]string{"kind": string(kind)}
	r.Events = []core.Event{e}
	return l, token, r, err
}

// Relink makes a fresh one-time link for an account that is still invited and
// voids the older ones. Mailed, it has no token to tell.
func (s *Service) Relink(ctx context.Context, acc core.Account, by core.Actor, kind core.LinkKind, mail bool) (token string, err error) {
	if acc.User.Status != core.Invited {
		return "", core.NewError(core.Conflict, "user.not_invited").With("email", acc.User.Email)
	}
	l, token, r, err := s.handOut(acc.User, kind, by, mail)
	if err != nil {
		return "", err
	}
	return token, s.People.CreateLink(ctx, l, r)
}

// Link returns whose link of these kinds this is. Looking uses nothing up (PR4),
// and a link of one kind is none of another (EM4).
func (s *Service) Link(ctx context.Context, token string, kinds ...core.LinkKind) (core.Link, core.Account, core.Organization, error) {
	l, acc, org, err := s.People.LinkByToken(ctx, secret.Digest(token))
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.Link{}, core.Account{}, core.Organization{}, errLinkOver
	case err != nil:
		return l, acc, org, err
	case !slices.Contains(kinds, l.Kind), !mayUse(l, acc.User):
		return core.Link{}, core.Account{}, core.Organization{}, errLinkOver
	case !l.Over(s.Clock()):
		return l, acc, org, nil
	case l.Kind == core.LinkInvitation && acc.User.Status == core.Invited && !s.Clock().Before(l.CreatedAt.Add(l.Kind.Life())):
		return l, acc, org, errInvitation.With("inviter", l.Inviter)
	}
	return l, acc, org, errLinkOver
}

// mayUse reports whether the account is in a state for the link.
func mayUse(l core.Link, u core.User) bool {
	if l.Kind == core.LinkReset {
		return u.Status == core.Active && u.Type > core.NoAccess
	}
	return u.Status != core.Inactive
}

// UseLink stores the password that the person behind a link of these kinds
// chose. It signs nobody in and asks for no factor: the next sign-in does (PR6).
func (s *Service) UseLink(ctx context.Context, token, password string, o core.Origin, kinds ...core.LinkKind) error {
	l, acc, org, err := s.Link(ctx, token, kinds...)
	if err != nil {
		return err
	}
	sealed, err := s.chosen(ctx, l, acc.User, org, o, password)
	if err != nil {
		return err
	}
	kind := core.EventPasswordSet
	if l.Kind == core.LinkReset {
		kind = core.EventPasswordReset
	}
	now := s.Clock()
	err = s.People.UseLink(ctx, core.LinkUse{
		Link: l, PasswordSealed: sealed, Proves: l.Proves(acc.User), At: now,
		Record: s.record(s.event(kind, acc.User, o, now), acc.User),
	})
	if errors.Is(err, core.ErrUsed) || errors.Is(err, core.ErrStale) {
		return errLinkOver
	}
	return err
}

// chosen screens and seals a password chosen over a link, in one of the network's
// places at the hashing gate. What costs hashes is bounded for each link: the
// answer that a password was used before would let whoever has the link try out
// old ones (RL8). No other throttle stands before a link (No dead ends).
func (s *Service) chosen(ctx context.Context, l core.Link, u core.User, org core.Organization, o core.Origin, password string) (string, error) {
	if err := s.screen(u, org, password); err != nil {
		return "", err
	}
	may, err := s.Limits.TryLink(ctx, l.ID)
	if err != nil {
		return "", err
	}
	if !may {
		return "", errLinkTries
	}
	leave, err := s.Throttle.Enter(ctx, o.Network)
	if err != nil {
		return "", err
	}
	defer leave()
	return s.newPassword(ctx, u, org, password)
}
