package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// AuditKeys returns every key that ever signed seals, oldest first.
func (s *Store) AuditKeys(ctx context.Context) ([]core.AuditKey, error) {
	rows, err := s.reading(ctx).query(`SELECT k.id, k.public, k.seed_sealed, k.made_under, k.created_at, k.endorsed_by, k.endorsed
		FROM audit_key k ORDER BY k.created_at, k.id`)
	keys, err := collect(rows, err, func(r *sql.Rows) (k core.AuditKey, err error) {
		return k, r.Scan(&k.ID, &k.Public, &k.SeedSealed, &k.MadeUnder, at(&k.CreatedAt), &k.EndorsedBy, &k.Endorsed)
	})
	return keys, failed("audit keys", err)
}

// AddAuditKey stores a key that signs from now on.
func (s *Store) AddAuditKey(ctx context.Context, k core.AuditKey, r core.Record) error {
	return s.runInTx(ctx, "add audit key", func(t *tx) error {
		if err := t.all(`INSERT INTO audit_key (id, public, seed_sealed, made_under, created_at, endorsed_by, endorsed)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(k.ID), k.Public, k.SeedSealed, k.MadeUnder, stamp(k.CreatedAt), string(k.EndorsedBy), k.Endorsed); err != nil {
			return err
		}
		return t.record(r)
	})
}

// TakeAuditTask leases a task until a moment and returns how far it got. ok is
// false while another owner has it.
func (s *Store) TakeAuditTask(ctx context.Context, task core.AuditTask, owner string, now, until time.Time) (position string, ok bool, err error) {
	err = s.runInTx(ctx, "take audit task", func(t *tx) error {
		position, ok = "", false
		err := t.queryRow(`INSERT INTO audit_task (name, owner, until, position) VALUES ($1, $2, $3, '')
			ON CONFLICT (name) DO UPDATE SET owner = $2, until = $3 WHERE audit_task.owner = $2 OR audit_task.until < $4
			RETURNING position`, string(task), owner, stamp(until), stamp(now)).Scan(&position)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return position, ok, err
}

// MoveAuditTask notes how far a task got; ErrStale where its lease went to
// another owner.
func (s *Store) MoveAuditTask(ctx context.Context, task core.AuditTask, owner, position string) error {
	return s.runInTx(ctx, "move audit task", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE audit_task SET position = $3 WHERE name = $1 AND owner = $2`, string(task), owner, position)
	})
}
