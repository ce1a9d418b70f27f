package account

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/secret"
)

// The errors of a change of the password.
var (
	errCurrentEmpty = core.NewError(core.Invalid, "password.current_empty")
	errCurrentWrong = core.NewError(core.Invalid, "password.current_wrong")
	errPasswordNone = core.NewError(core.Invalid, "password.empty")
)

// PasswordAsk is what a change of the password asks for besides the new one.
type PasswordAsk struct {
	Confirm bool // "Confirm it's you" comes first
	Current bool // the current password is typed with the new one
}

// PasswordAsk returns what a change asks for in this session (PW11, SU1).
//
// On the tab a person with a second factor confirms first. The current password
// stands in the form too, except right after a confirmation, which has just
// taken it: asking twice in a minute teaches people to type it anywhere. A mere
// sign-in within ten minutes does not count for that: whoever finds a browser
// unattended must not be able to keep it.
//
// At the wall the password was what let the person in, a moment ago; it is asked
// for again only where that is longer ago. The wall asks for no factor beyond
// what the session needs to get there: somebody who signs in without one today
// (two-factor suspended, no phone, no mail) could not pass it (no dead ends).
func (s *Service) PasswordAsk(v core.SessionView) PasswordAsk {
	now, session := s.Clock(), v.Session
	if v.Verdict(now) == core.VerdictPasswordDue {
		return PasswordAsk{Current: now.Sub(session.SignedInAt) >= core.ConfirmLife && !session.Confirmed(now)}
	}
	confirmed := session.Confirmed(now)
	return PasswordAsk{
		Confirm: v.HasFactor(now) && !confirmed,
		Current: !confirmed || !session.ProvedAt.After(session.SignedInAt),
	}
}

// ChangePassword replaces the person's password. Every other session and all
// remembered devices end; this session goes on under a new id, whose cookie
// value comes back (SE3, SE10). Tries count as those of a sign-in do (RL8).
func (s *Service) ChangePassword(ctx context.Context, v core.SessionView, o core.Origin, current, password string) (sessionToken string, err error) {
	u, ask := v.Account.User, s.PasswordAsk(v)
	if ask.Confirm {
		return "", ErrConfirm
	}
	if !ask.Current {
		current = ""
	} else if current == "" {
		return "", core.InField("current", errCurrentEmpty)
	}
	if err := s.screen(u, v.Organization, password); err != nil {
		return "", err
	}
	login, _ := identifier.LoginKey(u.Login())
	ticket, err := s.Throttle.Begin(ctx, core.Knocker{
		UserID: u.ID, Login: login, Address: o.Address, Network: o.Network, BrowserHash: v.Session.BrowserHash,
	})
	if err != nil {
		return "", err
	}
	sealed, err := s.replacement(ctx, v, o, ask, current, password)
	if err == nil {
		sessionToken, err = s.storeChange(ctx, v, o, sealed, ticket.Clears)
	}
	if err != nil {
		return "", s.settleRefused(ctx, u, o, ticket, ask, err)
	}
	return sessionToken, nil
}

// replacement checks the current password and seals the new one, in one of the
// network's places at the hashing gate: it takes a hash for each password that is
// compared.
func (s *Service) replacement(ctx context.Context, v core.SessionView, o core.Origin, ask PasswordAsk, current, password string) (string, error) {
	leave, err := s.Throttle.Enter(ctx, o.Network)
	if err != nil {
		return "", err
	}
	defer leave()
	u := v.Account.User
	if ask.Current {
		right, _, err := s.Passwords.Verify(ctx, u.ID, u.PasswordSealed, current)
		if err != nil {
			return "", fieldError("current", err)
		}
		if !right {
			return "", core.InField("current", errCurrentWrong)
		}
	}
	return s.newPassword(ctx, u, v.Organization, password)
}

func (s *Service) storeChange(ctx context.Context, v core.SessionView, o core.Origin, sealed string, clears []core.Bucket) (string, error) {
	u, now := v.Account.User, s.Clock()
	session, token := s.raised(v, core.LevelNone, now)
	session.ProvedAt = v.Session.ProvedAt
	e := s.event(core.EventPasswordChanged, u, o, now)
	if v.Verdict(now) == core.VerdictPasswordDue {
		e.Detail = map[string]string{"reason": string(v.PasswordReason(now))}
	}
	return token, s.Changes.ChangePassword(ctx, core.PasswordChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, PasswordVersion: u.PasswordVersion, PasswordSealed: sealed,
		KeepSession: v.Session.ID, Session: session, Slots: clears, At: now, Record: s.record(e, u),
	})
}

// settleRefused settles the slot of a change that was refused. A wrong current
// password counts. So does an old password that is chosen anew by somebody who
// did not type the current one: the answer tells whether a guess was right.
func (s *Service) settleRefused(ctx context.Context, u core.User, o core.Origin, t core.Ticket, ask PasswordAsk, refused error) error {
	var e *core.Error
	errors.As(refused, &e)
	wrong := e != nil && e.Fields["current"] != nil && e.Fields["current"].Code == errCurrentWrong.Code
	guess := e != nil && e.Fields["password"] != nil && e.Fields["password"].Code == errUsedRecently.Code && !ask.Current
	outcome, r := core.OutcomeFreed, core.Record{}
	if wrong || guess {
		outcome = core.OutcomeWrong
	}
	if wrong {
		event := s.event(core.EventPasswordWrong, u, o, s.Clock())
		event.Result = "refused"
		r.Events = []core.Event{event}
	}
	if err := s.Throttle.Settle(ctx, t, outcome, r); err != nil {
		return err
	}
	return refused
}

// RequirePassword makes a person choose a new password at the next sign-in.
// Sessions that are open go on.
func (s *Service) RequirePassword(ctx context.Context, acc core.Account, by core.Actor) error {
	u, now := acc.User, s.Clock()
	if u.Status != core.Active || u.PasswordSealed == "" {
		return core.NewError(core.Conflict, "user.no_password").With("email", u.Email)
	}
	e := s.event(core.EventPasswordRequired, u, core.Origin{}, now)
	e.Actor = by
	return s.Changes.RequirePassword(ctx, core.PasswordDemand{
		OrganizationID: u.OrganizationID, UserID: u.ID, Due: core.PasswordTemporary, At: now, Record: s.record(e, u),
	})
}

// PasswordStrength says how hard a password is to guess, from 0 to 4, for the
// meter beside a field. Nothing is kept of it. It takes one of the network's
// places at the hashing gate, so that meters cannot take more of the processor
// than sign-ins of that network could.
func (s *Service) PasswordStrength(ctx context.Context, u core.User, org core.Organization, o core.Origin, password string) (int, error) {
	leave, err := s.Throttle.Enter(ctx, o.Network)
	if err != nil {
		return 0, err
	}
	defer leave()
	return secret.Strength(password, u.Username, u.Email, u.FirstName, u.LastName, org.Name, org.AppName), nil
}
