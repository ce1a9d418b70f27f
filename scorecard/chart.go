package scorecard

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// chart is a drawing of one measure, in its own units of width and height. It
// is made twice per page, wide and narrow, so that its letters keep their size
// on a telephone; the style sheet shows one.
type chart struct {
	Class         string
	Width, Height int
	Line          string // points of the polyline
	Points        []point
	Ticks         []tick
	Right         int
}

type point struct {
	X, Y          float64
	Label, Period string // empty where there is no room
	LabelY        float64
	Tip           string
}

type tick struct {
	Y     float64
	Label string
}

// The room around the drawing for its letters.
const (
	marginLeft, marginRight = 52, 26
	marginTop, marginBottom = 28, 34
	labelRoom               = 58 // width of a period below the axis
)

func newChart(class string, m Measure, width, height int) chart {
	c := chart{Class: class, Width: width, Height: height, Right: width - marginRight}
	low, high, step := scale(m.Values)
	y := func(v float64) float64 {
		return marginTop + (high-v)/(high-low)*float64(height-marginTop-marginBottom)
	}
	for i := range int(math.Round((high-low)/step)) + 1 {
		v := low + float64(i)*step
		c.Ticks = append(c.Ticks, tick{Y: round(y(v)), Label: number(v)})
	}
	room := float64(width - marginLeft - marginRight)
	every := max(1, int(math.Ceil(float64(len(m.Values))*labelRoom/room)))
	var line strings.Builder
	for i, v := range m.Values {
		x := marginLeft + room/2
		if n := len(m.Values); n > 1 {
			x = marginLeft + room*float64(i)/float64(n-1)
		}
		p := point{X: round(x), Y: round(y(v.Value)), Tip: v.Period + ": " + number(v.Value)}
		p.LabelY = p.Y - 10
		// Counted from the end, so that the newest value always has its label.
		if (len(m.Values)-1-i)%every == 0 {
			p.Label, p.Period = number(v.Value), v.Period
		}
		c.Points = append(c.Points, p)
		fmt.Fprintf(&line, "%g,%g ", p.X, p.Y)
	}
	c.Line = strings.TrimSpace(line.String())
	return c
}

// scale returns round numbers around the values, three to six steps apart.
func scale(values []Value) (low, high, step float64) {
	low, high = values[0].Value, values[0].Value
	for _, v := range values {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	// Values that differ by next to nothing are drawn as a flat line: steps
	// between them would be finer than a float64 can count.
	if high-low <= 1e-9*max(math.Abs(low), math.Abs(high)) {
		low, high = low-1-math.Abs(low)/10, high+1+math.Abs(high)/10
	}
	rough := (high - low) / 4
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, f := range []float64{1, 2, 5, 10} {
		if step = unit * f; step >= rough {
			break
		}
	}
	return math.Floor(low/step) * step, math.Ceil(high/step) * step, step
}

func round(f float64) float64 { return math.Round(f*10) / 10 }

// number writes a value for people: at most two decimals, thousands apart.
func number(f float64) string {
	s := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(math.Abs(f), 'f', 2, 64), "0"), ".")
	whole, rest, point := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	if f < 0 && whole != "0" {
		return "−" + whole
	}
	return whole
}
