package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
)

// AuditExportPage asks in which form the rows of a filter are wanted (ux 6).
type AuditExportPage struct {
	Frame
	Fields []Field // the filter, to be sent along
	Person string
	Back   string
}

func (s *Site) auditExportShow(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readAudit(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, auditExportPage(q))
}

func auditExportPage(q auditQuery) *AuditExportPage {
	page := &AuditExportPage{
		Frame:  Frame{Title: "admin.audit.export_title", Section: "admin", Form: q.form, Trail: crumbs(crumbAdmin(), crumbSettings(), Crumb{Text: "admin.audit.title", Link: auditPath})},
		Person: q.person, Back: q.address(auditPath, core.EventMark{}),
	}
	for _, name := range auditFields() {
		if q.form.Value(name) != "" {
			page.Fields = append(page.Fields, q.form.Field(name))
		}
	}
	return page
}

// auditExport sends the file. That it was taken is in the log before its first
// byte goes out.
func (s *Site) auditExport(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, append(auditFields(), "form")...)
	if err != nil {
		return err
	}
	q, err := s.auditFilter(r, form.Value)
	if err != nil {
		return err
	}
	kind, name := audit.CSV, "text/csv; charset=utf-8"
	switch form.Value("form") {
	case "csv":
	case "jsonl":
		kind, name = audit.JSON, "application/jsonl"
	default:
		return core.NewError(core.Invalid, "request.malformed")
	}
	o := visitOf(r).view.Organization
	h := w.Header()
	h.Set("Content-Type", name)
	h.Set("Content-Disposition", `attachment; filename="audit-log-`+s.deps.Clock().UTC().Format("2006-01-02")+"."+string(kind)+`"`)
	to := &sending{w: w, kind: kind}
	_, err = s.deps.Audit.Export(r.Context(), auditBy(r), audit.Export{OrganizationID: o.ID, Name: o.Name, Filter: q.filter, Limit: audit.ExportMost}, kind, to)
	if err != nil && to.begun {
		panic(http.ErrAbortHandler) // cut off, so that half a file does not look whole
	}
	if err != nil {
		h.Del("Content-Disposition")
	}
	return err
}

// sending writes a file and knows whether it has begun.
type sending struct {
	w     http.ResponseWriter
	kind  audit.Format
	begun bool
}

// Write implements io.Writer.
func (s *sending) Write(b []byte) (int, error) {
	if !s.begun && s.kind == audit.CSV {
		if _, err := s.w.Write([]byte(byteOrderMark)); err != nil {
			return 0, err
		}
	}
	s.begun = true
	return s.w.Write(b)
}
