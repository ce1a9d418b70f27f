package table

import (
	"bytes"
	"io"
)

// records splits text into rows and cells as RFC 4180 has it, and as programs
// write it: any mark that ends a line ends a row, also mixed; a quote within a
// cell that began without one is a letter like others.
//
// It holds one row and one buffer, whatever the file holds.
type records struct {
	in        io.Reader
	buffer    []byte
	at, end   int
	failed    error // of in; told when the buffer is empty
	delimiter byte
	most      int // bytes of one row

	number, line int // of the row that was read last
	below        int // lines that end in it
	taken        int // bytes read of it
	text         []byte
	ends         []int // of the cells in text
	after        int   // the first cell with text after its closing quote; -1: none
}

func newRecords(in io.Reader, delimiter byte, most int) *records {
	return &records{in: in, buffer: make([]byte, 64<<10), delimiter: delimiter, most: most, line: 1}
}

// fill makes sure that there is something to read.
func (r *records) fill() error {
	for r.at == r.end {
		if r.failed != nil {
			return r.failed
		}
		r.at = 0
		r.end, r.failed = r.in.Read(r.buffer)
	}
	return nil
}

// skip counts n bytes of the buffer as read.
func (r *records) skip(n int) error {
	r.at += n
	r.taken += n
	if r.taken > r.most {
		return errLong.With("row", r.number).With("line", r.line).With("limit", r.most/mega)
	}
	return nil
}

// next reads one row into text and ends.
func (r *records) next() error {
	r.line += r.below
	r.text, r.ends, r.taken, r.below, r.after = r.text[:0], r.ends[:0], 0, 0, -1
	if err := r.fill(); err != nil {
		return err
	}
	r.number++
	for {
		more, err := r.cell()
		r.ends = append(r.ends, len(r.text))
		if err == io.EOF {
			return nil
		}
		if err != nil || !more {
			return err
		}
	}
}

// cell reads one cell and what ends it, and reports whether another follows.
func (r *records) cell() (more bool, err error) {
	if err := r.fill(); err != nil {
		return false, err
	}
	if r.buffer[r.at] == '"' {
		if err := r.quoted(); err != nil {
			return false, err
		}
	}
	for {
		if err := r.fill(); err != nil {
			return false, err
		}
		n := r.plain()
		r.text = append(r.text, r.buffer[r.at:r.at+n]...)
		if err := r.skip(n); err != nil {
			return false, err
		}
		if r.at < r.end {
			break
		}
	}
	return r.mark()
}

// plain is how many bytes follow that end nothing.
func (r *records) plain() int {
	rest := r.buffer[r.at:r.end]
	for i, c := range rest {
		if c == r.delimiter || c == '\n' || c == '\r' {
			return i
		}
	}
	return len(rest)
}

// mark reads the delimiter or the end of the line.
func (r *records) mark() (more bool, err error) {
	c := r.buffer[r.at]
	if err := r.skip(1); err != nil {
		return false, err
	}
	if c == r.delimiter {
		return true, nil
	}
	r.below++
	if c == '\r' {
		if err := r.fill(); err != nil {
			return false, err
		}
		if r.buffer[r.at] == '\n' {
			return false, r.skip(1)
		}
	}
	return false, nil
}

// quoted reads a cell from its opening quote to the closing one. What follows that
// is read like any text, and noted: it should not be there.
func (r *records) quoted() error {
	if err := r.skip(1); err != nil {
		return err
	}
	for {
		if err := r.fill(); err != nil {
			return r.open(err)
		}
		rest := r.buffer[r.at:r.end]
		n := bytes.IndexByte(rest, '"')
		if n < 0 {
			n = len(rest)
		}
		r.lines(rest[:n])
		r.text = append(r.text, rest[:n]...)
		if err := r.skip(n); err != nil {
			return err
		}
		if r.at == r.end {
			continue
		}
		if err := r.skip(1); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
			return err
		}
		if c := r.buffer[r.at]; c != '"' {
			if c != r.delimiter && c != '\r' && c != '\n' && r.after < 0 {
				r.after = len(r.ends)
			}
			return nil
		}
		r.text = append(r.text, '"')
		if err := r.skip(1); err != nil {
			return err
		}
	}
}

// open is the error of a text that ends within quotes.
func (r *records) open(err error) error {
	if err == io.EOF {
		return errQuoteOpen.With("row", r.number).With("line", r.line).With("column", len(r.ends))
	}
	return err
}

// lines counts those that end within a quoted cell.
func (r *records) lines(text []byte) {
	r.below += bytes.Count(text, []byte("\n"))
	for i, c := range text {
		if c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			r.below++
		}
	}
}

// cells are those of the row that was read last. They share one string.
func (r *records) cells() []string {
	all := string(r.text)
	cells := make([]string, len(r.ends))
	begin := 0
	for i, end := range r.ends {
		cells[i], begin = all[begin:end], end
	}
	return cells
}
