package app_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// line is a wire to a database that can be cut.
type line struct {
	net.Listener
	mu   sync.Mutex
	ends []net.Conn
	up   bool
}

// through returns the address of dsn over a line.
func through(t *testing.T, dsn string) (*line, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: ln, up: true}
	go l.carry(u.Host)
	t.Cleanup(l.cut)
	u.Host = ln.Addr().String()
	return l, u.String()
}

func (l *line) carry(to string) {
	for {
		here, err := l.Accept()
		if err != nil {
			return
		}
		there, err := net.Dial("tcp", to)
		l.mu.Lock()
		if err != nil || !l.up {
			_ = here.Close() // nothing was said on it
			l.mu.Unlock()
			continue
		}
		l.ends = append(l.ends, here, there)
		l.mu.Unlock()
		go pipe(here, there)
		go pipe(there, here)
	}
}

func pipe(from, to net.Conn) {
	_, _ = io.Copy(to, from) // ends when the line is cut
	_ = to.Close()
}

// cut ends every connection and takes no more.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.up {
		return
	}
	l.up = false
	_ = l.Close() // the listener
	for _, c := range l.ends {
		_ = c.Close() // cutting is the point
	}
}

// TestDatabaseAway: while the database cannot be reached nobody is let in and
// nobody is told anything but to try again; it is never "unlimited" (RL10).
func TestDatabaseAway(t *testing.T) {
	storetest.NeedServer(t)
	var wire *line
	s := start(t, func(c *config.Config) { wire, c.Database = through(t, storetest.OwnDatabase(t)) })
	s.person("abe@example.com")
	in, out := s.browser(), s.browser()
	in.signIn("abe@example.com", password).must(t, 200, "Home")
	p := out.get("/signin")
	wire.cut()
	for name, login := range map[string]string{"known": "abe@example.com", "unknown": "nobody@example.com"} {
		got := out.send(p, "/signin", map[string]string{"login": login, "password": password})
		if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || out.cookie("sp_session") != "" {
			t.Errorf("%s name: %d with Retry-After %q, want 503 with one", name, got.StatusCode, got.Header.Get("Retry-After"))
		}
	}
	if got := out.do("GET", "/readyz", nil); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d, want 503", got.StatusCode)
	}
	s.advance(6 * time.Second) // nothing confirmed within five seconds: the cache is silent (law 9)
	if got := in.do("GET", "/home", nil); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("an open session after 5 s without the database: %d, want 503", got.StatusCode)
	}
}
