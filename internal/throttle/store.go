package throttle

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps the counters in the shared database, so that every replica
// counts alike.
type Store interface {
	// Take leases one slot in each bucket of leased, all or none, each by one
	// atomic statement, so that parallel calls on any number of replicas pass
	// at most the limit; Taken.Wait is more than zero where one refused. It
	// reads the failures of the counted buckets.
	Take(ctx context.Context, leased, counted []core.Bucket, now time.Time) (core.Taken, error)
	// Settle frees the leases; OutcomeWrong also counts a failure in every
	// bucket and starts or doubles its wait; OutcomeRight clears the leased ones.
	Settle(ctx context.Context, leased, counted []core.Bucket, o core.Outcome, now time.Time, r core.Record) error
	// Spend counts one use in each bucket, all or none, each by one conditional
	// update; false where the limit of one is reached in its window.
	Spend(ctx context.Context, buckets []core.Bucket, now time.Time) (bool, error)
	// ClearPrefixes forgets every bucket whose key begins with one of prefixes
	// (unlock).
	ClearPrefixes(ctx context.Context, prefixes []string, r core.Record) error
	// Waits returns the buckets that make a person of an organization wait at now,
	// with the ends of the waits, the longest first.
	Waits(ctx context.Context, organizationID, userID core.ID, now time.Time) (keys []string, ends []time.Time, err error)
}
