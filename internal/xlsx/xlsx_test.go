package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/xlsx"
)

func rows() [][]xlsx.Cell {
	zone := time.FixedZone("east", 2*3600)
	return [][]xlsx.Cell{
		{xlsx.Text(`<Bea> & "Söhne" 日本`), xlsx.Number(42), xlsx.Moment(time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC), zone)},
		{xlsx.Text("=1+1"), xlsx.Number(-1), xlsx.Moment(time.Time{}, zone)},
		{xlsx.Text("@SUM(A1)"), xlsx.Text("+49 30"), xlsx.Text(" bell\x07 ")},
	}
}

func file(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := xlsx.New(&b, []string{"Name", "=Head", "When"})
	for _, r := range rows() {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestParts: every part is well-formed, and no cell is a formula.
func TestParts(t *testing.T) {
	b := file(t)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(r)
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "f" {
				t.Errorf("%s has a formula", f.Name)
			}
		}
	}
}

// TestRealReader reads the file with a program that others wrote. make test
// installs it on Debian, and with CI=true a test that was left out is a failure.
func TestRealReader(t *testing.T) {
	const python = "/usr/bin/python3" // the one whose modules are Debian's packages
	if err := exec.Command(python, "-c", "import openpyxl").Run(); err != nil {
		t.Skip("not run: needs openpyxl (Debian package python3-openpyxl)")
	}
	path := filepath.Join(t.TempDir(), "report.xlsx")
	if err := os.WriteFile(path, file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", `
import openpyxl, sys
for row in openpyxl.load_workbook(sys.argv[1]).active.iter_rows():
    print("|".join("%s:%s" % (c.data_type, c.value) for c in row))`, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := strings.Join([]string{
		`s:Name|s:=Head|s:When`, `s:<Bea> & "Söhne" 日本|n:42|d:2026-11-23 12:30:00`, `s:'=1+1|n:-1|n:None`, "s:'@SUM(A1)|s:'+49 30|s: bell� ", "",
	}, "\n")
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// TestMemory: a hundred thousand rows take no more memory than a few.
func TestMemory(t *testing.T) {
	w := xlsx.New(io.Discard, []string{"Name"})
	row := rows()[0]
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 100_000 {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
