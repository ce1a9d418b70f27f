package arch_test

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
)

func testChecks() []check {
	return []check{
		{
			"tests stand outside the package", insiders,
			map[string]string{"internal/x/a_test.go": "package x"},
			"should be package x_test",
		},
		{
			"a skipped test says why", silentSkips,
			map[string]string{"internal/x/a_test.go": "package x_test\nimport \"testing\"\nfunc TestA(t *testing.T) { t.Skip() }"},
			"skips without a reason",
		},
		{
			"nothing dropped without a word", droppedErrors,
			map[string]string{"internal/x/a.go": "package x\nfunc f() error { return nil }\nfunc g() {\n\t_ = f()\n}"},
			"drops a result without a reason",
		},
	}
}

// insiders finds tests that look at a package from within. The one idiom that
// opens a door for tests, export_test.go, is free to.
func insiders(h *house) []string {
	var out []string
	for _, f := range h.files {
		name := f.syntax.Name.Name
		if f.test && !strings.HasSuffix(name, "_test") && path.Base(f.path) != "export_test.go" {
			out = append(out, fmt.Sprintf("%s should be package %s_test", f.path, name))
		}
	}
	return out
}

// silentSkips finds tests that vanish without saying what they need.
func silentSkips(h *house) []string {
	var out []string
	for _, f := range h.files {
		each(f, func(call *ast.CallExpr) {
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return
			}
			if selector.Sel.Name == "SkipNow" || selector.Sel.Name == "Skip" && len(call.Args) == 0 {
				out = append(out, fmt.Sprintf("%s: skips without a reason", h.at(call)))
			}
		})
	}
	return out
}

// droppedErrors finds `_ = call()` without a reason on its line or the one
// before.
func droppedErrors(h *house) []string {
	var out []string
	for _, f := range h.product() {
		reasons := map[int]bool{}
		for _, group := range f.syntax.Comments {
			for line := h.fset.Position(group.Pos()).Line; line <= h.fset.Position(group.End()).Line; line++ {
				reasons[line] = true
			}
		}
		each(f, func(s *ast.AssignStmt) {
			line := h.fset.Position(s.Pos()).Line
			last := h.fset.Position(s.End()).Line
			if blank(s) && !reasons[line] && !reasons[line-1] && !reasons[last] {
				out = append(out, fmt.Sprintf("%s: drops a result without a reason beside it", h.at(s)))
			}
		})
	}
	return out
}

// blank reports whether a statement throws away everything a call returned.
func blank(s *ast.AssignStmt) bool {
	if len(s.Rhs) != 1 {
		return false
	}
	if _, ok := s.Rhs[0].(*ast.CallExpr); !ok {
		return false
	}
	for _, left := range s.Lhs {
		if name, ok := left.(*ast.Ident); !ok || name.Name != "_" {
			return false
		}
	}
	return true
}
