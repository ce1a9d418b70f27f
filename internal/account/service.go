package account

import (
	"context"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Post turns what happened into the emails to queue.
type Post interface {
	Code(c core.Challenge, u core.User, now time.Time) core.Message
	Notices(e core.Event, u core.User) []core.Message
	// Link returns the mail of a link; its token is derived when it is sent.
	Link(l core.Link) core.Message
}

// Factors finds a factor by its kind.
type Factors interface {
	Get(kind core.FactorKind) (factor.Factor, bool)
}

// Passwords screens, hashes and compares passwords.
type Passwords interface {
	// Screen refuses short, long, common and guessable passwords (PW1 to PW6).
	Screen(password string, rules core.PasswordRules, contextWords ...string) error
	Hash(ctx context.Context, userID core.ID, password string) (sealed string, err error)
	// Verify reports whether the password is the one behind sealed.
	Verify(ctx context.Context, userID core.ID, sealed, password string) (right, outdated bool, err error)
}

// Throttle slows down guessing of the current password (RL8).
type Throttle interface {
	Begin(ctx context.Context, k core.Knocker) (core.Ticket, error)
	// Enter takes one of the network's places at the hashing gate.
	Enter(ctx context.Context, network string) (leave func(), err error)
	Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error
}

// Deps are the parts a Service works with.
type Deps struct {
	Store     Store
	Tries     Tries
	People    People
	Changes   PasswordStore
	Alarms    Alarms
	Held      Held
	Requests  Requests
	Limits    Limits
	Journal   Journal
	Passwords Passwords
	Throttle  Throttle
	Post      Post
	Factors   Factors
	Ring      *secret.Ring
	Clock     core.Clock
	Random    core.Random
	// Wait blocks for a while, so that answers which must not tell accounts apart
	// take the same time.
	Wait func(ctx context.Context, d time.Duration) error
	// Host is the host of the public address; Apple devices suggest saved
	// sign-ins by it.
	Host string
	// Language reports whether there is a language.
	Language func(tag string) bool
}

// Service looks after accounts. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// ErrConfirm is returned by every risky change while the last full proof is
// older than core.ConfirmLife; the caller asks to confirm and tries again.
var ErrConfirm = core.NewError(core.Unauthenticated, "confirm.needed")

// Security is what the Security tab shows.
type Security struct {
	Account     core.Account
	Requirement core.Requirement
	// RequiredByOrganization: the box cannot be unticked.
	RequiredByOrganization bool
	RequiredFrom           time.Time // a date ahead; zero: none
	Apps                   []core.Credential
	RecoveryLeft           int
	RecoveryHeld           bool // some wait since a backup was restored (BK2)
	RecoveryMadeAt         time.Time
	ExemptUntil            time.Time // zero: not exempt
}

// Security returns the state of a person's two-factor authentication.
func (s *Service) Security(ctx context.Context, v core.SessionView) (Security, error) {
	u, now := v.Account.User, s.Clock()
	acc, org, err := s.Store.AccountByID(ctx, u.OrganizationID, u.ID)
	if err != nil {
		return Security{}, err
	}
	sec := Security{
		Account: acc, Requirement: core.Require(acc, org.Policy, now),
		RequiredByOrganization: org.Policy.Requires(now) && !acc.Exempt(now), RequiredFrom: org.Policy.RequiresFrom(now),
	}
	if acc.Exempt(now) {
		sec.ExemptUntil = acc.ExemptUntil()
	}
	if sec.Apps, err = s.Store.Credentials(ctx, u.OrganizationID, u.ID, core.KindApp); err != nil {
		return Security{}, err
	}
	codes, err := s.Store.Credentials(ctx, u.OrganizationID, u.ID, core.KindRecovery)
	if err != nil {
		return Security{}, err
	}
	for _, c := range codes {
		switch {
		case !c.UsedAt.IsZero():
		case c.State == core.CredentialHeld:
			sec.RecoveryHeld = true
		default:
			sec.RecoveryLeft++
		}
		if c.CreatedAt.After(sec.RecoveryMadeAt) {
			sec.RecoveryMadeAt = c.CreatedAt
		}
	}
	return sec, nil
}

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

func (s *Service) event(kind string, u core.User, o core.Origin, now time.Time) core.Event {
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Origin: o,
	}
}

// record is an event with its mails, and the change that drops cached facts
// about the person.
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{
		Events: []core.Event{e}, Messages: s.Post.Notices(e, u),
		Changes: []core.Change{{ID: core.NewID(e.At, s.Random), At: e.At, Kind: core.ChangeUser, SubjectID: u.ID}},
	}
}

// raised is the session that replaces the current one after a change of
// factors: a new id (SE3), at least the given level with its methods (OI6),
// proved now. LevelNone leaves level, methods and proof as they were.
func (s *Service) raised(v core.SessionView, level core.Level, now time.Time) (core.Session, string) {
	token := core.NewToken(s.Random)
	n := v.Session
	n.ID, n.TokenHash, n.CreatedAt, n.LastSeenAt = s.newID(), secret.Digest(token), now, now
	n.Level, n.DeviceID = max(n.Level, level), ""
	if level > core.LevelNone {
		n.ProvedAt = now
	}
	n.Methods = slices.Clone(v.Session.Methods)
	note := func(method string, proved bool) {
		if proved && !slices.Contains(n.Methods, method) {
			n.Methods = append(n.Methods, method)
		}
	}
	note("otp", level >= core.LevelEmail)
	note("mfa", level >= core.LevelStrong)
	return n, token
}

func (s *Service) factor(kind core.FactorKind) (factor.Factor, error) {
	f, ok := s.Factors.Get(kind)
	if !ok {
		return nil, core.NewError(core.NotFound, "method.unknown")
	}
	return f, nil
}
