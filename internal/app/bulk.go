package app

import (
	"context"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

var (
	_ bulk.Store  = (*sqlstore.Store)(nil)
	_ bulk.Queue  = (*sqlstore.Store)(nil)
	_ bulk.People = (*sqlstore.Store)(nil)
)

// bulkResets gives package bulk what it asks of package help.
type bulkResets struct{ *help.Service }

// CheckReset implements bulk.Resets.
func (bulkResets) CheckReset(how core.IdentityCheck, note string) error {
	return help.Check{How: how, Note: note}.Validate()
}

// ResetOne implements bulk.Resets.
func (r bulkResets) ResetOne(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, how core.IdentityCheck, note string) error {
	_, err := r.Reset(ctx, v, id, help.Check{How: how, Note: note}, o)
	return err
}
