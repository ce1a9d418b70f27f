package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestGeneratedClient: a client that a generator nobody here wrote makes of the
// document drives the API.
func TestGeneratedClient(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: the generated client (it is built first)")
	}
	s := start(t)
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "apiclient"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "openapi.json"), s.document(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeFull, core.ScopeRead, core.ScopeLoader)
	run := func(args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "go", args...)
		c.Dir = folder
		c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "API_SERVER="+s.URL+"/api/v1", "API_ACCESS="+p.access, "API_SECRET="+p.secret)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", "client.gen.go", "openapi.json")
	if got := run("run", "."); !strings.Contains(got, "changed 5") || !strings.Contains(got, "loaded 2") {
		t.Errorf("the client says %q", got)
	}
	if n := len(p.asked("GET", "/people?q=Dr.", "").items()); n > 5 {
		t.Errorf("%d people", n)
	}
	if n := len(p.asked("GET", "/people?q=made", "").items()); n != 5 {
		t.Errorf("%d people were made, want 5", n)
	}
}
