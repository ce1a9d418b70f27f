package app_test

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the document of the API anew")

// document is the OpenAPI document as it is served, under a name that does not
// change from run to run.
func (s *server) document() []byte {
	s.t.Helper()
	res, err := http.Get(s.URL + "/api/v1/openapi.json")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/openapi+json" {
		s.t.Fatalf("the document: %d %v", res.StatusCode, err)
	}
	return []byte(strings.ReplaceAll(string(text), s.URL, "https://id.example.com"))
}

// TestAPIDocument: whatever the document says of the API changes where somebody
// sees it: in the golden file.
func TestAPIDocument(t *testing.T) {
	got := start(t).document()
	name := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("the document (-golden +now; -update writes it):\n%s", d)
	}
	if strings.Contains(string(got), "⟦") {
		t.Error("the document lacks a text")
	}
}

// TestAPIDocumentIsWhole: every route is in the document, and all that is in the
// document is a route.
func TestAPIDocumentIsWhole(t *testing.T) {
	s := start(t)
	var d struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(s.document(), &d); err != nil {
		t.Fatal(err)
	}
	var told []string
	for path, operations := range d.Paths {
		for method := range operations {
			told = append(told, strings.ToUpper(method)+" /api/v1"+path)
		}
	}
	routes := slices.Clone(s.APIRoutes())
	slices.Sort(told)
	slices.Sort(routes)
	if d := cmp.Diff(routes, told); d != "" {
		t.Errorf("routes and document (-routes +document):\n%s", d)
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		r, err := http.NewRequest(method, s.URL+strings.NewReplacer("{id}", "x", "{person}", "y").Replace(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 401 {
			t.Errorf("%s without a key: %d", route, res.StatusCode)
		}
	}
}
