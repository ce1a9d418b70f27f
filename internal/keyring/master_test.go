package keyring_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/secret"
)

// fileOf reads a key file; "" where there is none.
func fileOf(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(raw)
}

// olds are the master keys that were kept.
func (p *place) olds() []string {
	p.t.Helper()
	all, err := filepath.Glob(p.path + ".old-*")
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func TestReplaceMaster(t *testing.T) {
	p := newPlace(t)
	running := p.mustOpen()
	ids := p.people(running.Ring(), 3)
	p.rotate() // so that there are two data keys
	before := fileOf(t, p.path)
	kept, err := p.rotation(p.mustOpen()).ReplaceMaster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after := fileOf(t, p.path); after == before || fileOf(t, kept) != before || fileOf(t, keyring.Next(p.path)) != "" {
		t.Errorf("the key file is the old one: %v, the old one is kept: %v", after == before, fileOf(t, kept) == before)
	}
	for _, path := range []string{p.path, kept} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	p.readable(running.Ring(), ids)
	if err := running.Reload(t.Context()); err != nil || running.Waiting() {
		t.Errorf("the running process cannot follow: %v", err)
	}
	p.readable(p.mustOpen().Ring(), ids)
	// The running process goes on to the next data key, which only the new
	// master key opens.
	report := p.rotate()
	p.readable(running.Ring(), ids)
	if running.Ring().ActiveKey() != report.Active {
		t.Errorf("it is at %s, want %s", running.Ring().ActiveKey(), report.Active)
	}
	// The old one is refused.
	if err := os.Rename(kept, p.path); err != nil {
		t.Fatal(err)
	}
	if _, err := p.open(); core.CodeOf(err) != "key.wrong" {
		t.Errorf("started with the old master key: %v", err)
	}
}

// TestMasterReplacementBrokenOff: at every point a deployment starts, and the
// next run finishes with the key that was prepared.
func TestMasterReplacementBrokenOff(t *testing.T) {
	prepared := func(p *place) string {
		path, err := p.mustOpen().PrepareMaster()
		if err != nil {
			p.t.Fatal(err)
		}
		return fileOf(p.t, path)
	}
	die := func(p *place, late bool) {
		dies := killer{p.store, 1, late, new(atomic.Int64)}
		k, err := p.open(func(d *keyring.Deps) { d.Store = dies })
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.rotation(k).ReplaceMaster(p.t.Context()); !errors.Is(err, errKilled) {
			p.t.Fatalf("it did not die: %v", err)
		}
	}
	for name, breakOff := range map[string]func(p *place){
		"the key was made":                  func(*place) {},
		"before the rewrapping":             func(p *place) { die(p, false) },
		"after the rewrapping":              func(p *place) { die(p, true) },
		"the old one has its second name":   func(p *place) { die(p, true); p.link(p.path, p.path+".old-1") },
		"the folder cannot be written":      func(p *place) { die(p, true) },
		"the file is another's old one too": func(p *place) { die(p, true); p.link(p.path, p.path+".old-20261123T090000Z") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			running := p.mustOpen()
			ids := p.people(running.Ring(), 2)
			next := prepared(p)
			breakOff(p)
			p.readable(running.Ring(), ids)
			again := p.mustOpen()
			p.readable(again.Ring(), ids)
			if rewrapped := secretWrapped(t, next, p.keys()); again.Waiting() != rewrapped {
				t.Errorf("says that the new key waits: %v, want %v", again.Waiting(), rewrapped)
			}
			p.pass(core.KeyWait)
			if _, err := p.rotation(p.mustOpen()).ReplaceMaster(t.Context()); err != nil {
				t.Fatal(err)
			}
			if fileOf(t, p.path) != next || fileOf(t, keyring.Next(p.path)) != "" || len(p.olds()) == 0 {
				t.Errorf("the prepared key is not in its place; old ones %v", p.olds())
			}
			p.readable(running.Ring(), ids)
			p.readable(p.mustOpen().Ring(), ids)
		})
	}
}

func (p *place) link(from, to string) {
	p.t.Helper()
	if err := os.Link(from, to); err != nil {
		p.t.Fatal(err)
	}
}

// secretWrapped reports whether the key of a file wrapped all data keys.
func secretWrapped(t *testing.T, file string, keys []core.StoredKey) bool {
	t.Helper()
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(file))
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(keys, func(k core.StoredKey) bool {
		return !secret.WrappedBy(master, secret.WrappedKey{ID: k.ID, Wrapped: k.Wrapped})
	})
}

