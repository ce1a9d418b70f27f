package session_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/session"
)

func replica(m *memory, listeners ...session.Listener) *session.Service {
	return session.New(session.Config{
		Store: m, Clock: m.clock,
		Random: func(b []byte) { copy(b, "0123456789") }, Listeners: listeners,
	})
}

func poll(t *testing.T, services ...*session.Service) {
	t.Helper()
	for _, s := range services {
		if err := s.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// expect looks a session up and compares verdict and error.
func expect(t *testing.T, s *session.Service, name string, want core.Verdict, wantErr error) core.SessionView {
	t.Helper()
	view, got, err := s.Lookup(t.Context(), token(name), netip.Addr{})
	if got != want || !errors.Is(err, wantErr) {
		t.Fatalf("%s: got %q, %v; want %q, %v", name, got, err, want, wantErr)
	}
	return view
}

func TestLookupReadsTheStoreOnce(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	for range 100 {
		expect(t, s, "ada", core.VerdictOpen, nil)
	}
	if got := m.readCount(); got != 1 {
		t.Errorf("read the store %d times, want once", got)
	}
	expect(t, s, "nobody", core.VerdictEnded, session.ErrNone)
	if _, _, err := s.Lookup(t.Context(), "short", netip.Addr{}); !errors.Is(err, session.ErrNone) {
		t.Errorf("got %v", err)
	}
	if got := m.readCount(); got != 2 {
		t.Errorf("read the store %d times, want twice: a malformed token needs no read", got)
	}
}

// TestPagesSeeWhatAnotherReplicaSaved: a page reads past the cache, and what it
// read serves the other requests from then on.
func TestPagesSeeWhatAnotherReplicaSaved(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	expect(t, s, "ada", core.VerdictOpen, nil)
	m.change(core.ChangeOrganization, "o1", func(v *core.SessionView) { v.Organization.Name = "Renamed" })
	if view := expect(t, s, "ada", core.VerdictOpen, nil); view.Organization.Name == "Renamed" {
		t.Error("the cache was not asked")
	}
	view, verdict, err := s.LookupAnew(t.Context(), token("ada"), netip.Addr{})
	if err != nil || verdict != core.VerdictOpen || view.Organization.Name != "Renamed" {
		t.Errorf("got %q, %q, %v; want what is stored", view.Organization.Name, verdict, err)
	}
	before := m.readCount()
	if view := expect(t, s, "ada", core.VerdictOpen, nil); view.Organization.Name != "Renamed" || m.readCount() != before {
		t.Errorf("got %q after %d more reads; want what was read last, from memory", view.Organization.Name, m.readCount()-before)
	}
}

func TestChangesBiteOnEveryReplica(t *testing.T) {
	end := func(v *core.SessionView) { v.Session.EndedAt = v.Session.SignedInAt }
	cases := []struct {
		name    string
		kind    core.ChangeKind
		subject core.ID
		edit    func(*core.SessionView)
		ada     core.Verdict
	}{
		{"one session", core.ChangeSession, "s-ada", end, core.VerdictEnded},
		{
			"a person disabled", core.ChangeUser, "u1", func(v *core.SessionView) { v.Account.User.Status = core.Inactive },
			core.VerdictEnded,
		},
		{"a requirement", core.ChangeOrganization, "o1", func(v *core.SessionView) {
			p := &v.Organization.Policy
			p.RequireTwoFactor, p.RequireFrom, p.EnforceExistingFrom = true, v.Session.SignedInAt, v.Session.SignedInAt
		}, core.VerdictStepUp},
		{
			"an organization locked", core.ChangeOrganization, "o1", func(v *core.SessionView) { v.Organization.Locked = true },
			core.VerdictEnded,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			m.signIn("ada", "u1", "o1")
			m.signIn("bob", "u2", "o2")
			one, two := replica(m), replica(m)
			poll(t, one, two)
			for _, s := range []*session.Service{one, two} {
				expect(t, s, "ada", core.VerdictOpen, nil)
				expect(t, s, "bob", core.VerdictOpen, nil)
			}
			m.change(c.kind, c.subject, c.edit)
			m.pass(time.Second)
			poll(t, one, two)
			before := m.readCount()
			for _, s := range []*session.Service{one, two} {
				expect(t, s, "ada", c.ada, nil)
				expect(t, s, "bob", core.VerdictOpen, nil)
			}
			if got := m.readCount() - before; got != 2 {
				t.Errorf("read the store %d times, want 2: only what changed", got)
			}
		})
	}
}

func TestStoreDown(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	expect(t, s, "ada", core.VerdictOpen, nil)
	m.setDown(true)
	m.pass(4999 * time.Millisecond)
	if err := s.Poll(t.Context()); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	expect(t, s, "ada", core.VerdictOpen, nil)
	m.pass(time.Millisecond)
	expect(t, s, "ada", core.VerdictEnded, session.ErrUnavailable)
	if got := core.KindOf(session.ErrUnavailable); got != core.Unavailable {
		t.Errorf("kind %v", got)
	}
	m.setDown(false)
	expect(t, s, "ada", core.VerdictOpen, nil)
	poll(t, s)
	before := m.readCount()
	expect(t, s, "ada", core.VerdictOpen, nil)
	if m.readCount() != before {
		t.Error("the cache does not serve again after a good poll")
	}
}

// TestChangesDuringAnOutage: what changed while polls failed bites afterwards,
// also when the outage was longer than the overlap.
func TestChangesDuringAnOutage(t *testing.T) {
	for _, outage := range []time.Duration{10 * time.Second, 2 * time.Minute, 10 * time.Minute} {
		m := newMemory()
		m.signIn("ada", "u1", "o1")
		s := replica(m)
		poll(t, s)
		expect(t, s, "ada", core.VerdictOpen, nil)
		m.pass(time.Second)
		m.change(core.ChangeSession, "s-ada", func(v *core.SessionView) { v.Session.EndedAt = v.Session.SignedInAt })
		m.pass(outage)
		poll(t, s)
		expect(t, s, "ada", core.VerdictEnded, nil)
	}
}

// TestLateCommit: a change whose row appears after a poll passed its time.
func TestLateCommit(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	at := m.clock()
	for range 20 {
		m.pass(time.Second)
		poll(t, s)
	}
	expect(t, s, "ada", core.VerdictOpen, nil)
	m.change(core.ChangeSession, "s-ada", func(v *core.SessionView) { v.Session.EndedAt = v.Session.SignedInAt })
	m.mu.Lock()
	m.changes[0].At = at
	m.mu.Unlock()
	poll(t, s)
	expect(t, s, "ada", core.VerdictEnded, nil)
}

// TestRacingLoad: a read that a change overtakes is not kept.
func TestRacingLoad(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	m.onRead = func() {
		m.onRead = nil
		m.change(core.ChangeUser, "u1", func(v *core.SessionView) { v.Account.User.Status = core.Inactive })
		poll(t, s)
	}
	expect(t, s, "ada", core.VerdictOpen, nil) // read before the change
	expect(t, s, "ada", core.VerdictEnded, nil)
}

func TestIdleAndAbsoluteEnds(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	one, two := replica(m), replica(m)
	policy := core.DefaultPolicy()
	for range 3 {
		poll(t, one, two)
		m.pass(policy.Idle - time.Second)
		poll(t, one, two)
		expect(t, one, "ada", core.VerdictOpen, nil) // only ever seen by one replica
		if err := one.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	view := expect(t, two, "ada", core.VerdictOpen, nil)
	if !view.Session.LastSeenAt.Equal(m.clock()) {
		t.Errorf("last seen %v, want %v", view.Session.LastSeenAt, m.clock())
	}
	m.pass(policy.Idle)
	poll(t, one, two)
	expect(t, one, "ada", core.VerdictEnded, nil)
	expect(t, two, "ada", core.VerdictEnded, nil)

	m.signIn("eve", "u2", "o1")
	for range int(policy.Absolute/(30*time.Minute)) - 1 {
		m.pass(30 * time.Minute)
		poll(t, one)
		expect(t, one, "eve", core.VerdictOpen, nil)
	}
	m.pass(30 * time.Minute)
	poll(t, one)
	expect(t, one, "eve", core.VerdictEnded, nil)
}

func TestUsesAreFlushedTogether(t *testing.T) {
	m := newMemory()
	for _, name := range []string{"ada", "bob", "eve"} {
		m.signIn(name, core.ID("u-"+name), "o1")
	}
	s := replica(m)
	poll(t, s)
	m.pass(2 * time.Second)
	for range 5 {
		for _, name := range []string{"ada", "bob", "eve"} {
			expect(t, s, name, core.VerdictOpen, nil)
		}
	}
	m.setDown(true)
	if err := s.Flush(t.Context()); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	m.setDown(false)
	for range 2 { // the second has nothing to write
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if m.flushes != 1 || len(m.touched) != 3 || !m.touched["s-eve"].Equal(m.clock()) {
		t.Errorf("%d writes of %v", m.flushes, m.touched)
	}
}

func TestEnd(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	m.change(core.ChangeSession, "s-ada", func(v *core.SessionView) { v.Session.DeviceID = "d1" })
	one, two := replica(m), replica(m)
	poll(t, one, two)
	view := expect(t, one, "ada", core.VerdictOpen, nil)
	expect(t, two, "ada", core.VerdictOpen, nil)
	if err := one.End(t.Context(), view, core.EndSignedOut, core.Origin{Network: "192.0.2.0/24"}, false); err != nil {
		t.Fatal(err)
	}
	expect(t, one, "ada", core.VerdictEnded, nil)
	poll(t, two)
	expect(t, two, "ada", core.VerdictEnded, nil)
	e := m.ended[0]
	if e.ForgetDevice != "" || len(e.Record.Events) != 1 || e.Record.Events[0].Kind != core.EventSignedOut ||
		e.Record.Events[0].Origin.Session != "s-ada" || len(e.Record.Changes) != 1 {
		t.Errorf("got %+v", e)
	}
	if err := one.End(t.Context(), view, core.EndByOwner, core.Origin{}, true); err != nil {
		t.Fatal(err)
	}
	if e := m.ended[1]; e.ForgetDevice != "d1" || len(e.Record.Events) != 2 {
		t.Errorf("got %+v", e)
	}
}

type heard struct{ changes []core.Change }

func (h *heard) Polled(_ time.Time, changes []core.Change) { h.changes = append(h.changes, changes...) }

func TestListenersHearEachChangeOnce(t *testing.T) {
	m := newMemory()
	h := &heard{}
	s := replica(m, h)
	for range 3 {
		m.change(core.ChangeApplications, "o1", func(*core.SessionView) {})
		m.pass(time.Second)
		poll(t, s, s)
	}
	if len(h.changes) != 3 {
		t.Errorf("heard %d changes, want 3", len(h.changes))
	}
}

func TestForgetReadsAnew(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	s := replica(m)
	poll(t, s)
	expect(t, s, "ada", core.VerdictOpen, nil)
	m.change(core.ChangeUser, "u1", func(v *core.SessionView) { v.Account.User.FirstName = "Ada" })
	s.Forget(core.ChangeUser, "u1")
	if got := expect(t, s, "ada", core.VerdictOpen, nil).Account.User.FirstName; got != "Ada" {
		t.Errorf("got %q", got)
	}
}

func TestCacheIsBounded(t *testing.T) {
	m := newMemory()
	s := session.New(session.Config{Store: m, Clock: m.clock, Random: func([]byte) {}, Capacity: 64})
	poll(t, s)
	for i := range 500 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26))
		m.signIn(name, "u1", "o1")
		expect(t, s, name, core.VerdictOpen, nil)
	}
	if got := s.Cached(); got > 64 {
		t.Errorf("%d entries, want at most 64", got)
	}
}

