package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "http":
		return serve(os.Stdin, os.Stdout)
	case len(args) == 2 && args[0] == "argon2":
		d, err := time.ParseDuration(args[1])
		if err != nil {
			return err
		}
		hash(d, os.Stdout)
		return nil
	}
	return errors.New("usage: floor http | floor argon2 DURATION")
}

// serve reads one answer as JSON, prints where it listens, and writes that
// answer to every request until its input ends.
func serve(in io.Reader, out io.Writer) error {
	var answer struct {
		Status int
		Header [][2]string
		Body   []byte
	}
	commands := json.NewDecoder(in)
	if err := commands.Decode(&answer); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for _, line := range answer.Header {
			h[line[0]] = []string{line[1]}
		}
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.Body) // a client that went away is not waited for
	})}
	go func() {
		_, _ = io.Copy(io.Discard, in) // whoever started us holds the other end
		_ = server.Close()
	}()
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return err
	}
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// hash computes for d and prints how many hashes were made in how many
// nanoseconds. The cost is the server's default: 64 MiB, one pass, one lane.
func hash(d time.Duration, out io.Writer) {
	var made atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for core := range runtime.GOMAXPROCS(0) {
		salt := []byte("sixteen bytes " + strconv.Itoa(core))
		all.Go(func() {
			for time.Since(began) < d {
				argon2.IDKey([]byte("a password like many others"), salt, 1, 64<<10, 1, 32)
				made.Add(1)
			}
		})
	}
	all.Wait()
	_, _ = fmt.Fprintln(out, made.Load(), time.Since(began).Nanoseconds()) // without a reader nobody misses it
}
