package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/scorecard"
)

// Options are what the command line says.
type Options struct {
	Dir   string // folder of everything the demo keeps
	Port  int    // of Sallyport; the next free one where it is taken
	Fresh bool   // remove what an earlier demo left in Dir
	Out   io.Writer
	Log   io.Writer
	// Ready, where set, is called once everything answers.
	Ready func(Running)
}

// Running is a demo that answers.
type Running struct {
	Sallyport, Scorecard string // where the browser finds them
	Mailbox              *devmail.Box
}

// Run serves the demo until ctx ends. At the first start in a folder it fills
// the database, which takes a second or two.
func Run(ctx context.Context, o Options) (err error) {
	started := time.Now()
	d := demo{Options: o, folder: folder{o.Dir}, logger: slog.New(slog.NewTextHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	fill, err := d.folder.prepare(o.Fresh)
	if err != nil {
		return err
	}
	if err := d.listen(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	a, err := d.open(ctx, fill)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := d.serveApplication(cancel); err != nil {
		return errors.Join(err, a.Close())
	}
	err = a.ServeOn(ctx, d.main, func(app.Ready) {
		d.tell(time.Since(started))
		if o.Ready != nil {
			o.Ready(Running{Sallyport: d.sallyport(), Scorecard: d.scorecard(), Mailbox: a.Mailbox})
		}
	})
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return errors.Join(cause, err)
	}
	return err
}

// demo is one run.
type demo struct {
	Options
	folder folder
	logger *slog.Logger

	main, front, back net.Listener // of Sallyport, the proxy, Scorecard
	servers           []*http.Server
}

// listen takes the ports before anything else is done, so that a second demo
// finds its own.
func (d *demo) listen() (err error) {
	if d.main, err = nextFree(d.Port); err != nil {
		return err
	}
	if d.front, err = nextFree(portOf(d.main) + 1); err == nil {
		d.back, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), d.close())
	}
	return nil
}

func (d *demo) close() error {
	var all error
	for _, s := range d.servers {
		all = errors.Join(all, s.Close())
	}
	for _, ln := range []net.Listener{d.main, d.front, d.back} {
		if ln == nil {
			continue
		}
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}

func portOf(ln net.Listener) int { return ln.Addr().(*net.TCPAddr).Port }

// portsTried is how many ports after the wanted one are tried.
const portsTried = 100

// nextFree listens on the first free loopback port from port on. A port that
// another program has on [::1] counts as taken: browsers would find that one.
func nextFree(port int) (net.Listener, error) {
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("%d is not a port; choose one from 1 to 65535", port)
	}
	var last error
	for p := port; p < port+portsTried && p <= 65535; p++ {
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			last = err
			continue
		}
		probe, err := net.DialTimeout("tcp", net.JoinHostPort("::1", strconv.Itoa(p)), 200*time.Millisecond)
		if err != nil {
			return ln, nil
		}
		last = errors.Join(fmt.Errorf("port %d is taken on [::1]", p), probe.Close(), ln.Close())
	}
	return nil, fmt.Errorf("no free port from %d on: %w", port, last)
}

func (d *demo) sallyport() string { return fmt.Sprintf("http://localhost:%d", portOf(d.main)) }

func (d *demo) scorecard() string { return fmt.Sprintf("http://localhost:%d", portOf(d.front)) }

// open starts the whole of Sallyport on the folder's database, filled where
// that is due.
func (d *demo) open(ctx context.Context, fill bool) (*app.App, error) {
	c, err := config.Load(config.Sources{Flags: map[string]string{
		"addr": d.main.Addr().String(), "base-url": d.sallyport(), "data": d.folder.data(), "dev": "true",
		"trusted-proxies": "127.0.0.1", "name": organizationName + " demo",
	}})
	if err != nil {
		return nil, fmt.Errorf("configure the demo: %w", err)
	}
	random := func(b []byte) {
		if _, err := rand.Read(b); err != nil {
			panic(err) // it never returns an error since Go 1.24
		}
	}
	a, err := app.New(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: d.logger})
	if err != nil {
		return nil, err
	}
	if err := d.fill(ctx, a, fill); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.DemoApps = apps(a.Base)
	return a, nil
}

