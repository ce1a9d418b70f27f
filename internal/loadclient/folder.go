package loadclient

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The folders within a watched one: where a file is while it is loaded, and where it
// goes then.
const (
	working = "working"
	loaded  = "done"
	failed  = "failed"
)

const (
	watchLock = ".sallyport.lock"
	// stamped is the time in front of a name, as the folders that a server watches
	// have it.
	stamped = "20060102T150405.000000Z"
	// lookedAt bounds how many files of a folder are looked at.
	lookedAt = 10_000
)

// ErrWatched: a folder is watched by one program at a time.
var ErrWatched = errors.New("another program watches it")

// Folder is a folder of this machine whose files are loaded as they come. No name
// that is opened in it leads out, not even over a link. Close it.
type Folder struct {
	root  *os.Root
	lock  *os.File
	clock core.Clock
	seen  map[string]fs.FileInfo // as they were at the last look
}

// OpenFolder begins to watch a folder: it finds out at once whether it may move files
// there, and that nobody else watches it. Who is killed watches no more.
func OpenFolder(name string, clock core.Clock) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	d := &Folder{root: root, clock: clock, seen: map[string]fs.FileInfo{}}
	if err := d.open(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Folder) open() (err error) {
	if d.lock, err = d.root.OpenFile(watchLock, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := alone(d.lock); err != nil {
		return err
	}
	for _, name := range []string{working, loaded, failed} {
		if err := d.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if is, err := d.root.Lstat(name); err != nil || !is.IsDir() {
			return errors.Join(fmt.Errorf("%s in it is no folder", name), err)
		}
	}
	for _, name := range []string{".", working, loaded, failed} {
		if err := d.write(name+"/.sallyport.try", func(io.Writer) error { return nil }); err != nil {
			return err
		}
		if err := d.root.Remove(name + "/.sallyport.try"); err != nil {
			return err
		}
	}
	_, err = d.files(".")
	return err
}

// Close ends watching it.
func (d *Folder) Close() error {
	if d.lock == nil {
		return d.root.Close()
	}
	return errors.Join(d.lock.Close(), d.root.Close())
}

// write writes a new file that only its owner reads, whole or not at all.
func (d *Folder) write(name string, write func(io.Writer) error) error {
	part := path.Dir(name) + "/." + path.Base(name) + ".part"
	if err := d.root.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := d.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, d.root.Remove(part))
	}
	return d.root.Rename(part, name)
}

// files are the regular files of a folder that people put there, the oldest first.
func (d *Folder) files(name string) ([]fs.FileInfo, error) {
	dir, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := dir.ReadDir(lookedAt)
	if err = errors.Join(err, dir.Close()); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var all []fs.FileInfo
	every := core.LoadSource{Name: "*"} // of those that a server would take
	for _, e := range entries {
		if !e.Type().IsRegular() || !every.Takes(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	return all, nil
}

// Look returns the names of files to load that have not changed since the last look,
// the oldest first, and of those that came meanwhile and are none to load.
func (d *Folder) Look() (ready, others []string, err error) {
	all, err := d.files(".")
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]fs.FileInfo{}
	for _, is := range all {
		name := is.Name()
		was := d.seen[name]
		seen[name] = is
		switch ext := strings.ToLower(path.Ext(name)); {
		case ext == ".part" || ext == ".tmp":
		case ext != ".csv" && ext != ".tsv" && ext != ".xlsx":
			if was == nil {
				others = append(others, name)
			}
		case was != nil && was.Size() == is.Size() && was.ModTime().Equal(is.ModTime()) && os.SameFile(was, is):
			ready = append(ready, name)
		}
	}
	d.seen = seen
	return ready, others, nil
}

// Taken is a file that was taken to be loaded.
type Taken struct {
	Name string // as it was put there
	as   string
	in   *Folder
}

// Take takes a file: from now on one of its name is another one. An error that is
// fs.ErrNotExist: it went away.
func (d *Folder) Take(name string) (*Taken, error) {
	t := &Taken{Name: name, in: d}
	for now := d.clock(); ; now = now.Add(time.Microsecond) {
		t.as = now.UTC().Format(stamped) + "-" + name
		if _, err := d.root.Lstat(working + "/" + t.as); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	return t, d.root.Rename(name, working+"/"+t.as)
}

// Left are the files that were taken and not done: whoever took them was killed.
func (d *Folder) Left() ([]*Taken, error) {
	all, err := d.files(working)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int { return cmp.Compare(a.Name(), b.Name()) })
	var left []*Taken
	for _, is := range all {
		at, name, _ := strings.Cut(is.Name(), "-")
		if _, err := time.Parse(stamped, at); err == nil && name != "" {
			left = append(left, &Taken{Name: name, as: is.Name(), in: d})
		}
	}
	return left, nil
}

// Open opens it to be read. A link, a folder or a pipe is no file.
func (t *Taken) Open(how How) (*File, error) {
	name := working + "/" + t.as
	info, err := t.in.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: t.Name, Err: errors.New("it is no file")}
	}
	// Whoever may write into the folder could put a pipe in its place meanwhile, and
	// opening that would wait for somebody who writes.
	in, err := t.in.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return read(in, t.Name, how)
}

func (t *Taken) note() string { return working + "/." + t.as + ".load" }

// Keep notes which load is that of the file, for whoever goes on with it.
func (t *Taken) Keep(load string) error {
	return t.in.write(t.note(), func(to io.Writer) error {
		_, err := io.WriteString(to, load)
		return err
	})
}

// Load is the load that was noted; empty: there is none.
func (t *Taken) Load() string {
	raw, err := t.in.root.ReadFile(t.note())
	if err != nil || len(raw) > 100 {
		return "" // without it the file is loaded anew, and what is there is unchanged
	}
	return string(raw)
}

// Forget lets the file be loaded anew.
func (t *Taken) Forget() error {
	if err := t.in.root.Remove(t.note()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Write writes the rows that could not be taken beside the file, where it will be, and
// returns under which name.
func (t *Taken) Write(rows func(io.Writer) error) (string, error) {
	name := failed + "/" + strings.TrimSuffix(t.as, path.Ext(t.as)) + ".failed.csv"
	return name, t.in.write(name, rows)
}

// Done moves the file to those that are loaded, or to those that somebody has to look
// at, under a name that none of them has, and returns that.
func (t *Taken) Done(well bool) (string, error) {
	to := failed + "/" + t.as
	if well {
		to = loaded + "/" + t.as
	}
	if _, err := t.in.root.Lstat(to); err == nil {
		return "", fmt.Errorf("there is a %s already", to)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := t.in.root.Rename(working+"/"+t.as, to); err != nil {
		return "", err
	}
	return to, t.Forget()
}
