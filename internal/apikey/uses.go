package apikey

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const (
	flushEvery = 15 * time.Second // how late others learn of a use
	storeLimit = 2 * time.Second  // one flush may take this long
	// useAgain is how long a use stands for the ones after it.
	useAgain = time.Second
)

// uses are last uses of keys that the store does not know of yet.
type uses struct {
	mu      sync.Mutex
	pending map[core.ID]core.APIKeyUse
}

// mark notes a use. A key used a thousand times a second costs one note.
func (u *uses) mark(e *entry, now time.Time, from netip.Addr) {
	last := e.marked.Load()
	if now.UnixMicro()-last < useAgain.Microseconds() || !e.marked.CompareAndSwap(last, now.UnixMicro()) {
		return
	}
	u.add(core.APIKeyUse{KeyID: e.view.Key.ID, At: now, From: from.Unmap().String()})
}

func (u *uses) add(all ...core.APIKeyUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, use := range all {
		if use.At.After(u.pending[use.KeyID].At) {
			u.pending[use.KeyID] = use
		}
	}
}

// onto shows on a key that was read what is not written down yet.
func (u *uses) onto(k *core.APIKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if use, there := u.pending[k.ID]; there && use.At.After(k.LastUsedAt) {
		k.LastUsedAt, k.LastUsedFrom = use.At, use.From
	}
}

// Flush writes down the uses since the last time. Those that could not be are
// tried again with the next ones.
func (s *Service) Flush(ctx context.Context) error {
	u := &s.uses
	u.mu.Lock()
	batch := make([]core.APIKeyUse, 0, len(u.pending))
	for _, use := range u.pending {
		batch = append(batch, use)
	}
	clear(u.pending)
	u.mu.Unlock()
	if err := s.Store.TouchAPIKeys(ctx, batch); err != nil {
		u.add(batch...)
		return err
	}
	return nil
}

// Run flushes until ctx ends, and once more then, and tells of keys that end soon.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	flush := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		return s.Flush(ctx)
	}
	var warned time.Time
	for {
		if now := s.Clock(); now.Sub(warned) >= warnEvery {
			warned = now
			if err := s.Warn(ctx); err != nil && ctx.Err() == nil {
				s.Logger.Warn("people were not told of keys that end", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return flush(context.WithoutCancel(ctx))
		case <-tick.C:
		}
		if err := flush(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("uses of API keys not stored", "error", err)
		}
	}
}
