package mail_test

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// behaviour says what a mail server of a test does at each step; nil functions
// accept.
type behaviour struct {
	tls      *tls.Config
	implicit bool   // TLS from the first byte
	login    string // the way to sign in it offers, for user and password
	user     string
	password string
	repeats  string // what it says of a sign-in that failed, clear and encoded
	from     func(from string) error
	rcpt     func(to string) error
	data     func(c *smtp.Conn, r io.Reader) error
}

// server is a real mail server on loopback that behaves as told and keeps the
// recipients whose mail it took.
type server struct {
	addr *net.TCPAddr
	mu   sync.Mutex
	took []string
	last string // the last message as it came
}

func startServer(t *testing.T, b behaviour) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: listener.Addr().(*net.TCPAddr)}
	backend := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, behaviour: b}, nil
	}))
	backend.Domain = "localhost"
	backend.AllowInsecureAuth = true
	if b.implicit {
		listener = tls.NewListener(listener, b.tls)
	} else {
		backend.TLSConfig = b.tls
	}
	backend.ErrorLog = silent{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := backend.Serve(listener); err != nil {
			return // closed by the cleanup
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		backend.Close()
		<-done
	})
	return s
}

// taken returns the recipients served so far.
func (s *server) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.took...)
}

// raw returns the last message as it came.
func (s *server) raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

type session struct {
	behaviour
	server *server
	conn   *smtp.Conn
	to     string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.from != nil {
		return s.from(from)
	}
	return nil
}

func (s *session) AuthMechanisms() []string {
	if s.login == "" {
		return nil
	}
	return []string{s.login}
}

func (s *session) Auth(string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != s.user || password != s.password {
			if s.repeats != "" {
				plain := "\x00" + user + "\x00" + s.repeats
				return &smtp.SMTPError{Code: 535, Message: fmt.Sprintf("cannot take %s, %s or %s", s.repeats,
					base64.StdEncoding.EncodeToString([]byte(s.repeats)), base64.StdEncoding.EncodeToString([]byte(plain)))}
			}
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if s.login == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the server's half of the LOGIN way, which the library lacks.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.rcpt != nil {
		if err := s.rcpt(to); err != nil {
			return err
		}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	if s.data != nil {
		if err := s.data(s.conn, r); err != nil {
			return err
		}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.took, s.server.last = append(s.server.took, s.to), string(raw)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
