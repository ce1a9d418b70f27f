package app_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

// TestOneAddressDoesNotFillTheGate: two hundred guesses at once from one
// address leave the owner, at another one, a way in (PW10, "nobody can shut a
// person out").
func TestOneAddressDoesNotFillTheGate(t *testing.T) {
	s := start(t, behindProxy, func(c *config.Config) { c.Password.AtOnce, c.Password.Time = 1, 3 })
	s.person("yves@example.com")
	guess := s.browser()
	values := guess.do("GET", "/signin", nil, from("10.9.9.9")).forms(t)[0].values
	guess.http.Transport = &http.Transport{MaxIdleConnsPerHost: 200}
	t.Cleanup(guess.http.CloseIdleConnections)
	var g sync.WaitGroup
	var answered, busy atomic.Int64
	for i := range 200 {
		g.Go(func() {
			mine := map[string][]string{
				"form_token": values["form_token"], "login": {fmt.Sprintf("nobody%d", i)}, "password": {"wrong password 123"},
			}
			if p := guess.do("POST", "/signin", mine, from("10.9.9.9")); p.StatusCode == http.StatusServiceUnavailable {
				busy.Add(1)
			}
			answered.Add(1)
		})
	}
	s.until("the gate is full, or does not fill", func() bool { return busy.Load() > 0 || answered.Load() == 200 })
	status, took := s.knock("10.8.8.8", "yves@example.com", password)
	g.Wait()
	if status != http.StatusSeeOther {
		t.Errorf("the owner's right password answers %d after %s", status, took)
	}
}
