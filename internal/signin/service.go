package signin

import (
	"context"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Passwords checks passwords behind the hashing gate.
type Passwords interface {
	// Verify reports whether the password is right and whether its hash is
	// outdated. An empty sealed does the same work and is never right (EN2).
	Verify(ctx context.Context, userID core.ID, sealed, password string) (right, outdated bool, err error)
	// Hash returns a sealed hash.
	Hash(ctx context.Context, userID core.ID, password string) (sealed string, err error)
}

// Throttle slows down guessing.
type Throttle interface {
	Begin(ctx context.Context, k core.Knocker) (core.Ticket, error)
	// Enter takes one of the network's places at the hashing gate; leave gives
	// it back.
	Enter(ctx context.Context, network string) (leave func(), err error)
	Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error
}

// Resets mails links to choose a new password (package account).
type Resets interface {
	// ResetAttacked mails one to the account that k knocks at, at most once a
	// day, and does the same work for a name that nobody has (RL5, EN2).
	ResetAttacked(ctx context.Context, u core.User, k core.Knocker, o core.Origin) error
}

// Post turns what happened into the emails to queue.
type Post interface {
	// Code returns the mail of an emailed code.
	Code(c core.Challenge, u core.User, now time.Time) core.Message
	// Notices returns the mails an event calls for; none for most.
	Notices(e core.Event, u core.User) []core.Message
}

// Factors finds a factor by its kind.
type Factors interface {
	Get(kind core.FactorKind) (factor.Factor, bool)
	// Further are the kinds that core has no rule of its own for.
	Further() []core.KindSpec
}

// Deps are the parts a Service works with.
type Deps struct {
	Store     Store
	Tries     Tries
	Passwords Passwords
	Throttle  Throttle
	Resets    Resets
	Post      Post
	Factors   Factors
	Ring      *secret.Ring
	Clock     core.Clock
	Random    core.Random
}

// Service drives sign-ins. It is safe for concurrent use; all state is in the
// store and the browser's cookies.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Visitor is what a request brings along.
type Visitor struct {
	PendingToken string // sp_pending
	BrowserToken string // sp_browser
	DeviceToken  string // sp_device
	Origin       core.Origin
	ReturnTo     string           // checked by the caller: a local path or a registered application
	Wanted       core.Level       // least level of that application; zero for a local path
	Session      core.SessionView // the session the request came with; zero when signed out
}

// Issued are the cookie values to set; an empty one is left alone.
type Issued struct {
	Pending     string
	Session     string
	Browser     string
	Device      string
	DeviceUntil time.Time
	EndPending  bool // the sp_pending cookie is over
	EndDevice   bool // the sp_device cookie is worth nothing
}

// State is where an attempt stands.
type State struct {
	core.AttemptView
	Step core.Step
}

// Result is what a submitted step led to.
type Result struct {
	State
	Issued   Issued
	ReturnTo string
	Session  core.Session
	// RecoveryLeft is how many recovery codes are left after one was used; -1
	// where none was.
	RecoveryLeft int
	// Offer: show "Add an authenticator app?" before ReturnTo.
	Offer bool
}

// The errors of this package; package words has their sentences.
var (
	errWrong     = core.NewError(core.Invalid, "signin.wrong")
	errStartOver = core.NewError(core.Unauthenticated, "signin.timeout")
	errEnded     = core.NewError(core.Unauthenticated, "signin.ended")
)

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

func (s *Service) event(kind, result string, u core.User, o core.Origin, now time.Time) core.Event {
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: result,
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Origin: o,
	}
}

// record is an event with the mails it calls for.
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, u)}
}

func (s *Service) change(kind core.ChangeKind, id core.ID, now time.Time) core.Change {
	return core.Change{ID: core.NewID(now, s.Random), At: now, Kind: kind, SubjectID: id}
}

// mailMemory is how far back failed handovers say that mail is down.
const mailMemory = 5 * time.Minute

func (s *Service) circumstances(ctx context.Context, o core.Origin, org core.Organization, now time.Time) (core.Circumstances, error) {
	works, err := s.Store.MailWorks(ctx, now.Add(-mailMemory))
	if err != nil {
		return core.Circumstances{}, err
	}
	allowed, bad := core.ParseNetworks(org.Policy.AllowedNetworks)
	if bad != nil {
		return core.Circumstances{}, core.NewError(core.Internal, "internal").Because(bad) // it was read when it was saved
	}
	address, _ := netip.ParseAddr(o.Address) // the zero address is in no network
	return core.Circumstances{MailWorks: works, Elsewhere: !allowed.Allow(address), Kinds: s.Factors.Further()}, nil
}

// load returns the visitor's attempt and its next step. An attempt opens only
// in the browser that began it, and a confirmation only in its session.
func (s *Service) load(ctx context.Context, v Visitor) (State, error) {
	none := State{Step: core.Step{StepKind: core.StepPassword}}
	if v.PendingToken == "" || v.BrowserToken == "" {
		return none, nil
	}
	view, err := s.Store.AttemptByToken(ctx, secret.Digest(v.PendingToken))
	if core.KindOf(err) == core.NotFound && err != nil {
		return none, nil
	}
	if err != nil {
		return State{}, err
	}
	a := view.Attempt
	if a.BrowserHash != secret.Digest(v.BrowserToken) || a.SessionID != "" && a.SessionID != v.Session.Session.ID {
		return none, nil
	}
	return s.standing(ctx, v, view)
}

// standing is where an attempt stands now.
func (s *Service) standing(ctx context.Context, v Visitor, view core.AttemptView) (State, error) {
	now := s.Clock()
	c, err := s.circumstances(ctx, v.Origin, view.Organization, now)
	if err != nil {
		return State{}, err
	}
	return State{AttemptView: view, Step: view.Attempt.Next(view.Account, view.Organization, c, now)}, nil
}

// Show returns where the visitor's attempt stands; it writes nothing. Its step
// is StepPassword where nothing usable is open.
func (s *Service) Show(ctx context.Context, v Visitor) (State, error) { return s.load(ctx, v) }

// Cancel ends the visitor's attempt ("Not you? Start again").
func (s *Service) Cancel(ctx context.Context, v Visitor) error {
	st, err := s.load(ctx, v)
	if err != nil || st.Attempt.ID == "" || !st.Attempt.EndedAt.IsZero() {
		return err
	}
	now := s.Clock()
	st.Attempt.EndedAt, st.Attempt.EndReason = now, "cancelled"
	e := s.event(core.EventSignInAbandoned, "ok", st.Account.User, v.Origin, now)
	err = s.Store.SaveAttempt(ctx, st.Attempt, s.record(e, st.Account.User))
	if core.CodeOf(err) == core.ErrStale.Code {
		return nil // it moved on or ended elsewhere: nothing is left to cancel
	}
	return err
}
