package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/words"
)

// check finds what would keep a server with this configuration from starting,
// as far as that can be known without opening its database.
func check(c config.Config) error {
	var all []error
	params := secret.Params{MemoryKiB: uint32(c.Password.MemoryKiB), Time: uint32(c.Password.Time), Parallelism: uint8(c.Password.Parallelism)}
	if err := params.Validate(); err != nil {
		all = append(all, fmt.Errorf("password: %s", sentence(err)))
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			all = append(all, fmt.Errorf("tls: %w", err))
		}
	}
	for _, o := range []struct{ key, address string }{{"smtp.url", c.SMTP.URL}, {"smtp.second_url", c.SMTP.SecondURL}} {
		if o.address == "" {
			continue
		}
		if _, err := mail.ParseURL(o.address); err != nil {
			all = append(all, fmt.Errorf("%s: %w", o.key, err))
		}
	}
	catalogue, err := words.Load()
	if err != nil {
		return err
	}
	settings := mail.Settings{BaseURL: c.BaseURL.String(), From: c.SMTP.From, ReplyTo: c.SMTP.ReplyTo}
	if _, err := mail.NewRenderer(catalogue, nil, nil, time.Now, settings); err != nil {
		all = append(all, fmt.Errorf("smtp: %w", err))
	}
	return errors.Join(all...)
}
