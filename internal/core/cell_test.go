package core_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

func TestCell(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "plain": "plain", "a=": "a=", "é": "é", "two\nlines": "two\nlines", "bell\x07": "bell\uFFFD",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", " =1": "' =1", "\n=1": "'\n=1", " ": " ",
		"\ta": "'\ta", "\ra": "'\uFFFDa", "\na": "'\na", "\x00": "'\uFFFD",
	} {
		if got := core.Cell(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

// FuzzCell: whatever a text is, no cell begins a formula or holds what a
// spreadsheet cannot show.
func FuzzCell(f *testing.F) {
	for _, text := range []string{"=1", " \t=1", "\r\n@", "\x00-", "\x85=", "é+", "'=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := core.Cell(text)
		if begins := strings.TrimLeft(got, " \t\n"); begins != "" && strings.ContainsRune("=+-@", rune(begins[0])) {
			t.Errorf("%q begins a formula: %q", text, got)
		}
		if strings.ContainsAny(got, "\r\x00") {
			t.Errorf("%q holds what cannot be shown: %q", text, got)
		}
	})
}
