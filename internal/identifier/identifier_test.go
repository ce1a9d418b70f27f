package identifier_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

func TestEmail(t *testing.T) {
	tests := []struct{ name, typed, stored, key string }{
		{"plain", "ana@example.com", "ana@example.com", "ana@example.com"},
		{"spaces around are taken off", "  ana@example.com ", "ana@example.com", "ana@example.com"},
		{"local part keeps its case, key does not", "Ana.M@Example.COM", "Ana.M@example.com", "ana.m@example.com"},
		{"plus address", "ana+audit@example.org", "ana+audit@example.org", "ana+audit@example.org"},
		{"international domain", "ana@bücher.example", "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"},
		{"trailing dot of the domain", "ana@example.com.", "ana@example.com", "ana@example.com"},
		{"no at", "ana", "", ""},
		{"no local part", "@example.com", "", ""},
		{"two ats", "a@b@example.com", "", ""},
		{"quoted local part", `"a b"@example.com`, "", ""},
		{"non-ASCII local part", "ána@example.com", "", ""},
		{"line break", "ana@example.com\r\nBcc: x@y.zz", "", ""},
		{"NUL", "ana\x00@example.com", "", ""},
		{"address list", "a@example.com,b@example.com", "", ""},
		{"bare host", "ana@server", "", ""},
		{"too long", strings.Repeat("a", 60) + "@" + strings.Repeat("b.", 120) + "example", "", ""},
		{"double dot", "a..b@example.com", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stored, key, err := identifier.Email(tt.typed)
			if stored != tt.stored || key != tt.key || (err == nil) != (tt.key != "") {
				t.Errorf("Email(%q) = %q, %q, %v; want %q, %q", tt.typed, stored, key, err, tt.stored, tt.key)
			}
			if err != nil && core.CodeOf(err) != "user.email" {
				t.Errorf("code = %q, want user.email", core.CodeOf(err))
			}
		})
	}
}

func TestUsername(t *testing.T) {
	tests := []struct{ name, typed, key string }{
		{"plain", "ana", "ana"},
		{"case folds", "AnA", "ana"},
		{"full-width letters are the same name", "ａｎａ", "ana"},
		{"Greek", "Άννα", "άννα"},
		{"Japanese mixes scripts", "山田たろう", "山田たろう"},
		{"Latin with a Cyrillic letter", "pаypal", ""},
		{"an address is no username", "ana@example.com", ""},
		{"zero-width joiner", "an\u200da", ""},
		{"right-to-left override", "\u202eana", ""},
		{"space inside", "ana maria", ""},
		{"empty", "", ""},
		{"65 letters", strings.Repeat("a", 65), ""},
		{"broken UTF-8", "a\xff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, key, err := identifier.Username(tt.typed)
			if key != tt.key && (err == nil || tt.key != "") {
				t.Errorf("Username(%q) = %q, %v; want %q", tt.typed, key, err, tt.key)
			}
			if (err == nil) != (tt.key != "") {
				t.Errorf("Username(%q) error = %v", tt.typed, err)
			}
		})
	}
}

// FuzzLoginKey holds the one property that lookups rest on: a key is its own key.
func FuzzLoginKey(f *testing.F) {
	for _, s := range []string{"ana", "Ana@Example.com", "山田", "a@b@c", "\x00", "ǅ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		key, ok := identifier.LoginKey(typed)
		if !ok {
			return
		}
		if !utf8.ValidString(key) || key == "" {
			t.Fatalf("LoginKey(%q) = %q: not a usable key", typed, key)
		}
		again, ok := identifier.LoginKey(key)
		if !ok || again != key {
			t.Fatalf("LoginKey(%q) = %q, whose own key is %q, %v", typed, key, again, ok)
		}
	})
}
