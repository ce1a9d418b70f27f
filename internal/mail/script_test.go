package mail_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/mail"
)

// What a scripted server does instead of answering.
const (
	hangUp  = "hang up"
	silence = "silence"
)

// script says what a mail server answers to the command that begins so; others
// it answers as a good one would. "GREETING" and "." are the moments before the
// first command and after the text.
type script map[string]string

// scripted is a mail server on loopback that follows a script, for what a
// library's server would never do. It counts the mails whose text it has whole.
type scripted struct {
	addr *net.TCPAddr
	cert *tls.Certificate

	mu     sync.Mutex
	script script
	calls  int
	whole  int
	took   int
	end    chan struct{}
}

func startScript(t *testing.T, s script) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &scripted{addr: listener.Addr().(*net.TCPAddr), script: s, end: make(chan struct{})}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed by the cleanup
			}
			open.Go(func() {
				defer conn.Close()
				server.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		close(server.end)
		listener.Close()
		open.Wait()
	})
	return server
}

// follow changes the script from the next answer on.
func (s *scripted) follow(next script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = next
}

// seen returns how often it was called, how many texts it had whole, and how
// many mails it took.
func (s *scripted) seen() (calls, whole, took int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.whole, s.took
}

// answer writes what the script says to a command; done: the call is over.
func (s *scripted) answer(conn net.Conn, command, good string) (done bool) {
	s.mu.Lock()
	reply, ok := s.script[command]
	s.mu.Unlock()
	switch {
	case !ok:
		reply = good
	case reply == hangUp:
		return true
	case reply == silence:
		<-s.end
		return true
	}
	fmt.Fprintf(conn, "%s\r\n", strings.ReplaceAll(reply, "\n", "\r\n"))
	return false
}

func (s *scripted) serve(conn net.Conn) {
	s.mu.Lock()
	s.calls++
	s.mu.Unlock()
	if s.answer(conn, "GREETING", "220 localhost ready") {
		return
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		command, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
		good := "250 2.0.0 fine"
		switch command {
		case "EHLO":
			good = "250-localhost\n250 AUTH PLAIN"
			if s.cert != nil {
				good = "250-localhost\n250 STARTTLS"
			}
		case "STARTTLS":
			good = "220 go on"
		case "AUTH":
			good = "235 2.7.0 welcome"
		case "DATA":
			good = "354 go on"
		case "QUIT":
			return
		}
		if s.answer(conn, command, good) {
			return
		}
		switch command {
		case "STARTTLS":
			secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
			conn, lines = secured, bufio.NewScanner(secured)
		case "DATA":
			if s.text(conn, lines) {
				return
			}
		}
	}
}

// text takes the text after "354", unless the script breaks off in the middle.
func (s *scripted) text(conn net.Conn, lines *bufio.Scanner) (done bool) {
	s.mu.Lock()
	middle, data := s.script["MIDDLE"], s.script["DATA"]
	s.mu.Unlock()
	if data != "" {
		return false // the command was refused
	}
	for lines.Scan() && lines.Text() != "." {
		if middle == hangUp {
			return true
		}
	}
	s.mu.Lock()
	s.whole++
	_, scripted := s.script["."]
	if !scripted {
		s.took++
	}
	s.mu.Unlock()
	return s.answer(conn, ".", "250 2.0.0 taken")
}

// smtp returns a client of the server, in clear as it is on loopback.
func (s *scripted) smtp() *mail.SMTP {
	return &mail.SMTP{Server: mail.Server{Host: "127.0.0.1", Port: s.addr.Port, User: "u", Password: "p"}, Hello: "id.example"}
}
