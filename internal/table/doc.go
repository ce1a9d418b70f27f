// Package table reads tables that people bring: text with separated columns (CSV,
// TSV) in the encodings and with the delimiters that programs write, and Excel
// workbooks (.xlsx). Rows come one by one, with bounded memory.
//
// It owns: guessing what a file is (the guess is told, and the caller may know
// better), the names of columns, the numbers of rows as people see them, and every
// limit on what strangers send (UP1): size, rows, columns, one row's length, what a
// workbook unpacks to. It does not own: what a column is for, what a value may be,
// who may send a file, keeping it.
//
// A row that cannot be used carries its problem and reading goes on; what makes
// the rest of the file doubtful ends it. Values are what the file says, as text:
// nothing is trimmed but the names of columns, nothing is evaluated, no address in
// a file is followed. Of merged cells the first has the value.
//
// Neighbours: the Data Loader reads its files through [Reader]. It imports core.
package table
