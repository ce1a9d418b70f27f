package app_test

import (
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
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

// probe is what /readyz says.
func (s *server) probe() (status int, body string) {
	p := s.browser().do("GET", "/readyz", nil)
	return p.StatusCode, p.Body
}

// TestFailingMailIsTold: with both servers down the code page offers the app at
// once, on every replica; /readyz says so and stays ready, and the metric turns,
// all within 30 s. When one is back, all that is taken back by itself.
func TestFailingMailIsTold(t *testing.T) {
	storetest.NeedServer(t)
	first, second := openPost(t, "127.0.0.1:0"), openPost(t, "127.0.0.1:0")
	database := storetest.OwnDatabase(t)
	here := start(t, withoutMailbox, func(c *config.Config) {
		c.SMTP.URL, c.SMTP.SecondURL, c.Database = "smtp://"+first.addr, "smtp://"+second.addr, database
	})
	there := start(t, withoutMailbox, func(c *config.Config) {
		c.SMTP.URL, c.SMTP.SecondURL, c.Database, c.KeyFile = here.Config.SMTP.URL, here.Config.SMTP.SecondURL, database, here.Config.KeyPath()
	})
	here.require()
	here.person("abe@example.com")
	send := func() page {
		b := here.browser()
		return b.submit(b.signIn("abe@example.com", password), "/signin/verify", map[string]string{"method": "email"})
	}
	send()
	here.until("a code is taken", func() bool { return len(first.taken()) == 1 })
	if status, body := there.probe(); status != 200 || !strings.Contains(body, `"mail":"ok"`) || strings.Contains(body, "degraded") {
		t.Errorf("while mail works: %d %s", status, body)
	}
	first.close()
	here.advance(time.Minute)
	send()
	here.until("the second takes over", func() bool { return len(second.taken()) == 1 })
	told := func(word string) time.Duration {
		t.Helper()
		began := time.Now()
		there.until("the other replica says "+word, func() bool {
			_, body := there.probe()
			return strings.Contains(body, `"mail":"`+word+`"`)
		})
		return time.Since(began)
	}
	degraded := told("degraded")
	second.close()
	here.advance(time.Minute)
	send()
	failing := told("failing")
	if status, body := there.probe(); status != 200 || !strings.Contains(body, `"ready":true,"degraded":true`) {
		t.Errorf("with both down: %d %s, want 200 and degraded", status, body)
	}
	if works, err := there.Store.MailWorks(t.Context(), here.now().Add(-time.Minute)); err != nil {
		t.Error(works, err)
	}
	if !there.Mailroom.Down(here.now().Add(-time.Minute)) {
		t.Error("the other replica offers email as if it worked")
	}
	w := httptest.NewRecorder()
	there.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"sallyport_mail_failing 1", "sallyport_mail_servers_failing 2"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	openPost(t, second.addr)
	here.advance(2 * time.Minute)
	there.advance(4 * time.Minute)
	back := told("degraded")
	t.Logf("seen on the other replica: one down after %v, both after %v, back after %v", degraded.Round(time.Millisecond), failing.Round(time.Millisecond), back.Round(time.Millisecond))
	if max(degraded, failing) > 30*time.Second {
		t.Error("it took longer than 30 s")
	}
}
