package audit_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
)

// fileWorld is a log of two servers, exported: 90 rows in seals, 10 too new.
func fileWorld(t *testing.T) (*world, []string) {
	w := newWorld(t)
	w.together(w.orgs[0], 40, 0) // one seal, however fast the two are
	w.seal()
	w.write(w.orgs[0], 50)
	w.write(w.orgs[1], 10)
	w.seal()
	for i := range 10 {
		w.must(w.stores[i%2].Note(w.ctx, core.Record{Events: []core.Event{w.event(w.orgs[0], 90+i)}}))
	}
	return w, strings.SplitAfter(strings.TrimSuffix(w.export(w.orgs[0], core.AuditFilter{}), "\n"), "\n")
}

// eventLines are the places of the events in a file.
func eventLines(lines []string) (out []int) {
	for i, l := range lines {
		if strings.HasPrefix(l, `{"event":`) {
			out = append(out, i)
		}
	}
	return out
}

func idIn(line string) core.ID {
	_, rest, _ := strings.Cut(line, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return core.ID(id)
}

// TestFileNamesTheFirstBadRow: an exported file is verified without a database
// or a secret.
func TestFileNamesTheFirstBadRow(t *testing.T) {
	w, whole := fileWorld(t)
	kept := w.checkpoints()
	events := eventLines(whole)
	if len(events) != 100 {
		t.Fatalf("%d events are in the file", len(events))
	}
	without := func(from, to int) func([]string) []string {
		return func(l []string) []string { return append(l[:from], l[to:]...) }
	}
	seals := []int{}
	for i, l := range whole {
		if strings.HasPrefix(l, `{"seal":`) {
			seals = append(seals, i)
		}
	}
	at := func(n int) int { return events[n] }
	tests := []struct {
		name   string
		change func([]string) []string
		code   string
		row    int
	}{
		{"nothing", func(l []string) []string { return l }, "", -1},
		{"an edited byte", func(l []string) []string {
			l[at(12)] = strings.Replace(l[at(12)], "Firefox", "firefox", 1)
			return l
		}, "audit.row_changed", 12},
		{"an edited byte among the new ones", func(l []string) []string {
			l[at(95)] = strings.Replace(l[at(95)], "Firefox", "firefox", 1)
			return l
		}, "audit.row_changed", 95},
		{"a deleted row", without(at(33), at(33)+1), "audit.row_missing", 33},
		{"the last row of a seal deleted", without(seals[0]-1, seals[0]), "audit.row_missing", -1},
		{"two swapped rows", func(l []string) []string { l[at(5)], l[at(6)] = l[at(6)], l[at(5)]; return l }, "audit.row_moved", 6},
		{"a row twice", func(l []string) []string { return append(l[:at(8)+1], l[at(8):]...) }, "audit.row_moved", 8},
		{"a row put in", func(l []string) []string {
			added := strings.Replace(l[at(8)], string(idIn(l[at(8)])), "added", 1)
			return append(l[:at(8)], append([]string{added}, l[at(8):]...)...)
		}, "audit.row_added", -1},
		{"a seal deleted", without(seals[1], seals[1]+1), "audit.seal_missing", -1},
		{"a seal with its rows deleted", without(seals[0]+1, seals[1]+1), "audit.seal_missing", -1},
		{"an edited seal", func(l []string) []string {
			l[seals[0]] = strings.Replace(l[seals[0]], `"until":1`, `"until":2`, 1)
			return l
		}, "audit.seal_changed", -1},
		{"a seal spelled otherwise", func(l []string) []string {
			l[seals[0]] = strings.ReplaceAll(l[seals[0]], `\n`, `\u000a`)
			return l
		}, "", -1},
		{"a seal that says its rows twice", func(l []string) []string {
			l[seals[0]] = strings.Replace(l[seals[0]], `"count":`, `"rows":"another","count":`, 1)
			return l
		}, "audit.seal_changed", -1},
		{"a seal with a broken text", func(l []string) []string {
			l[seals[0]] = strings.Replace(l[seals[0]], `\n`, `\n\`, 1)
			return l
		}, "audit.file_line", -1},
		{"an edited head", func(l []string) []string { l[0] = strings.Replace(l[0], "Acme", "Bcme", 1); return l }, "audit.file_head", -1},
		{"no head", without(0, 1), "audit.file_head", -1},
		{"a cut tail", func(l []string) []string { return l[:seals[len(seals)-1]] }, "audit.file_short", -1},
		{"a cut line", func(l []string) []string { return append(l[:at(20)], l[at(20)][:100]) }, "audit.file_line", -1},
		{"something else", func([]string) []string { return []string{"PK\x03\x04"} }, "audit.file_empty", -1},
		{"nothing in it", func([]string) []string { return nil }, "audit.file_empty", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := tt.change(append([]string{}, whole...))
			report, err := audit.VerifyFile(strings.NewReader(strings.Join(lines, "")), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			f := report.Fault()
			if tt.code == "" {
				if f != nil || report.Chains[0].Rows != 100 {
					t.Fatalf("found %+v in %+v", f, report)
				}
				return
			}
			if f == nil || f.Code != tt.code {
				t.Fatalf("found %+v, want %s", f, tt.code)
			}
			if tt.row >= 0 && f.Params["row"] != idIn(whole[at(tt.row)]) {
				t.Errorf("named %v, want %v", f.Params["row"], idIn(whole[at(tt.row)]))
			}
		})
	}
	// The tail is cut off and the file is finished anew, as an earlier export
	// would be: only a checkpoint from after that tells.
	earlier := append([]string{}, whole[:seals[0]+1]...)
	report, err := audit.VerifyFile(strings.NewReader(strings.Join(earlier, "")), kept, nil)
	if err != nil || report.Fault() == nil || report.Fault().Code != "audit.cut_off" {
		t.Errorf("cut, with a kept checkpoint: %+v, %v", report.Fault(), err)
	}
	if report, err = audit.VerifyFile(strings.NewReader(strings.Join(whole, "")), kept, nil); err != nil || report.Fault() != nil {
		t.Errorf("whole, with kept checkpoints: %+v, %v", report.Fault(), err)
	}
}

// TestForgedFile: who has no key can sign anew with a key of their own, and a
// pinned key tells.
func TestForgedFile(t *testing.T) {
	w, _ := fileWorld(t)
	kept := w.checkpoints()
	forger := newWorld(t)
	forger.write(forger.orgs[0], 10)
	forger.seal()
	file := forger.export(forger.orgs[0], core.AuditFilter{})
	report, err := audit.VerifyFile(strings.NewReader(file), nil, nil)
	if err != nil || report.Fault() != nil {
		t.Fatalf("without a pin: %+v, %v", report.Fault(), err)
	}
	if report, err = audit.VerifyFile(strings.NewReader(file), kept, nil); err != nil || report.Fault() == nil {
		t.Errorf("with kept checkpoints nothing was found: %v", err)
	}
	if report, err = audit.VerifyFile(strings.NewReader(file), nil, []string{kept[0].Public}); err != nil || report.Fault() == nil || report.Fault().Code != "audit.key_other" {
		t.Errorf("with a pinned key: %+v, %v", report.Fault(), err)
	}
}

// TestPickedFile: what a filter picked is sealed by the file, and holds nothing
// of anybody else's.
func TestPickedFile(t *testing.T) {
	w, _ := fileWorld(t)
	other := w.event(w.orgs[1], 7)
	other.Kind = core.EventCodeWrong
	w.must(w.stores[0].Note(w.ctx, core.Record{Events: []core.Event{other}}))
	file := w.export(w.orgs[0], core.AuditFilter{Text: "row 4"})
	if strings.Contains(file, "org-2") {
		t.Error("another organization's rows are in the file")
	}
	report, err := audit.VerifyFile(strings.NewReader(file), nil, nil)
	if err != nil || report.Fault() != nil || !report.Picked || report.Chains[0].Rows != 12 {
		t.Fatalf("%+v, %v", report, err)
	}
	lines := strings.SplitAfter(file, "\n")
	at := eventLines(lines)[3]
	report, err = audit.VerifyFile(strings.NewReader(strings.Join(append(lines[:at:at], lines[at+1:]...), "")), nil, nil)
	if err != nil || report.Fault() == nil || report.Fault().Code != "audit.row_missing" {
		t.Errorf("a deleted row: %+v, %v", report.Fault(), err)
	}
	none := w.export(w.orgs[0], core.AuditFilter{Text: "zzz"})
	if report, err := audit.VerifyFile(strings.NewReader(none), nil, nil); err != nil || report.Fault() != nil || report.Chains[0].Rows != 0 {
		t.Errorf("nothing matches: %+v, %v", report, err)
	}
}

// TestSpreadsheet: no cell starts a formula (UP2), and a limit is said.
func TestSpreadsheet(t *testing.T) {
	w := newWorld(t)
	for i, said := range []string{"=1+1", "+1", "-1", "@a", "\t=1", "  =1", "\x00=1", "fine", "a=b", "\r=1"} {
		e := w.event(w.orgs[0], i)
		e.Target, e.Actor.Name, e.Detail = said, said, map[string]string{"x": said}
		w.pass(time.Second)
		w.must(w.stores[0].Note(w.ctx, core.Record{Events: []core.Event{e}}))
	}
	var b strings.Builder
	rows, err := audit.Exporter{Deps: w.deps(0)}.CSV(w.ctx, &b, audit.Export{OrganizationID: w.orgs[0].ID, Limit: 9})
	w.must(err)
	cells, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err == nil || rows != 9 {
		t.Errorf("%d rows", rows)
	}
	for _, row := range cells {
		for _, c := range row {
			if trimmed := strings.TrimLeft(c, " \t\r\n\x00"); trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@") {
				t.Errorf("a formula: %q", c)
			}
		}
	}
	if !strings.Contains(b.String(), "Not all") {
		t.Error("the file does not say that more rows match")
	}
}

// FuzzFile: no file makes the verification panic, and none that was changed
// passes as the one it was.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"file":{"format":"sallyport-audit-1"}}`))
	f.Add([]byte("{\"event\":{\"id\":\"a\"}}\n{\"seal\":{\"n\":1}}\n{\"checkpoint\":\"\"}\n"))
	f.Add([]byte(`{"cut":{"n":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		report, err := audit.VerifyFile(strings.NewReader(string(b)), nil, nil)
		if err == nil && report.Fault() == nil {
			t.Fatalf("taken as a log: %q", b)
		}
	})
}
