package core_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func TestStrangeNetwork(t *testing.T) {
	const home, office, train = "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	known := core.Browser{Networks: core.Networks{{Name: home, At: ago(time.Hour)}, {Name: office, At: ago(29 * 24 * time.Hour)}}}
	told := known
	told.NetworkTold = ago(23 * time.Hour)
	toldYesterday := known
	toldYesterday.NetworkTold = ago(24 * time.Hour)
	faded := core.Browser{Networks: core.Networks{{Name: home, At: ago(time.Hour)}, {Name: office, At: ago(30 * 24 * time.Hour)}}}
	for _, tt := range []struct {
		name    string
		browser core.Browser
		network string
		want    bool
	}{
		{"a network seen an hour ago", known, home, false},
		{"one seen 29 days ago", known, office, false},
		{"one seen 30 days ago", faded, office, true},
		{"a new one", known, train, true},
		{"a new one, told of another today", told, train, false},
		{"a new one, told of another yesterday", toldYesterday, train, true},
		{"nothing known of this browser yet", core.Browser{}, train, false},
		{"nothing known any more", core.Browser{Networks: core.Networks{{Name: home, At: ago(31 * 24 * time.Hour)}}}, train, false},
		{"no network", known, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.browser.Strange(tt.network, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestNetworksStayFew: whoever signs in from everywhere leaves a short list, and
// of a month ago nothing.
func TestNetworksStayFew(t *testing.T) {
	var n core.Networks
	for i := range 100 {
		n = n.With(fmt.Sprintf("192.0.%d.0/24", i), now.Add(time.Duration(i)*time.Minute))
		n = n.With("198.51.100.0/24", now.Add(time.Duration(i)*time.Minute))
	}
	if len(n) != 20 || n[0].Name != "198.51.100.0/24" || n[1].Name != "192.0.99.0/24" {
		t.Errorf("got %d networks beginning with %v", len(n), n[:2])
	}
	if n = n.With("203.0.113.0/24", now.Add(31*24*time.Hour)); len(n) != 1 {
		t.Errorf("after a month %d networks are kept, want the new one alone", len(n))
	}
}
