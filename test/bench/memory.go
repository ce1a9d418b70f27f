package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// memory reads a line of a process's status, such as VmRSS or VmHWM, in MB of
// a million bytes.
func memory(pid int, line string) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory can be read on Linux only: %w", err)
	}
	for text := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(text, ":")
		if name == line {
			n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return n * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("no %s in the status of process %d", line, pid)
}

// watcher samples what a process holds, ten times a second while it is on.
type watcher struct {
	pid     int
	on      atomic.Bool
	stop    chan struct{}
	samples chan []float64
}

func watch(pid int) *watcher {
	w := &watcher{pid: pid, stop: make(chan struct{}), samples: make(chan []float64, 1)}
	go w.run()
	return w
}

func (w *watcher) run() {
	var samples []float64
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			w.samples <- samples
			return
		case <-tick.C:
			if now, err := memory(w.pid, "VmRSS"); err == nil && w.on.Load() {
				samples = append(samples, now)
			}
		}
	}
}

// end returns the median of the samples and the most the process ever held.
func (w *watcher) end() (steady, peak float64) {
	close(w.stop)
	samples := <-w.samples
	peak, _ = memory(w.pid, "VmHWM") // zero where it cannot be read, as are the samples
	return middle(samples), peak
}

// middle returns the median, zero of nothing.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
