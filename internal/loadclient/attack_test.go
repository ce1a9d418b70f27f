package loadclient_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/loadclient"
)

// TestAServerThatTellsTheSameAgain: a server that says for ever that there are more
// problems is asked no further than it has some to tell.
func TestAServerThatTellsTheSameAgain(t *testing.T) {
	for name, row := range map[string]int{"the same rows": 2, "none": 0} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			problems := "[]"
			if row > 0 || r.Method == http.MethodPost {
				problems = fmt.Sprintf(`[{"row":%d,"error":"x"}]`, max(row, 1))
			}
			w.Header().Set("Content-Type", "application/json")
			if asked.Add(1) > 50 {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = fmt.Fprintf(w, `{"load":"x","state":"done","rejected":1,"problems":%s,"next":"/loader/v1/loads/x?after=2"}`, problems)
		}))
		c := loadclient.Client{
			Server: server.URL, Login: "ana", Password: "seven wet dogs", HTTP: server.Client(), Clock: time.Now, Random: func([]byte) {}, Patience: time.Second,
		}
		file := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(file, []byte("Email\nx\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second) // otherwise it would never end
		report, err := c.LoadByPassword(ctx, file, loadclient.Passworded{Target: "people", Name: "a.csv"}, func(string, int, int) {})
		stop()
		server.Close()
		if asked.Load() > 2 || err == nil || len(report.Problems) > 2 {
			t.Errorf("%s: asked %d times, %d problems, %v", name, asked.Load(), len(report.Problems), err)
		}
	}
}
