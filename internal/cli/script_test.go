package cli_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the program as it is shipped.
func TestScripts(t *testing.T) {
	folder := t.TempDir()
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(folder, "sallyport"), "../../cmd/sallyport")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build sallyport: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", folder+string(filepath.ListSeparator)+e.Getenv("PATH"))
			// The cheapest hash that is allowed, so that a script takes a second.
			e.Setenv("SALLYPORT_PASSWORD_MEMORY_KIB", "19456")
			e.Setenv("SALLYPORT_PASSWORD_TIME", "2")
			e.Values[connection{}] = make(chan struct{})
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"freeport":  freeport,
			"serving":   serving,
			"smtp":      mailServer,
			"interrupt": interrupt,
			"day":       day,
			"variables": variables,
		},
	})
}

// exits CODE program [args...] runs a program that must end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := codeOf(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func codeOf(ts *testscript.TestScript, err error) int {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return ended.ExitCode()
	}
	ts.Fatalf("%v", err)
	return -1
}

// freeport NAME sets a variable to a port that nobody listens on.
func freeport(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	ts.Check(err)
	ts.Check(ln.Close())
	ts.Setenv(args[0], port)
}

// day NAME DAYS sets a variable to the date that many days from now, in UTC.
func day(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv(args[0], time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly))
}

// variables FILE sets the variables that a file has as NAME=VALUE.
func variables(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			ts.Setenv(name, value)
		}
	}
}

// serving URL waits until a server that was started in the background is ready.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ask := time.NewTicker(20 * time.Millisecond)
	defer ask.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0]+"/readyz", nil)
		ts.Check(err)
		if res, err := http.DefaultClient.Do(r); err == nil {
			ts.Check(res.Body.Close())
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%s is not ready", args[0])
		case <-ask.C:
		}
	}
}

// interrupt CODE program [args...] runs a program, sends it a Ctrl-C as soon as
// the silent mail server has a connection, and wants it to end with that code.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	folder, _, _ := strings.Cut(ts.Getenv("PATH"), string(filepath.ListSeparator))
	command := exec.Command(filepath.Join(folder, args[1]), args[2:]...)
	command.Dir = ts.MkAbs(".")
	command.Env = append(os.Environ(), "SALLYPORT_SMTP_URL="+ts.Getenv("SALLYPORT_SMTP_URL"))
	var out, talk strings.Builder
	command.Stdout, command.Stderr = &out, &talk
	ts.Check(command.Start())
	connected, _ := ts.Value(connection{}).(chan struct{})
	select {
	case <-connected:
	case <-time.After(20 * time.Second):
		ts.Check(command.Process.Kill())
		ts.Fatalf("no connection came: %s", talk.String())
	}
	ts.Check(command.Process.Signal(os.Interrupt))
	if got := codeOf(ts, command.Wait()); got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, talk.String())
	}
	_, err = ts.Stdout().Write([]byte(out.String()))
	ts.Check(err)
	_, err = ts.Stderr().Write([]byte(talk.String()))
	ts.Check(err)
}
