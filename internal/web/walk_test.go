package web_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
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
	capital := regexp.MustCompile(`(.)([A-Z])`)
	for name := range structsWithFrame(t) {
		names = append(names, strings.ToLower(capital.ReplaceAllString(strings.TrimSuffix(name, "Page"), "${1}_${2}")))
	}
	slices.Sort(names)
	return names
}

// structsWithFrame returns the structs of the pages by name.
func structsWithFrame(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	pages := map[string]*ast.StructType{}
	for name, s := range structTypes(t) {
		if strings.HasSuffix(name, "Page") && slices.Contains(embedded(s), "Frame") {
			pages[name] = s
		}
	}
	return pages
}

// structTypes returns the structs that the package declares, by name.
func structTypes(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]*ast.StructType{}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					types[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	return types
}

// embedded returns the names of the types that a struct embeds.
func embedded(s *ast.StructType) []string {
	var names []string
	for _, f := range s.Fields.List {
		if name, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 {
			names = append(names, name.Name)
		}
	}
	return names
}

// TestNothingHidesTheFrame fails on a page with a field of its own that is called
// as one of the frame's, which the layout then reads in its place.
func TestNothingHidesTheFrame(t *testing.T) {
	frame := reflect.TypeFor[*web.Frame]()
	inFrame := func(name string) bool {
		_, field := frame.Elem().FieldByName(name)
		_, method := frame.MethodByName(name)
		return field || method
	}
	types := structTypes(t)
	for page, s := range structsWithFrame(t) {
		parts := map[string]*ast.StructType{page: s}
		for _, name := range embedded(s) {
			if part := types[name]; name != "Frame" && part != nil {
				parts[name] = part
			}
		}
		for part, s := range parts {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					if inFrame(name.Name) {
						t.Errorf("%s: %s.%s hides the field of Frame; call it otherwise", page, part, name)
					}
				}
			}
		}
	}
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
		if strings.HasPrefix(r.Pattern, "/admin") && r.Access < web.Helping {
			t.Errorf("%s %s is not for administrators alone", r.Method, r.Pattern)
		}
		if _, listed := web.Keeps()[r.Method+" "+r.Pattern]; r.Method == "POST" && strings.Contains(r.Access.String(), "confirmed") && !listed {
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
