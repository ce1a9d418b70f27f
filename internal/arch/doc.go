// Package arch keeps the house in the shape that ARCHITECTURE.md describes.
//
// It owns: the table of levels and imports, the budgets of files, functions and
// contracts, and the rules about time, randomness, environment and package
// variables; all of them as tests, each proved to fail on a house that breaks
// it. The table in imports_test.go is the specification, not a copy of one. It
// does not own: formatting and vetting (scripts/test.sh runs those), or rules
// about SQL text, pages and words, which stand beside the packages they bind.
//
// Neighbours: none. It reads source files and imports nothing of the house.
package arch
