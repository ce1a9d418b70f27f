package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// server is a whole Sallyport in this process, listening on loopback, with the
// development mailbox.
type server struct {
	*app.App
	t    testing.TB
	URL  string
	Org  core.Organization
	stop context.CancelFunc
	done chan error
	log  *logFile
	read int // number of the last mail whose code was taken
	skew atomic.Int64
}

// advance moves the server's clock on, and the database's with it, as if time had
// passed.
func (s *server) advance(d time.Duration) { s.skew.Add(int64(d)) }

// now is the server's time.
func (s *server) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

// logFile keeps what was logged, to be searched for secrets.
type logFile struct{ *os.File }

func (l *logFile) text(t testing.TB) string {
	raw, err := os.ReadFile(l.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func random(b []byte) { _, _ = rand.Read(b) }

// start serves on a new data folder. Changes may alter the configuration.
func start(t testing.TB, changes ...func(*config.Config)) *server {
	t.Helper()
	return startDialling(t, nil, changes...)
}

// startDialling is start with its own way to mail servers.
func startDialling(t testing.TB, dial func(ctx context.Context, network, address string) (net.Conn, error), changes ...func(*config.Config)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{
		"dev": "true", "addr": ln.Addr().String(), "base-url": "http://" + ln.Addr().String(),
		"data": filepath.Join(t.TempDir(), "data"), "password-memory-kib": "19456", "password-time": "2", "log-requests": "true",
	}
	c, err := config.Load(config.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	if onPostgres(t) {
		c.Database = storetest.OwnDatabase(t)
	}
	for _, change := range changes {
		change(&c)
	}
	if c.Database == "" {
		file := filepath.Join(c.Data, "sallyport.db")
		if _, err := os.Stat(file); err != nil { // none of a start before
			storetest.File(t, file)
		}
	}
	s := &server{t: t, URL: c.BaseURL.String(), done: make(chan error, 1), log: &logFile{f}}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	logger := slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if s.App, err = app.New(ctx, c, app.Parts{Clock: s.now, Random: random, Logger: logger, DialMail: dial}); err != nil {
		t.Fatal(err)
	}
	s.DatabaseMoves(func() time.Duration { return time.Duration(s.skew.Load()) })
	go func() { s.done <- s.ServeOn(ctx, ln, nil) }()
	if s.Org, err = s.Organizations.Find(ctx, ""); err != nil {
		if s.Org, err = s.Organizations.Create(ctx, "Northwind", operator); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.end)
	return s
}

func (s *server) end() {
	s.stop()
	if err, open := <-s.done; open && err != nil {
		s.t.Errorf("server ended: %v", err)
	}
	close(s.done)
}

var operator = core.Actor{Kind: "operator", Name: "test"}

const password = "correct horse battery 7"

// person creates somebody who can sign in.
func (s *server) person(email string, groups ...string) core.User {
	s.t.Helper()
	u, _, err := s.Accounts.Create(context.Background(), account.NewUser{
		OrganizationID: s.Org.ID, Email: email, FirstName: "Ana",
		LastName: "Diaz", Type: core.Ordinary, Groups: groups, Password: password,
	}, s.Org, operator, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// require asks everybody for a second step from now on.
func (s *server) require(changes ...func(*core.Policy)) {
	s.t.Helper()
	o, err := s.Organizations.Find(context.Background(), s.Org.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range changes {
		c(&o.Policy)
	}
	if _, err := s.Organizations.Require(context.Background(), o, true, time.Time{}, false, operator); err != nil {
		s.t.Fatal(err)
	}
}

// browser is a client with cookies that follows no redirect by itself.
type browser struct {
	t     testing.TB
	base  string
	http  *http.Client
	agent string
	now   func() time.Time // the server's
	pass  func(time.Duration)
}

func (s *server) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.t.Cleanup(c.CloseIdleConnections)
	return &browser{t: s.t, base: s.URL, now: s.now, pass: s.advance, http: c, agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

// page is an answer with its body.
type page struct {
	*http.Response
	Body string
	At   string // path and query it came from
}

func (b *browser) do(method, path string, form url.Values, changes ...func(*http.Request)) page {
	b.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = b.base + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.base)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range changes {
		c(r)
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res, string(raw), path}
}

// get follows redirects to the end, as a browser does.
func (b *browser) get(path string) page {
	b.t.Helper()
	p := b.do("GET", path, nil)
	return b.follow(p)
}

func (b *browser) follow(p page) page {
	b.t.Helper()
	for range 10 {
		if p.StatusCode < 300 || p.StatusCode > 399 {
			return p
		}
		to, err := p.Request.URL.Parse(p.Header.Get("Location"))
		if err != nil {
			b.t.Fatal(err)
		}
		p = b.do("GET", to.String(), nil)
		p.At = to.RequestURI()
	}
	b.t.Fatalf("redirects without end at %s", p.At)
	return p
}

// form is a form of a page with the values it holds.
type form struct {
	action string
	values url.Values
	others []string // addresses of buttons that send it elsewhere
	text   string   // of its buttons
}

// forms reads every form of a page, unticked boxes left out.
func (p page) forms(t testing.TB) []form {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	var all []form
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attr(n, "method") == "post" {
			all = append(all, readForm(n))
		}
	}
	return all
}

func readForm(n *html.Node) form {
	f := form{action: attr(n, "action"), values: url.Values{}}
	for c := range n.Descendants() {
		name, kind := attr(c, "name"), attr(c, "type")
		switch {
		case c.Type == html.TextNode:
			f.text += c.Data + " "
		case attr(c, "formaction") != "":
			f.others = append(f.others, attr(c, "formaction"))
		case c.Data == "textarea" && name != "":
			f.values.Set(name, strings.TrimPrefix(textOf(c), "\n"))
		case c.Data == "select" && name != "":
			f.values.Set(name, chosen(c))
		case c.Data == "input" && name != "":
			if (kind == "checkbox" || kind == "radio") && !has(c, "checked") {
				continue
			}
			f.values.Set(name, attr(c, "value"))
		}
	}
	return f
}

// textOf is the text inside of a node.
func textOf(n *html.Node) (text string) {
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			text += c.Data
		}
	}
	return text
}

// chosen is the value of a list's chosen option, or else of its first.
func chosen(n *html.Node) (value string) {
	first := true
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == "option" && (first || has(c, "selected")) {
			value, first = attr(c, "value"), false
		}
	}
	return value
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// submit fills and sends the form whose action is named, and follows.
func (b *browser) submit(p page, action string, fill map[string]string) page {
	b.t.Helper()
	return b.follow(b.send(p, action, fill))
}

// send is submit without following.
func (b *browser) send(p page, action string, fill map[string]string) page {
	b.t.Helper()
	for _, f := range p.forms(b.t) {
		if f.action != action && !slices.Contains(f.others, action) {
			continue
		}
		for k, v := range fill {
			if v == "" {
				f.values.Del(k)
				continue
			}
			f.values.Set(k, v)
		}
		return b.do("POST", action, f.values)
	}
	b.t.Fatalf("no form for %s on %s (%d):\n%s", action, p.At, p.StatusCode, p.Body)
	return page{}
}

// signIn types login and password.
func (b *browser) signIn(login, password string) page {
	b.t.Helper()
	return b.submit(b.get("/signin"), "/signin", map[string]string{"login": login, "password": password})
}

func (p page) title() string {
	m := regexp.MustCompile(`(?s)<title>(.*?)</title>`).FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(strings.TrimSpace(m[1]))
}

func (p page) must(t testing.TB, status int, texts ...string) page {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("%s: status %d, want %d (title %q, location %q)", p.At, p.StatusCode, status, p.title(), p.Header.Get("Location"))
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(p.Body), text) {
			t.Fatalf("%s: %q is not on the page titled %q:\n%s", p.At, text, p.title(), p.Body)
		}
	}
	return p
}

// code waits for the newest mail with a code to an address.
func (s *server) code(to string) string {
	s.t.Helper()
	m := s.mail(to, func(m devmail.Mail) bool { return m.Code != "" && number(m.ID) > s.read })
	s.read = number(m.ID)
	return m.Code
}

func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		panic(err)
	}
	return n
}

// mail waits for a mail to an address that matches.
func (s *server) mail(to string, match func(devmail.Mail) bool) devmail.Mail {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	m, err := s.Mailbox.Wait(ctx, func(m devmail.Mail) bool { return strings.Contains(fmt.Sprint(m.To), to) && match(m) })
	if err != nil {
		s.t.Fatalf("no such mail to %s: %v", to, err)
	}
	return m
}

// withoutMailbox is a server that is not in development: mail goes out.
func withoutMailbox(c *config.Config) { c.Dev = false }

// until asks again and again, for a bounded time, whether something has come
// about in the background.
func (s *server) until(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ask := time.NewTicker(20 * time.Millisecond)
	defer ask.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited in vain until %s", what)
		case <-ask.C:
		}
	}
}
