package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Keys finds who a key acts as (package apikey).
type Keys interface {
	// Authenticate returns the key that was shown from an address, or why it
	// opens nothing.
	Authenticate(ctx context.Context, access, secret string, from netip.Addr) (core.KeyView, error)
	// Own returns the keys that act as whoever asks.
	Own(ctx context.Context, v core.SessionView) ([]core.KeyView, error)
	// All returns a page of the organization's, for administrators, and whether
	// there are more.
	All(ctx context.Context, v core.SessionView, after core.ID) ([]core.KeyView, bool, error)
}

// need is what a key must be for.
type need int

const (
	needRead    need = iota // reads
	needWrite               // does what a page does without "Confirm it's you"
	needLoader              // changes groups, or loads, which only loading is granted for
	needNothing             // tells a key of itself
	needState               // changes who may sign in, which loading may be granted for (AK4)
)

// met reports whether a key is for it.
func (n need) met(k core.APIKey) bool {
	switch n {
	case needNothing:
		return true
	case needRead:
		return k.MayRead()
	case needWrite:
		return k.Has(core.ScopeFull)
	case needState:
		return k.Has(core.ScopeLoaderIdentity)
	}
	return k.Has(core.ScopeLoader)
}

// scope is the least that it is met by.
func (n need) scope() string {
	switch n {
	case needNothing:
		return "any"
	case needRead:
		return string(core.ScopeRead)
	case needWrite:
		return string(core.ScopeFull)
	case needState:
		return string(core.ScopeLoaderIdentity)
	}
	return string(core.ScopeLoader)
}

// call is one request of a program: who asks, and what became of it.
type call struct {
	key     core.KeyView
	view    core.SessionView // as services ask for who acts
	origin  core.Origin
	request *http.Request
	err     error // why it failed
}

// ctx is the context of the request.
func (c *call) ctx() context.Context { return c.request.Context() }

// administers refuses whoever is no administrator now, where no service does: as
// on pages, there is no such thing for them.
func (c *call) administers() error {
	if u := c.view.Account.User; u.Status != core.Active || u.Type != core.Administrator {
		return core.ErrNotFound
	}
	return nil
}

type callKey struct{}

// frame is the way from a request to its handler and back.
type frame struct {
	site   *httpx.Site
	keys   Keys
	calls  Calls
	clock  core.Clock
	random core.Random
	ration *ration
	mux    *http.ServeMux
	needs  map[string]need // by operation
	routes []string
}

// Handle implements huma.Adapter: every route of the library goes through the
// same frame.
func (f *frame) Handle(op *huma.Operation, h func(huma.Context)) {
	pattern := op.Method + " " + strings.TrimSuffix(httpx.APIPrefix, "/") + op.Path
	f.routes = append(f.routes, pattern)
	least := f.needs[op.OperationID]
	f.mux.Handle(pattern, f.site.Wrap(func(w http.ResponseWriter, r *http.Request) error {
		c, err := f.admit(w, r, least)
		if err != nil {
			return err
		}
		body, err := f.body(r, op)
		if err != nil {
			return err
		}
		return f.once(w, r, c, body, func(w http.ResponseWriter) error {
			r := r.WithContext(context.WithValue(r.Context(), callKey{}, c))
			r.Body = io.NopCloser(bytes.NewReader(body))
			c.request = r
			h(humago.NewContext(op, r, w))
			if w.Header().Get("Content-Type") != "" {
				w.Header().Set("Content-Type", "application/json") // whatever the program would rather have
			}
			return c.err
		})
	}))
}

// ServeHTTP implements huma.Adapter.
func (f *frame) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

// admit lets a request in whose key is for it and has not asked too often.
func (f *frame) admit(w http.ResponseWriter, r *http.Request, least need) (*call, error) {
	for _, name := range overrides() {
		if len(r.Header.Values(name)) > 0 {
			return nil, httpx.Malformed(errors.New("a method in a header")) // CS4
		}
	}
	access, secret, err := shown(r)
	if err != nil {
		return nil, f.unknown(w, err)
	}
	view, err := f.keys.Authenticate(r.Context(), access, secret, httpx.ClientAddr(r))
	if err != nil {
		return nil, f.unknown(w, err)
	}
	s := f.ration.take(view.Key.ID, f.clock())
	s.tell(w.Header())
	if s.wait > 0 {
		return nil, core.NewError(core.RateLimited, "api.ration").With("wait", s.wait)
	}
	if !least.met(view.Key) {
		return nil, core.ErrKeyScope
	}
	if _, err := httpx.ReadQuery(r); err != nil {
		return nil, err
	}
	origin := httpx.OriginOf(r)
	origin.Key = view.Key.Access
	c := &call{key: view, view: view.Acting(), origin: origin}
	if least == needState {
		// Whoever made the key confirmed that it may: a scope of its own was granted
		// for nothing else (docs/adr/0032).
		c.view.Session.ProvedAt = f.clock()
	}
	return c, nil
}

// overrides are headers that ask for another method than the request has.
func overrides() []string {
	return []string{"X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"}
}

// unknown says beside a 401 how to show a key (RFC 9110 §11.6.1).
func (f *frame) unknown(w http.ResponseWriter, err error) error {
	if core.KindOf(err) == core.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Sallyport API"`)
	}
	return err
}

// body reads what was sent: JSON that [strict] lets through, or nothing.
func (f *frame) body(r *http.Request, op *huma.Operation) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, missing(op)
	}
	body, err := io.ReadAll(r.Body) // the site bounds it
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, err
		}
		return nil, httpx.Malformed(err)
	}
	if len(body) == 0 {
		return nil, missing(op)
	}
	if op.RequestBody == nil {
		return nil, httpx.ErrBody
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := params["charset"]; err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, httpx.Media()
	}
	return body, strict(body)
}

func missing(op *huma.Operation) error {
	if op.RequestBody != nil && op.RequestBody.Required {
		return httpx.ErrBody
	}
	return nil
}

// held keeps an answer until it is known to be the one.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newHeld() *held { return &held{header: http.Header{}, status: http.StatusOK} }

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter.
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

// kept are the headers of an answer that go with it when it is told again.
func kept() []string { return []string{"Content-Type", "Etag", "Link", "Location"} }

// send writes the answer.
func (h *held) send(w http.ResponseWriter) error {
	for name, values := range h.header {
		if slices.Contains(kept(), name) {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(h.status)
	_, err := w.Write(h.body.Bytes())
	return err
}
