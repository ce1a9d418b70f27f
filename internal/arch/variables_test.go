package arch_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A package variable is allowed when nothing can tell it from a constant:
// it is an embedded file, an assertion (`var _ Contract = Type{}`), the result
// of one of constructors(), or a composite literal; and no code of its package
// writes to it, takes its address or hands it to something that sorts in place.

// constructors make values that nobody changes afterwards.
func constructors() []string {
	return []string{
		"errors.New", "fmt.Errorf", "regexp.MustCompile", "strings.NewReplacer", "netip.MustParsePrefix",
		"netip.MustParseAddr", "base32.NewEncoding", "base32.StdEncoding.WithPadding", "base64.RawStdEncoding.Strict", "base64.StdEncoding.Strict",
		"base64.RawURLEncoding.Strict", "language.MustParse", "precis.NewIdentifier", "idna.New",
		"core.NewError", "NewError", "template.Must", "sync.OnceValue", "sync.OnceValues", "time.Date",
		"slog.New", "len", "int", "int64", "string", "[]byte",
	}
}

// variableExceptions lists variables outside the rule ("folder name"), each
// with the reason.
func variableExceptions() map[string]string {
	return map[string]string{}
}

func variableChecks() []check {
	return []check{
		{
			"package variables never change", mutable,
			map[string]string{"internal/x/a.go": "package x\nvar table = map[string]int{}\nfunc add() { table[\"a\"] = 1 }"},
			"table is written to",
		},
		{
			"package variables look like constants", stateful,
			map[string]string{"internal/x/a.go": "package x\nvar count int"},
			"count could be changed",
		},
		{
			"no init functions", inits,
			map[string]string{"internal/x/a.go": "package x\nfunc init() {}"},
			"has an init function",
		},
	}
}

// packageVariables returns the variables of one file with their values.
func packageVariables(f *file) map[*ast.Ident]ast.Expr {
	out := map[*ast.Ident]ast.Expr{}
	for _, d := range f.syntax.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			for i, name := range value.Names {
				var given ast.Expr
				if i < len(value.Values) {
					given = value.Values[i]
				}
				if embedded(group.Doc) || embedded(value.Doc) {
					given = &ast.BasicLit{}
				}
				if name.Name != "_" {
					out[name] = given
				}
			}
		}
	}
	return out
}

// embedded reports whether the compiler fills a variable from a file.
func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// stateful finds variables that are made to be changed.
func stateful(h *house) []string {
	var out []string
	for _, f := range h.product() {
		for name, value := range packageVariables(f) {
			if variableExceptions()[f.folder+" "+name.Name] == "" && !constantLike(value) {
				out = append(out, fmt.Sprintf("%s: %s could be changed by anybody; pass it in, or make it a function", h.at(name), name.Name))
			}
		}
	}
	slices.Sort(out)
	return out
}

// constantLike reports whether a value is one that stays as it was made.
func constantLike(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.SelectorExpr, *ast.BasicLit, *ast.FuncLit:
		return true
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return v.Op == token.AND && constantLike(v.X)
	case *ast.CallExpr:
		// base32.StdEncoding.WithPadding(x).Strict() is judged by its first call.
		name := written(v.Fun)
		return slices.ContainsFunc(constructors(), func(c string) bool {
			return name == c || strings.HasPrefix(name, c+"()")
		})
	}
	return false
}

// written renders the name of what is called, calls inside it as "()".
func written(e ast.Expr) string {
	switch v := e.(type) {
	case *ast.Ident:
		return v.Name
	case *ast.SelectorExpr:
		return written(v.X) + "." + v.Sel.Name
	case *ast.CallExpr:
		return written(v.Fun) + "()"
	case *ast.ArrayType:
		return "[]" + written(v.Elt)
	case *ast.IndexExpr:
		return written(v.X)
	}
	return ""
}

// mutable finds writes to the variables of a package. It goes by name, so a
// local variable of the same name is suspected too: another name cures that.
func mutable(h *house) []string {
	var out []string
	for folder, files := range h.folders() {
		variables := map[string]bool{}
		for _, f := range files {
			for name := range packageVariables(f) {
				variables[name.Name] = !f.test && variableExceptions()[folder+" "+name.Name] == ""
			}
		}
		for _, f := range files {
			if f.test {
				continue
			}
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				for _, target := range writes(n) {
					if name := root(target); name != nil && variables[name.Name] {
						out = append(out, fmt.Sprintf("%s: %s is written to; a package variable never changes", h.at(n), name.Name))
					}
				}
				return true
			})
		}
	}
	slices.Sort(out)
	return out
}

// writes returns what a statement or call changes or exposes to change.
func writes(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		name := written(n.Fun)
		if len(n.Args) > 0 && (name == "delete" || name == "clear" || name == "append" || name == "copy" ||
			strings.HasPrefix(name, "slices.Sort") || strings.HasPrefix(name, "sort.") || name == "slices.Reverse") {
			return n.Args[:1]
		}
	}
	return nil
}

// root returns the variable at the start of x, x[i], x.f or (x).
func root(e ast.Expr) *ast.Ident {
	switch v := e.(type) {
	case *ast.Ident:
		return v
	case *ast.IndexExpr:
		return root(v.X)
	case *ast.SelectorExpr:
		return root(v.X)
	case *ast.ParenExpr:
		return root(v.X)
	case *ast.StarExpr:
		return root(v.X)
	}
	return nil
}

// inits finds code that runs before main asked for it.
func inits(h *house) []string {
	var out []string
	for _, f := range h.files {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, fmt.Sprintf("%s: %s has an init function; wire it in package app", h.at(fn), f.folder))
			}
		}
	}
	return out
}
