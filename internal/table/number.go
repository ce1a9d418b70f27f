package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// format is what matters of how a cell shows its number.
type format struct {
	date, clock bool // parts of it
	elapsed     bool // a length of time, over 24 hours too
	zeros       int  // digits that are filled up with zeros: 00042
}

// builtIn is the format of a number that every workbook knows (ECMA-376, 18.8.30).
func builtIn(id string) format {
	n, ok := whole(id)
	switch {
	case !ok:
		return format{}
	case n >= 14 && n <= 17, n >= 27 && n <= 31, n == 36, n >= 50 && n <= 54, n == 57, n == 58:
		return format{date: true}
	case n >= 18 && n <= 21, n >= 32 && n <= 35, n == 45, n == 47, n == 55, n == 56:
		return format{clock: true}
	case n == 22:
		return format{date: true, clock: true}
	case n == 46:
		return format{elapsed: true}
	}
	return format{}
}

// formatOf reads a format's code, of which the part for positive numbers counts:
// years and days make a date, hours and seconds a time; m is a month or a minute.
func formatOf(code string) format {
	if strings.Trim(code, "0") == "" {
		return format{zeros: min(len(code), 32)}
	}
	if len(code) >= 7 && strings.EqualFold(code[:7], "general") {
		return format{}
	}
	var f format
	minute := false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return f.settled(minute)
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], closer(c))
			if end < 0 {
				return f.settled(minute)
			}
			inside := strings.ToLower(code[i+1 : i+1+end])
			f.elapsed = f.elapsed || c == '[' && inside != "" && strings.Trim(inside, inside[:1]) == "" && strings.Contains("hms", inside[:1])
			i += end + 1
		case 'y', 'Y', 'd', 'D':
			f.date = true
		case 'h', 'H', 's', 'S':
			f.clock = true
		case 'm', 'M':
			minute = true
		}
	}
	return f.settled(minute)
}

// closer is what ends a quoted or bracketed part of a code.
func closer(opening byte) byte {
	if opening == '[' {
		return ']'
	}
	return opening
}

// settled says what m was: a minute beside a time, and else a month.
func (f format) settled(m bool) format {
	if m && !f.clock && !f.elapsed {
		f.date = true
	}
	return f
}

// lastDay is the last that Excel knows, 31 December 9999.
const lastDay = 2_958_466

// show writes a number as its cell shows it: dates as ISO 8601 has them, others
// with the 15 digits that Excel keeps. It is false for a date that there is not.
func (f format) show(value string, since04 bool) (string, bool) {
	if value == "" {
		return "", true
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return value, true
	}
	if !f.date && !f.clock && !f.elapsed {
		text := general(n)
		if missing := f.zeros - len(text); missing > 0 && n >= 0 && !strings.ContainsAny(text, ".E") {
			text = strings.Repeat("0", missing) + text
		}
		return text, true
	}
	if n < 0 || n >= lastDay {
		return value, false
	}
	days, seconds := int(n), int(math.Round((n-math.Floor(n))*86400))
	if f.elapsed && !f.date {
		seconds += days * 86400
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60), true
	}
	days, seconds = days+seconds/86400, seconds%86400
	clock := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	switch {
	case !f.date:
		return clock, true
	case f.clock:
		return day(days, since04) + "T" + clock, true
	}
	return day(days, since04), true
}

// day is the date of a number. Excel counts from 1900 as if that had been a leap
// year, so its day 60 is one that never was.
func day(n int, since04 bool) string {
	begin := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case since04:
		begin = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case n == 60:
		return "1900-02-29"
	case n < 60:
		begin = begin.AddDate(0, 0, 1)
	}
	return begin.AddDate(0, 0, n).Format(time.DateOnly)
}

// general writes a number without an exponent where 15 digits can say it.
func general(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatInt(int64(n), 10)
	}
	short := strconv.FormatFloat(n, 'g', 15, 64)
	kept, err := strconv.ParseFloat(short, 64)
	if size := math.Abs(n); err != nil || size >= 1e21 || size < 1e-9 {
		return strings.ToUpper(short)
	}
	return strconv.FormatFloat(kept, 'f', -1, 64)
}

// unescape reads what XML cannot hold and Excel writes as _x000D_.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if r, ok := escaped(text[i:]); ok {
			b.WriteRune(r)
			i += len("_x0000_")
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// escaped is the letter that a text begins with in that form.
func escaped(text string) (rune, bool) {
	if len(text) < 7 || text[:2] != "_x" || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil && !utf16.IsSurrogate(rune(n))
}
