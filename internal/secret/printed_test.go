package secret_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/secret"
)

func TestPrinted(t *testing.T) {
	plain := secret.NewPrinted(func(b []byte) { _, _ = rand.Read(b) })
	shown := secret.Grouped(plain)
	if len(plain) != secret.PrintedLength || len(shown) != 19 || strings.Count(shown, "-") != 3 {
		t.Fatalf("%q is shown as %q", plain, shown)
	}
	for _, typed := range []string{plain, shown, " " + strings.ToUpper(shown) + "\n", strings.ReplaceAll(shown, "-", " – "), strings.NewReplacer("1", "l", "0", "O").Replace(shown)} {
		if got, clean := secret.ReadPrinted(typed); got != plain || !clean {
			t.Errorf("%q is read as %q, %v", typed, got, clean)
		}
	}
	for _, typed := range []string{"uuuu-uuuu-uuuu-uuuu", plain[1:] + "ä", plain[1:] + "!"} {
		if got, clean := secret.ReadPrinted(typed); clean {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}
