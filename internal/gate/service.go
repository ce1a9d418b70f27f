package gate

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Outcome is what becomes of a request for an application.
type Outcome int

// The outcomes. Deny is the zero value: what nobody decided is not allowed.
const (
	Deny       Outcome = iota // not in the groups, not of the organization, or no such application
	Allow                     // let through as Identity
	SignIn                    // nobody is signed in
	StepUp                    // signed in, but the second step (or an app) is still due
	Elsewhere                 // signed in, but not from a network that the organization allows
	NoMachines                // an API key, and the application lets none in
	OutOfScope                // an API key that is not for such a request
)

// Decision is the answer for one request.
type Decision struct {
	Outcome  Outcome
	Identity Identity // of an allowed request
	// Level is the least level wanted, where Outcome is StepUp.
	Level core.Level
}

// Identity is what an application is told about a person.
type Identity struct {
	User   string // what the person types to sign in
	Groups string // joined by commas, no spaces
	Name   string
	Email  string
}

// ErrUnavailable: the applications cannot be read.
var ErrUnavailable = core.NewError(core.Unavailable, "gate.unavailable")

// Service decides. It is safe for use by many goroutines.
type Service struct {
	store    Store
	clock    core.Clock
	logger   *slog.Logger
	loopback bool

	cached     atomic.Pointer[directory] // nil: read the store
	good       atomic.Int64              // start of the last good poll, microseconds
	generation atomic.Uint64             // counts what made cached outdated
	mu         sync.Mutex                // held by the one who reads the store
}

// New returns a service. Loopback says that the base URL is plain http on this
// machine. Until the first [Service.Polled] every decision reads the store.
func New(store Store, clock core.Clock, logger *slog.Logger, loopback bool) *Service {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Service{store: store, clock: clock, logger: logger, loopback: loopback}
}

// Polled hears of a good poll of the change table (session.Listener).
func (s *Service) Polled(at time.Time, changes []core.Change) {
	outdated := at.UnixMicro()-s.good.Load() > core.ChangeOverlap.Microseconds()
	for _, c := range changes {
		outdated = outdated || c.Kind == core.ChangeApplications
	}
	if outdated {
		s.Forget()
	}
	s.good.Store(at.UnixMicro())
}

// Forget makes this replica read the applications anew, after a change here.
func (s *Service) Forget() {
	s.generation.Add(1)
	s.cached.Store(nil)
}

// applications returns the directory from memory while the last good poll is
// under 5 s old (law 9), else from the store.
func (s *Service) applications(ctx context.Context) (*directory, error) {
	fresh := func() bool { return s.clock().UnixMicro()-s.good.Load() < core.CacheGood.Microseconds() }
	if d := s.cached.Load(); d != nil && fresh() {
		return d, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.cached.Load(); d != nil && fresh() {
		return d, nil // somebody else read it while we waited
	}
	generation := s.generation.Load()
	apps, err := s.store.Applications(ctx, "")
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	d := newDirectory(apps, s.loopback)
	s.cached.Store(d)
	if s.generation.Load() != generation {
		s.cached.Store(nil) // what was read may be outdated already
	}
	return d, nil
}

// Decide says what becomes of a request for target by the session of view and
// its verdict; a nil view is nobody. The person, the level and the groups are
// those of the view, which is at most 5 s old (FA4).
func (s *Service) Decide(ctx context.Context, view *core.SessionView, verdict core.Verdict, target Target) (Decision, error) {
	d, err := s.applications(ctx)
	if err != nil {
		return Decision{}, err
	}
	app, found := d.find(target)
	switch {
	case !found:
		return Decision{Outcome: Deny}, nil
	case view == nil || verdict == core.VerdictEnded:
		return Decision{Outcome: SignIn}, nil
	case app.OrganizationID != view.Session.OrganizationID || !app.MayOpen(view.Account.Groups):
		return Decision{Outcome: Deny}, nil
	case verdict == core.VerdictElsewhere:
		return Decision{Outcome: Elsewhere}, nil
	case verdict != core.VerdictOpen:
		return Decision{Outcome: StepUp, Level: max(app.Level, core.LevelEmail)}, nil
	case levelOf(view) < app.Level:
		return Decision{Outcome: StepUp, Level: app.Level}, nil
	}
	return Decision{Outcome: Allow, Identity: IdentityOf(&view.Account)}, nil
}

// DecideKey says what becomes of a request for target by a program that has shown an
// API key. The application's level is not asked for: whoever made the key has shown
// a second step, and whoever lets programs in has said so of this application.
func (s *Service) DecideKey(ctx context.Context, view *core.KeyView, target Target) (Decision, error) {
	d, err := s.applications(ctx)
	if err != nil {
		return Decision{}, err
	}
	app, found := d.find(target)
	switch {
	case !found || app.OrganizationID != view.Key.OrganizationID || !app.MayOpen(view.Account.Groups):
		return Decision{Outcome: Deny}, nil
	case !app.Machines:
		return Decision{Outcome: NoMachines}, nil
	case !view.Key.MayAsk(target.Method):
		return Decision{Outcome: OutOfScope}, nil
	}
	return Decision{Outcome: Allow, Identity: IdentityOf(&view.Account)}, nil
}

// levelOf counts a live remembered device as level 2: it meets that demand and
// raises nothing else (law 2).
func levelOf(view *core.SessionView) core.Level {
	level := view.Session.Level
	if level < core.LevelEmail && view.Session.DeviceID != "" && view.DeviceLive {
		return core.LevelEmail
	}
	return level
}

// IdentityOf returns what applications are told about a person.
func IdentityOf(acc *core.Account) Identity {
	user := &acc.User
	return Identity{
		User: clean(user.Login()), Groups: joinGroups(acc.Groups),
		Name: clean(user.Name()), Email: clean(user.Email),
	}
}

// joinGroups leaves out a name that holds a comma: it would read as two groups,
// and the second might be one that the person is not in.
func joinGroups(groups []string) string {
	plain := true
	for _, g := range groups {
		plain = plain && !strings.Contains(g, ",")
	}
	if !plain {
		var kept []string
		for _, g := range groups {
			if !strings.Contains(g, ",") {
				kept = append(kept, g)
			}
		}
		groups = kept
	}
	return clean(strings.Join(groups, ","))
}

// clean makes sure that a value cannot end its header, whatever is stored.
// Validation refuses control characters long before.
func clean(value string) string {
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7f {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f {
					return -1
				}
				return r
			}, value)
		}
	}
	return value
}
