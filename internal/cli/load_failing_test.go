package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/cli"
)

// TestAFileThatFailsAtTheServerHoldsUpNoOther: it is tried three times, its load is
// stopped, and the next file is loaded.
func TestAFileThatFailsAtTheServerHoldsUpNoOther(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	hashes, tries, stopped := map[string]string{}, 0, false
	load := func(id, state string) string {
		return fmt.Sprintf(`{"id":%q,"state":%q,"hash":%q,"next_row":2,"order":{"target":"people"},"counts":{"added":1}}`, id, state, hashes[id])
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := "{}"
		switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/"); path {
		case "loads":
			var asked api.NewLoad
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
			id := strings.TrimSuffix(asked.Name, ".csv")
			hashes[id] = asked.Hash
			answer = load(id, "running")
		case "loads/good/rows":
			answer = `{"load":` + load("good", "running") + `}`
		case "loads/good/finish":
			answer = load("good", "done")
			stop()
		case "loads/bad/stop":
			stopped, answer = true, load("bad", "stopped")
		case "loads/bad/rows":
			tries++
			w.WriteHeader(http.StatusInternalServerError)
			answer = `{"code":"internal","detail":"It failed."}`
		case "loads/bad":
			answer = load("bad", "running")
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	in := t.TempDir()
	for i, name := range []string{"bad.csv", "good.csv"} {
		path := filepath.Join(in, name)
		if err := os.WriteFile(path, []byte("Email\nbea@example.com\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	var out, talk strings.Builder
	code := cli.Run(ctx, cli.IO{
		Args:    []string{"load", "run", "--watch", in, "--every", "100ms", "--timeout", "1ms", "--server", server.URL, "--access-key", "spk_x"},
		Environ: []string{"SALLYPORT_SECRET_KEY=sps_x"}, In: strings.NewReader(""), Out: &out, Err: &talk,
	})
	failed, _ := filepath.Glob(filepath.Join(in, "failed", "*-bad.csv")) // the pattern is one
	done, _ := filepath.Glob(filepath.Join(in, "done", "*-good.csv"))
	if code != 0 || tries != 3 || !stopped || len(failed) != 1 || len(done) != 1 {
		t.Errorf("it ends with %d after %d tries, %q failed, %q are done\n%s%s", code, tries, failed, done, out.String(), talk.String())
	}
}
