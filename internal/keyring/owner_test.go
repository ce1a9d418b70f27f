//go:build unix

package keyring_test

import (
	"os"
	"syscall"
	"testing"
)

// TestNewMasterBelongsToTheServer: an operator who works as root makes a key
// file that the server's user can read, as the one before.
func TestNewMasterBelongsToTheServer(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not run: only root can give files away")
	}
	const server = 12345
	p := newPlace(t)
	k := p.mustOpen()
	if err := os.Chown(p.path, server, server); err != nil {
		t.Fatal(err)
	}
	next, err := k.PrepareMaster()
	if err != nil {
		t.Fatal(err)
	}
	belongs := func(path string) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid != server || stat.Gid != server || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %+v, mode %v", path, info.Sys(), info.Mode())
		}
	}
	belongs(next)
	kept, err := p.rotation(k).ReplaceMaster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	belongs(p.path)
	belongs(kept)
}
