package audit

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// verifySeals is how many seals are read at a time.
const verifySeals = 50

// Verifier checks the log in the database.
type Verifier struct{ Deps }

// Verify checks the whole log of an organization against its seals, and the seals
// against checkpoints that were kept elsewhere, and reports the first fault.
// Writers and sealers may go on meanwhile.
func (v Verifier) Verify(ctx context.Context, organizationID core.ID, points []Checkpoint) (Report, error) {
	_, public, err := v.keys().ours(ctx)
	if err != nil {
		return Report{}, err
	}
	for range 3 {
		report, err := v.walk(ctx, organizationID, public, points)
		if !errors.Is(err, errMoved) {
			return report, err
		}
	}
	return v.walk(ctx, organizationID, public, points)
}

// errMoved: retention removed the beginning while it was being read.
var errMoved = errors.New("audit: the log was trimmed meanwhile")

func (v Verifier) walk(ctx context.Context, id core.ID, public map[core.ID]string, points []Checkpoint) (Report, error) {
	ends, err := v.Seals.AuditChain(ctx, id)
	if err != nil {
		return Report{}, err
	}
	c := &chain{report: Report{OrganizationID: id}, public: public, started: true}
	c.expect(points)
	if f := c.cut(&ends.Cut); f != nil {
		c.report.Fault = f
		return c.report, nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows := newWalker(ctx, v.Log, id, v.Clock())
	var last core.AuditSeal
	for {
		seals, err := v.Seals.AuditSeals(ctx, id, c.n, verifySeals)
		if err != nil {
			return c.report, err
		}
		if len(seals) == 0 {
			break
		}
		if moved, err := v.moved(ctx, id, ends.Cut.N, seals[0].N > c.n+1); err != nil || moved {
			return c.report, errors.Join(err, errMoved)
		}
		for i := range seals {
			if c.report.Fault, err = c.rows(ctx, rows, &seals[i]); c.report.Fault != nil || err != nil {
				return c.report, err
			}
		}
		last = seals[len(seals)-1]
	}
	if c.report.Fault = c.agree(points); c.report.Fault != nil {
		return c.report, nil
	}
	c.report.Fault, err = c.rest(rows, last)
	return c.report, err
}

// moved reports whether a gap in the chain is the work of retention meanwhile.
func (v Verifier) moved(ctx context.Context, id core.ID, cut int64, gap bool) (bool, error) {
	if !gap {
		return false, nil
	}
	ends, err := v.Seals.AuditChain(ctx, id)
	return ends.Cut.N != cut, err
}

// rows checks one seal and every row it names.
func (c *chain) rows(ctx context.Context, rows *walker, l *core.AuditSeal) (*core.Error, error) {
	if f := c.link(l); f != nil {
		return f, nil
	}
	var found *core.Error
	count := 0
	err := eachRow(l.Rows, func(id core.ID, digest string) error {
		count++
		got, err := rows.find(id, l.Until)
		switch {
		case err != nil:
			return err
		case got == "":
			if found, err = c.gone(ctx, rows, id, digest, l.N); found != nil || err != nil {
				return errors.Join(err, errFound)
			}
		case got != digest:
			found = fault("audit.row_changed").With("row", id).With("seal", l.N)
			return errFound
		}
		c.report.Rows++
		return nil
	})
	switch {
	case found != nil:
		return found, nil
	case err == nil && count != l.Count:
		return fault("audit.seal_changed").With("seal", l.N), nil
	}
	return nil, err
}

var errFound = errors.New("audit: found")

// gone says what became of a row that is not where it was: taken away, or given
// another time. A row that came late while the log was being read is well.
func (c *chain) gone(ctx context.Context, rows *walker, id core.ID, digest string, seal int64) (*core.Error, error) {
	some, err := rows.log.AuditEventsByID(ctx, c.report.OrganizationID, []core.ID{id})
	switch {
	case err != nil:
		return nil, err
	case len(some) == 0:
		return fault("audit.row_missing").With("row", id).With("seal", seal), nil
	case digestOf(appendEvent(nil, &some[0])) != digest:
		return fault("audit.row_changed").With("row", id).With("seal", seal), nil
	}
	return nil, nil
}

// rest looks at the rows that no seal names. New ones wait; so do those that may
// have come late while nobody sealed; others were added afterwards.
func (c *chain) rest(rows *walker, last core.AuditSeal) (*core.Error, error) {
	for {
		e, ok, err := rows.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		rows.aside[e.id] = e
	}
	settled := last.At.Add(-LateReach - LateEvery - SealDelay)
	var first walked
	for _, e := range rows.aside {
		mark := core.EventMark{At: e.at, ID: e.id}
		if behind(mark, last.Through) || !e.at.Before(settled) {
			c.report.Waiting++
		} else if first.id == "" || behind(core.EventMark{At: first.at, ID: first.id}, mark) {
			first = e
		}
	}
	if first.id != "" {
		return fault("audit.row_added").With("row", first.id).With("at", first.at), nil
	}
	return nil, nil
}

// walked is one row on the way: its digest, not the row.
type walked struct {
	id     core.ID
	at     time.Time
	digest string
}

// walker goes over an organization's rows once, in their order, reading ahead.
type walker struct {
	log   Log
	pages chan walkedPage
	page  []walked
	end   bool
	peek  *walked
	// aside are rows that were passed before a seal named them: they came late.
	aside map[core.ID]walked
}

type walkedPage struct {
	rows []walked
	err  error
}

// walkRows is how many rows are read at a time.
const walkRows = 2000

func newWalker(ctx context.Context, log Log, id core.ID, until time.Time) *walker {
	w := &walker{log: log, pages: make(chan walkedPage, 4), aside: map[core.ID]walked{}}
	go func() {
		defer close(w.pages)
		var after core.EventMark
		var line []byte
		for {
			events, err := log.AuditEvents(ctx, id, after, until.Add(time.Hour), walkRows)
			page := walkedPage{rows: make([]walked, len(events)), err: err}
			for i := range events {
				line = appendEvent(line[:0], &events[i])
				page.rows[i] = walked{events[i].ID, events[i].At, digestOf(line)}
			}
			select {
			case w.pages <- page:
			case <-ctx.Done():
				return
			}
			if err != nil || len(events) < walkRows {
				return
			}
			last := events[len(events)-1]
			after = core.EventMark{At: last.At, ID: last.ID}
		}
	}()
	return w
}

// next returns the next row; ok is false at the end.
func (w *walker) next() (walked, bool, error) {
	if w.peek != nil {
		e := *w.peek
		w.peek = nil
		return e, true, nil
	}
	for len(w.page) == 0 {
		if w.end {
			return walked{}, false, nil
		}
		page, ok := <-w.pages
		if !ok {
			w.end = true
			continue
		}
		if page.err != nil {
			return walked{}, false, page.err
		}
		w.page = page.rows
	}
	e := w.page[0]
	w.page = w.page[1:]
	return e, true, nil
}

// find returns the digest of a row that is not newer than until, or "" where
// there is none.
func (w *walker) find(id core.ID, until time.Time) (string, error) {
	if e, ok := w.aside[id]; ok {
		delete(w.aside, id)
		return e.digest, nil
	}
	for {
		e, ok, err := w.next()
		switch {
		case err != nil || !ok:
			return "", err
		case e.id == id:
			return e.digest, nil
		case e.at.After(until):
			w.peek = &e
			return "", nil
		}
		w.aside[e.id] = e
	}
}
