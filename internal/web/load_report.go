package web

import (
	"net/http"
	"net/url"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/words"
)

// LoadKind is a problem that rows of a load have.
type LoadKind struct {
	Text   string // in words; empty: any
	Rows   int64
	Link   string
	Chosen bool
}

// LoadProblem is what is wrong with a row, and how to fix it, in words.
type LoadProblem struct {
	Row                       int
	Column, Value, Wrong, Fix string
}

// loadReport says on the page of a load what is wrong with its rows, with ?problem= one
// of the problems.
func (s *Site) loadReport(r *http.Request, run core.LoadRun, page *LoadRunPage) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	c, chosen := loadCaller(r), query.Get("problem")
	report, err := s.deps.Loads.Problems(r.Context(), c, run.ID, chosen, loadShown)
	if err != nil {
		return err
	}
	text, here := s.printer(r, c.View), loadPath+"/runs/"+string(run.ID)
	if len(report.Kinds) > 1 || chosen != "" {
		page.Kinds = []LoadKind{{Rows: page.Tally.Rejected, Link: here + "#problems", Chosen: chosen == ""}}
		for _, k := range report.Kinds {
			code := k.Example.Code
			page.Kinds = append(page.Kinds, LoadKind{text.LoadKind(k.Example), int64(k.Rows), here + "?problem=" + url.QueryEscape(code) + "#problems", code == chosen})
		}
	}
	for _, row := range report.Rows {
		page.Problems = append(page.Problems, loadProblems(text, row.Row, row.Problems)...)
	}
	page.More = report.More
	return nil
}

// loadPlannedProblems is what is wrong with rows of a preview.
func loadPlannedProblems(text words.Printer, rows []loader.Planned) []LoadProblem {
	var all []LoadProblem
	for _, row := range rows {
		all = append(all, loadProblems(text, row.Row, row.Problems)...)
	}
	return all
}

// loadProblems is what is wrong with a row. Where its cells could not be told apart, what
// read them says which one it is about.
func loadProblems(text words.Printer, row int, problems []core.LoadProblem) []LoadProblem {
	all := make([]LoadProblem, len(problems))
	for i, p := range problems {
		all[i] = LoadProblem{Row: row, Column: p.Column, Value: p.Value, Wrong: text.LoadWrong(p), Fix: text.LoadFix(p)}
		if column, ok := p.Params["column"].(string); ok && p.Column == "" {
			all[i].Column = column
		}
		if value, ok := p.Params["value"].(string); ok && p.Value == "" {
			all[i].Value = value
		}
	}
	return all
}
