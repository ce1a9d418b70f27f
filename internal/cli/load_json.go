package cli

import (
	"maps"
	"slices"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loaderv1"
)

// rowsTold is how many rows that could not be taken a result as JSON has.
const rowsTold = 100

// refusedRows are the rows of a load that could not be taken, as JSON.
type refusedRows struct {
	Rows []api.RejectedRow `json:"rejected_rows"`
	// Cut: there are more of them than are told.
	Cut  bool   `json:"rejected_rows_cut"`
	File string `json:"errors_out,omitempty"` // that has all of them
}

// told are the first of the rows, and where all of them were written.
func (x *failures) told(file string) refusedRows {
	out := refusedRows{Rows: []api.RejectedRow{}, Cut: len(x.problems) > rowsTold}
	if len(x.problems) > 0 {
		out.File = file
	}
	for _, row := range slices.Sorted(maps.Keys(x.problems)) {
		if len(out.Rows) == rowsTold {
			break
		}
		out.Rows = append(out.Rows, api.RejectedRow{Row: row, Problems: x.problems[row]})
	}
	return out
}

// reported is a load as JSON: as the API has it, with the rows that could not be
// taken.
type reported struct {
	api.Load
	refusedRows
}

// reportedOld is a load by a password as JSON.
type reportedOld struct {
	loaderv1.Report
	refusedRows
}

// previewed is what a load would do, as JSON.
type previewed struct {
	Name   string         `json:"name"`
	Counts api.LoadCounts `json:"counts"`
	refusedRows
}