// TestManyAtOnce is for the race detector: lookups, changes, polls and flushes
// together; afterwards nothing outdated is served.
func TestManyAtOnce(t *testing.T) {
	m := newMemory()
	names := []string{"ada", "bob", "eve", "kim"}
	for _, name := range names {
		m.signIn(name, core.ID("u-"+name), "o1")
	}
	one, two := replica(m), replica(m)
	poll(t, one, two)
	var all sync.WaitGroup
	for _, s := range []*session.Service{one, two} {
		for range 4 {
			all.Go(func() {
				for i := range 500 {
					_, _, _ = s.Lookup(context.WithoutCancel(t.Context()), token(names[i%len(names)]), netip.Addr{})
				}
			})
		}
		all.Go(func() {
			for range 100 {
				m.pass(100 * time.Millisecond)
				_ = s.Poll(t.Context())
				_ = s.Flush(t.Context())
			}
		})
	}
	all.Go(func() {
		for _, name := range names[:3] {
			m.change(core.ChangeUser, core.ID("u-"+name), func(v *core.SessionView) { v.Account.User.Status = core.Inactive })
		}
	})
	all.Wait()
	poll(t, one, two)
	for _, s := range []*session.Service{one, two} {
		for _, name := range names[:3] {
			expect(t, s, name, core.VerdictEnded, nil)
		}
		expect(t, s, "kim", core.VerdictOpen, nil)
	}
}

