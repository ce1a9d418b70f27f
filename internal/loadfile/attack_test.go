package loadfile_test

import (
	"strings"
	"testing"
)

// TestSamplesAreShort: a page shows three cells of each column, and none of them is
// a book.
func TestSamplesAreShort(t *testing.T) {
	d := newDesk(t)
	text, long := "Email,First name,Notes\n", strings.Repeat("ñ", 200_000)
	for range 3 {
		text += "a@example.com," + long + ",<script>alert(1)</script>\n"
	}
	samples, err := d.Samples(t.Context(), d.up("wide.csv", text), 3)
	d.must(err)
	for _, cell := range samples[1] {
		if len(cell) > 200 || !strings.HasPrefix(long, strings.TrimSuffix(cell, "…")) {
			t.Errorf("a cell of %d bytes", len(cell))
		}
	}
	if len(samples[1]) != 3 || samples[2][0] != "<script>alert(1)</script>" {
		t.Errorf("samples %q", samples[2])
	}
}
