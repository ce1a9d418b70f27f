package table

import (
	"strconv"
	"strings"
)

// Letter is what spreadsheets call the column at a place, from 0: A, B, … Z, AA.
func Letter(at int) string {
	name := ""
	for at++; at > 0; at = (at - 1) / 26 {
		name = string(rune('A'+(at-1)%26)) + name
	}
	return name
}

// header reads up to the names of the columns and takes them.
func (t *Table) header(o Options) error {
	r, err := t.headerRow(o.HeaderRow)
	if err != nil {
		return err
	}
	if r.problem != nil {
		return t.named(r.problem)
	}
	for len(r.cells) > 0 && strings.TrimSpace(r.cells[len(r.cells)-1]) == "" {
		r.cells = r.cells[:len(r.cells)-1]
	}
	if n := len(r.cells); n > t.limits.Columns {
		return errColumns.With("row", r.number).With("count", n).With("limit", t.limits.Columns)
	}
	if o.HeaderRow == NoHeader {
		t.Shape.HeaderRow, t.first = NoHeader, &r
		for i := range r.cells {
			t.columns = append(t.columns, Letter(i))
		}
		return nil
	}
	if o.HeaderRow == 0 && likeData(r.cells) {
		return errHeaderNone.With("row", r.number)
	}
	t.Shape.HeaderRow = r.number
	return t.name(r)
}

// headerRow returns the row that was asked for, and else the first that is not
// empty.
func (t *Table) headerRow(wanted int) (raw, error) {
	for {
		r, err := t.next()
		if err == errNoRows {
			err = errEmpty
			if wanted > 0 {
				err = errHeaderNone.With("row", wanted)
			}
		}
		switch {
		case err != nil:
			return raw{}, err
		case wanted <= 0 && r.number == 1 && strings.HasPrefix(r.cells[0], "sep=") && blank(r.cells[1:]):
			// A note to programs, not a row.
		case wanted <= 0 || r.number == wanted:
			return r, nil
		case r.number > wanted:
			return raw{}, errHeaderNone.With("row", wanted)
		}
	}
}

// name takes the names of the columns: space around and line breaks within are
// how a name was laid out, not part of it.
func (t *Table) name(r raw) error {
	taken := map[string]int{}
	for i, cell := range r.cells {
		name := strings.Join(strings.Fields(cell), " ")
		if name == "" {
			return errHeaderEmpty.With("row", r.number).With("column", Letter(i))
		}
		folded := strings.ToLower(name)
		if first, twice := taken[folded]; twice {
			return errHeaderTwice.With("name", name).With("first", Letter(first)).With("second", Letter(i))
		}
		taken[folded] = i
		t.columns = append(t.columns, name)
	}
	return nil
}

// likeData reports whether cells look like a row of people rather than names of
// columns: one is an address, or half of them are numbers.
func likeData(cells []string) bool {
	numbers, filled := 0, 0
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		filled++
		if at := strings.IndexByte(c, '@'); at > 0 && strings.Contains(c[at:], ".") {
			return true
		}
		if _, err := strconv.ParseFloat(strings.ReplaceAll(c, ",", "."), 64); err == nil {
			numbers++
		}
	}
	return numbers > 0 && numbers*2 >= filled
}
