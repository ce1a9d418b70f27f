package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
	"github.com/sallyport/sallyport/internal/xlsx"
)

const exportPath = usersPath + "/export"

// UsersExportPage offers the list as it is filtered, and the two reports.
type UsersExportPage struct {
	Frame
	Sent     []Field // the filters of the list
	Filtered bool
}

// exportFields are what the form of the page sends, beside which report.
func exportFields() []string { return append(userFilterNames(), "q", "from", "to") }

// exportDays is how far back a report of activity begins where nothing is typed.
const exportDays = 30

func (s *Site) usersExportShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	if _, err := usersQueryOf(query); err != nil {
		return err
	}
	zone := locationOf(zoneOf(visitOf(r).view))
	today := s.deps.Clock().In(zone)
	form := Form{order: []string{"from", "to"}}.With("to", today.Format(time.DateOnly)).With("from", today.AddDate(0, 0, -exportDays).Format(time.DateOnly))
	for _, name := range exportFields() {
		if v := query.Trimmed(name); v != "" {
			form = form.With(name, v)
		}
	}
	form, kept := s.typed(w, r, form)
	return s.usersExportRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) usersExportRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	page := &UsersExportPage{Frame: Frame{Title: "export.title", Section: "admin", Trail: bulkTrail(), Form: form, Banners: banners}}
	for _, name := range append(userFilterNames(), "q") {
		if v := form.Value(name); v != "" {
			page.Sent, page.Filtered = append(page.Sent, Field{Name: name, Value: v}), true
		}
	}
	return s.Render(w, r, status, page)
}

// usersExport sends a file while it is read.
func (s *Site) usersExport(w http.ResponseWriter, r *http.Request) error {
	sent, err := s.edge.ReadForm(r)
	if err != nil {
		return err
	}
	v := visitOf(r).view
	form := Form{order: []string{"from", "to"}}
	for _, name := range exportFields() {
		form = form.With(name, sent.Trimmed(name))
	}
	asked := bulk.Asked{Report: bulk.Report(sent.Get("report"))}
	switch asked.Report {
	case bulk.ReportList:
		q, err := usersQueryOf(sent)
		if err != nil {
			return err
		}
		asked.Filter = q.filter
	case bulk.ReportAccess:
	case bulk.ReportActivity:
		if asked.From, asked.Until, err = exportPeriod(form, locationOf(zoneOf(v))); err != nil {
			failed, _ := form.Failed(err, "from")
			return s.usersExportRender(w, r, http.StatusUnprocessableEntity, failed)
		}
	default:
		return core.NewError(core.Invalid, "request.malformed")
	}
	return s.sendReport(w, r, asked)
}

// exportPeriod reads the days of a report, the last one included.
func exportPeriod(form Form, zone *time.Location) (from, until time.Time, err error) {
	from, first := time.ParseInLocation(time.DateOnly, form.Value("from"), zone)
	until, last := time.ParseInLocation(time.DateOnly, form.Value("to"), zone)
	switch {
	case first != nil:
		return from, until, core.InField("from", core.NewError(core.Invalid, "export.day"))
	case last != nil:
		return from, until, core.InField("to", core.NewError(core.Invalid, "export.day"))
	case until.Before(from):
		return from, until, core.InField("to", core.NewError(core.Invalid, "export.order"))
	}
	return from, until.AddDate(0, 0, 1), nil
}

func (s *Site) sendReport(w http.ResponseWriter, r *http.Request, asked bulk.Asked) error {
	v := visitOf(r).view
	text, zone := s.printer(r, v), locationOf(zoneOf(v))
	name, kind := text.T("export.file.access")+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	switch asked.Report {
	case bulk.ReportActivity:
		name = text.T("export.file.activity") + ".xlsx"
	case bulk.ReportList:
		name, kind = text.T("export.file.list")+".csv", "text/csv; charset=utf-8"
	}
	f := s.sendFile(w, name, kind)
	out := &reportFile{text: text, zone: zone, report: asked.Report, to: f}
	err := s.deps.Reports.Export(r.Context(), v, origin(r), asked, out.rows)
	if err == nil {
		err = out.end()
	}
	return f.done(err)
}

