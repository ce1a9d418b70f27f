package chart

import (
	"slices"
	"strconv"
	"strings"
)

// Size is the plot without its labels, in units of the drawing.
type Size struct{ Width, Height float64 }

// Drawing is a chart ready to be drawn in a plot whose upper left corner is 0,0.
type Drawing struct {
	Size
	// Paths is one closed path a series, in their order: a bar for each day, upon
	// the bars of the series before.
	Paths []string
	Ticks []Tick
	// Days is where each day's bar has its middle.
	Days []float64
}

// Tick is one line of the scale.
type Tick struct {
	Y     float64
	Value int
}

// gap is how much of a day's width is left free between two bars.
const gap = 0.2

// Stack lays the series of a chart upon each other. All have a value for each
// day; negative ones count as 0.
func Stack(size Size, series [][]int) Drawing {
	days := 0
	for _, values := range series {
		days = max(days, len(values))
	}
	totals := make([]int, days)
	for _, values := range series {
		for day, n := range values {
			totals[day] += max(n, 0)
		}
	}
	top := 0
	if days > 0 {
		top = slices.Max(totals)
	}
	step := roundStep(top)
	ceiling := (max(top, 1) + step - 1) / step * step
	d := Drawing{Size: size}
	for value := 0; value <= ceiling; value += step {
		d.Ticks = append(d.Ticks, Tick{Y: size.Height * (1 - float64(value)/float64(ceiling)), Value: value})
	}
	width := size.Width / float64(max(days, 1))
	for day := range days {
		d.Days = append(d.Days, (float64(day)+0.5)*width)
	}
	below := make([]int, days)
	for _, values := range series {
		d.Paths = append(d.Paths, bars(size, values, below, width, ceiling))
	}
	return d
}

// bars draws one series upon what is below, and raises that.
func bars(size Size, values, below []int, width float64, ceiling int) string {
	var path strings.Builder
	height := func(n int) float64 { return size.Height * float64(n) / float64(ceiling) }
	for day, n := range values {
		if n <= 0 {
			continue
		}
		x, y := (float64(day)+gap/2)*width, size.Height-height(below[day]+n)
		path.WriteString("M" + number(x) + " " + number(y) + "h" + number(width*(1-gap)) + "v" + number(height(n)) + "h-" + number(width*(1-gap)) + "z")
		below[day] += n
	}
	return path.String()
}

// number is a coordinate with at most two digits behind the point.
func number(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}

// roundStep returns 1, 2 or 5 times a power of ten, so that at most five steps
// reach top.
func roundStep(top int) int {
	for power := 1; ; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if step := n * power; step*5 >= top {
				return step
			}
		}
	}
}
