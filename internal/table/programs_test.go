package table_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/table"
)

// staffBook has openpyxl, which nobody here wrote, write a workbook with what staff
// spreadsheets hold. Formulas get no results from it.
const staffBook = `
import datetime, sys
import openpyxl
b = openpyxl.Workbook()
s = b.active
s.title = "Staff 2026"
s.append(["Username", "Name", "Number", "Start", "Seen", "Active", "Share", "Total", "Note"])
s.append(["ana", "Söhne & <Åse>", 42, datetime.date(2026, 11, 24), datetime.datetime(2026, 11, 24, 10, 30), True, 0.125, "=C2*2", "merged"])
s.append(["bea", "山田 太郎", 491511234567, datetime.date(1999, 12, 31), datetime.time(7, 5), False, -1.5, "=1/0", None])
s.append([None] * 9)
s.append(["cid", "=1+1", 7, None, None, None, None, None, "two\nlines"])
s["B5"].data_type = "s"
s["C2"].number_format = "00000"
s.merge_cells("I2:I3")
b.create_sheet("Other").append(["Group"])
b["Other"].append(["Sales"])
b.create_sheet("Secret").sheet_state = "hidden"
b.save(sys.argv[1])
`

// wroteStaffBook returns the file.
func wroteStaffBook(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3" // the one whose modules are Debian's packages
	if err := exec.Command(python, "-c", "import openpyxl").Run(); err != nil {
		t.Skip("not run: needs openpyxl (Debian package python3-openpyxl)")
	}
	path := filepath.Join(t.TempDir(), "staff.xlsx")
	if out, err := exec.Command(python, "-c", staffBook, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// converted has LibreOffice write a file anew as a workbook.
func converted(t *testing.T, path string) string {
	t.Helper()
	if _, err := exec.LookPath("soffice"); err != nil {
		t.Skip("not run: needs LibreOffice (Debian package libreoffice-calc-nogui)")
	}
	folder := t.TempDir()
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(folder, "profile"))
	out, err := exec.Command("soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", folder, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	base := filepath.Base(path)
	return filepath.Join(folder, strings.TrimSuffix(base, filepath.Ext(base))+".xlsx")
}

func opened(t *testing.T, path string) *table.Source {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return table.Bytes(b)
}

func TestOpenpyxl(t *testing.T) {
	s := opened(t, wroteStaffBook(t))
	const formula = " ! Row 2, Total: the result of the formula is not in the file. Open it in Excel, save it, and try again."
	want := []string{
		"Username|Name|Number|Start|Seen|Active|Share|Total|Note",
		"2 ana|Söhne & <Åse>|00042|2026-11-24|2026-11-24T10:30:00|TRUE|0.125||merged" + formula,
		"3 bea|山田 太郎|491511234567|1999-12-31|07:05:00|FALSE|-1.5||" + strings.Replace(formula, "2", "3", 1),
		"5 cid|=1+1|7||||||two\nlines",
	}
	if diff := cmp.Diff(want, read(t, s, table.Options{})); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	tab, err := table.Open(s, table.Options{Sheet: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Staff 2026", "Other"}, tab.Shape.Sheets); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
}

// TestLibreOffice: it computes what the formulas come to and stores it.
func TestLibreOffice(t *testing.T) {
	want := []string{
		"Username|Name|Number|Start|Seen|Active|Share|Total|Note",
		"2 ana|Söhne & <Åse>|00042|2026-11-24|2026-11-24T10:30:00|TRUE|0.125|84|merged",
		"3 bea|山田 太郎|491511234567|1999-12-31|07:05:00|FALSE|-1.5|#DIV/0!| ! Row 3, Total: the cell shows the error #DIV/0!. Correct its formula.",
		"5 cid|=1+1|7||||||two\nlines",
	}
	if diff := cmp.Diff(want, read(t, opened(t, converted(t, wroteStaffBook(t))), table.Options{})); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// TestLibreOfficeFromText: a text that LibreOffice reads and writes as a workbook
// says to us what the text says.
func TestLibreOfficeFromText(t *testing.T) {
	const text = "Username,Name,Email\nana,\"Diaz, Ana\",ana@example.com\nbea,\"two\nlines\",\ncid,\"a \"\"quoted\"\" word\",c@example.com\n"
	path := filepath.Join(t.TempDir(), "staff.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := read(t, table.Bytes([]byte(text)), table.Options{})
	if diff := cmp.Diff(want, read(t, opened(t, converted(t, path)), table.Options{})); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}
