package account

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// askTakes is how long an answer to a request for a link takes, whoever it is
// for: several times what the slowest kind of request needs, so that nothing
// shows of which one it was (PR2).
const askTakes = 120 * time.Millisecond

// maxLogin is the longest name looked at, in bytes.
const maxLogin = 320

// AskReset mails a link to choose a new password to the person who signs in with
// login; to somebody who is still invited, a fresh invitation. The answer is the
// same, and takes the same time, for a name that nobody has and for an account
// that gets none (PR2), and beyond the limits (PR3). It changes nothing but that
// older links of the kind end (PR1, PR8).
func (s *Service) AskReset(ctx context.Context, login string, o core.Origin) error {
	switch {
	case login == "":
		return core.InField("login", core.NewError(core.Invalid, "signin.login.empty"))
	case len(login) > maxLogin:
		return core.InField("login", core.NewError(core.Invalid, "signin.login.long"))
	}
	began := s.Clock()
	if err := s.askReset(ctx, login, o); err != nil {
		return err
	}
	return s.Wait(ctx, max(0, askTakes-s.Clock().Sub(began)))
}

// askReset does the same work for every kind of request: one count, one look and
// one write.
func (s *Service) askReset(ctx context.Context, login string, o core.Origin) error {
	key, ok := identifier.LoginKey(login)
	if !ok {
		key = login // nobody's; the store finds nothing under it
	}
	found, err := s.Requests.FindLogin(ctx, key, "", "")
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	u := found.Account.User
	may, err := s.Limits.Ask(ctx, core.Knocker{UserID: u.ID, Login: key, Address: o.Address, Network: o.Network})
	if err != nil || !may {
		return err
	}
	e := s.event(core.EventResetAsked, u, o, s.Clock())
	e.Actor = core.Actor{Kind: "nobody"} // the typed name is not kept: people type passwords there
	return s.mailLink(ctx, u, e)
}

// ResetAttacked mails a reset link to somebody whose password strangers guess
// at, at most once a day (RL5): browsers that are not known have little chance
// left to sign in with the right one. For a name that nobody has it does the same
// work.
func (s *Service) ResetAttacked(ctx context.Context, u core.User, k core.Knocker, o core.Origin) error {
	may, err := s.Limits.AskAttacked(ctx, k)
	if err != nil || !may {
		return err
	}
	e := s.event(core.EventResetAsked, u, o, s.Clock())
	e.Actor, e.Detail = core.Actor{Kind: "system"}, map[string]string{core.DetailBySelf: "yes"}
	return s.mailLink(ctx, u, e)
}

// mailLink mails the person a link, where there is one for them.
func (s *Service) mailLink(ctx context.Context, u core.User, e core.Event) error {
	kind := u.ResetLink()
	if kind == "" {
		e.Result = "refused"
		return s.Requests.Note(ctx, core.Record{Events: []core.Event{e}})
	}
	l, err := s.MailedLink(u, kind)
	if err != nil {
		return err
	}
	e.ID = l.ID
	return s.Requests.AskLink(ctx, l, core.Record{Events: []core.Event{e}, Messages: []core.Message{s.Post.Link(l)}})
}
