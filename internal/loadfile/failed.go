package loadfile

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// byteOrderMark tells spreadsheets that a text is UTF-8.
const byteOrderMark = "\ufeff"

// FailedRows writes rows that could not be taken as a file that can be loaded again
// when it is mended: the same columns, and what is wrong as the last one. No cell
// starts a formula. It is what [loader.Service.Failed] calls.
func FailedRows(to io.Writer, say func(core.LoadProblem) string) func(columns []string, rows []loader.RejectedRow) error {
	out := csv.NewWriter(to)
	out.UseCRLF = true // RFC 4180
	return func(columns []string, rows []loader.RejectedRow) error {
		if rows == nil { // the first call
			head := append(cells(columns, len(columns)), ErrorColumn)
			head[0] = byteOrderMark + head[0]
			_ = out.Write(head) // Error, below, tells of it
		}
		for _, row := range rows {
			var why []string
			for _, p := range row.Problems {
				if p.Column != "" {
					why = append(why, p.Column+":")
				}
				why = append(why, say(p))
			}
			_ = out.Write(append(cells(row.Cells, len(columns)), core.Cell(strings.Join(why, " ")))) // as above
		}
		out.Flush()
		return out.Error()
	}
}

// cells are so many cells that start no formula.
func cells(of []string, n int) []string {
	out := make([]string, n, n+1)
	for i := range min(n, len(of)) {
		out[i] = core.Cell(of[i])
	}
	return out
}
