package signin_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestRememberedDeviceInANewNetwork: whoever signs in by a remembered device
// types no code, so its person hears of a network it was not seen in (ux §12),
// once for each, and not of every station of a train.
func TestRememberedDeviceInANewNetwork(t *testing.T) {
	d := newDesk(t)
	h, b, _ := remembered(d, 1)
	in := func(network string) {
		b.visitor.Origin.Network = network
		b.to(h, core.StepDone)
	}
	steps := []struct {
		name    string
		wait    time.Duration
		network string
		want    int
	}{
		{"at home", time.Hour, "192.0.2.0/24", 0},
		{"in the office", time.Hour, "198.51.100.0/24", 1},
		{"in the office again", time.Hour, "198.51.100.0/24", 1},
		{"a station later", time.Hour, "203.0.113.0/24", 1},
		{"that station a day later", 24 * time.Hour, "203.0.113.0/24", 1},
		{"another a day later", time.Hour, "203.0.112.0/24", 2},
		{"at home after two weeks", 14 * 24 * time.Hour, "192.0.2.0/24", 2},
	}
	for _, s := range steps {
		d.now = d.now.Add(s.wait)
		in(s.network)
		if got := d.strange(h); got != s.want {
			t.Errorf("%s: told %d times so far, want %d", s.name, got, s.want)
		}
	}
}

// strange counts the sign-ins that were told of for their network; of one that
// was told of for its browser too there would be two mails.
func (d *desk) strange(h *human) int {
	d.t.Helper()
	told := 0
	for _, e := range d.events(h, core.EventSignInCompleted) {
		if e.Detail[core.DetailNewNetwork] != "" {
			told++
			if e.Detail[core.DetailNewBrowser] != "" {
				d.t.Error("one sign-in is both a new browser and a new network")
			}
		}
	}
	return told
}

// TestCodeInANewNetwork: where a code is typed, the network is learned and not
// told.
func TestCodeInANewNetwork(t *testing.T) {
	d := newDesk(t)
	h, b, _ := remembered(d, 0)
	device := b.visitor.DeviceToken
	b.visitor.DeviceToken, b.visitor.Origin.Network = "", "198.51.100.0/24"
	d.now = d.now.Add(time.Hour)
	b.byApp(h, false)
	b.visitor.DeviceToken = device
	d.now = d.now.Add(time.Hour)
	b.to(h, core.StepDone)
	if got := d.strange(h); got != 0 {
		t.Errorf("told %d times of a network in which a code was typed an hour ago, want never", got)
	}
}
