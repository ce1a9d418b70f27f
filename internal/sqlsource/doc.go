// Package sqlsource reads the rows of one query on a PostgreSQL database that the
// operator configured, row by row, as package table reads those of files.
//
// It owns: which databases may be asked (by name; nobody but the operator knows an
// address), that asking changes nothing there, and every limit on time, rows and
// memory. It does not own: what a column is for, who may ask, keeping anything of
// what is read.
//
// The query becomes a cursor in a read-only transaction, which takes one SELECT and
// nothing else, and sees the data of one moment to its end. What the configured
// role may read, the query may: that is for the operator to limit.
//
// Neighbours: the Data Loader reads from here what it does not read from a file. It
// imports core and table.
package sqlsource
