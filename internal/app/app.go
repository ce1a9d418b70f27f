package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/devtools"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loaderv1"
	"github.com/sallyport/sallyport/internal/mailroom"
	"github.com/sallyport/sallyport/internal/metrics"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/web"
	"github.com/sallyport/sallyport/internal/words"
)

// App is the whole server.
type App struct {
	*Base
	Sessions *session.Service
	Gate     *gate.Service
	Outbox   *outbox.Worker
	Mailroom *mailroom.Service
	Metrics  *metrics.Metrics
	// Mailbox keeps development mail; nil outside of demo and development.
	Mailbox *devmail.Box
	// DemoApps lists authenticator apps for /dev/authenticator; set before
	// Handler is called.
	DemoApps func(ctx context.Context) ([]devtools.App, error)
	// shipping sends the audit log on.
	shipping []*audit.Stream
	site     *httpx.Site
	pages    *web.Site
	// resources is the documented API.
	resources *api.Resources
	dialMail  func(ctx context.Context, network, address string) (net.Conn, error)
	ballast   []byte // see restrainCollector
}

// New opens everything that a server needs and serves nothing yet.
func New(ctx context.Context, c config.Config, p Parts) (*App, error) {
	b, err := OpenBase(ctx, c, p)
	if err != nil {
		return nil, err
	}
	a := &App{Base: b, dialMail: p.DialMail}
	a.restrainCollector(p)
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	a.Metrics = metrics.New()
	loopback := a.Config.BaseURL.Scheme == "http"
	a.Gate = gate.New(a.Store, a.Clock, a.Logger, loopback)
	if a.Config.Dev {
		if a.Mailbox, err = devmail.Start("127.0.0.1:0", a.Clock); err != nil {
			return fmt.Errorf("development mailbox: %w", err)
		}
	}
	if err = a.openMail(ctx); err != nil {
		return err
	}
	if a.shipping, err = a.streams(); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	a.Metrics.AuditStream(a.shippingState)
	a.Sessions = session.New(session.Config{
		Store: a.Store, Devices: a.Store, Clock: a.Clock, Random: a.Random, Logger: a.Logger,
		Listeners: []session.Listener{a.Gate, a.APIKeys, a.Keys, a.Mailroom},
	})
	a.Metrics.SessionsCached(a.Sessions.Cached)
	a.heard = func(changes []core.Change, mail bool) {
		for _, c := range changes {
			a.Sessions.Forget(c.Kind, c.SubjectID)
			a.APIKeys.Forget(c.Kind, c.SubjectID)
			if c.Kind == core.ChangeMail {
				a.Mailroom.Heard()
			}
		}
		if mail {
			a.Outbox.Wake()
		}
	}
	if err := a.openPages(); err != nil {
		return err
	}
	return a.openResources()
}

// openMail makes the worker that sends what is queued.
func (a *App) openMail(ctx context.Context) error {
	if err := a.openMailroom(ctx); err != nil {
		return err
	}
	a.mail.down = a.Mailroom.Down
	a.Metrics.MailServers(func() (servers int, all bool) {
		st := a.Mailroom.State()
		for _, h := range st.Servers {
			if h.Failing() {
				servers++
			}
		}
		return servers, st.Condition == core.MailFails || st.Condition == core.MailNoServer
	})
	a.Outbox = &outbox.Worker{
		Store: a.Store, Sender: a.Mailroom, Clock: a.Clock,
		Owner: string(core.NewID(a.Clock(), a.Random)), Log: a.Logger, Meter: mailMeter{a.Metrics},
	}
	return nil
}

func (a *App) openPages() error {
	site, err := web.New(web.Deps{
		Name: a.Config.Name, Clock: a.Clock, Words: a.Words, Kinds: a.Factors.Kinds(), SignIn: measured{a.SignIn, a.Metrics}, Sessions: webSessions{a.Sessions},
		Links: a.Accounts, Resets: a.Accounts, Offers: a.Accounts, Readiness: a.Organizations, Addresses: a.Gate, TwoFactor: a.Accounts, Pauses: a.PassClients, AppPasswords: a.PassClients,
		Alarms: a.Accounts, OwnSessions: a.Sessions, Activity: a.Accounts, Passwords: a.Accounts, Profiles: a.Profiles, EmailChanges: a.Profiles, EmailUndos: a.Profiles,
		FactorResets: a.Help, ResetStops: a.Help, Exempting: a.Help, Groups: a.Groups, APIKeys: a.APIKeys,
		SetUp: a.Accounts, SetUpEnd: a.Accounts, Applications: a.Gate, Confirmation: a.SignIn, Organizations: a.Organizations, Rehearsals: rehearsalsInTurn{a.Rehearser, a.Throttle}, People: a.People, UserDeeds: a.People, GroupNames: a.Groups, Audit: auditInTurn{a.Audit, a.Throttle}, Bulk: a.Bulk, LoadFiles: a.LoadFiles, LoadKept: a.LoadFiles, LoadQueries: a.Schedules, LoadPackages: a.Loader, Loads: a.Loader, LoadUndo: a.LoadUndo, Schedules: a.Schedules, Mail: a.Mailroom, Health: health{a.Base, a.Mailroom}, Adoption: a.Adoption,
		Reports: a.Bulk, Reference: func() []byte { return a.resources.Document() },
	})
	if err != nil {
		return err
	}
	a.pages = site
	keys := func() [][]byte { return a.Ring.MACs("form-token") }
	a.site, err = httpx.NewSite(httpx.Config{
		BaseURL: a.Config.BaseURL, Trusted: a.Config.Trusted, BehindProxy: a.Config.BehindProxy,
		Clock: a.Clock, Random: a.Random, Logger: a.Logger, TokenKeys: keys, AnyHost: anyHost(), Direct: []string{api.SessionPath}, Uploads: web.Uploads(), LargeUploads: append(web.LargeUploads(), loaderv1.Uploads()...), WideBodies: api.WideBodies(), Pages: site,
		Sentence: a.sentence, Observer: a.Metrics, LogEvery: a.Config.Log.Requests,
	})
	return err
}

// sentence is an error's sentence for programs and plain text.
func (a *App) sentence(r *http.Request, err error) string { return a.printer(r).Error(err) }

// printer has the words of the language that a request asks for.
func (a *App) printer(r *http.Request) words.Printer { return a.Words.Printer(a.pages.Language(r)) }

// Close ends what New opened.
func (a *App) Close() error {
	var err error
	if a.Mailbox != nil {
		err = a.Mailbox.Close()
	}
	return errors.Join(err, a.Base.Close())
}
