package keyring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Report says what a rotation did and what is left.
type Report struct {
	Active   string
	Resealed map[core.SealedColumn]int
	// Broken counts sealed texts that no key opens: damaged rows.
	Broken  map[core.SealedColumn]int
	Retired []string
	Removed []string
	Left    []Left
}

// Left is what still hangs on a key that was replaced.
type Left struct {
	Key  string
	Uses core.KeyUses
}

// Rotation is one run of the operator's command. Every step is a conditional
// update and is found done by whoever comes later, so a run that was killed is
// taken up by the next, and two at once help each other (KY3; docs/adr/0015).
type Rotation struct {
	*Keeper
	By core.Actor
	// Say is told what happens.
	Say func(format string, args ...any)
}

// Rotate makes a new data key, seals everything anew under it that can be, and
// retires the old keys that nothing hangs on. An unfinished rotation is
// finished instead. With only, no key is made in any case.
func (r *Rotation) Rotate(ctx context.Context, only bool) (Report, error) {
	report := Report{Resealed: map[core.SealedColumn]int{}, Broken: map[core.SealedColumn]int{}}
	active, err := r.activate(ctx, only)
	if err != nil {
		return report, err
	}
	report.Active = active.ID
	// A replica that has not read the keys since may still seal under the old one.
	if err := r.until(ctx, active.ActiveAt.Add(core.KeyWait)); err != nil {
		return report, err
	}
	clean, err := r.resealAll(ctx, &report)
	if err != nil {
		return report, err
	}
	if err := r.tidy(ctx, &report); err != nil {
		return report, err
	}
	// Last: until this is noted, the next run goes on with this rotation.
	if clean && active.SettledAt.IsZero() {
		err = r.Store.SettleKey(ctx, active.ID, r.Clock(), r.record(core.EventKeySettled, active.ID))
		if errors.Is(err, core.ErrStale) {
			err = nil // another run was faster
		}
	}
	return report, errors.Join(err, r.Reload(ctx))
}

// activate returns the key that seals from now on. With only, or where a
// rotation is unfinished, no key is made.
func (r *Rotation) activate(ctx context.Context, only bool) (core.StoredKey, error) {
	for begun := false; ; begun = true {
		keys, err := r.Store.Keys(ctx)
		if err != nil {
			return core.StoredKey{}, err
		}
		active, next, older := sorted(keys)
		switch {
		case active.ID == "":
			return active, core.NewError(core.Internal, "key.active")
		case next.ID != "":
			err = r.begin(ctx, active, next)
			only = true
		case only || older && active.SettledAt.IsZero():
			if !begun && older && active.SettledAt.IsZero() {
				r.Say("going on with the rotation to %s", active.ID)
			}
			return active, r.Reload(ctx)
		default:
			// Where another run makes one at the same moment, both go on with it.
			if err = r.add(ctx, keys, active); errors.Is(err, core.ErrTaken) {
				err = core.ErrStale
			}
		}
		if err != nil && !errors.Is(err, core.ErrStale) {
			return active, err
		}
		// ErrStale: it was done by another run, or the master key was replaced.
		if err := r.Reload(ctx); err != nil {
			return active, err
		}
	}
}

// sorted finds the active key, one that waits to be, and whether there are
// older ones.
func sorted(keys []core.StoredKey) (active, next core.StoredKey, older bool) {
	for _, k := range keys {
		switch {
		case k.Active:
			active = k
		case k.ActiveAt.IsZero() && active.ID != "":
			next = k // it was made after the active one
		default:
			older = true
		}
	}
	return active, next, older
}

// add makes a key that waits.
func (r *Rotation) add(ctx context.Context, keys []core.StoredKey, active core.StoredKey) error {
	r.mu.Lock()
	ours := secret.WrappedBy(r.master, wrapped([]core.StoredKey{active})[0])
	w := secret.NewWrappedKey(r.master, nextID(keys), r.Random)
	r.mu.Unlock()
	if !ours {
		return core.ErrStale // the master key was replaced since this process read it
	}
	k := core.StoredKey{ID: w.ID, Wrapped: w.Wrapped, CreatedAt: r.Clock()}
	if !k.CreatedAt.After(active.CreatedAt) {
		k.CreatedAt = active.CreatedAt.Add(time.Microsecond) // their order is their age
	}
	if err := r.Store.AddKey(ctx, k, active, r.record(core.EventKeyMade, k.ID)); err != nil {
		return err
	}
	r.Say("made %s", k.ID)
	return nil
}

// nextID numbers the keys; the active one is always the newest, so no number
// comes twice.
func nextID(keys []core.StoredKey) string {
	last := 0
	for _, k := range keys {
		if n, err := strconv.Atoi(strings.TrimPrefix(k.ID, "k")); err == nil {
			last = max(last, n)
		}
	}
	return "k" + strconv.Itoa(last+1)
}

