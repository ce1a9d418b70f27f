package web_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/web"
)

// TestEveryPageIsWhole fails on a page file without a struct, a struct without
// a file, and a page that no golden file shows.
func TestEveryPageIsWhole(t *testing.T) {
	var files []string
	names, err := filepath.Glob("pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if base := filepath.Base(name); base != "layout.html" {
			files = append(files, strings.TrimSuffix(base, ".html"))
		}
	}
	structs := pageStructs(t)
	if diff := cmp.Diff(files, structs); diff != "" {
		t.Errorf("page files (-) and page structs (+) differ:\n%s", diff)
	}
	shown := shownPages(t)
	for _, name := range structs {
		if !slices.Contains(shown, name) {
			t.Errorf("no golden file shows page %q; add a fixture", name)
		}
	}
}

// pageStructs returns the template names of the structs that embed Frame.
func pageStructs(t *testing.T) []string {
	t.Helper()
	var names []string
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	capital := regexp.MustCompile(`(.)([A-Z])`)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if ok && strings.HasSuffix(spec.Name.Name, "Page") && embedsFrame(spec) {
				name := strings.TrimSuffix(spec.Name.Name, "Page")
				names = append(names, strings.ToLower(capital.ReplaceAllString(name, "${1}_${2}")))
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

func embedsFrame(spec *ast.TypeSpec) bool {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return false
	}
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		name, ok := f.Type.(*ast.Ident)
		return ok && len(f.Names) == 0 && name.Name == "Frame"
	})
}

// shownPages returns the pages that the golden files were made from.
func shownPages(t *testing.T) []string {
	t.Helper()
	var names []string
	mark := regexp.MustCompile(`data-page="([a-z_]+)"`)
	err := filepath.WalkDir("testdata", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".html" {
			return err
		}
		body, err := os.ReadFile(name)
		if found := mark.FindSubmatch(body); found != nil {
			names = append(names, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestRoutes compares the route table with its golden file, so that a change
// of what an address asks for is seen in review, and refuses what no route may
// be.
func TestRoutes(t *testing.T) {
	site, _ := newSite(t, nil)
	var table strings.Builder
	for _, r := range site.Routes() {
		if r.Access < web.Open || r.Access.String() == "undeclared" {
			t.Errorf("%s %s declares no access", r.Method, r.Pattern)
		}
		if r.Method != "GET" && r.Method != "POST" {
			t.Errorf("%s %s: only GET and POST are used by pages", r.Method, r.Pattern)
		}
		if strings.HasPrefix(r.Pattern, "/account") && (r.Access == web.Open || r.Access == web.Pending) {
			t.Errorf("%s %s is open to everybody", r.Method, r.Pattern)
		}
		if _, listed := web.Keeps()[r.Method+" "+r.Pattern]; r.Method == "POST" && (r.Access == web.Confirmed || r.Access == web.ConfirmedByCode) && !listed {
			t.Errorf("%s %s asks for a confirmation: say in kept.go what is kept of its form", r.Method, r.Pattern)
		}
		fmt.Fprintf(&table, "%-4s %-36s %s\n", r.Method, r.Pattern, r.Access)
	}
	file := filepath.Join("testdata", "routes.txt")
	if *update {
		if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table.String(), string(want)); diff != "" {
		t.Errorf("routes differ (got -, want +); run with -update if that is meant:\n%s", diff)
	}
}
