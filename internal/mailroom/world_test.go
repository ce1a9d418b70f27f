package mailroom_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/mailroom"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/throttle"
	"github.com/sallyport/sallyport/internal/words"
)

var start = time.Date(2026, 11, 23, 10, 42, 0, 0, time.UTC)

// world is a real store with a key ring, a clock moved by hand, and real mail
// servers under made-up addresses.
type world struct {
	t     *testing.T
	store *sqlstore.Store
	ring  *secret.Ring
	org   core.Organization
	ana   core.SessionView

	mu    sync.Mutex
	at    time.Time
	posts map[string]*post // by host:port
}

func random(b []byte) { _, _ = rand.Read(b) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: start, posts: map[string]*post{}}
	var err error
	w.store, err = sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "x.db"), Clock: w.now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	w.must(err)
	t.Cleanup(func() { w.must(w.store.Close()) })
	w.must(w.store.Migrate(t.Context()))
	master := []byte("0123456789abcdef0123456789abcdef")
	w.ring, err = secret.OpenRing(master, []secret.WrappedKey{secret.NewWrappedKey(master, "k1", random)})
	w.must(err)
	w.org = w.organization("Northwind")
	w.ana = core.SessionView{Organization: w.org, Account: core.Account{User: core.User{
		ID: "ana", OrganizationID: w.org.ID, Email: "ana@example.com", FirstName: "Ana", LastName: "Diaz", Type: core.Administrator, Status: core.Active,
		TwoFactor: core.TwoFactorOff, CreatedAt: w.at,
	}}}
	w.must(w.store.BulkUsers(t.Context(), []core.NewUser{{User: w.ana.Account.User, Keys: core.LoginKeys{Email: w.ana.Account.User.Email}}}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) organization(name string) core.Organization {
	w.t.Helper()
	o := core.Organization{ID: core.NewID(w.now(), random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: w.now(), Version: 1}
	w.must(w.store.CreateOrganization(w.t.Context(), o, core.Record{}))
	return o
}

// dial leads made-up addresses to the real servers.
func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	p := w.posts[address]
	w.mu.Unlock()
	if p == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}}
	}
	return new(net.Dialer).DialContext(ctx, network, p.ln.Addr().String())
}

// replica is a mailroom of its own over the same store.
func (w *world) replica(conf mailroom.Configured) *mailroom.Service {
	w.t.Helper()
	texts, err := words.Load()
	w.must(err)
	conf.Default, conf.Hello = "no-reply@id.example", "id.example"
	s, err := mailroom.New(w.t.Context(), mailroom.Deps{
		Store: w.store, Ledger: w.store, Limits: throttle.New(w.store, throttle.DefaultRules(), w.now, func(string) []byte { return nil }, nil),
		Ring: w.ring, Clock: w.now, Random: random, Log: slog.New(slog.DiscardHandler), Config: conf, Dial: w.dial, NoteEvery: 100 * time.Millisecond,
		Renderer: func(sender, replyTo string) (*mail.Renderer, error) {
			return mail.NewRenderer(texts, nil, nil, w.now, mail.Settings{BaseURL: "https://id.example", From: sender, ReplyTo: replyTo})
		},
	})
	w.must(err)
	return s
}

// serve runs a replica in the background.
func (w *world) serve(s *mailroom.Service) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		w.must(<-done)
	})
}

// until asks again and again, for a bounded time.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	end := time.After(15 * time.Second)
	for !done() {
		select {
		case <-end:
			w.t.Fatalf("waited in vain until %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stored are the settings.
func (w *world) stored() core.MailSettings {
	w.t.Helper()
	m, err := w.store.MailSettings(w.t.Context())
	w.must(err)
	return m
}

// post is a mail server on loopback that takes mail of one user.
type post struct {
	ln       net.Listener
	password string
	rcpt     error

	mu   sync.Mutex
	took []string
	seen []string // the senders
}

// open starts one and lets an address lead to it.
func (w *world) open(address, password string) *post {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	p := &post{ln: ln, password: password}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &talk{post: p}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "localhost", true, silent{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln) // ends with the test
	}()
	w.t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts[address] = p
	return p
}

// shut lets an address lead nowhere.
func (w *world) shut(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.posts, address)
}

// sender is whose the last mail was.
func (p *post) sender() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seen) == 0 {
		return ""
	}
	return p.seen[len(p.seen)-1]
}

func (p *post) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.took...)
}

type talk struct {
	*post
	to string
}

func (t *talk) Mail(from string, _ *smtp.MailOptions) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, from)
	return nil
}

func (t *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	t.to = to
	return t.rcpt
}

func (t *talk) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, t.to)
	return nil
}

func (t *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != t.password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (t *talk) Reset()        {}
func (t *talk) Logout() error { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// fields are the codes of an error by field.
func fields(err error) map[string]string {
	out := map[string]string{}
	if e, ok := err.(*core.Error); ok {
		for name, f := range e.Fields {
			out[name] = f.Code
		}
	}
	return out
}

// events are the details of the audit log's rows of a kind, the newest first.
func (w *world) events(kind string) []core.Event {
	w.t.Helper()
	all, err := w.store.Events(w.t.Context(), w.org.ID, core.EventFilter{Kinds: []string{kind}})
	w.must(err)
	return all
}

func joined(steps []mail.Step) string {
	var all []string
	for _, s := range steps {
		all = append(all, string(s.Part)+": "+s.Line)
	}
	return strings.Join(all, "\n")
}
