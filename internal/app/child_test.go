package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
)

// childVariable tells this test program to be a server: it holds the options.
const childVariable = "SALLYPORT_TEST_SERVER"

// TestMain runs the tests, or what else a test started this program for.
func TestMain(m *testing.M) {
	var err error
	if options := os.Getenv(childVariable); options != "" {
		err = serveChild(options)
	} else if options := os.Getenv(rotateVariable); options != "" {
		err = rotateChild(options)
	} else if job := os.Getenv(backupVariable); job != "" {
		err = backupChild(job)
	} else {
		m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// childConfig is the configuration of a process that a test started.
func childConfig(options string) (config.Config, error) {
	flags := map[string]string{}
	if err := json.Unmarshal([]byte(options), &flags); err != nil {
		return config.Config{}, err
	}
	return config.Load(config.Sources{Flags: flags, Environ: []string{"SALLYPORT_DATABASE=" + os.Getenv("DATABASE")}})
}

func childParts() app.Parts {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	return app.Parts{Clock: time.Now, Random: random, Logger: logger}
}

// serveChild is a whole server in a process of its own. It prints its address
// when it is ready and ends with its input, so that it never outlives the test.
func serveChild(options string) error {
	c, err := childConfig(options)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	a, err := app.New(ctx, c, childParts())
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(r app.Ready) { fmt.Println(r.Address) })
}

// child is a server that runs in a process of its own.
type child struct {
	t       testing.TB
	URL     string
	process *exec.Cmd
	input   io.Closer
}

// childOptions are the options of a process for this deployment.
func (d *deployment) childOptions() string {
	d.t.Helper()
	options, err := json.Marshal(map[string]string{
		"base-url": "http://127.0.0.1", "addr": "127.0.0.1:0", "data": d.c.Data, "password-memory-kib": "19456", "password-time": "2",
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(options)
}

// spawn starts a server on a deployment and waits until it is ready.
func (d *deployment) spawn() *child {
	d.t.Helper()
	c := &child{t: d.t, process: exec.Command(os.Args[0])}
	c.process.Env = []string{childVariable + "=" + d.childOptions(), "DATABASE=" + d.c.Database}
	c.process.Stderr = os.Stderr
	out, err := c.process.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if c.input, err = c.process.StdinPipe(); err != nil {
		d.t.Fatal(err)
	}
	if err := c.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.end)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		d.t.Fatalf("the server did not start: %v", err)
	}
	c.URL = "http://" + strings.TrimSpace(address)
	return c
}

// kill ends the server as a power cut would, without a chance to finish
// anything, and waits until it is gone.
func (c *child) kill() {
	if err := c.process.Process.Kill(); err != nil {
		c.t.Errorf("kill: %v", err)
	}
	_ = c.process.Wait() // says "signal: killed"
}

// end stops the server where it still runs.
func (c *child) end() {
	if c.process.ProcessState != nil {
		return
	}
	if err := c.input.Close(); err != nil {
		c.t.Error(err)
	}
	if err := c.process.Wait(); err != nil {
		c.t.Errorf("the server ended: %v", err)
	}
}
