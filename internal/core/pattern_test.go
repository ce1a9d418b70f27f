package core_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

func TestCompilePattern(t *testing.T) {
	tests := []struct{ name, text, code, reason string }{
		{"none", "", "", ""},
		{"two lines", "[A-Z]\r\n\n[0-9]", "", ""},
		{"a class of letters", `^[\p{L}\p{N} ]+$`, "", ""},
		{"a group left open", "(a", "policy.pattern", "missing closing ): `(a`"},
		{"look-ahead", "(?=.*[A-Z])", "policy.pattern", "invalid or unsupported Perl syntax: `(?=`"},
		{"the second line", "a\n[z-a]", "policy.pattern", "invalid character class range: `z-a`"},
		{"500 characters", "[" + strings.Repeat("é", 498) + "]", "", ""},
		{"501 characters", strings.Repeat("é", 501), "policy.pattern_long", ""},
		{"up to a thousand times", "a{0,1000}", "", ""},
		{"the longest password", "^(a|bc){120}[0-9]{7}.+$", "", ""},
		{"longer than any", "^(a|bc){120}[0-9]{8}.+$", "policy.pattern_never", ""},
		{"a thousand times", "a{1000}", "policy.pattern_never", ""},
		{"a class of nothing", `[^\x00-\x{10FFFF}]`, "policy.pattern_never", ""},
		{"a million states", "((a{10}){10}){10}{10}", "policy.pattern", ""},
		{"three thousand states", "a{1000}b{1000}c{1000}", "policy.pattern_costly", ""},
		{"a long piece, often", "(?:" + strings.Repeat("[a-c]1", 30) + "){50}", "policy.pattern_costly", ""},
		{"often, as often as one likes", "(?:(?:ab){300,}c){4}", "policy.pattern", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := core.CompilePattern(tt.text)
			switch {
			case tt.code == "" && err != nil:
				t.Errorf("got %v (%v)", err, err.Params)
			case tt.code != "" && (err == nil || err.Code != tt.code):
				t.Errorf("got %v, want %s", err, tt.code)
			case tt.reason != "" && err.Params["reason"] != tt.reason:
				t.Errorf("reason %q, want %q", err.Params["reason"], tt.reason)
			}
		})
	}
}

func TestPatternMatchesAll(t *testing.T) {
	p, err := core.CompilePattern("[A-Z]\n[0-9]{2}")
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]bool{"aB12": true, "ab12": false, "aB1": false} {
		if p.Matches(typed) != want {
			t.Errorf("%s: want %v", typed, want)
		}
	}
}

// FuzzCompilePattern: whatever is taken compiles and can be matched at once.
func FuzzCompilePattern(f *testing.F) {
	f.Add("[A-Z]\n(a{10}){10}", "password")
	f.Add(`(?i)\p{Greek}*$`, "")
	f.Fuzz(func(t *testing.T, text, typed string) {
		p, err := core.CompilePattern(text)
		if err != nil {
			return
		}
		p.Matches(typed)
	})
}
