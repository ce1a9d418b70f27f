package web

import (
	"context"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// Reports reads what is known of people, for files (package bulk).
type Reports interface {
	// Export hands over everybody of a report and records that it was taken.
	Export(ctx context.Context, v core.SessionView, o core.Origin, a bulk.Asked, each func([]bulk.Row) error) error
}

// Bulk does one action for many people (package bulk).
type Bulk interface {
	// Ask writes down what shall be done to whom, and starts nothing.
	Ask(ctx context.Context, v core.SessionView, o core.Origin, action core.BulkAction, of core.BulkSelection) (core.ID, error)
	// Choose says to which type, or which group.
	Choose(ctx context.Context, v core.SessionView, id core.ID, c bulk.Choice) error
	Get(ctx context.Context, v core.SessionView, id core.ID) (bulk.View, error)
	List(ctx context.Context, v core.SessionView) ([]core.BulkJob, error)
	Start(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, how core.IdentityCheck, note string) error
	Stop(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	// EachItem hands over everybody of a job and records that.
	EachItem(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, each func([]core.BulkItem) error) error
}
