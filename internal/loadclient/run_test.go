package loadclient_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loadclient"
)

// TestALoadThatBreaksOffIsNotFinished: a connection that is closed in the middle of
// rows ends like a file does, and the rows behind are not done all the same.
func TestALoadThatBreaksOffIsNotFinished(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.Path)
		mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/rows") {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				err = conn.Close()
			}
			if err != nil {
				t.Error(err)
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"id":"x","state":"running","next_row":2,"order":{"target":"people"}}`)
	}))
	defer server.Close()
	name := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(name, []byte("Email\nbea@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := loadclient.Open(name, loadclient.How{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	c := loadclient.Client{Server: server.URL, HTTP: server.Client(), Clock: time.Now, Random: func([]byte) {}}
	l, err := c.Run(t.Context(), file, api.NewLoad{Target: "people"}, "", func(string, int, int) {})
	mu.Lock()
	defer mu.Unlock()
	var away *loadclient.Unreachable
	if !errors.As(err, &away) || l.ID != "x" || strings.Contains(strings.Join(asked, " "), "finish") {
		t.Errorf("the load is %+v, %v, and asked was %q", l, err, asked)
	}
}
