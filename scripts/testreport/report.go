package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // build output
	Test       string
	Output     string
	Elapsed    float64
}

// key names a test, or with an empty test a whole package.
type key struct{ folder, test string }

// Report is what a run of tests came to.
type Report struct {
	outcome map[key]string // pass, fail, skip
	output  map[key]*strings.Builder
	parents map[key]bool
	build   map[string]*strings.Builder // compiler output, by package
	slow    map[string]float64          // seconds, by package
}

// Read takes in the events of a whole run. Lines that are no events (the
// compiler's, in old versions) are kept as the output of a failed build.
func Read(in io.Reader) (*Report, error) {
	r := &Report{
		outcome: map[key]string{}, output: map[key]*strings.Builder{}, parents: map[key]bool{},
		build: map[string]*strings.Builder{}, slow: map[string]float64{},
	}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the output of go test: %w", err)
		}
	}
}

// line takes in one line.
func (r *Report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		write(r.build, "go test", string(line))
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		write(r.build, e.ImportPath, e.Output)
	case "output":
		write(r.output, k, e.Output)
	case "run":
		if above := strings.LastIndexByte(e.Test, '/'); above > 0 {
			r.parents[key{e.Package, e.Test[:above]}] = true
		}
	case "pass", "fail", "skip":
		r.outcome[k] = e.Action
		if e.Test == "" {
			r.slow[e.Package] = e.Elapsed
		}
	}
}

// write appends text to the builder of a key.
func write[K comparable](to map[K]*strings.Builder, k K, text string) {
	if to[k] == nil {
		to[k] = &strings.Builder{}
	}
	to[k].WriteString(text)
}

// leaves returns the tests with an outcome and without subtests that carry it,
// sorted: a parent that failed by itself counts, one that failed through a
// subtest does not.
func (r *Report) leaves(outcome string) []key {
	var out []key
	for k, got := range r.outcome {
		if got == outcome && k.test != "" && (!r.parents[k] || outcome == "fail" && !r.failedBelow(k)) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b key) int { return strings.Compare(a.folder+" "+a.test, b.folder+" "+b.test) })
	return out
}

// failedBelow reports whether a subtest of k failed.
func (r *Report) failedBelow(k key) bool {
	for other, outcome := range r.outcome {
		if outcome == "fail" && other.folder == k.folder && strings.HasPrefix(other.test, k.test+"/") {
			return true
		}
	}
	return false
}

// broken returns the packages that failed although none of their tests did: they
// do not build, crashed, or ran out of time.
func (r *Report) broken() []key {
	failed := map[string]bool{}
	for _, k := range r.leaves("fail") {
		failed[k.folder] = true
	}
	var out []key
	for _, folder := range slices.Sorted(maps.Keys(r.slow)) {
		if r.outcome[key{folder: folder}] == "fail" && !failed[folder] {
			out = append(out, key{folder: folder})
		}
	}
	if len(r.slow) == 0 {
		out = append(out, key{folder: "go test"})
	}
	return out
}

// Failures counts failed tests and broken packages.
func (r *Report) Failures() int { return len(r.leaves("fail")) + len(r.broken()) }

// skipped groups the tests that did not run by the reason they gave.
func (r *Report) skipped() map[string]int {
	by := map[string]int{}
	for _, k := range r.leaves("skip") {
		by[reason(r.output[k])]++
	}
	return by
}

// reason finds what a skipped test printed: "    file_test.go:12: the reason".
func reason(output *strings.Builder) string {
	if output == nil {
		return "no reason given"
	}
	for line := range strings.Lines(output.String()) {
		if _, text, found := strings.Cut(line, "_test.go:"); found {
			_, text, _ = strings.Cut(text, ": ")
			return strings.TrimPrefix(strings.TrimSpace(text), "not run: ")
		}
		if place, text, found := strings.Cut(strings.TrimSpace(line), ": "); found && strings.Contains(place, ".go:") {
			return strings.TrimSpace(text) // a suite's file, not named _test
		}
	}
	return "no reason given"
}

// Results returns the lines that scripts/test.sh adds up.
func (r *Report) Results() string {
	var out strings.Builder
	fmt.Fprintf(&out, "pass %d\nfail %d\n", len(r.leaves("pass")), r.Failures())
	skipped := r.skipped()
	for _, why := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(&out, "skip %s (%s)\n", counted(skipped[why]), why)
	}
	return out.String()
}

// Text returns the report for people: what failed with its output, the five
// slowest packages, and the counts.
func (r *Report) Text() string {
	var out strings.Builder
	for _, k := range r.broken() {
		fmt.Fprintf(&out, "--- %s\n", k.folder)
		for importPath, text := range r.build {
			if importPath == k.folder || strings.HasPrefix(importPath, k.folder+" ") || strings.HasPrefix(importPath, k.folder+"_test") || importPath == "go test" {
				out.WriteString(text.String())
			}
		}
		r.show(&out, k)
	}
	for _, k := range r.leaves("fail") {
		fmt.Fprintf(&out, "--- %s %s\n", k.folder, k.test)
		r.show(&out, k)
	}
	folders := slices.SortedFunc(maps.Keys(r.slow), func(a, b string) int {
		return int(1000 * (r.slow[b] - r.slow[a]))
	})
	for _, folder := range folders[:min(5, len(folders))] {
		fmt.Fprintf(&out, "%6.1f s  %s\n", r.slow[folder], path.Base(folder))
	}
	fmt.Fprintf(&out, "tests: %d passed, %d failed, %d not run\n", len(r.leaves("pass")), r.Failures(), len(r.leaves("skip")))
	return out.String()
}

// show writes what a test or package printed, at most its last 60 lines.
func (r *Report) show(out *strings.Builder, k key) {
	if r.output[k] == nil {
		return
	}
	lines := strings.SplitAfter(r.output[k].String(), "\n")
	for _, line := range lines[max(0, len(lines)-60):] {
		out.WriteString(line)
	}
}

// counted says how many tests.
func counted(n int) string {
	if n == 1 {
		return "1 Go test"
	}
	return fmt.Sprintf("%d Go tests", n)
}
