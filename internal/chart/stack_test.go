package chart_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/chart"
)

// TestStack draws charts whose every coordinate can be worked out by hand.
func TestStack(t *testing.T) {
	size := chart.Size{Width: 100, Height: 50}
	tests := []struct {
		name   string
		series [][]int
		want   chart.Drawing
	}{
		{"nothing", nil, chart.Drawing{Size: size, Ticks: []chart.Tick{{50, 0}, {0, 1}}}},
		{
			"a day without anything",
			[][]int{{0}, {-3}},
			chart.Drawing{Size: size, Paths: []string{"", ""}, Ticks: []chart.Tick{{50, 0}, {0, 1}}, Days: []float64{50}},
		},
		{
			"two days",
			[][]int{{1, 2}, {3, 0}},
			chart.Drawing{
				Size: size, Days: []float64{25, 75}, Ticks: []chart.Tick{{50, 0}, {37.5, 1}, {25, 2}, {12.5, 3}, {0, 4}},
				Paths: []string{"M5 37.5h40v12.5h-40zM55 25h40v25h-40z", "M5 0h40v37.5h-40z"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, chart.Stack(size, tt.series)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// TestScale: the highest bar always fits, the numbers beside it are round, and
// there are at most six of them.
func TestScale(t *testing.T) {
	round := []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000}
	for top := 1; top <= 200_000; top += 1 + top/7 {
		ticks := chart.Stack(chart.Size{Width: 10, Height: 10}, [][]int{{top}}).Ticks
		last := ticks[len(ticks)-1]
		if last.Value < top || last.Y != 0 || len(ticks) > 6 || len(ticks) < 2 {
			t.Errorf("%d: %v", top, ticks)
		}
		if step := ticks[1].Value; !slices.Contains(round, step) {
			t.Errorf("%d: steps of %d", top, step)
		}
	}
}
