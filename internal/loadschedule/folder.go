package loadschedule

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The numbers of folders.
const (
	// still is how long a file must not have changed: whoever writes it is done.
	still = 10 * time.Second
	// taken is where files of a watched folder go.
	taken = "taken"
	// most is how large a file is whose bytes are looked at before it is taken in; a
	// larger one is refused by that.
	most = 50 << 20
	// looked bounds how many files of a folder are looked at.
	looked = 10_000
)

var (
	errFolder  = core.NewError(core.Unavailable, "schedule.folder")
	errNoFile  = core.NewError(core.NotFound, "schedule.file_gone")
	errChanged = core.NewError(core.Conflict, "schedule.file_changes")
	errNoMove  = core.NewError(core.Conflict, "schedule.not_moved")

	// errNothing: no file waits in a watched folder.
	errNothing = errors.New("nothing to take")
)

// folder is one that the operator named. No name that is opened in it leads out, not
// even over a link.
type folder struct {
	root  *os.Root
	clock core.Clock
}

func openFolder(p Place, clock core.Clock) (folder, error) {
	root, err := os.OpenRoot(p.Path)
	if err != nil {
		return folder{}, errFolder.With("name", p.Name).Because(err)
	}
	return folder{root, clock}, nil
}

// found is a file that was opened. Whoever opens it closes it.
type found struct {
	*os.File
	name string
	info fs.FileInfo
	hash string // of what was read through before; empty: nobody did
}

// file opens a file by its name. A link, a folder or a pipe is none.
func (d folder) file(name string) (*found, error) {
	info, err := d.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, errNoFile.With("name", name).Because(err)
	}
	// Whoever may write into the folder could put a pipe in its place meanwhile, and
	// opening that would wait for somebody who writes.
	f, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, errNoFile.With("name", name).Because(err)
	}
	now, err := f.Stat()
	if err != nil || !os.SameFile(info, now) {
		return nil, errors.Join(errNoFile.With("name", name).Because(err), f.Close())
	}
	if d.clock().Sub(now.ModTime()) < still {
		return nil, errors.Join(errChanged.With("name", name), f.Close())
	}
	return &found{File: f, name: name, info: now}, nil
}

// same refuses a file that was written to since it was opened.
func (f *found) same() error {
	now, err := f.Stat()
	if err == nil && now.Size() == f.info.Size() && now.ModTime().Equal(f.info.ModTime()) {
		return nil
	}
	return errChanged.With("name", f.name).Because(err)
}

// waiting opens the oldest file that a source is for; errNothing where there is none
// that has come to rest.
func (d folder) waiting(ctx context.Context, s core.LoadSource) (*found, error) {
	all, err := d.names(s)
	if err != nil {
		return nil, errFolder.With("name", s.Place).Because(err)
	}
	for _, name := range all {
		f, err := d.file(name)
		if errors.Is(err, errChanged) || errors.Is(err, errNoFile) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := f.read(ctx); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	return nil, errNothing
}

// names are the regular files that a source is for, the oldest first.
func (d folder) names(s core.LoadSource) ([]string, error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	entries, err := dir.ReadDir(looked)
	if err = errors.Join(err, dir.Close()); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	type aged struct {
		name string
		at   time.Time
	}
	var all []aged
	for _, e := range entries {
		if !e.Type().IsRegular() || !s.Takes(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil {
			all = append(all, aged{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b aged) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.name
	}
	return names, nil
}

// read reads a file through, for its hash, and goes back to its beginning.
func (f *found) read(ctx context.Context) error {
	if f.info.Size() > most {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, reading{ctx, io.LimitReader(f, most)}); err != nil {
		return err
	}
	f.hash = hex.EncodeToString(sum.Sum(nil))
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// move puts a file that was taken among the others that were, under a name that
// none of them has. Another one that has come in its place stays for the next turn.
func (d folder) move(f *found, now time.Time) error {
	bad := func(err error) error { return errNoMove.With("name", f.name).Because(err) }
	if err := d.root.Mkdir(taken, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return bad(err)
	}
	info, err := d.root.Lstat(taken)
	if err != nil || !info.IsDir() {
		return bad(err)
	}
	if !d.is(f, f.name) {
		return nil
	}
	to := taken + "/" + now.UTC().Format("20060102T150405.000000Z") + "-" + f.name
	if err := d.root.Rename(f.name, to); err != nil {
		return bad(err)
	}
	if d.is(f, to) {
		return nil
	}
	// It came between the look and the move: it goes back, unless a third one came, which
	// is newer still.
	err = d.root.Link(to, f.name)
	if err == nil {
		err = d.root.Remove(to)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return bad(err)
	}
	return nil
}

// is reports whether a name is that of a file that was opened.
func (d folder) is(f *found, name string) bool {
	now, err := d.root.Lstat(name)
	return err == nil && os.SameFile(f.info, now)
}

// reading ends with its context.
type reading struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
