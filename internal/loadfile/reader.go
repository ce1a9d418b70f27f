package loadfile

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/table"
)

// held is how many parts of a file a reader keeps: a workbook is read in a few
// places at once.
const held = 8

// reader reads the stored bytes of a file, for the time of one call.
type reader struct {
	ctx    context.Context
	of     *Service
	file   core.LoadFile
	parts  [held][]byte
	places [held]int // which part it is, from 1; 0: none
	next   int
}

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		if at >= r.file.Size {
			return n, io.EOF
		}
		part, err := r.part(int(at / core.LoadChunkBytes))
		if err != nil {
			return n, err
		}
		from := int(at % core.LoadChunkBytes)
		if from >= len(part) {
			return n, io.ErrUnexpectedEOF
		}
		m := copy(p[n:], part[from:])
		n, at = n+m, at+int64(m)
	}
	return n, nil
}

func (r *reader) part(no int) ([]byte, error) {
	for i, place := range r.places {
		if place == no+1 {
			return r.parts[i], nil
		}
	}
	id := core.LoadChunkID(r.file.ID, no)
	sealed, err := r.of.Store.LoadChunk(r.ctx, r.file.OrganizationID, id)
	if err != nil {
		return nil, err
	}
	b, err := r.of.Sealer.OpenChunk(id, sealed)
	if err != nil {
		return nil, err
	}
	r.parts[r.next], r.places[r.next] = b, no+1
	r.next = (r.next + 1) % held
	return b, nil
}

// rows are the rows of a file as the loader takes them.
type rows struct{ table *table.Table }

// ErrorColumn is the last column of a file of rows that failed.
const ErrorColumn = "_error"

// Next implements loader.Rows.
func (r rows) Next() (loader.Row, error) {
	row, err := r.table.Next()
	Unquote(r.table.Columns(), row.Cells)
	return loader.Row{Number: row.Number, Cells: row.Cells, Problem: row.Problem}, err
}

// Unquote takes, in a file of failed rows, the quote away that kept a cell from being
// a formula: otherwise a telephone number would come back with it.
func Unquote(columns, cells []string) {
	if columns[len(columns)-1] != ErrorColumn {
		return
	}
	for i, cell := range cells {
		if bare, quoted := strings.CutPrefix(cell, "'"); quoted && core.Cell(bare) == cell {
			cells[i] = bare
		}
	}
}

func (r rows) close() { _ = r.table.Close() } // there is nothing behind it to lose

// open opens a file as it was read before; where its bytes are others, that is an
// error.
func (s *Service) open(ctx context.Context, f core.LoadFile) (rows, error) {
	o := readingOf(f.Facts).options()
	o.Sum = f.Hash
	t, err := table.Open(table.Data(&reader{ctx: ctx, of: s, file: f}, f.Size), o)
	return rows{t}, err
}

// sheetsTried is of how many sheets of a workbook it is tried whether they are a list.
const sheetsTried = 8

// inspect reads a file through in one way, and notes what was seen. Where nobody chose a
// sheet and the first is no list, such as one that says what the workbook is, it is the
// first that is: a file that was refused for it would leave nobody anything to choose.
func (s *Service) inspect(ctx context.Context, f *core.LoadFile, how Reading) error {
	err := s.readThrough(ctx, f, how)
	if how.Sheet != "" || !table.NoList(err) {
		return err
	}
	sheets := table.Sheets(table.Data(&reader{ctx: ctx, of: s, file: *f}, f.Size), how.options().Limits)
	for _, sheet := range sheets[min(1, len(sheets)):min(sheetsTried, len(sheets))] {
		how.Sheet = sheet
		if other := s.readThrough(ctx, f, how); !table.NoList(other) {
			return other
		}
	}
	return err
}

func (s *Service) readThrough(ctx context.Context, f *core.LoadFile, how Reading) error {
	t, err := table.Open(table.Data(&reader{ctx: ctx, of: s, file: *f}, f.Size), how.options())
	if err != nil {
		return err
	}
	defer rows{t}.close()
	facts := core.LoadFacts{
		Encoding: t.Shape.Encoding, HeaderRow: t.Shape.HeaderRow, Sheet: t.Shape.Sheet, Sheets: t.Shape.Sheets,
		Columns: t.Columns(), Filled: make([]int, len(t.Columns())), First: 1,
	}
	if t.Shape.Delimiter != 0 {
		facts.Delimiter = string(t.Shape.Delimiter)
	}
	if facts.HeaderRow > 0 {
		facts.First = facts.HeaderRow + 1
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			f.Facts = facts
			return nil
		}
		if err != nil {
			return err
		}
		facts.Rows++
		for i, cell := range row.Cells[:min(len(row.Cells), len(facts.Filled))] {
			if cell != "" {
				facts.Filled[i]++
			}
		}
	}
}

// sampleShown is how much of a cell is a sample of it, in letters.
const sampleShown = 80

// sample is the beginning of a cell: it holds on to no more of its row.
func sample(cell string) string {
	if r := []rune(cell); len(r) > sampleShown {
		return string(r[:sampleShown]) + "…"
	}
	return strings.Clone(cell)
}

// Samples returns the beginnings of so many cells of each column, from the first rows.
func (s *Service) Samples(ctx context.Context, f core.LoadFile, n int) ([][]string, error) {
	const looked = 200
	r, err := s.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer r.close()
	out := make([][]string, len(f.Facts.Columns))
	for range looked {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i := range out {
			if i < len(row.Cells) && row.Cells[i] != "" && len(out[i]) < n {
				out[i] = append(out[i], sample(row.Cells[i]))
			}
		}
	}
	return out, nil
}
