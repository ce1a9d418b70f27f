package outbox_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// behaviour says what a mail server of a test does at each step; nil functions
// accept.
type behaviour struct {
	rcpt func(to string) error
	data func(c *smtp.Conn, r io.Reader) error
}

// server is a real mail server on loopback that behaves as told and keeps the
// recipients whose mail it took.
type server struct {
	addr *net.TCPAddr
	mu   sync.Mutex
	took []string
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

type session struct {
	behaviour
	server *server
	conn   *smtp.Conn
	to     string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

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
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.took = append(s.server.took, s.to)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
