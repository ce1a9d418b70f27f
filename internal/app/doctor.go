package app

import (
	"context"
	"crypto/x509"
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
		MailServers: mailServers(c),
	})
}

func mailServers(c config.Config) []doctor.MailServer {
	var all []doctor.MailServer
	for i, name := range c.SMTP.Servers() {
		all = append(all, doctor.MailServer{Name: name, Probe: func(ctx context.Context, step func(string)) error {
			servers, err := smtpServers(c, c.SMTP.URLs())
			if err != nil {
				return err
			}
			return servers[i].Probe(ctx, sender(c), func(s mail.Step) { step(s.Line) })
		}})
	}
	return all
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
