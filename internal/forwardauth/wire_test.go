package forwardauth_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/forwardauth"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/session"
)

// connections is how many clients ask at once.
const connections = 64

// BenchmarkOnTheWire asks over TCP on 64 connections and reports the figures of
// the real chain and of a bare handler that answers the same bytes, and their
// ratios: throughput (target 0.85 or more) and p99 (2 or less).
func BenchmarkOnTheWire(b *testing.B) {
	site, chain := wholeChain(b)
	serve(b, httpx.NewServer(site.Serve(chain), slog.New(slog.DiscardHandler)), func(address string) {
		for _, c := range []struct{ name, path, extra string }{
			{"session", api.SessionPath, ""},
			{"forward_auth", forwardauth.ForwardAuthPath, "X-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\n" +
				"X-Forwarded-Host: score.example.com\r\nX-Forwarded-Uri: /charts/7?from=2026\r\n"},
		} {
			request := "GET " + c.path + " HTTP/1.1\r\nHost: id.example.com\r\nUser-Agent: bench\r\nAccept: text/html\r\n" +
				c.extra + "Cookie: theme=dark; __Host-sp_session=" + token() + "\r\n\r\n"
			b.Run(c.name, func(b *testing.B) { compare(b, address, request) })
		}
	})
}

func wholeChain(b *testing.B) (*httpx.Site, *http.ServeMux) {
	b.Helper()
	store := &shelf{}
	store.signIn(func(v *core.SessionView) {
		v.Session.SignedInAt, v.Session.LastSeenAt = time.Now(), time.Now()
		v.Account.User.LastName = "Lovelace"
	})
	site, err := httpx.NewSite(httpx.Config{
		BaseURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Clock: time.Now,
		Random: func(p []byte) { copy(p, "12345678") }, Logger: slog.New(slog.DiscardHandler),
		TokenKeys: func() [][]byte { return [][]byte{make([]byte, 32)} }, AnyHost: forwardauth.Paths(), Direct: []string{api.SessionPath}, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Observer: quiet{},
	})
	if err != nil {
		b.Fatal(err)
	}
	g := gate.New(store, time.Now, nil, false)
	sessions := session.New(session.Config{Store: store, Clock: time.Now, Random: func([]byte) {}, Listeners: []session.Listener{g}})
	done := make(chan error, 1)
	go func() { done <- sessions.Run(b.Context()) }()
	b.Cleanup(func() { <-done })
	mux := http.NewServeMux()
	api.NewSessions(site, sessions, time.Now).Mount(mux)
	forwardauth.New(site, sessions, store, store, g).Mount(mux)
	return site, mux
}

type quiet struct{}

func (quiet) Served(string, int, time.Duration) {}

// compare measures floor and chain in turns, so that a busy machine hits both.
func compare(b *testing.B, address, request string) {
	example := askOnce(b, address, request)
	body, err := io.ReadAll(example.Body)
	if err != nil || example.StatusCode != 200 {
		b.Fatalf("status %d, %v", example.StatusCode, err)
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range example.Header {
			if name != "Date" && name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(200)
		_, _ = w.Write(body)
	})
	serve(b, &http.Server{Handler: bare}, func(floor string) {
		const rounds = 6
		share := max(connections*50, b.N/rounds)
		var chainTime, floorTime time.Duration
		var chainAll, floorAll []time.Duration
		b.ResetTimer()
		for range rounds {
			took, each := load(b, floor, request, share)
			floorTime, floorAll = floorTime+took, append(floorAll, each...)
			took, each = load(b, address, request, share)
			chainTime, chainAll = chainTime+took, append(chainAll, each...)
		}
		b.StopTimer()
		b.ReportMetric(float64(len(chainAll))/chainTime.Seconds(), "chain/s")
		b.ReportMetric(float64(len(floorAll))/floorTime.Seconds(), "floor/s")
		b.ReportMetric(floorTime.Seconds()/chainTime.Seconds(), "ratio")
		b.ReportMetric(p99(chainAll).Seconds()/p99(floorAll).Seconds(), "p99ratio")
		b.ReportMetric(float64(p99(chainAll).Microseconds()), "p99-µs")
	})
}

func p99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

// load sends about n requests over all connections and returns how long it took
// and how long each took.
func load(b *testing.B, address, request string, n int) (time.Duration, []time.Duration) {
	b.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	var each []time.Duration
	clients := make([]*client, connections)
	for i := range clients {
		clients[i] = dial(b, address)
	}
	began := time.Now()
	for _, c := range clients {
		all.Go(func() {
			mine := make([]time.Duration, 0, n/connections)
			for range n / connections {
				at := time.Now()
				if err := c.roundTrip(request); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			each = append(each, mine...)
			mu.Unlock()
		})
	}
	all.Wait()
	took := time.Since(began)
	for _, c := range clients {
		_ = c.conn.Close()
	}
	return took, each
}

// client is as cheap as can be, for it runs on the same cores.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(b *testing.B, address string) *client {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	return &client{conn, bufio.NewReader(conn)}
}

func (c *client) roundTrip(request string) error {
	if _, err := io.WriteString(c.conn, request); err != nil {
		return err
	}
	length, first := 0, true
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !strings.HasPrefix(string(line[:12]), "HTTP/1.1 200") {
			return fmt.Errorf("answered %q", line)
		}
		first = false
		if value, found := strings.CutPrefix(string(line), "Content-Length: "); found {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
		if len(line) == 2 {
			_, err := c.in.Discard(length)
			return err
		}
	}
}

func askOnce(b *testing.B, address, request string) *http.Response {
	b.Helper()
	c := dial(b, address)
	defer func() { _ = c.conn.Close() }()
	_ = c.conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c.conn, request); err != nil {
		b.Fatal(err)
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	answer.Body = io.NopCloser(strings.NewReader(string(body)))
	return answer
}

// serve runs a server on loopback while use runs.
func serve(b *testing.B, server *http.Server, use func(address string)) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	if server.ReadTimeout > 0 { // not the floor
		listener = httpx.Listener(listener, time.Now)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	use(listener.Addr().String())
	if err := server.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		b.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		b.Error(err)
	}
}
