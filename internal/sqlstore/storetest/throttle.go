package storetest

import (
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// asError is errors.As for the store's own error.
func asError(err error, e **core.Error) bool { return errors.As(err, e) }

// pair is a bucket with the numbers of the design.
func pair(key string) core.Bucket {
	return core.Bucket{Key: key, Rule: core.BucketRule{Limit: 5, Window: 15 * time.Minute, FirstWait: 30 * time.Second, MaxWait: time.Hour, Lease: time.Minute}}
}

func throttleTests() map[string]test {
	return map[string]test{
		"waits double and are forgotten":        waitsDouble,
		"failures are forgotten after a window": failuresForgotten,
		"a lease runs out by itself":            leaseRunsOut,
		"freed and right leave no failure":      freedAndRight,
		"right keeps the leases of others":      rightKeepsLeases,
		"all buckets or none":                   allOrNone,
		"counted buckets only count":            countedOnly,
		"unlock forgets one account":            unlock,
		"who waits is found":                    whoWaits,
	}
}

func (w *world) take(buckets ...core.Bucket) time.Duration {
	w.t.Helper()
	taken, err := w.store.Take(w.ctx, buckets, nil, w.clock())
	w.must(err)
	return taken.Wait
}

func (w *world) settle(o core.Outcome, buckets ...core.Bucket) {
	w.t.Helper()
	w.must(w.store.Settle(w.ctx, buckets, nil, o, w.clock(), core.Record{}))
}

func waitsDouble(w *world) {
	b := pair("user|n")
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
		w.settle(core.OutcomeWrong, b)
	}
	for wait := b.Rule.FirstWait; wait < 2*b.Rule.MaxWait; wait *= 2 {
		want := min(wait, b.Rule.MaxWait)
		same(w, w.take(b), want)
		w.pass(want)
		same(w, w.take(b), time.Duration(0))
		same(w, w.take(b), time.Second) // one at a time
		w.settle(core.OutcomeWrong, b)
	}
	w.pass(b.Rule.MaxWait + b.Rule.Window)
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
	}
	same(w, w.take(b), time.Second)
}

func failuresForgotten(w *world) {
	b := pair("user|n")
	for range b.Rule.Limit - 1 {
		w.settle(core.OutcomeWrong, b)
		w.pass(time.Minute)
	}
	w.pass(b.Rule.Window - 4*time.Minute)
	w.settle(core.OutcomeWrong, b) // the first of a new window
	same(w, w.take(b), time.Duration(0))
	same(w, w.take(b), time.Duration(0))
}

func leaseRunsOut(w *world) {
	b := pair("user|n")
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
	}
	same(w, w.take(b), time.Second)
	w.pass(b.Rule.Lease)
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
	}
}

func freedAndRight(w *world) {
	b := pair("user|n")
	for range 20 {
		same(w, w.take(b), time.Duration(0))
		w.settle(core.OutcomeFreed, b)
	}
	for range b.Rule.Limit - 1 {
		w.settle(core.OutcomeWrong, b)
	}
	same(w, w.take(b), time.Duration(0))
	w.settle(core.OutcomeRight, b)
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
	}
	u := w.person(w.organization("One"), "ada")
	c := w.completion(u, nil, nil)
	c.Slots = []core.Bucket{b}
	w.settle(core.OutcomeWrong, b)
	w.must(w.store.CompleteSignIn(w.ctx, c))
	w.count("failures after a sign-in", w.rows("throttle WHERE failures > 0"), 0)
}

func rightKeepsLeases(w *world) {
	b := pair("user|n")
	for range b.Rule.Limit {
		same(w, w.take(b), time.Duration(0))
	}
	w.settle(core.OutcomeRight, b)
	same(w, w.take(b), time.Duration(0))
	same(w, w.take(b), time.Second)
}

func allOrNone(w *world) {
	full, free := pair("a-full"), pair("b-free")
	for range full.Rule.Limit {
		w.settle(core.OutcomeWrong, full)
	}
	same(w, w.take(free, full), full.Rule.FirstWait)
	w.count("leases of the free one", w.rows("throttle WHERE leased > 0"), 0)
}

func countedOnly(w *world) {
	counted := core.Bucket{Key: "address|192.0.2.7", Rule: core.BucketRule{Window: 10 * time.Minute}}
	for n := range 100 {
		taken, err := w.store.Take(w.ctx, []core.Bucket{pair("user|n")}, []core.Bucket{counted, {Key: "other"}}, w.clock())
		w.must(err)
		if taken.Wait == 0 {
			w.count("failures", taken.Failures[counted.Key], n)
		}
		w.must(w.store.Settle(w.ctx, nil, []core.Bucket{counted}, core.OutcomeWrong, w.clock(), core.Record{}))
		w.settle(core.OutcomeFreed, pair("user|n"))
	}
	w.pass(10 * time.Minute)
	taken, err := w.store.Take(w.ctx, nil, []core.Bucket{counted}, w.clock())
	w.must(err)
	w.count("failures later", taken.Failures[counted.Key], 0)
}

func unlock(w *world) {
	for _, key := range []string{"userA|n:x", "userA|all", "usera|n", "userA", "userAB|n", "userA%|n"} {
		w.settle(core.OutcomeWrong, pair(key))
	}
	w.must(w.store.ClearPrefixes(w.ctx, []string{"userA|"}, core.Record{}))
	w.count("buckets", w.rows("throttle"), 4)
}

// whoWaits: people wait from the failure at the limit on, in each network apart,
// until the wait ends or their buckets are forgotten; others see none of it.
func whoWaits(w *world) {
	o, other := w.organization("One"), w.organization("Two")
	ana, bea := w.person(o, "ana"), w.person(o, "bea")
	near, far := pair("ana|n:near"), pair("ana|n:far")
	near.UserID, far.UserID = ana.ID, ana.ID
	waiting := func(o core.Organization) (names []string) {
		found, err := w.store.SearchPeople(w.ctx, core.PersonFilter{OrganizationID: o.ID, Waiting: true, Limit: 10, Now: w.clock()})
		w.must(err)
		for _, a := range found.People {
			names = append(names, a.User.FirstName)
		}
		return names
	}
	waits := func(o core.Organization, u core.User) []string {
		keys, _, err := w.store.Waits(w.ctx, o.ID, u.ID, w.clock())
		w.must(err)
		return keys
	}
	for range near.Rule.Limit {
		same(w, waiting(o), nil)
		w.take(near)
		w.settle(core.OutcomeWrong, near, pair("nobody|n:near"))
	}
	for range near.Rule.Limit + 1 {
		w.settle(core.OutcomeWrong, far)
	}
	same(w, waiting(o), []string{ana.FirstName})
	same(w, waits(o, ana), []string{"ana|n:far", "ana|n:near"})
	same(w, waits(o, bea), nil)
	same(w, waiting(other), nil)
	same(w, waits(other, ana), nil)
	w.pass(near.Rule.FirstWait)
	same(w, waits(o, ana), []string{"ana|n:far"})
	w.must(w.store.ClearPrefixes(w.ctx, []string{"bea|", "ana|"}, core.Record{}))
	same(w, waiting(o), nil)
	same(w, waits(o, ana), nil)
}
