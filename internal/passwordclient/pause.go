package passwordclient

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// The errors of pauses.
var (
	errConfirm    = core.NewError(core.Unauthenticated, "confirm.needed")
	errNotAllowed = core.NewError(core.Forbidden, "pause.not_allowed")
	errNoNetwork  = core.NewError(core.Forbidden, "pause.no_network")
	errNotNeeded  = core.NewError(core.Conflict, "pause.not_needed")
	errRuns       = core.NewError(core.Conflict, "pause.runs")
	errOver       = core.NewError(core.Conflict, "pause.over")
)

// maxReason is how long a reason may be, in characters.
const maxReason = 200

// Standing is what a person may do about pauses now.
type Standing struct {
	Needed  bool            // two-factor authentication is in force for the account
	Lengths []time.Duration // that may be chosen; none: the organization allows no pauses
	Network string          // that a pause would be for
	Running core.Pause      // zero: none
}

// Standing returns it for the signed-in person, who asks from a network.
func (s *Service) Standing(ctx context.Context, v core.SessionView, network string) (Standing, error) {
	now := s.Clock()
	st := Standing{
		Needed:  core.Require(v.Account, v.Organization.Policy, now).Level > core.LevelPassword,
		Lengths: v.Organization.Policy.PauseLengths(), Network: network,
	}
	p, err := s.Pauses.OpenPause(ctx, v.Account.User.OrganizationID, v.Account.User.ID)
	switch {
	case err == nil && p.Live(now):
		st.Running = p
	case err != nil && !errors.Is(err, core.ErrNotFound):
		return st, err
	}
	return st, nil
}

// StartPause starts a pause of the signed-in person's account, for the network of
// the request. It needs "Confirm it's you" (AD4, SU2). A refusal is written down.
func (s *Service) StartPause(ctx context.Context, v core.SessionView, length time.Duration, reason string, o core.Origin) error {
	now, u := s.Clock(), v.Account.User
	reason = strings.Join(strings.Fields(reason), " ")
	p := core.Pause{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, Network: o.Network, Reason: reason, StartedAt: now, Until: now.Add(length),
	}
	err := s.mayPause(v, length, reason, o.Network)
	if err == nil {
		e := p.StartEvent(s.newID(), u, o)
		err = s.Pauses.StartPause(ctx, core.PauseStart{Pause: p, Record: s.record(e, u)})
	}
	if errors.Is(err, core.ErrTaken) {
		err = errRuns
	}
	if kind := core.KindOf(err); err == nil || kind != core.Forbidden && kind != core.Conflict {
		return err
	}
	e := p.StartEvent(s.newID(), u, o)
	e.Result, e.Detail = "refused", map[string]string{core.DetailReason: core.CodeOf(err)}
	if noted := s.People.Note(ctx, core.Record{Events: []core.Event{e}}); noted != nil {
		return noted
	}
	return err
}

func (s *Service) mayPause(v core.SessionView, length time.Duration, reason, network string) error {
	now, allowed := s.Clock(), v.Organization.Policy.PauseLengths()
	switch {
	case !v.Session.Confirmed(now):
		return errConfirm
	case len(allowed) == 0:
		return errNotAllowed
	case core.Require(v.Account, v.Organization.Policy, now).Level <= core.LevelPassword:
		return errNotNeeded
	case network == "":
		return errNoNetwork
	case !slices.Contains(core.PauseLengths(), length):
		return core.InField("length", core.NewError(core.Invalid, "pause.length"))
	case !slices.Contains(allowed, length):
		return errNotAllowed
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return core.InField("reason", core.NewError(core.Invalid, "help.note.characters"))
	case utf8.RuneCountInString(reason) > maxReason:
		return core.InField("reason", core.NewError(core.Invalid, "help.note.long").With("maximum", maxReason))
	}
	return nil
}

// EndPause ends the signed-in person's pause now. It asks for no confirmation: it
// makes the account safer.
func (s *Service) EndPause(ctx context.Context, v core.SessionView, o core.Origin) error {
	now, u := s.Clock(), v.Account.User
	p, err := s.Pauses.OpenPause(ctx, u.OrganizationID, u.ID)
	switch {
	case errors.Is(err, core.ErrNotFound), err == nil && !p.Live(now):
		return errOver
	case err != nil:
		return err
	}
	err = s.finish(ctx, p, u, core.PauseEnded, now, actorOf(u), o)
	if errors.Is(err, core.ErrUsed) {
		return errOver
	}
	return err
}

func (s *Service) finish(ctx context.Context, p core.Pause, u core.User, why core.PauseEnd, end time.Time, by core.Actor, o core.Origin) error {
	p.EndedAt, p.Why, p.EndEventID = end, why, s.newID()
	return s.Pauses.FinishPause(ctx, core.PauseFinish{Pause: p, Record: s.record(p.EndEvent(s.Clock(), by, o), u)})
}