// begin lets a key that waits seal, once every server has had the time to read
// it.
func (r *Rotation) begin(ctx context.Context, active, next core.StoredKey) error {
	if err := r.until(ctx, next.CreatedAt.Add(core.KeyWait)); err != nil {
		return err
	}
	if err := r.Reload(ctx); err != nil {
		return err
	}
	if err := r.Store.ActivateKey(ctx, next.ID, active.ID, r.Clock(), r.record(core.EventKeyActive, next.ID)); err != nil {
		return err
	}
	r.Say("%s seals from now on", next.ID)
	return nil
}

// until waits for a moment.
func (r *Rotation) until(ctx context.Context, moment time.Time) error {
	d := moment.Sub(r.Clock())
	if d <= 0 {
		return nil
	}
	r.Say("waiting %s until every server knows it", d.Round(time.Second))
	return r.Wait(ctx, min(d, core.KeyWait))
}

// tidy retires what nothing hangs on, removes what was retired long ago, and
// counts what is left.
func (r *Rotation) tidy(ctx context.Context, report *Report) error {
	keys, err := r.Store.Keys(ctx)
	if err != nil {
		return err
	}
	active, _, _ := sorted(keys)
	for _, k := range keys {
		if !k.CreatedAt.Before(active.CreatedAt) {
			continue // it is active, or waits
		}
		uses, err := r.Texts.KeyUses(ctx, k.ID, secret.SealedStart(k.ID), r.Clock())
		if err != nil {
			return err
		}
		switch {
		case !uses.None():
			report.Left = append(report.Left, Left{k.ID, uses})
		case k.RetiredAt.IsZero():
			err = r.Store.RetireKey(ctx, k.ID, r.Clock(), r.record(core.EventKeyRetired, k.ID))
			report.Retired = done(report.Retired, k.ID, err)
		default:
			err = r.Store.RemoveKey(ctx, k.ID, secret.SealedStart(k.ID), r.Clock().Add(-core.KeyKept), r.Clock(), r.record(core.EventKeyRemoved, k.ID))
			report.Removed = done(report.Removed, k.ID, err)
		}
		if err != nil && !errors.Is(err, core.ErrStale) {
			return err
		}
	}
	return nil
}

func done(list []string, id string, err error) []string {
	if err != nil {
		return list
	}
	return append(list, id)
}

// record is what a step writes beside itself.
func (r *Rotation) record(kind, key string) core.Record {
	now := r.Clock()
	return core.Record{Events: []core.Event{{
		ID: core.NewID(now, r.Random), At: now, Kind: kind, Result: "ok", Actor: r.By, Target: key,
	}}}
}

// The bounds of sealing anew: a batch is one transaction, so nobody waits long
// for it; a pass goes over everything, until one finds nothing.
const (
	resealBatch  = 100
	resealPasses = 5
)

// resealAll seals every text anew that the active key did not seal. It reports
// whether nothing of the kind is left, but for damaged texts.
func (r *Rotation) resealAll(ctx context.Context, report *Report) (clean bool, err error) {
	for range resealPasses {
		found := 0
		report.Broken = map[core.SealedColumn]int{}
		for _, c := range core.SealedColumns() {
			n, err := r.resealColumn(ctx, c, report)
			if err != nil {
				return false, fmt.Errorf("%s: %w", c, err)
			}
			found += n
		}
		if found == 0 {
			return true, nil
		}
	}
	return false, nil
}

// resealColumn goes over one column and returns how many texts it found that it
// could open. A text that changes meanwhile is left to the next pass.
func (r *Rotation) resealColumn(ctx context.Context, c core.SealedColumn, report *Report) (found int, err error) {
	start := secret.SealedStart(r.ring.ActiveKey())
	for after := core.ID(""); ; {
		some, err := r.Texts.SealedTexts(ctx, c, start, after, resealBatch)
		if err != nil || len(some) == 0 {
			return found, err
		}
		after = some[len(some)-1].ID
		var texts []core.Resealing
		for _, t := range some {
			plain, err := r.ring.Open(bindingOf(c, t), t.Text)
			if err != nil {
				report.Broken[c]++
				continue
			}
			sealed, keyID := r.ring.Seal(bindingOf(c, t), plain)
			clear(plain)
			texts = append(texts, core.Resealing{ID: t.ID, Old: t.Text, New: sealed, KeyID: keyID})
		}
		found += len(texts)
		n, err := r.Texts.Reseal(ctx, c, texts)
		report.Resealed[c] += n
		if err != nil {
			return found, err
		}
	}
}

// Uses says what hangs on each key, for the operator's list.
func (k *Keeper) Uses(ctx context.Context) ([]core.StoredKey, map[string]core.KeyUses, error) {
	keys, err := k.Store.Keys(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := map[string]core.KeyUses{}
	for _, key := range keys {
		if all[key.ID], err = k.Texts.KeyUses(ctx, key.ID, secret.SealedStart(key.ID), k.Clock()); err != nil {
			return nil, nil, err
		}
	}
	return slices.Clip(keys), maps.Clone(all), nil
}
