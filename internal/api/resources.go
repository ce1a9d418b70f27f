package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/words"
)

// Audit reads the log of an organization (package audit).
type Audit interface {
	// Page returns a page of the log, newest first.
	Page(ctx context.Context, organizationID core.ID, f core.AuditFilter) (core.AuditPage, error)
	// Person returns whom a filter names; core.ErrNotFound.
	Person(ctx context.Context, organizationID core.ID, typed string) (core.AuditPerson, error)
}

var _ Audit = (*audit.Service)(nil)

// Parts are what the API is made of.
type Parts struct {
	Site     *httpx.Site
	Keys     Keys
	Calls    Calls
	People   *people.Service
	Groups   *groups.Service
	Sessions *session.Service
	Audit    Audit
	Loads    *loader.Service
	Clock    core.Clock
	Random   core.Random
	// Text returns a text of the catalogue, in English: the document has one
	// language, and its page looks the others up by the same ids.
	Text func(id string) string
	// Printer has the words of the language that a request asks for.
	Printer func(r *http.Request) words.Printer
}

// Resources is the documented API: what a page can do, less what asks to confirm
// that it's you, under the same service calls.
type Resources struct {
	Parts
	frame    *frame
	api      huma.API
	document []byte
}

// NewResources returns the API. The library that reads the inputs and makes the
// document is known to three functions: this one, add, and the frame's Handle.
func NewResources(p Parts) (*Resources, error) {
	f := &frame{
		site: p.Site, keys: p.Keys, calls: p.Calls, clock: p.Clock, random: p.Random, ration: newRation(),
		mux: http.NewServeMux(), needs: map[string]need{},
	}
	a := &Resources{Parts: p, frame: f}
	a.api = huma.NewAPI(a.config(), f)
	a.addMe()
	a.addKeys()
	a.addPeople()
	a.addDeeds()
	a.addGroups()
	a.addSessions()
	a.addAudit()
	a.addLoads()
	var err error
	a.document, err = a.describe()
	return a, err
}

// Mount adds every route and the document.
func (a *Resources) Mount(mux *http.ServeMux) {
	for _, pattern := range a.frame.routes {
		mux.Handle(pattern, a.frame.mux)
	}
	mux.Handle("GET "+DocumentPath, a.Site.Wrap(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, err := w.Write(a.document)
		return err
	}))
}

// Routes are the patterns of all routes, for tests that walk them.
func (a *Resources) Routes() []string { return a.frame.routes }

// Document is the OpenAPI document.
func (a *Resources) Document() []byte { return a.document }

// operation is one thing that a program can ask for.
type operation struct {
	id     string // its text is api.op.{id}
	method string
	path   string
	tag    string
	need   need
	status int // where it succeeds
}

// add adds an operation. Its handler is a plain function of ours: it knows nothing
// of the library.
func add[I, O any](a *Resources, o operation, h func(c *call, in *I) (*O, error)) {
	a.frame.needs[o.id] = o.need
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, DefaultStatus: o.status,
		Summary: a.Text("api.op." + strings.ReplaceAll(o.id, "-", "_")), Description: a.Text("api.need." + strings.ReplaceAll(o.need.scope(), "-", "_")), RejectUnknownQueryParameters: true,
		Responses: refusals(), Extensions: map[string]any{"x-scope": o.need.scope()}, MaxBodyBytes: -1,
	}
	huma.Register(a.api, op, func(ctx context.Context, in *I) (*O, error) {
		c, _ := ctx.Value(callKey{}).(*call) // Handle always sets one
		out, err := h(c, in)
		c.err = err
		return out, nil
	})
}

// List is a page of a list.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// Listed is the answer with a page of a list.
type Listed[T any] struct {
	Link string `header:"Link"`
	Body List[T]
}

// listed is a page whose next one, if any, begins after something.
func listed[T any](c *call, list, after string, items []T) *Listed[T] {
	out := &Listed[T]{Body: List[T]{Items: items}}
	if items == nil {
		out.Body.Items = []T{}
	}
	if after != "" {
		out.Body.NextCursor = cursorOf(list, after)
		out.Link = next(c.request, out.Body.NextCursor)
	}
	return out
}

// Named is the thing that an address names.
type Named struct {
	ID string `path:"id" maxLength:"64"`
}

// Nothing is an answer, or a request, without a body.
type Nothing struct{}
