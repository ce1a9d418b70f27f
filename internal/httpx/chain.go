package httpx

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// BodyLimit is how many bytes a request's body may have (IN1).
const BodyLimit = 64 << 10

// WideLimit is how many it may have on the addresses of [Config.WideBodies].
const WideLimit = 4 << 20

// requestIDHeader is in canonical form, so it may be assigned directly.
const requestIDHeader = "X-Request-Id"

// Serve puts the whole edge around a mux, once all routes are in it: every
// request goes through it once. Order: request id and headers first, so that
// every answer has them; then the Host, then the origin, then the body's limit,
// then the mux.
func (s *Site) Serve(next http.Handler) http.Handler {
	direct := s.directRoutes(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{Context: r.Context(), site: s, out: w, id: s.ids.next(), start: s.config.Clock()}
		x.request = r.WithContext(x)
		h := w.Header()
		for i := range s.fixed {
			h[s.fixed[i].name] = s.fixed[i].value
		}
		x.idValue[0] = x.id
		h[requestIDHeader] = x.idValue[:]
		defer s.finish(x)
		if err := s.admit(x.request); err != nil {
			s.fail(x, x.request, err)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			x.request.Body = http.MaxBytesReader(w, r.Body, s.bodyLimit(r.URL.Path))
		}
		if to, ok := direct[r.URL.Path]; ok && r.Method == http.MethodGet {
			x.request.Pattern = to.pattern
			to.handler.ServeHTTP(x, x.request)
			return
		}
		next.ServeHTTP(x, x.request)
		if x.held != 0 {
			s.failHeld(x)
		}
	})
}

// directRoute is what the mux has for a path.
type directRoute struct {
	pattern string
	handler http.Handler
}

// directRoutes asks the mux once for the paths that are asked most. Patterns
// with wildcards stay with the mux, which alone can fill their values in.
func (s *Site) directRoutes(next http.Handler) map[string]directRoute {
	routes := map[string]directRoute{}
	mux, ok := next.(*http.ServeMux)
	if !ok {
		return routes
	}
	for _, path := range slices.Concat(s.config.AnyHost, s.config.Direct) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Host: s.host}
		if h, pattern := mux.Handler(r); strings.HasSuffix(pattern, path) {
			routes[path] = directRoute{pattern, h}
		}
	}
	return routes
}

// admit decides whether a request may reach any handler.
func (s *Site) admit(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodTrace, http.MethodConnect: // IN4
		return errMethod
	}
	if s.anyHost[r.URL.Path] {
		return nil
	}
	if err := s.checkHost(r); err != nil {
		return err
	}
	return s.checkOrigin(r)
}

// failHeld answers in the place of the mux, which found no route.
func (s *Site) failHeld(x *exchange) {
	err := errNoPage
	if x.held == http.StatusMethodNotAllowed {
		err = errMethod
	}
	x.held = 0
	s.fail(x, x.request, err)
}

// finish recovers a panic, logs the answer and reports it to the observer.
func (s *Site) finish(x *exchange) {
	if v := recover(); v != nil {
		if v == http.ErrAbortHandler {
			panic(v)
		}
		s.config.Logger.Error("request panicked", "request", x.id, "route", x.route(),
			"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		x.held = 0
		if x.status == 0 {
			s.answerError(x, x.request, errInternal)
		}
	}
	status := x.status
	if status == 0 {
		status = http.StatusOK // nothing written: net/http sends 200
	}
	if s.config.Observer == nil && !s.config.LogEvery && status < 300 {
		return
	}
	took := s.config.Clock().Sub(x.start)
	if s.config.Observer != nil {
		s.config.Observer.Served(x.route(), status, took)
	}
	if s.config.LogEvery || status >= 300 {
		s.logAccess(x, status, took)
	}
}

// logAccess names the route, never the path or query: those may hold what must
// not be in a log (law 6).
func (s *Site) logAccess(x *exchange, status int, took time.Duration) {
	r := x.request
	s.config.Logger.LogAttrs(x.Context, slog.LevelInfo, "request", slog.String("request", x.id),
		slog.String("method", r.Method), slog.String("route", x.route()), slog.Int("status", status),
		slog.Duration("took", took), slog.String("network", Network(x.clientAddr().String())))
}

// route returns the pattern that matched.
func (x *exchange) route() string {
	if x.request.Pattern == "" {
		return "none"
	}
	return x.request.Pattern
}
