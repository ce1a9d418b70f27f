package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// Announcements keeps what everybody of an organization is to be told.
type Announcements interface {
	// Announce queues the next batch of an announcement that is due, in one
	// transaction, and returns how many mails; zero where none is.
	Announce(ctx context.Context, now time.Time) (int, error)
}

// Announcer queues announcements batch by batch. Every process runs one; what
// one leaves, because it stopped or was killed, another goes on with.
type Announcer struct {
	Store Announcements
	Clock core.Clock
	Log   *slog.Logger
}

// Run announces until ctx is done.
func (a *Announcer) Run(ctx context.Context) error {
	return rounds.Every(ctx, core.AnnounceEvery, func(ctx context.Context) {
		if _, err := a.Store.Announce(ctx, a.Clock()); err != nil && ctx.Err() == nil {
			a.Log.Warn("announcing failed", "error", err)
		}
	})
}
