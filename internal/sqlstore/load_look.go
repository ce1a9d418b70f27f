package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const dueLook = `SELECT f.id FROM load_file f WHERE f.look_state = 'due' AND f.run_id = '' AND f.lease_until <= $1
	ORDER BY f.lease_until, f.id LIMIT 1`

// TakeLook leases a file whose preview is due to a worker; ErrNotFound where none is.
func (s *Store) TakeLook(ctx context.Context, owner string, now, until time.Time) (core.LoadFile, error) {
	return s.takeLoadFile(ctx, "take look", dueLook, owner, now, until)
}

// SaveLook stores what a worker found of a file, or how far it is, and moves the end of
// its lease: ErrStale where the file was changed since, is loaded, or is somebody else's.
func (s *Store) SaveLook(ctx context.Context, owner string, f core.LoadFile, until time.Time) error {
	look, err := fact(f.Look)
	if err != nil {
		return fmt.Errorf("sqlstore: save look: %w", err)
	}
	return s.runInTx(ctx, "save look", func(t *tx) error {
		return t.one(core.ErrStale, `UPDATE load_file SET look_state = $4, look = $5, lease_until = $6
			WHERE id = $1 AND version = $2 AND lease_owner = $3 AND run_id = ''`,
			string(f.ID), int64(f.Version), owner, string(f.LookState), clean(look), stamp(until))
	})
}
