// Command testreport reads the output of `go test -json` and says in few lines
// what failed, what did not run and why.
//
// It owns: counting tests (leaves only: a test with subtests is counted as
// those), showing the output of what failed, and the result lines that
// scripts/test.sh adds up. It does not own: running tests or deciding whether
// something that did not run is a failure.
//
// Neighbours: scripts/steps/unit.sh pipes into it.
package main
