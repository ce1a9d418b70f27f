package loader_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

// TestNamesOfFiles: what a program calls its file stands in lists, in the audit log and
// on the pages of others.
func TestNamesOfFiles(t *testing.T) {
	d := newDesk(t)
	columns, _ := file("Email\nann@example.com")
	for name, want := range map[string]string{
		"staff.csv": "staff.csv", "a\r\nBcc: b": "a Bcc: b", "\u202evsc.ffats": "vsc.ffats", "\u2028": "file", "": "file", "../..": "file",
		`C:\new\ä b.csv`: "ä b.csv", "/etc/passwd": "passwd", "x\x1b[31m": "x [31m", strings.Repeat("ñ", 400): strings.Repeat("ñ", 120),
	} {
		run, err := d.Start(t.Context(), d.caller(), loader.Begin{Order: loader.NewOrder(core.LoadPeople, columns), Columns: columns, Name: name, First: 2})
		d.must(err)
		if run.Name != want {
			t.Errorf("%q is called %q, want %q", name, run.Name, want)
		}
	}
}
