package audit

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The bounds of retention: how often it runs, and how much one transaction
// removes.
const (
	RetainEvery = time.Hour
	trimSeals   = 50
)

// Retain removes what is older than its organization keeps, whole seals at a
// time, at most once an hour; then a signed cut stands in their place. The newest
// seal always stays, so that a chain never loses its end.
func (s *Sealer) Retain(ctx context.Context) error {
	now := s.Clock()
	if now.Sub(s.trimmed) < RetainEvery {
		return nil
	}
	organizations, err := s.Organizations.Organizations(ctx)
	if err != nil {
		return err
	}
	days := map[core.ID]int{"": core.AuditDaysDefault}
	for _, o := range organizations {
		days[o.ID] = max(o.Policy.AuditDays, core.AuditDaysLeast)
		days[""] = max(days[""], days[o.ID]) // the deployment's own rows stay as long as anybody's
	}
	for id, n := range days {
		if err := s.trim(ctx, id, now, n); err != nil && !errors.Is(err, core.ErrStale) {
			return err
		}
	}
	s.trimmed = now
	return nil
}

// trim removes an organization's rows from more than days ago.
func (s *Sealer) trim(ctx context.Context, id core.ID, now time.Time, days int) error {
	before := now.AddDate(0, 0, -days)
	chain, err := s.Seals.AuditChain(ctx, id)
	if err != nil || chain.Last.N == 0 {
		return err
	}
	cut, removed := chain.Cut, int64(0)
	for {
		seals, err := s.Seals.AuditSeals(ctx, id, cut.N, trimSeals)
		if err != nil {
			return err
		}
		old := oldest(seals, chain.Last.N, before)
		if len(old) == 0 {
			return nil
		}
		sign, err := s.keys().active(ctx)
		if err != nil {
			return err
		}
		trim := trimOf(id, cut, old, before, now)
		trim.Cut.Signer, trim.Cut.Signature = sign.id, sign.sign(cutStatement(&trim.Cut))
		removed += trim.Cut.Rows - cut.Rows
		if len(old) < len(seals) || len(seals) < trimSeals { // the last of this run says how many went
			trim.Record.Events = []core.Event{{
				ID: core.NewID(now, s.Random), OrganizationID: id, At: now, Kind: core.EventAuditTrimmed, Result: "ok",
				Actor: core.Actor{Kind: "system", Name: "Sallyport"}, Target: before.UTC().Format(time.DateOnly),
				Detail: map[string]string{"rows": strconv.FormatInt(removed, 10), "days": strconv.Itoa(days)},
			}}
		}
		if err := s.Seals.TrimAudit(ctx, trim); err != nil {
			return err
		}
		cut = trim.Cut
	}
}

// oldest returns the first seals whose rows are all older than before, a bounded
// number of rows, and never the last of the chain.
func oldest(seals []core.AuditSeal, last int64, before time.Time) []core.AuditSeal {
	rows := 0
	for i, l := range seals {
		rows += l.Count
		if l.N >= last || !l.Until.Before(before) || i > 0 && rows > SealRows {
			return seals[:i]
		}
	}
	return seals
}

// trimOf is the removal of seals that follow a cut.
func trimOf(id core.ID, cut core.AuditCut, seals []core.AuditSeal, before, now time.Time) core.AuditTrim {
	last := seals[len(seals)-1]
	trim := core.AuditTrim{Previous: cut.N, Cut: core.AuditCut{
		OrganizationID: id, N: last.N, Hash: last.Hash, Before: before.UTC().Truncate(time.Microsecond),
		At: now.UTC().Truncate(time.Microsecond), Rows: cut.Rows,
	}}
	for _, l := range seals {
		trim.Cut.Rows += int64(l.Count)
		_ = eachRow(l.Rows, func(row core.ID, _ string) error { // it returns none
			trim.EventIDs = append(trim.EventIDs, row)
			return nil
		})
	}
	return trim
}
