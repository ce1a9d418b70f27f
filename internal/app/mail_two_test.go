package app_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sallyport/sallyport/internal/config"
)

// postOffice is a real mail server on loopback that can be told to break off in
// the middle of each mail, and to be gone.
type postOffice struct {
	addr string
	ln   net.Listener
	srv  *smtp.Server
	dies atomic.Bool

	mu   sync.Mutex
	took []time.Time
	met  int // mails that got as far as the text
}

func openPost(t *testing.T, addr string) *postOffice {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{addr: ln.Addr().String(), ln: ln}
	p.srv = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &counter{p, c}, nil }))
	p.srv.Domain = "localhost"
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.srv.Serve(ln) // ends when the office closes
	}()
	t.Cleanup(func() {
		p.close()
		<-done
	})
	return p
}

// close is the whole server gone: nothing listens, every connection is cut.
func (p *postOffice) close() {
	_ = p.ln.Close()
	_ = p.srv.Close()
}

func (p *postOffice) taken() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time(nil), p.took...)
}

func (p *postOffice) texts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.met
}

// counter is one conversation.
type counter struct {
	*postOffice
	conn *smtp.Conn
}

func (c *counter) Mail(string, *smtp.MailOptions) error { return nil }
func (c *counter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (c *counter) Reset()                               {}
func (c *counter) Logout() error                        { return nil }

func (c *counter) Data(r io.Reader) error {
	c.mu.Lock()
	c.met++
	c.mu.Unlock()
	if c.dies.Load() {
		_, _ = io.ReadFull(r, make([]byte, 100))
		go c.close() // all of it, as a kill would
		_ = c.conn.Conn().Close()
		return errors.New("killed")
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, time.Now())
	return nil
}

// TestSecondServerTakesOver: a first server that is killed in the middle of a
// code's text, or is not there at all, does not keep the code from its person;
// the second one has it within 10 s, once. When the first is back, it is used
// again by itself.
func TestSecondServerTakesOver(t *testing.T) {
	first, second := openPost(t, "127.0.0.1:0"), openPost(t, "127.0.0.1:0")
	first.dies.Store(true)
	s := start(t, withoutMailbox, func(c *config.Config) {
		c.SMTP.URL, c.SMTP.SecondURL = "smtp://"+first.addr, "smtp://"+second.addr
	})
	s.require()
	for _, name := range []string{"abe", "bea", "cal"} {
		s.person(name + "@example.com")
	}
	code := func(who string) time.Time {
		began := time.Now()
		b := s.browser()
		p := b.signIn(who+"@example.com", password)
		b.submit(p, "/signin/verify", map[string]string{"method": "email"})
		return began
	}
	began := code("abe")
	s.until("the second server has the code", func() bool { return len(second.taken()) == 1 })
	killed := second.taken()[0].Sub(began)
	if first.texts() != 1 || killed > 10*time.Second {
		t.Errorf("the first server was told %d texts and the second had the code after %v, want 1 and at most 10 s", first.texts(), killed)
	}
	began = code("bea")
	s.until("the second server has the next code", func() bool { return len(second.taken()) == 2 })
	gone := second.taken()[1].Sub(began)
	if gone > 10*time.Second {
		t.Errorf("with the first server gone the code took %v", gone)
	}
	t.Logf("taken over after %v (killed in the text) and %v (gone), sign-in included", killed.Round(time.Millisecond), gone.Round(time.Millisecond))

	back := openPost(t, first.addr)
	s.advance(time.Minute) // its rest is over
	code("cal")
	s.until("the first server is used again", func() bool { return len(back.taken()) == 1 })
	if got := len(second.taken()); got != 2 {
		t.Errorf("the second server has %d mails, want each once", got)
	}
}

// TestBothServersDown: the code waits and goes out through whichever is back
// first; meanwhile the page says that email is not working.
func TestBothServersDown(t *testing.T) {
	first, second := openPost(t, "127.0.0.1:0"), openPost(t, "127.0.0.1:0")
	first.close()
	second.close()
	s := start(t, withoutMailbox, func(c *config.Config) {
		c.SMTP.URL, c.SMTP.SecondURL = "smtp://"+first.addr, "smtp://"+second.addr
	})
	s.require()
	s.person("abe@example.com")
	b := s.browser()
	p := b.signIn("abe@example.com", password)
	b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	s.until("the page says that email is down", func() bool {
		works, err := s.Store.MailWorks(t.Context(), s.now().Add(-time.Minute))
		return err == nil && !works
	})
	back := openPost(t, second.addr)
	s.until("the code goes out", func() bool { return len(back.taken()) == 1 })
}
