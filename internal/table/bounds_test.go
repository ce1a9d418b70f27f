package table_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/table"
)

// allocated is how many bytes a call asked the machine for, all in all.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// grown is how much more memory the process holds after a call than before it.
func grown(call func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return int64(after.Sys) - int64(before.Sys)
}

// drain reads a table to its end and returns what ended it.
func drain(s *table.Source, o table.Options) error {
	tab, err := table.Open(s, o)
	for err == nil {
		_, err = tab.Next()
	}
	return err
}

// TestEndlessLineAllocatesLittle: a line of a gigabyte is refused by its row, with the memory of
// one that is just too long.
func TestEndlessLineAllocatesLittle(t *testing.T) {
	for name, begin := range map[string]string{
		"text":    "Name,Email\nAna,a\n",
		"quoted":  "Name,Email\nAna,a\nBea,\"",
		"UTF-16":  "\xff\xfeN\x00,\x00E\x00\n\x00A\x00,\x00a\x00\n\x00",
		"unnamed": "",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "long.csv")
			if err := os.WriteFile(path, []byte(begin), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 1<<30); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := table.File(f)
			if err != nil {
				t.Fatal(err)
			}
			used := allocated(func() { err = drain(s, table.Options{Limits: table.CommandLine()}) })
			if core.CodeOf(err) != "table.row.long" {
				t.Errorf("it ended with %v", err)
			}
			if used > 16<<20 {
				t.Errorf("it took %d bytes", used)
			}
			if core.CodeOf(drain(s, table.Options{})) != "table.size" {
				t.Error("an upload of a gigabyte was read")
			}
		})
	}
}

// TestManyRowsAllocateLittle: memory does not grow with the rows of a text.
func TestManyRowsAllocateLittle(t *testing.T) {
	s := table.Bytes([]byte("Name,Email\n" + strings.Repeat("Ana,ana@example.com\n", 150_000)))
	tab, err := table.Open(s, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows := 0
	for err == nil {
		if _, err = tab.Next(); err == nil {
			rows++
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(tab)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); err != io.EOF || rows != 150_000 || grown > 1<<20 {
		t.Errorf("%d rows, then %v; the heap grew by %d bytes", rows, err, grown)
	}
}

// TestWideRowsHoldLittle: rows of a million cells are kept no wider than a table may
// be, so that a few hundred of them at once are nothing, also where the cells are
// empty and nothing is wrong with the row.
func TestWideRowsHoldLittle(t *testing.T) {
	wide := "Ana,a" + strings.Repeat(",", 1_000_000)
	s := table.Bytes([]byte("Name,Email\n" + strings.Repeat(wide+"\n"+wide+"c\n", 10)))
	tab, err := table.Open(s, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []table.Row
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for err == nil {
		var row table.Row
		if row, err = tab.Next(); err == nil {
			rows = append(rows, row)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != io.EOF || len(rows) != 20 || rows[0].Problem != nil || core.CodeOf(rows[1].Problem) != "table.row.width" || rows[1].Problem.Params["count"] != 1_000_002 {
		t.Fatalf("%d rows, then %v: %v, %v", len(rows), err, rows[0].Problem, rows[1].Problem)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d rows hold %d bytes", len(rows), grown)
	}
	runtime.KeepAlive(rows)
}

// TestAsOthersWrite: whatever the standard library writes is read as it was.
func TestAsOthersWrite(t *testing.T) {
	cell := rapid.StringMatching(`[a-zé日"',;|\t =\n.-]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 8).Draw(t, "rows")
		delimiter := rapid.SampledFrom(table.Delimiters()).Draw(t, "delimiter")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = delimiter, rapid.Bool().Draw(t, "CRLF")
		names := []string{"A", "B", "C", "D", "E"}[:width]
		if err := w.WriteAll(append([][]string{names}, rows...)); err != nil {
			t.Fatal(err)
		}
		tab, err := table.Open(table.Bytes(b.Bytes()), table.Options{Delimiter: delimiter})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range rows {
			if strings.Join(want, "") == "" {
				continue // empty rows are passed over
			}
			if w.UseCRLF { // then the writer changes the marks within cells too
				for i := range want {
					want[i] = strings.ReplaceAll(want[i], "\n", "\r\n")
				}
			}
			r, err := tab.Next()
			if err != nil || r.Problem != nil {
				t.Fatal(err, r.Problem)
			}
			if diff := cmp.Diff(want, r.Cells); diff != "" {
				t.Fatalf("%q is read as (-want +got):\n%s", b.String(), diff)
			}
		}
	})
}

// FuzzText: whatever bytes are given, reading ends, and a row without a problem
// has a cell for each column.
func FuzzText(f *testing.F) {
	f.Add([]byte("Name,Email\nAna,\"a\"\"b\"\n"), "", false)
	f.Add([]byte("\xff\xfeN\x00;\x00E\x00\n\x00"), "", true)
	f.Add([]byte("sep=|\r\na|b\rc|d\n\x00|\xff"), "Shift_JIS", false)
	f.Fuzz(func(t *testing.T, file []byte, encoding string, unnamed bool) {
		o := table.Options{Encoding: encoding}
		if unnamed {
			o.HeaderRow = table.NoHeader
		}
		tab, err := table.Open(table.Bytes(file), o)
		for last := 0; err == nil; {
			var r table.Row
			if r, err = tab.Next(); err != nil {
				break
			}
			if r.Problem == nil && len(r.Cells) != len(tab.Columns()) || r.Number <= last || r.Line == 0 && tab.Shape.Kind == table.KindText {
				t.Errorf("row %+v after row %d, columns %q", r, last, tab.Columns())
			}
			last = r.Number
		}
		if err != io.EOF && core.KindOf(err) != core.Invalid {
			t.Errorf("it ended with %v", err)
		}
	})
}
