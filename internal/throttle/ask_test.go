package throttle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/throttle"
)

func (d *desk) ask(k core.Knocker) bool {
	d.t.Helper()
	may, err := d.Ask(d.t.Context(), k)
	if err != nil {
		d.t.Fatal(err)
	}
	return may
}

// TestAskLimits: three requests an hour for an account, under any of its names
// and from anywhere; ten from an address, whoever they are for (PR3).
func TestAskLimits(t *testing.T) {
	tests := []struct {
		name string
		who  func(i int) core.Knocker
		want int
	}{
		{"one account from everywhere", func(i int) core.Knocker { return from("u1", fmt.Sprintf("10.1.%d", i)) }, 3},
		{"one account under two names", func(i int) core.Knocker {
			k := from("u1", fmt.Sprintf("10.1.%d", i))
			k.Login = []string{"ana", "ana@example.com"}[i%2]
			return k
		}, 3},
		{"one unknown name", func(i int) core.Knocker {
			return core.Knocker{Login: "nobody", Network: fmt.Sprintf("10.1.%d", i), Address: fmt.Sprintf("10.1.%d.7", i)}
		}, 3},
		{"many accounts from one address", func(i int) core.Knocker { return from(core.ID(fmt.Sprint("u", i)), "10.0.0") }, 10},
		{"many accounts from one /64", func(i int) core.Knocker {
			return core.Knocker{Login: fmt.Sprint("n", i), Network: "2001:db8:1:1::/64", Address: fmt.Sprintf("2001:db8:1:1::%x", i+1)}
		}, 10},
		{"many accounts from one /48", func(i int) core.Knocker {
			return core.Knocker{Login: fmt.Sprint("n", i), Network: fmt.Sprintf("2001:db8:1:%x::/64", i), Address: fmt.Sprintf("2001:db8:1:%x::1", i)}
		}, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			for hour := range 2 {
				served := 0
				for i := range 60 {
					if d.ask(tt.who(i)) {
						served++
					}
				}
				if served != tt.want {
					t.Errorf("hour %d: %d served, want %d", hour, served, tt.want)
				}
				d.now = d.now.Add(time.Hour)
			}
		})
	}
}

// TestAskIsApart: no wrong password keeps anybody from asking for a link, and no
// request keeps anybody from signing in; unlock gives everything back.
func TestAskIsApart(t *testing.T) {
	d := newDesk(t)
	k := from("u1", "10.0.0")
	for d.try(k, core.OutcomeWrong) {
	}
	for i := range 3 {
		if !d.ask(k) {
			t.Errorf("request %d was refused for wrong passwords", i+1)
		}
	}
	if d.ask(k) {
		t.Error("a fourth request was served")
	}
	if !d.try(from("u1", "10.9.9"), core.OutcomeRight) {
		t.Error("requests shut the owner out")
	}
	if err := d.Unlock(t.Context(), "u1", []string{"u1@example.com"}, core.Record{}); err != nil {
		t.Fatal(err)
	}
	if !d.ask(k) {
		t.Error("unlock did not give the requests back")
	}
}

// TestAttacked: from the hundredth wrong password in a row on, strangers' tries
// say that the account is under attack; a known browser's do not; once a day a
// link may be mailed for it (RL5).
func TestAttacked(t *testing.T) {
	d := newDesk(t)
	attacked := func(k core.Knocker) bool {
		ticket, err := d.Begin(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Settle(t.Context(), ticket, core.OutcomeWrong, core.Record{}); err != nil {
			t.Fatal(err)
		}
		return ticket.Attacked
	}
	limit := throttle.DefaultRules().AccountFailures
	for i := range limit - 1 {
		if attacked(from("u1", fmt.Sprintf("10.1.%d", i))) {
			t.Fatalf("attacked at failure %d", i+1)
		}
	}
	known := from("u1", "10.200.0")
	known.BrowserHash = "browser"
	if !attacked(from("u1", "10.2.0")) || attacked(known) || attacked(from("u2", "10.2.0")) {
		t.Error("not exactly a stranger at the account under attack is told so")
	}
	for i, want := range []bool{true, false, false} {
		may, err := d.AskAttacked(t.Context(), from("u1", "10.3.0"))
		if err != nil || may != want {
			t.Errorf("link %d: %v, %v", i+1, may, err)
		}
		d.now = d.now.Add(11 * time.Hour)
	}
	if may, err := d.AskAttacked(t.Context(), from("u1", "10.3.0")); err != nil || !may {
		t.Errorf("the next day: %v, %v", may, err)
	}
}

// TestTriesOfLink: twenty passwords a link.
func TestTriesOfLink(t *testing.T) {
	d := newDesk(t)
	tries := 0
	for range 50 {
		may, err := d.TryLink(t.Context(), "link")
		if err != nil {
			t.Fatal(err)
		}
		if may {
			tries++
		}
	}
	if tries != 20 {
		t.Errorf("%d tries, want 20", tries)
	}
}

// TestLinksForSomebody: five links an hour for one person, whoever sends them,
// and what the person asks for is counted apart.
func TestLinksForSomebody(t *testing.T) {
	d := newDesk(t)
	send := func(want bool) {
		t.Helper()
		if may, err := d.SendLink(t.Context(), "u1"); err != nil || may != want {
			t.Errorf("got %v, %v, want %v", may, err, want)
		}
	}
	for range 5 {
		send(true)
	}
	send(false)
	if may, err := d.Ask(t.Context(), from("u1", "10.3.0")); err != nil || !may {
		t.Errorf("asked for by the person: %v, %v", may, err)
	}
	if may, err := d.SendLink(t.Context(), "u2"); err != nil || !may {
		t.Errorf("for another person: %v, %v", may, err)
	}
	d.now = d.now.Add(time.Hour + time.Second)
	send(true)
}
