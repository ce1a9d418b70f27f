package loaderv1

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// load takes a file and loads it, or says what its load would do.
func (h *Handler) load(w http.ResponseWriter, r *http.Request, c loader.Caller) error {
	a, err := parse(r)
	if err != nil {
		return err
	}
	target := core.LoadTarget(r.URL.Path[len(httpx.LoaderPrefix):])
	var kept core.LoadPackage
	if a.of != "" {
		if kept, err = h.Loads.Package(r.Context(), c, a.of); err != nil {
			return notThere(err, "load.no_package", a.of)
		}
		if kept.Order.Target != target {
			return core.NewError(core.Invalid, "load.package_target").With("name", kept.Name)
		}
	}
	var file core.LoadFile
	err = h.site.ReadBody(w, r, func(in io.Reader) error {
		file, err = h.Files.Upload(r.Context(), c, loadfile.Put{Name: a.name, Target: target}, in)
		return err
	})
	if err != nil {
		return err
	}
	if kept.ID != "" {
		file.Order = loader.FitAll(kept.Order, file.Facts.Columns)
	}
	file.Order = a.wants(file.Order)
	started, err := h.begin(w, r, c, file, kept.ID, a)
	if started || err == nil {
		return err
	}
	// What is not loaded need not be kept.
	if dropped := h.Files.Drop(context.WithoutCancel(r.Context()), c, file.ID); !errors.Is(dropped, core.ErrNotFound) {
		err = errors.Join(err, dropped)
	}
	return h.named(r, err)
}

// wants is an order with what the address of the request says otherwise.
func (a asked) wants(o core.LoadOrder) core.LoadOrder {
	if a.onError != "" {
		o.OnError = a.onError
	}
	if a.key != "" {
		o.Key = a.key
	}
	return o
}

// begin starts the load of a file that has arrived, and reports whether it did.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, c loader.Caller, f core.LoadFile, of core.ID, a asked) (started bool, err error) {
	if err := h.Files.Map(r.Context(), c, f.ID, f.Order); err != nil {
		return false, err
	}
	f.Version++
	if a.dryRun {
		return false, h.preview(w, r, c, f)
	}
	id, err := h.Files.StartProgram(r.Context(), c, f.ID, f.Version, of)
	if err != nil {
		return false, err
	}
	run, err := h.await(r.Context(), c, id)
	if err != nil {
		return true, err
	}
	return true, h.tell(w, r, c, run, 0)
}

// lookEvery is how often the end of a load is looked for.
const lookEvery = 200 * time.Millisecond

// await returns a load when it has ended, or as it is when the answer has waited
// long enough.
func (h *Handler) await(ctx context.Context, c loader.Caller, id core.ID) (core.LoadRun, error) {
	enough := time.NewTimer(h.Wait)
	defer enough.Stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		run, err := h.Loads.Get(ctx, c, id)
		if err != nil || run.State.Over() {
			return run, err
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-enough.C:
			return run, nil
		case <-tick.C:
		}
	}
}

// named puts the name of a field into what is wrong with a file, as people read it.
func (h *Handler) named(r *http.Request, err error) error {
	var e *core.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	text, named := h.Printer(r), *e
	named.Fields = map[string]*core.Error{}
	for name, wrong := range e.Fields {
		if field, ok := wrong.Params["field"].(string); ok {
			wrong = wrong.With("field", text.LoadField(field))
		}
		named.Fields[name] = wrong
	}
	return &named
}

// notThere gives what was not found a sentence of its own.
func notThere(err error, code, name string) error {
	if errors.Is(err, core.ErrNotFound) {
		return core.NewError(core.NotFound, code).With("name", name)
	}
	return err
}
