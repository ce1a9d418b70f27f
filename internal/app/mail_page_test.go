package app_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// signpost leads the addresses that pages know to mail servers of the test.
type signpost struct {
	mu sync.Mutex
	to map[string]string
}

func (s *signpost) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	to := s.to[address]
	s.mu.Unlock()
	if to == "" {
		return nil, errors.New("connection refused")
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// TestMailIsSetUpInPages: an administrator of a server without mail enters, adds
// a server, sends a test and sees its steps; another replica mails through it
// within 5 s; the password is nowhere to be read, and a rotation of keys leaves
// all as it is.
func TestMailIsSetUpInPages(t *testing.T) {
	storetest.NeedServer(t)
	const page, secret = "/admin/system-settings/email", "s3cret-of-the-mailer"
	post := openPost(t, "127.0.0.1:0")
	roads := &signpost{to: map[string]string{"127.0.0.1:587": post.addr}}
	database := storetest.OwnDatabase(t)
	here := startDialling(t, roads.dial, withoutMailbox, func(c *config.Config) { c.Database = database })
	there := startDialling(t, roads.dial, withoutMailbox, func(c *config.Config) { c.Database, c.KeyFile = database, here.Config.KeyPath() })
	_, _, err := here.Accounts.Create(t.Context(), account.NewUser{
		OrganizationID: here.Org.ID, Email: "ana@example.com", FirstName: "Ana", LastName: "Diaz", Type: core.Administrator, Password: password,
	}, here.Org, operator, "")
	if err != nil {
		t.Fatal(err)
	}
	b := here.browser()
	b.signIn("ana@example.com", password).must(t, 200, "Home")
	b.get("/admin").must(t, 200, "No mail server is set up.", "Add a mail server")
	form := b.get(page+"/servers/first").must(t, 200, "First mail server")
	b.submit(form, page+"/servers/first", map[string]string{"host": "127.0.0.1", "port": "587", "user": "", "password": ""}).
		must(t, 200, "The email settings are saved.", "127.0.0.1:587")
	saved := time.Now()
	p := b.submit(b.get(page), page+"/servers/first/test", nil)
	p.must(t, 200, "Taken for ana@example.com", "RCPT TO:<ana@example.com>", "Final answer")
	if got := len(post.taken()); got != 1 {
		t.Errorf("the server took %d mails, want the test", got)
	}
	there.until("the other replica knows the server", func() bool { return len(there.Mailroom.Servers()) == 1 })
	if took := time.Since(saved); took > 5*time.Second {
		t.Errorf("the other replica knew after %v", took)
	}
	b.get("/admin").must(t, 200, "Last test sent")

	// A password is never given back, and is sealed.
	form = b.get(page+"/servers/second").must(t, 200)
	b.submit(form, page+"/servers/second", map[string]string{"host": "localhost", "port": "465", "security": "tls", "user": "mailer", "password": secret}).must(t, 200, "mailer")
	for _, path := range []string{page, page + "/servers/second", "/admin", "/account/activity"} {
		if strings.Contains(b.get(path).Body, secret) {
			t.Errorf("%s shows the password", path)
		}
	}
	if strings.Contains(here.log.text(t), secret) {
		t.Error("the log holds the password")
	}
	d := deployment{t, here.Config}
	report := d.rotateNow()
	if report.Resealed[core.SealedMailPassword] != 1 || len(report.Broken) > 0 {
		t.Errorf("rotation: %+v", report)
	}
	here.until("it opens under the new key", func() bool {
		return here.Mailroom.Reload(t.Context()) == nil && len(here.Mailroom.Servers()) == 2
	})

	// A second organization makes mail the operator's.
	if _, err := here.Organizations.Create(t.Context(), "Second", operator); err != nil {
		t.Fatal(err)
	}
	if got := b.get(page); got.StatusCode != 404 {
		t.Errorf("with two organizations: %d, want 404", got.StatusCode)
	}
}
