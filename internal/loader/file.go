package loader

import (
	"context"
	"errors"
	"io"

	"github.com/sallyport/sallyport/internal/core"
)

// Rows gives the rows of a file in their order, and io.EOF behind the last one. Any
// other error ends the load: what follows in the file cannot be relied on.
type Rows interface {
	Next() (Row, error)
}

// File loads the rows of a file from where a load is to the file's end, and finishes
// it. It may be called again for one that was cut short: the rows that are done are
// read once more and passed over. After each batch it tells how far it is, where
// that is wanted; an error from there cuts it short.
func (s *Service) File(ctx context.Context, c Caller, runID core.ID, rows Rows, progress func(core.LoadRun) error) (core.LoadRun, error) {
	run, err := s.Get(ctx, c, runID)
	if err != nil || run.State.Over() {
		return run, err
	}
	l, err := newLayout(run.Order, run.Columns)
	if err != nil {
		return run, err
	}
	names := NewNames()
	for last := false; !last; {
		var batch []Row
		if batch, last, err = next(rows); err != nil {
			return s.spoiled(ctx, c, run, err)
		}
		for len(batch) > 0 && batch[0].Number < run.Next {
			keys := s.keysOf(l, batch[0])
			names.Note(batch[0].Number, keys.Email, keys.Username)
			batch = batch[1:]
		}
		if len(batch) == 0 {
			continue
		}
		out, err := s.load(ctx, c, run, l, batch, names)
		run = out.Run
		if err != nil || run.State.Over() {
			return run, err
		}
		if progress != nil {
			if err := progress(run); err != nil {
				return run, err
			}
		}
	}
	return s.Finish(ctx, c, run.ID)
}

// keysOf are the names that a row may not share with another one. Two may say of the
// same person that they are in a group.
func (s *Service) keysOf(l layout, row Row) core.LoginKeys {
	switch l.order.Target {
	case core.LoadPeople:
		return s.read(l, row).keys
	case core.LoadGroups:
		return groupKeys(l.cells(row).says["name"])
	}
	return core.LoginKeys{}
}

// next reads a batch of rows; last says that there is nothing behind it.
func next(rows Rows) (batch []Row, last bool, err error) {
	for len(batch) < core.LoadBatchRows {
		r, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return batch, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		batch = append(batch, r)
	}
	return batch, false, nil
}

// spoiled ends a load whose file cannot be read on. Where the fault may pass, or is
// ours, the load stays as it is and goes on later.
func (s *Service) spoiled(ctx context.Context, c Caller, run core.LoadRun, err error) (core.LoadRun, error) {
	if core.KindOf(err) != core.Invalid {
		return run, err
	}
	run, ended := s.end(ctx, c, run, core.LoadFailed, core.CodeOf(err))
	return run, errors.Join(err, ended)
}
