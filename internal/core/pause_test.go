package core_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestPauseCovers: a pause holds for its own network and until its end, and for
// nothing else.
func TestPauseCovers(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	four := core.Pause{ID: "p", Network: "192.0.2.0/24", Until: now.Add(time.Minute)}
	six := core.Pause{ID: "p", Network: "2001:db8:1:2::/64", Until: now.Add(time.Minute)}
	ended, nothing := four, four
	ended.EndedAt, nothing.ID = now.Add(-time.Second), ""
	tests := []struct {
		name  string
		pause core.Pause
		from  string
		at    time.Time
		want  bool
	}{
		{"its own network", four, "192.0.2.200", now, true},
		{"written as IPv6", four, "::ffff:192.0.2.200", now, true},
		{"the network beside it", four, "192.0.3.1", now, false},
		{"IPv6", six, "2001:db8:1:2:ffff::1", now, true},
		{"with a zone", six, "2001:db8:1:2:ffff::1%eth0", now, true},
		{"another /64", six, "2001:db8:1:3::1", now, false},
		{"at its end", four, "192.0.2.200", now.Add(time.Minute), false},
		{"just before", four, "192.0.2.200", now.Add(time.Minute - 1), true},
		{"ended", ended, "192.0.2.200", now, false},
		{"none", nothing, "192.0.2.200", now, false},
		{"a network that is none", core.Pause{ID: "p", Until: now.Add(time.Minute)}, "192.0.2.200", now, false},
	}
	for _, tt := range tests {
		if got := tt.pause.Covers(netip.MustParseAddr(tt.from), tt.at); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if four.Covers(netip.Addr{}, now) {
		t.Error("an unknown address is covered")
	}
}
