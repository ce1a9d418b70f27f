package table

import (
	"errors"
	"io"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// Row is one row under the names of the columns.
type Row struct {
	// Number is the row's own as people see it where they look the file up: the
	// names of the columns are in row 1, and empty rows count.
	Number int
	// Line is the line of a text file on which the row begins, which is another
	// number after a row with a line break in it; 0 where there are no lines.
	Line int
	// Cells are as many as there are columns, more only where that is the problem, and
	// never more than [Limits.Columns].
	Cells []string
	// Problem is why the row cannot be used, nil where it can. Its parameters name
	// the row, and the column where it is about one.
	Problem *core.Error
}

// Reader gives the rows of a table, one by one.
type Reader interface {
	// Columns are the names of the columns, each one once.
	Columns() []string
	// Next returns the next row, and io.EOF after the last. Any other error ends
	// the table: what follows cannot be relied on. Its kind is core.Invalid where
	// the file is at fault.
	Next() (Row, error)
	// Close lets go of what was opened. It may be called at any time.
	Close() error
}

// Limits are what a table may take of the machine.
type Limits struct {
	Bytes   int64 // size of a text file; 0: any
	Rows    int   // rows under the names; 0: any
	Columns int   // columns
	Row     int   // bytes of one row of a text, or of one cell of a workbook
	// Of a workbook, counted while it is read, whatever its headers say.
	SheetRows int   // rows under the names
	Packed    int64 // size of the file
	Unpacked  int64 // of all that is read of it
	Ratio     int64 // unpacked to packed of one part, after the first megabyte
	Parts     int   // entries of the archive
	Texts     int64 // bytes of the texts that cells share, which are held in memory
}

const mega = 1 << 20

// Browser are the limits of an upload: 50 MB, 200,000 rows, 64 columns.
func Browser() Limits {
	return Limits{
		Bytes: 50 * mega, Rows: 200_000, Columns: 64, Row: mega,
		SheetRows: 200_000, Packed: 50 * mega, Unpacked: 500 * mega, Ratio: 100, Parts: 200, Texts: 64 * mega,
	}
}

// CommandLine are the limits of a file on the server: text of any size with any
// number of rows. A workbook is bounded as in the browser: where it is read says
// nothing about who made it.
func CommandLine() Limits {
	l := Browser()
	l.Bytes, l.Rows = 0, 0
	return l
}

// Options are what the caller knows of a file. What is zero is guessed.
type Options struct {
	Encoding  string // one of [Encodings]
	Delimiter rune   // one of [Delimiters]
	// HeaderRow is the row of the column names, from 1. [NoHeader] says that there
	// is none: columns are then called A, B, C, as spreadsheets do.
	HeaderRow int
	Sheet     string // of a workbook; empty: the first that is not hidden
	// Sum, where given, is what [Source.Sum] has to be: that of the file somebody
	// looked at before.
	Sum    string
	Limits Limits
}

// NoHeader says that the first row is a row like the others.
const NoHeader = -1

// The kinds of file.
const (
	KindText     = "text"
	KindWorkbook = "workbook"
)

// Shape is how a file was read: guessed, or as the caller said.
type Shape struct {
	Kind      string
	Encoding  string   // of text
	Delimiter rune     // of text
	HeaderRow int      // NoHeader where there is none
	Sheet     string   // of a workbook
	Sheets    []string // of a workbook, those that are not hidden
}

// Table is an open file.
type Table struct {
	Shape   Shape
	source  *Source
	rows    rows
	columns []string
	first   *raw // a first row that is no header and was read already
	seen    int  // rows given
	limits  Limits
	part    io.Closer // of a workbook
	done    error
}

// raw is a row as it stands in a file.
type raw struct {
	number, line int
	cells        []string
	problem      *core.Error
}

// rows is what a format has to bring: its rows, io.EOF at the end.
type rows interface {
	next() (raw, error)
	// padded says that a row may leave out empty cells at its end.
	padded() bool
}

// Open looks at a file and reads it up to its column names.
func Open(s *Source, o Options) (*Table, error) {
	if o.Limits.Columns == 0 {
		o.Limits = Browser()
	}
	t := &Table{source: s, limits: o.Limits}
	if s.size == 0 {
		return nil, errEmpty
	}
	if o.Sum != "" {
		if sum, err := s.Sum(); err != nil || sum != o.Sum {
			return nil, errChanged.Because(err)
		}
	}
	if err := t.open(o); err != nil {
		return nil, t.blame(err)
	}
	if err := t.header(o); err != nil {
		return nil, t.blame(err)
	}
	return t, nil
}

// Sheets are the names of a workbook's sheets that are not hidden, in their order; none
// where a file is no workbook, or one that cannot be opened.
func Sheets(s *Source, l Limits) []string {
	t := &Table{source: s, limits: l}
	if err := t.open(Options{Limits: l}); err != nil {
		return nil
	}
	_ = t.Close() // there is nothing behind it to lose
	return t.Shape.Sheets
}

// open begins to read in the format that the file's first bytes say.
func (t *Table) open(o Options) error {
	head := make([]byte, 8)
	n, err := t.source.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch kindOf(head[:n]) {
	case zipped:
		w, err := openWorkbook(t.source, o)
		if err != nil {
			return err
		}
		t.rows, t.part, t.limits.Rows = w, w.rows.part, o.Limits.SheetRows
		t.Shape = Shape{Kind: KindWorkbook, Sheet: w.sheet, Sheets: w.names}
		return nil
	case oldExcel:
		return errOldExcel
	case foreign:
		return errKind
	}
	x, shape, err := openText(t.source, o)
	t.rows, t.Shape = x, shape
	return err
}

// Columns implements [Reader].
func (t *Table) Columns() []string { return t.columns }

// Close implements [Reader]. A file that the caller opened stays open.
func (t *Table) Close() error {
	t.done = io.EOF
	if t.part == nil {
		return nil
	}
	return t.part.Close()
}

// Next implements [Reader].
func (t *Table) Next() (Row, error) {
	if t.done != nil {
		return Row{}, t.done
	}
	r, err := t.next()
	if err != nil {
		t.done = t.blame(err)
		return Row{}, t.done
	}
	t.seen++
	if t.seen%1000 == 0 && t.source.changed() {
		t.done = errChanged
		return Row{}, t.done
	}
	if t.limits.Rows > 0 && t.seen > t.limits.Rows {
		t.done = t.tooMany().With("limit", t.limits.Rows)
		return Row{}, t.done
	}
	return t.fit(r), nil
}

// tooMany says what to do about too many rows.
func (t *Table) tooMany() *core.Error {
	if t.Shape.Kind == KindWorkbook {
		return errSheetRows
	}
	return errRows
}

// next returns the next row that is not empty.
func (t *Table) next() (raw, error) {
	if t.first != nil {
		r := *t.first
		t.first = nil
		return r, nil
	}
	for {
		r, err := t.rows.next()
		if err == io.EOF && t.seen == 0 {
			return raw{}, errNoRows
		}
		if err != nil {
			return raw{}, err
		}
		if r.problem != nil || !blank(r.cells) {
			return r, nil
		}
	}
}

// fit makes a row as wide as the table: empty cells too many at its end are
// dropped, and where the format leaves them out, those too few are added.
func (t *Table) fit(r raw) Row {
	row := Row{Number: r.number, Line: r.line, Cells: r.cells, Problem: r.problem}
	want, got := len(t.columns), len(r.cells)
	for got > want && row.Cells[got-1] == "" {
		got--
	}
	if len(r.cells) > t.limits.Columns { // a million of them are not held on to
		row.Cells = slices.Clone(r.cells[:min(got, t.limits.Columns)])
	} else {
		row.Cells = r.cells[:got]
	}
	if got != want && (got > want || !t.rows.padded()) && row.Problem == nil {
		row.Problem = errWidth.With("row", r.number).With("count", got).With("expected", want)
	}
	for len(row.Cells) < want {
		row.Cells = append(row.Cells, "")
	}
	if row.Problem != nil {
		row.Problem = t.named(row.Problem)
	}
	return row
}

// named puts the name of the column into a problem that knows only its place.
func (t *Table) named(problem *core.Error) *core.Error {
	at, ok := problem.Params["column"].(int)
	if !ok {
		return problem
	}
	if at < len(t.columns) {
		return problem.With("column", t.columns[at])
	}
	return problem.With("column", Letter(at))
}

// blame says that a file changed where that is why it could not be read on, and
// looks for it at the end too: then what was read is of two files.
func (t *Table) blame(err error) error {
	if t.source.changed() {
		return errChanged.Because(err)
	}
	err = asInvalid(err)
	if ours := (*core.Error)(nil); errors.As(err, &ours) {
		return t.named(ours)
	}
	return err
}

// blank reports whether a row has nothing in it.
func blank(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			return false
		}
	}
	return true
}
