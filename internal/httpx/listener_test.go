package httpx_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/httpx"
)

// listen serves h with short times on a listener of ours.
func listen(t *testing.T, h http.Handler, limit time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpx.NewServer(h, slog.New(slog.DiscardHandler))
	server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout = limit, limit, limit, limit
	done := make(chan error, 1)
	go func() { done <- server.Serve(httpx.Listener(l, time.Now)) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestTimeoutsStillBite(t *testing.T) {
	const limit = 300 * time.Millisecond
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	})
	cases := []struct {
		name, send string
		handler    http.Handler
		stalls     bool // the client stops reading
	}{
		{"nothing sent", "", http.NotFoundHandler(), false},
		{"half a header", "GET / HTTP/1.1\r\nHost: a\r\n", http.NotFoundHandler(), false},
		{"half a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", http.HandlerFunc(
			func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }), false},
		{"idle after an answer", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", http.NotFoundHandler(), false},
		{"client that stops reading", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", endless, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			address := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.handler.ServeHTTP(w, r)
				if c.stalls {
					close(ended)
				}
			}), limit)
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			began := time.Now()
			if _, err := io.WriteString(conn, c.send); err != nil {
				t.Fatal(err)
			}
			if c.stalls {
				<-ended
			} else if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Fatalf("not ended by the server: %v", err)
			}
			if took := time.Since(began); took < limit {
				t.Errorf("ended after %v, before its time", took)
			}
		})
	}
}

func TestRequestsFollowOneAnother(t *testing.T) {
	address := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}), 5*time.Second)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	for i := range 200 {
		request := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		if i%2 == 1 {
			request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || len(body) != i%2*3 {
			t.Fatalf("request %d: got %q, %v", i, body, err)
		}
	}
}
