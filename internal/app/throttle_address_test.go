package app_test

import (
	"fmt"
	"testing"
	"time"
)

// TestAddressOfIPv6IsItsNetwork: the delays of an address count an IPv6 /64 as
// one (RL1, RL6): any host there has 2^64 addresses to guess from.
func TestAddressOfIPv6IsItsNetwork(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		s.person("someone@example.com")
		slowest := func(address func(i int) string, prefix string) (last time.Duration) {
			for i := range 14 { // delays begin at the 10th account in ten minutes
				_, last = s.knock(address(i), fmt.Sprintf("%s%d@example.com", prefix, i), "wrong password 123")
			}
			return last
		}
		one := slowest(func(int) string { return "2001:db8:1::1" }, "a")
		many := slowest(func(i int) string { return fmt.Sprintf("2001:db8:2::%x", i+1) }, "b")
		if one < 400*time.Millisecond {
			t.Fatalf("no delay even from one address: %s", one)
		}
		if many < 400*time.Millisecond {
			t.Errorf("spraying from one /64: last answer after %s, from one address after %s", many, one)
		}
	})
}

// TestAttackedAccountGivesOneTryPerNetwork: after 100 failures a strange
// browser has one try (RL5); changing the address within the /64 gives no more.
func TestAttackedAccountGivesOneTryPerNetwork(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		s.person("tom@example.com")
		for i := range 100 {
			if status, _ := s.knock(fmt.Sprintf("10.%d.0.1", i), "tom@example.com", "wrong password 123"); status != 422 {
				t.Fatalf("failure %d: %d", i, status)
			}
		}
		tries := 0
		for i := range 4 {
			if status, _ := s.knock(fmt.Sprintf("2001:db8:3::%x", i+1), "tom@example.com", "wrong password 123"); status == 422 {
				tries++
			}
		}
		if tries > 1 {
			t.Errorf("%d passwords tried from one /64, want 1", tries)
		}
	})
}
