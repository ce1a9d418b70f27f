package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Keys returns the wrapped data keys, oldest first.
func (s *Store) Keys(ctx context.Context) ([]core.StoredKey, error) {
	rows, err := s.reading(ctx).query(`SELECT id, wrapped, active, created_at, active_at, settled_at, retired_at
		FROM data_key ORDER BY created_at, id`)
	all, err := collect(rows, err, func(r *sql.Rows) (k core.StoredKey, err error) {
		return k, r.Scan(&k.ID, &k.Wrapped, &k.Active, at(&k.CreatedAt), at(&k.ActiveAt), at(&k.SettledAt), at(&k.RetiredAt))
	})
	return all, failed("keys", err)
}

// AddKey stores a data key: the first one, active at once, or one that waits
// beside active, the key in use as it was read. ErrTaken where there is a key
// of that id or, for the first, any active one: another process was faster, and
// the caller reads [Store.Keys] again. ErrStale where the key in use is another
// one by now, or is wrapped under another master key.
func (s *Store) AddKey(ctx context.Context, k, active core.StoredKey, r core.Record) error {
	return s.runInTx(ctx, "add key", func(t *tx) error {
		if !k.Active {
			err := t.one(core.ErrStale, `UPDATE data_key SET wrapped = $2 WHERE id = $1 AND active AND wrapped = $2`, active.ID, active.Wrapped)
			if err != nil {
				return err
			}
		}
		err := t.one(core.ErrTaken, `INSERT INTO data_key (id, wrapped, active, created_at, active_at, settled_at, retired_at)
			VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING`,
			k.ID, k.Wrapped, k.Active, stamp(k.CreatedAt), stamp(k.ActiveAt), stamp(k.SettledAt))
		if err != nil {
			return err
		}
		return t.keysChanged(r)
	})
}

// ActivateKey lets a key that waits seal in place of replaces; ErrStale where
// it was done already, or another one is active.
func (s *Store) ActivateKey(ctx context.Context, id, replaces string, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "activate key", func(t *tx) error {
		if err := t.one(core.ErrStale, `UPDATE data_key SET active = FALSE WHERE id = $1 AND active`, replaces); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE data_key SET active = TRUE, active_at = $2
			WHERE id = $1 AND NOT active AND active_at = 0 AND retired_at = 0`, id, stamp(now))
		if err != nil {
			return err
		}
		return t.keysChanged(r)
	})
}

// SettleKey notes that a rotation to the active key is over: all that could be
// is sealed under it. ErrStale where that was noted already, or the key is not active.
func (s *Store) SettleKey(ctx context.Context, id string, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "settle key", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE data_key SET settled_at = $2 WHERE id = $1 AND active AND settled_at = 0`, id, stamp(now))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// RetireKey notes that nothing hangs on a key that was replaced. It still
// opens. ErrStale where it was retired already, or is active or not yet.
func (s *Store) RetireKey(ctx context.Context, id string, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "retire key", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE data_key SET retired_at = $2 WHERE id = $1 AND NOT active AND retired_at = 0 AND EXISTS
			(SELECT 1 FROM data_key n WHERE n.active AND n.created_at > data_key.created_at)`, id, stamp(now))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// RemoveKey removes a key that was retired at before or earlier, if still
// nothing hangs on it: ErrStale otherwise. Spent recovery codes, which only
// tell a used code from a wrong one, go with it.
func (s *Store) RemoveKey(ctx context.Context, id, start string, before, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "remove key", func(t *tx) error {
		err := t.one(core.ErrStale, `DELETE FROM data_key WHERE id = $1 AND NOT active AND retired_at > 0 AND retired_at <= $2`, id, stamp(before))
		if err != nil {
			return err
		}
		uses, err := keyUses(t, id, start, now)
		if err == nil && !uses.None() {
			err = core.ErrStale
		}
		if err == nil {
			err = t.all(removeSpentCodes, id)
		}
		if err != nil {
			return err
		}
		return t.keysChanged(r)
	})
}

// RewrapKeys replaces how every data key is wrapped: all of them or none.
// ErrStale where the keys are not the ones that were read.
func (s *Store) RewrapKeys(ctx context.Context, all []core.Rewrapping, r core.Record) error {
	return s.runInTx(ctx, "rewrap keys", func(t *tx) error {
		for _, k := range all {
			if err := t.one(core.ErrStale, `UPDATE data_key SET wrapped = $3 WHERE id = $1 AND wrapped = $2`, k.ID, k.Old, k.New); err != nil {
				return err
			}
		}
		// A key that is added locks the active one's row first, so from here on
		// none can come.
		var n int
		if err := t.queryRow(`SELECT count(*) FROM data_key`).Scan(&n); err != nil {
			return err
		}
		if n != len(all) {
			return core.ErrStale
		}
		return t.keysChanged(r)
	})
}

// keysChanged writes what a change of the keys carries: every replica reads
// them again (law 9).
func (t *tx) keysChanged(r core.Record) error {
	if err := t.record(r); err != nil {
		return err
	}
	return t.changed(core.ChangeKeys, "")
}
