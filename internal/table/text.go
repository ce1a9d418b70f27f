package table

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// Delimiters are what may stand between columns.
func Delimiters() []rune { return []rune{',', ';', '\t', '|'} }

// The kinds that the first bytes of a file tell.
const (
	plain = iota
	zipped
	oldExcel
	foreign
)

// kindOf says what a file is by its beginning: its name may be anything.
func kindOf(head []byte) int {
	begins := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }
	switch {
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return zipped
	case begins("\xd0\xcf\x11\xe0"):
		return oldExcel
	}
	for _, magic := range []string{"%PDF-", "\x89PNG", "\xff\xd8\xff", "GIF8", "\x1f\x8b", "BZh", "7z\xbc\xaf", "\xfd7zXZ", "Rar!", "\x7fELF", "{\\rtf"} {
		if begins(magic) {
			return foreign
		}
	}
	return plain
}

// text is a file of separated columns.
type text struct {
	*records
	encoding string
	decoded  bool // from another encoding, which puts U+FFFD for what it cannot read
}

// openText guesses what the caller does not know and begins to read.
func openText(s *Source, o Options) (*text, Shape, error) {
	shape := Shape{Kind: KindText, Encoding: o.Encoding, Delimiter: o.Delimiter}
	if limit := o.Limits.Bytes; limit > 0 && s.size > limit {
		return nil, shape, sizeError(s.size, limit)
	}
	whole := func() io.Reader { return io.NewSectionReader(s, 0, s.size) }
	if shape.Encoding == "" {
		guess, err := guessEncoding(whole())
		if err != nil {
			return nil, shape, err
		}
		shape.Encoding = guess
	}
	c, err := charsetOf(shape.Encoding)
	if err != nil {
		return nil, shape, err
	}
	shape.Encoding = c.name
	if shape.Delimiter == 0 {
		if shape.Delimiter, err = guessDelimiter(c.decoded(whole()), o.Limits.Row); err != nil {
			return nil, shape, err
		}
	}
	if !strings.ContainsRune(string(Delimiters()), shape.Delimiter) {
		return nil, shape, errDelimiter
	}
	in := newRecords(c.decoded(whole()), byte(shape.Delimiter), o.Limits.Row)
	return &text{records: in, encoding: c.name, decoded: c.of != nil}, shape, nil
}

// sizeError says how large a file is and may be, in megabytes. One just over the
// limit is not said to be of its size.
func sizeError(size, limit int64) error {
	return errSize.With("size", (size+mega-1)/mega).With("limit", limit/mega)
}

// padded implements rows: in text, each cell has its mark.
func (x *text) padded() bool { return false }

// next implements rows.
func (x *text) next() (raw, error) {
	if err := x.records.next(); err != nil {
		return raw{}, err
	}
	r := raw{number: x.number, line: x.line, cells: x.cells()}
	if x.after >= 0 {
		r.problem = errQuoteText.With("column", x.after)
	}
	if p, at := x.illegible(); p != nil {
		r.problem = p.With("column", at)
		for i := range r.cells {
			r.cells[i] = strings.ToValidUTF8(r.cells[i], "\ufffd")
		}
	}
	if r.problem != nil {
		r.problem = r.problem.With("row", r.number).With("line", r.line)
	}
	return r, nil
}

// illegible finds a cell with bytes that are no text.
func (x *text) illegible() (*core.Error, int) {
	unread := func(b []byte) bool {
		return x.decoded && bytes.Contains(b, []byte("\ufffd")) || !x.decoded && !utf8.Valid(b)
	}
	nul := bytes.IndexByte(x.text, 0) >= 0
	if !nul && !unread(x.text) {
		return nil, 0
	}
	begin := 0
	for i, end := range x.ends {
		switch cell := x.text[begin:end]; {
		case bytes.IndexByte(cell, 0) >= 0:
			return errNUL, i
		case unread(cell):
			return errLetters.With("encoding", x.encoding), i
		}
		begin = end
	}
	return nil, 0
}

// guessDelimiter says what stands between columns: what gives the most rows of
// the beginning as many cells as the first has, then what gives more of them.
func guessDelimiter(in io.Reader, most int) (rune, error) {
	sample, err := io.ReadAll(io.LimitReader(in, 64<<10))
	if err != nil {
		return 0, err
	}
	if d := declared(sample); d != 0 {
		return d, nil
	}
	best, alike, width := ',', 0, 1
	for _, d := range Delimiters() {
		w, n := evenness(sample, byte(d), most)
		if w > 1 && (n > alike || n == alike && w > width) {
			best, alike, width = d, n, w
		}
	}
	return best, nil
}

// declared is the delimiter that a first line "sep=;" names, as Excel writes it.
func declared(sample []byte) rune {
	line, _, _ := strings.Cut(string(sample), "\n")
	mark, ok := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "sep=")
	if ok && len(mark) == 1 && strings.ContainsRune(string(Delimiters()), rune(mark[0])) {
		return rune(mark[0])
	}
	return 0
}

// evenness reads the beginning of a text with a delimiter: how many cells its first
// row has, and how many of the first rows have as many.
func evenness(sample []byte, delimiter byte, most int) (width, alike int) {
	r := newRecords(bytes.NewReader(sample), delimiter, most)
	for range 30 {
		if err := r.next(); err != nil {
			break // also a quote that closes behind the sample
		}
		n := len(r.ends)
		if n == 1 && len(r.text) == 0 {
			continue
		}
		if width == 0 {
			width = n
		}
		if n == width {
			alike++
		}
	}
	return width, alike
}
