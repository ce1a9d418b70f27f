package secret_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/secret"
)

// TestStrength looks at the order that matters: what guessers try first is weak,
// long and odd is strong.
func TestStrength(t *testing.T) {
	tests := []struct {
		name, password string
		least, most    int
	}{
		{"nothing", "", 0, 0},
		{"listed", "password123", 0, 0},
		{"listed twice", "passwordpassword", 0, 0},
		{"listed, capital and sign", "Password123!", 0, 1},
		{"one letter", strings.Repeat("a", 72), 0, 0},
		{"a block over and over", strings.Repeat("x7!", 20), 0, 0},
		{"the alphabet", "abcdefghijklmnopqrstuvwxyz", 0, 0},
		{"rows of keys", "qwertyuiopasdfghjkl", 0, 0},
		{"columns of keys", "1qaz2wsx3edc", 0, 0},
		{"the owner's address", "ana.diaz@example", 0, 1},
		{"the organization and a year", "northwind2024", 0, 0},
		{"a word and a year", "sunflower2024", 0, 2},
		{"twelve digits", "483920175629", 1, 2},
		{"twelve random letters", "kqzvxwjpbmth", 3, 4},
		{"three words", "copper lantern mist", 2, 4},
		{"four words", "correct horse battery staple", 4, 4},
		{"random of all kinds", "t7#Kq!v9Zr2$", 3, 4},
		{"another script", "корова летит над морем", 4, 4},
		{"emoji", strings.Repeat("\U0001F600", 40), 0, 1},
		{"not UTF-8", strings.Repeat("\xff", 80), 0, 0},
		{"a megabyte", strings.Repeat("ab7", 400000), 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := secret.Strength(tt.password, "ana.diaz@example.com", "Northwind Ltd")
			if got < tt.least || got > tt.most {
				t.Errorf("got %d, want %d to %d", got, tt.least, tt.most)
			}
		})
	}
}

// FuzzStrength: whatever is typed gets an answer, and soon.
func FuzzStrength(f *testing.F) {
	for _, s := range []string{"", "password", "1/1/11 1/1/11", "abcabcabc", "\xff\xfe", "é世A@", strings.Repeat("1qaz", 30)} {
		f.Add(s, "ana@example.com")
	}
	f.Fuzz(func(t *testing.T, password, word string) {
		began := time.Now()
		if got := secret.Strength(password, word); got < 0 || got > 4 {
			t.Errorf("%q: got %d", password, got)
		}
		if d := time.Since(began); d > 2*time.Second && utf8.RuneCountInString(word) < 1000 {
			t.Errorf("%q took %v", password, d)
		}
	})
}

// BenchmarkStrength measures the worst of 72 code points that were found.
func BenchmarkStrength(b *testing.B) {
	for name, password := range map[string]string{
		"words":   "correct horse battery staple",
		"longest": strings.Repeat("passwordé1qaz2024世", 5),
		"counts":  strings.Repeat("abcdefghijklmnopqrstuvwxyz", 3),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				secret.Strength(password, "ana@example.com", "Northwind")
			}
		})
	}
}
