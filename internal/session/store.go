package session

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps sessions and the change table.
type Store interface {
	// SessionByToken returns the session of a cookie's digest with its account,
	// organization and whether its device lives, in one read. ErrNotFound: none.
	SessionByToken(ctx context.Context, tokenHash string) (core.SessionView, error)
	// TouchSessions moves LastSeenAt forward.
	TouchSessions(ctx context.Context, touches []core.SessionTouch) error
	// EndSession ends one session; ending an ended one changes nothing.
	EndSession(ctx context.Context, e core.SessionEnd) error
	// ChangesSince returns the changes at or after since, oldest first.
	ChangesSince(ctx context.Context, since time.Time) ([]core.Change, error)
}
