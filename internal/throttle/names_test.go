package throttle_test

import (
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestNamesOfOnePerson: to a stranger two names of a person are two names (EN1,
// RL7); a known browser has one bucket for both, and unlock clears all.
func TestNamesOfOnePerson(t *testing.T) {
	d := newDesk(t)
	knock := func(login, browser string) core.Knocker {
		return core.Knocker{UserID: "u1", Login: login, Network: "10.0.0.0/24", Address: "10.0.0.7", BrowserHash: browser}
	}
	fill := func(k core.Knocker) {
		t.Helper()
		for i := range 5 {
			if !d.try(k, core.OutcomeWrong) {
				t.Fatalf("%s, %q: try %d was refused", k.Login, k.BrowserHash, i+1)
			}
		}
	}
	fill(knock("uma@example.com", ""))
	fill(knock("uma", "")) // not refused for the other name
	fill(knock("uma", "known"))
	if d.try(knock("uma@example.com", "known"), core.OutcomeRight) {
		t.Error("the other name gave a known browser five tries more")
	}
	if err := d.Unlock(t.Context(), "u1", []string{"uma@example.com", "uma"}, core.Record{}); err != nil {
		t.Fatal(err)
	}
	for _, k := range []core.Knocker{knock("uma@example.com", ""), knock("uma", ""), knock("uma", "known")} {
		if !d.try(k, core.OutcomeFreed) {
			t.Errorf("%s, %q: refused after unlock", k.Login, k.BrowserHash)
		}
	}
}

// TestWholeIPv6NetworksAreSlowed: all addresses of a /64 count as one, and those
// of a /48 together four times later (RL1, RL6).
func TestWholeIPv6NetworksAreSlowed(t *testing.T) {
	six := func(network, host, i int) core.Knocker {
		return core.Knocker{
			Login: fmt.Sprintf("nobody%d", i), Network: fmt.Sprintf("2001:db8:7:%x::/64", network), Address: fmt.Sprintf("2001:db8:7:%x::%x", network, host),
		}
	}
	d := newDesk(t)
	for i := range 12 {
		d.try(six(1, i+1, i), core.OutcomeWrong)
	}
	if len(d.waited) == 0 {
		t.Error("twelve accounts from one /64 were not slowed")
	}
	d = newDesk(t)
	for i := range 120 { // fewer than ten of each /64
		d.try(six(i/5, 1, i), core.OutcomeWrong)
	}
	if len(d.waited) != 0 {
		t.Errorf("slowed %d times before the limit of a /48", len(d.waited))
	}
	d.try(six(99, 1, 0), core.OutcomeWrong)
	if len(d.waited) != 1 {
		t.Error("a /48 was not slowed after four times the failures of an address")
	}
}
