package passwordclient

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// What is written down of an app password within an hour: each outcome, application
// and network once, and no more than so many. It lives for months and may be shown a
// thousand times a minute; when it was used last stands with it.
const (
	heardFor  = time.Hour
	heardEach = 20
	heardAll  = 10_000 // app passwords; beyond it their last use alone is kept
)

// heard is what was written down of app passwords lately, by this process.
type heard struct {
	mu  sync.Mutex
	all map[core.ID]*hearing
}

type hearing struct {
	until time.Time
	told  map[what]bool
}

// what is worth telling once.
type what struct {
	outcome, network string
	application      core.ID
}

// news reports whether an outcome is to be written down, and takes it for written
// down.
func (h *heard) news(id core.ID, w what, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.all[id]
	if one == nil || !now.Before(one.until) {
		if one == nil && len(h.all) >= heardAll && !h.room(now) {
			return false
		}
		one = &hearing{until: now.Add(heardFor), told: map[what]bool{}}
		h.all[id] = one
	}
	if one.told[w] || len(one.told) >= heardEach {
		return false
	}
	one.told[w] = true
	return true
}

// unsaid takes an outcome for not written down after all.
func (h *heard) unsaid(id core.ID, w what) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one := h.all[id]; one != nil {
		delete(one.told, w)
	}
}

// room forgets what is an hour old, and reports whether that was anything.
func (h *heard) room(now time.Time) bool {
	for id, one := range h.all {
		if !now.Before(one.until) {
			delete(h.all, id)
		}
	}
	return len(h.all) < heardAll
}

// How last uses are written down: some time later, many at once.
const (
	flushEvery = 15 * time.Second
	flushLimit = 2 * time.Second // one flush may take this long
)

// uses are last uses of app passwords that the store does not know of yet.
type uses struct {
	mu      sync.Mutex
	flushed time.Time
	pending map[core.ID]core.AppPasswordUse
}

func (u *uses) add(all ...core.AppPasswordUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, use := range all {
		if use.At.After(u.pending[use.ID].At) {
			u.pending[use.ID] = use
		}
	}
}

// onto shows on an app password that was read what is not written down yet.
func (u *uses) onto(p *core.AppPassword) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if use, there := u.pending[p.ID]; there && use.At.After(p.LastUsedAt) {
		p.LastUsedAt, p.LastUsedFrom = use.At, use.From
	}
}

// take empties it, where the last time was long enough ago.
func (u *uses) take(now time.Time) []core.AppPasswordUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.flushed) < flushEvery {
		return nil
	}
	u.flushed = now
	batch := make([]core.AppPasswordUse, 0, len(u.pending))
	for _, use := range u.pending {
		batch = append(batch, use)
	}
	clear(u.pending)
	return batch
}

// due makes the next take one that is long enough after the last.
func (u *uses) due() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.flushed = time.Time{}
}

// Flush writes last uses down, every 15 s at most. Those that could not be are
// tried again with the next ones.
func (s *Service) Flush(ctx context.Context) error {
	batch := s.uses.take(s.Clock())
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := s.Kept.TouchAppPasswords(ctx, batch); err != nil {
		s.uses.add(batch...)
		return err
	}
	return nil
}
