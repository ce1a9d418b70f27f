package devmail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sallyport/sallyport/internal/core"
)

// Kept is how many messages a box holds; older ones are forgotten.
const Kept = 500

// maxMessage bounds one message; ours are under 20 kB.
const maxMessage = 1 << 20

// Box is a running development mailbox.
type Box struct {
	server   *smtp.Server
	listener net.Listener
	clock    core.Clock
	done     chan struct{} // closed when the server has stopped

	mu      sync.Mutex
	last    int           // number of the newest message
	mails   []Mail        // oldest first
	arrived chan struct{} // closed and replaced at every message
}

// Start listens on addr, for example "127.0.0.1:0", and takes mail for anybody.
// Only loopback addresses are allowed: what is in the box is sign-in codes.
func Start(addr string, clock core.Clock) (*Box, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("development mailbox: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("development mailbox: %q is not a loopback address", host)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("development mailbox: %w", err)
	}
	b := &Box{listener: listener, clock: clock, done: make(chan struct{}), arrived: make(chan struct{})}
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{box: b}, nil
	}))
	b.server.Domain = "localhost"
	b.server.MaxMessageBytes = maxMessage
	b.server.MaxRecipients = 10
	b.server.ReadTimeout = time.Minute
	b.server.WriteTimeout = time.Minute
	b.server.EnableSMTPUTF8 = true
	b.server.ErrorLog = silent{}
	go func() {
		defer close(b.done)
		// It always returns an error, at Close; nobody waits for mail then.
		_ = b.server.Serve(listener)
	}()
	return b, nil
}

// Addr returns host:port as bound.
func (b *Box) Addr() string { return b.listener.Addr().String() }

// Messages returns what is in the box, newest first.
func (b *Box) Messages() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.mails)
	slices.Reverse(all)
	return all
}

// Get returns one message by its ID.
func (b *Box) Get(id string) (Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.ID == id {
			return m, true
		}
	}
	return Mail{}, false
}

// Wait returns the newest message that match accepts, waiting for one until ctx
// is done. It is for tests and scripts, so that they need not ask again and
// again.
func (b *Box) Wait(ctx context.Context, match func(Mail) bool) (Mail, error) {
	for {
		b.mu.Lock()
		arrived := b.arrived
		for _, m := range slices.Backward(b.mails) {
			if match(m) {
				b.mu.Unlock()
				return m, nil
			}
		}
		b.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("wait for mail: %w", ctx.Err())
		}
	}
}

// Clear empties the box.
func (b *Box) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = nil
}

// Close stops the server; what is in the box can still be read.
func (b *Box) Close() error {
	err := b.server.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		err = nil
	}
	// Closed before Serve had the listener: nobody else would close it.
	if failed := b.listener.Close(); failed != nil && !errors.Is(failed, net.ErrClosed) {
		return errors.Join(err, failed)
	}
	<-b.done
	return err
}

// keep files one message.
func (b *Box) keep(from string, to []string, raw []byte) {
	m := Parse(raw)
	m.From, m.To, m.At = from, to, b.clock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.ID = strconv.Itoa(b.last)
	b.mails = append(b.mails, m)
	if len(b.mails) > Kept {
		b.mails = slices.Clone(b.mails[len(b.mails)-Kept:])
	}
	close(b.arrived)
	b.arrived = make(chan struct{})
}

// session is one SMTP conversation.
type session struct {
	box  *Box
	from string
	to   []string
}

// Mail notes the sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt notes a recipient; everybody exists but at names that nobody can have
// (RFC 2606 §2), so that a dead mailbox can be tried out.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasSuffix(strings.ToLower(to), ".invalid") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message. What a broken connection left behind is not kept.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.keep(s.from, s.to, raw)
	return nil
}

// Reset forgets sender and recipients.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to clean up.
func (s *session) Logout() error { return nil }

// silent drops the server's notes about clients that broke off.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
