package table

import (
	"errors"
	"io"

	"github.com/sallyport/sallyport/internal/core"
)

// What is wrong with a file as a whole.
var (
	errKind      = core.NewError(core.Invalid, "table.kind")
	errOldExcel  = core.NewError(core.Invalid, "table.old_excel")
	errSize      = core.NewError(core.Invalid, "table.size")
	errEmpty     = core.NewError(core.Invalid, "table.empty")
	errNoRows    = core.NewError(core.Invalid, "table.no_rows")
	errRows      = core.NewError(core.Invalid, "table.rows")
	errChanged   = core.NewError(core.Conflict, "table.changed")
	errEncoding  = core.NewError(core.Invalid, "table.encoding")
	errDelimiter = core.NewError(core.Invalid, "table.delimiter")
)

// What is wrong with the names of columns.
var (
	errHeaderNone  = core.NewError(core.Invalid, "table.header.none")
	errHeaderEmpty = core.NewError(core.Invalid, "table.header.empty")
	errHeaderTwice = core.NewError(core.Invalid, "table.header.twice")
	errColumns     = core.NewError(core.Invalid, "table.columns")
)

// What is wrong with a row. The first two end the file: nobody can tell where the
// row after it would begin.
var (
	errLong      = core.NewError(core.Invalid, "table.row.long")
	errQuoteOpen = core.NewError(core.Invalid, "table.row.quote_open")
	errQuoteText = core.NewError(core.Invalid, "table.row.quote_text")
	errWidth     = core.NewError(core.Invalid, "table.row.width")
	errLetters   = core.NewError(core.Invalid, "table.row.letters")
	errNUL       = core.NewError(core.Invalid, "table.row.nul")
)

// What is wrong with a workbook.
var (
	errDamaged   = core.NewError(core.Invalid, "table.damaged")
	errDoctype   = core.NewError(core.Invalid, "table.doctype")
	errParts     = core.NewError(core.Invalid, "table.parts")
	errUnpacked  = core.NewError(core.Invalid, "table.unpacked")
	errTexts     = core.NewError(core.Invalid, "table.texts")
	errSheetRows = core.NewError(core.Invalid, "table.sheet_rows")
	errNoSheet   = core.NewError(core.Invalid, "table.no_sheet")
	errSheet     = core.NewError(core.Invalid, "table.sheet")
	errCell      = core.NewError(core.Invalid, "table.cell")
	errFormula   = core.NewError(core.Invalid, "table.row.formula")
	errError     = core.NewError(core.Invalid, "table.row.error")
	errDate      = core.NewError(core.Invalid, "table.row.date")
)

// asInvalid keeps our own errors and makes an end that came too early one of them.
func asInvalid(err error) error {
	var ours *core.Error
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &ours) {
		return err
	}
	return core.NewError(core.Internal, "table.read").Because(err)
}

// NoList reports whether an error is that there are no rows under names of columns: what
// was read may be in order, and is something else.
func NoList(err error) bool {
	for _, e := range []*core.Error{errEmpty, errNoRows, errHeaderNone, errHeaderEmpty, errHeaderTwice, errColumns} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
