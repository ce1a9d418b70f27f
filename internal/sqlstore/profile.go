package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// SaveProfile stores what a person says about themselves where it still is as
// it was read; ErrStale where somebody saved first. Of parallel calls from one
// reading exactly one succeeds.
func (s *Store) SaveProfile(ctx context.Context, c core.ProfileChange) error {
	was, is := c.Was, c.Is
	return s.runInTx(ctx, "save profile", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET first_name = $3, last_name = $4, title = $5, phone = $6, department = $7, manager = $8,
				time_zone = $9, language = $10
			WHERE id = $1 AND organization_id = $2 AND first_name = $11 AND last_name = $12 AND title = $13 AND phone = $14
				AND department = $15 AND manager = $16 AND time_zone = $17 AND language = $18`,
			string(c.UserID), string(c.OrganizationID), is.FirstName, is.LastName, is.Title, is.Phone, is.Department, is.Manager, is.TimeZone, is.Language,
			was.FirstName, was.LastName, was.Title, was.Phone, was.Department, was.Manager, was.TimeZone, was.Language)
		if err != nil {
			return err
		}
		if err := t.refold(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}
