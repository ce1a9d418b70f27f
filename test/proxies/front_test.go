package proxies_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

// front is a whole house: a proxy, Sallyport behind it, and applications. People
// reach everything through the proxy alone.
type front struct {
	*app.App
	t    *testing.T
	org  core.Organization
	base string // Sallyport's address for people
	read string // the last mail whose code was taken

	wiki  guarded // a path beside Sallyport
	notes guarded // a port of its own, for everybody
	board guarded // for the group "board"
	vault guarded // asks for level 2
	stray guarded // guarded, but not registered
	plain string  // where Caddy serves Sallyport alone; empty for nginx
}

// guarded is an application behind the proxy.
type guarded struct {
	*backend
	url string // where people find it
}

// options change what is set up.
type options struct {
	trusted string                                    // trusted_proxies; empty: loopback
	http    string                                    // more lines for nginx's http block
	edit    func(t *testing.T, snippet string) string // of Caddy's applications
}

// starter writes the files of a proxy and starts it; nil: a port was taken.
type starter func(t *testing.T, f *front, sallyport string, ports []string, o options) *process

const loopback = "127.0.0.1"

// start sets up the house.
func start(t *testing.T, proxy starter, o options) *front {
	t.Helper()
	f := &front{t: t}
	for name, g := range map[string]*guarded{"wiki": &f.wiki, "notes": &f.notes, "board": &f.board, "vault": &f.vault, "stray": &f.stray} {
		g.backend = startBackend(t, name)
	}
	ln, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	for try := 1; ; try++ {
		ports := freePorts(t, 6)
		f.base = "http://localhost:" + ports[0]
		f.wiki.url = f.base + "/wiki"
		f.notes.url, f.board.url = "http://localhost:"+ports[1], "http://localhost:"+ports[2]
		f.vault.url, f.stray.url = "http://localhost:"+ports[3], "http://localhost:"+ports[4]
		if proxy(t, f, ln.Addr().String(), ports, o) != nil {
			break
		}
		if try == 5 {
			t.Fatal("the proxy does not start on ports that were free")
		}
	}
	f.serve(ln, o)
	f.register(core.Application{Name: "Wiki", URL: f.wiki.url, Level: core.LevelPassword})
	f.register(core.Application{Name: "Notes", URL: f.notes.url, Level: core.LevelPassword, Machines: true})
	f.register(core.Application{Name: "Board", URL: f.board.url, Level: core.LevelPassword, Groups: []string{"board"}})
	f.register(core.Application{Name: "Vault", URL: f.vault.url, Level: core.LevelEmail})
	return f
}

// serve runs Sallyport in this process until the test ends.
func (f *front) serve(ln net.Listener, o options) {
	f.t.Helper()
	if o.trusted == "" {
		o.trusted = loopback
	}
	c, err := config.Load(config.Sources{Flags: map[string]string{
		"dev": "true", "addr": ln.Addr().String(), "base-url": f.base, "behind-proxy": "true", "trusted-proxies": o.trusted,
		"data": filepath.Join(f.t.TempDir(), "data"), "password-memory-kib": "19456", "password-time": "2",
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	random := func(b []byte) { _, _ = rand.Read(b) }
	ctx, stop := context.WithCancel(context.Background())
	f.App, err = app.New(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- f.ServeOn(ctx, ln, nil) }()
	f.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			f.t.Errorf("Sallyport ended: %v", err)
		}
	})
	if f.org, err = f.Organizations.Create(ctx, "Northwind", operator()); err != nil {
		f.t.Fatal(err)
	}
}

func operator() core.Actor { return core.Actor{Kind: "operator", Name: "test"} }

func (f *front) register(a core.Application) {
	f.t.Helper()
	a.OrganizationID = f.org.ID
	if _, err := f.Organizations.AddApplication(f.t.Context(), a, operator()); err != nil {
		f.t.Fatal(err)
	}
}

const password = "correct horse battery 7"

// person creates somebody who can sign in, called Ana Löwe.
func (f *front) person(t *testing.T, email string, groups ...string) {
	t.Helper()
	_, _, err := f.Accounts.Create(t.Context(), account.NewUser{
		OrganizationID: f.org.ID, Email: email, FirstName: "Ana", LastName: "Löwe",
		Type: core.Ordinary, Groups: groups, Password: password,
	}, f.org, operator(), "")
	if err != nil {
		t.Fatal(err)
	}
}

// code waits for the mail with a code to an address.
func (f *front) code(t *testing.T, to string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	m, err := f.Mailbox.Wait(ctx, func(m devmail.Mail) bool {
		return m.Code != "" && m.ID != f.read && strings.Contains(strings.Join(m.To, " "), to)
	})
	if err != nil {
		t.Fatalf("no code came to %s: %v", to, err)
	}
	f.read = m.ID
	return m.Code
}

// write puts a file below a folder.
func write(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