func TestRunFlushesWhenItStops(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	polled := make(chan struct{}, 100)
	s := session.New(session.Config{
		Store: m, Clock: m.clock, Random: func([]byte) {},
		Listeners: []session.Listener{signal(polled)},
	})
	go func() { done <- s.Run(ctx) }()
	<-polled
	m.pass(2 * time.Second)
	expect(t, s, "ada", core.VerdictOpen, nil)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !m.touched["s-ada"].Equal(m.clock()) {
		t.Errorf("got %v", m.touched)
	}
}

type signal chan struct{}

func (s signal) Polled(time.Time, []core.Change) { s <- struct{}{} }

// TestNetworksBite: a list of networks holds at the next request of each replica,
// for one organization and for no other; the store is not asked for it again, and
// a list that cannot be read lets nobody in.
func TestNetworksBite(t *testing.T) {
	m := newMemory()
	m.signIn("ada", "u1", "o1")
	m.signIn("bob", "u2", "o2")
	one, two := replica(m), replica(m)
	poll(t, one, two)
	at := func(s *session.Service, name, address string) core.Verdict {
		t.Helper()
		from, _ := netip.ParseAddr(address)
		_, verdict, err := s.Lookup(t.Context(), token(name), from)
		if err != nil {
			t.Fatal(err)
		}
		if _, shared, err := s.LookupShared(t.Context(), token(name), from); err != nil || shared != verdict {
			t.Errorf("shared: %s, %v", shared, err)
		}
		return verdict
	}
	for _, s := range []*session.Service{one, two} {
		if at(s, "ada", "198.51.100.1") != core.VerdictOpen {
			t.Fatal("not open before")
		}
		at(s, "bob", "198.51.100.1")
	}
	m.change(core.ChangeOrganization, "o1", func(v *core.SessionView) { v.Organization.Policy.AllowedNetworks = "203.0.113.0/24" })
	m.pass(time.Second)
	poll(t, one, two)
	for _, s := range []*session.Service{one, two} {
		for range 3 {
			if got := at(s, "ada", "198.51.100.1"); got != core.VerdictElsewhere {
				t.Errorf("elsewhere: %s", got)
			}
			if got := at(s, "ada", "203.0.113.9"); got != core.VerdictOpen {
				t.Errorf("at home: %s", got)
			}
		}
		if got := at(s, "bob", "198.51.100.1"); got != core.VerdictOpen {
			t.Errorf("another organization: %s", got)
		}
	}
	before := m.readCount()
	at(one, "ada", "198.51.100.1")
	if m.readCount() != before {
		t.Error("a request from elsewhere reads the store")
	}
	m.change(core.ChangeOrganization, "o1", func(v *core.SessionView) { v.Organization.Policy.AllowedNetworks = "office" })
	m.pass(time.Second)
	poll(t, one)
	if _, _, err := one.Lookup(t.Context(), token("ada"), netip.MustParseAddr("203.0.113.9")); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("a list that cannot be read: %v", err)
	}
}
