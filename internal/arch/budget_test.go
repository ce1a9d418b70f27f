package arch_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// The budgets. A file or function over its budget holds a second idea that
// wants a room of its own; a contract over its budget is asked for too much.
const (
	fileLines       = 400
	functionLines   = 60
	contractMethods = 8
)

// overBudget lists what may be larger, with the reason: a path for a file,
// path and name for a function or a contract ("a/b.go Name").
func overBudget() map[string]string {
	return map[string]string{}
}

func budgetChecks() []check {
	return []check{
		{
			"files have at most 400 lines", longFiles,
			map[string]string{"internal/x/a.go": "package x\n" + strings.Repeat("\n", fileLines)},
			"401 lines",
		},
		{
			"functions have at most 60 lines", longFunctions,
			map[string]string{"internal/x/a.go": "package x\nfunc Long() {\n" + strings.Repeat("\n", functionLines) + "}"},
			"Long has 62 lines",
		},
		{
			"contracts have at most 8 methods", wideContracts,
			map[string]string{"internal/x/a.go": "package x\ntype Small interface { A(); B(); C(); D() }\ntype Wide interface { Small; E(); F(); G(); H(); I() }"},
			"Wide has 9 methods",
		},
	}
}

// longFiles finds files over the budget of lines.
func longFiles(h *house) []string {
	var out []string
	for _, f := range h.product() {
		if f.lines > fileLines && overBudget()[f.path] == "" {
			out = append(out, fmt.Sprintf("%s has %d lines, the budget is %d", f.path, f.lines, fileLines))
		}
	}
	return out
}

// longFunctions finds functions and methods over the budget of lines.
func longFunctions(h *house) []string {
	var out []string
	for _, f := range h.product() {
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || overBudget()[f.path+" "+fn.Name.Name] != "" {
				continue
			}
			if n := h.height(fn); n > functionLines {
				out = append(out, fmt.Sprintf("%s: %s has %d lines, the budget is %d", h.at(fn), fn.Name.Name, n, functionLines))
			}
		}
	}
	return out
}

// height is how many lines a node covers.
func (h *house) height(n ast.Node) int {
	line := func(p token.Pos) int { return h.fset.Position(p).Line }
	return line(n.End()) - line(n.Pos()) + 1
}

// wideContracts finds interfaces with too many methods; what an interface
// embeds from its own package counts.
func wideContracts(h *house) []string {
	var out []string
	for _, files := range h.folders() {
		contracts := map[string]*ast.InterfaceType{}
		where := map[string]*file{}
		for _, f := range files {
			each(f, func(spec *ast.TypeSpec) {
				if contract, ok := spec.Type.(*ast.InterfaceType); ok {
					contracts[spec.Name.Name], where[spec.Name.Name] = contract, f
				}
			})
		}
		for _, name := range slices.Sorted(maps.Keys(contracts)) {
			n := methods(contracts[name], contracts)
			if n > contractMethods && overBudget()[where[name].path+" "+name] == "" {
				out = append(out, fmt.Sprintf("%s: %s has %d methods, the budget is %d", h.at(contracts[name]), name, n, contractMethods))
			}
		}
	}
	return out
}

// methods counts the methods of a contract.
func methods(contract *ast.InterfaceType, of map[string]*ast.InterfaceType) int {
	n := 0
	for _, field := range contract.Methods.List {
		n += len(field.Names)
		if embedded, ok := field.Type.(*ast.Ident); ok && of[embedded.Name] != nil {
			n += methods(of[embedded.Name], of)
		}
	}
	return n
}
