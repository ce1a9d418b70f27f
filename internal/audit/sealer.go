package audit

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
	"github.com/sallyport/sallyport/internal/secret"
)

// The times of sealing.
const (
	// SealEvery is how often what is new is sealed.
	SealEvery = 10 * time.Second
	// SealDelay is how old a row is when it is sealed: longer than almost any
	// transaction takes from the moment its rows are dated to its commit (law 9).
	SealDelay = 30 * time.Second
	// Rows that were committed later than that are looked for behind what is
	// sealed: often in the last minutes, now and then in the last day. They come
	// into the next seal.
	LateEvery = time.Minute
	LateReach = 10 * time.Minute
	FarEvery  = time.Hour
	FarReach  = 25 * time.Hour
	// sealLease is how long one process has the sealing to itself. It only saves
	// work: of two that seal at once one gets the number.
	sealLease = time.Minute
)

// lateStep is how many places are compared at a time.
const lateStep = 5000

// Deps are what the parts of this package work with.
type Deps struct {
	Log           Log
	Seals         Seals
	Keys          Keys
	Tasks         Tasks
	Organizations Organizations
	Recorder      Recorder
	People        People
	Ring          *secret.Ring
	Clock         core.Clock
	Random        core.Random
	Logger        *slog.Logger
	// Owner names this process among those that share the database.
	Owner string
}

func (d Deps) keys() *keeper {
	return &keeper{store: d.Keys, ring: d.Ring, clock: d.Clock, random: d.Random, log: d.Logger}
}

// Sealer seals what is new, in the background, and removes what is too old.
type Sealer struct {
	Deps
	late, far, trimmed time.Time // when these were done last
}

// NewSealer returns a sealer; [Sealer.Run] lets it work.
func NewSealer(d Deps) *Sealer { return &Sealer{Deps: d} }

// Run seals until ctx ends. What fails is tried again at the next round.
func (s *Sealer) Run(ctx context.Context) error {
	failing := false
	return rounds.Every(ctx, SealEvery, func(ctx context.Context) {
		_, err := s.Seal(ctx)
		if err == nil {
			err = s.Retain(ctx)
		}
		if err != nil && !failing && ctx.Err() == nil {
			s.Logger.Error("the audit log could not be sealed", "cause", err)
		}
		failing = err != nil
	})
}

// Seal seals everything that is old enough, of every organization, and returns
// how many rows. Another process that seals at the same moment does no harm.
func (s *Sealer) Seal(ctx context.Context) (int, error) {
	now := s.Clock()
	organizations, err := s.Log.AuditOrganizations(ctx)
	if err != nil {
		return 0, err
	}
	reach := s.reach(now)
	total, leased := 0, false
	for _, id := range organizations {
		n, err := s.sealOne(ctx, id, now, reach, &leased)
		total += n
		if errors.Is(err, errLeased) || errors.Is(err, core.ErrStale) {
			return total, nil // another process does it
		}
		if err != nil {
			return total, err
		}
	}
	s.done(now, reach)
	return total, nil
}

// reach says how far back late rows are looked for this time.
func (s *Sealer) reach(now time.Time) time.Duration {
	switch {
	case now.Sub(s.far) >= FarEvery:
		return FarReach
	case now.Sub(s.late) >= LateEvery:
		return LateReach
	}
	return 0
}

func (s *Sealer) done(now time.Time, reach time.Duration) {
	if reach > 0 {
		s.late = now
	}
	if reach == FarReach {
		s.far = now
	}
}

var errLeased = errors.New("audit: another process seals")

// sealOne seals one organization's rows. The lease is taken when there is
// something to do, so an idle server writes nothing.
func (s *Sealer) sealOne(ctx context.Context, id core.ID, now time.Time, reach time.Duration, leased *bool) (int, error) {
	chain, err := s.Seals.AuditChain(ctx, id)
	if err != nil {
		return 0, err
	}
	horizon := now.Add(-SealDelay)
	late, err := s.lateRows(ctx, id, chain.Last.Through, horizon.Add(-reach), reach > 0)
	if err != nil {
		return 0, err
	}
	total, last := 0, ""
	for {
		rows, err := s.Log.AuditEvents(ctx, id, chain.Last.Through, horizon, SealRows)
		if err != nil || len(rows)+len(late) == 0 {
			s.logged(last, total)
			return total, err
		}
		sign, err := s.lease(ctx, leased, now)
		if err != nil {
			return total, err
		}
		// Late rows first: they are older than what is new.
		l := nextSeal(id, chain, append(late, rows...), len(late), s.Clock())
		late = nil
		sign.seal(&l)
		if err := s.Seals.AddAuditSeal(ctx, l); err != nil {
			s.logged(last, total)
			return total, err
		}
		total += l.Count
		last = checkpointOf(&l, sign.public).String()
		l.Rows = ""
		chain.Last = l
	}
}