func (d *demo) fill(ctx context.Context, a *app.App, fill bool) error {
	if fill {
		members, err := seed(ctx, a.Base)
		if err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
		if err := d.folder.writePeople(members, d.sallyport()); err != nil {
			return err
		}
	}
	if err := register(ctx, a.Base, d.scorecard()); err != nil {
		return fmt.Errorf("register Scorecard: %w", err)
	}
	return d.folder.mark(stateReady)
}

// serveApplication starts Scorecard as a server of its own and the proxy in
// front of it.
func (d *demo) serveApplication(failed context.CancelCauseFunc) error {
	board, err := scorecard.New(d.folder.scorecard())
	if err != nil {
		return err
	}
	at := func(ln net.Listener) *url.URL { return &url.URL{Scheme: "http", Host: ln.Addr().String()} }
	proxy := NewProxy(ProxyConfig{Sallyport: at(d.main), Application: at(d.back), Logger: d.logger})
	for _, s := range []struct {
		ln      net.Listener
		handler http.Handler
	}{{d.back, board}, {d.front, proxy}} {
		server := httpx.NewServer(s.handler, d.logger)
		d.servers = append(d.servers, server)
		go func() {
			if err := server.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
				failed(fmt.Errorf("serve Scorecard: %w", err))
			}
		}()
	}
	return nil
}

// tell says what to try.
func (d *demo) tell(took time.Duration) {
	fmt.Fprintf(d.Out, `Sallyport demo, ready in %s. Its data is made up and kept in %s (--fresh begins anew).

  Scorecard      %s   begin here: it sends you to sign in
  Sallyport      %s
  Mailbox        %s/dev/mail   where all its emails go
  Authenticator  %s/dev/authenticator   codes without a phone

Sign in as one of these; their passwords are in %s
`, took.Round(10*time.Millisecond), d.Dir, d.scorecard(), d.sallyport(), d.sallyport(), d.sallyport(), d.folder.people())
	for _, p := range People(peopleSeed) {
		if p.Try != "" {
			fmt.Fprintf(d.Out, "  %-6s %s\n", p.Username, p.Try)
		}
	}
	fmt.Fprintf(d.Out, "%d people in all: %s.\nFrom another machine, forward both ports under the same numbers.\nCtrl-C stops it.\n", len(People(peopleSeed)), stateLines(People(peopleSeed)))
}

// register makes Scorecard known at the address it has today. It asks everybody
// for a second step, also those whose own box is off.
func register(ctx context.Context, b *app.Base, address string) error {
	org, err := ours(ctx, b)
	if err != nil {
		return err
	}
	wanted := core.Application{
		OrganizationID: org.ID, Name: "Scorecard", URL: address, Groups: []string{groupFinance, groupOperations}, Level: core.LevelEmail, Machines: true,
	}
	known, err := b.Organizations.Applications(ctx, org.ID)
	if err != nil {
		return err
	}
	for _, a := range known {
		switch {
		case a.URL == wanted.URL && a.Level == wanted.Level && a.Machines == wanted.Machines:
			return nil
		case a.URL == wanted.URL || a.Name == wanted.Name:
			if err := b.Organizations.RemoveApplication(ctx, org.ID, a.Name, operator()); err != nil {
				return err
			}
		}
	}
	_, err = b.Organizations.AddApplication(ctx, wanted, operator())
	return err
}

// ours is the demo's organization, also where its administrator has renamed it.
func ours(ctx context.Context, b *app.Base) (core.Organization, error) {
	org, err := b.Organizations.Find(ctx, organizationName)
	if core.KindOf(err) == core.NotFound {
		return b.Organizations.Find(ctx, "")
	}
	return org, err
}
