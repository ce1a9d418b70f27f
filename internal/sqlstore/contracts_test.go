package sqlstore_test

import (
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/throttle"
)

// The Store knows no service; its tests do, so that a contract that drifts is
// noticed here and not only in package app.
var (
	_ signin.Store       = (*sqlstore.Store)(nil)
	_ signin.Tries       = (*sqlstore.Store)(nil)
	_ throttle.Store     = (*sqlstore.Store)(nil)
	_ session.Store      = (*sqlstore.Store)(nil)
	_ account.Store      = (*sqlstore.Store)(nil)
	_ account.Tries      = (*sqlstore.Store)(nil)
	_ account.People     = (*sqlstore.Store)(nil)
	_ organization.Store = (*sqlstore.Store)(nil)
	_ gate.Store         = (*sqlstore.Store)(nil)
	_ outbox.Store       = (*sqlstore.Store)(nil)
)
