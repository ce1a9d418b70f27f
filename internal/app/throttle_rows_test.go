package app_test

import (
	"fmt"
	"testing"
	"time"
)

// TestUnknownNamesAreForgotten: a stranger's tries of names that nobody has do
// not fill the database for a year.
func TestUnknownNamesAreForgotten(t *testing.T) {
	s := start(t, behindProxy)
	s.person("evan@example.com")
	for i := range 12 {
		s.knock(fmt.Sprintf("10.3.%d.1", i), fmt.Sprintf("nobody%d", i), "wrong password 123")
	}
	s.advance(60 * 24 * time.Hour)
	if _, err := s.Store.Sweep(t.Context(), s.now()); err != nil {
		t.Fatal(err)
	}
	// What is left shows as the sweep of a year later.
	s.advance(400 * 24 * time.Hour)
	left := 0
	for range 3 {
		n, err := s.Store.Sweep(t.Context(), s.now())
		if err != nil {
			t.Fatal(err)
		}
		left += n
	}
	if left >= 12 {
		t.Errorf("%d rows of unknown names were still there after 60 days", left)
	}
}
