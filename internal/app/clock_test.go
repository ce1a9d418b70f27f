package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
)

// TestClockIsNotMovedByStalls: the offset to the database's clock is what prompt
// answers say. One that was held up on its way moves nothing while a prompt one is
// fresh, and one that the present offset agrees with moves nothing at all.
func TestClockIsNotMovedByStalls(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	const ms = time.Millisecond
	type answer struct {
		after       time.Duration // since the one before
		there, back time.Duration // the two ways
		ahead       time.Duration // of the database's clock
		want        time.Duration // the offset then
	}
	tests := map[string][]answer{
		"the first one counts":              {{0, ms, ms, 3 * time.Second, 3 * time.Second}},
		"a slow first one that agrees":      {{0, 0, 4 * time.Second, 0, 0}, {time.Minute, ms, ms, 0, 0}},
		"one that does not":                 {{0, time.Second, time.Second, 9 * time.Second, 9 * time.Second}, {time.Minute, ms, ms, 10 * time.Second, 10 * time.Second}},
		"a stall on the way back":           {{0, ms, ms, 0, 0}, {30 * time.Second, 0, 8 * time.Second, 0, 0}},
		"a stall on the way there":          {{0, ms, ms, 0, 0}, {30 * time.Second, 9 * time.Second, 0, 0, 0}},
		"less of one, which agrees":         {{0, ms, ms, 0, 0}, {30 * time.Second, 0, 900 * ms, 0, 0}},
		"a clock that was set":              {{0, ms, ms, 0, 0}, {30 * time.Second, ms, ms, 2 * time.Second, 2 * time.Second}},
		"seen through slow answers, late":   {{0, ms, ms, 0, 0}, {6 * time.Minute, time.Second, time.Second, 20 * time.Second, 20 * time.Second}},
		"a stall does not look like a step": {{0, ms, ms, time.Second, time.Second}, {time.Minute, 3 * time.Second, 0, time.Second, time.Second}},
	}
	for name, answers := range tests {
		t.Run(name, func(t *testing.T) {
			host := start
			var next answer
			c := app.NewClock(func() time.Time { return host }, func(context.Context) (time.Time, error) {
				host = host.Add(next.there)
				told := host.Add(next.ahead)
				host = host.Add(next.back)
				return told, nil
			})
			for i, a := range answers {
				host, next = host.Add(a.after), a
				if err := c.Measure(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := c.Now().Sub(host); got != a.want {
					t.Errorf("after answer %d the offset is %v, want %v", i+1, got, a.want)
				}
			}
		})
	}
}
