package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"syscall"

	"github.com/wneessen/go-mail/log"
	"github.com/wneessen/go-mail/smtp"
)

// Part is a part of the conversation with a mail server.
type Part string

// The parts, in their order.
const (
	PartConnect   Part = "connect"
	PartHello     Part = "hello"
	PartTLS       Part = "tls"
	PartLogin     Part = "login"
	PartSender    Part = "sender"
	PartRecipient Part = "recipient"
	PartText      Part = "text"
	PartAnswer    Part = "answer"
)

// ours reports whether a part comes before the server has heard of the
// recipient: what goes wrong there is between us and the server.
func (p Part) ours() bool {
	return slices.Contains([]Part{PartConnect, PartHello, PartTLS, PartLogin, PartSender}, p)
}

// Step is one line of a conversation.
type Step struct {
	Part Part
	Line string
}

// call is one conversation with a server.
type call struct {
	*SMTP
	client *smtp.Client
	part   Part
	step   func(Step)
	more   func() // gives the server the time for its answer to the text
}

func (c *call) say(format string, args ...any) {
	c.step(Step{c.part, c.withoutPassword(fmt.Sprintf(format, args...))})
}

// withoutPassword takes our password out of what a server said: some repeat what
// they cannot take, and what they say is kept (law 6).
func (c *call) withoutPassword(said string) string {
	user, password := c.Server.User, c.Server.Password
	if password == "" {
		return said
	}
	for _, form := range []string{
		password, base64.RawStdEncoding.EncodeToString([]byte(password)), base64.RawStdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
	} {
		said = strings.ReplaceAll(said, form, "(the password)")
	}
	return said
}

// discreet is an error of signing in without our password in it.
func (c *call) discreet(err error) error {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return &textproto.Error{Code: reply.Code, Msg: c.withoutPassword(reply.Msg)}
	}
	if told := c.withoutPassword(err.Error()); told != err.Error() {
		return errors.New(told)
	}
	return err
}

func (c *call) converse(ctx context.Context, do func(*call) error) error {
	c.say("connect to %s", c.Server.Address())
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{Control: onlyCallable}).DialContext
	}
	conn, err := dial(ctx, "tcp", c.Server.Address())
	if err != nil {
		return failed(errConnect, err)
	}
	defer conn.Close()
	// A server that never answers must not hold us past our time.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	if err := c.greet(ctx, conn); err != nil {
		return err
	}
	if err := c.login(); err != nil {
		return err
	}
	if err := do(c); err != nil {
		return err
	}
	// It is theirs now; a clumsy goodbye changes nothing.
	_ = c.client.Quit()
	return nil
}

// onlyCallable refuses addresses at which no mail server can be, also where a
// name leads to one (IN5).
func onlyCallable(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !callable(to.Addr().WithZone("")) {
		return errors.New("no mail server can be at that address")
	}
	return nil
}

// greet gets to a connection that may carry mail: TLS done, or not wanted.
func (c *call) greet(ctx context.Context, conn net.Conn) error {
	config := &tls.Config{ServerName: c.Server.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	if c.Server.Implicit {
		c.part = PartTLS
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return unsecured(err)
		}
		c.secured(secured.ConnectionState())
		conn = secured
	}
	c.part = PartHello
	client, err := smtp.NewClient(conn, c.Server.Host)
	if err != nil {
		return failed(errConnect, err)
	}
	c.client = client
	client.SetLogger(tracer{c})
	client.SetDebugLog(true)
	if err := client.Hello(c.Hello); err != nil {
		return failed(errConnect, err)
	}
	if c.Server.Implicit || c.clear() {
		return nil
	}
	c.part = PartTLS
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return errNoTLS.Because(errors.New("the server offers no STARTTLS"))
	}
	if err := client.StartTLS(config); err != nil {
		return unsecured(err)
	}
	if state, ok := client.TLSConnectionState(); ok {
		c.secured(state)
	}
	return nil
}

// secured tells of the TLS that was agreed on.
func (c *call) secured(state tls.ConnectionState) {
	c.part = PartTLS
	c.say("%s with %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	if len(state.PeerCertificates) > 0 {
		cert := state.PeerCertificates[0]
		names := cert.DNSNames
		if len(names) == 0 {
			names = []string{cert.Subject.CommonName}
		}
		c.say("certificate of %s, good until %s", strings.Join(names[:min(len(names), 5)], ", "), cert.NotAfter.UTC().Format("2006-01-02"))
	}
}

// login signs in where the operator gave a user. The strongest way that the
// server offers is used.
func (c *call) login() error {
	if c.Server.User == "" {
		return nil
	}
	c.part = PartLogin
	_, offered := c.client.Extension("AUTH")
	ways := strings.Fields(offered)
	var auth smtp.Auth
	user, password, host := c.Server.User, c.Server.Password, c.Server.Host
	for _, way := range ways {
		switch {
		case way == "SCRAM-SHA-256":
			auth = smtp.ScramSHA256Auth(user, password)
		case way == "PLAIN" && auth == nil:
			auth = smtp.PlainAuth("", user, password, host, c.clear())
		}
	}
	if auth == nil {
		// The oldest way, for servers that have nothing else.
		auth = smtp.LoginAuth(user, password, host, c.clear())
	}
	if err := c.client.Auth(auth); err != nil {
		return failed(errLogin, c.discreet(err))
	}
	return nil
}

// handOver is one mail transaction (RFC 5321 §3.3).
func (c *call) handOver(m Message, raw []byte) error {
	c.part = PartSender
	international, _ := c.client.Extension("SMTPUTF8")
	if plain(m.From + m.To) {
		c.client.SkipSMTPUTF8(true)
	} else if !international {
		c.part = PartRecipient
		return errUnfit.Because(errors.New("the server takes no addresses with other letters than ASCII"))
	}
	if err := c.client.Mail("<" + m.From + ">"); err != nil {
		return failed(errSender, err)
	}
	c.part = PartRecipient
	if err := c.client.Rcpt("<" + m.To + ">"); err != nil {
		return judged(err)
	}
	c.part = PartText
	body, err := c.client.Data()
	if err != nil {
		return judged(err)
	}
	c.more()
	if _, err := body.Write(raw); err != nil {
		return failed(errTemporary, err)
	}
	c.part = PartAnswer
	err = body.Close()
	if d, ok := body.(*smtp.DataCloser); ok && err == nil {
		c.say("< 250 %s", d.ServerResponse())
	}
	return c.answered(err, len(raw))
}

// answered is what the server said to the text, once the end of it was on its
// way. Where it said nothing it may have taken the mail, and may not.
func (c *call) answered(err error, size int) error {
	var reply *textproto.Error
	switch {
	case err == nil:
		c.say("the server took the mail (%d bytes)", size)
		return nil
	case errors.As(err, &reply):
		c.say("< %d %s", reply.Code, reply.Msg)
		return judged(err)
	}
	return errUnanswered.Because(err)
}

// tracer turns the library's log of a conversation into lines.
type tracer struct{ *call }

// Debugf tells one line.
func (t tracer) Debugf(l log.Log) {
	side := "< "
	if l.Direction == log.DirClientToServer {
		side = "> "
	}
	for line := range strings.SplitSeq(fmt.Sprintf(l.Format, l.Messages...), "\n") {
		t.say("%s", side+line)
	}
}

// Infof does as Debugf.
func (t tracer) Infof(l log.Log) { t.Debugf(l) }

// Warnf does as Debugf.
func (t tracer) Warnf(l log.Log) { t.Debugf(l) }

// Errorf does as Debugf.
func (t tracer) Errorf(l log.Log) { t.Debugf(l) }
