package logship_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/logship"
)

var at = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)

func clock() time.Time { return at }

// batch is two messages, and batchText how they read.
func batch() []logship.Message {
	return []logship.Message{
		{At: at, Name: "signin.completed", Text: []byte(`{"id":"1"}`)},
		{At: at, Name: "two words\nof é", Warning: true, Text: []byte(`{"id":"2"}`)},
	}
}

func batchText() []string {
	return []string{
		`<86>1 2026-03-01T09:00:00.123456Z host.example sallyport - signin.completed - {"id":"1"}`,
		`<84>1 2026-03-01T09:00:00.123456Z host.example sallyport - twowordsof - {"id":"2"}`,
	}
}

func open(t *testing.T, address string) *logship.Syslog {
	t.Helper()
	s, err := logship.NewSyslog(address, "host.example\n", clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestDatagrams(t *testing.T) {
	for network, where := range map[string]string{"udp": "127.0.0.1:0", "unixgram": filepath.Join(t.TempDir(), "log")} {
		t.Run(network, func(t *testing.T) {
			server, err := net.ListenPacket(network, where)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			address := "udp://" + server.LocalAddr().String()
			if network == "unixgram" {
				address = "unix://" + where
			}
			if err := open(t, address).Send(t.Context(), batch()); err != nil {
				t.Fatal(err)
			}
			for _, want := range batchText() {
				b := make([]byte, 4096)
				if err := server.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
					t.Fatal(err)
				}
				n, _, err := server.ReadFrom(b)
				if err != nil || string(b[:n]) != want {
					t.Errorf("got %q, %v, want %q", b[:n], err, want)
				}
			}
		})
	}
}

// TestStream: messages are framed by their length, and a server that went away
// and came back is connected anew.
func TestStream(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := server.Addr().String()
	s := open(t, "tcp://"+address)
	for range 2 {
		got := make(chan []string, 1)
		go func() {
			conn, err := server.Accept()
			if err != nil {
				got <- []string{err.Error()}
				return
			}
			defer conn.Close()
			r := bufio.NewReader(conn)
			var all []string
			for range 2 {
				length, err := r.ReadString(' ')
				if err != nil {
					all = append(all, err.Error())
					break
				}
				n, err := strconv.Atoi(strings.TrimSpace(length))
				if err != nil {
					all = append(all, err.Error())
					break
				}
				b := make([]byte, n)
				if _, err := io.ReadFull(r, b); err != nil {
					all = append(all, err.Error())
				}
				all = append(all, string(b))
			}
			got <- all
		}()
		// Right after the other side closed, a write may still seem to go well: the
		// batch is sent until it has come.
		var text []string
		for text == nil {
			if err := s.Send(t.Context(), batch()); err != nil {
				t.Log("sent again after", err)
			}
			select {
			case text = <-got:
			case <-time.After(100 * time.Millisecond):
			}
		}
		if len(text) != 2 || text[0] != batchText()[0] || text[1] != batchText()[1] {
			t.Fatalf("got %q", text)
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err = s.Send(t.Context(), batch()); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("nobody listens and nothing was said")
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "syslog", "http://host:1", "udp://host", "tcp://host:1/path", "unix://", "://", "tcp://"} {
		if _, err := logship.NewSyslog(bad, "h", clock); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestFile: a file that was rotated away is made anew, and a torn line is ended.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	f := logship.File{Path: path}
	write := func(line string) {
		t.Helper()
		if err := f.Append([][]byte{[]byte(line + "\n")}); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write("two")
	if err := os.WriteFile(path, []byte("two\nto"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("three")
	for name, want := range map[string]string{path: "two\nto\nthree\n", path + ".1": "one\n"} {
		if b, err := os.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v, want %q", name, b, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := (logship.File{Path: filepath.Join(path, "no")}).Append(nil); err == nil {
		t.Error("a path that cannot be is taken")
	}
}
