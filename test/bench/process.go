package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// programs are the two that are measured, built once for a run.
type programs struct{ sallyport, floor string }

// build makes both the way a release is made.
func build(ctx context.Context, dir string) (programs, error) {
	p := programs{filepath.Join(dir, "sallyport"), filepath.Join(dir, "floor")}
	for out, from := range map[string]string{p.sallyport: "./cmd/sallyport", p.floor: "./test/bench/floor"} {
		c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, from)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := c.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s: %w\n%s", from, err, said)
		}
	}
	return p, nil
}

// server is a Sallyport in a process of its own.
type server struct {
	*exec.Cmd
	address string
	said    *bytes.Buffer // what it logged, for when it does not start
	ended   chan error
	startup time.Duration // from the start of the process to the first 200 of /readyz
}

// startLimit is how long a server may take to be ready.
const startLimit = 60 * time.Second

// serve starts the built server on a database and waits until it is ready. It
// runs as it would anywhere: no development mode, log on.
func (p programs) serve(ctx context.Context, db *database) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{address: address, said: &bytes.Buffer{}, ended: make(chan error, 1)}
	s.Cmd = exec.Command(p.sallyport, "serve", "--addr", address, "--base-url", "http://"+address, "--data", db.data,
		"--trusted-proxies", "127.0.0.1/32")
	s.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	if db.dsn != "" {
		s.Env = append(s.Env, "SALLYPORT_DATABASE="+db.dsn)
	}
	log, err := os.Create(filepath.Join(filepath.Dir(db.data), "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.Stdout, s.Stderr = s.said, log
	began := time.Now()
	if err := s.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.Wait() }()
	if err := s.untilReady(ctx); err != nil {
		s.stop()
		tail, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("start the server: %w\n%s%s", err, s.said, tail)
	}
	s.startup = time.Since(began)
	return s, nil
}

func (s *server) untilReady(ctx context.Context) error {
	ask := time.NewTicker(time.Millisecond)
	defer ask.Stop()
	limit := time.After(startLimit)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return errors.New("not ready in time")
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ask.C:
			if s.ready() {
				return nil
			}
		}
	}
}

func (s *server) ready() bool {
	c, err := dial(s.address)
	if err != nil {
		return false
	}
	defer c.close()
	a, err := c.do("/readyz", nil)
	return err == nil && a.Status == 200
}

// stop ends the server as an operator would, and for good if it will not.
func (s *server) stop() {
	_ = s.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-s.ended:
	case <-time.After(25 * time.Second):
		_ = s.Process.Kill() // it may end at this very moment
		<-s.ended
	}
}

// bare starts the bare server with an answer.
func (p programs) bare(ctx context.Context, a answer) (*floorServer, error) {
	s := &floorServer{Cmd: exec.CommandContext(ctx, p.floor, "http")}
	in, err := s.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	s.end = func() {
		_ = in.Close() // it ends with its input
		_ = s.Wait()   // however it ended, it is over
	}
	if err := json.NewEncoder(in).Encode(a); err != nil {
		s.end()
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.end()
		return nil, err
	}
	s.address = strings.TrimSpace(line)
	return s, nil
}

type floorServer struct {
	*exec.Cmd
	address string
	end     func()
}

// hashing is what a turn of nothing but hashing came to.
type hashing struct {
	perSecond float64
	share     float64 // of the cores that it got, 1 for all: less where others are at work
	peak      float64 // memory at most, MB
}

// hashes measures the raw rate of Argon2id.
func (p programs) hashes(ctx context.Context, d time.Duration) (hashing, error) {
	c := exec.CommandContext(ctx, p.floor, "argon2", d.String())
	out, err := c.Output()
	if err != nil {
		return hashing{}, fmt.Errorf("raw hashes: %w", err)
	}
	var made, took int64
	if _, err := fmt.Sscan(string(out), &made, &took); err != nil {
		return hashing{}, err
	}
	elapsed, used := time.Duration(took).Seconds(), c.ProcessState.UserTime()+c.ProcessState.SystemTime()
	h := hashing{perSecond: float64(made) / elapsed, share: used.Seconds() / elapsed / float64(runtime.GOMAXPROCS(0))}
	if use, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		h.peak = float64(use.Maxrss) * 1024 / 1e6
	}
	return h, nil
}

// version measures the start and end of the smallest thing the program does.
func (p programs) version(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	err := exec.CommandContext(ctx, p.sallyport, "version").Run()
	return time.Since(began), err
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
