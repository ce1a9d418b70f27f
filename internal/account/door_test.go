package account_test

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// door is a throttle of five per account and browser, on the real store's
// counters.
type door struct {
	store *sqlstore.Store
	clock core.Clock
}

func (w *door) Begin(ctx context.Context, k core.Knocker) (core.Ticket, error) {
	rule := core.BucketRule{Limit: 5, Window: 15 * time.Minute, FirstWait: 30 * time.Second, MaxWait: time.Hour, Lease: time.Minute}
	slots := []core.Bucket{{Key: string(k.UserID) + "|" + k.Login + "|" + k.BrowserHash, Rule: rule}}
	taken, err := w.store.Take(ctx, slots, nil, w.clock())
	if err != nil {
		return core.Ticket{}, err
	}
	if taken.Wait > 0 {
		return core.Ticket{}, core.NewError(core.RateLimited, "signin.limited").With("wait", taken.Wait)
	}
	return core.Ticket{Leased: slots, Clears: slots}, nil
}

func (*door) Enter(context.Context, string) (func(), error) { return func() {}, nil }

func (w *door) Settle(ctx context.Context, t core.Ticket, o core.Outcome, r core.Record) error {
	return w.store.Settle(ctx, t.Leased, nil, o, w.clock(), r)
}
