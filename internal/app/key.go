package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// keyStore keeps the wrapped data keys.
type keyStore interface {
	Keys(ctx context.Context) ([]core.StoredKey, error)
	AddKey(ctx context.Context, k core.StoredKey, replaces string) error
}

// openRing opens the key ring: the master key from its file, the data keys from
// the database. At the very first start both are made; made says so, once,
// because losing the file loses every secret. A database that has keys but
// whose file is gone is never given new ones.
func openRing(ctx context.Context, store keyStore, path string, clock core.Clock, random core.Random) (ring *secret.Ring, made bool, err error) {
	stored, err := store.Keys(ctx)
	if err != nil {
		return nil, false, err
	}
	master, err := readMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(stored) > 0 {
			return nil, false, fmt.Errorf("the master key file %s is missing: without it no secret in this database can be read; put the file back", path)
		}
		master, err = makeMaster(path, random)
		made = true
	}
	if err != nil {
		return nil, false, err
	}
	if len(stored) == 0 {
		k := secret.NewWrappedKey(master, "k1", random)
		first := core.StoredKey{ID: k.ID, Wrapped: k.Wrapped, Active: true, CreatedAt: clock()}
		if err := store.AddKey(ctx, first, ""); err != nil && !errors.Is(err, core.ErrTaken) {
			return nil, false, err
		}
		// Another replica may have made the first key at the same moment.
		if stored, err = store.Keys(ctx); err != nil {
			return nil, false, err
		}
	}
	ring, err = unwrap(master, stored)
	if core.CodeOf(err) == "key.wrong" {
		return nil, false, fmt.Errorf("the master key in %s is not the one of this database: %w", path, err)
	}
	return ring, made, err
}

// unwrap opens the data keys with the master key.
func unwrap(master []byte, stored []core.StoredKey) (*secret.Ring, error) {
	wrapped := make([]secret.WrappedKey, len(stored))
	for i, k := range stored {
		wrapped[i] = secret.WrappedKey{ID: k.ID, Wrapped: k.Wrapped, Active: k.Active}
	}
	return secret.OpenRing(master, wrapped)
}

// readMaster reads the key file: 32 bytes in base64, one line, readable by its
// owner alone (KY2).
func readMaster(path string) ([]byte, error) {
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
// name, and never replaces a file: of several first starts at once all take the
// key of the one that was first.
func makeMaster(path string, random core.Random) ([]byte, error) {
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
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path)
	}
	if gone := os.Remove(f.Name()); gone != nil && err == nil {
		err = gone
	}
	if errors.Is(err, fs.ErrExist) {
		return readMaster(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
