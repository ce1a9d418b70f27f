package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sallyport/sallyport/internal/keyring"
)

// databaseFile returns the path of the embedded database.
func (v *visit) databaseFile() string { return filepath.Join(v.Config.Data, "sallyport.db") }

// folder looks at who may read the data folder and the database in it (KY4).
func (v *visit) folder(context.Context) {
	if v.Config.Database != "" {
		return
	}
	info, err := os.Stat(v.Config.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.warn("folder", "the first start makes it; is it named right? see --data", "there is no data folder %s yet", v.Config.Data)
		return
	case err != nil:
		v.fail("folder", "", "the data folder cannot be looked at: %v", err)
		return
	case !info.IsDir():
		v.fail("folder", "name a folder with --data", "%s is not a folder", v.Config.Data)
		return
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		v.warn("folder", "run: chmod 700 "+v.Config.Data, "%s can be entered by others (mode %04o)", v.Config.Data, mode)
	} else {
		v.ok("folder", "%s is its owner's alone", v.Config.Data)
	}
	all, err := filepath.Glob(v.databaseFile() + "*")
	if err != nil || len(all) == 0 {
		return // the check of the database says so
	}
	for _, path := range all {
		file, err := os.Stat(path)
		switch {
		case err != nil:
			continue // -wal and -shm come and go
		case file.Mode().Perm()&0o077 != 0:
			v.fail("file", "run: chmod 600 "+path, "%s can be read by others (mode %04o)", path, file.Mode().Perm())
			return
		case !sameOwner(info, file):
			v.fail("file", "give it the owner of the folder: chown --reference="+v.Config.Data+" "+path, "%s does not belong to the owner of the data folder; the server may not be able to write it", path)
			return
		}
	}
	v.ok("file", "%s is its owner's alone", v.databaseFile())
}

// keyFile looks at the master key's file (KY2).
func (v *visit) keyFile(context.Context) {
	path := v.Config.KeyPath()
	if inside(v.Config.Data, path) && v.Config.Database == "" {
		v.fail("key-file", "stop the server, move it out, and name its place with --key-file", "%s is inside the data folder: whoever copies the one has the other", path)
		return
	}
	_, err := keyring.ReadMaster(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.warn("key-file", "the first start makes it; with a database that has keys, put the right file there", "there is no master key %s", path)
		return
	case errors.Is(err, fs.ErrPermission):
		v.fail("key-file", "run this as the user of the server", "%s cannot be read", path)
		return
	case err != nil:
		text, hint, _ := strings.Cut(err.Error(), "; ")
		v.fail("key-file", hint, "%s", text)
		return
	}
	if _, err := os.Stat(keyring.Next(path)); err == nil {
		v.warn("key-file", "finish it: sallyport key rotate --master; or remove that file if nothing was begun", "%s waits to replace the master key", keyring.Next(path))
		return
	}
	v.ok("key-file", "%s is its owner's alone; is there a copy of it somewhere safe?", path)
}

// inside reports whether path is in folder or below it.
func inside(folder, path string) bool {
	whole := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		if real, err := filepath.EvalSymlinks(p); err == nil {
			p = real
		}
		return p
	}
	rel, err := filepath.Rel(whole(folder), whole(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// How much of the disk must be free.
const (
	mebi     = 1 << 20
	diskWarn = 1024 * mebi
	diskFail = 100 * mebi
)

// disk looks at the room that is left for the embedded database.
func (v *visit) disk(context.Context) {
	if v.Config.Database != "" {
		return
	}
	free, ok := FreeDisk(v.Config.Data)
	switch {
	case !ok:
		return // no folder yet, or a system that does not say
	case free < diskFail:
		v.fail("disk", "make room now: a full disk ends all writing", "%d MiB are free", free/mebi)
	case free < diskWarn:
		v.warn("disk", "make room", "%d MiB are free", free/mebi)
	default:
		v.ok("disk", "%d GiB are free", free/mebi/1024)
	}
}
