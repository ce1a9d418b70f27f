package mailroom

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
)

// healthWindow is how far back taken, refused and failed mails are summed.
const healthWindow = 15 * time.Minute

// The gaps between looks at a server that fails: a fifth of the time it has been
// failing, within these. Providers shut out who signs in wrongly too often.
const (
	probeSoonest = time.Minute
	probeLatest  = 10 * time.Minute
	probeLimit   = 10 * time.Second
)

// book collects what this replica saw of servers since the last writing.
type book struct {
	mu      sync.Mutex
	tallies []core.MailTally
	wake    chan struct{} // asks to write at once
	bad     map[string]bool
}

// tallyMost bounds what is kept while the database is away.
const tallyMost = 200

// note is told of every handover.
func (b *book) note(h mail.Handover) {
	code := core.CodeOf(h.Err)
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tally(h.Server, h.At)
	switch {
	case h.Err == nil:
		t.Taken++
	case code == "mail.refused" || code == "mail.address":
		t.Refused++ // it is the recipient's: the server is well
	default:
		t.Failed++
		b.strike(t, h.At, core.ReasonOf(h.Err), h.Fault)
		return
	}
	b.alive(t, h.At)
}

// probed is told how a look at a server went.
func (b *book) probed(server string, at time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.tally(server, at); err != nil {
		b.strike(t, at, core.ReasonOf(err), true)
	} else {
		b.alive(t, at)
	}
}

func (b *book) alive(t *core.MailTally, at time.Time) {
	t.Alive, t.Strikes, t.Since, t.Last, t.Reason, t.Fault = at, 0, time.Time{}, time.Time{}, "", false
	b.turned(t.Server, false)
}

func (b *book) strike(t *core.MailTally, at time.Time, reason string, fault bool) {
	if t.Since.IsZero() {
		t.Since = at
	}
	t.Strikes++
	if fault {
		t.Strikes += core.MailFailing - 1
	}
	t.Last, t.Reason, t.Fault = at, reason, fault
	b.turned(t.Server, true)
}

// turned asks to write at once where a server began to fail or came back.
func (b *book) turned(server string, bad bool) {
	if was, known := b.bad[server]; known && was == bad || !known && !bad {
		return
	}
	if b.bad == nil {
		b.bad = map[string]bool{}
	}
	b.bad[server] = bad
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// tally returns the tally of a server and minute.
func (b *book) tally(server string, at time.Time) *core.MailTally {
	minute := at.Truncate(time.Minute)
	for i := len(b.tallies) - 1; i >= 0; i-- {
		if t := &b.tallies[i]; t.Server == server {
			if t.Minute.Equal(minute) {
				return t
			}
			break
		}
	}
	if len(b.tallies) >= tallyMost {
		b.tallies = b.tallies[1:]
	}
	b.tallies = append(b.tallies, core.MailTally{Server: server, Minute: minute})
	return &b.tallies[len(b.tallies)-1]
}

// take empties the book.
func (b *book) take() []core.MailTally {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.tallies
	b.tallies = nil
	return all
}

// putBack returns what could not be written, before what came since.
func (b *book) putBack(all []core.MailTally) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all = append(all, b.tallies...)
	b.tallies = all[max(0, len(all)-tallyMost):]
}

// flush writes what this replica saw.
func (s *Service) flush(ctx context.Context) error {
	all := s.book.take()
	if len(all) == 0 {
		return nil
	}
	err := s.Ledger.NoteMail(ctx, all)
	if err != nil {
		s.book.putBack(all)
	}
	return err
}

// refresh reads what all replicas saw.
func (s *Service) refresh(ctx context.Context) error {
	all, err := s.Ledger.MailHealth(ctx, s.Clock().Add(-healthWindow))
	if err == nil {
		s.health.Store(&all)
	}
	return err
}

// upkeep writes, reads, and looks at servers that fail.
func (s *Service) upkeep(ctx context.Context) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	now, setup := s.Clock(), s.current.Load()
	for _, p := range setup.servers {
		h := s.healthOf(p.Server.Address())
		// An answer about a recipient says nothing that a look could take back.
		if !h.Failing() || !h.Fault {
			continue
		}
		gap := min(max(now.Sub(h.FailingSince)/5, probeSoonest), probeLatest)
		ours, err := s.Ledger.ClaimMailProbe(ctx, h.Server, now, now.Add(-gap))
		if err != nil {
			return err
		}
		if ours {
			s.probes.Go(func() { s.probe(context.WithoutCancel(ctx), p, setup.sender) })
		}
	}
	return nil
}

// probe looks whether a server would take a mail.
func (s *Service) probe(ctx context.Context, p place, sender string) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	err := p.Probe(ctx, sender, nil)
	s.book.probed(p.Server.Address(), s.Clock(), err)
}

func (s *Service) healthOf(server string) core.MailHealth {
	if all := s.health.Load(); all != nil {
		for _, h := range *all {
			if h.Server == server {
				return h
			}
		}
	}
	return core.MailHealth{Server: server}
}

// State returns how mail is doing, as it was known some seconds ago.
func (s *Service) State() core.MailState {
	st := core.MailState{Condition: core.MailWorks}
	servers := s.current.Load().servers
	failing := 0
	for _, p := range servers {
		h := s.healthOf(p.Server.Address())
		st.Servers = append(st.Servers, h)
		if !h.Failing() {
			continue
		}
		failing++
		if st.Since.IsZero() || h.FailingSince.After(st.Since) {
			st.Since, st.Server, st.Reason = h.FailingSince, h.Server, h.Reason
		}
	}
	switch {
	case len(servers) == 0:
		st.Condition = core.MailNoServer
	case failing == len(servers):
		st.Condition = core.MailFails
	case failing > 0:
		st.Condition = core.MailDegraded
	}
	return st
}

// Down reports whether all servers fail, and one was tried since a moment: who
// waits for a code does better by another way (features 7).
func (s *Service) Down(since time.Time) bool {
	st := s.State()
	if st.Condition != core.MailFails {
		return false
	}
	for _, h := range st.Servers {
		if !h.FailedAt.Before(since) {
			return true
		}
	}
	return false
}
