package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// configError is a configuration that cannot be used.
type configError struct{ cause error }

func (e configError) Error() string { return "the configuration cannot be used:\n" + e.cause.Error() }
func (e configError) Unwrap() error { return e.cause }

// failed prints what went wrong and what to do, and returns the exit code.
func (r *run) failed(err error) int {
	if errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled) && r.ctx.Err() != nil {
		return exitInterrupted
	}
	var usage usageError
	if errors.As(err, &usage) {
		r.sayError(usage.text, usage.hint)
		return exitUsage
	}
	var conf configError
	if errors.As(err, &conf) {
		r.sayError(indent(conf.Error()), "every option with its meaning is in docs/config.md")
		return exitConfig
	}
	text := r.sentence(err)
	r.sayError(text, "")
	switch core.KindOf(err) {
	case core.Conflict:
		return exitConflict
	case core.Unavailable:
		return exitUnavailable
	case core.Invalid:
		return exitUsage
	}
	return exitFailed
}

// sentence returns what a person reads: the catalogue's sentence for our own
// errors, each field on its line, and the plain text of any other.
func (r *run) sentence(err error) string {
	var e *core.Error
	if !errors.As(err, &e) || e.Kind == core.Internal {
		return err.Error()
	}
	catalogue, loadErr := words.Load()
	if loadErr != nil {
		return err.Error()
	}
	p := catalogue.Printer("en")
	if len(e.Fields) == 0 {
		return p.Error(e)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		lines = append(lines, strings.ReplaceAll(name, "_", " ")+": "+p.Error(e.Fields[name]))
	}
	return strings.Join(lines, "\n       ")
}

func (r *run) sayError(text, hint string) {
	fmt.Fprintf(r.Err, "error: %s\n", text)
	if hint != "" {
		fmt.Fprintf(r.Err, "hint: %s\n", hint)
	}
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n  ") }

// say prints talk, which is not a result.
func (r *run) say(format string, args ...any) {
	if r.tree == nil || !r.tree.Quiet {
		fmt.Fprintf(r.Err, format+"\n", args...)
	}
}

// print prints a result: a line for people, or the value as JSON.
func (r *run) print(value any, format string, args ...any) error {
	if r.tree.JSON {
		return r.printJSON(value)
	}
	_, err := fmt.Fprintf(r.Out, format+"\n", args...)
	return err
}

func (r *run) printJSON(value any) error {
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
			row[i] = strings.Map(printable, row[i])
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printable keeps control characters of stored text away from a terminal.
func printable(c rune) rune {
	if c < ' ' || c == 0x7f {
		return '?'
	}
	return c
}
