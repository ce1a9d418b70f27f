package passwordclient

import (
	"context"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
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

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}

// Deps are the parts a Service works with.
type Deps struct {
	Pauses Pauses
	People People
	Post   Post
	Clock  core.Clock
	Random core.Random
	Logger *slog.Logger
}

// Service lets password clients in. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

// record is an event with the mails it calls for.
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{Events: []core.Event{e}, Messages: s.Post.Notices(e, u)}
}

func actorOf(u core.User) core.Actor {
	return core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}
}
