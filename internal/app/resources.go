package app

import (
	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

var (
	_ api.Calls = (*sqlstore.Store)(nil)
	_ api.Keys  = (*apikey.Service)(nil)
)

// openResources makes the documented API.
func (a *App) openResources() (err error) {
	english := a.Words.Printer("en")
	a.resources, err = api.NewResources(api.Parts{
		Site: a.site, Keys: a.APIKeys, Calls: a.Store, People: a.People, Groups: a.Groups, Sessions: a.Sessions,
		Audit: a.Audit, Loads: a.Loader, Printer: a.printer, Clock: a.Clock, Random: a.Random,
		Text: func(id string) string { return english.T(id) },
	})
	return err
}
