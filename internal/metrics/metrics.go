package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the set of measurements of one process. It is safe for use by many
// goroutines.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	signIns  *prometheus.CounterVec
	mails    *prometheus.CounterVec
	// answers keeps the series of a route and status, so that a request does
	// not look labels up. Routes are patterns, so there are few.
	answers sync.Map // answer to *series
}

type answer struct {
	route  string
	status int
}

type series struct {
	count prometheus.Counter
	took  prometheus.Observer
}

// New returns an empty set with the measurements of the process and of the Go
// runtime.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sallyport_http_requests_total",
			Help: "Answers by route pattern and status.",
		}, []string{"route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sallyport_http_request_duration_seconds",
			Help:    "Time from the first byte of a request to the end of its answer.",
			Buckets: []float64{.0005, .001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sallyport_signins_total",
			Help: "Steps of sign-ins by their result.",
		}, []string{"result"}),
		mails: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sallyport_mail_total",
			Help: "Tries to hand mail over by their result.",
		}, []string{"result"}),
	}
	m.registry.MustRegister(m.requests, m.took, m.signIns, m.mails, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler shows the measurements in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Served counts an answer. Route must be a pattern, never an address.
func (m *Metrics) Served(route string, status int, took time.Duration) {
	s, ok := m.answers.Load(answer{route, status})
	if !ok {
		s, _ = m.answers.LoadOrStore(answer{route, status}, &series{
			count: m.requests.WithLabelValues(route, strconv.Itoa(status)), took: m.took.WithLabelValues(route),
		})
	}
	if found, ok := s.(*series); ok {
		found.count.Inc()
		found.took.Observe(took.Seconds())
	}
}

// SignIn counts a step of a sign-in by a stable word for its result, such as
// "completed", "password_wrong", "code_wrong" or "throttled".
func (m *Metrics) SignIn(result string) { m.signIns.WithLabelValues(result).Inc() }

// Mail counts a try to hand a message over: "sent", "refused", "expired" or
// "retried".
func (m *Metrics) Mail(result string) { m.mails.WithLabelValues(result).Inc() }

// PasswordQueue shows how many passwords wait to be hashed.
func (m *Metrics) PasswordQueue(waiting func() int) {
	m.gauge("sallyport_password_queue", "Passwords that wait to be hashed.", waiting)
}

// SessionsCached shows how many sessions are in memory.
func (m *Metrics) SessionsCached(cached func() int) {
	m.gauge("sallyport_sessions_cached", "Sessions in memory.", cached)
}

// MailQueue shows how many messages wait to be sent.
func (m *Metrics) MailQueue(waiting func() int) {
	m.gauge("sallyport_mail_queue", "Messages that wait to be sent.", waiting)
}

// AuditStream shows how many seals of the audit log wait to be sent on, and
// whether a target is failing.
func (m *Metrics) AuditStream(state func() (behind, failing int)) {
	m.gauge("sallyport_audit_stream_behind", "Seals of the audit log that wait to be sent on.", func() int { n, _ := state(); return n })
	m.gauge("sallyport_audit_stream_failing", "Targets of the audit log that do not take it now.", func() int { _, n := state(); return n })
}

// MailServers shows how many mail servers fail, and whether none is left.
func (m *Metrics) MailServers(failing func() (servers int, all bool)) {
	m.gauge("sallyport_mail_servers_failing", "Mail servers that take no mail.", func() int {
		n, _ := failing()
		return n
	})
	m.gauge("sallyport_mail_failing", "1 while no mail server takes mail, or none is set up.", func() int {
		if _, all := failing(); all {
			return 1
		}
		return 0
	})
}

func (m *Metrics) gauge(name, help string, value func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
		func() float64 { return float64(value()) }))
}
