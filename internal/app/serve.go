package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/loadundo"
	"github.com/sallyport/sallyport/internal/outbox"
)

// drain is how long a stopping server waits for requests on their way (ux §10).
const drain = 20 * time.Second

// Ready is what a started server tells its operator.
type Ready struct {
	BaseURL   string
	Address   string // where it listens
	Data      string
	Mail      string // where mail goes
	Mailbox   string // address of the development mailbox; empty: none
	KeyMade   string // path of the master key, at the start that made it
	NobodyYet bool   // no account exists
}

// Serve listens, says that it is ready, and serves until ctx ends; then it lets
// requests on their way finish and stops. All work in the background has ended
// when it returns.
func (a *App) Serve(ctx context.Context, ready func(Ready)) error {
	ln, err := net.Listen("tcp", a.Config.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), a.Close())
	}
	return a.ServeOn(ctx, ln, ready)
}

// ServeOn is Serve on a listener that exists already.
func (a *App) ServeOn(ctx context.Context, ln net.Listener, ready func(Ready)) error {
	handler, err := a.Handler()
	if err != nil {
		return errors.Join(err, ln.Close(), a.Close())
	}
	server := httpx.NewServer(handler, a.Logger)
	ln = httpx.Listener(ln, time.Now) // deadlines of connections are of the machine's clock
	if a.Config.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(a.Config.TLSCert, a.Config.TLSKey)
		if err != nil {
			return errors.Join(fmt.Errorf("tls: %w", err), ln.Close(), a.Close())
		}
		server.TLSConfig = &tls.Config{
			Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"h2", "http/1.1"},
		}
		ln = tls.NewListener(ln, server.TLSConfig)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	wait, err := a.start(background)
	if err != nil {
		stop()
		return errors.Join(err, ln.Close(), a.Close())
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(ln) }()
	if ready != nil {
		ready(a.ready(ctx, ln))
	}
	err = a.untilStopped(ctx, server, serving)
	stop()
	wait()
	return errors.Join(err, a.Close())
}

// untilStopped serves until ctx ends, then drains.
func (a *App) untilStopped(ctx context.Context, server *http.Server, serving <-chan error) error {
	select {
	case err := <-serving:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), server.Close())
	}
	return nil
}

// start begins the work in the background; the returned function waits for its
// end.
func (a *App) start(ctx context.Context) (wait func(), err error) {
	var g sync.WaitGroup
	run := func(name string, f func(context.Context) error) {
		g.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				a.Logger.Error("background work ended", "work", name, "cause", err)
			}
		})
	}
	if err := a.startMetrics(ctx, run); err != nil {
		return nil, err
	}
	if a.Keys.Waiting() {
		a.Logger.Warn("the new master key is not in its place yet", "file", a.Config.KeyPath(), "waits", keyring.Next(a.Config.KeyPath()),
			"hint", "run: sallyport key rotate --master, or move the file")
	}
	run("sessions", a.Sessions.Run)
	run("api keys", a.APIKeys.Run)
	run("mail", a.Outbox.Run)
	run("adoption", func(ctx context.Context) error { return a.Adoption.Run(ctx, a.Logger) })
	run("help", a.Help.Run)
	run("pauses", a.PassClients.Run)
	run("bulk", (&bulk.Worker{Service: a.Bulk, Owner: string(core.NewID(a.Clock(), a.Random))}).Run)
	run("loads", (&loadfile.Worker{Service: a.LoadFiles, Owner: string(core.NewID(a.Clock(), a.Random))}).Run)
	run("previews", (&loadfile.Looker{Service: a.LoadFiles, Looks: a.Store, Owner: string(core.NewID(a.Clock(), a.Random))}).Run)
	run("undos", (&loadundo.Worker{Service: a.LoadUndo, Owner: string(core.NewID(a.Clock(), a.Random))}).Run)
	run("schedules", (&loadschedule.Worker{Service: a.Schedules, Owner: string(core.NewID(a.Clock(), a.Random))}).Run)
	run("announcements", (&outbox.Announcer{Store: a.Store, Clock: a.Clock, Log: a.Logger}).Run)
	run("audit", a.Sealer().Run)
	for _, s := range a.shipping {
		run("audit to "+s.Target.String(), s.Run)
	}
	run("mail servers", a.Mailroom.Run)
	run("keys", func(ctx context.Context) error { return a.Keys.Run(ctx, a.Logger) })
	run("clock", func(ctx context.Context) error { a.clock.run(ctx, a.Logger); return nil })
	return g.Wait, nil
}

// startMetrics serves Prometheus on its own loopback port.
func (a *App) startMetrics(ctx context.Context, run func(string, func(context.Context) error)) error {
	if a.Config.Metrics == "" {
		return nil
	}
	ln, err := net.Listen("tcp", a.Config.Metrics)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	server := httpx.NewServer(a.Metrics.Handler(), a.Logger)
	run("metrics", func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing to drain
		defer stop()
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return nil
}

func (a *App) ready(ctx context.Context, ln net.Listener) Ready {
	r := Ready{
		BaseURL: a.Config.BaseURL.String(), Address: ln.Addr().String(), Data: a.Config.Data, KeyMade: a.KeyMade,
		Mail: "not set up: codes by email cannot be sent (see smtp.url)",
	}
	if a.Config.Database != "" {
		r.Data = "PostgreSQL"
	}
	if servers := a.Mailroom.Servers(); len(servers) > 0 {
		r.Mail = "by " + strings.Join(servers, ", else ")
	}
	if a.Mailbox != nil {
		r.Mail, r.Mailbox = "kept in the development mailbox", a.Address("/dev/mail")
	}
	if set, err := a.Organizations.SetUp(ctx); err == nil {
		r.NobodyYet = !set
	}
	return r
}

// How often the collector runs. What a server keeps is small, a few MB; what a
// password hash takes and drops is 64 MiB. Left alone, the collector would run
// at every doubling of the small heap, and let as many dead hash buffers pile
// up as are in use. The ballast is memory that counts but is never touched, so
// the system never lends it: with it the small heap may grow by some 20 MB
// between two runs, and less than the usual percentage bounds the hashes. Both
// are relative to what lives, so a server that keeps many sessions in memory is
// not collected without end, as it would be under a fixed limit.
const (
	ballast   = 24 << 20
	collectAt = 75 // percent
)

// restrainCollector sets this. An operator who set GOGC or GOMEMLIMIT knows
// better.
func (a *App) restrainCollector(p Parts) {
	if p.MemorySet {
		return
	}
	a.ballast = make([]byte, ballast)
	debug.SetGCPercent(collectAt)
}
