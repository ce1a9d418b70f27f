package loader

import (
	"context"
	"errors"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// told is what a row has done, as it is kept: the row itself, and what was there
// before; without a print, fields and groups there was nothing.
type told struct {
	row    core.LoadRowResult
	before core.LoadBefore
}

// told is what a step does.
func (st *step) told() told {
	n := st.person.row.Number
	t := told{core.LoadRowResult{Row: n, ID: st.id}, core.LoadBefore{Row: n}}
	if t.row.ID == "" {
		t.row.ID = st.known.User.ID
	}
	switch st.action {
	case Reject:
		t.row.Did = core.LoadRejected
		return t
	case Add:
		t.row.Did = core.LoadAdded
		if t.before.Print = st.print; st.print != "" {
			return t
		}
	case Update:
		t.row.Did = core.LoadUpdated
	default:
		t.row.Did = core.LoadUnchanged
		return t
	}
	t.before.Joined, t.before.Left = st.join, st.leave
	for _, c := range st.changes {
		if st.action == Update {
			t.row.Fields = append(t.row.Fields, c.Field)
		}
		if !slices.Contains([]string{"groups", "password_hash", "app_secret"}, c.Field) {
			t.before.Fields = append(t.before.Fields, core.LoadFieldChange{Name: c.Field, Was: c.Before, Is: c.After})
		}
	}
	return t
}

// behind is what a row has done with what it had done already when a batch was begun
// and not finished: what was there first is what was there before.
func (t told) behind(begun map[int]told) told {
	first, ok := begun[t.row.Row]
	switch {
	case !ok || t.row.Did == core.LoadAdded:
		return t
	case t.row.Did == core.LoadUnchanged:
		if first.row.ID == "" {
			first.row.ID = t.row.ID
		}
		return first
	case t.row.Did == core.LoadRejected: // some of its deeds may be done
		t.before.Fields = first.before.Fields
		return t
	}
	t.row.Fields = slices.Clone(t.row.Fields)
	for _, name := range first.row.Fields {
		if !slices.Contains(t.row.Fields, name) {
			t.row.Fields = append(t.row.Fields, name)
		}
	}
	fields := slices.Clone(first.before.Fields)
	for _, f := range t.before.Fields {
		if !slices.ContainsFunc(fields, func(have core.LoadFieldChange) bool { return have.Name == f.Name }) {
			fields = append(fields, f)
		}
	}
	t.before.Fields = fields
	return t
}

// result is what rows have done, from where a load is.
func (s *Service) result(run core.LoadRun, to int, did []told) (core.LoadResult, error) {
	r := core.LoadResult{
		ID: core.LoadResultID(run.ID, run.Next), OrganizationID: run.OrganizationID, RunID: run.ID, From: run.Next, To: to,
		Rows: make([]core.LoadRowResult, len(did)),
	}
	var before []core.LoadBefore
	for i, t := range did {
		r.Rows[i] = t.row
		if b := t.before; b.Print != "" || len(b.Fields)+len(b.Joined)+len(b.Left) > 0 {
			before = append(before, b)
		}
	}
	if len(before) == 0 {
		return r, nil
	}
	var err error
	r.BeforeSealed, err = s.Secrets.Before(r.ID, before)
	return r, err
}

// begin stores what the rows of a plan do by deeds that are about to be done.
func (s *Service) begin(ctx context.Context, run core.LoadRun, p *plan, begun map[int]told) error {
	some := false
	for i := range p.steps {
		if st := &p.steps[i]; len(st.deeds) > 0 && st.action != Reject {
			t := st.told().behind(begun)
			begun[t.row.Row], some = t, true
		}
	}
	if !some {
		return nil
	}
	all := make([]told, 0, len(begun))
	for _, t := range begun {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b told) int { return a.row.Row - b.row.Row })
	r, err := s.result(run, all[len(all)-1].row.Row+1, all)
	if err == nil {
		err = s.Ledger.NoteLoadDeeds(ctx, r)
	}
	return err
}

// begun returns the rows whose deeds were begun by somebody who did not come to the
// end of the batch.
func (s *Service) begun(ctx context.Context, run core.LoadRun) (map[int]told, error) {
	out := map[int]told{}
	if !run.Order.Identity && run.Order.Target != core.LoadGroups {
		return out, nil // such a load has no deeds
	}
	r, err := s.Ledger.LoadResult(ctx, run.OrganizationID, run.ID, run.Next)
	if errors.Is(err, core.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, row := range r.Rows {
		out[row.Row] = told{row, core.LoadBefore{Row: row.Row}}
	}
	if r.BeforeSealed == "" {
		return out, nil
	}
	before, err := s.Secrets.OpenBefore(r.ID, r.BeforeSealed)
	for _, b := range before {
		out[b.Row] = told{out[b.Row].row, b}
	}
	return out, err
}
