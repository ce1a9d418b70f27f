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
	ReadyPath  = "/readyz"  // it can serve: 503 until every check passes; marks only degrade
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

// Mark is something that may fail while requests are served all the same, since
// much goes on without it: it is told of in the answer and takes no server out
// of service.
type Mark struct {
	Name string // a short word, such as "mail"
	// Look returns a short word for how it is, and why it does not work; nil: it
	// does. It must not wait.
	Look func() (word string, err error)
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
	bad     bool // a mark is
	results map[string]string
	marks   []Mark
}

// Watch adds marks. It is called before Mount.
func (h *Health) Watch(marks ...Mark) *Health {
	h.marks = append(h.marks, marks...)
	return h
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
	ready, bad, results := h.look(r.Context())
	body, err := json.Marshal(struct {
		Ready    bool              `json:"ready"`
		Degraded bool              `json:"degraded,omitempty"`
		Checks   map[string]string `json:"checks"`
	}{ready, bad, results})
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
func (h *Health) look(ctx context.Context) (ready, degraded bool, results map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock()
	if age := now.Sub(h.at); !h.at.IsZero() && age >= 0 && age < readyGood {
		return h.ready, h.bad, h.results
	}
	// A probe that gives up must not make the answer for the next one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer cancel()
	ready, results = true, map[string]string{}
	for _, c := range h.checks {
		err := c.Ready(ctx)
		word := "ok"
		if err != nil {
			word, ready = "failing", false
		}
		h.tell(results, c.Name(), word, err)
	}
	for _, m := range h.marks {
		word, err := m.Look()
		degraded = degraded || err != nil
		h.tell(results, m.Name, word, err)
	}
	h.at, h.ready, h.bad, h.results = now, ready, degraded, results
	return ready, degraded, results
}

// tell notes a result, and reports it where it is another than before.
func (h *Health) tell(results map[string]string, name, word string, err error) {
	if before := h.results[name]; before != word && (before != "" || err != nil) {
		h.report(name, err)
	}
	results[name] = word
}
