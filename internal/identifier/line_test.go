package identifier_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/identifier"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, typed, want string }{
		{"as it is", "Ana Díaz", "Ana Díaz"},
		{"in pieces", "Ana Di\u0301az", "Ana Díaz"},
		{"spaces around", " \u00a0Ana \t", "Ana"},
		{"a line break inside stays, to be refused", "Ana\r\nBcc: x", "Ana\r\nBcc: x"},
		{"not text stays, to be refused", "Ana\xff", "Ana\xff"},
		{"nothing", "  ", ""},
	} {
		if got := identifier.Line(tt.typed); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
