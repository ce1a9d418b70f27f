//go:build unix

package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// sameOwner gives a file the owner of another: an operator who works as root
// must not make a key file that the server cannot read.
func sameOwner(path, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Getuid() && int(stat.Gid) == os.Getgid() {
		return nil
	}
	return os.Chown(path, int(stat.Uid), int(stat.Gid))
}

// lockFolder keeps every other replacement of the key file at path away until
// it is released, or the process is gone. It does not wait: ok is false where
// another one is at work.
func lockFolder(path string) (release func() error, ok bool, err error) {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, d.Close()
	}
	if err != nil {
		return nil, false, errors.Join(err, d.Close())
	}
	return d.Close, true, nil
}
