package core_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// TestPreviousAddresses: every login address of the last 30 days hears of a
// change, proved or not, each once (PR7).
func TestPreviousAddresses(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	from := func(address string, days int, change ...func(*core.AddressChange)) core.AddressChange {
		c := core.AddressChange{ID: core.ID(address), Kind: core.AddressSignIn, OldAddress: address, DoneAt: now.AddDate(0, 0, -days)}
		for _, f := range change {
			f(&c)
		}
		return c
	}
	ended := func(c *core.AddressChange) { c.EndedAt = now }
	notification := func(c *core.AddressChange) { c.Kind = core.AddressNotification }
	undone := func(c *core.AddressChange) { c.DoneAt = time.Time{} }
	var many []core.AddressChange
	for i := range 9 {
		many = append(many, from("a"+strconv.Itoa(i), 9-i))
	}
	plain := core.User{Email: "c@x"}
	beside := core.User{Email: "c@x", NotificationEmail: "A@x", NotificationProvedAt: now}
	unproved := core.User{Email: "c@x", NotificationEmail: "A@x"}
	tests := []struct {
		name    string
		user    core.User
		changes []core.AddressChange
		want    []core.ID
	}{
		{"none", plain, nil, nil},
		{"both of a chain", plain, []core.AddressChange{from("a@x", 3), from("b@x", 1)}, []core.ID{"a@x", "b@x"}},
		{"up to 30 days", plain, []core.AddressChange{from("a@x", 30), from("b@x", 29)}, []core.ID{"b@x"}},
		{"not one that was taken back", plain, []core.AddressChange{from("a@x", 3), from("b@x", 1, ended)}, []core.ID{"a@x"}},
		{"not one that was never done", plain, []core.AddressChange{from("a@x", 3, undone)}, nil},
		{"no other address", plain, []core.AddressChange{from("a@x", 3, notification)}, nil},
		{"not the login address", plain, []core.AddressChange{from("C@x", 3), from("b@x", 1)}, []core.ID{"b@x"}},
		{"not the notification address", beside, []core.AddressChange{from("a@x", 3), from("b@x", 1)}, []core.ID{"b@x"}},
		{"which counts once it is proved", unproved, []core.AddressChange{from("a@x", 3)}, []core.ID{"a@x"}},
		{"not what the event replaced", plain, []core.AddressChange{from("a@x", 3), from("r@x", 0)}, []core.ID{"a@x"}},
		{"each once", plain, []core.AddressChange{from("a@x", 5), from("b@x", 3), from("A@x", 2)}, []core.ID{"a@x", "b@x"}},
		{"five, and nobody pushes out the first", plain, many, []core.ID{"a0", "a1", "a2", "a3", "a4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := core.Event{Detail: map[string]string{core.DetailReplaced: "R@x"}}
			var got []core.ID
			for _, c := range tt.user.PreviousAddresses(tt.changes, e, now) {
				got = append(got, c.ID)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("told (-want +got):\n%s", d)
			}
		})
	}
}

// TestToBefore: a queued mail names the change, and nothing else is one.
func TestToBefore(t *testing.T) {
	for r, want := range map[core.Recipient]core.ID{
		core.ToBefore("c1"): "c1", core.ToLogin: "", core.ToPrevious: "", core.ToNotification: "", core.ToReplaced: "", core.ToBefore(""): "",
	} {
		if got, ok := r.Change(); got != want || ok != (want != "") {
			t.Errorf("%q is before the change %q (%v), want %q", r, got, ok, want)
		}
	}
}
