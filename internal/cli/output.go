package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

// endLine ends the line that a bar stands in, so that what comes next has its own.
func (r *run) endLine() {
	if r.barAt {
		r.barAt = false
		fmt.Fprintln(r.Err)
	}
}

// say prints talk, which is not a result.
func (r *run) say(format string, args ...any) {
	if !r.tree.Quiet {
		r.endLine()
		fmt.Fprintln(r.Err, clean(fmt.Sprintf(format, args...)))
	}
}

// print prints a result: a line for people, or the value as JSON.
func (r *run) print(value any, format string, args ...any) error {
	if r.tree.JSON {
		return r.printJSON(value)
	}
	_, err := fmt.Fprintln(r.Out, clean(fmt.Sprintf(format, args...)))
	return err
}

func (r *run) printJSON(value any) error {
	r.endLine()
	enc := json.NewEncoder(r.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// table prints rows under a heading, or the values as JSON.
func (r *run) table(values any, heading []string, rows [][]string) error {
	if r.tree.JSON {
		return r.printJSON(values)
	}
	w := tabwriter.NewWriter(r.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(heading, "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = strings.ReplaceAll(clean(row[i]), "\n", "?")
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// clean keeps control characters of stored and typed text away from a terminal.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, s)
}
