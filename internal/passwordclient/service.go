package passwordclient

import (
	"context"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Pauses keeps pauses. Every method is one transaction; errors are those of
// package core.
type Pauses interface {
	// StartPause begins a pause; ErrTaken where one holds, ErrNotFound where the
	// person may not sign in.
	StartPause(ctx context.Context, c core.PauseStart) error
	// FinishPause writes an end down; of parallel calls exactly one wins (ErrUsed).
	FinishPause(ctx context.Context, c core.PauseFinish) error
	// TellPause settles who is told of an end that something else wrote down; of
	// parallel calls exactly one wins (ErrUsed).
	TellPause(ctx context.Context, c core.PauseTold) error
	// OpenPause returns that of a person of which no end is written down.
	OpenPause(ctx context.Context, organizationID, userID core.ID) (core.Pause, error)
	// OverPauses returns up to n of all organizations that are over and nobody was
	// told of it.
	OverPauses(ctx context.Context, now time.Time, n int) ([]core.Pause, error)
}

// People knows people, and keeps what was tried.
type People interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// Note stores what happened where nothing changed by it.
	Note(ctx context.Context, r core.Record) error
}

// Logins finds accounts, and counts what a pause let in.
type Logins interface {
	// FindClient returns the account that a name means, in whichever organization it
	// is (law 10's listed set), with its app passwords; ErrNotFound: none.
	FindClient(ctx context.Context, loginKey string) (core.ClientLogin, error)
	// UsePause counts a sign-in by a pause; ErrUsed where it does not hold any more.
	UsePause(ctx context.Context, p core.Pause, now time.Time, r core.Record) error
}

// AppPasswords keeps app passwords.
type AppPasswords interface {
	// AppPasswords returns those of a person by name, also those that are over.
	AppPasswords(ctx context.Context, organizationID, userID core.ID) (core.AppPasswords, error)
	// MakeAppPassword stores one; ErrLimit where there are as many as there may be,
	// ErrStale where the account has changed meanwhile.
	MakeAppPassword(ctx context.Context, m core.AppPasswordMaking) error
	// RemoveAppPassword ends one; of parallel calls exactly one wins (ErrNotFound).
	RemoveAppPassword(ctx context.Context, c core.AppPasswordRemoval) error
	// TouchAppPasswords moves last uses forward.
	TouchAppPasswords(ctx context.Context, uses []core.AppPasswordUse) error
}

// Applications knows what programs sign in to.
type Applications interface {
	// Applications returns those of an organization by name.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
}

// Passwords checks passwords behind the hashing gate.
type Passwords interface {
	// Verify reports whether the password is right. An empty sealed does the same
	// work and is never right (EN2).
	Verify(ctx context.Context, userID core.ID, sealed, password string) (right, outdated bool, err error)
	// Hash returns the sealed hash of a password.
	Hash(ctx context.Context, userID core.ID, password string) (sealed string, err error)
}

// Renewals keeps new hashes of passwords that are the same.
type Renewals interface {
	// RenewPassword puts a hash in place of the one of this version; ErrStale where
	// the password was changed meanwhile.
	RenewPassword(ctx context.Context, organizationID, userID core.ID, version int64, sealed string) error
}

// Throttle slows down guessing, by the same counters as signing in on the web (RL8).
type Throttle interface {
	Begin(ctx context.Context, k core.Knocker) (core.Ticket, error)
	// Enter takes one of the network's places at the hashing gate; leave gives it
	// back.
	Enter(ctx context.Context, network string) (leave func(), err error)
	Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error
}

// Resets mails links to choose a new password (package account).
type Resets interface {
	ResetAttacked(ctx context.Context, u core.User, k core.Knocker, o core.Origin) error
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}

// Deps are the parts a Service works with.
type Deps struct {
	Pauses       Pauses
	Kept         AppPasswords
	Endings      AppPasswordEndings
	Applications Applications
	Ring         *secret.Ring // behind the hashes of app passwords
	People       People
	Logins       Logins
	Passwords    Passwords
	Renewals     Renewals
	Throttle     Throttle
	Resets       Resets
	Post         Post
	Clock        core.Clock
	Random       core.Random
	Logger       *slog.Logger
}

// Service lets password clients in. It is safe for concurrent use.
type Service struct {
	Deps
	seen  *memory
	heard heard
	uses  uses
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{
		Deps: d, seen: newMemory(d.Random), heard: heard{all: map[core.ID]*hearing{}}, uses: uses{pending: map[core.ID]core.AppPasswordUse{}},
	}
}

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

// record is an event with the mails it calls for.
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, u)}
}

func actorOf(u core.User) core.Actor {
	return core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}
}
