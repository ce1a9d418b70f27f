package app_test

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestLongWorkTakesTurns: while an organization's exports and rehearsals are under
// way, further ones wait in a short queue and the rest are told to come back, so
// that 100 at once do not take the database away from sign-ins. Another
// organization, and every other page, notices nothing.
func TestLongWorkTakesTurns(t *testing.T) {
	s := start(t)
	ana, _ := s.helper(s.Org, "ana@example.com", core.Administrator)
	other, err := s.Organizations.Create(t.Context(), "Southwind", operator)
	if err != nil {
		t.Fatal(err)
	}
	bob, _ := s.helper(other, "bob@example.com", core.Administrator)
	var held []func()
	for range 2 {
		leave, err := s.Throttle.EnterLong(t.Context(), s.Org.ID)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, leave)
	}
	long := func(b *browser, n int) page {
		if n%2 == 0 {
			return b.do("GET", "/admin/rehearsal", nil)
		}
		form := b.get("/admin/audit/export").forms(t)
		return b.do("POST", "/admin/audit/export", url.Values{"form_token": {form[0].values.Get("form_token")}, "form": {"csv"}})
	}
	var busy, done atomic.Int64
	var g sync.WaitGroup
	release := sync.OnceFunc(func() {
		for _, leave := range held {
			leave()
		}
	})
	defer release()
	for n := range 30 {
		g.Go(func() {
			switch p := long(ana.again(), n); p.StatusCode {
			case http.StatusServiceUnavailable:
				busy.Add(1)
			case http.StatusOK:
				done.Add(1)
			default:
				t.Errorf("got %d", p.StatusCode)
			}
		})
	}
	s.until("the queue is full", func() bool { return busy.Load() >= 24 })
	for n := range 2 {
		if p := long(bob, n); p.StatusCode != http.StatusOK {
			t.Errorf("another organization: got %d", p.StatusCode)
		}
	}
	began := time.Now()
	ana.get("/home").must(t, 200)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a page took %v", took)
	}
	release()
	g.Wait()
	if busy.Load()+done.Load() != 30 {
		t.Errorf("%d were sent away and %d served, of 30", busy.Load(), done.Load())
	}
	for n := range 2 {
		if p := long(ana, n); p.StatusCode != http.StatusOK {
			t.Errorf("afterwards: got %d", p.StatusCode)
		}
	}
}
