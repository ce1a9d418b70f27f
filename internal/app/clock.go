package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The rules of the one clock (law 7).
const (
	clockCheck = 30 * time.Second
	clockLimit = 5 * time.Second // further apart than this the server is not ready
	// clockSlow is how long an answer may take that says what time it is there; a
	// slower one counts only where no better one came for clockMemory.
	clockSlow   = time.Second
	clockMemory = 5 * time.Minute
)

// clock is the host's clock corrected by its offset to the database's, so that
// replicas agree on when a code expires.
type clock struct {
	host   core.Clock
	offset atomic.Int64 // nanoseconds to add
	ask    func(ctx context.Context) (time.Time, error)
	// When the database last answered promptly, by the host's clock; zero: never.
	// Measuring is one process's own, one after the other.
	prompt time.Time
}

func newClock(host core.Clock) *clock { return &clock{host: host} }

// Now tells the corrected time.
func (c *clock) Now() time.Time {
	return c.host().Add(time.Duration(c.offset.Load()))
}

// measure asks the database for its time and keeps the offset. Half of the
// round trip is taken for the way back, so it may be wrong by as much: an offset
// that may still be right stays, and an answer that was stalled moves nothing
// while a prompt one is fresh.
func (c *clock) measure(ctx context.Context) error {
	before := c.host()
	there, err := c.ask(ctx)
	if err != nil {
		return err
	}
	after := c.host()
	took := after.Sub(before)
	slow := took > clockSlow || took < 0 // the host's clock was set back meanwhile
	if slow && !c.prompt.IsZero() && after.Sub(c.prompt).Abs() < clockMemory {
		return nil
	}
	if !slow {
		c.prompt = after
	}
	offset := there.Sub(before.Add(took / 2))
	if present := time.Duration(c.offset.Load()); (offset - present).Abs() > took/2 {
		c.offset.Store(int64(offset))
	}
	return nil
}

// ready reports whether host and database agree well enough.
func (c *clock) ready() bool {
	return time.Duration(c.offset.Load()).Abs() <= clockLimit
}

// run measures every 30 s until ctx ends. A failed measurement keeps the last
// offset: the database being away has its own check.
func (c *clock) run(ctx context.Context, log *slog.Logger) {
	t := time.NewTicker(clockCheck)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := c.measure(ctx); err != nil && ctx.Err() == nil {
				log.Warn("could not read the database's clock", "cause", err)
			}
		}
	}
}
