package sqlstore

import (
	"context"
	"encoding/base64"

	"github.com/sallyport/sallyport/internal/core"
)

// SetPhoto stores a person's picture in the place of the one before, or removes
// it where Name is empty. ErrStale where it is so already.
func (s *Store) SetPhoto(ctx context.Context, c core.PhotoChange) error {
	user, org := string(c.UserID), string(c.OrganizationID)
	return s.runInTx(ctx, "set photo", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET photo = $3 WHERE id = $1 AND organization_id = $2 AND photo <> $3`, user, org, c.Name)
		if err != nil {
			return err
		}
		if c.Name == "" {
			err = t.all(`DELETE FROM photo WHERE user_id = $1 AND organization_id = $2`, user, org)
		} else {
			err = t.all(`INSERT INTO photo (user_id, organization_id, name, image, set_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (user_id) DO UPDATE SET name = $3, image = $4, set_at = $5`,
				user, org, c.Name, base64.StdEncoding.EncodeToString(c.Image), stamp(c.At))
		}
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// Photo returns a picture of somebody in the organization by its name;
// ErrNotFound where there is none.
func (s *Store) Photo(ctx context.Context, organizationID core.ID, name string) ([]byte, error) {
	if name == "" || !storable(name) {
		return nil, core.ErrNotFound
	}
	var image string
	err := s.reading(ctx).queryRow(`SELECT image FROM photo WHERE organization_id = $1 AND name = $2 LIMIT 1`,
		string(organizationID), name).Scan(&image)
	if err != nil {
		return nil, failed("photo", noRows(err))
	}
	made, err := base64.StdEncoding.DecodeString(image)
	return made, failed("photo", err)
}
