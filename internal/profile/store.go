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
}
