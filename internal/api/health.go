package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// The addresses of probes.
const (
	HealthPath = "/healthz" // the process runs
	ReadyPath  = "/readyz"  // it can serve: 503 until every check passes
)

// The times of the readiness checks: an answer is good for a second, so that
// probing is no load, and a check that hangs has failed.
const (
	readyGood  = time.Second
	checkLimit = 2 * time.Second
)

// Check is one thing that must work before requests are served.
type Check interface {
	// Name is a short word for the answer, such as "database".
	Name() string
	// Ready returns why it does not work. The reason goes to the log only.
	Ready(ctx context.Context) error
}

// Failures is told when a check begins to fail and when it passes again.
type Failures func(check string, err error)

// Health serves the addresses of probes.
type Health struct {
	site   *httpx.Site
	clock  core.Clock
	checks []Check
	report Failures

	mu      sync.Mutex
	at      time.Time
	ready   bool
	results map[string]string
}

// NewHealth returns the probes' answers; report may be nil.
func NewHealth(site *httpx.Site, clock core.Clock, report Failures, checks ...Check) *Health {
	if report == nil {
		report = func(string, error) {}
	}
	return &Health{site: site, clock: clock, checks: checks, report: report, results: map[string]string{}}
}

// Paths lists the addresses for httpx.Config.AnyHost: probes ask by address.
func Paths() []string { return []string{HealthPath, ReadyPath} }

// Mount adds both addresses.
func (h *Health) Mount(mux *http.ServeMux) {
	mux.Handle("GET "+HealthPath, h.site.Wrap(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte("ok\n"))
		return err
	}))
	mux.Handle("GET "+ReadyPath, h.site.Wrap(h.show))
}

func (h *Health) show(w http.ResponseWriter, r *http.Request) error {
	ready, results := h.look(r.Context())
	body, err := json.Marshal(struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}{ready, results})
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = contentType()
	if !ready {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, err = w.Write(append(body, '\n'))
	return err
}

// look runs the checks, at most once a second; whoever asks meanwhile waits for
// the same answer.
func (h *Health) look(ctx context.Context) (bool, map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock()
	if age := now.Sub(h.at); !h.at.IsZero() && age >= 0 && age < readyGood {
		return h.ready, h.results
	}
	// A probe that gives up must not make the answer for the next one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer cancel()
	ready, results := true, map[string]string{}
	for _, c := range h.checks {
		err := c.Ready(ctx)
		word := "ok"
		if err != nil {
			word, ready = "failing", false
		}
		if before := h.results[c.Name()]; before != word && (before != "" || err != nil) {
			h.report(c.Name(), err)
		}
		results[c.Name()] = word
	}
	h.at, h.ready, h.results = now, ready, results
	return ready, results
}
