package audit

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The times of the stream.
const (
	streamEvery = 2 * time.Second
	streamRetry = 15 * time.Second // after a target failed
	streamLease = time.Minute
)

// Shipment is one line that goes out. An event's Line is its JSON form; other
// lines are seals and what else the file form has.
type Shipment struct {
	Kind  string            // "event", "seal", "key" or "checkpoint"
	Event *core.StoredEvent // of an event
	At    time.Time
	Line  []byte // the value; in the file form it stands as {"Kind":Line}
}

// FileLine is the line of the file form, with its end.
func (s Shipment) FileLine() []byte {
	b := append([]byte(`{"`+s.Kind+`":`), s.Line...)
	return append(b, "}\n"...)
}

// Target takes what is sealed, batch by batch. After an error the same batch
// comes again.
type Target interface {
	Ship(ctx context.Context, batch []Shipment) error
	String() string
}

// Stream sends the log on to a target. It follows the seals: what is sealed is
// sent, each row at least once, in the order of the seals, so that rows which
// were committed late are not missed. It holds up nothing: writers do not know
// of it.
type Stream struct {
	Deps
	// Task names the position; those that share it share the work.
	Task    core.AuditTask
	Target  Target
	failing atomic.Bool
	behind  atomic.Int64
	keysOut map[core.ID]bool // keys that went out since this process began
	known   positions        // what was sent as of the last time it was this process's to send
}

// Failing reports whether the target did not take the last batch.
func (s *Stream) Failing() bool { return s.failing.Load() }

// Behind says how many seals wait to be sent, as of the last look.
func (s *Stream) Behind() int { return int(s.behind.Load()) }

// Run sends until ctx ends.
func (s *Stream) Run(ctx context.Context) error {
	for {
		_, err := s.Send(ctx)
		wait := streamEvery
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			wait = streamRetry
			if !s.failing.Swap(true) {
				s.Logger.Error("the audit log cannot be sent on; it is kept, and sent later", "target", s.Target.String(), "cause", err)
			}
		case s.failing.Swap(false):
			s.Logger.Info("the audit log is sent on again", "target", s.Target.String())
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// positions is how far the stream got: the last seal of each organization.
type positions map[core.ID]int64

// Send sends everything that is sealed and was not sent, and returns how many
// seals that were.
func (s *Stream) Send(ctx context.Context) (int, error) {
	organizations, err := s.Log.AuditOrganizations(ctx)
	if err != nil {
		return 0, err
	}
	// Nothing is written while there is nothing to send.
	if fresh, err := s.fresh(ctx, organizations); err != nil || !fresh {
		return 0, err
	}
	now := s.Clock()
	text, ok, err := s.Tasks.TakeAuditTask(ctx, s.Task, s.Owner, now, now.Add(streamLease))
	if err != nil || !ok {
		return 0, err
	}
	at := positions{}
	defer func() { s.known = at }()
	if text != "" {
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			return 0, err
		}
	}
	total := 0
	for _, id := range organizations {
		n, err := s.sendOne(ctx, id, at)
		total += n
		if err != nil || ctx.Err() != nil {
			return total, err
		}
	}
	return total, nil
}

// fresh reports whether there are seals that this process does not know as sent.
func (s *Stream) fresh(ctx context.Context, organizations []core.ID) (bool, error) {
	for _, id := range organizations {
		chain, err := s.Seals.AuditChain(ctx, id)
		if err != nil || chain.Last.N > s.known[id] {
			return err == nil, err
		}
	}
	return false, nil
}

// sendOne sends one organization's seals, noting the position after each.
func (s *Stream) sendOne(ctx context.Context, id core.ID, at positions) (int, error) {
	chain, err := s.Seals.AuditChain(ctx, id)
	if err != nil {
		return 0, err
	}
	at[id] = max(at[id], chain.Cut.N) // retention was faster than the target
	s.behind.Store(max(0, chain.Last.N-at[id]))
	sent := 0
	for {
		seals, err := s.Seals.AuditSeals(ctx, id, at[id], verifySeals)
		if err != nil || len(seals) == 0 {
			return sent, err
		}
		for i := range seals {
			batch, err := s.batch(ctx, &seals[i])
			if err != nil {
				return sent, err
			}
			if err := s.Target.Ship(ctx, batch); err != nil {
				return sent, err
			}
			at[id] = seals[i].N
			if err := s.note(ctx, at); err != nil {
				return sent, err
			}
			s.behind.Store(max(0, chain.Last.N-at[id]))
			sent++
		}
	}
}

// note stores the position and keeps the lease.
func (s *Stream) note(ctx context.Context, at positions) error {
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if err := s.Tasks.MoveAuditTask(ctx, s.Task, s.Owner, string(text)); err != nil {
		return err
	}
	now := s.Clock()
	_, ok, err := s.Tasks.TakeAuditTask(ctx, s.Task, s.Owner, now, now.Add(streamLease))
	if err == nil && !ok {
		err = errors.New("audit: another process sends now")
	}
	return err
}

// batch is one seal with its rows, and keys that did not go out yet.
func (s *Stream) batch(ctx context.Context, l *core.AuditSeal) ([]Shipment, error) {
	keys, public, err := s.keys().ours(ctx)
	if err != nil {
		return nil, err
	}
	var out []Shipment
	put := func(kind string, value any) error {
		b, err := json.Marshal(value)
		out = append(out, Shipment{Kind: kind, At: l.At, Line: b})
		return err
	}
	for _, k := range keys {
		if !s.keysOut[k.ID] {
			if err := put("key", keyLine{k.ID, k.Public, k.EndorsedBy, k.Endorsed}); err != nil {
				return nil, err
			}
		}
	}
	ids := make([]core.ID, 0, l.Count)
	_ = eachRow(l.Rows, func(id core.ID, _ string) error { ids = append(ids, id); return nil }) // it returns none
	events, err := Exporter{s.Deps}.inOrder(ctx, l.OrganizationID, ids)
	if err != nil {
		return nil, err
	}
	for i := range events {
		out = append(out, Shipment{Kind: "event", Event: &events[i], At: events[i].At, Line: appendEvent(nil, &events[i])})
	}
	err = put("seal", sealLineOf(l))
	if err == nil {
		err = put("checkpoint", checkpointOf(l, public[l.Signer]).String())
	}
	if s.keysOut == nil {
		s.keysOut = map[core.ID]bool{}
	}
	for _, k := range keys {
		s.keysOut[k.ID] = true
	}
	return out, err
}
