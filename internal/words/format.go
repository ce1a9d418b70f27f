package words

import (
	"fmt"
	"strconv"
	"time"
)

// Time returns a moment as read in a zone (IANA name; empty or unknown means
// UTC), for example "23 November 2026, 10:42".
func (p Printer) Time(t time.Time, zone string) string {
	at, _ := p.at(t, zone)
	return p.T("time.moment", "date", p.date(at), "clock", clock(at))
}

// Recent is [Printer.Time] in the words people use for the last two days, seen
// from now in the same zone: "Today, 10:42", "Yesterday, 09:12".
func (p Printer) Recent(t, now time.Time, zone string) string {
	at, _ := p.at(t, zone)
	today, _ := p.at(now, zone)
	switch day := at.Format(time.DateOnly); day {
	case today.Format(time.DateOnly):
		return p.T("time.today", "clock", clock(at))
	case today.AddDate(0, 0, -1).Format(time.DateOnly):
		return p.T("time.yesterday", "clock", clock(at))
	}
	return p.Time(t, zone)
}

// TimeAndZone is [Printer.Time] with the name of the zone behind it, for emails,
// which are read far from the page: "23 November 2026, 10:42 Europe/London".
func (p Printer) TimeAndZone(t time.Time, zone string) string {
	at, name := p.at(t, zone)
	return p.T("time.moment_zone", "date", p.date(at), "clock", clock(at), "zone", name)
}

// ClockAndZone returns the time of day with its zone, without digits that look
// like a code beside it: "10:42 Europe/London".
func (p Printer) ClockAndZone(t time.Time, zone string) string {
	at, name := p.at(t, zone)
	return p.T("time.clock_zone", "clock", clock(at), "zone", name)
}

// Clock returns the time of day to the second: "14:05:12".
func (p Printer) Clock(t time.Time, zone string) string {
	at, _ := p.at(t, zone)
	return at.Format("15:04:05")
}

// Date returns a day as read in a zone: "23 November 2026".
func (p Printer) Date(t time.Time, zone string) string {
	at, _ := p.at(t, zone)
	return p.date(at)
}

func (p Printer) date(at time.Time) string {
	month := p.T(fmt.Sprintf("time.month.%d", at.Month()))
	return p.T("time.date", "day", at.Day(), "month", month, "year", strconv.Itoa(at.Year()))
}

func clock(at time.Time) string { return at.Format("15:04") }

// Duration returns a length of time in words, rounded up so that waiting for it
// is always enough: seconds up to a minute, minutes up to two hours, hours up
// to two days, then days. "30 seconds", "2 minutes", "1 hour", "7 days".
func (p Printer) Duration(d time.Duration) string {
	up := func(unit time.Duration) int64 { return int64((max(d, 0) + unit - 1) / unit) }
	switch minutes := up(time.Minute); {
	case d < time.Minute:
		return p.T("time.seconds", "count", up(time.Second))
	case minutes < 120 && minutes != 60:
		return p.T("time.minutes", "count", minutes)
	case up(time.Hour) < 48:
		return p.T("time.hours", "count", up(time.Hour))
	}
	return p.T("time.days", "count", up(24*time.Hour))
}

// at turns a moment to a zone and returns the name people know it by.
func (p Printer) at(t time.Time, zone string) (time.Time, string) {
	if zone == "" || zone == "UTC" || zone == "Local" {
		return t.UTC(), "UTC"
	}
	if known, ok := p.catalogue.zones.Load(zone); ok {
		return t.In(known.(*time.Location)), zone
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return t.UTC(), "UTC"
	}
	p.catalogue.zones.Store(zone, location)
	return t.In(location), zone
}
