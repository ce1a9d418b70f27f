package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/throttle"
)

func busy(err error) bool {
	return core.CodeOf(err) == "busy" && core.KindOf(err) == core.Unavailable && core.WaitOf(err) == 2*time.Second
}

// TestEnter: one network has sixteen places and a queue of its own, in which
// nobody waits longer than five seconds; another one does not notice.
func TestEnter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := throttle.New(nil, throttle.DefaultRules(), time.Now, nil, nil)
		var leaves []func()
		for range 16 {
			leave, err := s.Enter(t.Context(), "10.0.0.0/24")
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		began := time.Now()
		var in, refused, late int
		var mu sync.Mutex
		for range 100 {
			go func() {
				leave, err := s.Enter(t.Context(), "10.0.0.0/24")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
					leave()
				case busy(err) && time.Since(began) == 5*time.Second:
					late++
				case busy(err) && time.Since(began) == 0:
					refused++
				default:
					t.Errorf("after %s: %v", time.Since(began), err)
				}
			}()
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Enter(cancelled, "10.2.0.0/24"); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if leave, err := s.Enter(t.Context(), "10.1.0.0/24"); err != nil || time.Since(began) > 0 {
			t.Errorf("another network: %v after %s", err, time.Since(began))
		} else {
			leave()
		}
		synctest.Wait()
		if refused != 36 || in != 0 {
			t.Errorf("%d in and %d refused at once, want 0 and 36", in, refused)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if late != 64 {
			t.Errorf("%d refused after five seconds, want 64", late)
		}
		for _, leave := range leaves {
			leave()
		}
		if leave, err := s.Enter(t.Context(), "10.0.0.0/24"); err != nil {
			t.Errorf("after all left: %v", err)
		} else {
			leave()
		}
		if n := s.Networks(); n != 0 {
			t.Errorf("%d networks are kept although none does anything", n)
		}
	})
}

// TestEnterInTurn: who waits in a network's queue gets in when another leaves.
func TestEnterInTurn(t *testing.T) {
	s := throttle.New(nil, throttle.DefaultRules(), time.Now, nil, nil)
	var g sync.WaitGroup
	for range 80 {
		g.Go(func() {
			leave, err := s.Enter(t.Context(), "10.0.0.0/24")
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond)
			leave()
		})
	}
	g.Wait()
	if n := s.Networks(); n != 0 {
		t.Errorf("%d networks are kept although none does anything", n)
	}
}

// TestDelaysOfOneNetwork: one network holds sixteen delayed requests at once;
// another one still has room.
func TestDelaysOfOneNetwork(t *testing.T) {
	d := newDesk(t)
	for _, network := range []string{"10.0.0", "10.0.1"} {
		for i := range 12 {
			d.try(from(core.ID(fmt.Sprintf("u%d", i)), network), core.OutcomeWrong)
		}
	}
	hold := make(chan struct{})
	d.hold = func() { <-hold }
	var g sync.WaitGroup
	results := make(chan error, 40)
	begin := func(network string, n int) {
		for i := range n {
			g.Go(func() {
				_, err := d.Begin(t.Context(), from(core.ID(fmt.Sprintf("v%d", i)), network))
				results <- err
			})
		}
	}
	begin("10.0.0", 20)
	for range 4 {
		if err := <-results; !busy(err) {
			t.Errorf("more than sixteen of one network: %v, want busy", err)
		}
	}
	begin("10.0.1", 1)
	close(hold)
	g.Wait()
	close(results)
	for err := range results {
		if err != nil {
			t.Errorf("among the first sixteen, or of another network: %v", err)
		}
	}
}
