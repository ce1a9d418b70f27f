package proxies_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program finds the binary of a proxy, also where Debian puts those of daemons.
// Without it the test does not run, which is a failure on the build machine.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, place := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/usr/local/sbin", name)} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("needs %s, which scripts/setup.sh installs", name)
	}
	t.Skipf("not run: forward-auth behind %s (needs %s)", name, name)
	return ""
}

// process is a proxy that this test started, and nothing else ends.
type process struct {
	log  lockedBuffer
	done chan struct{} // closed when it has ended
}

// lockedBuffer keeps what a process prints.
type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// run starts a program; the test's end asks it to stop, and kills it after 5 s.
// It returns nil where the program ended before it was ready: a port was taken.
func run(t *testing.T, ready func(p *process) bool, path string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // it was told to end, or its log says why it did
		close(p.done)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.done
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(path), p.log.String())
		}
	})
	limit := time.After(30 * time.Second)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !ready(p) {
		select {
		case <-p.done:
			return nil
		case <-limit:
			t.Fatalf("%s was not ready in 30 s:\n%s", path, p.log.String())
		case <-look.C:
		}
	}
	return p
}

// freePorts returns ports of loopback that were free a moment ago.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		ports = append(ports, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	}
	return ports
}
