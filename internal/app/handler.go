package app

import (
	"context"
	"errors"
	"net/http"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/devtools"
	"github.com/sallyport/sallyport/internal/forwardauth"
	"github.com/sallyport/sallyport/internal/web"
)

// Handler returns everything this server answers, behind its edge. It is called
// once.
func (a *App) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	a.pages.Register(mux, a.site)
	api.NewSessions(a.site, a.Sessions, a.Clock).Mount(mux)
	api.NewHealth(a.site, a.Clock, a.report, a.checks()...).Mount(mux)
	forwardauth.New(a.site, a.Sessions, a.Gate).Mount(mux)
	if a.Mailbox != nil {
		style, err := a.pages.StyleSheet()
		if err != nil {
			return nil, err
		}
		tools, err := devtools.New(devtools.Config{
			Mailbox: a.Mailbox, Apps: a.DemoApps, Clock: a.Clock, Words: a.Words,
			StyleSheet: style, Language: a.pages.Language, Wrap: a.site.Wrap,
		})
		if err != nil {
			return nil, err
		}
		tools.Mount(mux)
	}
	return a.site.Serve(mux), nil
}

// anyHost are the addresses that proxies and probes ask under any Host name.
func anyHost() []string { return append(api.Paths(), forwardauth.Paths()...) }

// check is one thing that must work.
type check struct {
	name  string
	ready func(ctx context.Context) error
}

func (c check) Name() string                    { return c.name }
func (c check) Ready(ctx context.Context) error { return c.ready(ctx) }

func (a *App) checks() []api.Check {
	return []api.Check{
		check{"database", a.Store.Ping},
		check{"clock", func(context.Context) error {
			if !a.clock.ready() {
				return errors.New("the clocks of this host and of the database are more than 5 s apart")
			}
			return nil
		}},
	}
}

func (a *App) report(name string, err error) {
	if err != nil {
		a.Logger.Error("not ready", "check", name, "cause", err)
		return
	}
	a.Logger.Info("ready again", "check", name)
}

var _ web.SignIn = measured{}
