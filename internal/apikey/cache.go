package apikey

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// kept bounds how many keys are in memory; a further one is read each time.
const kept = 10_000

type digest = [32]byte

// entry is a key that was shown with its right secret.
type entry struct {
	key     digest
	view    core.KeyView
	allowed core.AllowedNetworks // of the organization
	until   time.Time            // when an old secret stops working; zero: it is the one of now
	stale   atomic.Bool          // a change concerned it: read the store
	marked  atomic.Int64         // when its use was last noted, microseconds
}

// good reports whether what was read still holds as far as this entry knows.
func (e *entry) good(now time.Time) bool {
	return !e.stale.Load() && (e.until.IsZero() || now.Before(e.until))
}

// cache is the keys in use, as those of sessions are kept: good only while the
// last good poll of the change table is under 5 s old (law 9).
type cache struct {
	mu      sync.RWMutex
	entries map[digest]*entry
	polled  atomic.Int64 // start of the last good poll, microseconds; 0: none
	// generation counts what made entries outdated. What began to be read in an
	// earlier one may be outdated already, and is not kept.
	generation atomic.Uint64
}

func (c *cache) get(key digest) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries[key]
}

func (c *cache) fresh(now time.Time) bool {
	good := c.polled.Load()
	return good != 0 && now.UnixMicro()-good < core.CacheGood.Microseconds()
}

func (c *cache) put(e *entry, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation.Load() != generation {
		return
	}
	if _, there := c.entries[e.key]; !there && len(c.entries) >= kept {
		for key := range c.entries { // any one: the next use reads it again
			delete(c.entries, key)
			break
		}
	}
	c.entries[e.key] = e
}

// outdate drops what a change concerns.
func (c *cache) outdate(concerns func(k core.APIKey) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation.Add(1)
	for key, e := range c.entries {
		if concerns(e.view.Key) {
			e.stale.Store(true)
			delete(c.entries, key)
		}
	}
}

// Polled hears of a good poll of the change table (session.Listener).
func (s *Service) Polled(at time.Time, changes []core.Change) {
	if at.UnixMicro()-s.cache.polled.Load() > core.ChangeOverlap.Microseconds() {
		s.cache.outdate(func(core.APIKey) bool { return true }) // some changes may have been swept
	}
	for _, c := range changes {
		s.Forget(c.Kind, c.SubjectID)
	}
	s.cache.polled.Store(at.UnixMicro())
}

// Forget makes this replica read anew what a change concerns, before it hears of
// it from the change table.
func (s *Service) Forget(kind core.ChangeKind, subject core.ID) {
	switch kind {
	case core.ChangeAPIKey:
		s.cache.outdate(func(k core.APIKey) bool { return k.ID == subject })
	case core.ChangeUser:
		s.cache.outdate(func(k core.APIKey) bool { return k.UserID == subject })
	case core.ChangeOrganization:
		s.cache.outdate(func(k core.APIKey) bool { return k.OrganizationID == subject })
	}
}
