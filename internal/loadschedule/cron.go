package loadschedule

import (
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// shortest is how many minutes lie between two turns at least.
const shortest = 5

// Times are when a schedule takes its turn: the five fields of cron, by the clock on
// the wall of a zone. No library reads them: the one that is well known leaves out a
// night in spring, when its hour is skipped.
type Times struct {
	minutes [24 * 60]bool
	days    [32]bool
	months  [13]bool
	week    [7]bool
	// eitherDay: the day of the month and that of the week are both given, and one of
	// them is enough.
	eitherDay bool
	hourly    bool // every hour, also one that the clock shows twice
	zone      *time.Location
}

var (
	errCron  = core.NewError(core.Invalid, "schedule.cron")
	errOften = core.NewError(core.Invalid, "schedule.often")
)

// ParseTimes reads minute, hour, day, month and day of the week: numbers, *, lists,
// ranges and steps. Sunday is 0 or 7.
func ParseTimes(text string, zone *time.Location) (Times, error) {
	t := Times{zone: zone}
	fields := strings.Fields(text)
	if len(fields) != 5 || len(text) > 200 {
		return t, errCron
	}
	var set [5][]bool
	for i, bounds := range [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}} {
		var ok bool
		if set[i], ok = parseField(fields[i], bounds[0], bounds[1]); !ok {
			return t, errCron
		}
	}
	copy(t.days[:], set[2])
	copy(t.months[:], set[3])
	copy(t.week[:], set[4])
	t.week[0] = t.week[0] || set[4][7]
	t.eitherDay = !strings.HasPrefix(fields[2], "*") && !strings.HasPrefix(fields[4], "*")
	t.hourly = fields[1] == "*"
	for hour, on := range set[1] {
		for minute, also := range set[0] {
			t.minutes[hour*60+minute] = on && also
		}
	}
	if t.closest() < shortest {
		return t, errOften.With("count", shortest)
	}
	if t.After(time.Unix(0, 0), 1) == nil {
		return t, errCron // the 30th of February
	}
	return t, nil
}

func parseField(text string, least, most int) (set []bool, ok bool) {
	set = make([]bool, most+1)
	for part := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(part, "/")
		step, from, to := 1, least, most
		if stepped {
			if step, ok = number(by, 1, most); !ok {
				return nil, false
			}
		}
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			if from, ok = number(first, least, most); !ok {
				return nil, false
			}
			switch {
			case ranged:
				if to, ok = number(last, from, most); !ok {
					return nil, false
				}
			case !stepped:
				to = from
			}
		}
		for n := from; n <= to; n += step {
			set[n] = true
		}
	}
	return set, true
}

func number(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most && len(text) <= 2 && text[0] != '+'
}

// closest is how many minutes lie between two turns where they are nearest, over
// midnight too.
func (t Times) closest() int {
	first, last, least := -1, -1, len(t.minutes)
	for m, on := range t.minutes {
		switch {
		case !on:
		case first < 0:
			first, last = m, m
		default:
			least, last = min(least, m-last), m
		}
	}
	if first < 0 {
		return least
	}
	return min(least, first+len(t.minutes)-last)
}

func (t Times) day(d time.Time) bool {
	month, week := t.days[d.Day()], t.week[d.Weekday()]
	if t.eitherDay {
		return t.months[d.Month()] && (month || week)
	}
	return t.months[d.Month()] && month && week
}

// days is how far ahead is looked: the 29th of February may be eight years away.
const days = 9 * 366

// After returns the next n moments after one; fewer where there are none. A time that
// the clock skips comes at the minute that it jumps to; one that it shows twice comes
// once, unless every hour is meant.
func (t Times) After(after time.Time, n int) []time.Time {
	var all []time.Time
	local := after.In(t.zone)
	noon := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, t.zone)
	for i := range days {
		d := noon.AddDate(0, 0, i)
		if !t.day(d) {
			continue
		}
		for _, at := range t.of(d) {
			if at.After(after) {
				if all = append(all, at); len(all) == n {
					return all
				}
			}
		}
	}
	return all
}

// of returns the moments of a day, given its noon: minute by minute, as only the zone
// knows what its clock shows.
func (t Times) of(noon time.Time) []time.Time {
	const half = 16 * time.Hour // of the longest day there is
	var all []time.Time
	shown := -1 // the latest minute of the day that the clock has shown
	for at := noon.Add(-half); at.Before(noon.Add(half)); at = at.Add(time.Minute) {
		local := at.In(t.zone)
		if local.Day() != noon.Day() {
			continue
		}
		m := local.Hour()*60 + local.Minute()
		if m <= shown {
			if t.hourly && t.minutes[m] {
				all = append(all, at)
			}
			continue
		}
		due := false
		for skipped := shown + 1; skipped <= m; skipped++ {
			due = due || t.minutes[skipped]
		}
		if shown = m; due {
			all = append(all, at)
		}
	}
	return all
}
