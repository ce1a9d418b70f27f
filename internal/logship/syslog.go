package logship

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// patience is how long one batch may take; a target that hangs holds up nobody
// but itself.
const patience = 10 * time.Second

// The numbers of a message (RFC 5424 §6.2.1): facility authpriv.
const (
	facility = 10 * 8
	warning  = 4
	info     = 6
)

// Syslog sends messages to a syslog server.
type Syslog struct {
	network, address string
	tls              *tls.Config
	host             string
	clock            core.Clock
	conn             net.Conn
}

// NewSyslog reads an address: unix:///dev/log, udp://host:514, tcp://host:601 or
// tls://host:6514. host names this server in the messages.
func NewSyslog(address, host string, clock core.Clock) (*Syslog, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("not an address")
	}
	s := &Syslog{network: u.Scheme, address: u.Host, host: printable(host, 255), clock: clock}
	switch u.Scheme {
	case "unix":
		s.address = u.Path
	case "udp", "tcp":
	case "tls":
		s.network, s.tls = "tcp", &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	default:
		return nil, fmt.Errorf("%q is none of unix, udp, tcp, tls", u.Scheme)
	}
	if s.address == "" || u.Scheme != "unix" && (u.Port() == "" || u.Path != "") {
		return nil, errors.New("must be unix:///dev/log, udp://host:514, tcp://host:601 or tls://host:6514")
	}
	return s, nil
}

// String names the target without anything secret.
func (s *Syslog) String() string { return "syslog at " + s.address }

// Message is one line to send.
type Message struct {
	At      time.Time
	Name    string // what kind of message it is, such as "signin.completed"
	Warning bool
	Text    []byte
}

// Send sends a batch. After an error the whole batch is to be sent again.
func (s *Syslog) Send(ctx context.Context, batch []Message) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.connect(ctx); err != nil {
		return err
	}
	var out []byte
	datagrams := s.conn.LocalAddr().Network() == "udp" || s.conn.LocalAddr().Network() == "unixgram"
	for _, m := range batch {
		line := s.message(m)
		if !datagrams {
			out = append(out, strconv.Itoa(len(line))...) // octet counting (RFC 6587 §3.4.1)
			out = append(append(out, ' '), line...)
			continue
		}
		if _, err := s.conn.Write(line); err != nil {
			return s.broken(err)
		}
	}
	if len(out) == 0 {
		return nil
	}
	if _, err := s.conn.Write(out); err != nil {
		return s.broken(err)
	}
	return nil
}

// connect opens the connection, again where the other side has closed it.
func (s *Syslog) connect(ctx context.Context) error {
	if s.conn != nil && s.closed() {
		_ = s.broken(nil) // it is gone already
	}
	if s.conn == nil {
		if err := s.dial(ctx); err != nil {
			return err
		}
	}
	end, _ := ctx.Deadline() // Send has set one
	return s.conn.SetDeadline(end)
}

func (s *Syslog) dial(ctx context.Context) (err error) {
	d := &net.Dialer{}
	switch {
	case s.tls != nil:
		s.conn, err = (&tls.Dialer{NetDialer: d, Config: s.tls}).DialContext(ctx, s.network, s.address)
	case s.network == "unix":
		// A log socket takes datagrams almost everywhere.
		if s.conn, err = d.DialContext(ctx, "unixgram", s.address); err != nil {
			s.conn, err = d.DialContext(ctx, "unix", s.address)
		}
	default:
		s.conn, err = d.DialContext(ctx, s.network, s.address)
	}
	if err != nil {
		s.conn = nil
	}
	return err
}

// closed reports whether the other side has ended a stream: a syslog server never
// says anything, so a read tells nothing but that.
func (s *Syslog) closed() bool {
	if network := s.conn.LocalAddr().Network(); network == "udp" || network == "unixgram" {
		return false
	}
	if s.conn.SetReadDeadline(time.Unix(1, 0)) != nil {
		return true
	}
	var b [1]byte
	_, err := s.conn.Read(b[:])
	var late net.Error
	return err != nil && !(errors.As(err, &late) && late.Timeout())
}

func (s *Syslog) broken(err error) error {
	if s.conn != nil {
		err = errors.Join(err, s.conn.Close())
	}
	s.conn = nil
	return err
}

// Close ends the connection.
func (s *Syslog) Close() error { return s.broken(nil) }

// message is one message as RFC 5424 writes it.
func (s *Syslog) message(m Message) []byte {
	severity := info
	if m.Warning {
		severity = warning
	}
	b := append([]byte{'<'}, strconv.Itoa(facility+severity)...)
	b = append(b, ">1 "...)
	b = m.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z07:00")
	b = append(b, ' ')
	b = append(b, s.host...)
	b = append(b, " sallyport - "...)
	b = append(b, printable(m.Name, 32)...)
	b = append(b, " - "...)
	return append(b, m.Text...)
}

// printable returns a word of a message's head: printable ASCII without spaces,
// at most so long, "-" where nothing is left.
func printable(s string, most int) string {
	s = strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' {
			return -1
		}
		return c
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}
