package apikey

import (
	"context"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps API keys.
type Store interface {
	// APIKeyByAccess returns the key of an access key with its person and
	// organization; ErrNotFound.
	APIKeyByAccess(ctx context.Context, access string) (core.KeyView, error)
	// APIKeyByID returns a key of an organization; ErrNotFound.
	APIKeyByID(ctx context.Context, organizationID, id core.ID) (core.KeyView, error)
	// APIKeys returns keys of an organization by name.
	APIKeys(ctx context.Context, f core.APIKeyFilter) ([]core.KeyView, error)
	// CreateAPIKey stores a key; ErrStale where its person may not sign in,
	// ErrLimit where they have as many as they may.
	CreateAPIKey(ctx context.Context, m core.APIKeyMaking) error
	// SaveAPIKey stores a change by compare-and-swap; ErrStale, ErrLimit.
	SaveAPIKey(ctx context.Context, c core.APIKeyChange) error
	// RemoveAPIKey ends a key; ErrNotFound where it is gone.
	RemoveAPIKey(ctx context.Context, c core.APIKeyRemoval) error
	// TouchAPIKeys moves the last use of keys forward.
	TouchAPIKeys(ctx context.Context, uses []core.APIKeyUse) error
}

// Endings finds keys whose end is near.
type Endings interface {
	// ExpiringAPIKeys returns keys that end within so many days, whose person was not
	// told so yet.
	ExpiringAPIKeys(ctx context.Context, days int, now time.Time, limit int) ([]core.KeyView, error)
	// WarnOfAPIKey notes that a person is told; ErrStale where another process was
	// faster.
	WarnOfAPIKey(ctx context.Context, w core.APIKeyWarning) error
}

// Post makes the mails that events call for.
type Post interface {
	// Notices returns those of an event about a person.
	Notices(e core.Event, u core.User) []core.Message
}

// People finds whom a key acts as.
type People interface {
	// AccountByID returns a person of an organization; ErrNotFound.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
}

// Limits counts wrong keys.
type Limits interface {
	// MissKey counts a wrong key, and reports whether there may be one more.
	MissKey(ctx context.Context, access string, from netip.Addr) (bool, error)
}
