// Package xlsx writes a spreadsheet of one sheet while its rows come, with memory
// that does not grow.
//
// It owns the small fixed subset of the format that a table of texts, numbers and
// moments needs. It does not own what is in the table. There is no way to write a
// formula with it: cells are inline texts or numbers, and a text that a program
// could take for a formula has a quote before it (UP2), as it may be saved as CSV
// later. Nothing here reads a file.
//
// Neighbours: web sends reports with it. Of the house it knows core alone.
package xlsx
