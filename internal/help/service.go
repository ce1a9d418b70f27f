package help

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Deps are the parts a Service works with.
type Deps struct {
	Store      Store
	Resets     Resets
	Exemptions Exemptions
	Post       Post
	Ring       *secret.Ring
	Clock      core.Clock
	Random     core.Random
	Logger     *slog.Logger
}

// Service helps people. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// The errors of helping. What a person may not do to themselves, or to somebody
// above, is told apart from what is not there.
var (
	errSelf    = core.NewError(core.Forbidden, "help.self")
	errAbove   = core.NewError(core.Forbidden, "help.above")
	errNobody  = core.NewError(core.NotFound, "help.nobody")
	errNoGroup = core.NewError(core.NotFound, "help.no_group")
)

// maxNote is how long a note or a reason may be, in characters.
const maxNote = 500

// whom returns a person to help. Somebody of another organization is not there;
// for one's own account and for one above one's own rights the account comes
// with the error, so that the refusal can be written down.
func (s *Service) whom(ctx context.Context, by core.SessionView, userID core.ID, may func(by, u core.User) bool) (core.Account, core.Organization, error) {
	acc, org, err := s.Store.AccountByID(ctx, by.Account.User.OrganizationID, userID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return acc, org, errNobody
	case err != nil:
		return acc, org, err
	case acc.User.ID == by.Account.User.ID:
		return acc, org, errSelf
	case !may(by.Account.User, acc.User):
		return acc, org, errAbove
	}
	return acc, org, nil
}

// refused writes down that somebody tried what they may not, and returns why.
func (s *Service) refused(ctx context.Context, by core.SessionView, kind string, u core.User, o core.Origin, why error) error {
	if core.KindOf(why) != core.Forbidden {
		return why
	}
	e := s.event(kind, u, actorOf(by), o)
	e.Result, e.Detail = "refused", map[string]string{core.DetailReason: core.CodeOf(why)}
	if err := s.Store.Note(ctx, core.Record{Events: []core.Event{e}}); err != nil {
		return err
	}
	return why
}

func actorOf(v core.SessionView) core.Actor {
	return core.Actor{Kind: "person", ID: v.Account.User.ID, Name: v.Account.User.Name()}
}

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

// event is about a person, whose address stands in it for administrators to read.
func (s *Service) event(kind string, u core.User, by core.Actor, o core.Origin) core.Event {
	now := s.Clock()
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: by, SubjectID: u.ID, Target: u.Email, Origin: o,
	}
}

// record is an event with its mails, and the change that drops cached facts about
// the person (law 9).
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{
		Events: []core.Event{e}, Messages: s.Post.Notices(e, u),
		Changes: []core.Change{{ID: core.NewID(e.At, s.Random), At: e.At, Kind: core.ChangeUser, SubjectID: u.ID}},
	}
}

// noted is a text that somebody typed: line breaks and runs of spaces are one
// space, so that it is one line wherever it stands (ML3).
func noted(text string) string { return strings.Join(strings.Fields(text), " ") }

// noteProblem returns what is wrong with a note.
func noteProblem(text string) *core.Error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) }):
		return core.NewError(core.Invalid, "help.note.characters")
	case utf8.RuneCountInString(text) > maxNote:
		return core.NewError(core.Invalid, "help.note.long").With("maximum", maxNote)
	}
	return nil
}

// stamp is a moment in the details of an event.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
