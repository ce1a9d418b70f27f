package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The errors of a lookup.
var (
	// ErrNone: there is no such session. It is also core.ErrNotFound.
	ErrNone = core.NewError(core.Unauthenticated, "session.none").Because(core.ErrNotFound)
	// ErrUnavailable: the store cannot be asked, and nothing confirmed within
	// the last 5 s is known (law 9).
	ErrUnavailable = core.NewError(core.Unavailable, "session.unavailable")
)

// Listener is told of every successful poll of the change table: when it began
// and the changes that no poll before had seen, oldest first.
type Listener interface {
	Polled(at time.Time, changes []core.Change)
}

// Config is what a [Service] is made of.
type Config struct {
	Store   Store
	Devices Devices
	Clock   core.Clock
	Random  core.Random
	Logger  *slog.Logger
	// Capacity is how many sessions are cached at most; 0 means 200,000.
	Capacity  int
	Listeners []Listener
}

// Service looks sessions up and ends them. It is safe for use by many
// goroutines. [Service.Run] must be running for the cache to serve at all;
// without it every lookup reads the store.
type Service struct {
	store     Store
	devices   Devices
	clock     core.Clock
	random    core.Random
	logger    *slog.Logger
	listeners []Listener
	shared    organizations
	cache     *cache
	poller    poller
	touches   touches
}

// New returns a service over a store.
func New(c Config) *Service {
	if c.Capacity <= 0 {
		c.Capacity = 200_000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		store: c.Store, devices: c.Devices, clock: c.Clock, random: c.Random, logger: c.Logger,
		listeners: c.Listeners, cache: newCache(c.Capacity),
		touches: touches{wake: make(chan struct{}, 1)},
	}
}

// tokenLength is that of core.NewToken.
const tokenLength = 52

// Lookup returns the session of a cookie's value and what it may do now, for a
// request that comes from an address. The
// error is [ErrNone] where there is no session, [ErrUnavailable] where the
// store cannot tell; an ended session that still has a row comes back with its
// view and core.VerdictEnded. Slices and maps in the view are shared and must
// not be written.
func (s *Service) Lookup(ctx context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error) {
	return s.lookup(ctx, token, from, true)
}

// LookupAnew is [Service.Lookup] past the cache, for pages: who has changed
// something on one replica sees it changed on every other at once, not when that
// one polls next.
func (s *Service) LookupAnew(ctx context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error) {
	return s.lookup(ctx, token, from, false)
}

func (s *Service) lookup(ctx context.Context, token string, from netip.Addr, cached bool) (core.SessionView, core.Verdict, error) {
	e, verdict, err := s.find(ctx, token, cached)
	if err != nil {
		return core.SessionView{}, core.VerdictEnded, err
	}
	view := e.view
	view.Session.LastSeenAt = e.lastSeen()
	return view, verdict.From(e.allowed, from), nil
}

// LookupShared is [Service.Lookup] without a copy, for the requests of every
// application: the view is the cache's own and must not be written, and its
// LastSeenAt may be behind.
func (s *Service) LookupShared(ctx context.Context, token string, from netip.Addr) (*core.SessionView, core.Verdict, error) {
	e, verdict, err := s.find(ctx, token, true)
	if err != nil {
		return nil, core.VerdictEnded, err
	}
	return &e.view, verdict.From(e.allowed, from), nil
}

// find is the entry of a cookie's value: what is in memory, where that may serve
// and is good, or what the store has now.
func (s *Service) find(ctx context.Context, token string, cached bool) (*entry, core.Verdict, error) {
	if len(token) != tokenLength {
		return nil, core.VerdictEnded, ErrNone
	}
	var text [tokenLength]byte
	copy(text[:], token)
	digest := sha256.Sum256(text[:])
	now := s.clock()
	e := s.cache.get(digest)
	if cached && e != nil && !e.stale.Load() && !e.deviceOver(now) && s.poller.fresh(now) {
		if verdict := e.verdict(now); verdict != core.VerdictEnded {
			s.touches.mark(e, now)
			return e, verdict, nil
		}
		// Another replica may have seen the person meanwhile: ask the store
		// before calling the session over.
	}
	return s.load(ctx, digest, e)
}

// load reads the store and caches what it found. Old is what the cache knew.
func (s *Service) load(ctx context.Context, digest digest, old *entry) (*entry, core.Verdict, error) {
	generation := s.cache.generation.Load()
	view, err := s.store.SessionByToken(ctx, base64.RawURLEncoding.EncodeToString(digest[:]))
	switch {
	case errors.Is(err, core.ErrNotFound):
		s.cache.remove(digest, old)
		return nil, core.VerdictEnded, ErrNone
	case err != nil:
		return nil, core.VerdictEnded, ErrUnavailable.Because(err)
	}
	allowed, err := s.shared.share(&view)
	if err != nil {
		return nil, core.VerdictEnded, ErrUnavailable.Because(err)
	}
	e := newEntry(digest, view, allowed)
	if old != nil {
		e.advance(old.seen.Load())
	}
	now := s.clock()
	verdict := e.verdict(now)
	if verdict == core.VerdictEnded {
		s.cache.remove(digest, old)
		return e, verdict, nil
	}
	s.touches.mark(e, now)
	s.cache.put(e, generation)
	return e, verdict, nil
}

// End ends a session, with its remembered device where forgetDevice says so
// (signing out keeps it). It bites here at once and on every other replica with
// the next poll. Ending an ended session is no error.
func (s *Service) End(ctx context.Context, view core.SessionView, reason core.EndReason, origin core.Origin, forgetDevice bool) error {
	now := s.clock()
	person := view.Account.User
	kind := core.EventSessionEnded
	if reason == core.EndSignedOut {
		kind = core.EventSignedOut
	}
	origin.Session = view.Session.ID
	event := func(kind, target string) core.Event {
		return core.Event{
			ID: core.NewID(now, s.random), OrganizationID: view.Session.OrganizationID, At: now,
			Kind: kind, Result: "ok", Actor: core.Actor{Kind: "person", ID: person.ID, Name: person.Name()},
			SubjectID: person.ID, Target: target, Origin: origin,
		}
	}
	end := core.SessionEnd{
		OrganizationID: view.Session.OrganizationID, UserID: view.Session.UserID,
		SessionID: view.Session.ID, Reason: reason, At: now,
	}
	end.Record.Events = []core.Event{event(kind, view.Session.Device)}
	if reason == core.EndReplaced {
		end.Record.Events[0].Detail = map[string]string{core.DetailReason: string(reason)}
	}
	if forgetDevice && view.Session.DeviceID != "" {
		end.ForgetDevice = view.Session.DeviceID
		end.Record.Events = append(end.Record.Events, event(core.EventDeviceEnded, view.Session.Device))
	}
	end.Record.Changes = []core.Change{{
		ID: core.NewID(now, s.random), At: now,
		Kind: core.ChangeSession, SubjectID: view.Session.ID,
	}}
	if err := s.store.EndSession(ctx, end); err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	s.cache.apply(end.Record.Changes)
	return nil
}

// Forget makes this replica read a subject anew from now on, without waiting
// for the poll: after a change made here, so that its author sees it at once.
// Other replicas learn of it by the change table.
func (s *Service) Forget(kind core.ChangeKind, subject core.ID) {
	s.cache.apply([]core.Change{{Kind: kind, SubjectID: subject}})
}

// Cached returns how many sessions are in memory.
func (s *Service) Cached() int { return s.cache.size() }
