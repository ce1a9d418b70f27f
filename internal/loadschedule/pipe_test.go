//go:build unix

package loadschedule_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAPipeHoldsNobodyUp: whoever may write into a folder puts a pipe in the place of a
// file between the look at it and its opening. Nobody writes into it, and a turn that
// waited for that would be the last of this server.
func TestAPipeHoldsNobodyUp(t *testing.T) {
	d := newDesk(t, nil)
	d.save(d.want(watching("*.csv"), ""))
	at := func(name string) string { return filepath.Join(d.folder, name) }
	d.put("file", header+"ana@example.com,Ana,Diaz\n")
	d.must(syscall.Mkfifo(at("pipe"), 0o600))
	d.pass(time.Minute)
	stop, swapped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			for _, name := range []string{"file", "pipe"} {
				select {
				case <-stop:
					swapped <- nil
					return
				default:
				}
				_ = os.Link(at(name), at("next")) // these fail where a turn was faster
				_ = os.Rename(at("next"), at("staff.csv"))
			}
		}
	}()
	for range 400 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.pass(time.Minute)
			d.turn()
		}()
		select {
		case <-done:
			continue
		case <-time.After(20 * time.Second):
			t.Error("a turn waits for a pipe")
		}
		if w, err := os.OpenFile(at("pipe"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = w.Close()
		}
		<-done
		break
	}
	close(stop)
	<-swapped
}
