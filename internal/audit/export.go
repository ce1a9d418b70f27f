package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// ExportMost is how many rows the page exports at most (ux §6).
const ExportMost = 100_000

// exportStep is how many rows are read at a time.
const exportStep = 500

// Export says what goes into a file.
type Export struct {
	OrganizationID core.ID
	Name           string // of the organization
	Filter         core.AuditFilter
	Limit          int // rows at most, the newest; 0: all
}

// whole reports whether nothing is filtered.
func (x Export) whole() bool {
	f := x.Filter
	return f.PersonID == "" && len(f.Kinds) == 0 && f.Result == "" && f.From.IsZero() && f.Until.IsZero() && f.Text == ""
}

// Exporter writes the log into files.
type Exporter struct{ Deps }

// fileHead is the first line of an exported file.
type fileHead struct {
	Format       string    `json:"format"`
	Organization core.ID   `json:"organization"`
	Name         string    `json:"name,omitempty"`
	ExportedAt   time.Time `json:"exported_at"`
	// Whole: the file holds the log's own seals, from FirstSeal on. Otherwise
	// its rows were picked, and the seals are of the file.
	Whole     bool              `json:"whole"`
	FirstSeal int64             `json:"first_seal"`
	Filter    map[string]string `json:"filter,omitempty"`
}

// keyLine, sealLine and cutLine are the other lines but events.
type keyLine struct {
	ID         core.ID `json:"id"`
	Public     string  `json:"public"`
	EndorsedBy core.ID `json:"endorsed_by,omitempty"`
	Endorsed   string  `json:"endorsed,omitempty"`
}

type sealLine struct {
	Organization core.ID       `json:"organization"`
	N            int64         `json:"n"`
	Kind         core.SealKind `json:"kind"`
	Previous     string        `json:"previous,omitempty"`
	At           int64         `json:"at"` // microseconds, as all times of this line
	Rows         string        `json:"rows"`
	Count        int           `json:"count"`
	From         int64         `json:"from"`
	Until        int64         `json:"until"`
	ThroughAt    int64         `json:"through_at"`
	ThroughID    core.ID       `json:"through_id"`
	Hash         string        `json:"hash"`
	Key          core.ID       `json:"key"`
	Signature    string        `json:"signature"`
}

type cutLine struct {
	Organization core.ID `json:"organization"`
	N            int64   `json:"n"`
	Hash         string  `json:"hash"`
	Before       int64   `json:"before"`
	At           int64   `json:"at"`
	Rows         int64   `json:"rows"`
	Key          core.ID `json:"key"`
	Signature    string  `json:"signature"`
}

func sealLineOf(l *core.AuditSeal) sealLine {
	return sealLine{
		l.OrganizationID, l.N, l.Kind, l.Previous, micros(l.At), l.Rows, l.Count, micros(l.From), micros(l.Until),
		micros(l.Through.At), l.Through.ID, l.Hash, l.Signer, l.Signature,
	}
}

func (l sealLine) seal() core.AuditSeal {
	return core.AuditSeal{
		OrganizationID: l.Organization, N: l.N, Kind: l.Kind, Previous: l.Previous, At: moment(l.At), Rows: l.Rows, Count: l.Count,
		From: moment(l.From), Until: moment(l.Until), Through: core.EventMark{At: moment(l.ThroughAt), ID: l.ThroughID},
		Hash: l.Hash, Signer: l.Key, Signature: l.Signature,
	}
}

