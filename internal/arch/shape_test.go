package arch_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

func shapeChecks() []check {
	return []check{
		{
			"every package has a doc.go", undescribed,
			map[string]string{"internal/x/a.go": "package x"},
			"internal/x has no doc.go",
		},
		{
			"doc.go draws the borders", borderless,
			map[string]string{"internal/x/doc.go": "// Package x is here.\npackage x"},
			`does not say what the package "owns"`,
		},
		{
			"packages are named for what they hold", vague,
			map[string]string{"internal/web/utils/a.go": "package utils"},
			`"utils" says nothing`,
		},
		{
			"exported names have a doc comment", undocumented,
			map[string]string{"internal/x/a.go": "package x\n// It does things.\nfunc Do() {}"},
			`comment on Do should start with "Do"`,
		},
		{
			"nothing is left for later", leftovers,
			map[string]string{"internal/x/a.go": "package x\n// TO" + "DO: finish"},
			"a mark of unfinished work",
		},
	}
}

// undescribed finds packages of the house without the file that describes them.
func undescribed(h *house) []string {
	var out []string
	for folder, files := range h.folders() {
		if !slices.ContainsFunc(files, func(f *file) bool { return !f.test }) {
			continue
		}
		if !slices.ContainsFunc(files, func(f *file) bool { return path.Base(f.path) == "doc.go" }) {
			out = append(out, folder+" has no doc.go")
		}
	}
	slices.Sort(out)
	return out
}

// borderless finds doc.go files that do not say where the package ends.
func borderless(h *house) []string {
	var out []string
	for _, f := range h.product() {
		if path.Base(f.path) != "doc.go" {
			continue
		}
		text := strings.ToLower(strings.Join(strings.Fields(f.syntax.Doc.Text()), " "))
		for _, words := range []string{"owns", "does not own"} {
			if !strings.Contains(text, words) {
				out = append(out, fmt.Sprintf("%s does not say what the package %q", f.path, words))
			}
		}
	}
	return out
}

// vague finds package names that could hold anything.
func vague(h *house) []string {
	banned := strings.Fields("util utils common helper helpers model models type types manager managers misc base shared lib")
	var out []string
	for _, folder := range slices.Sorted(maps.Keys(h.folders())) {
		for _, name := range append(strings.Split(folder, "/"), h.folders()[folder][0].syntax.Name.Name) {
			if slices.Contains(banned, name) {
				out = append(out, fmt.Sprintf("%s: the name %q says nothing; put the code beside its only user or name what it is", folder, name))
			}
		}
	}
	return out
}

// undocumented finds exported names that no comment explains.
func undocumented(h *house) []string {
	var out []string
	for _, f := range h.product() {
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					out = append(out, h.comment(d, d.Name.Name, d.Doc)...)
				}
			case *ast.GenDecl:
				out = append(out, h.commentsOf(d)...)
			}
		}
	}
	return out
}

// exportedReceiver reports whether a function is reachable from outside: it has
// no receiver, or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

// commentsOf checks a group of types, constants or variables. A group of values
// may share the comment of the group, or carry them line by line.
func (h *house) commentsOf(d *ast.GenDecl) []string {
	var out []string
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc
			if doc == nil && len(d.Specs) == 1 {
				doc = d.Doc
			}
			if spec.Name.IsExported() {
				out = append(out, h.comment(spec, spec.Name.Name, doc)...)
			}
		case *ast.ValueSpec:
			described := d.Doc != nil || spec.Doc != nil || spec.Comment != nil
			if spec.Names[0].IsExported() && !described && d.Tok != token.IMPORT {
				out = append(out, fmt.Sprintf("%s: nothing explains %s", h.at(spec), spec.Names[0].Name))
			}
		}
	}
	return out
}

// comment checks that a comment starts with the name it explains.
func (h *house) comment(n ast.Node, name string, doc *ast.CommentGroup) []string {
	text := doc.Text()
	for _, article := range []string{"A ", "An ", "The "} {
		text = strings.TrimPrefix(text, article)
	}
	if strings.HasPrefix(text, name) {
		return nil
	}
	return []string{fmt.Sprintf("%s: the comment on %s should start with %q", h.at(n), name, name)}
}

// leftovers finds marks of work that was put off.
func leftovers(h *house) []string {
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK", "//no" + "lint", "for " + "now,", "not " + "implemented"}
	var out []string
	for _, f := range h.files {
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				if slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(c.Text, mark) }) {
					out = append(out, fmt.Sprintf("%s: a mark of unfinished work: %s", h.at(c), c.Text))
				}
			}
		}
	}
	return out
}
