package httpx

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// exchange is one request and its answer on their way through the chain. It is
// the writer and the context of the handlers at once, so that a request costs
// one allocation for all of it.
type exchange struct {
	context.Context
	site    *Site
	out     http.ResponseWriter
	request *http.Request // as handlers see it
	id      string
	idValue [1]string // backs the X-Request-Id header
	start   time.Time
	status  int // 0 until the header is written
	// wrapped: a Handler of ours answers. Before that, 404 and 405 come from
	// the mux, whose plain text is held back for our own page.
	wrapped  bool
	held     int
	bound    string // session id that form tokens are tied to; empty: the pre-session
	preValue string // pre-session value minted in this request

	client, peer netip.Addr // lazily: invalid until asked for
}

type exchangeKey struct{}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return x.out.Header() }

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if !x.wrapped && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) &&
		x.request.Pattern == "" && x.status == 0 {
		x.held = status
		return
	}
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.out.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	if x.held != 0 {
		return len(b), nil
	}
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.out.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.out }

// exchangeOf finds the exchange of a request; nil outside of [Site.Serve].
func exchangeOf(r *http.Request) *exchange {
	if x, ok := r.Context().(*exchange); ok {
		return x
	}
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return x
}

// RequestID returns the id of a request, as it stands in the log, in the
// X-Request-Id header and as "Reference" on error pages. It is empty outside
// of [Site.Serve].
func RequestID(r *http.Request) string {
	if x := exchangeOf(r); x != nil {
		return x.id
	}
	return ""
}

// BindSession ties the form tokens of the rest of this request to a session.
// Handlers of signed-in pages call it after the session was found and before a
// form is read or a token made. Without it tokens are tied to the pre-session.
func BindSession(r *http.Request, id core.ID) {
	if x := exchangeOf(r); x != nil {
		x.bound = string(id)
	}
}
