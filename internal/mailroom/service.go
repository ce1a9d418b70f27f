package mailroom

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/secret"
)

// The timing of the work in the background.
const (
	noteEvery   = 5 * time.Second
	reloadEvery = 30 * time.Second // whatever the change table says
	storeLimit  = 5 * time.Second
)

// Configured is what the operator's configuration says about mail. It wins over
// the pages.
type Configured struct {
	Servers     map[core.MailSlot]mail.Server
	Sender      string // empty: not said
	ReplyTo     string
	Default     string // the sender where nobody says one
	Hello       string // our own host name
	InsecureLAN bool
	// Mailbox: development, all mail goes to the mailbox and pages change nothing.
	Mailbox bool
}

// Deps are what the service works with. Without a Store, and a Ledger, it knows
// the configuration alone, as commands do where there is no database.
type Deps struct {
	Store  Store
	Ledger Ledger
	Limits Limits
	Ring   Sealer
	Clock  core.Clock
	Random core.Random
	Log    *slog.Logger
	Config Configured
	// Renderer makes what writes the mails, for a sender and an address for
	// answers; an error means that those are no addresses.
	Renderer func(sender, replyTo string) (*mail.Renderer, error)
	// NoteEvery is how often health is written and read; zero means 5 s.
	NoteEvery time.Duration
	// Dial opens connections to mail servers; nil means TCP as the machine does it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Service is the mailroom. Safe for use by many at once.
type Service struct {
	Deps
	relay   *mail.Relay
	current atomic.Pointer[setup]
	health  atomic.Pointer[[]core.MailHealth]
	book    book
	wake    chan struct{}
	loading sync.Mutex
	probes  sync.WaitGroup
}

// setup is what holds now.
type setup struct {
	settings core.MailSettings
	servers  []place // those in use, in order
	sender   string
	renderer *mail.Renderer
}

// place is a server in its slot.
type place struct {
	slot  core.MailSlot
	fixed bool // by the configuration
	*mail.SMTP
}

// New returns a mailroom that has read its settings.
func New(ctx context.Context, d Deps) (*Service, error) {
	s := &Service{Deps: d, wake: make(chan struct{}, 1), book: book{wake: make(chan struct{}, 1)}}
	if s.NoteEvery == 0 {
		s.NoteEvery = noteEvery
	}
	s.relay = mail.NewRelay(d.Clock, s.book.note)
	if err := s.Reload(ctx); err != nil || d.Ledger == nil {
		return s, err
	}
	return s, s.refresh(ctx)
}

// Reload reads the settings and uses them from now on.
func (s *Service) Reload(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	var stored core.MailSettings
	var err error
	if s.Store != nil {
		if stored, err = s.Store.MailSettings(ctx); err != nil {
			return fmt.Errorf("mail settings: %w", err)
		}
	}
	next := &setup{settings: stored, servers: s.servers(stored)}
	sender, replyTo := s.senders(stored)
	next.sender = first(sender, s.Config.Default)
	if next.renderer, err = s.Renderer(sender, replyTo); err != nil {
		return fmt.Errorf("mail settings: %w", err)
	}
	all := make([]*mail.SMTP, len(next.servers))
	for i, p := range next.servers {
		all[i] = p.SMTP
	}
	s.current.Store(next)
	s.relay.Use(all...)
	return nil
}

// senders is the sender and the address for answers that hold; empty: not said.
func (s *Service) senders(stored core.MailSettings) (sender, replyTo string) {
	if s.Config.Mailbox {
		return s.Config.Sender, s.Config.ReplyTo
	}
	return first(s.Config.Sender, stored.Sender), first(s.Config.ReplyTo, stored.ReplyTo)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// servers are those in use: for each slot the configured one, else the stored
// one.
func (s *Service) servers(stored core.MailSettings) []place {
	var all []place
	for _, slot := range core.MailSlots() {
		server, fixed := s.Config.Servers[slot]
		if !fixed {
			x, found := storedIn(stored, slot)
			if !found || s.Config.Mailbox {
				continue
			}
			server = mail.Server{Host: x.Host, Port: x.Port, Implicit: x.Implicit, User: x.User}
			if x.PasswordSealed != "" {
				plain, err := s.Ring.Open(secret.MailPasswordOf(slot), x.PasswordSealed)
				if err != nil {
					s.Log.Error("the password of a mail server cannot be opened", "server", server.Address(), "cause", err,
						"hint", "type it again on the page Email")
					continue
				}
				server.Password = string(plain)
			}
		}
		all = append(all, place{slot, fixed, &mail.SMTP{
			Server: server, Hello: s.Config.Hello, InsecureLAN: s.Config.InsecureLAN, Dial: s.Dial,
		}})
	}
	return all
}

func storedIn(m core.MailSettings, slot core.MailSlot) (core.MailServer, bool) {
	for _, x := range m.Servers {
		if x.Slot == slot {
			return x, true
		}
	}
	return core.MailServer{}, false
}

// Send implements outbox.Sender.
func (s *Service) Send(ctx context.Context, job core.MailJob, to string) error {
	p := mail.Postman{Renderer: s.current.Load().renderer, Sender: s.relay}
	return p.Send(ctx, job, to)
}

// Servers returns where mail goes, for people: host:port, the first one first.
func (s *Service) Servers() []string {
	var all []string
	for _, p := range s.current.Load().servers {
		all = append(all, p.Server.Address())
	}
	return all
}

// Polled hears of the change table (it is a session.Listener).
func (s *Service) Polled(_ time.Time, changes []core.Change) {
	for _, c := range changes {
		if c.Kind == core.ChangeMail {
			s.Heard()
			return
		}
	}
}

// Heard asks for the settings to be read again. It never waits.
func (s *Service) Heard() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run reads changed settings, writes what was seen of the servers, and looks
// after those that fail, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	note, reload := time.NewTicker(s.NoteEvery), time.NewTicker(reloadEvery)
	defer note.Stop()
	defer reload.Stop()
	defer s.probes.Wait()
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
		defer cancel()
		_ = s.flush(last) // what cannot be written now is not worth a failed stop
	}()
	failing := false
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
			err = within(ctx, s.Reload)
		case <-reload.C:
			err = within(ctx, s.Reload)
		case <-s.book.wake:
			err = within(ctx, s.upkeep)
		case <-note.C:
			err = within(ctx, s.upkeep)
		}
		if err != nil && !failing && ctx.Err() == nil {
			s.Log.Warn("mail settings or health could not be read or written", "cause", err)
		}
		failing = err != nil
	}
}

func within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	return f(ctx)
}
