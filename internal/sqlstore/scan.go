package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// stamp is a time as stored: microseconds since 1970, 0 for the zero time.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is the inverse of [stamp].
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// timeScan reads a stored time.
type timeScan time.Time

// at scans a stored time into t.
func at(t *time.Time) sql.Scanner { return (*timeScan)(t) }

// Scan implements sql.Scanner.
func (t *timeScan) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*t = timeScan(moment(micros))
	return nil
}

// lifeScan reads a stored duration in microseconds.
type lifeScan time.Duration

// life scans a stored duration into d.
func life(d *time.Duration) sql.Scanner { return (*lifeScan)(d) }

// Scan implements sql.Scanner.
func (d *lifeScan) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", value)
	}
	*d = lifeScan(time.Duration(micros) * time.Microsecond)
	return nil
}

// list is a list of words, stored as JSON that no query looks into.
func list(words []string) string {
	if len(words) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(words) // strings always can be
	return string(b)
}

// listScan reads a stored list.
type listScan []string

// listOf scans a stored list into words; an empty one is nil.
func listOf(words *[]string) sql.Scanner { return (*listScan)(words) }

// Scan implements sql.Scanner.
func (l *listScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "[]" {
		*l = nil
		return err
	}
	return json.Unmarshal([]byte(text), (*[]string)(l))
}

// detailScan reads the details of an event.
type detailScan map[string]string

// Scan implements sql.Scanner.
func (d *detailScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "" {
		*d = nil
		return err
	}
	return json.Unmarshal([]byte(text), (*map[string]string)(d))
}

func detail(d map[string]string) string {
	if len(d) == 0 {
		return ""
	}
	b, _ := json.Marshal(d) // a map of strings always can be
	return string(b)
}

func asText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("a text is stored as %T", value)
}

// guardScan reads the counters that one query gathered:
// "kind:failures:paused_until:blocked" joined by commas.
type guardScan map[core.FactorKind]core.Guard

// Scan implements sql.Scanner.
func (g *guardScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "" {
		*g = nil
		return err
	}
	out := map[core.FactorKind]core.Guard{}
	for one := range strings.SplitSeq(text, ",") {
		parts := strings.Split(one, ":")
		if len(parts) != 4 {
			return fmt.Errorf("a guard reads %q", one)
		}
		failures, err := strconv.Atoi(parts[1])
		if err != nil {
			return err
		}
		paused, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return err
		}
		out[core.FactorKind(parts[0])] = core.Guard{Failures: failures, PausedUntil: moment(paused), Blocked: parts[3] == "t"}
	}
	*g = out
	return nil
}

// countScan reads counts by kind that one query gathered: "kind:count" joined by
// commas.
type countScan map[core.FactorKind]int

// Scan implements sql.Scanner.
func (c *countScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "" {
		*c = nil
		return err
	}
	out := map[core.FactorKind]int{}
	for one := range strings.SplitSeq(text, ",") {
		kind, count, _ := strings.Cut(one, ":")
		n, err := strconv.Atoi(count)
		if err != nil {
			return fmt.Errorf("a count reads %q", one)
		}
		out[core.FactorKind(kind)] = n
	}
	*c = out
	return nil
}

// clean drops what no text column takes: NUL and broken UTF-8. It is for words
// that come from a client and are only shown (a device's name, a user agent).
func clean(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// storable reports whether s can be in a text column at all; nothing else needs
// to be looked for.
func storable(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// in returns a list of n placeholders from $first on. It is the only place
// where SQL text depends on data, and only on how much there is.
func in(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return "(" + b.String() + ")"
}

// rowsOf returns n rows of width placeholders each, for one INSERT of many.
func rowsOf(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(in(i*width+1, width))
	}
	return b.String()
}

// idArgs turns ids into arguments.
func idArgs(ids []core.ID) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// collect reads all rows with scan.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, closed(rows, err)
		}
		out = append(out, v)
	}
	return out, closed(rows, rows.Err())
}

func closed(rows *sql.Rows, err error) error {
	if late := rows.Close(); err == nil {
		return late
	}
	return err
}
