package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Store keeps the wrapped data keys.
type Store interface {
	Keys(ctx context.Context) ([]core.StoredKey, error)
	AddKey(ctx context.Context, k, active core.StoredKey, r core.Record) error
	ActivateKey(ctx context.Context, id, replaces string, now time.Time, r core.Record) error
	SettleKey(ctx context.Context, id string, now time.Time, r core.Record) error
	RetireKey(ctx context.Context, id string, now time.Time, r core.Record) error
	RemoveKey(ctx context.Context, id, start string, before, now time.Time, r core.Record) error
	RewrapKeys(ctx context.Context, all []core.Rewrapping, r core.Record) error
}

// Texts are the rows that hang on data keys.
type Texts interface {
	SealedTexts(ctx context.Context, c core.SealedColumn, start string, after core.ID, limit int) ([]core.SealedText, error)
	Reseal(ctx context.Context, c core.SealedColumn, texts []core.Resealing) (int, error)
	KeyUses(ctx context.Context, id, start string, now time.Time) (core.KeyUses, error)
}

// Deps are what a Keeper works with.
type Deps struct {
	Store  Store
	Texts  Texts
	Path   string // of the master key file
	Clock  core.Clock
	Random core.Random
	Wait   func(ctx context.Context, d time.Duration) error // waits so long, or until ctx ends
}

// Keeper holds the ring of one process and keeps it to what the database holds.
type Keeper struct {
	Deps
	// Made: this start made the master key.
	Made bool
	ring *secret.Ring
	wake chan struct{} // asks for a reading; holds one request

	mu     sync.Mutex // one reading at a time
	begun  atomic.Int64
	master []byte
	waits  bool // the master key is the one that waits to replace the file's
}

// How long one reading may take, and how often the keys are read without being
// asked to.
const (
	readLimit = 5 * time.Second
	readEvery = 30 * time.Second
)

// Open opens the keys: the master key from its file, the data keys from the
// database. At the very first start both are made, and Made says so, because
// losing the file loses every secret. A database that has keys but whose file
// is gone is never given new ones; a file with another key is refused.
func Open(ctx context.Context, d Deps) (*Keeper, error) {
	k := &Keeper{Deps: d, ring: new(secret.Ring), wake: make(chan struct{}, 1)}
	stored, err := d.Store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	k.master, err = ReadMaster(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(stored) > 0 {
			return nil, fmt.Errorf("the master key file %s is missing: without it no secret in this database can be read; put the file back", d.Path)
		}
		k.master, err = makeMaster(d.Path, "", d.Random)
		k.Made = true
	}
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		if err = k.makeFirst(ctx); err != nil {
			return nil, err
		}
	}
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	k.ring.WhenMissing(k.missing)
	return k, nil
}

// makeFirst makes the first data key. Another replica may do so at the same
// moment; one of them is first.
func (k *Keeper) makeFirst(ctx context.Context) error {
	w, now := secret.NewWrappedKey(k.master, "k1", k.Random), k.Clock()
	first := core.StoredKey{ID: w.ID, Wrapped: w.Wrapped, Active: true, CreatedAt: now, ActiveAt: now, SettledAt: now}
	if err := k.Store.AddKey(ctx, first, core.StoredKey{}, core.Record{}); err != nil && !errors.Is(err, core.ErrTaken) {
		return err
	}
	return nil
}

// Ring returns the ring, which follows every change of the keys.
func (k *Keeper) Ring() *secret.Ring { return k.ring }

// Waiting reports whether the master key in use is the one that waits to
// replace the file's: a replacement was broken off behind its point of no return.
func (k *Keeper) Waiting() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.waits
}

// Reload reads the keys again. Its error leaves the ring as it was.
func (k *Keeper) Reload(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begun.Add(1)
	return k.read(ctx)
}

// read takes the keys as they are stored now. Where no master key fits them, it
// may have been replaced between the reading of keys and of files: then the keys
// are others by now, and are read again.
func (k *Keeper) read(ctx context.Context) error {
	stored, err := k.Store.Keys(ctx)
	if err != nil {
		return err
	}
	for {
		wrong := k.take(stored)
		if wrong == nil {
			return nil
		}
		again, err := k.Store.Keys(ctx)
		if err != nil {
			return err
		}
		if slices.Equal(wrapped(again), wrapped(stored)) {
			return wrong
		}
		stored = again
	}
}

// missing is called when a text names a key that the ring does not know. Of
// many callers at once those who wait for a reading that began after they came
// are content with it.
func (k *Keeper) missing() {
	came := k.begun.Load()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.begun.Load() > came {
		return
	}
	k.begun.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()
	_ = k.read(ctx) // where that fails the text cannot be opened, which says it all
}

// take gives the ring the keys that were read, under the first master key that
// fits: the one in use, the file's, the one that waits beside the file.
func (k *Keeper) take(stored []core.StoredKey) error {
	keys := wrapped(stored)
	err := k.ring.Replace(k.master, keys)
	if core.CodeOf(err) != "key.wrong" {
		return err
	}
	wrong := fmt.Errorf("the master key in %s is not the one of this database: %w", k.Path, err)
	// The file is read again at the end: the one that waits may have taken its
	// place between the two.
	for _, path := range []string{k.Path, Next(k.Path), k.Path} {
		master, err := ReadMaster(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = k.ring.Replace(master, keys)
		}
		if err == nil {
			k.master, k.waits = master, path != k.Path
			return nil
		}
		if core.CodeOf(err) != "key.wrong" {
			wrong = errors.Join(wrong, err)
		}
	}
	return wrong
}

func wrapped(stored []core.StoredKey) []secret.WrappedKey {
	out := make([]secret.WrappedKey, len(stored))
	for i, s := range stored {
		out[i] = secret.WrappedKey{ID: s.ID, Wrapped: s.Wrapped, Active: s.Active}
	}
	return out
}

// Polled hears of the change table (it is a session.Listener). It only asks for
// a reading, which must not hold up the polls.
func (k *Keeper) Polled(_ time.Time, changes []core.Change) {
	for _, c := range changes {
		if c.Kind == core.ChangeKeys {
			select {
			case k.wake <- struct{}{}:
			default:
			}
			return
		}
	}
}

// Run reads the keys whenever a poll tells of a change, and every half minute
// whatever happens, until ctx ends.
func (k *Keeper) Run(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-k.wake:
		}
		limited, cancel := context.WithTimeout(ctx, readLimit)
		err := k.Reload(limited)
		cancel()
		if err != nil && !failing && ctx.Err() == nil {
			log.Warn("the data keys could not be read again", "cause", err)
		}
		failing = err != nil
	}
}
