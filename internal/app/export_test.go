package app

import "github.com/sallyport/sallyport/internal/web"

// Routes returns the route table of the pages.
func (a *App) Routes() []web.Route { return a.pages.Routes() }
