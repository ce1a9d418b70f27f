package metrics_test

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/metrics"
)

func TestMeasurementsAreShown(t *testing.T) {
	m := metrics.New()
	m.PasswordQueue(func() int { return 3 })
	m.SessionsCached(func() int { return 42 })
	m.MailQueue(func() int { return 7 })
	m.SignIn("completed")
	m.SignIn("completed")
	m.Mail("sent")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				m.Served("GET /signin", 200, 2*time.Millisecond)
			}
		})
	}
	all.Wait()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	shown := rec.Body.String()
	for _, want := range []string{
		`sallyport_http_requests_total{route="GET /signin",status="200"} 800`,
		`sallyport_http_request_duration_seconds_count{route="GET /signin"} 800`,
		`sallyport_http_request_duration_seconds_bucket{route="GET /signin",le="0.001"} 0`,
		`sallyport_http_request_duration_seconds_bucket{route="GET /signin",le="0.005"} 800`,
		`sallyport_signins_total{result="completed"} 2`,
		`sallyport_mail_total{result="sent"} 1`,
		`sallyport_password_queue 3`,
		`sallyport_sessions_cached 42`,
		`sallyport_mail_queue 7`,
		`go_goroutines`,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%s is not shown", want)
		}
	}
}

func TestCountingAnAnswerAllocatesNothing(t *testing.T) {
	m := metrics.New()
	m.Served("GET /", 200, time.Millisecond)
	if got := testing.AllocsPerRun(100, func() { m.Served("GET /", 200, time.Millisecond) }); got > 1 {
		t.Errorf("%v allocations", got)
	}
}
