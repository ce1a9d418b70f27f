package loadschedule_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadschedule"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestTimes: the next turns, by the clock on the wall, also where it is changed.
func TestTimes(t *testing.T) {
	tests := []struct {
		name, cron, zone, after string
		want                    []string
	}{
		{"every day", "30 6 * * *", "Europe/Madrid", "2026-11-24T05:30:00Z", []string{"2026-11-25T05:30:00Z", "2026-11-26T05:30:00Z", "2026-11-27T05:30:00Z"}},
		{"every Monday, and Sunday as 7", "0 9 * * 1,7", "UTC", "2026-11-24T00:00:00Z", []string{"2026-11-29T09:00:00Z", "2026-11-30T09:00:00Z", "2026-12-06T09:00:00Z"}},
		{"every month", "5 0 28 * *", "UTC", "2026-12-29T00:00:00Z", []string{"2027-01-28T00:05:00Z", "2027-02-28T00:05:00Z", "2027-03-28T00:05:00Z"}},
		{"a day of the month or of the week", "0 0 1 * 5", "UTC", "2026-11-27T00:00:00Z", []string{"2026-12-01T00:00:00Z", "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z"}},
		{"steps and ranges", "*/30 8-9 * * 1-5", "UTC", "2026-11-27T09:00:00Z", []string{"2026-11-27T09:30:00Z", "2026-11-30T08:00:00Z", "2026-11-30T08:30:00Z"}},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-11-24T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		// 2026-03-29, 02:00 to 03:00 is skipped; 2026-10-25, 02:00 to 03:00 comes twice.
		{"a time that is skipped comes when the clock jumps", "30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"a time that is shown twice comes once", "30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"every hour comes in both", "0 * * * *", "Europe/Madrid", "2026-10-24T23:30:00Z", []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
		{"a midnight that is skipped", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", []string{"2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"}},
		{"half an hour's change", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			times, err := loadschedule.ParseTimes(tt.cron, zone(t, tt.zone))
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, at := range times.After(after, len(tt.want)) {
				got = append(got, at.UTC().Format(time.RFC3339))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTimesThatAreNone(t *testing.T) {
	for cron, want := range map[string]string{
		"": "schedule.cron", "* * * *": "schedule.cron", "0 0 0 * *": "schedule.cron", "60 0 * * *": "schedule.cron", "0 24 * * *": "schedule.cron",
		"0 0 * 13 *": "schedule.cron", "0 0 * * 8": "schedule.cron", "a 0 * * *": "schedule.cron", "-1 0 * * *": "schedule.cron", "0 0 5-1 * *": "schedule.cron",
		"*/0 0 * * *": "schedule.cron", "0 0 30 2 *": "schedule.cron", "0 0 * * * *": "schedule.cron", "@daily": "schedule.cron", "+1 0 * * *": "schedule.cron",
		"1,,2 0 * * *": "schedule.cron", "* * * * *": "schedule.often", "*/4 * * * *": "schedule.often", "0,3 1 * * *": "schedule.often", "0,58 0,23 * * *": "schedule.often",
	} {
		_, err := loadschedule.ParseTimes(cron, time.UTC)
		if core.CodeOf(err) != want {
			t.Errorf("%q: %v, want %s", cron, err, want)
		}
	}
	if _, err := loadschedule.ParseTimes("*/5 * * * *", time.UTC); err != nil {
		t.Errorf("every five minutes: %v", err)
	}
}

// FuzzTimes: whatever is typed is refused or has turns that lie far enough apart.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{"0 6 * * *", "*/5 * * * *", "0 0 29 2 *", "1-59/2 0,12 1,15 */2 1-5", "9 9 9 9"} {
		f.Add(text)
	}
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		times, err := loadschedule.ParseTimes(text, madrid)
		var ours *core.Error
		if err != nil {
			if !errors.As(err, &ours) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		last := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		for _, at := range times.After(last, 3) {
			if !at.After(last) {
				t.Errorf("%q: %v is not after %v", text, at, last)
			}
			last = at
		}
	})
}
