package cli_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/cli"
)

// TestServeTellsTheServiceManager: a server says that it is ready when it is,
// and that it stops, and not a word where nobody listens.
func TestServeTellsTheServiceManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	var out, talk strings.Builder
	go func() {
		ended <- cli.Run(ctx, cli.IO{
			Args:    []string{"serve", "--dev", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--password-memory-kib", "19456", "--password-time", "2"},
			Environ: []string{"NOTIFY_SOCKET=" + path}, In: strings.NewReader(""), Out: &out, Err: &talk,
		})
	}()
	hear := func(want string) {
		t.Helper()
		_ = manager.SetReadDeadline(time.Now().Add(20 * time.Second))
		got := make([]byte, 100)
		n, err := manager.Read(got)
		if err != nil || string(got[:n]) != want {
			t.Fatalf("heard %q, %v; want %q", got[:n], err, want)
		}
	}
	hear("READY=1")
	stop()
	hear("STOPPING=1")
	if code := <-ended; code != 0 {
		t.Errorf("exit %d: %s", code, talk.String())
	}
}
