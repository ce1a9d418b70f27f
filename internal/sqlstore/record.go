package sqlstore

import (
	"github.com/sallyport/sallyport/internal/core"
)

// record writes what every change carries: its events, mails, announcements
// and cache changes.
func (t *tx) record(r core.Record) error {
	if err := t.mustHold(r); err != nil {
		return err
	}
	if err := t.insertEvents(r.Events); err != nil {
		return err
	}
	if err := t.settleCall(r); err != nil {
		return err
	}
	r, err := t.settleBulk(r)
	if err != nil {
		return err
	}
	messages, err := t.addressed(r)
	if err != nil {
		return err
	}
	if err := t.insertMessages(messages); err != nil {
		return err
	}
	if err := t.insertAnnouncements(r.Announcements); err != nil {
		return err
	}
	return t.insertChanges(r.Changes)
}

// mustHold refuses a record whose warrant does not hold any more.
func (t *tx) mustHold(r core.Record) error {
	err := t.warranted(r.Warrant)
	if core.KindOf(err) == core.Forbidden && len(r.Events) > 0 {
		t.refused = &r.Events[0]
	}
	return err
}

// insertMany inserts rows of the given width, several by one statement. Over a
// network many are best; the embedded database binds each parameter by looking
// for its number, so there a few are.
func insertMany[T any](t *tx, into string, width int, rows []T, values func(T) []any) error {
	chunk := 100
	if t.store.write.numbered {
		chunk = 4
	}
	args := make([]any, 0, min(len(rows), chunk)*width)
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, values(row)...)
		}
		if err := t.all(into+rowsOf(n, width), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

const insertChange = `INSERT INTO cache_change (id, at, kind, subject_id) VALUES `

func (t *tx) insertChanges(changes []core.Change) error {
	t.changes = append(t.changes, changes...)
	return insertMany(t, insertChange, 4, changes, func(c core.Change) []any {
		return []any{string(c.ID), stamp(c.At), string(c.Kind), string(c.SubjectID)}
	})
}

// changed writes a cache change of the store's own: where rows end or facts
// change, it is never left to the caller (law 9).
func (t *tx) changed(kind core.ChangeKind, subjects ...core.ID) error {
	changes := make([]core.Change, len(subjects))
	for i, id := range subjects {
		changes[i] = core.Change{ID: t.store.newID(), At: t.store.clock(), Kind: kind, SubjectID: id}
	}
	return t.insertChanges(changes)
}
