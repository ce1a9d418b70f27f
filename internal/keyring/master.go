package keyring

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// rewrapTries bounds how often a replacement begins anew because a data key
// came in between.
const rewrapTries = 5

// errBusy: another process replaces the master key in the same folder.
var errBusy = core.NewError(core.Conflict, "key.busy")

// PrepareMaster makes the master key that is to replace the one in use, beside
// it, and returns its path. A server that finds the data keys wrapped under it
// starts with it, so it may be handed to every machine before anything changes.
func (k *Keeper) PrepareMaster() (path string, err error) {
	own, err := filepath.EvalSymlinks(k.Path)
	if err != nil {
		return "", fmt.Errorf("master key: %w", err)
	}
	_, err = makeMaster(Next(own), own, k.Random)
	return Next(own), err
}

// ReplaceMaster wraps every data key under a new master key and puts that in
// the place of the old one, which stays beside it as kept: backups from before
// need it. Broken off at any point, it leaves a deployment that starts, since a
// server tries the key that waits where the file's does not fit, and is taken
// up by the next run.
func (r *Rotation) ReplaceMaster(ctx context.Context) (kept string, err error) {
	own, err := filepath.EvalSymlinks(r.Path)
	if err != nil {
		return "", fmt.Errorf("master key: %w", err)
	}
	release, ok, err := lockFolder(own)
	if err != nil {
		return "", fmt.Errorf("master key: %w", err)
	}
	if !ok {
		return "", errBusy
	}
	defer func() { err = errors.Join(err, release()) }()
	return r.replaceMaster(ctx, own)
}

// replaceMaster does so in the only process that does.
func (r *Rotation) replaceMaster(ctx context.Context, own string) (kept string, err error) {
	old, err := ReadMaster(own)
	if err != nil {
		return "", err
	}
	next, err := makeMaster(Next(own), own, r.Random)
	if err != nil {
		return "", err
	}
	for range rewrapTries {
		if err = r.rewrap(ctx, old, next); !errors.Is(err, core.ErrStale) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	// The new one is proved before the old one leaves its place.
	if err := r.proved(ctx, next); err != nil {
		return "", err
	}
	kept, err = moveMaster(own, own+".old-"+r.Clock().UTC().Format("20060102T150405Z"))
	if err != nil {
		return "", fmt.Errorf("all data keys are wrapped under %s, and servers start with it where it is; move it to %s on every machine: %w", Next(own), own, err)
	}
	inPlace, err := ReadMaster(own)
	if err == nil {
		err = r.proved(ctx, inPlace)
	}
	return kept, errors.Join(err, r.Reload(ctx))
}

// rewrap wraps all data keys under next in one transaction, unless they are.
func (r *Rotation) rewrap(ctx context.Context, old, next []byte) error {
	stored, err := r.Store.Keys(ctx)
	if err != nil {
		return err
	}
	var all []core.Rewrapping
	for _, k := range wrapped(stored) {
		if secret.WrappedBy(next, k) {
			continue
		}
		moved, err := secret.Rewrap(old, next, k)
		if err != nil {
			return err
		}
		all = append(all, core.Rewrapping{ID: k.ID, Old: k.Wrapped, New: moved.Wrapped})
	}
	if len(all) == 0 {
		r.Say("the data keys are wrapped under the new master key already")
		return nil
	}
	if err := r.Store.RewrapKeys(ctx, all, r.record(core.EventMasterReplaced, "")); err != nil {
		return err
	}
	r.Say("wrapped %d data keys under the new master key", len(all))
	return nil
}

// proved opens every data key as it is stored now.
func (r *Rotation) proved(ctx context.Context, master []byte) error {
	stored, err := r.Store.Keys(ctx)
	if err != nil {
		return err
	}
	return Proved(master, stored)
}

// Proved reports whether master opens every one of these data keys, of which
// one is active; the errors are those of secret.OpenRing.
func Proved(master []byte, stored []core.StoredKey) error {
	_, err := secret.OpenRing(master, wrapped(stored))
	return err
}
