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

	"github.com/sallyport/sallyport/internal/core"
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

// TestAPIDocumentKnowsEveryValue: where the document lists the values of a field,
// they are all there are.
func TestAPIDocumentKnowsEveryValue(t *testing.T) {
	type field struct{ Enum []string }
	var d struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]field }
		}
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name   string
				Schema field
			}
		}
	}
	if err := json.Unmarshal(start(t).document(), &d); err != nil {
		t.Fatal(err)
	}
	var types []string
	for kind := core.NoAccess; kind <= core.Administrator; kind++ {
		types = append(types, kind.Name())
	}
	known := map[string][]string{
		"type": types, "status": {string(core.Active), string(core.Invited), string(core.Inactive)},
		"two_factor": texts(core.SecondSteps()), "last_sign_in": texts(core.LastSeens()),
	}
	for _, one := range texts(core.PersonSorts()) {
		known["sort"] = append(known["sort"], one, "-"+one)
	}
	for _, p := range d.Paths["/people"]["get"].Parameters {
		if want := known[p.Name]; want != nil {
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(p.Schema.Enum))); diff != "" {
				t.Errorf("%s (-core +document):\n%s", p.Name, diff)
			}
		}
	}
	for name, f := range d.Components.Schemas["Person"].Properties {
		if want := known[name]; want != nil {
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(f.Enum))); diff != "" {
				t.Errorf("%s of somebody (-core +document):\n%s", name, diff)
			}
		}
	}
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = string(one)
	}
	return out
}
