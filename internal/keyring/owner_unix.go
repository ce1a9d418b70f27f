//go:build unix

package keyring

import (
	"os"
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
