package rounds_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/rounds"
)

func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		began, times := time.Now(), []time.Duration{}
		err := rounds.Every(ctx, time.Minute, func(context.Context) {
			if times = append(times, time.Since(began)); len(times) == 3 {
				end()
			}
		})
		if want := []time.Duration{0, time.Minute, 2 * time.Minute}; err != nil || !slices.Equal(times, want) {
			t.Errorf("done at %v (%v), want %v", times, err, want)
		}
	})
}

// TestWork: turns follow at once while there is something to do; a failure, and
// nothing to do, wait for the next look; what fails because the end has come is not
// told of.
func TestWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		fault := errors.New("fault")
		began, times, told := time.Now(), []time.Duration{}, 0
		err := rounds.Work(ctx, time.Second, func(context.Context) (bool, error) {
			times = append(times, time.Since(began))
			switch len(times) {
			case 1, 2:
				return true, nil
			case 3:
				return false, nil
			case 4:
				return true, fault
			}
			end()
			return true, ctx.Err()
		}, func(error) { told++ })
		if want := []time.Duration{0, 0, 0, time.Second, 2 * time.Second}; err != nil || told != 1 || !slices.Equal(times, want) {
			t.Errorf("turns at %v, %d told (%v), want %v and 1", times, told, err, want)
		}
	})
}
