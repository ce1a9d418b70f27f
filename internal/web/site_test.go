package web_test

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixture is one page in one state; its name is its golden file.
type fixture struct {
	name string
	page web.Page
}

func fixtures() []fixture { return append(signedOutFixtures(), accountFixtures()...) }

// TestPages renders every fixture and compares it with its golden file.
func TestPages(t *testing.T) {
	site, _ := newSite(t, nil)
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			golden(t, f.name, render(t, site, f.page))
		})
	}
}

func render(t *testing.T, site *web.Site, page web.Page) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if err := site.Render(w, r, http.StatusOK, page); err != nil {
		t.Fatal(err)
	}
	body := formToken.ReplaceAll(w.Body.Bytes(), []byte(`name="form_token" value="token"`))
	return assetHash.ReplaceAll(body, []byte("/static/hash/"))
}

// What differs from run to run, or with every change of a style.
var (
	formToken = regexp.MustCompile(`name="form_token" value="[^"]*"`)
	assetHash = regexp.MustCompile(`/static/[0-9a-f]+/`)
)

// golden compares got with testdata/name.html, or writes it with -update. The
// page of an error of ours is never what was meant.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if bytes.Contains(got, []byte("Something went wrong")) {
		t.Fatalf("%s: the page is that of an error of ours:\n%s", name, got)
	}
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(got, []byte("⟦")) {
		t.Errorf("%s: a text is missing", name)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (got -, want +); run with -update if it is right:\n%s", name, cmp.Diff(string(got), string(want)))
	}
}
