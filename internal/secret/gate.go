package secret

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The gate in front of password hashing (PW10).
const (
	queueLength = 64
	queueWait   = 5 * time.Second
	busyWait    = 2 * time.Second // what a refused caller is told to wait
)

// gate lets as many callers compute at once as there are cores, lets 64 more
// wait up to 5 seconds in the order they came, and refuses the rest at once.
// Without it, a burst of sign-ins would take cores x 64 MiB x burst of memory
// and finish none of them sooner.
type gate struct {
	places  chan struct{}
	waiting atomic.Int64
}

func newGate(cores int) *gate { return &gate{places: make(chan struct{}, max(cores, 1))} }

// enter waits for a place. It returns the function that gives the place back,
// or core.Error Unavailable "busy" with Params["wait"], or the context's error.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case g.places <- struct{}{}:
		return g.leave, nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > queueLength {
		return nil, errBusy()
	}
	patience := time.NewTimer(queueWait)
	defer patience.Stop()
	select {
	case g.places <- struct{}{}:
		return g.leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-patience.C:
		return nil, errBusy()
	}
}

func (g *gate) leave() { <-g.places }

func errBusy() error {
	return core.NewError(core.Unavailable, "busy").With("wait", busyWait)
}
