package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// Keys returns the wrapped data keys, oldest first.
func (s *Store) Keys(ctx context.Context) ([]core.StoredKey, error) {
	rows, err := s.reading(ctx).query(`SELECT id, wrapped, active, created_at FROM data_key ORDER BY created_at, id`)
	all, err := collect(rows, err, func(r *sql.Rows) (k core.StoredKey, err error) {
		return k, r.Scan(&k.ID, &k.Wrapped, &k.Active, at(&k.CreatedAt))
	})
	return all, failed("keys", err)
}

// AddKey stores a data key. An active one takes over from replaces, the id of
// the key active so far, empty for the first. ErrTaken where another one is
// active, for example because two replicas made the first key at once: the
// loser reads [Store.Keys] again.
func (s *Store) AddKey(ctx context.Context, k core.StoredKey, replaces string) error {
	return s.runInTx(ctx, "add key", func(t *tx) error {
		if k.Active && replaces != "" {
			if err := t.one(core.ErrTaken, `UPDATE data_key SET active = FALSE WHERE id = $1 AND active`, replaces); err != nil {
				return err
			}
		}
		return t.one(core.ErrTaken, `INSERT INTO data_key (id, wrapped, active, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			k.ID, k.Wrapped, k.Active, stamp(k.CreatedAt))
	})
}
