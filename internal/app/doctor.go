package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/doctor"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// Examine looks over the deployment of a configuration.
// selector is the DKIM selector of the sender's domain, or empty.
func Examine(ctx context.Context, c config.Config, p Parts, selector string) []doctor.Finding {
	return doctor.Examine(ctx, doctor.Deps{
		Config: c, Now: p.Clock, Resolver: net.DefaultResolver, Get: look, Sender: senderDomain(c), Selector: selector,
		Open: func(ctx context.Context) (doctor.Database, error) {
			sc := sqlstore.Config{DSN: c.Database, Clock: p.Clock, Random: p.Random, Logger: p.Logger}
			if sc.DSN == "" {
				sc.Path = filepath.Join(c.Data, "sallyport.db")
			}
			store, err := sqlstore.Open(ctx, sc)
			if err != nil {
				return nil, err
			}
			return store, nil
		},
		MailServers: func(ctx context.Context) ([]doctor.MailServer, error) { return mailServers(ctx, c, p) },
	})
}

// mailServers are those in use. A database whose schema is another's is left
// alone, and with it what pages say.
func mailServers(ctx context.Context, c config.Config, p Parts) ([]doctor.MailServer, error) {
	alone := c
	alone.Database, alone.Data = "", filepath.Join(c.Data, "none")
	if current, err := schemaCurrent(ctx, c, p); err != nil || !current {
		c = alone
	}
	room, done, err := commandMail(ctx, c, p)
	if err != nil && len(c.SMTP.URLs()) > 0 {
		// What keeps the database shut is told by its own line.
		room, done, err = commandMail(ctx, alone, p)
	}
	if err != nil {
		return nil, err
	}
	defer done()
	var all []doctor.MailServer
	for _, server := range room.Places() {
		all = append(all, doctor.MailServer{Name: server.Server.Address(), Probe: func(ctx context.Context, step func(string)) error {
			return server.Probe(ctx, sender(c), func(s mail.Step) { step(s.Line) })
		}})
	}
	return all, nil
}

// schemaCurrent reports whether there is a database with this version's schema.
func schemaCurrent(ctx context.Context, c config.Config, p Parts) (bool, error) {
	if !databaseThere(c) {
		return false, nil
	}
	sc := sqlstore.Config{DSN: c.Database, Clock: p.Clock, Random: p.Random, Logger: p.Logger}
	if sc.DSN == "" {
		sc.Path = filepath.Join(c.Data, "sallyport.db")
	}
	store, err := sqlstore.Open(ctx, sc)
	if err != nil {
		return false, err
	}
	current, target, err := store.SchemaVersion(ctx)
	return current == target, errors.Join(err, store.Close())
}

// sender is the address that mail comes from.
func sender(c config.Config) string {
	if c.SMTP.From != "" {
		return c.SMTP.From
	}
	return "no-reply@" + c.BaseURL.Hostname()
}

func senderDomain(c config.Config) string {
	from := sender(c)
	return strings.TrimSuffix(from[strings.LastIndexByte(from, '@')+1:], ">")
}

// lookLimit is how long an address may take to answer.
const lookLimit = 5 * time.Second

// look gets a page as a browser would, without following it anywhere.
func look(ctx context.Context, address string) (doctor.Page, error) {
	client := http.Client{
		Timeout: lookLimit, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return doctor.Page{}, err
	}
	res, err := client.Do(r)
	if err != nil {
		return doctor.Page{}, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
		return doctor.Page{}, fmt.Errorf("read %s: %w", address, err)
	}
	page := doctor.Page{Status: res.StatusCode}
	page.Date, _ = http.ParseTime(res.Header.Get("Date")) // zero where there is none
	for _, c := range res.Cookies() {
		page.Cookies = append(page.Cookies, c.Name)
	}
	if res.TLS != nil {
		page.CertEnds = firstEnd(res.TLS.PeerCertificates)
	}
	return page, nil
}

// firstEnd is when the first of some certificates ends.
func firstEnd(all []*x509.Certificate) (end time.Time) {
	for _, c := range all {
		if end.IsZero() || c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	return end
}
