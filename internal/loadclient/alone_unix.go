//go:build unix

package loadclient

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// alone keeps every other program that asks for the same away until the file is
// closed, or this one is gone; [ErrWatched] where another one is there.
func alone(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrWatched
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}
