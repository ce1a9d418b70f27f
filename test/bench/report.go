package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The files that hold the figures.
const (
	jsonFile = "docs/benchmarks.json"
	textFile = "docs/benchmarks.md"
)

// row is one figure. Floor and Ratio are nil where there is nothing to compare
// with; an empty Target says that the figure is for information.
type row struct {
	Name     string   `json:"name"`
	Database string   `json:"database"` // "sqlite", "postgres" or empty: none involved
	Unit     string   `json:"unit"`
	Value    float64  `json:"value"`
	Floor    *float64 `json:"floor"`
	Ratio    *float64 `json:"ratio"`
	Target   string   `json:"target"` // "ratio >= 0.93", "value <= 300", "ratio within 0.90 to 1.10"
}

// turn is a figure and its floor, measured one after the other.
type turn struct{ value, floor float64 }

func (t turn) ratio() float64 { return t.value / t.floor }

// median returns the turn with the median ratio.
func median(turns []turn) turn {
	sorted := slices.SortedFunc(slices.Values(turns), func(a, b turn) int {
		switch {
		case a.ratio() < b.ratio():
			return -1
		case a.ratio() > b.ratio():
			return 1
		}
		return 0
	})
	return sorted[len(sorted)/2]
}

func (t turn) row(name, database, unit, target string) row {
	r := alone(name, database, unit, t.value, target)
	floor, ratio := significant(t.floor), math.Round(t.ratio()*1000)/1000
	r.Floor, r.Ratio = &floor, &ratio
	return r
}

func alone(name, database, unit string, value float64, target string) row {
	return row{Name: name, Database: database, Unit: unit, Value: significant(value), Target: target}
}

// significant keeps four digits: more would claim what was not measured.
func significant(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	return short
}

// met reports whether the target is reached.
func (r row) met() bool {
	parts := strings.Fields(r.Target)
	if len(parts) < 3 {
		return true
	}
	limit, err := strconv.ParseFloat(parts[2], 64)
	value := r.Value
	if parts[0] == "ratio" && r.Ratio != nil {
		value = *r.Ratio
	}
	if parts[1] == "within" {
		most, tooMuch := strconv.ParseFloat(parts[len(parts)-1], 64)
		return err == nil && tooMuch == nil && limit <= value && value <= most
	}
	if parts[1] == ">=" {
		return err == nil && value >= limit
	}
	return err == nil && value <= limit
}

// String is the row as it is printed while the others are still measured.
func (r row) String() string {
	text := fmt.Sprintf("%-24s %-9s %10g %-12s", r.Name, r.Database, r.Value, r.Unit)
	if r.Floor != nil {
		text += fmt.Sprintf(" floor %10g  ratio %.3f", *r.Floor, *r.Ratio)
	}
	if r.Target != "" {
		text += "  target " + r.Target
	}
	if !r.met() {
		text += "  MISSED"
	}
	return text
}

// report merges the rows into the file and says which targets are missed.
func report(fresh []row) error {
	rows, err := readRows()
	if err != nil {
		return err
	}
	rows = merge(rows, fresh)
	raw := []string{}
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		raw = append(raw, "  "+strings.ReplaceAll(string(line), `\u003e`, ">"))
	}
	list := strings.ReplaceAll("[\n"+strings.Join(raw, ",\n")+"\n]\n", `\u003c`, "<")
	if err := os.WriteFile(jsonFile, []byte(list), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(textFile, []byte(document(rows)), 0o644); err != nil {
		return err
	}
	missed := slices.DeleteFunc(slices.Clone(fresh), row.met)
	if len(missed) == 0 {
		fmt.Println("every target is met")
		return nil
	}
	fmt.Printf("%d targets missed:\n", len(missed))
	for _, r := range missed {
		fmt.Println(r)
	}
	return nil
}

func readRows() ([]row, error) {
	raw, err := os.ReadFile(jsonFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var rows []row
	if err == nil {
		err = json.Unmarshal(raw, &rows)
	}
	return rows, err
}

// merge replaces what was measured anew and keeps the order of the benchmarks.
func merge(old, fresh []row) []row {
	same := func(a row) func(row) bool {
		return func(b row) bool { return a.Name == b.Name && a.Database == b.Database }
	}
	rows := slices.Clone(fresh)
	for _, r := range old {
		if !slices.ContainsFunc(fresh, same(r)) && place(r) >= 0 {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return place(a) - place(b) })
	return rows
}

// place is where a row stands in the list; -1 where nothing measures it any
// more.
func place(r row) int {
	place := 0
	for _, b := range benchmarks() {
		for _, name := range append([]string{b.name}, b.rows...) {
			for _, kind := range b.databases {
				if r.Name == name && r.Database == kind {
					return place
				}
				place++
			}
		}
	}
	return -1
}

// document is the page for people.
func document(rows []row) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nMeasured by `make bench`, which writes this page and, for programs, [benchmarks.json](benchmarks.json). ")
	b.WriteString("`make bench ONLY=name` measures one thing anew and leaves the other rows as they were.\n\n")
	fmt.Fprintf(&b, "Last run: %s, on %s.\n\n", time.Now().UTC().Format("2 January 2006"), machine())
	b.WriteString("| what | database | value | floor | ratio | target | met |\n|---|---|---:|---:|---:|---|---|\n")
	for _, r := range rows {
		floor, ratio, met := "", "", ""
		if r.Floor != nil {
			floor, ratio = number(*r.Floor), fmt.Sprintf("%.3f", *r.Ratio)
		}
		if r.Target != "" {
			met = map[bool]string{true: "yes", false: "**no**"}[r.met()]
		}
		target := strings.NewReplacer(">=", "at least", "<=", "at most", "value ", "").Replace(r.Target)
		fmt.Fprintf(&b, "| %s | %s | %s %s | %s | %s | %s | %s |\n", r.Name, r.Database, number(r.Value), r.Unit, floor, ratio, target, met)
	}
	b.WriteString(reading)
	return b.String()
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// machine describes what the figures were measured on, without naming it.
func machine() string {
	cpu, total := "", ""
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
				cpu = " (" + strings.TrimSpace(value) + ")"
				break
			}
		}
	}
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib float64
		if _, err := fmt.Sscanf(string(raw), "MemTotal: %f kB", &kib); err == nil {
			total = fmt.Sprintf(", %.0f GB of memory", kib*1024/1e9)
		}
	}
	return fmt.Sprintf("%d cores%s%s, %s %s, %s", runtime.GOMAXPROCS(0), cpu, total, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
