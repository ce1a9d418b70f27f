package rounds

import (
	"context"
	"time"
)

// Every does something at once, and again after each so long, until ctx ends. It
// returns nil then.
func Every(ctx context.Context, d time.Duration, do func(context.Context)) error {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Work takes turns, one after the other while there is something to do, and looks
// again after each so long, until ctx ends. A turn that fails is told of, and its
// work waits for the next look.
func Work(ctx context.Context, d time.Duration, turn func(context.Context) (some bool, err error), failed func(error)) error {
	return Every(ctx, d, func(ctx context.Context) {
		for ctx.Err() == nil {
			some, err := turn(ctx)
			if err != nil && ctx.Err() == nil {
				failed(err)
			}
			if err != nil || !some {
				return
			}
		}
	})
}