// TestMasterOnAnotherMachine: a machine that was given the next key beforehand
// starts whatever the others have done, and one that was not is refused.
func TestMasterOnAnotherMachine(t *testing.T) {
	p := newPlace(t)
	ids := p.people(p.mustOpen().Ring(), 2)
	k := p.mustOpen()
	next, err := k.PrepareMaster()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.PrepareMaster(); err != nil || again != next {
		t.Errorf("preparing twice: %q, %v", again, err)
	}
	elsewhere := filepath.Join(t.TempDir(), "data.key")
	copyTo := func(from, to string) {
		t.Helper()
		if err := os.WriteFile(to, []byte(fileOf(t, from)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	there := func() (*keyring.Keeper, error) { return p.open(func(d *keyring.Deps) { d.Path = elsewhere }) }
	copyTo(p.path, elsewhere)
	unprepared := filepath.Join(t.TempDir(), "data.key")
	copyTo(p.path, unprepared)
	copyTo(next, keyring.Next(elsewhere))
	if other, err := there(); err != nil || other.Waiting() {
		t.Fatalf("before the replacement: %v", err)
	}
	if _, err := p.rotation(k).ReplaceMaster(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := there()
	if err != nil || !other.Waiting() {
		t.Fatalf("after the replacement: %v", err)
	}
	p.readable(other.Ring(), ids)
	if _, err := p.open(func(d *keyring.Deps) { d.Path = unprepared }); core.CodeOf(err) != "key.wrong" {
		t.Errorf("a machine without the next key: %v", err)
	}
	if err := os.Rename(keyring.Next(elsewhere), elsewhere); err != nil {
		t.Fatal(err)
	}
	if other, err := there(); err != nil || other.Waiting() {
		t.Errorf("with the key in its place: %v", err)
	}
}

// TestMasterRefusals: nothing is changed where the next key or the present one
// is not what it must be.
func TestMasterRefusals(t *testing.T) {
	wrong := base64.StdEncoding.EncodeToString([]byte("another key.another key.another k"[:secret.MasterBytes]))
	for name, c := range map[string]struct {
		spoil func(p *place) error
		says  string
	}{
		"the next one is damaged": {func(p *place) error { return os.WriteFile(keyring.Next(p.path), []byte("x"), 0o600) }, "32 bytes"},
		"the next one is all zero": {func(p *place) error {
			return os.WriteFile(keyring.Next(p.path), []byte(base64.StdEncoding.EncodeToString(make([]byte, secret.MasterBytes))), 0o600)
		}, "key.default"},
		"others read the next one": {func(p *place) error {
			return errors.Join(os.WriteFile(keyring.Next(p.path), []byte(wrong), 0o600), os.Chmod(keyring.Next(p.path), 0o644))
		}, "read by others"},
		"the present one is wrong": {func(p *place) error { return os.WriteFile(p.path, []byte(wrong), 0o600) }, "key.wrong"},
		"the present one is gone":  {func(p *place) error { return os.Remove(p.path) }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			k := p.mustOpen()
			if err := c.spoil(p); err != nil {
				t.Fatal(err)
			}
			file, keys := fileOf(t, p.path), p.keys()
			if _, err := p.rotation(k).ReplaceMaster(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if fileOf(t, p.path) != file || !slices.Equal(p.keys(), keys) || len(p.olds()) > 0 {
				t.Error("the refused replacement changed something")
			}
		})
	}
}

// TestMasterReplacedThroughALink: a key file that is a link stays one.
func TestMasterReplacedThroughALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not run: links need a privilege there")
	}
	p := newPlace(t)
	p.mustOpen()
	real := filepath.Join(t.TempDir(), "real.key")
	if err := errors.Join(os.Rename(p.path, real), os.Symlink(real, p.path)); err != nil {
		t.Fatal(err)
	}
	before := fileOf(t, real)
	if _, err := p.rotation(p.mustOpen()).ReplaceMaster(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(p.path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || fileOf(t, real) == before {
		t.Errorf("the link is now %v, %v", info.Mode(), err)
	}
	p.mustOpen()
}

// TestMastersReplacedAtOnce: of many runs at once the others are told that one
// is at work; a rotation of data keys beside them is not disturbed.
func TestMastersReplacedAtOnce(t *testing.T) {
	p := newPlace(t)
	ids := p.people(p.mustOpen().Ring(), 2)
	var g sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		k := p.mustOpen()
		g.Go(func() {
			if i%4 == 3 {
				_, errs[i] = p.rotation(k).Rotate(t.Context(), false)
				return
			}
			_, errs[i] = p.rotation(k).ReplaceMaster(t.Context())
		})
	}
	g.Wait()
	if errs[3] != nil || errs[7] != nil {
		t.Errorf("the rotations beside it: %v, %v", errs[3], errs[7])
	}
	through := 0
	for _, i := range []int{0, 1, 2, 4, 5, 6} {
		if errs[i] == nil {
			through++
		} else if core.CodeOf(errs[i]) != "key.busy" {
			t.Errorf("run %d: %v", i, errs[i])
		}
	}
	if through == 0 || fileOf(t, keyring.Next(p.path)) != "" {
		t.Errorf("%d were through, and a next key waits: %v", through, fileOf(t, keyring.Next(p.path)) != "")
	}
	p.readable(p.mustOpen().Ring(), ids)
}
