package table

import (
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// The size of a sheet of Excel. What claims to be outside is no sheet.
const (
	sheetRows    = 1_048_576
	sheetColumns = 16_384
)

// sheet reads the rows of a sheet. A formula is passed over: what counts is the
// result that the program stored beside it.
type sheet struct {
	*markup
	of     *workbook
	number int    // of the row that was read last
	width  int    // cells of it
	shows  []byte // of the cell, as it is written
}

// next returns the next row that is written down, empty or not.
func (s *sheet) next() (raw, error) {
	for {
		is, err := s.markup.next()
		if err != nil {
			return raw{}, err
		}
		if is != starts || s.name != "row" || s.parent() != "sheetData" {
			continue // behind the rows too: the sum of the part is only checked at its end
		}
		number := s.number + 1
		if written := s.raw("r"); len(written) > 0 {
			var ok bool
			if number, ok = whole(written); !ok || number <= s.number {
				return raw{}, errDamaged
			}
		}
		if number > sheetRows {
			return raw{}, errDamaged
		}
		s.number = number
		return s.row()
	}
}

// row reads the cells of a row up to its end.
func (s *sheet) row() (raw, error) {
	r := raw{number: s.number, cells: make([]string, 0, s.width)}
	last := -1
	for {
		is, err := s.markup.next()
		if err != nil {
			return raw{}, err
		}
		if is == ends && s.name == "row" {
			s.width = len(r.cells)
			return r, nil
		}
		if is != starts || s.name != "c" {
			continue
		}
		at := last + 1
		if ref := s.raw("r"); len(ref) > 0 {
			var ok bool
			if at, ok = columnOf(ref); !ok || at <= last {
				return raw{}, errDamaged
			}
		}
		last = at
		text, problem, err := s.cell()
		if err != nil {
			return raw{}, err
		}
		if err := s.put(&r, at, text, problem); err != nil {
			return raw{}, err
		}
	}
}

// put puts a value into its column. An empty one does not make a row wider: a
// format alone may reach to the last column there is.
func (s *sheet) put(r *raw, at int, text string, problem *core.Error) error {
	if problem != nil && r.problem == nil {
		r.problem = problem.With("row", r.number).With("column", at)
	}
	if text == "" && problem == nil {
		return nil
	}
	if limit := s.of.limits.Columns; at >= limit {
		return errColumns.With("row", r.number).With("count", at+1).With("limit", limit)
	}
	for len(r.cells) < at {
		r.cells = append(r.cells, "")
	}
	r.cells = append(r.cells, text)
	return nil
}

// cell reads a cell up to its end, and returns what it shows.
func (s *sheet) cell() (string, *core.Error, error) {
	kind, formula := s.known(s.raw("t")), false
	style, _ := whole(s.raw("s"))
	s.shows = s.shows[:0]
	for {
		is, err := s.markup.next()
		if err != nil {
			return "", nil, err
		}
		switch {
		case is == starts:
			formula = formula || s.name == "f"
		case is == chars && (s.within("v") || s.within("t") && !s.in("rPh")):
			if s.shows = append(s.shows, s.text...); len(s.shows) > s.most {
				return "", nil, errCell.With("limit", s.most/mega)
			}
		case is == ends && s.name == "c":
			if formula && len(s.shows) == 0 && kind != "str" { // the result may be an empty text
				return "", errFormula, nil
			}
			return s.shown(kind, style)
		}
	}
}

// shown is what a cell with a value of a type and in a style shows.
func (s *sheet) shown(kind string, style int) (string, *core.Error, error) {
	if kind == "s" {
		n, ok := whole(s.shows)
		if !ok || n >= len(s.of.texts) {
			return "", nil, errDamaged
		}
		return plainText(s.of.texts[n])
	}
	value := string(s.shows)
	switch kind {
	case "str", "inlineStr":
		return plainText(unescape(value))
	case "d":
		return value, nil, nil // an ISO date already
	case "b":
		if value == "1" {
			return "TRUE", nil, nil
		}
		return "FALSE", nil, nil
	case "e":
		return value, errError.With("value", value), nil
	}
	text, ok := s.of.formatAt(style).show(value, s.of.since04)
	if !ok {
		return text, errDate.With("value", value), nil
	}
	return text, nil, nil
}

// plainText returns a text with the problem of one that holds what no text has.
func plainText(text string) (string, *core.Error, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return text, errNUL, nil
	}
	return text, nil, nil
}

// columnOf is the place of a column by a cell's address, such as AB12.
func columnOf(ref []byte) (int, bool) {
	at := 0
	for i := range len(ref) {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			return at - 1, i > 0
		}
		if at = at*26 + int(c-'A') + 1; at > sheetColumns {
			return 0, false
		}
	}
	return 0, false
}

// whole reads a whole number that is not negative.
func whole[T string | []byte](text T) (int, bool) {
	n := 0
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' || n > 100_000_000 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(text) > 0
}
