package loader

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// Report is what is wrong with the rows of a load.
type Report struct {
	Kinds []ProblemKind // the most frequent first
	Rows  []RejectedRow // the first with the problem that was asked for, without their cells
	More  bool          // rows that are not among them
}

// ProblemKind is a problem that rows have.
type ProblemKind struct {
	Example core.LoadProblem // of the first of them
	Rows    int
}

// Problems says what is wrong with the rows of a load: how many rows have which
// problem, and so many of those with one; empty: with any. No cell of a row is opened
// for that. Of a load that runs it tells of the first rows alone: its page is looked at
// every few seconds.
func (s *Service) Problems(ctx context.Context, c Caller, id core.ID, code string, limit int) (Report, error) {
	var out Report
	run, err := s.Get(ctx, c, id)
	if err != nil {
		return out, err
	}
	for after := 0; ; {
		rows, err := s.Store.LoadRejects(ctx, run.OrganizationID, run.ID, after, failedStep)
		if err != nil || len(rows) == 0 {
			slices.SortStableFunc(out.Kinds, func(a, b ProblemKind) int { return b.Rows - a.Rows })
			return out, err
		}
		for _, row := range rows {
			out.note(row, code, limit)
		}
		after = rows[len(rows)-1].Row
		if !run.State.Over() {
			out.More = out.More || run.Counts.Rejected > len(rows)
			out.Kinds = nil // they count all rows
			return out, nil
		}
	}
}

func (r *Report) note(row core.LoadReject, code string, limit int) {
	seen := map[string]bool{}
	for _, p := range row.Problems {
		if seen[p.Code] {
			continue
		}
		seen[p.Code] = true
		at := slices.IndexFunc(r.Kinds, func(k ProblemKind) bool { return k.Example.Code == p.Code })
		if at < 0 {
			at, r.Kinds = len(r.Kinds), append(r.Kinds, ProblemKind{Example: p})
		}
		r.Kinds[at].Rows++
	}
	with := slices.DeleteFunc(slices.Clone(row.Problems), func(p core.LoadProblem) bool { return code != "" && p.Code != code })
	switch {
	case len(with) == 0:
	case len(r.Rows) == limit:
		r.More = true
	default:
		r.Rows = append(r.Rows, RejectedRow{Row: row.Row, Problems: with})
	}
}
