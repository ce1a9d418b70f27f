package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/words"
)

// loadResults sends what a load did with each of its rows as a file.
func (s *Site) loadResults(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	c := loadCaller(r)
	text := s.printer(r, c.View)
	f := s.sendFile(w, text.T("loading.results.file")+".csv", "text/csv; charset=utf-8")
	out := csv.NewWriter(f)
	out.UseCRLF = true // RFC 4180
	head := []string{
		byteOrderMark + text.T("loading.results.row"), text.T("loading.results.result"), text.T("loading.results.person"),
		text.T("loading.results.username"), text.T("loading.results.email"), text.T("loading.results.changed"), text.T("loading.results.problem"), text.T("loading.results.undo"),
	}
	return f.done(s.deps.Loads.AllResults(r.Context(), c, core.ID(r.PathValue("id")), func(rows []loader.ResultRow) error {
		if rows == nil { // the first call
			_ = out.Write(head) // Error, below, tells of it
		}
		for _, row := range rows {
			_ = out.Write(loadResultCells(text, row)) // as above
		}
		out.Flush()
		return out.Error()
	}))
}

func loadResultCells(text words.Printer, row loader.ResultRow) []string {
	number := ""
	if row.InFile() {
		number = strconv.Itoa(row.Row)
	}
	changed := make([]string, len(row.Fields))
	for i, name := range row.Fields {
		changed[i] = text.LoadField(name)
	}
	var problems []string
	for _, p := range row.Problems {
		if p.Column != "" {
			problems = append(problems, p.Column+":")
		}
		problems = append(problems, text.Error(text.LoadProblem(p)))
	}
	kept := ""
	if row.Kept != "" {
		kept = text.Error(core.NewError(core.Conflict, row.Kept))
	}
	cells := []string{number, text.T(loadDidText(row.Did)), row.Name, row.Username, row.Email, strings.Join(changed, "; "), strings.Join(problems, " "), kept}
	for i := range cells {
		cells[i] = core.Cell(cells[i])
	}
	return cells
}

// loadDidText is the text of what a load did with a row.
func loadDidText(d core.LoadDid) string {
	switch d {
	case core.LoadAdded:
		return "loading.results.added"
	case core.LoadUpdated:
		return "loading.results.updated"
	case core.LoadRejected:
		return "loading.results.rejected"
	case core.LoadDeactivated:
		return "loading.results.deactivated"
	}
	return "loading.results.unchanged"
}
