package secret_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

func TestGateServesAllThatFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cores = 2
		gate := secret.NewGate(cores)
		var mu sync.Mutex
		inside, most, served := 0, 0, 0
		var all sync.WaitGroup
		for range cores + secret.QueueLength {
			all.Go(func() {
				leave, err := gate.Enter(t.Context())
				if err != nil {
					t.Errorf("refused: %v", err)
					return
				}
				mu.Lock()
				inside++
				most, served = max(most, inside), served+1
				mu.Unlock()
				time.Sleep(50 * time.Millisecond) // the bubble's clock: no real wait
				mu.Lock()
				inside--
				mu.Unlock()
				leave()
			})
		}
		all.Wait()
		if most != cores || served != cores+secret.QueueLength {
			t.Fatalf("at most %d inside, %d served; want %d and %d", most, served, cores, cores+secret.QueueLength)
		}
	})
}

func TestGateRefusesTheOneTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := secret.NewGate(1)
		leave, err := gate.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range secret.QueueLength {
			all.Go(func() {
				if leave, err := gate.Enter(t.Context()); err == nil {
					leave()
				}
			})
		}
		synctest.Wait()
		before := time.Now()
		_, err = gate.Enter(t.Context())
		if core.CodeOf(err) != "busy" || core.KindOf(err) != core.Unavailable || core.WaitOf(err) != 2*time.Second {
			t.Errorf("got %v (kind %v, wait %s)", err, core.KindOf(err), core.WaitOf(err))
		}
		if waited := time.Since(before); waited != 0 {
			t.Errorf("refused after %s, want at once", waited)
		}
		leave()
		all.Wait()
	})
}

func TestGateLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := secret.NewGate(1)
		leave, err := gate.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		_, err = gate.Enter(t.Context())
		if core.CodeOf(err) != "busy" || time.Since(before) != 5*time.Second {
			t.Errorf("got %v after %s, want busy after 5s", err, time.Since(before))
		}
		leave()
		if leave, err = gate.Enter(t.Context()); err != nil {
			t.Fatalf("free again, but %v", err)
		}
		leave()
	})
}

// TestGateForgetsWhoWentAway: cancelled callers leave the queue, so that as
// many others may wait, and a caller that comes cancelled is not let in.
func TestGateForgetsWhoWentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := secret.NewGate(1)
		leave, err := gate.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var gone sync.WaitGroup
		for range secret.QueueLength {
			gone.Go(func() {
				if _, err := gate.Enter(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want %v", err, context.Canceled)
				}
			})
		}
		synctest.Wait()
		cancel()
		gone.Wait()
		var waiting sync.WaitGroup
		for range secret.QueueLength {
			waiting.Go(func() {
				leave, err := gate.Enter(t.Context())
				if err != nil {
					t.Errorf("refused: %v", err)
					return
				}
				leave()
			})
		}
		synctest.Wait()
		leave()
		waiting.Wait()
		if _, err := gate.Enter(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
	})
}
