package throttle_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
	"github.com/sallyport/sallyport/internal/throttle"
)

// desk is a service over a real store, with a clock that stands still and a
// record of the delays it would have waited.
type desk struct {
	*throttle.Service
	t      *testing.T
	now    time.Time
	waited []time.Duration
	hold   func() // where set, a delay lasts as long as it
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return d.now }
	random := func(b []byte) { _, _ = rand.Read(b) }
	store, _ := storetest.Open(t, clock, random)
	mac := func(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }
	d.Service = throttle.New(store, throttle.DefaultRules(), clock, mac, func(_ context.Context, w time.Duration) error {
		if d.hold != nil {
			d.hold()
			return nil
		}
		d.waited = append(d.waited, w)
		return nil
	})
	return d
}

// try takes a ticket and settles it; it reports whether the try was allowed.
func (d *desk) try(k core.Knocker, o core.Outcome) bool {
	d.t.Helper()
	ticket, err := d.Begin(d.t.Context(), k)
	if core.KindOf(err) == core.RateLimited && err != nil {
		return false
	}
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.Settle(d.t.Context(), ticket, o, core.Record{}); err != nil {
		d.t.Fatal(err)
	}
	return true
}

func from(user core.ID, network string) core.Knocker {
	return core.Knocker{UserID: user, Login: string(user) + "@example.com", Network: network, Address: network + ".7"}
}

func TestWaitsDouble(t *testing.T) {
	for _, k := range []core.Knocker{from("u1", "10.0.0"), {Login: "nobody@example.com", Network: "10.0.1", Address: "10.0.1.7"}} {
		d := newDesk(t)
		for i := range 5 {
			if !d.try(k, core.OutcomeWrong) {
				t.Fatalf("try %d was refused, want five", i+1)
			}
		}
		for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
			d.now = d.now.Add(wait - time.Second)
			if d.try(k, core.OutcomeRight) {
				t.Fatalf("let in a second before a wait of %v was over", wait)
			}
			d.now = d.now.Add(time.Second)
			if !d.try(k, core.OutcomeWrong) {
				t.Fatalf("refused after a wait of %v", wait)
			}
		}
	}
}

func TestOthersAreNotTouched(t *testing.T) {
	d := newDesk(t)
	for d.try(from("u1", "10.0.0"), core.OutcomeWrong) {
	}
	known := from("u1", "10.0.0")
	known.BrowserHash = "browser"
	for name, k := range map[string]core.Knocker{"another network": from("u1", "10.9.9"), "another person": from("u2", "10.0.0"), "a known browser there": known} {
		if !d.try(k, core.OutcomeRight) {
			t.Errorf("%s was refused for what a stranger did", name)
		}
	}
}

func TestRightClears(t *testing.T) {
	d := newDesk(t)
	k := from("u1", "10.0.0")
	for range 10 {
		for range 4 {
			d.try(k, core.OutcomeWrong)
		}
		if !d.try(k, core.OutcomeRight) {
			t.Fatal("refused on the fifth try although each fifth was right")
		}
	}
}

func TestFreedIsNoFailure(t *testing.T) {
	d := newDesk(t)
	for i := range 20 {
		if !d.try(from("u1", "10.0.0"), core.OutcomeFreed) {
			t.Fatalf("try %d refused although none was wrong", i+1)
		}
	}
}

// TestParallel: of two hundred at once no more than five are ever under way.
func TestParallel(t *testing.T) {
	d := newDesk(t)
	k := from("u1", "10.0.0")
	var in, refused atomic.Int64
	var g sync.WaitGroup
	for range 200 {
		g.Go(func() {
			_, err := d.Begin(t.Context(), k)
			switch {
			case err == nil:
				in.Add(1) // never settled: its lease stays
			case errors.Is(err, core.NewError(core.RateLimited, "signin.limited")) && core.WaitOf(err) > 0:
				refused.Add(1)
			default:
				t.Errorf("Begin: %v", err)
			}
		})
	}
	g.Wait()
	if in.Load() != 5 || refused.Load() != 195 {
		t.Errorf("%d in and %d refused, want 5 and 195", in.Load(), refused.Load())
	}
	d.now = d.now.Add(time.Minute)
	if !d.try(k, core.OutcomeRight) {
		t.Error("leases of callers that went away were not freed after a minute")
	}
}

// TestAddressIsDelayedNeverRefused: thirty failures from an address, or ten
// accounts, slow it; even then a right password gets in (RL6).
func TestAddressIsDelayedNeverRefused(t *testing.T) {
	d := newDesk(t)
	for i := range 12 {
		k := from(core.ID(fmt.Sprintf("u%d", i)), "10.0.0")
		if !d.try(k, core.OutcomeWrong) {
			t.Fatalf("account %d was refused", i)
		}
	}
	if len(d.waited) == 0 {
		t.Fatal("an address that tried a dozen accounts was not slowed")
	}
	if !d.try(from("u99", "10.0.0"), core.OutcomeRight) {
		t.Error("an address was refused, want delayed")
	}
	for _, w := range d.waited {
		if w <= 0 || w > throttle.DefaultRules().MaxDelay {
			t.Errorf("delay %v, want up to %v", w, throttle.DefaultRules().MaxDelay)
		}
	}
}

// TestSiege: a hundred failures in a row from everywhere leave strangers one try
// per network; the known browser keeps its own, and unlock ends it (RL5).
func TestSiege(t *testing.T) {
	d := newDesk(t)
	known := from("u1", "10.200.0")
	known.BrowserHash = "browser"
	for i := range 100 {
		d.try(from("u1", fmt.Sprintf("10.1.%d", i)), core.OutcomeWrong)
	}
	stranger := from("u1", "10.2.0")
	if !d.try(stranger, core.OutcomeWrong) {
		t.Error("a stranger's first try from a network was refused")
	}
	if d.try(stranger, core.OutcomeRight) {
		t.Error("a second try from a strange network was let through during the siege")
	}
	if !d.try(known, core.OutcomeFreed) {
		t.Error("the known browser was shut out")
	}
	if err := d.Unlock(t.Context(), "u1", []string{"u1@example.com"}, core.Record{}); err != nil {
		t.Fatal(err)
	}
	if !d.try(stranger, core.OutcomeRight) {
		t.Error("unlock did not let a stranger try again")
	}
}
