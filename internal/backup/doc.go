// Package backup writes and reads the one file that a backup is.
//
// It owns: the format (lines of JSON, compressed, sealed with age), its counts
// and its sum, who can open it, and how a file gets its name only when it is
// whole. It does not own: what is in it (package sqlstore hands rows out and
// takes them in), which key of the deployment goes with it, or what a restore
// ends (package sqlstore).
//
// The file is made to be read without this program in ten years:
// `age -d -i KEY FILE | gunzip` gives a line that says what it is, then per
// table a line with its columns and a line for each row, and a last line with
// the counts and the SHA-256 of everything before it.
//
// Neighbours: imports core; app joins it to the store, cli names the files.
package backup
