package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail/log"
	"github.com/wneessen/go-mail/smtp"
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

// Send hands over one mail.
func (s *SMTP) Send(ctx context.Context, m Message) error { return s.Trace(ctx, m, nil) }

// Trace is Send that tells each line of the conversation to step, which may be
// nil. Passwords and the mail itself are left out.
func (s *SMTP) Trace(ctx context.Context, m Message, step func(line string)) error {
	raw, err := m.Bytes()
	if err != nil {
		return errUnfit.Because(err)
	}
	return s.limited(ctx, step, func(client *smtp.Client, step func(string)) error {
		if err := handOver(client, m, raw); err != nil {
			return err
		}
		step(fmt.Sprintf("the server took the mail (%d bytes)", len(raw)))
		return nil
	})
}

// Probe goes through the conversation as far as the sender, and sends nothing:
// it says whether a mail from that address could be handed over now.
func (s *SMTP) Probe(ctx context.Context, from string, step func(line string)) error {
	return s.limited(ctx, step, func(client *smtp.Client, _ func(string)) error {
		if err := client.Mail("<" + from + ">"); err != nil {
			return failed(errSender, err)
		}
		if err := client.Reset(); err != nil {
			return failed(errBroken, err)
		}
		return nil
	})
}

// limited is one conversation, which do carries on after the greeting, and
// never longer than its time.
func (s *SMTP) limited(ctx context.Context, step func(string), do func(*smtp.Client, func(string)) error) error {
	if step == nil {
		step = func(string) {}
	}
	limit := s.Timeout
	if limit == 0 {
		limit = Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := s.converse(ctx, step, do)
	if err != nil && ctx.Err() != nil {
		// Whatever broke, it broke because the time was up.
		return failed(errTimeout, errors.Join(ctx.Err(), err))
	}
	return err
}

// clear reports whether the conversation goes without TLS.
func (s *SMTP) clear() bool {
	return !s.Server.Implicit && (s.InsecureLAN || s.Server.Loopback())
}

func (s *SMTP) converse(ctx context.Context, step func(string), do func(*smtp.Client, func(string)) error) error {
	step("connect to " + s.Server.Address())
	dial := s.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", s.Server.Address())
	if err != nil {
		return failed(errConnect, err)
	}
	defer conn.Close()
	// A server that never answers must not hold us past our time.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	client, err := s.greet(ctx, conn, step)
	if err != nil {
		return err
	}
	if err := s.login(client); err != nil {
		return err
	}
	if err := do(client, step); err != nil {
		return err
	}
	// It is theirs now; a clumsy goodbye changes nothing.
	_ = client.Quit()
	return nil
}

// greet gets to a connection that may carry mail: TLS done, or not wanted.
func (s *SMTP) greet(ctx context.Context, conn net.Conn, step func(string)) (*smtp.Client, error) {
	config := &tls.Config{ServerName: s.Server.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	if s.Server.Implicit {
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, failed(errTLS, err)
		}
		conn = secured
	}
	client, err := smtp.NewClient(conn, s.Server.Host)
	if err != nil {
		return nil, failed(errConnect, err)
	}
	client.SetLogger(tracer{step})
	client.SetDebugLog(true)
	if err := client.Hello(s.Hello); err != nil {
		return nil, failed(errConnect, err)
	}
	if !s.Server.Implicit && !s.clear() {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return nil, errTLS.Because(errors.New("the server offers no STARTTLS"))
		}
		if err := client.StartTLS(config); err != nil {
			return nil, failed(errTLS, err)
		}
	}
	if state, ok := client.TLSConnectionState(); ok {
		step(fmt.Sprintf("%s, certificate of %s", tls.VersionName(state.Version), s.Server.Host))
	}
	return client, nil
}

// login signs in where the operator gave a user. The strongest way that the
// server offers is used.
func (s *SMTP) login(client *smtp.Client) error {
	if s.Server.User == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(offered)
	var auth smtp.Auth
	user, password, host := s.Server.User, s.Server.Password, s.Server.Host
	for _, way := range ways {
		switch {
		case way == "SCRAM-SHA-256":
			auth = smtp.ScramSHA256Auth(user, password)
		case way == "PLAIN" && auth == nil:
			auth = smtp.PlainAuth("", user, password, host, s.clear())
		}
	}
	if auth == nil {
		// The oldest way, for servers that have nothing else.
		auth = smtp.LoginAuth(user, password, host, s.clear())
	}
	if err := client.Auth(auth); err != nil {
		return failed(errLogin, err)
	}
	return nil
}

// handOver is one mail transaction (RFC 5321 §3.3).
func handOver(client *smtp.Client, m Message, raw []byte) error {
	international, _ := client.Extension("SMTPUTF8")
	if plain(m.From + m.To) {
		client.SkipSMTPUTF8(true)
	} else if !international {
		return errUnfit.Because(errors.New("the server takes no addresses with other letters than ASCII"))
	}
	if err := client.Mail("<" + m.From + ">"); err != nil {
		return failed(errSender, err)
	}
	if err := client.Rcpt("<" + m.To + ">"); err != nil {
		return judged(err)
	}
	body, err := client.Data()
	if err != nil {
		return judged(err)
	}
	if _, err := body.Write(raw); err != nil {
		return failed(errTemporary, err)
	}
	if err := body.Close(); err != nil {
		return judged(err)
	}
	return nil
}

// tracer turns the library's log of a conversation into lines.
type tracer struct{ step func(string) }

// Debugf tells one line.
func (t tracer) Debugf(l log.Log) {
	side := "< "
	if l.Direction == log.DirClientToServer {
		side = "> "
	}
	for line := range strings.SplitSeq(fmt.Sprintf(l.Format, l.Messages...), "\n") {
		t.step(side + line)
	}
}

// Infof does as Debugf.
func (t tracer) Infof(l log.Log) { t.Debugf(l) }

// Warnf does as Debugf.
func (t tracer) Warnf(l log.Log) { t.Debugf(l) }

// Errorf does as Debugf.
func (t tracer) Errorf(l log.Log) { t.Debugf(l) }
