package people

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Deps are the parts a Service works with.
type Deps struct {
	Store    Store
	Accounts Accounts
	Links    Links
	Limits   Limits
	Post     Post
	Clock    core.Clock
	Random   core.Random
	// Zone reports whether a time zone is one that can be chosen.
	Zone func(name string) bool
	// Language reports whether there is a language.
	Language func(tag string) bool
}

// Service is what administrators and the help desk do to people. It is safe for
// concurrent use.
type Service struct {
	Deps
	mu     sync.Mutex
	totals map[core.ID]total
}

// New returns a Service.
func New(d Deps) *Service { return &Service{Deps: d, totals: map[core.ID]total{}} }

// ErrConfirm is returned by changes of an address, of rights and of who may sign
// in while the last full proof is older than core.ConfirmLife; the caller asks to
// confirm and tries again (SU2).
var ErrConfirm = core.NewError(core.Unauthenticated, "confirm.needed")

// The errors of rights.
var (
	errSelf    = core.NewError(core.Forbidden, "people.self")
	errAbove   = core.NewError(core.Forbidden, "people.above")
	errChanged = core.NewError(core.Conflict, "people.changed")
)

// deed is one thing that somebody does to a person.
type deed struct {
	by     core.SessionView
	origin core.Origin
	kind   string        // of its event
	least  core.UserType // what whoever does it must be
	acc    core.Account
	org    core.Organization
	print  string // what the person must be as, see core.StatusChange
}

// begin looks up whom something is done to, and whether it may be. Somebody of
// another organization is not there; so is everybody for those who may not even
// see the list. What is refused because of rights is recorded.
func (s *Service) begin(ctx context.Context, by core.SessionView, o core.Origin, id core.ID, kind string, r right) (deed, error) {
	d := deed{by: by, origin: o, kind: kind, least: r.least}
	if !sees(by.Account.User) {
		return d, core.ErrNotFound
	}
	var err error
	if d.acc, d.org, err = s.Store.AccountByID(ctx, by.Account.User.OrganizationID, id); err != nil {
		return d, err
	}
	if err := r.may(by.Account.User, d.acc.User); err != nil {
		return d, s.refused(ctx, d, err)
	}
	return d, nil
}

// sees reports whether somebody may see who there is.
func sees(u core.User) bool { return u.Status == core.Active && u.Type >= core.HelpDesk }

// right is who may do something to whom: may decides by what is known when it is
// asked for, least is looked up again when it is done ([core.Warrant]).
type right struct {
	least core.UserType
	may   func(by, of core.User) error
}

// helping is for what the help desk does too.
func helping() right {
	return right{core.HelpDesk, func(by, of core.User) error {
		switch {
		case by.ID == of.ID:
			return errSelf
		case !by.Helps(of):
			return errAbove
		}
		return nil
	}}
}

// managing is for what only administrators do, and not to themselves: for that
// they have Edit Profile.
func managing() right {
	r := editing()
	edits := r.may
	r.may = func(by, of core.User) error {
		if err := edits(by, of); err != nil || by.ID != of.ID {
			return err
		}
		return errSelf
	}
	return r
}

// editing is managing, also of oneself.
func editing() right {
	return right{core.Administrator, func(by, of core.User) error {
		if !by.Manages(of) {
			return errAbove
		}
		return nil
	}}
}

// refused records that something was refused, and returns why.
func (s *Service) refused(ctx context.Context, d deed, why error) error {
	switch {
	case core.CodeOf(why) == core.ErrNotAdministrator.Code, core.CodeOf(why) == core.ErrAbove.Code:
		return why // the store has
	case core.CodeOf(why) == core.ErrLastAdministrator.Code:
	case core.KindOf(why) == core.Forbidden:
	default:
		return why
	}
	e := s.event(d)
	e.Result, e.Detail = "refused", map[string]string{core.DetailReason: core.CodeOf(why)}
	if err := s.Accounts.Note(ctx, core.Record{Events: []core.Event{e}}); err != nil {
		return err
	}
	return why
}

// event tells what was done, by whom, to whom.
func (s *Service) event(d deed) core.Event {
	now, by, u := s.Clock(), d.by.Account.User, d.acc.User
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, At: now, Kind: d.kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, SubjectID: u.ID, Target: u.Email, Origin: d.origin,
	}
}

// record is an event with its mails, and the change that drops cached facts
// about the person (law 9).
func (s *Service) record(d deed, e core.Event, u core.User) core.Record {
	return core.Record{
		Warrant: d.by.Warrant(d.least, u.ID), Events: []core.Event{e}, Messages: s.Post.Notices(e, u),
		Changes: []core.Change{{ID: core.NewID(e.At, s.Random), At: e.At, Kind: core.ChangeUser, SubjectID: u.ID}},
	}
}

// link is a link for somebody, and what is to be recorded and mailed of it. Its
// event has its id: the mail tells of it.
func (s *Service) link(d deed, u core.User, kind core.LinkKind) (core.Link, core.Record, error) {
	l, err := s.Links.MailedLink(u, kind)
	if err != nil {
		return l, core.Record{}, err
	}
	l.Inviter = d.by.Account.User.Name()
	d.kind, d.acc.User = core.EventLinkMade, u
	e := s.event(d)
	e.ID, e.Target, e.Detail = l.ID, l.Address, map[string]string{"kind": string(kind)}
	return l, core.Record{Warrant: d.by.Warrant(d.least, u.ID), Events: []core.Event{e}, Messages: []core.Message{s.Post.Link(l)}}, nil
}

// stale makes "it changed meanwhile" a sentence.
func stale(err error) error {
	if errors.Is(err, core.ErrStale) {
		return errChanged.Because(err)
	}
	return err
}

// total is how many people an organization had at a moment.
type total struct {
	n  int
	at time.Time
}
