package audit

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// fileRow is the name under which a file's first line stands in a seal.
const fileRow core.ID = "file"

// fileWriter writes one exported file.
type fileWriter struct {
	Exporter
	what Export
	out  *lines
	sign signer
	rows int
	// tail is the chain of seals that this file adds itself.
	tail  core.AuditSeal
	first []rowDigest // the file's head, until a seal names it
}

// begin writes the head, the keys and the cut.
func (f *fileWriter) begin(ctx context.Context, whole bool) (err error) {
	if f.sign, err = f.keys().active(ctx); err != nil {
		return err
	}
	ends, err := f.Seals.AuditChain(ctx, f.what.OrganizationID)
	if err != nil {
		return err
	}
	now := f.Clock().UTC().Truncate(time.Microsecond)
	head := fileHead{Format: format, Organization: f.what.OrganizationID, Name: f.what.Name, ExportedAt: now, Whole: whole, FirstSeal: 1}
	if whole {
		head.FirstSeal = ends.Cut.N + 1
	} else {
		head.Filter = filterText(f.what.Filter)
	}
	b, err := f.out.put("file", head)
	if err != nil {
		return err
	}
	f.first = []rowDigest{{fileRow, digestOf(b)}}
	keys, _, err := f.keys().ours(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := f.out.put("key", keyLine{k.ID, k.Public, k.EndorsedBy, k.Endorsed}); err != nil {
			return err
		}
	}
	f.tail = core.AuditSeal{OrganizationID: f.what.OrganizationID}
	if !whole || ends.Cut.N == 0 {
		return nil
	}
	c := ends.Cut
	f.tail.N, f.tail.Hash = c.N, c.Hash
	_, err = f.out.put("cut", cutLine{c.OrganizationID, c.N, c.Hash, micros(c.Before), micros(c.At), c.Rows, c.Signer, c.Signature})
	return err
}

func filterText(f core.AuditFilter) map[string]string {
	out := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	put("person", string(f.PersonID))
	for _, k := range f.Kinds {
		put("kind "+k, "yes")
	}
	put("result", f.Result)
	put("text", f.Text)
	if !f.From.IsZero() {
		put("from", f.From.UTC().Format(timeForm))
	}
	if !f.Until.IsZero() {
		put("until", f.Until.UTC().Format(timeForm))
	}
	return out
}

// sealed writes the whole log: batch by batch as it is sealed, then what is too
// new, sealed by the file itself.
func (f *fileWriter) sealed(ctx context.Context) error {
	for {
		seals, err := f.Seals.AuditSeals(ctx, f.what.OrganizationID, f.tail.N, verifySeals)
		if err != nil {
			return err
		}
		for i := range seals {
			if err := f.batch(ctx, &seals[i]); err != nil {
				return err
			}
		}
		if len(seals) < verifySeals {
			break
		}
	}
	if f.tail.Signature != "" {
		if err := f.checkpoint(); err != nil {
			return err
		}
	}
	after, until := f.tail.Through, f.Clock().Add(time.Hour)
	for {
		events, err := f.Log.AuditEvents(ctx, f.what.OrganizationID, after, until, SealRows)
		if err != nil {
			return err
		}
		if len(events) == 0 && len(f.first) == 0 {
			return f.checkpoint()
		}
		if err := f.own(events); err != nil {
			return err
		}
		if len(events) < SealRows {
			return f.checkpoint()
		}
		after = core.EventMark{At: events[len(events)-1].At, ID: events[len(events)-1].ID}
	}
}

// batch writes one sealed batch: its rows, then the seal.
func (f *fileWriter) batch(ctx context.Context, l *core.AuditSeal) error {
	ids := make([]core.ID, 0, l.Count)
	_ = eachRow(l.Rows, func(id core.ID, _ string) error { ids = append(ids, id); return nil }) // it returns none
	events, err := f.inOrder(ctx, f.what.OrganizationID, ids)
	if err != nil {
		return err
	}
	for i := range events {
		if _, err := f.out.event(&events[i]); err != nil {
			return err
		}
	}
	f.rows += len(events)
	f.tail = *l
	_, err = f.out.put("seal", sealLineOf(l))
	return err
}

// picked writes the rows of a filter.
func (f *fileWriter) picked(ctx context.Context) error {
	more, err := f.each(ctx, f.what, f.own)
	if err == nil && more {
		_, err = f.out.put("note", "Not all: more rows match. Narrow the filters, or use: sallyport audit export")
	}
	if err != nil {
		return err
	}
	return f.checkpoint()
}

// own writes rows and a seal of the file's own over them.
func (f *fileWriter) own(events []core.StoredEvent) error {
	rows := f.first
	f.first = nil
	l := core.AuditSeal{
		OrganizationID: f.what.OrganizationID, N: f.tail.N + 1, Kind: core.SealExport, Previous: f.tail.Hash,
		At: f.Clock().UTC().Truncate(time.Microsecond), Through: f.tail.Through,
	}
	for i := range events {
		row, err := f.out.event(&events[i])
		if err != nil {
			return err
		}
		rows = append(rows, row)
		if at := events[i].At; l.From.IsZero() || at.Before(l.From) {
			l.From = at
		}
		if at := events[i].At; at.After(l.Until) {
			l.Until = at
		}
	}
	f.rows += len(events)
	l.Rows, l.Count = rowsText(rows), len(rows)
	f.sign.seal(&l)
	f.tail = l
	_, err := f.out.put("seal", sealLineOf(&l))
	return err
}

// checkpoint writes how far the file reaches.
func (f *fileWriter) checkpoint() error {
	public := f.sign.public
	if f.tail.Signer != f.sign.id {
		return nil // an older key signed it; the file's last seal is by the one of now
	}
	_, err := f.out.put("checkpoint", checkpointOf(&f.tail, public).String())
	return err
}
