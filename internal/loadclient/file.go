package loadclient

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/table"
)

// batchRows is how many rows one request has at most, and batchBytes how long their
// cells may be together: a body of the API has 4 MiB.
const (
	batchRows  = 500
	batchBytes = 1 << 20
)

// File is a file to load. It may be read from its beginning as often as is needed.
type File struct {
	Name    string
	Columns []string
	Sum     string
	First   int // number of the first row of data
	// Workbook: it is none of text.
	Workbook bool
	in       *os.File
	source   *table.Source
	options  table.Options
	wrong    map[int]*core.Error // rows that could not be read
}

// Wrong is why a row could not be read; nil where it could, or was not read yet.
func (f *File) Wrong(row int) *core.Error { return f.wrong[row] }

// How is how a file is to be read; what is empty is guessed.
type How struct {
	Sheet     string // of a workbook
	Encoding  string // of a text
	Delimiter rune   // of a text
}

// Open opens a file.
func Open(path string, how How) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return read(in, filepath.Base(path), how)
}

// read reads an open file, which it closes where that fails.
func read(in *os.File, name string, how How) (*File, error) {
	f := &File{Name: name, in: in, wrong: map[int]*core.Error{}}
	f.options = table.Options{Sheet: how.Sheet, Encoding: how.Encoding, Delimiter: how.Delimiter, Limits: table.CommandLine()}
	var err error
	if f.source, err = table.File(in); err == nil {
		f.Sum, err = f.source.Sum()
	}
	var t *table.Table
	if err == nil {
		t, err = table.Open(f.source, f.options)
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	f.Columns, f.First, f.Workbook = t.Columns(), 1, t.Shape.Kind == table.KindWorkbook
	if t.Shape.HeaderRow > 0 {
		f.First = t.Shape.HeaderRow + 1
	}
	f.options.Sum = f.Sum
	return f, t.Close()
}

// Close closes it.
func (f *File) Close() error { return f.in.Close() }

// Rows reads the file from its beginning and hands over its rows.
func (f *File) Rows(each func(table.Row) error) error {
	t, err := table.Open(f.source, f.options)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }() // there is nothing behind it to lose
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			loadfile.Unquote(f.Columns, row.Cells)
			err = each(row)
		}
		if err != nil {
			return err
		}
	}
}

// Twice are the rows whose name stood in an earlier row, with the number of that one.
func (f *File) Twice(o api.LoadOrder, each func()) (total int, twice map[int]int, err error) {
	keyOf, fields := identifier.LoginKey, []string{}
	switch o.Target {
	case string(core.LoadPeople):
		fields = []string{"email", "username"}
	case string(core.LoadGroups):
		keyOf = func(name string) (string, bool) { key := core.NameKey(name); return key, key != "" }
		fields = []string{"name"}
	}
	var places []int
	for i, name := range f.Columns {
		if slices.ContainsFunc(o.Columns, func(c api.LoadColumn) bool {
			return c.Enabled && c.Column == name && slices.Contains(fields, c.Field)
		}) {
			places = append(places, i)
		}
	}
	names, twice := loader.NewNames(), map[int]int{}
	err = f.Rows(func(row table.Row) error {
		total++
		each()
		if row.Problem != nil {
			return nil
		}
		var keys []string
		for _, at := range places {
			if key, ok := keyOf(row.Cells[at]); ok && row.Cells[at] != "" {
				keys = append(keys, key)
			}
		}
		for _, key := range keys {
			if first := names.At(key); first != 0 {
				twice[row.Number] = first
			}
		}
		names.Note(row.Number, keys...)
		return nil
	})
	return total, twice, err
}

// batches reads the rows from a number on, and hands them over as they are sent.
func (f *File) batches(from func() int, twice map[int]int, each func([]api.LoadRow) error) error {
	var batch []api.LoadRow
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := each(batch)
		batch, size = batch[:0], 0
		return err
	}
	err := f.Rows(func(row table.Row) error {
		if row.Number < from() {
			return nil
		}
		one := api.LoadRow{Row: row.Number, Cells: row.Cells, SameAs: twice[row.Number]}
		if row.Problem != nil {
			one = unreadable(row.Number)
			f.wrong[row.Number] = row.Problem
		}
		if slices.ContainsFunc(one.Cells, untyped) {
			one = unreadable(row.Number)
		}
		n := 0
		for _, cell := range one.Cells {
			n += len(cell)
		}
		if len(batch) == batchRows || size+n > batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, one), size+n
		return nil
	})
	if err == nil {
		err = flush()
	}
	return err
}

func unreadable(row int) api.LoadRow {
	return api.LoadRow{Row: row, Cells: []string{}, Unreadable: true}
}

// untyped reports whether a cell has characters that the API takes in no text.
func untyped(cell string) bool {
	return strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}
