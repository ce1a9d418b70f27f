// Package groups looks after the groups of an organization: their names and
// descriptions, and who is in them.
//
// It owns: who may change groups, the merging of two administrators' saves, what
// is recorded. It does not own: what a group opens (package gate, by its name) or
// exempts (package help).
//
// Neighbours: web shows it, app wires it.
package groups
