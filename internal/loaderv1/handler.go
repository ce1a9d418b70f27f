package loaderv1

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/words"
)

// Uploads are the addresses that take a file, for httpx.Config.LargeUploads.
func Uploads() []string {
	var all []string
	for _, t := range core.LoadTargets() {
		all = append(all, httpx.LoaderPrefix+string(t))
	}
	return all
}

// Clients checks the name and password that a program shows (package
// passwordclient).
type Clients interface {
	// Authenticate returns in whose right the program acts for this request, or why
	// it is refused.
	Authenticate(ctx context.Context, login, password string, app core.Application, o core.Origin) (core.SessionView, error)
}

// Files keeps what arrives (package loadfile).
type Files interface {
	// Upload takes a file in and suggests what is in it.
	Upload(ctx context.Context, c loader.Caller, put loadfile.Put, in io.Reader) (core.LoadFile, error)
	// Map says what is in it.
	Map(ctx context.Context, c loader.Caller, id core.ID, o core.LoadOrder) error
	// Preview says what its load would do.
	Preview(ctx context.Context, c loader.Caller, id core.ID, keep int) (core.LoadFile, loader.Preview, error)
	// Drop removes one that is not loaded.
	Drop(ctx context.Context, c loader.Caller, id core.ID) error
	// StartProgram begins its load; a worker does it.
	StartProgram(ctx context.Context, c loader.Caller, id core.ID, version int, of core.ID) (core.ID, error)
}

// Loads are loads that have begun (package loader).
type Loads interface {
	Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadRun, error)
	// Package returns a package by its id or name.
	Package(ctx context.Context, c loader.Caller, idOrName string) (core.LoadPackage, error)
	// Rejects returns rows that could not be taken.
	Rejects(ctx context.Context, c loader.Caller, id core.ID, after, limit int) ([]loader.RejectedRow, error)
	// Failed hands over all of them.
	Failed(ctx context.Context, c loader.Caller, id core.ID, each func(columns []string, rows []loader.RejectedRow) error) error
}

// Deps are the parts a Handler works with.
type Deps struct {
	Clients Clients
	Files   Files
	Loads   Loads
	// Printer returns the words of the language that a request asks for.
	Printer func(r *http.Request) words.Printer
	// Wait is how long the answer to a file waits for the end of its load; a client
	// that is told of a load under way asks again.
	Wait time.Duration
}

// Wait is how long an answer waits for a load on a server: less than any proxy does.
const Wait = 20 * time.Second

// Handler serves the addresses.
type Handler struct {
	Deps
	site *httpx.Site
}

// New returns a Handler.
func New(site *httpx.Site, d Deps) *Handler { return &Handler{d, site} }

// Mount adds the addresses.
func (h *Handler) Mount(mux *http.ServeMux) {
	for _, path := range Uploads() {
		mux.Handle("POST "+path, h.asProgram(h.load))
	}
	mux.Handle("GET "+httpx.LoaderPrefix+"loads/{id}", h.asProgram(h.report))
	mux.Handle("GET "+httpx.LoaderPrefix+"loads/{id}/failed-rows", h.asProgram(h.failedRows))
}

// challenge asks a program for a name and a password.
const challenge = `Basic realm="Sallyport", charset="UTF-8"`

// errNotAdministrator: who signed in may not load people.
var errNotAdministrator = core.NewError(core.Forbidden, "client.not_administrator")

// asProgram lets a program of an administrator in.
func (h *Handler) asProgram(answer func(w http.ResponseWriter, r *http.Request, c loader.Caller) error) http.Handler {
	return h.site.Wrap(func(w http.ResponseWriter, r *http.Request) error {
		c, err := h.caller(r)
		if err == nil {
			return answer(w, r, c)
		}
		if core.KindOf(err) == core.Unauthenticated {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		return err
	})
}

// caller is who loads. They may not change identities: a password alone is not
// enough for that.
func (h *Handler) caller(r *http.Request) (loader.Caller, error) {
	login, password, ok := r.BasicAuth()
	if !ok || len(r.Header["Authorization"]) != 1 {
		return loader.Caller{}, core.ErrClientWrong
	}
	c := loader.Caller{Origin: httpx.OriginOf(r)}
	view, err := h.Clients.Authenticate(r.Context(), login, password, core.Application{Name: "Data Loader"}, c.Origin)
	if err != nil {
		return loader.Caller{}, err
	}
	if !view.Account.User.CanAdminister() {
		return loader.Caller{}, errNotAdministrator
	}
	c.View = view
	return c, nil
}

// asked is what a client asks for in the query of an address.
type asked struct {
	name    string // of the file
	of      string // name or id of a package
	onError core.LoadErrors
	key     string
	dryRun  bool
}

func parse(r *http.Request) (asked, error) {
	q, err := httpx.ReadQuery(r)
	if err != nil {
		return asked{}, err
	}
	a := asked{
		name: q.Trimmed("name"), of: q.Trimmed("package"), onError: core.LoadErrors(q.Get("on_error")),
		key: q.Get("key"), dryRun: q.Get("dry_run") == "true",
	}
	for name := range r.URL.Query() {
		if !slices.Contains([]string{"name", "package", "on_error", "key", "dry_run"}, name) {
			return a, core.InField(name, core.NewError(core.Invalid, "client.parameter").With("name", name))
		}
	}
	if a.name == "" {
		a.name = "file"
	}
	return a, nil
}