// reportFile writes a report as a spreadsheet, or the list as CSV.
type reportFile struct {
	text   words.Printer
	zone   *time.Location
	report bulk.Report
	to     *fileAnswer
	sheet  *xlsx.Writer
	lines  *csv.Writer
}

// begin writes the headers, once.
func (f *reportFile) begin() {
	head := []string{f.text.T("bulk.file.person"), f.text.T("bulk.file.email"), f.text.T("account.profile.username"), f.text.T("users.column.type"), f.text.T("users.column.status")}
	if f.report == bulk.ReportActivity {
		head = append(head, f.text.T("export.sign_ins"), f.text.T("users.column.seen"), f.text.T("export.wrong_passwords"), f.text.T("export.wrong_codes"), f.text.T("export.password_set"))
	} else {
		head = append(head, f.text.T("export.groups"), f.text.T("export.two_factor"), f.text.T("export.opens"), f.text.T("users.column.seen"), f.text.T("export.created"))
	}
	switch {
	case f.report != bulk.ReportList && f.sheet == nil:
		f.sheet = xlsx.New(f.to, head)
	case f.report == bulk.ReportList && f.lines == nil:
		f.lines = csv.NewWriter(f.to)
		f.lines.UseCRLF = true // RFC 4180
		head[0] = byteOrderMark + head[0]
		_ = f.lines.Write(head) // Error tells of it
	}
}

func (f *reportFile) rows(rows []bulk.Row) error {
	f.begin()
	for _, row := range rows {
		if f.lines != nil {
			_ = f.lines.Write(f.line(row)) // as above
		} else if err := f.sheet.Row(f.cells(row)); err != nil {
			return err
		}
	}
	if f.lines != nil {
		f.lines.Flush()
		return f.lines.Error()
	}
	return nil
}

func (f *reportFile) end() error {
	f.begin()
	if f.lines != nil {
		f.lines.Flush()
		return f.lines.Error()
	}
	return f.sheet.Close()
}

// cells are a person as a row of a sheet.
func (f *reportFile) cells(r bulk.Row) []xlsx.Cell {
	u := r.Account.User
	cells := []xlsx.Cell{
		xlsx.Text(u.Name()), xlsx.Text(u.Email), xlsx.Text(u.Username), xlsx.Text(f.text.T(userTypeText(u.Type))), xlsx.Text(f.text.T(statusText(u.Status))),
	}
	if f.report == bulk.ReportActivity {
		return append(cells, xlsx.Number(r.Activity.SignIns), xlsx.Moment(u.LastSignInAt, f.zone), xlsx.Number(r.Activity.WrongPasswords),
			xlsx.Number(r.Activity.WrongCodes), xlsx.Moment(u.PasswordSetAt, f.zone))
	}
	return append(cells, xlsx.Text(strings.Join(r.Account.Groups, ", ")), xlsx.Text(f.text.T(stepText(r.Step))), xlsx.Text(strings.Join(r.Opens, ", ")),
		xlsx.Moment(u.LastSignInAt, f.zone), xlsx.Moment(u.CreatedAt, f.zone))
}

// line is a person as a line of the list.
func (f *reportFile) line(r bulk.Row) []string {
	u := r.Account.User
	moment := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(f.zone).Format(time.RFC3339)
	}
	return []string{
		core.Cell(u.Name()), core.Cell(u.Email), core.Cell(u.Username), f.text.T(userTypeText(u.Type)), f.text.T(statusText(u.Status)),
		core.Cell(strings.Join(r.Account.Groups, ", ")), f.text.T(stepText(r.Step)), core.Cell(strings.Join(r.Opens, ", ")), moment(u.LastSignInAt), moment(u.CreatedAt),
	}
}

// exportLink is the page of exports with the filters of a list.
func (q usersQuery) exportLink() string {
	values := url.Values{}
	for _, name := range append(userFilterNames(), "q") {
		if v := q.values.Get(name); v != "" {
			values.Set(name, v)
		}
	}
	if len(values) == 0 {
		return exportPath
	}
	return exportPath + "?" + values.Encode()
}