// logged keeps a checkpoint outside of the database: only against one of these
// can a cut tail be proved (AU4).
func (s *Sealer) logged(checkpoint string, rows int) {
	if checkpoint != "" {
		s.Logger.Info("audit checkpoint", "checkpoint", checkpoint, "rows", rows)
	}
}

func (s *Sealer) lease(ctx context.Context, leased *bool, now time.Time) (signer, error) {
	if !*leased {
		_, ok, err := s.Tasks.TakeAuditTask(ctx, core.AuditSealing, s.Owner, now, now.Add(sealLease))
		if err != nil {
			return signer{}, err
		}
		if !ok {
			return signer{}, errLeased
		}
		*leased = true
	}
	return s.keys().active(ctx)
}

// nextSeal makes the seal that follows a chain; the first late of its rows do not
// move its place in the log's order on.
func nextSeal(id core.ID, chain core.AuditChain, rows []core.StoredEvent, late int, now time.Time) core.AuditSeal {
	l := core.AuditSeal{
		OrganizationID: id, N: chain.Cut.N + 1, Kind: core.SealLog, Previous: chain.Cut.Hash,
		At: now.UTC().Truncate(time.Microsecond), Count: len(rows), Through: chain.Last.Through,
	}
	if chain.Last.N > 0 {
		l.N, l.Previous = chain.Last.N+1, chain.Last.Hash
	}
	digests, line := make([]rowDigest, len(rows)), []byte(nil)
	for i := range rows {
		line = appendEvent(line[:0], &rows[i])
		digests[i] = rowDigest{rows[i].ID, digestOf(line)}
		if at := rows[i].At; l.From.IsZero() || at.Before(l.From) {
			l.From = at
		}
		if at := rows[i].At; at.After(l.Until) {
			l.Until = at
		}
	}
	if len(rows) > late {
		newest := rows[len(rows)-1]
		l.Through = core.EventMark{At: newest.At, ID: newest.ID}
	}
	l.Rows = rowsText(digests)
	return l
}

// lateRows finds rows up to a place that is sealed which are in no seal: they
// were committed after their time was sealed.
func (s *Sealer) lateRows(ctx context.Context, id core.ID, through core.EventMark, from time.Time, look bool) ([]core.StoredEvent, error) {
	if !look || through.At.Before(from) {
		return nil, nil
	}
	var late []core.ID
	after := core.EventMark{At: from}
	for len(late) < SealRows {
		marks, err := s.Log.AuditMarks(ctx, id, after, through.At.Add(time.Microsecond), lateStep)
		if err != nil {
			return nil, err
		}
		if len(marks) == 0 {
			break
		}
		missing, err := s.unsealed(ctx, id, marks, through)
		if err != nil {
			return nil, err
		}
		late = append(late, missing...)
		after = marks[len(marks)-1]
		if len(marks) < lateStep {
			break
		}
	}
	if len(late) == 0 {
		return nil, nil
	}
	return s.Log.AuditEventsByID(ctx, id, late[:min(len(late), SealRows)])
}

// unsealed returns those of the places, up to through, that no seal names.
func (s *Sealer) unsealed(ctx context.Context, id core.ID, marks []core.EventMark, through core.EventMark) ([]core.ID, error) {
	seals, err := s.Seals.AuditSealsOver(ctx, id, marks[0].At, marks[len(marks)-1].At)
	if err != nil {
		return nil, err
	}
	named := map[core.ID]bool{}
	for _, l := range seals {
		_ = eachRow(l.Rows, func(row core.ID, _ string) error { named[row] = true; return nil }) // it returns none
	}
	var out []core.ID
	for _, m := range marks {
		if !named[m.ID] && !behind(m, through) {
			out = append(out, m.ID)
		}
	}
	return out, nil
}

// behind reports whether a place comes after another.
func behind(m, other core.EventMark) bool {
	return m.At.After(other.At) || m.At.Equal(other.At) && m.ID > other.ID
}
