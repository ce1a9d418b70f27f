package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "measure only what has this name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if what := os.Getenv(childVariable); what != "" {
		err = loadAlone(ctx, what, flag.Arg(0), flag.Arg(1))
	} else {
		err = run(ctx, *only)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// people is how many the large databases hold, and few the small ones.
const (
	people = 100_000
	few    = 1_000
)

// suite is one run.
type suite struct {
	programs
	dir    string
	filled map[string]*database
}

// benchmark is one measurement. It runs once for each of its databases; one
// that touches none has a single empty name.
type benchmark struct {
	name, group string
	rows        []string // further rows it writes
	databases   []string
	run         func(s *suite, ctx context.Context, kind string) ([]row, error)
}

func benchmarks() []benchmark {
	both := []string{"sqlite", "postgres"}
	signins := func(at int) func(*suite, context.Context, string) ([]row, error) {
		return func(s *suite, ctx context.Context, kind string) ([]row, error) { return s.signins(ctx, kind, at) }
	}
	return []benchmark{
		{"signin_2", "signin", []string{"signin_2_busy", "signin_2_quiet"}, both, signins(2)},
		{"signin_16", "signin", []string{"signin_16_busy", "signin_16_quiet"}, both, signins(16)},
		{"signin_64", "signin", []string{"signin_64_busy", "signin_64_quiet", "memory_signin", "memory_signin_peak"}, both, signins(64)},
		{"session_check", "", []string{"session_check_p99"}, both, (*suite).sessionCheck},
		{"forward_auth", "", []string{"forward_auth_p99"}, both, (*suite).forwardAuth},
		{"api_key", "", []string{"api_key_p99"}, both, (*suite).apiKey},
		{"totp_verify", "", []string{"totp_verify_allocations"}, []string{""}, (*suite).totpVerify},
		{"cold_start", "", nil, both, (*suite).coldStart},
		{"memory_idle", "", nil, both, (*suite).memoryIdle},
		{"signin_1k_vs_100k", "", nil, both, (*suite).fewAndMany},
		{"audit_filter", "audit", []string{"audit_filter_nothing"}, both, (*suite).auditFilter},
		{"audit_verify", "audit", []string{"audit_verify_database"}, both, (*suite).auditVerify},
		{"audit_write", "audit", []string{"audit_write_rows"}, both, (*suite).auditWrite},
		{"users_search", "", []string{"users_search_inside"}, both, (*suite).usersSearch},
		{"bulk", "", []string{"bulk_calls"}, both, (*suite).bulk},
		{"reset_request", "", nil, both, (*suite).resets},
		{"rehearsal", "", nil, both, (*suite).rehearsal},
		{"xlsx", "", []string{"xlsx_peak"}, []string{""}, (*suite).sheets},
		{"load", "", []string{"load_again", "load_memory"}, both, (*suite).load},
	}
}

// wanted reports whether a benchmark has, or is of, the name asked for.
func (b benchmark) wanted(only string) bool {
	return only == "" || only == b.name || only == b.group || slices.Contains(b.rows, only)
}

func run(ctx context.Context, only string) error {
	var chosen []benchmark
	for _, b := range benchmarks() {
		if b.wanted(only) {
			chosen = append(chosen, b)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("there is no benchmark %q", only)
	}
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("run it from the folder of go.mod: make bench")
	}
	dir, err := os.MkdirTemp("", "sallyport-bench.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's own user works in it
		return err
	}
	s := &suite{dir: dir, filled: map[string]*database{}}
	defer s.drop()
	if s.programs, err = build(ctx, dir); err != nil {
		return err
	}
	began := time.Now()
	var rows []row
	for _, b := range chosen {
		found, err := s.measure(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		rows = append(rows, found...)
	}
	fmt.Printf("measured in %s\n", time.Since(began).Round(time.Second))
	return report(rows)
}

// measure runs a benchmark on its databases and prints what it found.
func (s *suite) measure(ctx context.Context, b benchmark) ([]row, error) {
	var all []row
	for _, kind := range b.databases {
		rows, err := b.run(s, ctx, kind)
		if errors.Is(err, errNoPostgres) {
			fmt.Printf("%-24s %-9s %v\n", b.name, kind, err)
			continue
		}
		if err != nil {
			return all, err
		}
		for _, r := range rows {
			fmt.Println(r)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// database returns one of that kind and size, filled at its first use.
func (s *suite) database(ctx context.Context, kind string, people int) (*database, error) {
	name := fmt.Sprintf("%s-%d", kind, people)
	if db := s.filled[name]; db != nil {
		return db, nil
	}
	db, err := fill(ctx, filepath.Join(s.dir, name), kind, people)
	if db != nil {
		s.filled[name] = db
	}
	return db, err
}

func (s *suite) drop() {
	for _, db := range s.filled {
		db.drop()
	}
}

// start starts a server on a database of that kind and size.
func (s *suite) start(ctx context.Context, kind string, people int) (*server, *database, error) {
	db, err := s.database(ctx, kind, people)
	if err != nil {
		return nil, nil, err
	}
	server, err := s.serve(ctx, db)
	return server, db, err
}
