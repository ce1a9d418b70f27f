package scorecard

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of one upload.
const (
	maxUpload   = 1 << 20 // bytes
	maxRows     = 5000
	maxProblems = 20 // shown; the rest is only counted
)

type row struct {
	measure, period string
	value           float64
}

// Problem is what is wrong with one row of an upload; row 1 is the header, as
// spreadsheets number them. Row 0 is the file itself.
type Problem struct {
	Row  int
	Text string
}

// A period sorts as text in the order of time because it starts with its year.
var periodForm = regexp.MustCompile(`^[12][0-9]{3}(-(0[1-9]|1[0-2])|-Q[1-4])?$`)

// parse reads "measure,period,value" rows. Either every row is right or
// nothing may be loaded: half a file would be harder to mend than none.
func parse(in io.Reader) (rows []row, problems []Problem) {
	complain := func(at int, format string, args ...any) {
		problems = append(problems, Problem{Row: at, Text: fmt.Sprintf(format, args...)})
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err != nil || strings.ToLower(strings.TrimPrefix(strings.Join(head, ","), "\ufeff")) != "measure,period,value" {
		complain(1, "The first row must be: measure,period,value")
		return nil, problems
	}
	seen := map[string]int{}
	for {
		fields, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(rows) == 0 && len(problems) == 0 {
				complain(0, "The file has no rows below its first one.")
			}
			return rows, problems
		case errors.As(err, &broken):
			complain(broken.StartLine, "The quotes in this row do not match, so the rest could not be read.")
			return nil, problems
		case err != nil:
			complain(0, "The file could not be read to its end. Choose it again.")
			return nil, problems
		}
		at, _ := r.FieldPos(0)
		if len(rows)+len(problems) >= maxRows {
			complain(at, "A file may have %d rows at most. Split it.", maxRows)
			return nil, problems
		}
		v, text := parseRow(fields)
		key := v.measure + "\x00" + v.period
		if first, twice := seen[key]; twice && text == "" {
			text = fmt.Sprintf("%s for %s is in row %d already.", v.measure, v.period, first)
		}
		if text != "" {
			complain(at, "%s", text)
			continue
		}
		seen[key] = at
		rows = append(rows, v)
	}
}

// parseRow returns what is wrong as a sentence, empty where nothing is.
func parseRow(fields []string) (v row, problem string) {
	if len(fields) != 3 {
		return v, fmt.Sprintf("A row has 3 columns; this one has %d.", len(fields))
	}
	v.measure, v.period = strings.TrimSpace(fields[0]), strings.ToUpper(strings.TrimSpace(fields[1]))
	switch {
	case !validName(v.measure):
		return v, "A measure is 1 to 60 characters and begins with a letter or a digit."
	case !periodForm.MatchString(v.period):
		return v, "A period looks like 2026, 2026-Q3 or 2026-09."
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(fields[2]), 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e12 {
		return v, "A value is a number such as 1250 or 97.5, without signs for thousands or money."
	}
	v.value = n
	return v, ""
}

// validName also keeps out a first character that a spreadsheet would take for
// a formula when the file is downloaded again.
func validName(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= 60 &&
		(unicode.IsLetter(first) || unicode.IsDigit(first)) && !strings.ContainsFunc(s, unicode.IsControl)
}
