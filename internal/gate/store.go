package gate

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store reads the registered applications.
type Store interface {
	// Applications returns an organization's, by name; all where the id is empty.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
}
