package loadschedule

import (
	"context"
	"encoding/csv"
	"errors"
	"io"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/table"
)

// The errors of turns beside those of files, loads and queries.
var (
	errKeyGone     = core.NewError(core.NotFound, "schedule.key_gone")
	errPackageGone = core.NewError(core.NotFound, "schedule.package_gone")
)

// run takes one turn of a schedule, and notes in it what began. What it needs is
// asked again each time: a key or a right that is gone loads nothing.
func (w *Worker) run(ctx context.Context, is *core.LoadSchedule) error {
	k, err := w.Needs.APIKeyByID(ctx, is.OrganizationID, is.KeyID)
	if errors.Is(err, core.ErrNotFound) || err == nil && k.Key.UserID != is.By.ID {
		return errKeyGone
	}
	if err != nil {
		return err
	}
	if err := w.refusal(k); err != nil {
		return err
	}
	c := loader.Caller{View: k.Acting(), Origin: core.Origin{Key: k.Key.Access}, Identity: k.Key.Has(core.ScopeLoaderIdentity), Away: true}
	kept, err := w.Loads.Package(ctx, c, string(is.PackageID))
	if errors.Is(err, core.ErrNotFound) || err == nil && kept.ID != is.PackageID {
		return errPackageGone
	}
	if err != nil {
		return err
	}
	place, err := w.place(ctx, k.Organization, is.Source.In())
	if err != nil {
		return err
	}
	if is.Source.Kind == core.LoadFromQuery {
		return w.query(ctx, c, is, kept)
	}
	return w.folder(ctx, c, is, kept, place)
}

// folder loads a file. One of a watched folder is moved away then, so that it is
// loaded once; should that fail, its hash keeps it from being loaded again.
func (w *Worker) folder(ctx context.Context, c loader.Caller, is *core.LoadSchedule, kept core.LoadPackage, p Place) (err error) {
	d, err := openFolder(p, w.Clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.root.Close()) }()
	watch := is.Source.Kind == core.LoadFromWatch
	var f *found
	if watch {
		f, err = d.waiting(ctx, is.Source)
	} else {
		f, err = d.file(is.Source.Name)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if !watch || f.hash == "" || f.hash != is.LastHash {
		if err := w.load(ctx, c, is, kept, f.name, loadfile.Reading{}, reading{ctx, f}, f.same); err != nil {
			return err
		}
	}
	if watch {
		return d.move(f, w.Clock())
	}
	return nil
}

// query loads the rows of a query.
func (w *Worker) query(ctx context.Context, c loader.Caller, is *core.LoadSchedule, kept core.LoadPackage) error {
	return w.rows(ctx, is.Source, func(in io.Reader) error {
		return w.load(ctx, c, is, kept, is.Source.Place+".csv", asText(), in, nil)
	})
}

// reader is what rows are read from.
type reader interface {
	Columns() []string
	Next() (table.Row, error)
}

func write(out io.Writer, rows reader) error {
	to := csv.NewWriter(out)
	if err := to.Write(rows.Columns()); err != nil {
		return err
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			to.Flush()
			return to.Error()
		}
		if err == nil {
			err = to.Write(row.Cells)
		}
		if err != nil {
			return err
		}
	}
}

// load takes bytes in, in the order of the package, and starts their load. What does
// not get that far is not kept.
func (w *Worker) load(ctx context.Context, c loader.Caller, is *core.LoadSchedule, kept core.LoadPackage, name string, how loadfile.Reading,
	in io.Reader, same func() error,
) error {
	f, err := w.Files.Upload(ctx, c, loadfile.Put{Name: name, Target: kept.Order.Target, Reading: how}, in)
	if err != nil {
		return err
	}
	if same != nil {
		err = same()
	}
	if err == nil {
		err = w.Files.Map(ctx, c, f.ID, loader.FitAll(kept.Order, f.Facts.Columns))
	}
	had := w.had(*is)
	if err == nil {
		had.LastRun, err = w.Files.StartTurn(ctx, c, f.ID, f.Version+1, core.LoadScheduleTurn{Is: had, Owner: w.Owner})
	}
	if err != nil {
		return errors.Join(err, w.Files.Drop(context.WithoutCancel(ctx), c, f.ID))
	}
	had.Settled, had.LastHash = false, f.Hash
	*is = had
	return nil
}
