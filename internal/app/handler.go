package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devtools"
	"github.com/sallyport/sallyport/internal/forwardauth"
	"github.com/sallyport/sallyport/internal/loaderv1"
	"github.com/sallyport/sallyport/internal/web"
)

// Handler returns everything this server answers, behind its edge. It is called
// once.
func (a *App) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	a.pages.Register(mux, a.site)
	api.NewSessions(a.site, a.Sessions, a.Clock).Mount(mux)
	api.NewHealth(a.site, a.Clock, a.report, a.checks()...).Watch(a.mailMark()).Mount(mux)
	a.resources.Mount(mux)
	forwardauth.New(a.site, a.Sessions, a.APIKeys, a.PassClients, a.Gate).Mount(mux)
	loaderv1.New(a.site, loaderv1.Deps{
		Clients: a.PassClients, Files: a.LoadFiles, Loads: a.Loader, Printer: a.printer, Wait: loaderv1.Wait,
	}).Mount(mux)
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

const markMail = "mail"

// mailMark says how mail is doing. It never takes a server out of service: with
// an app, or a remembered device, people sign in without it.
func (a *App) mailMark() api.Mark {
	return api.Mark{Name: markMail, Look: func() (string, error) {
		switch st := a.Mailroom.State(); st.Condition {
		case core.MailFails:
			return "failing", fmt.Errorf("%s since %s", st.Reason, st.Since.UTC().Format(time.RFC3339))
		case core.MailDegraded:
			return "degraded", fmt.Errorf("%s: %s since %s; the other server takes over", st.Server, st.Reason, st.Since.UTC().Format(time.RFC3339))
		case core.MailNoServer:
			return "not set up", errors.New("no mail server is set up")
		}
		return "ok", nil
	}}
}

func (a *App) report(name string, err error) {
	if err != nil && name == markMail {
		a.Logger.Error("mail does not go out as it should", "cause", err)
		return
	}
	if err != nil {
		a.Logger.Error("not ready", "check", name, "cause", err)
		return
	}
	a.Logger.Info("ready again", "check", name)
}

var _ web.SignIn = measured{}
