package profile

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps people's profiles and pictures.
type Store interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// SaveProfile stores a profile where it still is as it was read; ErrStale
	// where somebody saved first.
	SaveProfile(ctx context.Context, c core.ProfileChange) error
	// SetPhoto stores a picture in the place of the one before, or removes it;
	// ErrStale where it is so already.
	SetPhoto(ctx context.Context, c core.PhotoChange) error
	// Photo returns a picture of somebody in the organization by its name.
	Photo(ctx context.Context, organizationID core.ID, name string) ([]byte, error)
}
