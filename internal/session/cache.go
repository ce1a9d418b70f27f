package session

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// shards is how many parts the cache has, each with a lock of its own.
const shards = 64

// digest is the SHA-256 of a cookie's value; the value itself is never kept.
type digest = [32]byte

// entry is one cached session. The view never changes; what changes stands
// beside it.
type entry struct {
	key     digest
	view    core.SessionView
	allowed core.AllowedNetworks // of the organization; shared by all its sessions
	stale   atomic.Bool          // a change concerned it: read the store
	seen    atomic.Int64         // when it was last used, microseconds
	dirty   atomic.Bool          // seen is newer than what the store was told
}

func newEntry(key digest, view core.SessionView, allowed core.AllowedNetworks) *entry {
	e := &entry{key: key, view: view, allowed: allowed}
	e.seen.Store(view.Session.LastSeenAt.UnixMicro())
	return e
}

// lastSeen returns the newest time of use.
func (e *entry) lastSeen() time.Time {
	if seen := e.seen.Load(); seen > e.view.Session.LastSeenAt.UnixMicro() {
		return time.UnixMicro(seen).UTC()
	}
	return e.view.Session.LastSeenAt
}

// verdict decides with the newest time of use.
func (e *entry) verdict(now time.Time) core.Verdict {
	session := e.view.Session
	session.LastSeenAt = e.lastSeen()
	return session.Verdict(e.view.Account, e.view.Organization, e.view.Trusted(), now)
}

// deviceOver reports whether the remembered device ended by itself since the
// store was read; no change tells of that.
func (e *entry) deviceOver(now time.Time) bool {
	return e.view.DeviceLive && !now.Before(e.view.DeviceUntil)
}

// advance moves the time of use forward, never back.
func (e *entry) advance(micros int64) {
	for {
		seen := e.seen.Load()
		if micros <= seen || e.seen.CompareAndSwap(seen, micros) {
			return
		}
	}
}

// cache maps digests to entries, in parts so that requests do not queue.
type cache struct {
	parts [shards]part
	limit int // per part
	// generation counts the changes applied. A load that began in an earlier
	// one may have read what a change has outdated since, and is not kept.
	generation atomic.Uint64
}

type part struct {
	mu      sync.RWMutex
	entries map[digest]*entry
}

func newCache(capacity int) *cache {
	c := &cache{limit: max(1, capacity/shards)}
	for i := range c.parts {
		c.parts[i].entries = map[digest]*entry{}
	}
	return c
}

// part picks by the digest's own bytes: they are as random as can be.
func (c *cache) part(key digest) *part {
	return &c.parts[binary.LittleEndian.Uint16(key[:2])%shards]
}

func (c *cache) get(key digest) *entry {
	p := c.part(key)
	p.mu.RLock()
	e := p.entries[key]
	p.mu.RUnlock()
	return e
}

// put keeps an entry that was loaded in the given generation, unless changes
// were applied since. The check stands inside the lock that apply needs to see
// the entry: either apply finds it, or put finds the new generation.
func (c *cache) put(e *entry, generation uint64) {
	p := c.part(e.key)
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.generation.Load() != generation {
		return
	}
	if _, there := p.entries[e.key]; !there && len(p.entries) >= c.limit {
		for key := range p.entries { // any one: the next use loads it again
			delete(p.entries, key)
			break
		}
	}
	p.entries[e.key] = e
}

// remove takes an entry out if it is still the one given.
func (c *cache) remove(key digest, e *entry) {
	if e == nil {
		return
	}
	p := c.part(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries[key] == e {
		delete(p.entries, key)
	}
}

// apply marks the entries that changes concern. It walks the whole cache: at
// 200,000 entries that is a few milliseconds once in a second that has changes,
// and spares every load the upkeep of indexes.
func (c *cache) apply(changes []core.Change) {
	subjects := map[core.ChangeKind]map[core.ID]bool{}
	for _, change := range changes {
		switch change.Kind {
		case core.ChangeSession, core.ChangeUser, core.ChangeOrganization:
			if subjects[change.Kind] == nil {
				subjects[change.Kind] = map[core.ID]bool{}
			}
			subjects[change.Kind][change.SubjectID] = true
		}
	}
	if len(subjects) == 0 {
		return
	}
	c.generation.Add(1)
	sessions, users := subjects[core.ChangeSession], subjects[core.ChangeUser]
	organizations := subjects[core.ChangeOrganization]
	c.each(func(e *entry) {
		s := &e.view.Session
		if sessions[s.ID] || users[s.UserID] || organizations[s.OrganizationID] {
			e.stale.Store(true)
		}
	})
}

// clear marks everything: after a gap too long to be sure of the changes.
func (c *cache) clear() {
	c.generation.Add(1)
	c.each(func(e *entry) { e.stale.Store(true) })
}

func (c *cache) each(visit func(*entry)) {
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.RLock()
		for _, e := range p.entries {
			visit(e)
		}
		p.mu.RUnlock()
	}
}

// sweep frees what is outdated or was not used since before.
func (c *cache) sweep(before time.Time) {
	micros := before.UnixMicro()
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.Lock()
		for key, e := range p.entries {
			if !e.dirty.Load() && (e.stale.Load() || e.seen.Load() < micros) {
				delete(p.entries, key)
			}
		}
		p.mu.Unlock()
	}
}

func (c *cache) size() int {
	n := 0
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.RLock()
		n += len(p.entries)
		p.mu.RUnlock()
	}
	return n
}
