package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The timing of the loop, beside that of core.Change.
const (
	storeLimit = 2 * time.Second  // one poll or flush may take this long
	flushEvery = 15 * time.Second // how late other replicas learn of a use
	keepUnused = 10 * time.Minute // an entry nobody used is freed
	// gapLimit is the pause between two good polls after which the whole cache
	// is read anew: older rows of the change table may have been swept.
	gapLimit = 5 * time.Minute
)

// poller reads the change table. One poll runs at a time.
type poller struct {
	good atomic.Int64 // start of the last successful poll, microseconds; 0: none

	mu   sync.Mutex
	seen map[core.ID]time.Time // changes of the overlap, already applied
}

// fresh reports whether cached entries may serve at now (law 9).
func (p *poller) fresh(now time.Time) bool {
	good := p.good.Load()
	return good != 0 && now.UnixMicro()-good < core.CacheGood.Microseconds()
}

// Poll reads the change table once and applies what is new. [Service.Run] calls
// it every second; LISTEN/NOTIFY or a test may call it in between.
func (s *Service) Poll(ctx context.Context) error {
	p := &s.poller
	p.mu.Lock()
	defer p.mu.Unlock()
	began := s.clock()
	last := began
	if good := p.good.Load(); good != 0 {
		last = time.UnixMicro(good)
	}
	since := last.Add(-core.ChangeOverlap)
	changes, err := s.store.ChangesSince(ctx, since)
	if err != nil {
		return err
	}
	if began.Sub(last) > gapLimit {
		s.cache.clear()
	}
	unseen := p.unseen(changes, since)
	s.cache.apply(unseen)
	for _, l := range s.listeners {
		l.Polled(began, unseen)
	}
	p.good.Store(began.UnixMicro())
	return nil
}

// unseen drops the changes that an earlier poll's overlap brought already, and
// forgets those that no later overlap can bring.
func (p *poller) unseen(changes []core.Change, since time.Time) []core.Change {
	if p.seen == nil {
		p.seen = map[core.ID]time.Time{}
	}
	var fresh []core.Change
	for _, c := range changes {
		if _, known := p.seen[c.ID]; !known {
			p.seen[c.ID] = c.At
			fresh = append(fresh, c)
		}
	}
	for id, at := range p.seen {
		if at.Before(since) {
			delete(p.seen, id)
		}
	}
	return fresh
}

// touches collects the sessions used since the last flush.
type touches struct {
	mu    sync.Mutex
	dirty []*entry
	wake  chan struct{} // asks for a flush at once; holds one request
}

// mark notes that a session was used at now. Within a second of the last note
// it does nothing, so that many requests of one session do not contend.
func (t *touches) mark(e *entry, now time.Time) {
	micros := now.UnixMicro()
	if micros-e.seen.Load() < time.Second.Microseconds() {
		return
	}
	e.advance(micros)
	if e.dirty.CompareAndSwap(false, true) {
		t.add(e)
	}
}

func (t *touches) add(entries ...*entry) {
	t.mu.Lock()
	t.dirty = append(t.dirty, entries...)
	t.mu.Unlock()
}

// Flush tells the store when sessions were last used. [Service.Run] calls it
// every 15 s and when it stops. What could not be written is kept.
func (s *Service) Flush(ctx context.Context) error {
	t := &s.touches
	t.mu.Lock()
	batch := t.dirty
	t.dirty = nil
	t.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	list := make([]core.SessionTouch, len(batch))
	for i, e := range batch {
		e.dirty.Store(false) // before reading seen: a later use marks it again
		list[i] = core.SessionTouch{SessionID: e.view.Session.ID, SeenAt: time.UnixMicro(e.seen.Load()).UTC()}
	}
	if err := s.store.TouchSessions(ctx, list); err != nil {
		for _, e := range batch {
			if e.dirty.CompareAndSwap(false, true) {
				t.add(e)
			}
		}
		return err
	}
	return nil
}

// Run polls and flushes until ctx ends, then flushes once more. A failing store
// is logged when it begins to fail and when it is back, not at every try. The
// two loops are apart so that a slow write cannot hold up the polls.
func (s *Service) Run(ctx context.Context) error {
	var polls sync.WaitGroup
	polls.Go(func() { s.runPolls(ctx) })
	defer polls.Wait()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return within(context.WithoutCancel(ctx), s.Flush)
		case <-tick.C:
			s.cache.sweep(s.clock().Add(-keepUnused))
		case <-s.touches.wake:
		}
		if err := within(ctx, s.Flush); err != nil && ctx.Err() == nil {
			s.logger.Warn("times of use not stored", "error", err)
		}
	}
}

func (s *Service) runPolls(ctx context.Context) {
	tick := time.NewTicker(core.ChangePoll)
	defer tick.Stop()
	failing := false
	for {
		err := within(ctx, s.Poll)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.logger.Warn("poll of changes failed", "error", err)
		case err == nil && failing:
			s.logger.Info("poll of changes works again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	return do(ctx)
}
