package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// problems returns everything that makes the configuration unsafe or useless.
// Start-up refuses with all of it at once.
func (c Config) problems() []error {
	var all []error
	bad := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if c.BaseURL == nil {
		bad("base_url: must be set to the address people use")
		return all
	}
	loopback := Loopback(c.BaseURL.Hostname())
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad("tls: cert and key must be given together")
	}
	switch {
	case c.BaseURL.Scheme == "http" && !loopback:
		bad("base_url: plain http is only for this machine; use https")
	case c.BaseURL.Scheme == "https" && c.TLSCert == "" && !c.BehindProxy:
		bad("tls: https needs tls.cert and tls.key, or behind_proxy where a proxy ends TLS")
	}
	if c.BehindProxy && len(c.Trusted) == 0 {
		bad("trusted_proxies: behind_proxy needs the networks of the proxies; without them anybody could forge an address")
	}
	for _, p := range c.Trusted {
		if p.Bits() == 0 {
			bad("trusted_proxies: %s trusts the whole internet", p)
		}
	}
	if c.Dev && (!loopback || !loopbackListen(c.Addr)) {
		bad("dev: development mode is for loopback only, in addr and in base_url")
	}
	if c.Metrics != "" && !loopbackListen(c.Metrics) {
		bad("metrics: must be a loopback address")
	}
	all = append(all, c.mailProblems()...)
	all = append(all, c.databaseProblems()...)
	if c.Throttle.FirstWait > c.Throttle.MaxWait {
		bad("throttle.first_wait: longer than throttle.max_wait")
	}
	if c.Throttle.Failures < 1 || c.Throttle.Failures > 100 {
		bad("throttle.failures: must be 1 to 100")
	}
	return all
}

func (c Config) mailProblems() []error {
	if c.SMTP.URL == "" {
		return nil // entering to set up SMTP must work without it
	}
	u, err := url.Parse(c.SMTP.URL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return []error{errors.New("smtp.url: must be smtp://host:587 or smtps://host:465")}
	}
	return nil
}

func (c Config) databaseProblems() []error {
	if c.Database == "" {
		return nil
	}
	u, err := url.Parse(c.Database)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return []error{errors.New("database: must be a postgres:// address")}
	}
	host := u.Hostname()
	if host == "" || strings.HasPrefix(host, "/") || Loopback(host) {
		return nil
	}
	if mode := u.Query().Get("sslmode"); mode != "verify-full" {
		return []error{errors.New("database: a database on another machine needs sslmode=verify-full")}
	}
	return nil
}

// Loopback reports whether a host name can only be this machine.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}

func loopbackListen(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && Loopback(host)
}
