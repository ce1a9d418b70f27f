package web

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// activityChunk is how many events are read and sent at a time.
const activityChunk = 500

// byteOrderMark tells spreadsheets that a file is UTF-8; without it the common
// ones read names as another alphabet.
const byteOrderMark = "\uFEFF"

// activityFile is "Download CSV": the rows of the same filter, as one file that
// is sent while it is read.
func (s *Site) activityFile(w http.ResponseWriter, r *http.Request) error {
	q, err := readActivity(r)
	if err != nil {
		return s.activityFailed(w, r, q, err)
	}
	v := visitOf(r).view
	text := s.printer(r, v)
	q.filter.Limit = activityChunk
	events, more, err := s.deps.Activity.Activity(r.Context(), v, q.filter)
	if err != nil {
		return err // nothing was sent yet: the usual page says so
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+text.T("activity.file.name")+`"`)
	out := csv.NewWriter(w)
	out.UseCRLF = true                // RFC 4180
	_ = out.Write(activityHead(text)) // Error, below, tells of it
	zone := locationOf(zoneOf(v))
	for sent := 0; ; {
		sent += len(events)
		for _, row := range eventRows(events, v.Account.User.ID) {
			_ = out.Write(activityCells(text, row, zone)) // as above
		}
		if out.Flush(); out.Error() != nil || !more || sent >= account.ActivityExport {
			return nil
		}
		q.filter.After = markOf(events)
		q.filter.Limit = min(activityChunk, account.ActivityExport-sent)
		if events, more, err = s.deps.Activity.Activity(r.Context(), v, q.filter); err != nil {
			panic(http.ErrAbortHandler) // cut off, so that half a file does not look whole
		}
	}
}

func activityHead(p words.Printer) []string {
	return []string{
		byteOrderMark + p.T("activity.file.when"), p.T("activity.file.what"), p.T("activity.file.details"), p.T("activity.file.result"),
		p.T("activity.file.device"), p.T("activity.file.network"),
	}
}

func activityCells(p words.Printer, row EventRow, zone *time.Location) []string {
	var details []string
	for _, d := range row.Details {
		details = append(details, p.T(d.Text, d.With...))
	}
	result := p.T("activity.file.done")
	if row.Failed {
		result = p.T("activity.failed")
	}
	cells := []string{
		row.At.In(zone).Format(time.RFC3339), p.T(row.Text), strings.Join(details, " "), result, p.Device(row.Device), row.Network,
	}
	for i, c := range cells {
		cells[i] = core.Cell(c)
	}
	return cells
}