// readSeal reads the line of a seal. Nearly all of it is the text of its rows, in
// which nothing is escaped but the ends of lines. It is taken out beforehand: the
// JSON decoder would go over it three times, letter by letter, which takes longer
// than all hashing. Where it is not so, the line was not written here.
func readSeal(value []byte) (core.AuditSeal, error) {
	var line sealLine
	before, behind, found := bytes.Cut(value, []byte(`"rows":"`))
	rows, after, closed := bytes.Cut(behind, []byte(`"`))
	if found && closed && bytes.Count(rows, []byte(`\`)) == bytes.Count(rows, []byte(`\n`)) {
		err := json.Unmarshal(slices.Concat(before, []byte(`"rows":"`), []byte(`"`), after), &line)
		if err == nil && line.Rows == "" {
			line.Rows = strings.ReplaceAll(string(rows), `\n`, "\n")
			return line.seal(), nil
		}
	}
	err := json.Unmarshal(value, &line)
	return line.seal(), err
}

func (l cutLine) cut() core.AuditCut {
	return core.AuditCut{
		OrganizationID: l.Organization, N: l.N, Hash: l.Hash, Before: moment(l.Before), At: moment(l.At), Rows: l.Rows,
		Signer: l.Key, Signature: l.Signature,
	}
}

func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// lines writes lines of JSON.
type lines struct {
	w   *bufio.Writer
	buf []byte
}

// put writes one line, {"kind":value}, and returns the bytes of the value.
func (l *lines) put(kind string, value any) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return b, l.raw(kind, b)
}

func (l *lines) raw(kind string, value []byte) error {
	for _, b := range [][]byte{[]byte(`{"` + kind + `":`), value, []byte("}\n")} {
		if _, err := l.w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (l *lines) event(e *core.StoredEvent) (rowDigest, error) {
	l.buf = appendEvent(l.buf[:0], e)
	return rowDigest{e.ID, digestOf(l.buf)}, l.raw("event", l.buf)
}

// JSON writes a file of JSON lines that can be verified without any secret, and
// returns how many rows are in it. The whole log comes with its own seals, oldest
// first; rows that were picked come newest first, sealed as they are written.
func (x Exporter) JSON(ctx context.Context, to io.Writer, what Export) (int, error) {
	out := &lines{w: bufio.NewWriterSize(to, 64<<10)}
	whole := what.whole()
	if whole && what.Limit > 0 {
		n, err := x.Seals.AuditSealed(ctx, what.OrganizationID)
		if err != nil {
			return 0, err
		}
		whole = n <= int64(what.Limit)
	}
	f := &fileWriter{Exporter: x, what: what, out: out}
	err := f.begin(ctx, whole)
	if err == nil && whole {
		err = f.sealed(ctx)
	} else if err == nil {
		err = f.picked(ctx)
	}
	if err == nil {
		err = out.w.Flush()
	}
	return f.rows, err
}

// spreadsheet is the heading of the CSV form.
func spreadsheet() []string {
	return []string{
		"When (UTC)", "Who", "Who (kind)", "What", "Target", "Result", "Details", "Address", "Device", "Browser",
		"Person", "About", "Session", "Request", "Server", "Event",
	}
}

// CSV writes a spreadsheet, newest first, and returns how many rows are in it.
// No cell starts a formula (UP2).
func (x Exporter) CSV(ctx context.Context, to io.Writer, what Export) (int, error) {
	out := csv.NewWriter(to)
	if err := out.Write(spreadsheet()); err != nil {
		return 0, err
	}
	rows := 0
	more, err := x.each(ctx, what, func(events []core.StoredEvent) error {
		for _, e := range events {
			if err := out.Write(cellsOf(e)); err != nil {
				return err
			}
			rows++
		}
		return nil
	})
	if err == nil && more {
		err = out.Write([]string{"Not all: more rows match. Narrow the filters, or use: sallyport audit export"})
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return rows, err
}

func cellsOf(e core.StoredEvent) []string {
	o := e.Origin
	cells := []string{
		e.At.UTC().Format("2006-01-02 15:04:05.000000"), e.Actor.Name, e.Actor.Kind, e.Kind, e.Target, e.Result, e.DetailText,
		o.Address, o.Device, o.UserAgent, string(e.Actor.ID), string(e.SubjectID), string(o.Session), o.RequestID, o.Replica, string(e.ID),
	}
	for i := range cells {
		cells[i] = core.Cell(cells[i])
	}
	return cells
}

// each hands out the matching rows, newest first, some at a time. more: there
// are more than the limit.
func (x Exporter) each(ctx context.Context, what Export, f func([]core.StoredEvent) error) (more bool, err error) {
	filter := what.Filter
	filter.Limit = exportStep
	for rows := 0; ; {
		page, err := x.Log.AuditPage(ctx, what.OrganizationID, filter)
		if err != nil {
			return false, err
		}
		if left := what.Limit - rows; what.Limit > 0 && len(page.Events) > left {
			page.Events, more = page.Events[:left], true
		}
		events, err := x.stored(ctx, what.OrganizationID, page.Events)
		if err != nil {
			return false, err
		}
		if err := f(events); err != nil {
			return false, err
		}
		rows += len(events)
		if more || page.Next.At.IsZero() {
			return more, nil
		}
		filter.After = page.Next
	}
}

// stored reads events as their rows hold them, in the same order.
func (x Exporter) stored(ctx context.Context, organizationID core.ID, events []core.Event) ([]core.StoredEvent, error) {
	ids := make([]core.ID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return x.inOrder(ctx, organizationID, ids)
}

// inOrder reads rows by their ids, in the order of these. Rows that are gone are
// left out.
func (x Exporter) inOrder(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.StoredEvent, error) {
	found := make(map[core.ID]core.StoredEvent, len(ids))
	for rest := ids; len(rest) > 0; {
		some := rest[:min(len(rest), exportStep)]
		rest = rest[len(some):]
		events, err := x.Log.AuditEventsByID(ctx, organizationID, some)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			found[e.ID] = e
		}
	}
	out := make([]core.StoredEvent, 0, len(ids))
	for _, id := range ids {
		if e, ok := found[id]; ok {
			out = append(out, e)
		}
	}
	return out, nil
}
