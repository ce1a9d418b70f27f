package keyring

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Next returns where the master key waits that is to replace the one at path.
func Next(path string) string { return path + ".next" }

// ReadMaster reads a key file: 32 bytes in base64, one line, readable by its
// owner alone (KY2).
func ReadMaster(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key: %s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(raw)))
	if err != nil || len(key) != secret.MasterBytes {
		return nil, fmt.Errorf("master key: %s must hold 32 bytes in base64", path)
	}
	return key, nil
}

// makeMaster writes a new key. It is whole and on the disk before it has its
// name, and never replaces a file: of several that make it at once all take the
// key of the one that was first. Where like is set, the file belongs to the
// owner of that one.
func makeMaster(path, like string, random core.Random) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key := make([]byte, secret.MasterBytes)
	random(key)
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && like != "" {
		err = sameOwner(f.Name(), like)
	}
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	if gone := os.Remove(f.Name()); gone != nil && err == nil {
		err = gone
	}
	if errors.Is(err, fs.ErrExist) {
		return ReadMaster(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, syncFolder(filepath.Dir(path))
}

// moveMaster puts the key of next in the place of the one at path, which stays
// under the name as, or that with a number where another key has it. There is a
// key at path at every moment.
func moveMaster(path, as string) (kept string, err error) {
	kept = as
	err = os.Link(path, kept)
	for n := 2; errors.Is(err, fs.ErrExist) && !sameFile(path, kept); n++ {
		kept = as + "-" + strconv.Itoa(n)
		err = os.Link(path, kept)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep the old master key: %w", err)
	}
	if err := os.Rename(Next(path), path); err != nil {
		return "", fmt.Errorf("put the new master key in its place: %w", err)
	}
	return kept, syncFolder(filepath.Dir(path))
}

// sameFile reports whether two names are of one file: a run that was broken off
// gave it the second one.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
