package words_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestEveryProblemHasAFix: what can be wrong with a row is said in two texts, in every
// language, and what is new is said as an error is.
func TestEveryProblemHasAFix(t *testing.T) {
	c := load(t)
	n := 0
	for _, id := range c.IDs() {
		code, wrong := strings.CutPrefix(id, "loading.wrong.")
		if fix, ok := strings.CutPrefix(id, "loading.fix."); ok {
			code = fix
		}
		if code == id {
			continue
		}
		n++
		for _, other := range []string{"loading.fix." + code, "loading.wrong." + code, "error." + code} {
			if !c.Has(other) {
				t.Errorf("there is %q and no %q", id, other)
			}
		}
		if wrong {
			p := core.LoadProblem{Code: code, Params: map[string]any{
				"row": 2.0, "field": "email", "group": "A", "zone": "B", "kind": "C", "limit": "3", "bits": 4.0, "count": 7.0, "expected": 6.0, "encoding": "D",
			}}
			for _, language := range []string{"en", "es"} {
				print := c.Printer(language)
				if fix, said := print.LoadFix(p), print.LoadWrong(p); fix == print.T("loading.fix_other") || said == print.Error(print.LoadProblem(p)) && !strings.Contains(code, "taken") {
					t.Errorf("%s: %s: %q, %q", language, code, said, fix)
				}
			}
		}
	}
	if n < 90 {
		t.Errorf("only %d texts were looked at", n)
	}
	p := core.LoadProblem{Code: "load.over"}
	if got := c.Printer("en").LoadWrong(p); got != "This load has ended. Start a new one." {
		t.Errorf("a problem without words of its own: %q", got)
	}
	p = core.LoadProblem{Code: "load.twice", Params: map[string]any{"row": 2.0}}
	if got := c.Printer("en").LoadKind(p); got != "This is already used in row …" {
		t.Errorf("a kind of problem: %q", got)
	}
	p = core.LoadProblem{Code: "table.row.width", Params: map[string]any{"count": 1.0, "expected": 6.0}}
	if got := c.Printer("en").LoadKind(p); !strings.Contains(got, "column, expected …") {
		t.Errorf("a kind with a number: %q", got)
	}
}
