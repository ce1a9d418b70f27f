package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modulePath is how the house names itself in go.mod.
const modulePath = "github.com/sallyport/sallyport"

// house is every Go file of the module, parsed, plus its go.mod.
type house struct {
	fset  *token.FileSet
	files []*file // sorted by path
	gomod string
}

// file is one parsed Go file. Paths are relative to the module, with slashes.
type file struct {
	path   string
	folder string
	test   bool
	lines  int
	syntax *ast.File
}

// check is one rule of the house: find returns a sentence for each breach, and
// breach is a smallest house that it must complain about, naming says.
type check struct {
	name   string
	find   func(*house) []string
	breach map[string]string
	says   string
}

// checks returns every rule, in the order of the files that hold them.
func checks() []check {
	return slices.Concat(importChecks(), budgetChecks(), shapeChecks(), variableChecks(), purityChecks(), testChecks())
}

func TestHouse(t *testing.T) {
	h := readHouse(t)
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			for _, problem := range c.find(h) {
				t.Error(problem)
			}
		})
	}
}

func TestEveryCheckCanFail(t *testing.T) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			h := &house{fset: token.NewFileSet()}
			for _, name := range slices.Sorted(maps.Keys(c.breach)) {
				h.add(t, name, []byte(c.breach[name]))
			}
			got := strings.Join(c.find(h), "\n")
			if !strings.Contains(got, c.says) || c.says == "" {
				t.Errorf("problems found: %q, want one that contains %q", got, c.says)
			}
		})
	}
}

// readHouse parses the module that this test stands in.
func readHouse(t *testing.T) *house {
	t.Helper()
	root := moduleRoot(t)
	h := &house{fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if outside(root, rel, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") || rel == "go.mod" {
			source, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			h.add(t, rel, source)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// outside reports whether a folder is no part of the house: hidden, made by a
// tool, or a module of its own.
func outside(root, rel, base string) bool {
	if rel == "." {
		return false
	}
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(rel), "go.mod"))
	return strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" || err == nil
}

// moduleRoot climbs from the test's folder to the one with go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("no go.mod above the test's folder")
		}
		folder = above
	}
}

// add parses one file into the house.
func (h *house) add(t *testing.T, name string, source []byte) {
	t.Helper()
	if name == "go.mod" {
		h.gomod = string(source)
		return
	}
	syntax, err := parser.ParseFile(h.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	h.files = append(h.files, &file{
		path:   name,
		folder: path.Dir(name),
		test:   strings.HasSuffix(name, "_test.go"),
		lines:  strings.Count(string(source), "\n"),
		syntax: syntax,
	})
}

// folders returns the files of each folder that holds any.
func (h *house) folders() map[string][]*file {
	by := map[string][]*file{}
	for _, f := range h.files {
		by[f.folder] = append(by[f.folder], f)
	}
	return by
}

// product returns the files that are built into something, without tests.
func (h *house) product() []*file {
	var out []*file
	for _, f := range h.files {
		if !f.test {
			out = append(out, f)
		}
	}
	return out
}

// at names a place for a failure text: file and line.
func (h *house) at(n ast.Node) string {
	p := h.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// each calls visit for every node of type N in a file.
func each[N ast.Node](f *file, visit func(N)) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if found, ok := n.(N); ok {
			visit(found)
		}
		return true
	})
}

// imported returns the paths that a file imports.
func (f *file) imported() []string {
	var out []string
	for _, spec := range f.syntax.Imports {
		out = append(out, strings.Trim(spec.Path.Value, `"`))
	}
	return out
}

// imports returns what a file imports, by the name it is used under.
func (f *file) imports() map[string]string {
	by := map[string]string{}
	for i, target := range f.imported() {
		spec := f.syntax.Imports[i]
		name := path.Base(target)
		if major, ok := strings.CutPrefix(name, "v"); ok && strings.Trim(major, "0123456789") == "" {
			name = path.Base(path.Dir(target)) // math/rand/v2 is used as rand
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		by[name] = target
	}
	return by
}

// names returns "path.Name" when an expression names something of an imported
// package, like "time.Now"; else it returns "".
func names(e ast.Expr, imports map[string]string) string {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	name, ok := selector.X.(*ast.Ident)
	if !ok || imports[name.Name] == "" {
		return ""
	}
	return imports[name.Name] + "." + selector.Sel.Name
}
