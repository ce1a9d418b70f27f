package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// coldStart measures from the start of the process to the first 200 of
// /readyz, beside the start and end of a process that only prints its version.
func (s *suite) coldStart(ctx context.Context, kind string) ([]row, error) {
	db, err := s.database(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	const starts = 7
	var full, least []float64
	for range starts {
		floor, err := s.version(ctx)
		if err != nil {
			return nil, err
		}
		server, err := s.serve(ctx, db)
		if err != nil {
			return nil, err
		}
		server.stop()
		full, least = append(full, milliseconds(server.startup)), append(least, milliseconds(floor))
	}
	return []row{turn{middle(full), middle(least)}.row("cold_start", kind, "ms", "value <= 300")}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// memoryIdle measures what a server holds that has been ready and unused for
// five seconds, beside a bare one.
func (s *suite) memoryIdle(ctx context.Context, kind string) ([]row, error) {
	server, _, err := s.start(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	bare, err := s.bare(ctx, answer{Status: 200})
	if err != nil {
		return nil, err
	}
	defer bare.end()
	c, err := dial(bare.address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if _, err := c.do("/", nil); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(5 * time.Second):
	}
	ours, err := memory(server.Process.Pid, "VmRSS")
	if err != nil {
		return nil, err
	}
	floor, err := memory(bare.Process.Pid, "VmRSS")
	if err != nil {
		return nil, err
	}
	return []row{turn{ours, floor}.row("memory_idle", kind, "MB", "value <= 60")}, nil
}

// totpVerify measures one check of an authenticator's code beside three plain
// HMAC-SHA-1 values, with the benchmarks that stand beside the code.
func (s *suite) totpVerify(ctx context.Context, _ string) ([]row, error) {
	program := filepath.Join(s.dir, "otp.test")
	if said, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./internal/otp").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, said)
	}
	const check, floor = "BenchmarkCheck", "BenchmarkThreeHMAC"
	var turns []turn
	allocations := 0.0
	for range 7 {
		out, err := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench=^("+check+"|"+floor+")$", "-test.benchtime=300ms", "-test.cpu=1").Output()
		if err != nil {
			return nil, err
		}
		ours, each, err := benchLine(string(out), check)
		if err != nil {
			return nil, err
		}
		least, _, err := benchLine(string(out), floor)
		if err != nil {
			return nil, err
		}
		turns, allocations = append(turns, turn{ours, least}), max(allocations, each)
	}
	return []row{
		median(turns).row("totp_verify", "", "ns", "ratio <= 1.20"),
		alone("totp_verify_allocations", "", "allocations", allocations, "value <= 0"),
	}, nil
}

// benchLine reads "BenchmarkCheck  123  456 ns/op  0 B/op  0 allocs/op".
func benchLine(out, name string) (nanoseconds, allocations float64, err error) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 8 || fields[0] != name {
			continue
		}
		nanoseconds, err = strconv.ParseFloat(fields[2], 64)
		if err == nil {
			allocations, err = strconv.ParseFloat(fields[6], 64)
		}
		return nanoseconds, allocations, err
	}
	return 0, 0, errors.New("no result of " + name)
}
