package web

import (
	"encoding/csv"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

// ticked is how the boxes of the list begin; the id of the person follows.
const ticked = "id_"

// bulkAsk is POST /admin/users/bulk: the people who are ticked, or all who match
// the filter that the list was shown with.
func (s *Site) bulkAsk(w http.ResponseWriter, r *http.Request) error {
	sent, err := s.edge.ReadForm(r)
	if err != nil {
		return err
	}
	q, err := usersQueryOf(sent)
	if err != nil {
		return err
	}
	of, form := core.BulkSelection{}, Form{order: []string{"action"}}.With("action", sent.Get("action"))
	for _, id := range sent.Names(ticked) {
		of.IDs = append(of.IDs, core.ID(id))
		form = form.With(ticked+id, "on")
	}
	if sent.Get("who") == "all" {
		of = core.BulkSelection{Filter: &q.filter}
	}
	id, err := s.deps.Bulk.Ask(r.Context(), visitOf(r).view, origin(r), core.BulkAction(sent.Get("action")), of)
	if core.KindOf(err) == core.Invalid {
		form, _ = form.Failed(err, "action")
		return s.usersRender(w, r, http.StatusUnprocessableEntity, q, form)
	}
	if err != nil {
		return err
	}
	return see(w, r, bulkPage(id, "review"))
}

// bulkOptions are the actions as they are offered.
func bulkOptions() []UserOption {
	var all []UserOption
	for _, a := range core.BulkActions() {
		all = append(all, UserOption{Value: string(a), Text: bulkActionText(a)})
	}
	return all
}

// sent are the values that a form of the list sends along.
func (q usersQuery) sent() []Field {
	var all []Field
	for _, name := range append(userFilterNames(), "q", "sort") {
		if v := q.values.Get(name); v != "" {
			all = append(all, Field{Name: name, Value: v})
		}
	}
	for name, id := range map[string]core.ID{"after": q.filter.After, "before": q.filter.Before} {
		if id != "" {
			all = append(all, Field{Name: name, Value: string(id)})
		}
	}
	return all
}

// bulkChoose says to which type, or which group.
func (s *Site) bulkChoose(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "type", "group")
	if err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	kind, ok := core.UserTypeNamed(form.Value("type"))
	if !ok {
		kind = -1
	}
	err = s.deps.Bulk.Choose(r.Context(), visitOf(r).view, id, bulk.Choice{Type: kind, GroupID: core.ID(form.Value("group"))})
	switch core.KindOf(err) {
	case core.Invalid:
		failed, ok := form.Failed(err, "type")
		if !ok {
			return err
		}
		return s.bulkReviewRender(w, r, statusOf(w, err), failed)
	case core.Conflict: // it was chosen a moment ago, in another tab: the page says so
		err = nil
	}
	if err != nil {
		return err
	}
	return see(w, r, bulkPage(id, "review"))
}

// bulkStart starts what was reviewed.
func (s *Site) bulkStart(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "how", "note")
	if err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	err = s.deps.Bulk.Start(r.Context(), visitOf(r).view, origin(r), id, core.IdentityCheck(form.Value("how")), form.Value("note"))
	if core.CodeOf(err) == "bulk.moved" { // started a moment ago: the page says how it is
		return see(w, r, bulkPage(id, "progress"))
	}
	if err != nil {
		failed, ok := form.Failed(err, "how")
		if !ok {
			return err
		}
		return s.bulkReviewRender(w, r, statusOf(w, err), failed)
	}
	return see(w, r, bulkPage(id, "progress"))
}

func (s *Site) bulkStop(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	id := core.ID(r.PathValue("id"))
	err := s.deps.Bulk.Stop(r.Context(), visitOf(r).view, origin(r), id)
	if err != nil && core.KindOf(err) != core.Conflict { // it ended a moment ago
		return err
	}
	job, err := s.deps.Bulk.Get(r.Context(), visitOf(r).view, id)
	if err != nil {
		return err
	}
	if job.StartedAt.IsZero() {
		return see(w, r, usersPath)
	}
	return see(w, r, bulkPage(id, "progress"))
}

// bulkFile sends everybody of a job with what became of them, or who is skipped
// before it starts.
func (s *Site) bulkFile(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	v := visitOf(r).view
	text, zone := s.printer(r, v), locationOf(zoneOf(v))
	f := s.sendFile(w, text.T("bulk.file.name")+".csv", "text/csv; charset=utf-8")
	out := csv.NewWriter(f)
	out.UseCRLF = true // RFC 4180
	head := []string{
		byteOrderMark + text.T("bulk.file.person"), text.T("bulk.file.email"), text.T("bulk.file.outcome"), text.T("bulk.file.reason"), text.T("bulk.file.at"),
	}
	err := s.deps.Bulk.EachItem(r.Context(), v, origin(r), core.ID(r.PathValue("id")), func(items []core.BulkItem) error {
		if head != nil {
			_ = out.Write(head) // Error, below, tells of it
			head = nil
		}
		for _, i := range items {
			_ = out.Write(bulkCells(text, i, zone)) // as above
		}
		out.Flush()
		return out.Error()
	})
	if err == nil && head != nil {
		err = out.Write(head)
		out.Flush()
	}
	return f.done(err)
}

func bulkCells(text words.Printer, i core.BulkItem, zone *time.Location) []string {
	reason, at := "", ""
	if i.Outcome == core.BulkItemSkipped {
		reason = text.T(bulkReasonText(i.Reason))
	}
	if !i.At.IsZero() {
		at = i.At.In(zone).Format(time.RFC3339)
	}
	return []string{core.Cell(i.Name), core.Cell(i.Email), text.T(bulkOutcomeText(i.Outcome)), reason, at}
}
