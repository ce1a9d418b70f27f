package proxies_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// backend is an application that answers what reached it.
type backend struct {
	*httptest.Server
	seen atomic.Int64 // how many requests reached it
}

// arrived is what one request looked like to the application.
type arrived struct {
	App    string      `json:"app"`
	Method string      `json:"method"`
	Host   string      `json:"host"`
	URI    string      `json:"uri"`
	Header http.Header `json:"header"`
	Digest string      `json:"digest"` // of the body, so that answers stay short
}

func digest(body string) string {
	return fmt.Sprintf("%d bytes, %x", len(body), sha256.Sum256([]byte(body)))
}

func startBackend(t *testing.T, name string) *backend {
	t.Helper()
	b := &backend{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.seen.Add(1)
		switch {
		case strings.HasSuffix(r.URL.Path, "/own-401"):
			w.Header().Set("WWW-Authenticate", `Basic realm="own"`)
			http.Error(w, "the application's own refusal", http.StatusUnauthorized)
			return
		case r.Header.Get("Upgrade") == "echo":
			upgrade(w)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(arrived{name, r.Method, r.Host, r.RequestURI, r.Header, digest(string(body))})
	}))
	t.Cleanup(b.Close)
	return b
}

// upgrade speaks a protocol of lines in which everything comes back.
func upgrade(w http.ResponseWriter) {
	conn, both, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the client sees no answer, and fails
	}
	defer conn.Close()
	_, _ = both.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	_ = both.Flush()
	for lines := bufio.NewScanner(both); lines.Scan(); {
		_, _ = both.WriteString(lines.Text() + "\n")
		_ = both.Flush()
	}
}

// address is host and port of the application.
func (b *backend) address() string { return b.Listener.Addr().String() }
