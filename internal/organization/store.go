package organization

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Doors changes what an application lets in.
type Doors interface {
	// SetMachines says whether it lets programs in; ErrStale where it is so already.
	SetMachines(ctx context.Context, a core.Application, r core.Record) error
}

// Store keeps organizations and their applications.
type Store interface {
	// CreateOrganization stores one; ErrTaken where the name is in use.
	CreateOrganization(ctx context.Context, o core.Organization, r core.Record) error
	// Organizations returns all, by name (operator commands).
	Organizations(ctx context.Context) ([]core.Organization, error)
	// Organization returns one; ErrNotFound.
	Organization(ctx context.Context, id core.ID) (core.Organization, error)
	// SaveOrganization stores by compare-and-swap on Version.
	SaveOrganization(ctx context.Context, o core.Organization, r core.Record) error
	// AddApplication stores one; ErrTaken where its address is registered.
	AddApplication(ctx context.Context, a core.Application, r core.Record) error
	// Applications returns an organization's, by name; all where the id is empty.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
	// RemoveApplication removes one by id; ErrNotFound in another organization.
	RemoveApplication(ctx context.Context, organizationID, id core.ID, r core.Record) error
	// CountUsers says how many accounts exist (0: not set up yet).
	CountUsers(ctx context.Context) (int, error)
}
