package scorecard

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Value is what a measure was in one period.
type Value struct {
	Period string  `json:"period"` // 2026, 2026-Q3 or 2026-09
	Value  float64 `json:"value"`
}

// Measure is one line of the scorecard; Values are in the order of time.
type Measure struct {
	Name   string  `json:"name"`
	Values []Value `json:"values"`
}

// Last returns the newest value.
func (m Measure) Last() Value { return m.Values[len(m.Values)-1] }

// Change tells the newest value against the one before it, in words.
func (m Measure) Change() string {
	if len(m.Values) < 2 {
		return "first value"
	}
	before := m.Values[len(m.Values)-2]
	switch d := m.Last().Value - before.Value; {
	case d > 0:
		return "▲ up " + number(d) + " since " + before.Period
	case d < 0:
		return "▼ down " + number(-d) + " since " + before.Period
	}
	return "= as in " + before.Period
}

// How much a scorecard holds; an upload beyond it is refused as a whole.
const (
	maxMeasures = 50
	maxValues   = 240 // per measure
)

//go:embed sample.csv
var sample []byte

// store keeps the measures in memory and in one file.
type store struct {
	path     string
	mu       sync.RWMutex
	measures []Measure // sorted by name; replaced, never changed in place
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the scorecard's folder: %w", err)
	}
	s := &store{path: filepath.Join(dir, "measures.json")}
	raw, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		rows, problems := parse(bytes.NewReader(sample))
		if len(problems) > 0 {
			return nil, fmt.Errorf("sample measures: row %d: %s", problems[0].Row, problems[0].Text)
		}
		_, err := s.load(rows)
		return s, err
	case err != nil:
		return nil, fmt.Errorf("read the measures: %w", err)
	}
	if err := json.Unmarshal(raw, &s.measures); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	s.measures = slices.DeleteFunc(s.measures, func(m Measure) bool { return len(m.Values) == 0 })
	return s, nil
}

func (s *store) all() []Measure {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.measures
}

// load adds the rows, replacing the values of periods that are there already.
// Where they do not fit, nothing is stored.
func (s *store) load(rows []row) (fits bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := make([]Measure, len(s.measures))
	for i, m := range s.measures {
		next[i] = Measure{Name: m.Name, Values: slices.Clone(m.Values)}
	}
	for _, r := range rows {
		i, found := slices.BinarySearchFunc(next, r.measure, func(m Measure, name string) int { return strings.Compare(m.Name, name) })
		if !found {
			next = slices.Insert(next, i, Measure{Name: r.measure})
		}
		values := next[i].Values
		j, found := slices.BinarySearchFunc(values, r.period, func(v Value, period string) int { return strings.Compare(v.Period, period) })
		if found {
			values[j].Value = r.value
		} else {
			next[i].Values = slices.Insert(values, j, Value{Period: r.period, Value: r.value})
		}
		if len(next) > maxMeasures || len(next[i].Values) > maxValues {
			return false, nil
		}
	}
	if err := write(s.path, next); err != nil {
		return false, err
	}
	s.measures = next
	return true, nil
}

// write replaces the file in one step: a crash leaves the old or the new one.
func write(path string, measures []Measure) error {
	raw, err := json.MarshalIndent(measures, "", " ")
	if err != nil {
		return fmt.Errorf("write the measures: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".measures-*")
	if err != nil {
		return fmt.Errorf("write the measures: %w", err)
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the measures: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
