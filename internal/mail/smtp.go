package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Timeout is how long handing over one mail may take in all.
const Timeout = 30 * time.Second

// Sender hands over one mail. An error of kind Invalid is for good; after any
// other, trying again may help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SMTP is a mail server that takes our mail: a connection for each, so that
// nothing is shared between sends. Safe for use by many at once.
type SMTP struct {
	Server Server
	// Hello is how we introduce ourselves: our own host name.
	Hello string
	// Roots are the authorities to trust; nil means the machine's.
	Roots *x509.CertPool
	// InsecureLAN sends in clear, password included, to a server that is not
	// this machine. It is the operator's explicit word (ML4).
	InsecureLAN bool
	// Timeout for one mail; zero means [Timeout].
	Timeout time.Duration
	// Dial opens the connection; nil means TCP as the machine does it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// limits are how long the two halves of a conversation may take; zero means no
// more than the whole.
type limits struct {
	text   time.Duration // until the server wants the text
	answer time.Duration // to hand over the text and hear what became of it
}

// Send hands over one mail.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	_, err := s.send(ctx, m, limits{}, nil)
	return err
}

// Trace is Send that tells each line of the conversation to step, which may be
// nil. Passwords and the mail itself are left out.
func (s *SMTP) Trace(ctx context.Context, m Message, step func(Step)) error {
	_, err := s.send(ctx, m, limits{}, step)
	return err
}

// Try is Trace that says what came of it, as a [Relay] does.
func (s *SMTP) Try(ctx context.Context, m Message, at func() time.Time, step func(Step)) Handover {
	part, err := s.send(ctx, m, limits{}, step)
	return Handover{Server: s.Server.Address(), At: at(), Err: err, Fault: err != nil && part.ours()}
}

// send is Trace within limits. It also says how far it came.
func (s *SMTP) send(ctx context.Context, m Message, l limits, step func(Step)) (Part, error) {
	raw, err := m.Bytes()
	if err != nil {
		return PartRecipient, errUnfit.Because(err)
	}
	return s.limited(ctx, l, step, func(c *call) error { return c.handOver(m, raw) })
}

// Probe goes through the conversation as far as the sender, and sends nothing:
// it says whether a mail from that address could be handed over now.
func (s *SMTP) Probe(ctx context.Context, from string, step func(Step)) error {
	_, err := s.limited(ctx, limits{}, step, func(c *call) error {
		c.part = PartSender
		if err := c.client.Mail("<" + from + ">"); err != nil {
			return failed(errSender, err)
		}
		if err := c.client.Reset(); err != nil {
			return failed(errBroken, err)
		}
		return nil
	})
	return err
}

// limited is one conversation, which do carries on after the greeting, and
// never longer than its time.
func (s *SMTP) limited(ctx context.Context, l limits, step func(Step), do func(*call) error) (Part, error) {
	if step == nil {
		step = func(Step) {}
	}
	limit := s.Timeout
	if limit == 0 {
		limit = Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c := &call{SMTP: s, part: PartConnect, step: step, more: func() {}}
	if l.text > 0 {
		timer := time.AfterFunc(l.text, cancel)
		defer timer.Stop()
		c.more = func() { timer.Reset(l.answer) }
	}
	err := c.converse(ctx, do)
	if err != nil && ctx.Err() != nil && core.CodeOf(err) != errUnanswered.Code {
		// Whatever broke, it broke because the time was up.
		return c.part, failed(errTimeout, errors.Join(ctx.Err(), err))
	}
	return c.part, err
}

// clear reports whether the conversation goes without TLS.
func (s *SMTP) clear() bool {
	return !s.Server.Implicit && (s.InsecureLAN || s.Server.Loopback())
}
