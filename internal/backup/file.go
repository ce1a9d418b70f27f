package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/core"
)

// ErrExists says that a file of that name is there already.
var ErrExists = core.NewError(core.Conflict, "backup.exists")

// WriteFile makes a file that only its owner reads. It has its name only when
// write has filled it and it is on the disk; until then, and where write fails,
// the name stays as it was. Without force a file that is there is never
// replaced.
func WriteFile(path string, force bool, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return ErrExists.With("file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*") // made with mode 0600
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = name(f.Name(), path, force)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// name gives a whole file its name.
func name(from, to string, force bool) error {
	if force {
		return os.Rename(from, to)
	}
	err := os.Link(from, to)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists.With("file", to) // it came meanwhile
	}
	if err != nil {
		// Some file systems, as of memory sticks, know one name for a file only.
		if _, there := os.Lstat(to); !errors.Is(there, fs.ErrNotExist) {
			return err
		}
		return os.Rename(from, to)
	}
	return os.Remove(from)
}

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
