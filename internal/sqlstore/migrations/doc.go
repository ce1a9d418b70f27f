// Package migrations is the schema of the database, version after version.
//
// It owns: one file a version, in goose's form. A file that was released never
// changes again: what is to be different is a new one. It does not own: when and
// how they are run, nor what the tables mean (package sqlstore).
//
// Neighbours: package sqlstore runs them, its tests tell versions apart by them.
package migrations

import "embed"

// Files are the migrations, each NNNN_name.sql in goose's form.
//
//go:embed *.sql
var Files embed.FS
