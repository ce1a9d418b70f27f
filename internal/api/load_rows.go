package api

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
)

// WideBodies are the addresses, as patterns of path.Match, whose bodies hold many
// rows, for httpx.Config.WideBodies.
func WideBodies() []string {
	return []string{httpx.APIPrefix + "loads/*/rows", httpx.APIPrefix + "load-previews"}
}

// LoadRow is a row of a file: its number as the file counts, and a cell for each
// column. What only whoever has the file can see of it, a program tells: then the row
// is one that cannot be taken, and counts as such.
type LoadRow struct {
	Row        int      `json:"row" minimum:"1" maximum:"100000000"`
	Cells      []string `json:"cells" nullable:"false" maxItems:"64"`
	Unreadable bool     `json:"unreadable,omitempty"`
	SameAs     int      `json:"same_as,omitempty" minimum:"1" maximum:"100000000"`
}

// RowsSent are the next rows of a load.
type RowsSent struct {
	Named
	Body struct {
		Rows []LoadRow `json:"rows" nullable:"false" minItems:"1" maxItems:"500"`
	} `nameHint:"LoadRows"`
}

// LoadProblem is what is wrong with a row; the value is never that of a column that
// holds a secret.
type LoadProblem struct {
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// RejectedRow is a row that could not be taken.
type RejectedRow struct {
	Row      int           `json:"row"`
	Problems []LoadProblem `json:"problems" nullable:"false"`
}

// RowsDone is what became of rows.
type RowsDone struct {
	Body struct {
		Counts   LoadCounts    `json:"counts"`
		Rejected []RejectedRow `json:"rejected_rows" nullable:"false"`
		Load     Load          `json:"load"`
	} `nameHint:"LoadedRows"`
}

// RowsPreviewed is what rows would do.
type RowsPreviewed struct {
	Body struct {
		Order LoadOrder      `json:"order"`
		Rows  []PreviewedRow `json:"rows" nullable:"false"`
	} `nameHint:"Preview"`
}

// PreviewedRow is what one row would do.
type PreviewedRow struct {
	Row      int           `json:"row"`
	Action   string        `json:"action" enum:"add,update,none,reject"`
	Name     string        `json:"name,omitempty"`
	Changes  []LoadChange  `json:"changes" nullable:"false"`
	Problems []LoadProblem `json:"problems" nullable:"false"`
}

// LoadChange is a field that would differ; of what is secret neither value is told.
type LoadChange struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// PreviewAsked is the request for a preview.
type PreviewAsked struct {
	Body struct {
		ColumnNames []string   `json:"column_names" nullable:"false" minItems:"1" maxItems:"64"`
		Package     string     `json:"package,omitempty" maxLength:"400"`
		Order       *LoadOrder `json:"order,omitempty"`
		Target      string     `json:"target,omitempty" enum:"people,groups,memberships"`
		Rows        []LoadRow  `json:"rows" nullable:"false" minItems:"1" maxItems:"500"`
	} `nameHint:"PreviewRows"`
}

// rowsOf are the rows of a request. One that has not a cell for each column is one
// that cannot be taken, as in a file.
func rowsOf(sent []LoadRow, columns int) []loader.Row {
	rows := make([]loader.Row, len(sent))
	for i, r := range sent {
		rows[i] = loader.Row{Number: r.Row, Cells: r.Cells}
		switch {
		case r.Unreadable:
			rows[i].Problem = core.NewError(core.Invalid, "load.unreadable")
		case r.SameAs > 0:
			rows[i].Problem = core.NewError(core.Invalid, "load.twice").With("row", r.SameAs)
		case len(r.Cells) != columns:
			rows[i].Problem = core.NewError(core.Invalid, "table.row.width").With("row", r.Row).With("count", len(r.Cells)).With("expected", columns)
		}
	}
	return rows
}

func (a *Resources) loadRows(c *call, in *RowsSent) (*RowsDone, error) {
	run, err := a.Loads.Get(c.ctx(), c.loads(), core.ID(in.ID))
	if err != nil {
		return nil, err
	}
	done, err := a.Loads.Load(c.ctx(), c.loads(), run.ID, rowsOf(in.Body.Rows, len(run.Columns)))
	if errors.Is(err, core.ErrStale) {
		return nil, core.NewError(core.Conflict, "load.next_row").With("row", done.Run.Next)
	}
	if err != nil {
		return nil, err
	}
	out := &RowsDone{}
	out.Body.Counts, out.Body.Load, out.Body.Rejected = LoadCounts(done.Counts), a.loadBody(c, done.Run), []RejectedRow{}
	for _, row := range done.Rejects {
		out.Body.Rejected = append(out.Body.Rejected, RejectedRow{row.Row, a.problems(c, row.Problems)})
	}
	return out, nil
}

// problems are what is wrong with a row, in sentences.
func (a *Resources) problems(c *call, all []core.LoadProblem) []LoadProblem {
	text := a.Printer(c.request)
	out := make([]LoadProblem, len(all))
	for i, p := range all {
		out[i] = LoadProblem{Column: p.Column, Value: p.Value, Code: p.Code, Detail: text.Error(text.LoadProblem(p))}
	}
	return out
}

func (a *Resources) previewRows(c *call, in *PreviewAsked) (*RowsPreviewed, error) {
	o, _, err := a.orderOf(c, in.Body.Order, in.Body.Package, in.Body.Target, in.Body.ColumnNames)
	if err != nil {
		return nil, err
	}
	planned, err := a.Loads.Plan(c.ctx(), c.loads(), o, in.Body.ColumnNames, rowsOf(in.Body.Rows, len(in.Body.ColumnNames)))
	if err != nil {
		return nil, err
	}
	out := &RowsPreviewed{}
	out.Body.Order = loadOrder(o)
	out.Body.Rows = make([]PreviewedRow, len(planned))
	for i, p := range planned {
		row := PreviewedRow{Row: p.Row, Action: actionName(p.Action), Name: p.Name, Changes: make([]LoadChange, len(p.Changes)), Problems: a.problems(c, p.Problems)}
		for j, change := range p.Changes {
			row.Changes[j] = LoadChange(change)
		}
		out.Body.Rows[i] = row
	}
	return out, nil
}

func actionName(a loader.Action) string {
	switch a {
	case loader.Add:
		return "add"
	case loader.Update:
		return "update"
	case loader.Reject:
		return "reject"
	}
	return "none"
}

// RejectedAsked is which rows of a load that could not be taken are asked for.
type RejectedAsked struct {
	Named
	Page
}

func (a *Resources) rejectedRows(c *call, in *RejectedAsked) (*Listed[RejectedRow], error) {
	return byRow(c, in, "rejected", a.Loads.Rejects, func(row loader.RejectedRow) (RejectedRow, int) {
		return RejectedRow{row.Row, a.problems(c, row.Problems)}, row.Row
	})
}

// byRow is a page of a list that is ordered by the rows of a load: read asks for so
// many behind a row, and item makes one and says which row it is.
func byRow[R, I any](c *call, in *RejectedAsked, name string, read func(context.Context, loader.Caller, core.ID, int, int) ([]R, error), item func(R) (I, int)) (*Listed[I], error) {
	list := digest(name, string(c.view.Organization.ID), in.ID)
	after, err := in.after(list)
	if err != nil {
		return nil, err
	}
	behind, _ := strconv.Atoi(after) // a cursor that is no number begins with the first row
	rows, err := read(c.ctx(), c.loads(), core.ID(in.ID), behind, in.Limit+1)
	if err != nil {
		return nil, err
	}
	more := len(rows) > in.Limit
	if more {
		rows = rows[:in.Limit]
	}
	after = ""
	items := make([]I, len(rows))
	for i, row := range rows {
		var at int
		if items[i], at = item(row); more {
			after = strconv.Itoa(at) // of the last one
		}
	}
	return listed(c, list, after, items), nil
}

// RowResult is what a load did with one row, by the ids of what it is about: who that
// is, people and groups tell.
type RowResult struct {
	Row      int           `json:"row,omitempty"`
	Result   string        `json:"result" enum:"added,updated,unchanged,rejected,deactivated"`
	About    string        `json:"about,omitempty"`
	Changed  []string      `json:"changed" nullable:"false"`
	Problems []LoadProblem `json:"problems" nullable:"false"`
}

func (a *Resources) rowResults(c *call, in *RejectedAsked) (*Listed[RowResult], error) {
	return byRow(c, in, "results", a.Loads.Results, func(row loader.ResultRow) (RowResult, int) {
		out := RowResult{Result: string(row.Did), About: string(row.ID), Changed: append([]string{}, row.Fields...), Problems: a.problems(c, row.Problems)}
		if row.InFile() {
			out.Row = row.Row
		}
		return out, row.Row
	})
}

// LoadField is something that a column of a file can be.
type LoadField struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Required bool   `json:"required"`
	Key      bool   `json:"key_field"`
	Secret   bool   `json:"secret"`
}

// FieldsAsked is for which target fields are asked for.
type FieldsAsked struct {
	Target string `query:"target" required:"true" enum:"people,groups,memberships"`
}

func (a *Resources) loadFields(c *call, in *FieldsAsked) (*Listed[LoadField], error) {
	if err := c.administers(); err != nil {
		return nil, err
	}
	text := a.Printer(c.request)
	var items []LoadField
	for _, f := range loader.Fields(core.LoadTarget(in.Target)) {
		items = append(items, LoadField{f.Name, text.LoadField(f.Name), f.Required, f.Key, f.Secret})
	}
	return listed(c, "", "", slices.Clip(items)), nil
}
