package cli_test

import (
	"errors"
	"io"
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// connection is the key of the channel that is closed when the silent mail
// server gets one.
type connection struct{}

// The user and password that the mail server "login" takes.
const smtpUser, smtpPassword = "mailer", "s3cret-of-the-mailer"

// mailServer: smtp takes|refuses|login|silent starts a mail server and sets
// SMTP to its address.
func mailServer(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("SMTP", ln.Addr().String())
	if args[0] == "silent" {
		connected, _ := ts.Value(connection{}).(chan struct{})
		go hold(ln, connected)
		ts.Defer(func() { ln.Close() })
		return
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return mailbox(args[0]), nil }))
	s.Domain, s.AllowInsecureAuth = "localhost", true
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	ts.Defer(func() {
		s.Close()
		<-done
	})
}

// hold takes one connection and says nothing on it until the client goes.
func hold(ln net.Listener, connected chan struct{}) {
	c, err := ln.Accept()
	if err != nil {
		return // the script is over
	}
	defer c.Close()
	close(connected)
	_, _ = io.Copy(io.Discard, c)
}

// mailbox is a mail session that behaves as its name says.
type mailbox string

func (m mailbox) Mail(string, *smtp.MailOptions) error { return nil }

func (m mailbox) Rcpt(to string, _ *smtp.RcptOptions) error {
	if m == "refuses" {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox here"}
	}
	return nil
}

func (m mailbox) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func (m mailbox) AuthMechanisms() []string {
	if m == "login" {
		return []string{sasl.Plain}
	}
	return nil
}

func (m mailbox) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != smtpUser || password != smtpPassword {
			return errors.New("not taken")
		}
		return nil
	}), nil
}

func (m mailbox) Reset()        {}
func (m mailbox) Logout() error { return nil }
